"""A small editor for tests: speaks JSON-RPC to a language server and refuses whatever the protocol does not allow.

Every message that the server sends is checked twice: against the protocol's types (structured by lsprotocol and
turned back, it must be the very same JSON: so no unknown key, no null where absence is meant, no wrong type), and
against what this client said it can do. A fault fails the test that is waiting, or the end of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from lsprotocol import converters, types

from support.profiles import vscode

Message = dict[str, Any]

DEADLINE = 30.0
"""Seconds until a message that never comes fails the test; nothing waits this long when all is well."""

_converter = converters.get_converter()


class ServerError(Exception):
    """The server answered with an error."""

    def __init__(self, error: Message) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: int = error["code"]
        self.text: str = error["message"]


class Gone(AssertionError):  # noqa: N818 - what happened, not an error of ours
    """The server closed its output before what was waited for came."""


def capability(capabilities: Message, path: str) -> Any:
    """`window.workDoneProgress` of a capability tree, None where it is not stated."""
    value: Any = capabilities
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


class LspClient:
    """One conversation. Requests of the server are answered as an editor would answer them."""

    def __init__(
        self,
        to_server: BinaryIO,
        from_server: BinaryIO,
        *,
        capabilities: Message | None = None,
        settings: Message | None = None,
        strict: bool = True,
        on_end: Callable[[], int] | None = None,
        process: subprocess.Popen[bytes] | None = None,
        patience: float = DEADLINE,
    ) -> None:
        self._to, self._from = to_server, from_server
        self.process = process
        self.patience = patience
        self.capabilities = vscode() if capabilities is None else capabilities
        self.settings = settings or {}
        self.strict = strict
        self.server_capabilities: Message = {}
        self.log: list[Message] = []
        """Everything the server sent, in order."""
        self.faults: list[str] = []
        self.registered: dict[str, Message] = {}
        """Registration id to registration."""
        self.texts: dict[str, str] = {}
        """The open documents as the editor has them."""
        self.versions: dict[str, int] = {}
        self.silent: set[str] = set()
        """Server requests that this editor leaves unanswered."""
        self._wants_status = False
        self._tokens: set[Any] = set()
        self._asked: dict[Any, str] = {}
        self._answers: dict[Any, Message] = {}
        self._next = 0
        self._read = 0
        self._inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._on_end = on_end
        self._ended = False
        self.left = False
        """Whether this client has said goodbye."""
        threading.Thread(target=self._pump, daemon=True).start()

    # -- starting and ending -------------------------------------------------------------------------------

    def initialize(
        self,
        root: Path | Sequence[Path] | None = None,
        *,
        options: Any = None,
        process_id: int | None = None,
        initialized: bool = True,
    ) -> Message:
        roots = [root] if isinstance(root, Path) else list(root or ())
        folders = [{"uri": folder.as_uri(), "name": folder.name} for folder in roots]
        params: Message = {
            "processId": process_id,
            "clientInfo": {"name": "whence-tests"},
            "rootUri": folders[0]["uri"] if folders else None,
            "capabilities": self.capabilities,
            "workspaceFolders": folders or None,
        }
        if options is not None:
            params["initializationOptions"] = options
            self._wants_status = bool(options.get("statusNotifications"))
        result = self.request("initialize", params)
        self.server_capabilities = result["capabilities"]
        if initialized:
            self.notify("initialized", {})
        return result

    @property
    def encoding(self) -> str:
        return str(self.server_capabilities.get("positionEncoding", "utf-16"))

    def shutdown(self) -> int:
        """Leave as an editor does; the server's exit status. Faults that were seen fail here."""
        self.left = True
        self.request("shutdown")
        self.notify("exit")
        status = self.end()
        self.check()
        return status

    def end(self) -> int:
        """Wait for the end of the server's output; its exit status."""
        while not self._ended:
            self._take()
        return self._on_end() if self._on_end else 0

    def hang_up(self) -> int:
        """Close the server's input without a word."""
        self._to.close()
        return self.end()

    def kill(self) -> None:
        """End the conversation whatever its state, for the end of a test."""
        with contextlib.suppress(OSError):
            self._to.close()
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def check(self) -> None:
        if self.strict and self.faults:
            raise AssertionError("the server broke the protocol:\n" + "\n".join(self.faults))

    # -- sending -------------------------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        self.send_raw(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def send_raw(self, body: bytes, header: bytes = b"Content-Length") -> None:
        self._to.write(header + b": %d\r\n\r\n%b" % (len(body), body))
        self._to.flush()

    def notify(self, method: str, params: Any = None) -> None:
        self.send({"method": method} if params is None else {"method": method, "params": params})

    def start(self, method: str, params: Any = None) -> int:
        """Send a request and do not wait; its id."""
        self._next += 1
        self._asked[self._next] = method
        if isinstance(params, dict):
            self._tokens.update(
                params[key] for key in ("workDoneToken", "partialResultToken") if key in params
            )
        message: Message = {"id": self._next, "method": method}
        if params is not None:
            message["params"] = params
        self.send(message)
        return self._next

    def answer(self, request: int) -> Any:
        """Wait for the response to a started request. Raises ServerError for an error."""
        while request not in self._answers:
            self._take()
        response = self._answers.pop(request)
        if "error" in response:
            raise ServerError(response["error"])
        return response.get("result")

    def answered(self, request: int) -> bool:
        return request in self._answers

    def request(self, method: str, params: Any = None) -> Any:
        return self.answer(self.start(method, params))

    def cancel(self, request: int) -> None:
        self.notify("$/cancelRequest", {"id": request})

    # -- documents -----------------------------------------------------------------------------------------

    def open(self, uri: str, text: str, language: str = "python", version: int = 1) -> str:
        self.texts[uri], self.versions[uri] = text, version
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    def open_file(self, path: Path, language: str = "python") -> str:
        return self.open(path.as_uri(), path.read_text("utf-8"), language)

    def change(self, uri: str, text: str) -> int:
        """Replace the whole text; the new version."""
        self.texts[uri] = text
        return self._change(uri, [{"text": text}])

    def edit(self, uri: str, start: tuple[int, int], end: tuple[int, int], text: str) -> int:
        """An incremental edit; the caller keeps `texts` in step where positions will be checked."""
        change = {"range": {"start": place(start), "end": place(end)}, "text": text}
        return self._change(uri, [change])

    def _change(self, uri: str, changes: list[Message]) -> int:
        self.versions[uri] += 1
        identifier = {"uri": uri, "version": self.versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": changes})
        return self.versions[uri]

    def save(self, uri: str) -> None:
        self.notify("textDocument/didSave", {"textDocument": {"uri": uri}})

    def close(self, uri: str) -> None:
        self.texts.pop(uri, None)
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    @property
    def pulls(self) -> bool:
        return "diagnosticProvider" in self.server_capabilities

    def diagnostics(self, uri: str) -> list[Message]:
        """The findings of the current version, by whichever road this client and the server agreed on."""
        if self.pulls:
            return list(self.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})["items"])
        return list(self.published(uri, self.versions.get(uri))["diagnostics"])

    def published(self, uri: str, version: int | None = None) -> Message:
        """The newest publication for a document (of a version); waits for one that was not yet read."""

        def wanted(message: Message) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            params = message["params"]
            return bool(params["uri"] == uri and (version is None or params.get("version") == version))

        return dict(self.wait(wanted, f"diagnostics of {uri} at version {version}")["params"])

    # -- receiving -----------------------------------------------------------------------------------------

    def wait(self, wanted: Callable[[Message], bool], what: str) -> Message:
        """The next message that was not waited past and is wanted."""
        while True:
            while self._read < len(self.log):
                message = self.log[self._read]
                self._read += 1
                if wanted(message):
                    return message
            self._take(what)

    def wait_for(self, method: str) -> Message:
        """The params of the next message of a method."""
        return dict(self.wait(lambda message: message.get("method") == method, method).get("params") or {})

    def seen(self, method: str) -> list[Message]:
        """The params of everything that the server sent with this method."""
        return [message.get("params") or {} for message in self.log if message.get("method") == method]

    def skip(self) -> None:
        """Wait only for what comes from here on."""
        self._read = len(self.log)

    def _take(self, what: str = "a message") -> None:
        if self._ended:
            raise Gone(f"the server ended before {what}")
        try:
            message = self._inbox.get(timeout=self.patience)
        except queue.Empty:
            raise AssertionError(f"no {what} within {self.patience:g} s; {self.faults}") from None
        if message is None:
            self._ended = True
            return
        self.log.append(message)
        self._validate(message)
        if "method" not in message:
            self._answers[message.get("id")] = message
        elif "id" in message:
            self._serve(message)
        self.check()

    def _pump(self) -> None:
        try:
            while True:
                length = None
                while line := self._from.readline().strip():
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                if length is None:
                    break
                self._inbox.put(json.loads(self._from.read(length)))
        except (OSError, ValueError) as error:
            self.faults.append(f"unreadable output: {error}")
        self._inbox.put(None)

    def _serve(self, message: Message) -> None:
        method, params = message["method"], message.get("params") or {}
        result: Any = None
        if method in self.silent or self._to.closed:
            return
        if method == "workspace/configuration":
            result = [self._section(item.get("section")) for item in params["items"]]
        elif method == "client/registerCapability":
            self.registered.update({item["id"]: item for item in params["registrations"]})
        elif method == "client/unregisterCapability":
            for item in params["unregisterations"]:
                if self.registered.pop(item["id"], None) is None:
                    self.faults.append(f"unregistered {item['id']}, which was not registered")
        elif method == "window/workDoneProgress/create":
            self._tokens.add(params["token"])
        elif method in ("workspace/applyEdit", "window/showDocument"):
            result = {"applied": True} if method == "workspace/applyEdit" else {"success": True}
        self.send({"id": message["id"], "result": result})

    def _section(self, section: str | None) -> Any:
        value: Any = self.settings
        for part in (section or "").split("."):
            value = value.get(part) if part and isinstance(value, dict) else value
        return value

    # -- checking ------------------------------------------------------------------------------------------

    def _validate(self, message: Message) -> None:
        try:
            fault = self._malformed(message) or self._uninvited(message)
        except Exception as error:
            fault = f"{error!r}"
        if fault:
            self.faults.append(f"{fault}\n    in {json.dumps(message)[:1500]}")

    def _malformed(self, message: Message) -> str:
        if message.get("jsonrpc") != "2.0":
            return "jsonrpc is not 2.0"
        if message.get("method") == "whence/status":  # our own, documented in docs/editors.md
            keys = {"busy", "trouble", "policies", "notMeasured"}
            return (
                "" if self._wants_status and set(message["params"]) == keys else "an unwanted whence/status"
            )
        if "method" in message:
            known = types.METHOD_TO_TYPES.get(message["method"])
            return _differs(message, known[0]) if known else f"unknown method {message['method']}"
        if "error" in message:
            error = message["error"]
            good = isinstance(error.get("code"), int) and isinstance(error.get("message"), str)
            return (
                ""
                if good and set(error) <= {"code", "message", "data"} and "result" not in message
                else "bad error"
            )
        if "result" not in message:
            return "neither result nor error"
        method = self._asked.get(message.get("id"))
        if method is None or message["id"] in self._answers:
            return f"a response that nobody asked for, id {message.get('id')!r}"
        if method == "textDocument/codeAction":
            return self._actions(message["result"])
        known = types.METHOD_TO_TYPES.get(method)
        return _differs(message, known[1]) if known and known[1] else ""

    def _actions(self, actions: list[Message] | None) -> str:
        for action in actions or ():
            literal = not isinstance(action.get("command"), str)
            fault = _differs(action, types.CodeAction if literal else types.Command)
            if fault:
                return fault
            if literal and not capability(
                self.capabilities, "textDocument.codeAction.codeActionLiteralSupport"
            ):
                return "a code action literal for a client that takes commands only"
            for key, path in (("isPreferred", "isPreferredSupport"), ("data", "dataSupport"),
                              ("disabled", "disabledSupport")):  # fmt: skip
                if key in action and not capability(self.capabilities, f"textDocument.codeAction.{path}"):
                    return f"code action with {key}, which the client does not support"
            versioned = capability(self.capabilities, "workspace.workspaceEdit.documentChanges")
            if not versioned and "documentChanges" in action.get("edit", {}):
                return "an edit of a version, for a client that takes none"
        return ""

    def _uninvited(self, message: Message) -> str:
        method, params = message.get("method"), message.get("params") or {}
        needs = _NEEDS.get(method or "")
        if needs and not capability(self.capabilities, needs):
            return f"{method} without {needs}"
        if method == "client/registerCapability":
            for item in params["registrations"]:
                path = _DYNAMIC.get(item["method"])
                if path is None or not capability(self.capabilities, path + ".dynamicRegistration"):
                    return f"dynamic registration of {item['method']}"
                relative = any(
                    isinstance(watcher["globPattern"], dict)
                    for watcher in item.get("registerOptions", {}).get("watchers", ())
                )
                if relative and not capability(self.capabilities, f"{path}.relativePatternSupport"):
                    return "a relative pattern, which the client does not support"
        if method == "$/progress" and params["token"] not in self._tokens:
            return f"progress for the unknown token {params['token']!r}"
        if method == "window/workDoneProgress/create" and not isinstance(params["token"], str):
            return "a progress token that is not a string"
        if method == "textDocument/publishDiagnostics":
            if self.pulls and params["uri"] in self.texts and params["diagnostics"]:
                return "pushed diagnostics of a document that the client pulls"
            return self._diagnostics(params["diagnostics"])
        if (
            method is None
            and self._asked.get(message.get("id")) == "textDocument/hover"
            and message.get("result")
        ):
            kind = message["result"]["contents"]["kind"]
            formats = capability(self.capabilities, "textDocument.hover.contentFormat") or ["plaintext"]
            return "" if kind in formats else f"hover in {kind}"
        if method is None and self._asked.get(message.get("id")) == "textDocument/diagnostic":
            return self._diagnostics((message.get("result") or {}).get("items", ()))
        if method is None and self._asked.get(message.get("id")) == "textDocument/completion":
            path = "textDocument.completion.completionItem.documentationFormat"
            formats = capability(self.capabilities, path) or ["plaintext"]
            items = (message.get("result") or {}).get("items", ())
            kinds = {item["documentation"]["kind"] for item in items if "documentation" in item}
            snippets = any(item.get("insertTextFormat") == 2 for item in items)
            if snippets and not capability(
                self.capabilities, "textDocument.completion.completionItem.snippetSupport"
            ):
                return "snippets for a client that cannot expand them"
            return "" if kinds <= set(formats) else f"completions documented in {kinds}"
        return ""

    def _diagnostics(self, items: Sequence[Message]) -> str:
        path = "textDocument.publishDiagnostics."
        for item in items:
            for key, flag in (("relatedInformation", "relatedInformation"), ("data", "dataSupport"),
                              ("codeDescription", "codeDescriptionSupport"), ("tags", "tagSupport")):  # fmt: skip
                if key in item and not capability(self.capabilities, path + flag):
                    return f"diagnostic with {key}, which the client does not support"
        return ""


