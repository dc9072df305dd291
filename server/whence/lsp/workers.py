"""Daemon threads for whatever the loop must not wait for.

They share nothing with the thread that reads the client (a pool shared with it stops reading when every worker is
busy), and as daemons they never keep the process alive after `exit`.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from whence.errors import Cancelled

P = ParamSpec("P")
T = TypeVar("T")

_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class Token:
    """A flag that stops work in a thread: the loop sets it, the work looks at it."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def cancel(self) -> None:
        self._stopped.set()

    @property
    def cancelled(self) -> bool:
        return self._stopped.is_set()

    def check(self) -> None:
        """Raise Cancelled once somebody has called `cancel`."""
        if self._stopped.is_set():
            raise Cancelled


class Lane:
    """Up to `width` threads that take jobs in order. Jobs still queued when their future is cancelled never run."""

    def __init__(self, name: str, width: int) -> None:
        self._name = name
        self._width = width
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads = 0
        self._idle = threading.Semaphore(0)
        self._closed = False

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Start `work` in a thread; call from the loop only."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._closed:  # a message that was on its way: whoever waits for it must not wait for ever
            future.cancel()
            return future
        self._jobs.put((loop, future, lambda: work(*args, **kwargs)))
        if not self._idle.acquire(blocking=False) and self._threads < self._width:
            self._threads += 1
            name = f"whence-{self._name}-{self._threads}"
            threading.Thread(target=self._serve, name=name, daemon=True).start()
        return future

    def close(self) -> None:
        """Let the threads end once what was asked for is done; what is asked for later is cancelled at once."""
        self._closed = True
        for _ in range(self._threads):
            self._jobs.put(None)

    def _serve(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                self._idle.release()
                job = self._jobs.get()
            if job is None:
                return
            loop, future, work = job
            if not future.cancelled():
                _perform(loop, future, work)
            del job, loop, future, work  # hold on to nothing while idle


def _perform(loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], work: Callable[[], Any]) -> None:
    try:
        result = work()
    except BaseException as error:
        settle: Callable[[], None] = _Failure(future, error)
    else:
        settle = _Success(future, result)
    with contextlib.suppress(RuntimeError):  # the loop is closed: the server is leaving
        loop.call_soon_threadsafe(settle)


class _Success:
    def __init__(self, future: asyncio.Future[Any], result: Any) -> None:
        self._future, self._result = future, result

    def __call__(self) -> None:
        if not self._future.done():
            self._future.set_result(self._result)


class _Failure:
    def __init__(self, future: asyncio.Future[Any], error: BaseException) -> None:
        self._future, self._error = future, error

    def __call__(self) -> None:
        if not self._future.done():
            error = self._error
            self._future.set_exception(
                RuntimeError(f"work ended with {error!r}")
                if isinstance(error, StopIteration | SystemExit)
                else error
            )
