"""Sets of lines behave as sets, whatever the runs."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from whence import ranges

pairs = st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40)), max_size=8)


def members(lines: ranges.Lines) -> set[int]:
    return set(ranges.each(lines))


@given(pairs)
def test_runs_are_sorted_disjoint_and_hold_exactly_the_positive_lines(
    given_pairs: list[tuple[int, int]],
) -> None:
    """Any pairs become the canonical runs of the same lines."""
    lines = ranges.from_pairs(given_pairs)
    assert members(lines) == {k for a, b in given_pairs for k in range(max(a, 1), b + 1)}
    assert all(b + 1 < c for (_, b), (c, _) in pairwise(lines))
    assert ranges.from_lines(members(lines)) == lines
    assert ranges.count(lines) == len(members(lines))


@given(pairs, pairs)
def test_operations_agree_with_sets(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    """Union, intersection and difference are those of sets, in canonical form."""
    a, b = ranges.from_pairs(left), ranges.from_pairs(right)
    for ours, theirs in (
        (ranges.union(a, b), members(a) | members(b)),
        (ranges.intersect(a, b), members(a) & members(b)),
        (ranges.subtract(a, b), members(a) - members(b)),
    ):
        assert members(ours) == theirs
        assert ours == ranges.from_lines(theirs)
    assert all(ranges.contains(a, k) == (k in members(a)) for k in range(42))


def test_text_names_runs_and_single_lines() -> None:
    """Messages show `1-4, 9`."""
    assert ranges.text(((1, 4), (9, 9))) == "1-4, 9"
