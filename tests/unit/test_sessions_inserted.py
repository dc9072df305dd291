"""Only what a tool inserted counts: diffs, patches, and what the session had seen before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.evidence.sessions.edits import inserted
from whence.evidence.sessions.edits.inserted import accepted, between, hunks, own
from whence.evidence.sessions.edits.shown import as_shown
from whence.evidence.sessions.interface import Event, Faults, Locator, Read, Written
from whence.matching.passages import Block

HUMAN = (
    "def price_of(item):",
    "    return item.price * item.amount",
    "",
    "",
    "def name_of(item):",
    "    pass",
)


def wrote(*lines: str, path: str = "a.py") -> Written:
    return Written((Block(lines),), path, "/p", "claude-code", None, "s", None, Locator("f"))


def check(events: list[Event], expected: list[tuple[str, ...]]) -> None:
    """These blocks remain of what the session wrote."""
    faults = Faults("f")
    assert [block.lines for item in own(events, faults) for block in item.blocks] == expected
    assert faults.count == 0


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "a b", ["a", "b"]),
        ("a b c", "a x b c", ["x"]),
        ("a b c", "a b c", []),
        ("a b c", "", []),
        ("a b c", "x a y b c z", ["x", "y", "z"]),
        ("a", "a a", ["a"]),
        ("{ f(1,2) }", "{ f(1, 2) }".replace(", ", ","), []),
    ],
)
def test_inserted_lines_are_those_not_there_before(old: str, new: str, expected: list[str]) -> None:
    """The shortest account of the change, by lines."""
    found = [line for block in between(old.split(), new.split()) for line in block.lines]
    assert found == expected


def test_white_space_is_no_change() -> None:
    """A reindented, respaced or CRLF line was there before."""
    assert between(["if x:", "y(1,2)"], ["if x :\r", "        y(1, 2)", ""]) == ()


def test_a_block_knows_its_neighbours_and_ends_at_text() -> None:
    """Blank lines belong inside a block, never to its edges."""
    (block,) = between(["a", "d"], ["a", "", "b", "", "c", "", "d"])
    assert block == Block(("b", "", "c"), "a", "d")


def test_texts_too_long_to_align_are_compared_as_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound a line that occurs anywhere in the old text counts as old."""
    monkeypatch.setattr(inserted, "MAX_DIFF_CELLS", 3)
    assert [block.lines for block in between(["a", "b"], ["b", "x", "a"])] == [("x",)]


def test_patches_give_blocks_with_their_context() -> None:
    """Context is neighbour, removed lines are returned, remarks are dropped."""
    blocks, removed = hunks(
        [[" above", "-gone", "+one", "+two", " between", "+three", "\\ No newline at end of file"]]
    )
    assert blocks == (Block(("one", "two"), "above", "between"), Block(("three",), "between", None))
    assert removed == ("gone",)


@given(st.lists(st.sampled_from("abc{} "), max_size=12), st.lists(st.sampled_from("abcd{} "), max_size=12))
def test_what_is_inserted_and_what_was_there_make_the_new_text(old: list[str], new: list[str]) -> None:
    """Every visible new line is inserted or was in the old text."""
    found = [line for block in between(old, new) for line in block.lines if line.strip()]
    assert all(line in new for line in found)
    kept = [line for line in new if line.strip() and line in old]
    assert len(found) + len(kept) >= len([line for line in new if line.strip()])


def test_a_persons_additions_to_a_proposal_are_dropped() -> None:
    """Same lines and lightly changed ones stay, new ones go."""
    effect = (
        Block(("keep_this_line()", "change = 2", "", "entirely different words here", "another_one()")),
    )
    proposed = ["keep_this_line()", "change = 1", "another_one()"]
    assert [block.lines for block in accepted(effect, proposed)] == [
        ("keep_this_line()", "change = 2"),
        ("another_one()",),
    ]


def test_moved_code_is_not_the_tools() -> None:
    """What the session had read is somebody else's, though it writes it elsewhere."""
    check([Read(HUMAN), wrote(*HUMAN)], [])
    new = ("# a note about the order of the fields", "import json")
    check([Read(HUMAN), wrote(*new, *HUMAN)], [new])


def test_short_lines_go_with_their_neighbours() -> None:
    """A bracket that was read before stays inside the tool's own block and goes with a person's."""
    mine = ("fetch_the_rows(of_this_table);", "}", "report_progress(of_the_import);")
    check([Read(("}", *HUMAN)), wrote(*mine)], [mine])
    check([Read((*HUMAN, "}")), wrote(*mine[:1], *HUMAN, "}", *mine[2:])], [mine[:1], mine[2:]])


def test_lines_already_everywhere_prove_nothing_alone() -> None:
    """A write of nothing but lines read before leaves nothing, however short they are."""
    check([Read(("}", "pass")), wrote("}", "pass")], [])


def test_own_lines_stay_own() -> None:
    """Reading its own text back, and writing it again, changes nothing."""
    mine = ("fetch_the_rows(of_this_table)",)
    check([wrote(*mine), Read(mine), wrote(*mine, path="b.py")], [mine, mine])


def test_notebook_lines_are_compared_as_source() -> None:
    """The JSON strings of a notebook are the lines that a session read as source."""
    check([Read(HUMAN), wrote('    "def price_of(item):\\n",', path="a.ipynb")], [])


def test_a_cut_block_keeps_its_neighbours() -> None:
    """What remains of a block knows what stood beside it."""
    block = Block(("first_new_line()", HUMAN[0], "second_new_line()"), "above", "below")
    events = [Read(HUMAN), Written((block,), "a.py", "", "t", None, "s", None, Locator("f"))]
    (item,) = own(events, Faults("f"))
    assert item.blocks == (
        Block(("first_new_line()",), "above", HUMAN[0]),
        Block(("second_new_line()",), HUMAN[0], "below"),
    )


def test_a_session_that_read_too_much_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the memory of what was read nobody can say what is new."""
    monkeypatch.setattr(inserted, "MAX_KNOWN", 3)
    faults = Faults("f")
    assert list(own([Read(("a", "b", "c", "d")), wrote("something_new()")], faults)) == []
    assert faults.count == 1


@pytest.mark.parametrize(
    ("line", "inner"),
    [("   12→x = 1", "x = 1"), ("12\tx = 1", "x = 1"), ("a/b.py:3:x = 1", "x = 1"), ("7:x = 1", "x = 1"), ("+x = 1", "x = 1"), ("-x = 1", "x = 1")],
)  # fmt: skip
def test_shown_lines_are_known_without_their_numbers(line: str, inner: str) -> None:
    """cat -n, grep -n and diffs put something before the text."""
    assert inner in as_shown(line + "\n")
    assert line in as_shown(line)
