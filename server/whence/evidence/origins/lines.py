"""Lines on their way back through versions. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whence.evidence.origins.patches import Hunks

Piece = tuple[int, int, int, int]
"""(first line in this version, number of lines, index of the file at HEAD, first line at HEAD)."""

_END = 1 << 62


def divide(pieces: Sequence[Piece], hunks: Hunks) -> tuple[list[Piece], list[Piece]]:
    """What an older version has too, by its numbers there, and what it has not.

    `pieces` are sorted and do not overlap; neither do the results.
    """
    older: list[Piece] = []
    left: list[Piece] = []
    at, count, shift = 0, len(pieces), 0
    cut: Piece | None = None
    for first, end, following in (*hunks, (_END, _END, 0)):
        # Two stretches: lines that both have, shifted; then lines that only the newer one has.
        for stop, into, by in ((first, older, shift), (end, left, 0)):
            begin, at = at, bisect_left(pieces, (stop,), at)
            if at == begin and cut is None:
                continue
            begun = list(pieces[begin:at])
            if cut is not None:
                begun.insert(0, cut)
                cut = None
            start, length, file, head = begun[-1]
            kept = stop - start
            if kept < length:
                cut = (stop, length - kept, file, head + kept)
                begun[-1] = (start, kept, file, head)
                if kept <= 0:
                    begun.pop()
            into += [(s + by, n, f, h) for s, n, f, h in begun] if by else begun
        if at == count and cut is None:
            break
        shift = following
    return older, left


def untangle(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Sort pieces that came from several versions into lists that do not overlap, most often a single one.

    Lines of two files, or lines that a merge doubled, can go back to the same older line. Neighbours that follow
    each other both here and at HEAD become one.
    """
    lists: list[list[Piece]] = []
    rest = sorted(pieces)
    while rest:
        out, again = [rest[0]], []
        for piece in rest[1:]:
            start, length, file, head = out[-1]
            if piece[0] < start + length:
                again.append(piece)
            elif (start + length, file, head + length) == (piece[0], piece[2], piece[3]):
                out[-1] = (start, length + piece[1], file, head)
            else:
                out.append(piece)
        lists.append(out)
        rest = again
    return lists
