"""Lines that a version has at another place than the one before it. Pure.

A diff keeps the order, so what moved against it looks new, as what was copied does. A block that the older text has
too is not its commit's own when it is too long to be chance (see `whence.linemap`). Whether a block moved is a matter
of the two texts alone, never of what is left of it at HEAD.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence

from whence.evidence.origins.lines import Piece
from whence.evidence.origins.patches import Difference
from whence.evidence.origins.prints import Prints, length
from whence.linemap import MOVED_CHARACTERS, MOVED_LINES

Block = tuple[int, int, int]
"""(first line in the newer text, number of lines, first line in the older text)."""

_PLACES = 8
"""Places in the older text that are tried for one line."""

_STEPS = 200_000
"""Comparisons for one stretch of added lines; what is left of it then counts as new."""


def blocks(
    new: Prints, old: Prints, difference: Difference, left: Sequence[Piece], *, copies: bool
) -> list[Block]:
    """The blocks among the added lines that the older text has elsewhere, ascending; only where some lines are `left`.

    Where it lost them they have moved. With `copies` those count too that it still has at their old place.
    """
    if not copies and not _enough(difference.gone):
        return []
    added = [(first - 1, end - 1) for first, end, _ in difference.hunks if _enough(new[first - 1 : end - 1])]
    if not added or not (added := _touched(added, left)):
        return []
    common = {line for first, end in added for line in new[first:end]}
    common.intersection_update(old if copies else difference.gone)
    stretches = [part for first, end in added for part in _stretches(new, first, end, common)]
    if not stretches:
        return []
    lost = _only(old, difference.removed)
    places = _places({line for first, end in stretches for line in new[first:end]}, lost)
    if copies:
        for line, more in _places(places.keys(), old).items():
            places[line] += more
    else:
        old = lost
    return [block for first, end in stretches for block in _blocks(new, old, first, end, places)]


_NO_LINE = -1


def _only(old: Prints, removed: Sequence[tuple[int, int]]) -> Prints:
    """The older text with nothing but these lines (1-based, end exclusive)."""
    out = array("q", [_NO_LINE]) * len(old)
    for first, end in removed:
        out[first - 1 : end - 1] = old[first - 1 : end - 1]
    return out


def _enough(some: Sequence[int]) -> bool:
    """Whether lines are too many and too long to be the same by chance."""
    return len(some) - some.count(0) >= MOVED_LINES and sum(map(length, some)) >= MOVED_CHARACTERS


def _touched(added: Sequence[tuple[int, int]], left: Sequence[Piece]) -> list[tuple[int, int]]:
    """Those stretches (0-based) in which a piece has lines."""
    starts = [piece[0] - 1 for piece in left]
    found = []
    for first, end in added:
        at = bisect_left(starts, end) - 1
        if at >= 0 and starts[at] + left[at][1] > first:
            found.append((first, end))
    return found


def _stretches(new: Prints, first: int, end: int, common: Collection[int]) -> Iterator[tuple[int, int]]:
    """The parts of a stretch all of whose lines, blank ones aside, are common; those that could hold a block."""
    begin = first
    for at in range(first, end + 1):
        if at < end and (not new[at] or new[at] in common):
            continue
        if _enough(new[begin:at]):
            yield begin, at
        begin = at + 1


def _places(asked: Collection[int], old: Prints) -> dict[int, list[int]]:
    """Where the older text has these lines, 0-based; blank ones are not looked for."""
    found: dict[int, list[int]] = {line: [] for line in asked if line}
    for at, line in enumerate(old):
        if line in found:
            found[line].append(at)
    return found


def _blocks(
    new: Prints, old: Prints, at: int, end: int, places: Mapping[int, Sequence[int]]
) -> Iterator[Block]:
    steps = 0
    while at < end and steps < _STEPS:
        best, lines = 0, 0
        for place in places.get(new[at], ())[:_PLACES]:
            most = min(end - at, len(old) - place)
            count = 1
            while count < most and new[at + count] == old[place + count]:
                count += 1
            steps += count
            if count > lines:
                best, lines = place, count
        if lines and _enough(new[at : at + lines]):
            yield at + 1, lines, best + 1
            at += lines
        else:
            at += 1


def carry(pieces: Sequence[Piece], moved: Sequence[Block]) -> tuple[list[Piece], list[Piece]]:
    """Pieces cut by blocks: those that go to the older text, by its numbers, in no order; and those that stay.

    `pieces` are sorted and do not overlap.
    """
    older: list[Piece] = []
    left: list[Piece] = []
    starts = [block[0] for block in moved]
    for start, count, file, head in pieces:
        at, end = start, start + count
        for first, lines, old in moved[max(bisect_left(starts, start + 1) - 1, 0) :]:
            if first >= end:
                break
            low, high = max(first, at), min(first + lines, end)
            if low >= high:
                continue
            if at < low:
                left.append((at, low - at, file, head + at - start))
            older.append((old + low - first, high - low, file, head + low - start))
            at = high
        if at < end:
            left.append((at, end - at, file, head + at - start))
    return older, left
