"""Lines on their way back through versions. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from whence.evidence.origins.patches import Hunks

Piece = tuple[int, int, int, int]
"""(first line in this version, number of lines, index of the file at HEAD, first line at HEAD)."""


def divide(pieces: Iterable[Piece], hunks: Hunks) -> tuple[list[Piece], list[Piece]]:
    """What an older version has too, by its numbers there, and what it has not."""
    older: list[Piece] = []
    left: list[Piece] = []
    firsts = [hunk[0] for hunk in hunks]
    for start, length, file, head in pieces:
        at, end = start, start + length
        # The hunk that begins at or before this line, if any; a line behind its end is shifted by it.
        index = bisect_right(firsts, at) - 1
        while at < end:
            inside = index >= 0 and at < hunks[index][1]
            following = hunks[index][1] if inside else firsts[index + 1] if index + 1 < len(firsts) else end
            until = min(end, following)
            if inside:
                left.append((at, until - at, file, head + at - start))
            else:
                shift = hunks[index][2] if index >= 0 else 0
                older.append((at + shift, until - at, file, head + at - start))
            at = until
            while index + 1 < len(firsts) and firsts[index + 1] <= at:
                index += 1
    return older, left


def join(pieces: Sequence[Piece]) -> list[Piece]:
    """Sorted, with neighbours that follow each other both here and at HEAD made one."""
    out: list[Piece] = []
    for piece in sorted(pieces):
        if out:
            start, length, file, head = out[-1]
            if (start + length, file, head + length) == (piece[0], piece[2], piece[3]):
                out[-1] = (start, length + piece[1], file, head)
                continue
        out.append(piece)
    return out
