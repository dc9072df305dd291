"""Work in processes ends, whatever one task does."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from whence import pool
from whence.errors import Cancelled


def work(task: str) -> str:
    if task == "hang":
        threading.Event().wait()
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return task.upper()


def check(tasks: list[str], expected: dict[str, str], **options: float) -> None:
    answers = dict(pool.run(tasks, work, jobs=2, deadline=options.get("deadline", 30.0)))
    assert {
        task: answer if isinstance(answer, str) else answer.why for task, answer in answers.items()
    } == expected


def test_every_task_is_answered_once() -> None:
    """More tasks than chunks and workers."""
    tasks = [f"t{k}" for k in range(100)]
    check(tasks, {task: task.upper() for task in tasks})
    check([], {})


def test_a_task_that_never_ends_costs_only_itself() -> None:
    """The worker is killed, the task named, its neighbours answered."""
    check(["a", "hang", "b"], {"a": "A", "hang": "it took longer than 3 s", "b": "B"}, deadline=3)


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
