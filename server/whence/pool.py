"""Run one function over many tasks in worker processes that can be killed.

A parse that never ends (grammars have such faults, and no callback reaches them) must cost one file, not the scan:
a worker that is silent for longer than the deadline is killed, its task is reported, the rest goes on. What counts is
the time that the worker computed, where the system tells it: a busy machine then fails no file.
`concurrent.futures` cannot kill the one task that never ends.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeVar

from whence.errors import Damaged
from whence.quick import dataclass

CHUNK = 16
"""Tasks that a worker is handed at once: enough to hide the pipe, few enough to share the end evenly."""

R = TypeVar("R")

LAST_BREATH = 1.0
"""Seconds for a worker whose pipe is closed to be gone, so that its exit code can be told."""

MEMORY = 4 * 1024**3
"""Bytes of address space for a worker; the largest real scans stay below a tenth of it."""

PATIENCE = 6
"""Times the deadline that a worker may be silent by the clock, whatever it computed: one that waits never ends, either."""

TICK = 0.05
"""Seconds between looks at deadlines and at the user's wish to stop."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that has no result, and why."""

    why: str


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    waiting: deque[str] = field(default_factory=deque)
    since: float = 0.0
    """By the clock."""
    spent: float = 0.0
    """Computed until then, seconds."""

    def begin(self) -> None:
        """From now on it has a task."""
        self.since, self.spent = time.monotonic(), computed(self.process.pid) or 0.0


def run(
    tasks: Sequence[str],
    work: Callable[[str], R],
    *,
    jobs: int,
    deadline: float,
    check_cancelled: Callable[[], None] = lambda: None,
) -> Iterator[tuple[str, R | Failure]]:
    """Yield each task with its result, in the order in which they end. `deadline` is in seconds a task,
    of the worker's own time where the system tells it.

    Leaving the iterator early, or an exception from `check_cancelled`, kills every worker. Raises Damaged where the
    work does, for no task can be done then.
    """
    left = deque(tasks)
    workers: list[_Worker] = []
    try:
        for _ in range(min(jobs, -(-len(tasks) // CHUNK))):
            workers.append(_start(work, workers))
        while left or any(worker.waiting for worker in workers):
            check_cancelled()
            for worker in workers:
                _hand_out(worker, left)
            wait([worker.pipe for worker in workers if worker.waiting], TICK)
            for index, worker in enumerate(workers):
                yield from _collect(worker)
                why = _lost(worker, deadline)
                if why:
                    task = worker.waiting.popleft()
                    left.extendleft(reversed(worker.waiting))
                    _kill(worker)
                    workers[index] = _start(work, [other for other in workers if other is not worker])
                    yield task, Failure(why)
    finally:
        for worker in workers:
            _kill(worker)


def _start(work: Callable[[str], R], others: Sequence[_Worker]) -> _Worker:
    # Forking shares the prepared evidence without copying. Where other threads run (a language server) a lock that
    # one of them holds would stay held in the child for ever, so there, and off Linux, the work is pickled once.
    fork = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork") if fork else multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    inherited = [other.pipe for other in others] + [ours] if fork else []
    process = context.Process(target=_serve, args=(theirs, inherited, work, os.getpid()), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _serve(pipe: Connection, inherited: Sequence[Connection], work: Callable[[str], R], parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the command's own way to end is no worker's
    follow_parent()
    if sys.platform == "linux" and os.getppid() != parent:
        return  # it was quicker
    bound_memory()
    for other in inherited:
        # Else a worker would keep its sibling's pipe open, and never see the parent's end.
        other.close()
    try:
        while True:
            for task in pipe.recv():
                pipe.send(_done(work, task))
    except (EOFError, OSError):
        return


def bound_memory() -> None:
    """A text that makes a parser take gigabytes (some 12 kB of junk can) then costs one file, not the machine."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def follow_parent() -> None:
    """End with the process that started this one, also while compiled code runs. Linux only: elsewhere the pipe tells.

    The system means the thread that started us, so that must be one that lasts.
    """
    if sys.platform == "linux":
        set_death_signal = 1
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes  # some Pythons are built without

            ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


def _done(work: Callable[[str], R], task: str) -> R | Failure | Damaged:
    """A fault of ours costs one file; the worker goes on."""
    try:
        return work(task)
    except Damaged as error:
        return error  # it concerns every file
    except Exception as error:
        return Failure(f"it failed with {type(error).__name__}: {error}")


def _hand_out(worker: _Worker, left: deque[str]) -> None:
    if worker.waiting or not left:
        return
    chunk = [left.popleft() for _ in range(min(CHUNK, len(left)))]
    worker.waiting.extend(chunk)
    worker.begin()
    with contextlib.suppress(OSError):  # a dead worker is noticed, and its tasks handed on, by `_lost`
        worker.pipe.send(chunk)


def _collect(worker: _Worker) -> Iterator[tuple[str, R | Failure]]:
    try:
        while worker.waiting and worker.pipe.poll():
            result = worker.pipe.recv()
            worker.begin()
            if isinstance(result, Damaged):
                raise result
            yield worker.waiting.popleft(), result
    except (EOFError, OSError):
        worker.process.join(LAST_BREATH)


def _lost(worker: _Worker, deadline: float) -> str:
    """Why the worker's present task will never have a result; empty while there is hope."""
    if not worker.waiting:
        return ""
    if not worker.process.is_alive():
        code = worker.process.exitcode
        return (
            f"its worker process died ({signal.Signals(-code).name if code and code < 0 else f'exit {code}'})"
        )
    waited = time.monotonic() - worker.since
    if waited > deadline:
        spent = computed(worker.process.pid)
        if spent is None or spent - worker.spent > deadline:
            return f"it took longer than {deadline:g} s"
        if waited > PATIENCE * deadline:
            return f"it took longer than {PATIENCE * deadline:g} s"
    return ""


def computed(process: int | None) -> float | None:
    """Seconds that a process has computed so far; None where the system does not tell (it does on Linux)."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:  # noqa: PTH123 - asked for after every task
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _kill(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()
