"""A text followed through its edits has the regions that it would have if it were read afresh."""

from __future__ import annotations

import random

import pytest

from support.syntax import NAMES, lines_of, sample
from support.typist import Typist, wild
from whence.splice import Splice
from whence.syntax import regions, tree
from whence.syntax.following import Follower
from whence.syntax.grammars import builtin


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
            lines = wild(lines, dice)
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
    """The last sound tree is built upon while a text is edited, and a broken text is parsed afresh when it rests."""
    handed: list[bool] = []
    original = tree._parse

    def spy(*args: object) -> object:
        handed.append(len(args) > 3)
        return original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(tree, "_parse", spy)
    following = Follower("a.py")
    following.begin(("def f():", "    return 1"))
    following.follow(("def f():", "    return 12"), Splice(2, 1, 1))
    assert handed == [False, True]
    following.follow(("def f(:", "    return 12"), Splice(1, 1, 1))
    assert handed == [False, True, True]
    following.settle()
    assert handed == [False, True, True, False]
    following.settle()
    following.follow(("def f():", "    return 12"), Splice(1, 1, 1))
    assert handed == [False, True, True, False, True]


def test_a_broken_text_keeps_its_regions_until_it_rests() -> None:
    """Half a line typed does not take every function's name away; what is below moves along."""
    following = Follower("a.py")
    before = ("def f():", "    return 1", "", "def g():", "    return 2")
    following.begin(before)
    broken = ("def f():", "    x = (", "    return 1", "", "def g():", "    return 2")
    found = following.follow(broken, Splice(2, 0, 1))
    assert not following.exact
    assert [(r.name, r.start, r.end) for r in found.regions] == [("f", 1, 3), ("g", 5, 6)]
    following.settle()
    assert following.exact
    assert following.found == regions("a.py", broken)
    mended = (*broken[:1], "    x = ()", *broken[2:])
    following.follow(mended, Splice(2, 1, 1))
    assert following.exact
    assert following.found == regions("a.py", mended)


@pytest.mark.parametrize("name", NAMES)
def test_typing_gives_exactly_what_reading_afresh_gives(name: str) -> None:
    """Whenever regions are said to be exact they are, after any number of edits, undone or not; and they often are."""
    path = sample(name).name
    typist = Typist(lines_of(sample(name)), f"typing {name}")
    following = Follower(path)
    following.begin(typist.lines)
    exact, broken = 0, False
    for step in range(120):
        splice = typist.step(regret=broken)
        following.follow(typist.lines, splice)
        exact, broken = exact + following.exact, not following.exact
        if broken and typist.dice.random() < 0.1:
            following.settle()
        if following.exact:
            assert following.found == regions(path, typist.lines), (step, splice)
        if typist.dice.random() < 0.02:
            following.forget()
    assert exact > 20 or name == "notebook"


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
    following = tree.Following(tree.parse(language, old.split("\n")))
    following.edit(0, len(old.encode()), new.encode())
    root = following._tree.root_node
    assert root.end_byte == len(new.encode()) + 1
    assert root.end_point[0] == new.count("\n") + 1
