"""What another process may ask, and how it hears of what went wrong."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from support.git import Repo
from whence.cache.witness import Witness
from whence.errors import UserError
from whence.live import asked, jobs, on_disk, serving
from whence.live.desk import OWN, Desk
from whence.live.sealed import Sealed
from whence.live.stamps import Watch
from whence.live.values import Grounds, Opened
from whence.live.workspaces import Workspaces


def answers(*questions: tuple[int, str, tuple[Any, ...]]) -> list[tuple[int, str, Any]]:
    """What is answered to questions in this order."""
    source, sink = io.BytesIO(b"".join(map(serving.frame, questions))), io.BytesIO()
    serving.serve(source, sink)
    sink.seek(0)
    found = []
    while (answer := serving.read(sink)) is not None:
        found.append(answer)
    return found


def test_every_name_answers_one_thing() -> None:
    """Jobs, the desk's own methods and the questions that are loaded late do not hide each other."""
    groups = [set(jobs.JOBS), set(OWN), set(asked.QUESTIONS), set(on_disk.QUESTIONS)]
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert set(jobs.JOBS) == serving.JOBS
    for name in set().union(*groups[1:]):
        assert callable(Desk().question(name))


def test_nothing_else_can_be_asked() -> None:
    """What is not listed is refused by its name, the inside of a desk included."""
    for name in ("question", "_put", "__class__", "get"):
        ((number, what, error),) = answers((1, name, ()))
        assert (number, what) == (1, "failed")
        assert isinstance(error, RuntimeError)


def test_questions_are_answered_in_order_and_what_is_told_is_not() -> None:
    """Number 0 wants no answer."""
    opened = Opened("file:///a%20%F0%9F%98%80.py", 3, "x = '😀'\r\n")
    found = answers((0, "open", (opened,)), (1, "text", (opened.uri,)), (2, "text", ("file:///none",)))
    assert found == [(1, "done", (3, opened.text)), (2, "done", None)]


def test_a_fault_is_an_answer_and_the_next_question_is_served(tmp_path: Path) -> None:
    """A user's error arrives as one, a fault of ours with its kind."""
    found = answers((1, "explain_closed", (str(tmp_path), "a.py", 0)), (2, "hover", ()), (3, "text", ("x",)))
    (one, two, three) = found
    assert one[:2] == (1, "failed")
    assert isinstance(one[2], UserError)
    assert "is not looked at yet" in one[2].message
    assert two[:2] == (2, "failed")
    assert isinstance(two[2], RuntimeError)
    assert three == (3, "done", None)


def test_a_change_inside_is_news_and_one_outside_is_asked_about_once(repo: Repo, tmp_path: Path) -> None:
    """A tool's transcripts lie outside; whether one is of this workspace takes a closer look."""
    repo.commit("Begin", {"a.py": "x = 1\n", "policy/organisation.toml": ""})
    outside, inside = tmp_path / "session é.jsonl", repo.path / "policy/organisation.toml"
    outside.write_text("{}\n")
    kept = Workspaces()
    assert kept.moved(repo.path) is True  # nobody remembers
    kept.watch(repo.path, grounds(repo))
    assert kept.moved(repo.path) is None  # nobody listened
    kept.rests_on(repo.path, facts(outside, inside))
    assert kept.moved(repo.path) is False
    outside.write_text("{}\n{}\n")
    assert kept.moved(repo.path) is None
    assert kept.moved(repo.path) is False
    inside.write_text("# 1\n")
    outside.unlink()
    assert kept.moved(repo.path) is True
    kept.watch(repo.path, grounds(repo))
    kept.rests_on(repo.path, facts(inside))
    repo.write({"whence.toml": "version = 1\n"})
    assert kept.moved(repo.path) is True


def grounds(repo: Repo) -> Grounds:
    watch = Watch.of(repo.path, None, repo.environment)
    return Grounds(Sealed((watch, watch.look())))


def facts(*paths: Path) -> dict[str, str]:
    watching = Witness()
    for path in paths:
        watching.note(os.fspath(path))
    return watching.facts


def test_an_empty_input_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was started early and is not needed costs next to nothing."""
    monkeypatch.setattr(serving, "Answering", None)
    assert answers() == []
