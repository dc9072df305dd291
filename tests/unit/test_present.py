"""Lines at HEAD are found again in the present text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence import ranges
from whence.evidence.present import Piece, Presence
from whence.model import Document


def document(*head_lines: int) -> Document:
    return Document("a.py", tuple("x" for _ in head_lines), head_lines=head_lines)


@pytest.mark.parametrize(
    ("head_lines", "asked", "expected"),
    [
        ((1, 2, 3, 4), ((2, 3),), ((2, 3),)),
        ((0, 0, 1, 2, 3), ((1, 2),), ((3, 4),)),
        ((1, 2, 0, 3, 4), ((2, 3),), ((2, 2), (4, 4))),
        ((1, 4), ((2, 3),), ()),
        ((3, 4, 1, 2), ((1, 1), (4, 4)), ((2, 3),)),
        ((1, 2, 1, 2), ((1, 1),), ((1, 1), (3, 3))),
        ((0, 0), ((1, 2),), ()),
    ],
    ids=[
        "unchanged",
        "lines added above",
        "a line added inside",
        "lines deleted",
        "a block moved up",
        "copied",
        "all new",
    ],
)
def test_lines_follow_the_text(
    head_lines: tuple[int, ...], asked: ranges.Lines, expected: ranges.Lines
) -> None:
    """Claimed lines keep their claim wherever they stand now, and deleted ones lose it."""
    assert Presence.of(document(*head_lines)).lines(asked) == expected


def test_a_new_file_has_no_lines_of_head() -> None:
    """Nothing of HEAD is claimed in a document that is not committed."""
    assert Presence.of(Document("a.py", ("x",))).lines(((1, 5),)) == ()


def test_a_run_keeps_its_line_numbers_at_head() -> None:
    """A piece of a run says which HEAD line it starts with, so that originals can be counted from it."""
    found = list(Presence.of(document(1, 2, 0, 3, 4)).run(2, 4))
    assert found == [Piece(2, 2, 1), Piece(3, 4, 2)]


@given(
    st.lists(st.integers(0, 9), max_size=14),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=4),
)
def test_pieces_agree_with_line_by_line(head_lines: list[int], pairs: list[tuple[int, int]]) -> None:
    """The same lines come out as when each present line is looked up on its own."""
    asked = ranges.from_pairs(pairs)
    expected = ranges.from_lines(
        line for line, head in enumerate(head_lines, 1) if head and ranges.contains(asked, head)
    )
    assert Presence.of(document(*head_lines)).lines(asked) == expected