_NEEDS = {
    "workspace/configuration": "workspace.configuration",
    "workspace/applyEdit": "workspace.applyEdit",
    "workspace/diagnostic/refresh": "workspace.diagnostics.refreshSupport",
    "workspace/codeLens/refresh": "workspace.codeLens.refreshSupport",
    "window/workDoneProgress/create": "window.workDoneProgress",
    "window/showDocument": "window.showDocument.support",
    "workspace/workspaceFolders": "workspace.workspaceFolders",
}

_DYNAMIC = {
    "workspace/didChangeWatchedFiles": "workspace.didChangeWatchedFiles",
    "workspace/didChangeConfiguration": "workspace.didChangeConfiguration",
    "textDocument/completion": "textDocument.completion",
}


def _differs(value: Any, cls: type) -> str:
    """What is lost or changed when a value passes through the protocol's type; empty when nothing is."""
    try:
        back = json.loads(json.dumps(_converter.unstructure(_converter.structure(value, cls), cls)))
    except Exception as error:
        inner = "; ".join(repr(e) for e in getattr(error, "exceptions", ()))
        return f"not a {cls.__name__}: {error!r} {inner}"
    return "" if back == value else f"not a {cls.__name__}: the type would hold {json.dumps(back)[:1500]}"


def place(position: tuple[int, int]) -> Message:
    return {"line": position[0], "character": position[1]}


def in_process(serve: Callable[[BinaryIO, BinaryIO], int], **options: Any) -> LspClient:
    """A client of a server that runs in a thread of this process (no import time to pay)."""
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    status: list[int] = []

    def run() -> None:
        source = os.fdopen(to_read, "rb")  # whoever reads it may still be reading: it ends with our own end
        with os.fdopen(from_write, "wb") as sink:
            status.append(serve(source, sink))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def ended() -> int:
        thread.join(DEADLINE)
        return status[0]

    return LspClient(os.fdopen(to_write, "wb"), os.fdopen(from_read, "rb"), on_end=ended, **options)


def spawn(command: Sequence[str], environment: Mapping[str, str] | None = None, **options: Any) -> LspClient:
    """A client of a server in its own process."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return LspClient(
        process.stdin, process.stdout, on_end=lambda: process.wait(DEADLINE), process=process, **options
    )


def spawn_whence(environment: Mapping[str, str], *arguments: str, **options: Any) -> LspClient:
    """`whence lsp` of the interpreter that runs the tests."""
    return spawn([sys.executable, "-m", "whence.cli.main", "lsp", *arguments], environment, **options)
