"""Plain blocks: lines between blank lines. What every text falls back to, and what fills the gaps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from whence.model import Region

LONGEST_JOINED = 60
"""A statement longer than this many lines is cut at its blank lines after all; nobody would call it one thing."""


def blocks(lines: Sequence[str], first: int, last: int, inner: Collection[int] = ()) -> Iterator[Region]:
    """Cut lines `first`..`last` (1-based, inclusive) at blank lines, except those in `inner`."""
    start = end = 0
    for number in range(first, last + 1):
        line = lines[number - 1]
        if line and not line.isspace():
            start = start or number
            end = number
        elif start and number not in inner:
            yield Region("block", None, start, end)
            start = 0
    if start:
        yield Region("block", None, start, end)


def inner_blanks(lines: Sequence[str], joined: Iterable[tuple[int, int]]) -> frozenset[int]:
    """The blank lines inside statements (first and last line of each) that are short enough to stay whole."""
    return frozenset(
        number
        for start, end in joined
        if end - start < LONGEST_JOINED
        for number in range(start, min(end, len(lines)) + 1)
        if not lines[number - 1].strip()
    )
