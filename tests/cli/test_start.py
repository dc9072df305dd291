"""What a command does before it can answer: which modules it loads, and how often it asks git. Never how long it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.cli import whence
from support.git import Repo
from whence import git
from whence.cache import again, contents, witness
from whence.cli.console import columns
from whence.repo import Repository
from whence.standing import Standing

CLAUDE = "Add\n\nCo-Authored-By: Claude <noreply@anthropic.com>"
SOURCES = "whence.evidence."
AT_ONCE = -(10**18)
"""Nanoseconds after which a file counts as old enough to be remembered: its times cannot be set back."""

READERS = SOURCES + "sessions.readers."


@pytest.fixture
def small(repo: Repo) -> Repo:
    """Ten files of a marked commit."""
    repo.commit(
        CLAUDE, {f"file{number}.py": f"def f{number}():\n    return {number}\n" for number in range(10)}
    )
    return repo


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What git is asked, without the settings that every question has."""
    questions: list[str] = []
    begin = git.subprocess.Popen

    def noted(command: list[str], **named: Any) -> Any:
        questions.append(" ".join(command[command.index("-C") + 2 :]))
        return begin(command, **named)

    monkeypatch.setattr(git.subprocess, "Popen", noted)
    return questions


def scan(repo: Repo) -> None:
    assert whence(repo.path, repo.environment, "scan").status == 0


def test_a_first_scan_asks_git_few_questions_and_none_twice(small: Repo, asked: list[str]) -> None:
    """Each is a process of its own; what the sources have in common is asked once for all of them."""
    scan(small)
    assert len(asked) <= 17, asked
    assert len([one for one in asked if one.startswith("for-each-ref")]) == 1
    assert len([one for one in asked if one.startswith("rev-parse") and "HEAD" in one]) == 1
    assert len(set(asked) - {"cat-file --batch"}) == len([one for one in asked if one != "cat-file --batch"])


def test_a_scan_of_what_is_known_asks_how_the_repository_stands(
    small: Repo, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is, what is checked out, its refs, its settings, its files: nothing else."""
    for module in (again, contents, witness):
        monkeypatch.setattr(module, "RACY", AT_ONCE)
    for _ in range(2):
        asked.clear()
        scan(small)
    assert sorted(one.split()[0] for one in asked) == [
        "config",
        "for-each-ref",
        "ls-files",
        "rev-parse",
        "rev-parse",
    ]


def test_the_branch_is_one_of_the_answers(small: Repo) -> None:
    """As git itself says it; there is none where HEAD is detached."""
    known = Repository.open(small.path, small.environment)
    assert known is not None
    for name in ("main", "side/way"):
        small.git("checkout", "-q", "-B", name)
        assert Standing.of(known).branch == known.branch() == name
    small.git("checkout", "-q", "--detach")
    assert Standing.of(known).branch is known.branch() is None


def test_a_machine_without_sessions_loads_no_reader(small: Repo) -> None:
    """Nor what compares texts with theirs, nor the index, nor readers of what else is not here."""
    names = loaded(small, "scan")
    assert readers(names) == set()
    unwanted = (
        "whence.index", "whence.matching.runs", SOURCES + "sessions.reading", SOURCES + "agent_trace_records",
        "whence.policy.loading", "rapidfuzz", "orjson", "concurrent", "importlib.resources", "tree_sitter_",
    )  # fmt: skip
    assert [name for name in names if name.startswith(unwanted)] == []


def test_one_tools_sessions_load_its_reader_only(small: Repo) -> None:
    """Where Claude Code was used and nothing else."""
    folder = Path(small.environment["HOME"], ".claude/projects/p")
    folder.mkdir(parents=True)
    (folder / "s.jsonl").write_text("{}\n")
    assert readers(loaded(small, "scan")) == {"claude_code"}


def test_a_scan_of_what_is_known_loads_nothing_that_scans(small: Repo) -> None:
    """Neither classes nor sources nor rules: only what tells that nothing has changed."""
    for _ in range(2):
        names = loaded(small, "scan")
    unwanted = (
        "whence.engine",
        "whence.workspace",
        "whence.model",
        "whence.policy",
        "whence.evidence",
        "dataclasses",
        "tomllib",
        "hashlib",  # and OpenSSL with it
        "_hashlib",
        "shutil",
    )
    assert [name for name in names if name.startswith(unwanted)] == []


@pytest.mark.parametrize("given", ["", "0", "wide", "\N{SUPERSCRIPT TWO}", "9" * 5000])
def test_the_width_is_the_terminals_where_none_is_given(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A width that is none is no reason to fail; without a terminal it is a usual one."""

    def wide(_: int) -> os.terminal_size:
        return os.terminal_size((132, 40))

    def none(_: int) -> os.terminal_size:
        raise OSError

    assert columns({"COLUMNS": "97"}) == 97
    for answer, expected in ((wide, 132), (none, 80)):
        monkeypatch.setattr(os, "get_terminal_size", answer)
        assert columns({"COLUMNS": given}) == expected


def readers(names: list[str]) -> set[str]:
    """Which tools' readers are among modules."""
    return {name.removeprefix(READERS).partition(".")[0] for name in names if name.startswith(READERS)}


def loaded(repo: Repo, *arguments: str) -> list[str]:
    """The modules that a command loads."""
    program = (
        f"import json, sys; from whence.cache import again, witness; again.RACY = witness.RACY = {AT_ONCE}; "
        "from whence.cli.main import main; status = main(sys.argv[1:]); "
        "print(json.dumps([status, sorted(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments, "--output", os.devnull],
        cwd=repo.path,
        env={**repo.environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
    )
    status, names = json.loads(done.stdout)
    assert status == 0
    found: list[str] = names
    return found
