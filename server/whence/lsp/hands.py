"""Where work is done that the loop must not wait for: in processes that can be killed, or, for tests, in threads.

A hand answers questions by name, one after the other. Killing is the only way to stop a parser that has lost itself,
and it must cost nothing else: whoever asked gets `Died`, and a new hand is as good as the old one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import whence
from whence.errors import Cancelled
from whence.lsp.workers import Lane, Token
from whence.quick import dataclass

if TYPE_CHECKING:
    from whence.live.desk import Desk

log = logging.getLogger(__name__)

Process = subprocess.Popen[bytes]

Told = Callable[[Any], None]
"""What is called, in the loop, with what a job tells on its way."""

PIPE_BYTES = 1 << 20
"""What a pipe holds where the system lets us say so: the findings of a large file at a stroke."""

_SET_PIPE_SIZE = 1031


class Died(Exception):  # noqa: N818 - what happened
    """The hand is gone, and with it whatever it was told. `str()` says why."""

    def __init__(
        self, why: str, name: str = "", arguments: tuple[Any, ...] = (), *, late: bool = False
    ) -> None:
        super().__init__(why)
        self.name, self.arguments = name, arguments
        """The question that it was at."""
        self.late = late
        """Whether it was ended because that took too long."""


class Hand(Protocol):
    """Answers questions, see `live.serving`. For the loop."""

    alive: bool

    def call(self, name: str, *arguments: Any, told: Told | None = None) -> asyncio.Future[Any]:
        """Ask; the future has the answer, or `Died`, or what went wrong there."""
        ...

    def tell(self, name: str, *arguments: Any) -> None:
        """Say something that needs no answer."""
        ...

    def kill(self, why: str = "", *, late: bool = False) -> None:
        """End it at once; open questions fail with `Died`."""
        ...


@dataclass(slots=True)
class _Question:
    future: asyncio.Future[Any]
    told: Told | None
    name: str
    arguments: tuple[Any, ...]


class ProcessHand:
    """A hand in a process of its own."""

    def __init__(self) -> None:
        from whence.live.serving import frame, read

        self._frame, self._read_frame = frame, read
        self._loop = asyncio.get_running_loop()
        self._process = spawn()
        self._open: dict[int, _Question] = {}
        self._numbers = 0
        self._in = bytearray()
        self._out = bytearray()
        self._why = ""
        self._late = False
        self.alive = True
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._sink, self._source = self._process.stdin.fileno(), self._process.stdout.fileno()
        if sys.platform == "win32":
            threading.Thread(target=self._read_forever, name="whence-hand", daemon=True).start()
        else:
            os.set_blocking(self._sink, False)
            os.set_blocking(self._source, False)
            self._loop.add_reader(self._source, self._readable)

    @property
    def pid(self) -> int:
        return self._process.pid

    def call(self, name: str, *arguments: Any, told: Told | None = None) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        if not self.alive:
            future.set_exception(Died(self._why or "it has ended"))
            return future
        self._numbers += 1
        self._open[self._numbers] = _Question(future, told, name, arguments)
        self._send((self._numbers, name, arguments))
        return future

    def tell(self, name: str, *arguments: Any) -> None:
        if self.alive:
            self._send((0, name, arguments))

    def kill(self, why: str = "", *, late: bool = False) -> None:
        self._why, self._late = self._why or why, self._late or late
        _end(self._process)
        self._ended()

    # -- the pipes -------------------------------------------------------------------------------------------

    def _send(self, message: Any) -> None:
        self._out += self._frame(message)
        if sys.platform == "win32":
            data, self._out = bytes(self._out), bytearray()
            threading.Thread(target=self._write_all, args=(data,), daemon=True).start()
        else:
            self._writable()

    def _writable(self) -> None:
        """Write what the pipe takes; the rest when it takes more."""
        try:
            while self._out:
                del self._out[: os.write(self._sink, self._out)]
        except BlockingIOError:
            self._loop.add_writer(self._sink, self._writable)
            return
        except OSError:  # its end of the other pipe tells
            self._out.clear()
        self._loop.remove_writer(self._sink)

    def _write_all(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._sink, data)

    def _readable(self) -> None:
        """Take what is there, once: messages of the editor have their turn before the rest."""
        try:
            data = os.read(self._source, PIPE_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._why, data = self._why or str(error), b""
        if data:
            self._in += data
            self._take()
        else:
            self._ended()

    def _read_forever(self) -> None:
        source = os.fdopen(os.dup(self._source), "rb")
        while (message := self._read_frame(source)) is not None:
            self._loop.call_soon_threadsafe(self._answered, message)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended)

    def _take(self) -> None:
        """Hand on every whole answer."""
        import pickle

        while len(self._in) >= 4:
            end = 4 + int.from_bytes(self._in[:4], "big")
            if len(self._in) < end:
                return
            message = pickle.loads(memoryview(self._in)[4:end])  # noqa: S301 - from our own process
            del self._in[:end]
            self._answered(message)

    def _answered(self, message: tuple[int, str, Any]) -> None:
        number, what, value = message
        question = self._open.get(number)
        if question is None:
            if what == "failed":
                log.error("the hand failed: %s", value)
            return
        future = question.future
        if what == "told":
            if question.told is not None and not future.done():
                question.told(value)
            return
        del self._open[number]
        if future.done():
            return
        if what == "done":
            future.set_result(value)
        else:
            future.set_exception(value)

    def _ended(self) -> None:
        if not self.alive:
            return
        self.alive = False
        if sys.platform != "win32":
            self._loop.remove_reader(self._source)
            self._loop.remove_writer(self._sink)
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        code = self._process.poll() if sys.platform == "win32" else _end(self._process)
        if not self._why:
            self._why = (
                f"its process has ended (status {code})" if code is not None else "its process has ended"
            )
        # Whoever has been killed is gone in a moment; the interpreter reaps what is left at the next start.
        waiting, self._open = list(self._open.values()), {}
        at = (waiting[0].name, waiting[0].arguments) if waiting else ("", ())
        for question in waiting:
            if not question.future.done():
                question.future.set_exception(Died(self._why, *at, late=self._late))


def spawn() -> Process:
    """Start a process for a hand. It finds the package where we found it, and nothing in the folder it starts in."""
    home = str(Path(whence.__file__).resolve().parents[1])
    path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
    level = logging.getLevelName(logging.getLogger().getEffectiveLevel())
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "whence.live.serving"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
        env={**os.environ, "PYTHONPATH": path, "WHENCE_LOG_LEVEL": level},
        process_group=None if sys.platform == "win32" else 0,
    )  # fmt: skip
    if sys.platform == "linux":
        import fcntl

        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    fcntl.fcntl(pipe.fileno(), _SET_PIPE_SIZE, PIPE_BYTES)
    return process


def _end(process: Process) -> int | None:
    """Kill a hand with everything that it has started, unless it has been waited for; its status as far as it is known."""
    if process.returncode is None:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
    return process.poll()


class LocalHand:
    """A hand in threads of this process, for tests: nothing can be killed, nothing has to be started."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._loop = asyncio.get_running_loop()
        self._token = Token()
        self._desk: Desk | None = None
        self.alive = True

    def call(self, name: str, *arguments: Any, told: Told | None = None) -> asyncio.Future[Any]:
        return self._lane.run(self._work, name, arguments, told)

    def tell(self, name: str, *arguments: Any) -> None:
        self.call(name, *arguments).add_done_callback(_complain)

    def kill(self, why: str = "", *, late: bool = False) -> None:
        self._token.cancel()
        self.alive = False

    def _work(self, name: str, arguments: tuple[Any, ...], told: Told | None) -> Any:
        from whence.live import desk, jobs

        if name in jobs.JOBS:
            return jobs.JOBS[name](lambda value: self._told(told, value), self._token.check, *arguments)
        if self._desk is None:
            self._desk = desk.Desk()
        return self._desk.question(name)(*arguments)

    def _told(self, told: Told | None, value: Any) -> None:
        if told is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(told, value)


def _complain(future: asyncio.Future[Any]) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None and not isinstance(error, Cancelled):
        log.error("the hand failed", exc_info=error)
