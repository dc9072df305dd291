"""Licences and files from templates: of anybody's copy of them nobody says that it came from a tool's."""

from __future__ import annotations

import pytest

from whence.matching.matcher import match
from whence.matching.memory import MemoryStore
from whence.matching.passages import Block, Passage, Place
from whence.matching.public import public_lines
from whence.matching.values import Kind
from whence.matching.workspace import Workspace

CODE = [
    "def reconcile_ledger(entries, tariff):",
    "    totals = {}",
    "    for entry in entries:",
    "        vessel = entry.vessel_identifier",
    "        rate = tariff.rate_for(vessel.overall_length)",
    "        totals[vessel] = totals.get(vessel, 0) + rate * entry.berth_nights",
    "    return {vessel: round(amount, 2) for vessel, amount in totals.items()}",
]
TERMS = [
    f"The harbour master of quay {name} may moor, berth and tow {name} vessels under the terms of this text"
    for name in ("alder", "birch", "cedar", "damson", "elder", "fir", "gorse", "hazel", "ivy", "juniper")
]
LICENCE = ["Quay Licence, version 2", *TERMS]
HASHES = [f"# {line}" for line in LICENCE]
STARS = ["/*", *[f"   {line}" for line in LICENCE], " */"]
HOME, AWAY = Place("b.py", home=True), Place("", home=False)


def claimed(written: list[str], lines: list[str], path: str, place: Place) -> set[int]:
    """The lines of a document that are said to come from a write into another file."""
    store = MemoryStore.of([Passage((Block(tuple(written)),), "b.py", 1e9)])
    workspace = Workspace(lambda _: place, lambda _: None)
    return {
        line for item in match(store, path, lines, workspace) for first, last in item.lines for line in range(first, last + 1)
    }  # fmt: skip


@pytest.mark.parametrize("header", [HASHES, STARS], ids=["hashes", "stars"])
def test_a_licence_above_a_persons_code_is_nobodys(header: list[str]) -> None:
    """The tool put the same one above its own code in another file; and what of its code is here still counts."""
    mine = ["", "", "def berth(argument):", "    return argument * 42"]
    assert claimed([*header, "", *CODE], [*header, *mine], "a.py", HOME) == set()
    both = claimed([*header, "", *CODE], [*header, "", *CODE], "a.py", HOME)
    assert both == set(range(len(header) + 2, len(header) + 2 + len(CODE)))


def test_the_same_comment_without_a_licence_counts() -> None:
    """Text that somebody wrote: were it taken for a licence, nothing of it would be found again."""
    comment = [f"# {line}" for line in TERMS]
    assert claimed(comment, [*comment, *CODE], "a.py", HOME) >= set(range(1, len(comment) + 1))


def test_a_licence_is_the_tools_where_the_tool_put_it() -> None:
    """Into this very file."""
    store = MemoryStore.of([Passage((Block(tuple(LICENCE)),), "LICENSE", 1e9)])
    (found,) = match(
        store, "LICENSE", LICENCE, Workspace(lambda _: Place("LICENSE", home=True), lambda _: None)
    )
    assert (found.kind, found.lines) == (Kind.SAME_FILE, ((1, len(LICENCE)),))


@pytest.mark.parametrize(
    ("path", "other", "public"),
    [
        ("LICENSE", False, True), ("sub/LICENSE-MIT", False, True), ("COPYING.LESSER", False, True),
        ("CODE_OF_CONDUCT.md", False, True), ("NOTICE.txt", False, True), ("licensing.py", False, False),
        (".gitignore", True, True), (".gitignore", False, False), ("web/manage.py", True, True),
        ("managed.py", True, False), ("tsconfig.json", True, True), ("notice_board.py", True, False),
    ],
)  # fmt: skip
def test_whole_files_that_are_nobodys(path: str, other: bool, public: bool) -> None:
    """Licences anywhere; what templates and frameworks give to all, of another project's only."""
    assert public_lines(path, CODE, other_project=other) == (
        set(range(1, len(CODE) + 1)) if public else set()
    )


@pytest.mark.parametrize(
    ("lines", "public"),
    [
        (["#!/bin/sh", "# Copyright 2026 Quay", "# More of it", "", "# About this file", "run"], {2, 3}),
        (["<?php", "/**", " * SPDX-License-Identifier: MIT", " */", "echo 1;"], {2, 3, 4}),
        (['"""What it does."""', "", "# Licence: see NOTICE", "x = 1"], {3}),
        (["x = 1", "# Copyright 2026 Quay"], set()),
        (["\ufeff// Copyright 2026 Quay", "x"], {1}),
        (["/* Copyright, never closed", "x = 1"], {1, 2}),
        ([], set()),
    ],
)
def test_the_comments_at_the_beginning_that_are_a_licence(lines: list[str], public: set[int]) -> None:
    """Each comment by itself, and only above the code."""
    assert public_lines("a.py", lines, other_project=True) == public


def test_django_s_manage_py_of_another_project_is_nobodys() -> None:
    """What a generator wrote into both."""
    assert claimed([*CODE, *TERMS], [*CODE, *TERMS], "manage.py", AWAY) == set()
    assert claimed([*CODE, *TERMS], [*CODE, *TERMS], "ledger.py", AWAY)
