"""A block's lines laid beside rows of a document, and what stood around the block."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from whence.matching.alignment import CHAIN_TOKENS, Likened, liken
from whence.matching.runs import Exact
from whence.quick import dataclass

SNUG_SIMILARITY = 0.7
"""Least similarity of two stretches, the lines between those that are alike included, that are alike as a whole. Chance
finds its lines far apart."""

MAX_CELLS = 25_000_000
"""Tokens there times tokens here that are laid side by side, 10 ms."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A present line that looks like a written one."""

    row: int
    position: int
    like: Likened


class Sides:
    """Both sides of one document: what tools wrote, and what stands here."""

    def __init__(self, exact: Exact) -> None:
        self.exact = exact
        self.written = exact.written
        self.rows = exact.rows

    def liken(self, positions: Sequence[int], rows: Sequence[int], least: int = CHAIN_TOKENS) -> list[Alike]:
        """The rows that have something in common with lines of one block; `least`: tokens that agree in a chain."""
        if not positions or not rows:
            return []
        block = self.written.block_at(positions[0])
        start, codes = self.written.starts[block], self.written.codes_of(block)
        there = [codes[at - start] for at in positions]
        here = [self.rows.codes[row] for row in rows]
        if not 0 < sum(map(len, there)) * sum(map(len, here)) <= MAX_CELLS:
            return []
        return [
            Alike(row, positions[like.first], like)
            for row, like in zip(rows, liken(there, here, least), strict=True)
            if like.agree
        ]

    def free(self, positions: Sequence[int], own: bool) -> list[int]:
        """The tool's own lines of one block; those written into this very file only as far as they explain nothing yet."""
        if not positions:
            return []
        foreign = self.written.foreign(self.written.block_at(positions[0]))
        used: Collection[int] = self.exact.used if own else ()
        return [at for at in positions if at not in foreign and at not in used]

    def open(self, block: int, rows: Iterable[int], begun: Collection[int] = ()) -> list[int]:
        """Rows that nothing (or only what was `begun`) explains yet and that can be from the block's time."""
        time = self.written.time(block)
        claims = self.exact.claims
        free = [row for row in rows if row not in claims or row in begun]
        return free if self.rows.times is None else [row for row in free if self.rows.may(row, time)]

    def snug(self, lines: Sequence[Alike], agree: int) -> bool:
        """Whether most of the two stretches agrees."""
        return 2 * agree >= SNUG_SIMILARITY * self.tokens(lines)

    def tokens(self, lines: Sequence[Alike]) -> int:
        """Of the two stretches from the first of these lines to the last, what lies between them included."""
        block = self.written.block_at(lines[0].position)
        start, codes = self.written.starts[block], self.written.codes_of(block)
        at = [item.position - start for item in lines]
        rows = [item.row for item in lines]
        there = sum(map(len, codes[min(at) : max(at) + 1]))
        return there + sum(map(len, self.rows.codes[min(rows) : max(rows) + 1]))

    def neighbours(self, block: int, lines: Sequence[Alike]) -> int:
        """How many of a block's old neighbours stand where they should, seen from lines that may be the block's. Only
        a line that stands here once is known again; where both stand side by side the block itself is gone."""
        made, positions = self.written.kept[block].print, self.written.lines_of(block)
        above, below = (self.rows.positions.get(value, ()) for value in (made.before, made.after))
        if self.side_by_side(block):
            return 0
        first, last = min(item.row for item in lines), max(item.row for item in lines)
        up = min(item.position for item in lines) - positions.start + 1
        down = positions.stop - max(item.position for item in lines)
        return (len(above) == 1 and 0 < first - above[0] <= up) + (
            len(below) == 1 and 0 < below[0] - last <= down
        )

    def side_by_side(self, block: int) -> bool:
        """Whether a block's old neighbours, of which one stands here only once, follow one another: then nothing of it is
        left between them, and what stands beside them is something else."""
        made, present = self.written.kept[block].print, self.rows.digests
        above, below = (self.rows.positions.get(value, ()) for value in (made.before, made.after))
        if len(above) == 1 and above[0] + 1 < len(present) and present[above[0] + 1] == made.after:
            return True
        return len(below) == 1 and below[0] > 0 and present[below[0] - 1] == made.before
