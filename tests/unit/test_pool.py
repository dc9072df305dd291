"""Work in processes ends, whatever one task does."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from whence import pool
from whence.errors import Cancelled, Damaged


def work(task: str) -> str:
    if task == "hang":
        threading.Event().wait()
    while task == "spin":
        pass
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return task.upper()


def check(tasks: list[str], expected: dict[str, str], **options: float) -> None:
    answers = dict(pool.run(tasks, work, jobs=2, deadline=options.get("deadline", 30.0)))
    assert {
        task: answer if isinstance(answer, str) else answer.why for task, answer in answers.items()
    } == expected


def torn(task: str) -> str:
    raise Damaged(task)


def test_what_concerns_every_task_is_raised() -> None:
    """A damaged index is no fault of the file that met it."""
    with pytest.raises(Damaged, match="a"):
        list(pool.run(["a"], torn, jobs=1, deadline=30.0))


def test_every_task_is_answered_once() -> None:
    """More tasks than chunks and workers."""
    tasks = [f"t{k}" for k in range(100)]
    check(tasks, {task: task.upper() for task in tasks})
    check([], {})


def test_a_task_that_never_ends_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker is killed, the task named, its neighbours answered, however busy the machine is."""
    monkeypatch.setattr(pool, "PATIENCE", 600)
    check(["a", "spin", "b"], {"a": "A", "spin": "it took longer than 1 s", "b": "B"}, deadline=1)


def test_a_task_that_only_waits_is_ended_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It computes nothing, so the clock has the last word."""
    monkeypatch.setattr(pool, "PATIENCE", 2)
    most = 1 if pool.computed(os.getpid()) is None else 2
    check(["hang"], {"hang": f"it took longer than {most} s"}, deadline=1)


@pytest.mark.parametrize(
    ("waited", "spent", "lost"),
    [
        (9.0, 9.0, ""),
        (11.0, 2.0, ""),
        (11.0, 10.5, "it took longer than 10 s"),
        (11.0, None, "it took longer than 10 s"),
        (59.0, 9.9, ""),
        (61.0, 9.9, "it took longer than 60 s"),
    ],
)
def test_a_busy_machine_fails_no_task(
    monkeypatch: pytest.MonkeyPatch, waited: float, spent: float | None, lost: str
) -> None:
    """A worker that had to wait for its turn may go on; where nobody tells what it computed, the clock counts."""
    now, used = 100.0, 5.0
    monkeypatch.setattr(pool, "computed", lambda process: used if spent is not None else None)
    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=lambda: now))
    process: Any = SimpleNamespace(pid=1, is_alive=lambda: True)
    worker = pool._Worker(process, Any, deque(["task"]))  # type: ignore[arg-type]
    worker.begin()
    now, used = now + waited, used + (spent or 0)
    assert pool._lost(worker, 10.0) == lost


def test_what_a_process_computes_is_counted() -> None:
    """Only upwards, in seconds."""
    before = pool.computed(os.getpid())
    if before is None:
        pytest.skip("this system does not tell what a process computed")
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    after = pool.computed(os.getpid())
    assert after is not None
    assert before + 0.05 < after
    assert pool.computed(2**30) is None


def test_a_task_that_kills_its_worker_costs_only_itself() -> None:
    """A crash in a parser is a failed file."""
    check(["a", "die", "b"], {"a": "A", "die": "its worker process died (SIGKILL)", "b": "B"})


def test_taking_the_work_back_kills_the_workers() -> None:
    """No process outlives a cancelled scan."""
    before = _children()
    calls = iter(range(3))

    def stop() -> None:
        if next(calls) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(pool.run(["hang"], work, jobs=2, deadline=60.0, check_cancelled=stop))
    assert _children() == before


def _children() -> int:
    import multiprocessing

    return len(multiprocessing.active_children())
