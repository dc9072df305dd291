"""Edits in whole lines: composed, and applied to sets of lines, they do what doing them one by one does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from whence import ranges
from whence.splice import Splice, between

texts = st.lists(st.integers(0, 2), max_size=12)
pairs = st.lists(st.tuples(st.integers(1, 14), st.integers(1, 14)), max_size=5)


@st.composite
def edits(draw: st.DrawFn, size: int) -> tuple[Splice, list[int]]:
    """A splice of a text of so many lines, and the lines that come in."""
    first = draw(st.integers(1, size + 1))
    removed = draw(st.integers(0, size + 1 - first))
    new = draw(st.lists(st.integers(3, 9), max_size=4))
    return Splice(first, removed, len(new)), new


def apply(text: list[int], splice: Splice, new: list[int]) -> list[int]:
    at = splice.first - 1
    return text[:at] + new + text[at + splice.removed :]


@given(texts, st.data())
def test_a_composed_splice_does_what_both_do(text: list[int], data: st.DataObject) -> None:
    """Everything outside the composed splice is as both leave it, in its place."""
    first, new = data.draw(edits(len(text)))
    middle = apply(text, first, new)
    second, newer = data.draw(edits(len(middle)))
    last = apply(middle, second, newer)
    both = first.then(second)
    assert last == apply(text, both, last[both.first - 1 : both.new_end])
    assert len(last) == len(text) + both.shift


@given(texts, st.data(), pairs)
def test_lines_go_where_their_text_goes(
    text: list[int], data: st.DataObject, some: list[tuple[int, int]]
) -> None:
    """The set moves with the lines, replaced ones drop out, and the runs stay canonical."""
    splice, _ = data.draw(edits(len(text)))
    lines = ranges.intersect(ranges.from_pairs(some), ((1, len(text)),) if text else ())
    kept = [k for k in ranges.each(lines) if not splice.first <= k <= splice.old_end]
    moved = splice.lines(lines)
    assert moved == ranges.from_lines(map(splice.line, kept))


@given(st.integers(1, 9), st.integers(0, 4), st.integers(0, 4), st.integers(1, 14), st.integers(0, 4))
def test_what_a_splice_touches(first: int, removed: int, added: int, start: int, more: int) -> None:
    """Lines are touched when one of them is replaced, or something comes in between two of them."""
    splice, end = Splice(first, removed, added), start + more
    expected = any(first <= k <= splice.old_end for k in range(start, end + 1)) or start < first <= end
    assert splice.touches(start, end) == expected


@given(texts, texts)
def test_the_smallest_splice_turns_one_text_into_the_other(old: list[int], new: list[int]) -> None:
    """What is outside is the same on both sides."""
    splice = between(old, new)
    assert apply(old, splice, new[splice.first - 1 : splice.new_end]) == new
