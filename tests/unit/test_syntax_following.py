"""A text followed through its edits has the regions that it would have if it were read afresh."""

from __future__ import annotations

import random

import pytest

from support.syntax import NAMES, lines_of, sample
from whence.syntax import Follower, regions, tree
from whence.syntax.grammars import builtin
from whence.syntax.source import encode
from whence.syntax.tree import Parsed

PIECES = (
    "x", "  ", "\t", "{", "}", "(", ")", '"', "'", ":", "#", "/*", "*/", "//", "def f():", "function f() {", "é", "\0",
    "\udce9", "class A {", "- a", "=", ";", "<", ">", "@x", "\\", "`",
)  # fmt: skip


def edited(lines: tuple[str, ...], dice: random.Random) -> tuple[str, ...]:
    """One edit as a person makes it: type into a line, take a line out, put some in, join or split."""
    at = dice.randrange(len(lines)) if lines else 0
    line = lines[at] if lines else ""
    column = dice.randrange(len(line) + 1)
    before, after = line[:column], line[column:]
    match dice.randrange(6):
        case 0:
            new: tuple[str, ...] = (before + dice.choice(PIECES) + after,)
        case 1:
            new = (before + after[1:],)
        case 2:
            new = ()
        case 3:
            new = (before, after)
        case 4:
            new = (line, dice.choice(lines) if lines else "x", "")
        case _:
            new = (line, line)
    return lines[:at] + new + lines[at + 1 :]


@pytest.mark.parametrize("name", NAMES)
def test_each_edit_gives_what_reading_afresh_gives(name: str) -> None:
    """Random edits, kept and undone, over the sample of each language."""
    path = sample(name).name
    dice = random.Random(f"edits {name}")
    original = lines_of(sample(name))
    following = Follower(path)
    for _ in range(3):
        lines = original
        for _ in range(6):
            lines = edited(lines, dice)
            assert following.regions(lines) == regions(path, lines)
        assert following.regions(original) == regions(path, original)


def test_the_language_may_change_with_the_text() -> None:
    """A header becomes C++, a script gets another interpreter, a text becomes empty."""
    following = Follower("a.h")
    for lines in (("int f();",), ("namespace a {", "int f();", "}"), (), ("int f();",)):
        assert following.regions(lines) == regions("a.h", lines)
    script = Follower("run")
    for lines in (("#!/bin/sh", "f() {", "}"), ("#!/usr/bin/python3", "def f():", "  pass"), ("f() {", "}")):
        assert script.regions(lines) == regions("run", lines)


def test_what_was_given_up_is_tried_again() -> None:
    """A version beyond a limit does not spoil the next one."""
    following = Follower("a.yaml")
    deep = tuple("  " * level + "a:" for level in range(300))
    assert following.regions(("a: 1", "b: 2")).complete
    assert not following.regions(deep).complete
    assert following.regions(("a: 1", "b: 3")) == regions("a.yaml", ("a: 1", "b: 3"))


def test_only_what_changed_is_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The earlier tree is handed on while the text is sound, and never for a broken one."""
    handed: list[bool] = []
    original = tree._parse

    def spy(*args: object) -> object:
        handed.append(len(args) > 3)
        return original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(tree, "_parse", spy)
    following = Follower("a.py")
    following.regions(("def f():", "    return 1"))
    following.regions(("def f():", "    return 12"))
    assert handed == [False, True]
    following.regions(("def f():", "    return 12"))
    assert handed == [False, True]
    following.regions(("def f(:", "    return 12"))
    assert handed == [False, True, True, False]
    following.regions(("def f():", "    return 12"))
    assert handed == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("a", "a"),
        ("a", ""),
        ("", "a"),
        ("aa", "aaa"),
        ("a\nb\nc", "a\nX\nc"),
        ("é\né", "é\nè"),
        ("ab", "ba"),
    ],
)
def test_an_edit_is_told_in_bytes(old: str, new: str) -> None:
    """The earlier tree with the edit told covers exactly the new text."""
    language = builtin().get("markdown")
    assert language is not None
    before: Parsed = tree.parse(language, old.split("\n"))
    root = tree._edited(before, encode(new.split("\n"))).root_node
    assert root.end_byte == len(new.encode()) + 1
    assert root.end_point[0] == new.count("\n") + 1
