"""A client for measurements: talks JSON-RPC to any language server and notes when each message has arrived.

It knows no LSP library and checks nothing; `tests/support/lsp_client.py` is the one that refuses bad messages. The
moment of a message is taken when its last byte is here, before it is decoded.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Message = dict[str, Any]

PATIENCE = 120.0
"""Seconds until a message that never comes ends the measurement."""


class Stamped(NamedTuple):
    """A message and the moment of its arrival (`time.perf_counter`)."""

    at: float
    message: Message


class Silence(Exception):  # noqa: N818 - what happened
    """The server ended, or said nothing for too long."""


def capabilities(*, pull: bool) -> Message:
    """What an editor of today can do; with `pull` it asks for diagnostics instead of being sent them."""
    text: Message = {
        "synchronization": {"dynamicRegistration": True, "didSave": True},
        "publishDiagnostics": {
            "relatedInformation": True, "versionSupport": True, "codeDescriptionSupport": True, "dataSupport": True,
            "tagSupport": {"valueSet": [1, 2]},
        },
        "codeAction": {
            "dataSupport": True, "isPreferredSupport": True, "resolveSupport": {"properties": ["edit"]},
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}},
        },
        "hover": {"contentFormat": ["markdown", "plaintext"]},
    }  # fmt: skip
    if pull:
        text["diagnostic"] = {"dynamicRegistration": True, "relatedDocumentSupport": False}
    return {
        "general": {"positionEncodings": ["utf-16"]},
        "textDocument": text,
        "workspace": {
            "configuration": True, "workspaceFolders": True, "applyEdit": True,
            "didChangeConfiguration": {"dynamicRegistration": True},
            "didChangeWatchedFiles": {"dynamicRegistration": True},
            **({"diagnostics": {"refreshSupport": True}} if pull else {}),
        },
        "window": {"workDoneProgress": True},
    }  # fmt: skip


class Conversation:
    """One server process and what it has said. Requests of the server are answered like an editor's."""

    def __init__(
        self, command: Sequence[str], root: Path, environment: Mapping[str, str], *, pull: bool
    ) -> None:
        self.pull = pull
        self.root = root
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=dict(environment), cwd=root,
        )  # fmt: skip
        self._inbox: queue.SimpleQueue[Stamped | None] = queue.SimpleQueue()
        self._numbers = 0
        self.versions: dict[str, int] = {}
        threading.Thread(target=self._pump, daemon=True).start()

    @property
    def process(self) -> int:
        return self._process.pid

    # -- messages ------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        out = self._process.stdout
        assert out is not None
        while True:
            length = 0
            while line := out.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = out.read(length) if length else b""
            at = time.perf_counter()
            if not body:
                self._inbox.put(None)
                return
            self._inbox.put(Stamped(at, json.loads(body)))

    def send(self, message: Message) -> float:
        """Write one message; the moment before it is on its way."""
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        at = time.perf_counter()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()
        return at

    def notify(self, method: str, params: Any) -> float:
        return self.send({"method": method, "params": params})

    def ask(self, method: str, params: Any = None) -> tuple[int, float]:
        """Send a request; its number and its moment."""
        self._numbers += 1
        message: Message = {"id": self._numbers, "method": method}
        return self._numbers, self.send(message if params is None else {**message, "params": params})

    def wait(self, wanted: Callable[[Message], bool], patience: float = PATIENCE) -> Stamped:
        """The next message that is wanted; what comes before it is let go. Raises Silence."""
        end = time.perf_counter() + patience
        while True:
            try:
                got = self._inbox.get(timeout=max(end - time.perf_counter(), 0.0001))
            except queue.Empty:
                raise Silence("nothing came in time") from None
            if got is None:
                raise Silence(f"the server ended with status {self._process.wait()}")
            if "method" in got.message and "id" in got.message:
                self._serve(got.message)
            if wanted(got.message):
                return got

    def answer(self, number: int) -> Stamped:
        got = self.wait(lambda message: message.get("id") == number and "method" not in message)
        if "error" in got.message:
            raise Silence(f"the server refused: {got.message['error']}")
        return got

    def call(self, method: str, params: Any = None) -> tuple[Any, float]:
        """The result of a request, and the seconds until it was here."""
        number, at = self.ask(method, params)
        got = self.answer(number)
        return got.message.get("result"), got.at - at

    def _serve(self, message: Message) -> None:
        result: Any = None
        if message["method"] == "workspace/configuration":
            result = [None for _ in message["params"]["items"]]
        self.send({"id": message["id"], "result": result})

    # -- what an editor does -------------------------------------------------------------------------------

    def initialize(self, options: Any = None) -> float:
        """Seconds from the start of the process to its answer."""
        folder = {"uri": self.root.as_uri(), "name": self.root.name}
        params = {
            "processId": os.getpid(), "clientInfo": {"name": "measurement"}, "rootUri": folder["uri"],
            "workspaceFolders": [folder], "capabilities": capabilities(pull=self.pull), "initializationOptions": options,
        }  # fmt: skip
        number, _ = self.ask("initialize", params)
        got = self.answer(number)
        self.notify("initialized", {})
        return got.at - self.started

    def open(self, path: Path, language: str = "python") -> tuple[str, float]:
        uri = path.as_uri()
        self.versions[uri] = 1
        item = {"uri": uri, "languageId": language, "version": 1, "text": path.read_text("utf-8")}
        return uri, self.notify("textDocument/didOpen", {"textDocument": item})

    def edit(self, uri: str, start: tuple[int, int], end: tuple[int, int], text: str) -> float:
        """Replace a range; the moment before the notification is on its way."""
        self.versions[uri] += 1
        first, last = ({"line": line, "character": column} for line, column in (start, end))
        change = {"range": {"start": first, "end": last}, "text": text}
        identifier = {"uri": uri, "version": self.versions[uri]}
        return self.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": [change]})

    def findings(self, uri: str) -> tuple[list[Message], float]:
        """The diagnostics of the present version, and the moment when they were here."""
        if self.pull:
            number, _ = self.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
            got = self.answer(number)
            return list(got.message["result"].get("items", ())), got.at
        version = self.versions[uri]

        def wanted(message: Message) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            params = message["params"]
            return bool(params["uri"] == uri and params.get("version", version) in (version, None))

        got = self.wait(wanted)
        return list(got.message["params"]["diagnostics"]), got.at

    def drain(self, seconds: float) -> list[Stamped]:
        """Everything that comes within some seconds."""
        out: list[Stamped] = []
        end = time.perf_counter() + seconds
        try:
            while True:
                out.append(self.wait(lambda _: True, end - time.perf_counter()))
        except Silence:
            return out

    def close(self) -> None:
        """Leave politely, then for good."""
        try:
            self.call("shutdown")
            self.notify("exit", {})
            self._process.wait(10)
        except (Silence, OSError, subprocess.TimeoutExpired):
            pass
        finally:
            self._process.kill()
            self._process.wait()

    # -- what it costs -------------------------------------------------------------------------------------

    def memory(self) -> tuple[float, int]:
        """MB of the server and of all processes that it started (each shared page counted once), and their number.

        Linux only.
        """
        family = descendants(self.process)
        return sum(_pss(process) for process in family) / 1024, len(family)

    def seconds(self) -> float:
        """Processor seconds of the server and of all processes that it started and that still run. Linux only."""
        return sum(_cpu(process) for process in descendants(self.process))


def descendants(process: int) -> list[int]:
    """A process and everything below it."""
    out = [process]
    for one in out:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                out.extend(int(child) for child in task.read_text().split())
            except OSError:
                continue
    return out


def _pss(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _cpu(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
