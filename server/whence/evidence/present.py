"""From lines at HEAD to lines of the present text, through what a document knows of its committed self."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from whence.model import Document
from whence.quick import dataclass
from whence.ranges import Lines, from_pairs


@dataclass(frozen=True, slots=True)
class Piece:
    """Adjacent HEAD lines that are adjacent in the present text too."""

    head: int
    """First line at HEAD."""
    start: int
    """First present line."""
    length: int

    @property
    def end(self) -> int:
        """Last present line, inclusive."""
        return self.start + self.length - 1


@dataclass(frozen=True, slots=True)
class Presence:
    """Where the lines of HEAD are in one document now. Make it once a document when there are many claims."""

    pieces: tuple[Piece, ...]
    """Ascending by HEAD line. A moved block is its own piece; a block that stands twice is in two."""
    reach: tuple[int, ...]
    """For each piece the last HEAD line that it or any piece before it holds."""

    @staticmethod
    def of(document: Document) -> Presence:
        found: list[Piece] = []
        lines = document.head_lines or ()
        start, count = 0, len(lines)
        while start < count:
            head = lines[start]
            if head <= 0:
                start += 1
                continue
            # Mostly whole files: the end of a piece is sought in leaps, and each leap compared at a stroke.
            length = step = 1
            while step:
                stretch = lines[start + length : start + length + step]
                if stretch and stretch == tuple(range(head + length, head + length + len(stretch))):
                    length += len(stretch)
                    step = step * 2 if len(stretch) == step else 0
                else:
                    step //= 2
            found.append(Piece(head, start + 1, length))
            start += length
        found.sort(key=lambda piece: piece.head)
        return Presence(tuple(found), tuple(accumulate((p.head + p.length - 1 for p in found), max)))

    def run(self, first: int, last: int) -> Iterator[Piece]:
        """What is left of the HEAD lines `first` to `last` (inclusive), each piece with its own HEAD line."""
        for at in range(bisect_left(self.reach, first), len(self.pieces)):
            piece = self.pieces[at]
            if piece.head > last:
                return
            cut = max(first - piece.head, 0)
            length = min(last - piece.head + 1, piece.length) - cut
            if length > 0:
                yield Piece(piece.head + cut, piece.start + cut, length)

    def lines(self, head_lines: Lines) -> Lines:
        """The present lines of a set of HEAD lines."""
        return from_pairs((p.start, p.end) for first, last in head_lines for p in self.run(first, last))
