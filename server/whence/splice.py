"""An edit in whole lines, and what it does to sets of lines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from whence.ranges import Lines

T = TypeVar("T")


class Splice(NamedTuple):
    """Lines `first` to `first + removed - 1` (1-based) became lines `first` to `first + added - 1`."""

    first: int
    removed: int
    added: int

    @property
    def shift(self) -> int:
        """How far everything below moves."""
        return self.added - self.removed

    @property
    def old_end(self) -> int:
        """The last line that was replaced; one less than `first` where nothing was."""
        return self.first + self.removed - 1

    @property
    def new_end(self) -> int:
        return self.first + self.added - 1

    def then(self, later: Splice) -> Splice:
        """One splice that does as much as this one and a later one, whose numbers are those in between."""
        first = min(self.first, later.first)
        end = max(self.new_end, later.old_end)
        return Splice(first, end - first + 1 - self.shift, end - first + 1 + later.shift)

    def line(self, number: int) -> int:
        """Where a line that was not replaced is now."""
        return number if number < self.first else number + self.shift

    def touches(self, first: int, last: int) -> bool:
        """Whether one of some old lines was replaced, or lines came in between them."""
        return (
            first <= max(self.old_end, self.first)
            and last >= self.first
            and (self.removed > 0 or first < self.first)
        )

    def lines(self, lines: Lines) -> Lines:
        """Where lines are now; those that were replaced are left out."""
        if not lines or lines[-1][1] < self.first:
            return lines
        at = bisect_left(lines, (self.first,))
        if at and lines[at - 1][1] >= self.first:
            at -= 1
        out = list(lines[:at])
        shift, end = self.shift, self.old_end
        while at < len(lines) and lines[at][0] <= end:
            low, high = lines[at]
            if low < self.first:
                _add(out, low, min(high, self.first - 1))
            if high > end:
                _add(out, end + 1 + shift, high + shift)
            at += 1
        if at < len(lines) and lines[at][0] < self.first:  # nothing was replaced, lines came in between
            low, high = lines[at]
            _add(out, low, self.first - 1)
            _add(out, self.first + shift, high + shift)
            at += 1
        if at < len(lines):
            low, high = lines[at]
            _add(out, low + shift, high + shift)
            rest = lines[at + 1 :]
            out += rest if not shift else ((a + shift, b + shift) for a, b in rest)
        return tuple(out)


def _add(out: list[tuple[int, int]], first: int, last: int) -> None:
    if out and out[-1][1] + 1 == first:
        out[-1] = (out[-1][0], last)
    elif first <= last:
        out.append((first, last))


def between(old: Sequence[T], new: Sequence[T]) -> Splice:
    """The one splice that turns a sequence of lines into another, as small as it can be."""
    shortest = min(len(old), len(new))
    first = 0
    while first < shortest and old[first] == new[first]:
        first += 1
    last = 0
    while last < shortest - first and old[-1 - last] == new[-1 - last]:
        last += 1
    return Splice(first + 1, len(old) - first - last, len(new) - first - last)
