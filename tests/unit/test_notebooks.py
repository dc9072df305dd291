"""What a commit wrote of a notebook is lines of its cells' sources, never the JSON around them nor what a run printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from support.git import Repo
from whence.evidence.history import History
from whence.evidence.interface import Context
from whence.evidence.notebooks import written
from whence.repo import Repository
from whence.tools import Registry

CLAUDE = "Change\n\nCo-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>"
THEIRS = ["def nearest(position, stations):\n", "    return min(stations, key=position.gap)"]
MADE = ["heights = tides.observed()\n", "plot(heights)"]


def cell(source: Sequence[str] | str, outputs: Sequence[str] = (), count: int = 1) -> dict[str, Any]:
    printed = [{"name": "stdout", "output_type": "stream", "text": list(outputs)}] if outputs else []
    return {
        "cell_type": "code", "execution_count": count, "id": "c", "metadata": {}, "outputs": printed, "source": source
    }  # fmt: skip


def notebook(*cells: dict[str, Any], indent: int | None = 1) -> str:
    value = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(value, indent=indent) + "\n"


BEFORE = notebook(cell(THEIRS), cell(["y = 2"]))
CASES = [
    ("a cell behind a person's", notebook(cell(THEIRS), cell(["y = 2"]), cell(MADE)), MADE),
    ("a cell before it", notebook(cell(MADE), cell(THEIRS), cell(["y = 2"])), MADE),
    ("a line behind a person's last", notebook(cell([THEIRS[0], THEIRS[1] + "\n", MADE[1]]), cell(["y = 2"])), MADE[1:]),
    ("a person's last line becomes another's first", notebook(cell(["y = 2\n", *THEIRS])), []),
    ("run again", notebook(cell(THEIRS, ["17\n", "42\n"], 9), cell(["y = 2"], ["2\n"], 10)), []),
    ("one source as a text", notebook(cell(THEIRS), cell("plot(heights)")), ["plot(heights)"]),
    ("a changed line", notebook(cell(THEIRS), cell(["y = 3"])), ["y = 3"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "after", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_declared_commit_claims_what_it_wrote_in_cells(
    repo: Repo, name: str, after: str, expected: list[str]
) -> None:
    """No comma behind a cell, no line that only got a line feed, no output is a finding."""
    repo.commit("Start", {"a.ipynb": BEFORE})
    repo.commit(CLAUDE, {"a.ipynb": after})
    repository = Repository.open(repo.path, repo.environment)
    found = History().prepare(Context(repo.path, repository, Registry.builtin(), ["a.ipynb"], {}))
    rows = after.split("\n")
    lines = [
        rows[number - 1].strip().removeprefix('"source": ').rstrip(",")
        for _, claimed in found.files.get("a.ipynb", ())
        for first, last in claimed
        for number in range(first, last + 1)
    ]
    assert [json.loads(line).rstrip("\n") for line in lines] == [line.rstrip("\n") for line in expected]


def test_a_whole_new_notebook_has_its_sources_claimed(repo: Repo) -> None:
    """Also one that stands on a single line, and below a folder's old name."""
    repo.commit(CLAUDE, {"old/a.ipynb": notebook(cell(MADE)), "one.ipynb": notebook(cell(MADE), indent=None)})
    repo.git("mv", "old", "new")
    repo.commit("Move")
    repository = Repository.open(repo.path, repo.environment)
    paths = ["new/a.ipynb", "one.ipynb"]
    found = History().prepare(Context(repo.path, repository, Registry.builtin(), paths, {}))
    at = notebook(cell(MADE)).split("\n").index('    "heights = tides.observed()\\n",') + 1
    assert [lines for _, lines in found.files["new/a.ipynb"]] == [((at, at + 1),)]
    assert [lines for _, lines in found.files["one.ipynb"]] == [((1, 1),)]


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"cells": 3}', "<<<<<<< HEAD\n" + BEFORE])
def test_what_is_no_notebook_is_left_as_it_is(text: str) -> None:
    """Its lines are whoever's git says they are."""
    assert written(text.split("\n"), [BEFORE.split("\n")]) is None
    assert written(BEFORE.split("\n"), [text.split("\n")]) is not None
