"""Lines that a version has at another place than the one before it. Pure.

A diff keeps the order, so what moved against it looks new, as what was copied does. A block that the older text has
too is not its commit's own when it is too long to be chance (see `whence.linemap`), nor is a line that a commit moved
alone, as a sorter of imports does, where it stands once before and once after. git compares bytes, so what got another
encoding looks new, too. Whether a line moved is a matter of the two texts alone, never of what is left of it at HEAD.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from whence.evidence.origins.lines import Piece
from whence.evidence.origins.patches import Difference
from whence.evidence.origins.prints import Prints, length
from whence.linemap import MOVED_CHARACTERS, MOVED_LINES

Block = tuple[int, int, int]
"""(first line in the newer text, number of lines, first line in the older text)."""

MOVED_ALONE = 6
"""Bytes (white space aside) of a line that can have moved alone: `import io` has more, `else:` and brackets have less."""

_PLACES = 8
"""Places in the older text that are tried for one line."""

_FEW = 10
"""Lines that are looked for in the bytes of a text; for more all of its lines are gone through once."""

_NO_LINE = -1

_STEPS = 200_000
"""Comparisons for one stretch of added lines; what is left of it then counts as new."""


def may_move(difference: Difference, *, copies: bool, least: int = MOVED_LINES) -> bool:
    """Whether there can be any such block, of at least so many lines."""
    return any(end - first >= least for first, end, _ in difference.hunks) and (
        copies or _enough(difference.gone, least)
    )


def blocks(
    new: Prints,
    old: Prints,
    difference: Difference,
    left: Sequence[Piece],
    *,
    copies: bool,
    least: int = MOVED_LINES,
) -> list[Block]:
    """The blocks among the added lines that the older text has elsewhere, ascending; only where some lines are `left`.

    Where it lost them they have moved. With `copies` those count too that it still has at their old place. A block has
    at least so many lines.
    """
    large = [(first - 1, end - 1) for first, end, _ in difference.hunks if end - first >= least]
    added = [(first, end) for first, end in _touched(large, left) if _enough(new[first:end], least)]
    if not added:
        return []
    removed = [(first - 1, end - 1) for first, end in difference.removed]
    older = _Older(old, removed, copies=copies)
    common = older.common(set().union(*(new[first:end] for first, end in added)))
    stretches = [part for first, end in added for part in _stretches(new, first, end, common, least)]
    return [block for first, end in stretches for block in _blocks(new, older, first, end, least)]


def encoded(new: Prints, difference: Difference) -> list[Block]:
    """The added lines that stand in the place of the same lines in another encoding, as blocks, ascending."""
    found: list[Block] = []
    gone = difference.gone
    if not gone or not difference.foreign:
        return found
    taken = shift = 0
    for first, end, following in difference.hunks:
        lost, added = end + following - first - shift, end - first
        most = min(lost, added)
        ahead = 0
        while ahead < most and new[first - 1 + ahead] == gone[taken + ahead]:
            ahead += 1
        behind = 0
        while behind < most - ahead and new[end - 2 - behind] == gone[taken + lost - 1 - behind]:
            behind += 1
        if ahead:
            found.append((first, ahead, first + shift))
        if behind:
            found.append((end - behind, behind, end - behind + following))
        taken, shift = taken + lost, following
    return found


def singles(new: Prints, old: Callable[[], Prints], difference: Difference) -> list[Block]:
    """The added lines that stand once in the newer text and once in the older, at another place, as blocks, ascending."""
    some = {line for line in difference.gone if length(line) >= MOVED_ALONE}
    if not some:
        return []
    added = [at for first, end, _ in difference.hunks for at in range(first, end) if new[at - 1] in some]
    if not added:
        return []
    now, before = Counter(new), Counter(old())
    places = {line: at for at, line in enumerate(old(), 1) if line in some}
    lines = ((at, new[at - 1]) for at in added)
    return [(at, 1, places[line]) for at, line in lines if now[line] == before[line] == 1]


def _enough(some: Prints, least: int) -> bool:
    """Whether lines are too many and too long to be the same by chance."""
    return len(some) - some.count(0) >= least and sum(map(length, some)) >= MOVED_CHARACTERS


def _touched(added: Sequence[tuple[int, int]], left: Sequence[Piece]) -> list[tuple[int, int]]:
    """Those stretches (0-based) in which a piece has lines."""
    found: list[tuple[int, int]] = []
    if not added:
        return found
    starts = [piece[0] - 1 for piece in left]
    for first, end in added:
        at = bisect_left(starts, end) - 1
        if at >= 0 and starts[at] + left[at][1] > first:
            found.append((first, end))
    return found


def _stretches(
    new: Prints, first: int, end: int, common: Collection[int], least: int
) -> Iterator[tuple[int, int]]:
    """The parts of a stretch all of whose lines, blank ones aside, are common; those that could hold a block."""
    begin = first
    for at in range(first, end + 1):
        if at < end and (not new[at] or new[at] in common):
            continue
        if at - begin >= least and _enough(new[begin:at], least):
            yield begin, at
        begin = at + 1


class _Older:
    """An older text in which lines are looked for: all of it, or only what it lost."""

    def __init__(self, text: Prints, removed: Sequence[tuple[int, int]], *, copies: bool) -> None:
        self._starts = [first for first, _ in removed]
        self._ends = [end for _, end in removed]
        if not copies:
            only = array("q", [_NO_LINE]) * len(text)
            for first, end in removed:
                only[first:end] = text[first:end]
            text = only
        self.text = text
        self._bytes = text.tobytes()
        self._known: dict[int, list[int]] = {}

    def common(self, lines: set[int]) -> set[int]:
        """Those lines that it has; blank ones are not."""
        lines.discard(0)
        if len(lines) > _FEW:
            return lines.intersection(self.text)
        return {line for line in lines if self.places(line)}

    def lost(self, at: int) -> bool:
        """Whether a line (0-based) is one that the newer text does not have at its place."""
        number = bisect_right(self._starts, at) - 1
        return number >= 0 and at < self._ends[number]

    def places(self, line: int) -> list[int]:
        """Where a line stands (0-based), the first few; no place for a blank one."""
        found = self._known.get(line)
        if found is None:
            found = self._known[line] = []
            wanted = line.to_bytes(8, sys.byteorder, signed=True)
            at = self._bytes.find(wanted) if line else -1
            while at >= 0 and len(found) < _PLACES:
                if at % 8 == 0:
                    found.append(at // 8)
                at = self._bytes.find(wanted, at + 1)
        return found


def _blocks(new: Prints, older: _Older, at: int, end: int, least: int) -> Iterator[Block]:
    """The blocks in one stretch of added lines (0-based): the longest from each line on, rather moved than copied."""
    old = older.text
    steps = 0
    while at < end and steps < _STEPS:
        best, lines = 0, 0
        for place in older.places(new[at]):
            most = min(end - at, len(old) - place)
            count = 1
            while count < most and new[at + count] == old[place + count]:
                count += 1
            steps += count
            if count > lines or (count == lines and not older.lost(best) and older.lost(place)):
                best, lines = place, count
        if lines >= least and _enough(new[at : at + lines], least):
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
