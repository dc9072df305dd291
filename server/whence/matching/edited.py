"""What the exact runs leave unexplained: reformatted, renamed and edited lines of the same blocks.

Between and just beside the runs of a block, its remaining lines are laid against the remaining rows: there the order
vouches for them, and a line counts by its own similarity. Elsewhere a block's shared keys say where to look; what is
found there counts only as a whole, by its similarity and by the word triples in it that nobody writes anyway, and in
another file only where the written lines do not stand any more where they were put. The
best explanation of a place is taken first, and in its own file a written line explains one present line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, product

from whence.matching.agreement import Run
from whence.matching.alignment import CHAIN_TOKENS, Likened, liken
from whence.matching.candidates import Hit
from whence.matching.lines import INFORMATIVE, KEPT, NO_LINE
from whence.matching.rarity import nats as nats_of
from whence.matching.runs import MAX_GAP, MOVED, WINDOW, Claim, Exact
from whence.matching.tokens import words
from whence.matching.triples import every_triple, triples
from whence.matching.triples import keys as keys_of
from whence.matching.values import Kind, Likeness
from whence.quick import dataclass

NEAR_SIMILARITY = 0.6
NEAR_TOKENS = 4
"""A line between the runs of its block: least similarity, and tokens that agree."""

LINE_SIMILARITY = 0.5
"""Least similarity of a line anywhere else."""

OWN_RARE, OWN_TOKENS = 2, 12
"""Of a place in the file that was written into: rare triples, and tokens that agree."""

REGION_SIMILARITY = 0.6
"""Least similarity of all lines of a place together."""

PLACE = 2
"""Times its old lines, or part of them, that a block may have between its old neighbours."""

PLACE_SIMILARITY = 0.5
"""Least similarity of all that stands there and the whole block."""

MAX_CELLS = 25_000_000
"""Tokens there times tokens here that are laid side by side, 10 ms."""

AROUND = 4
"""Lines around shared keys that are looked at, besides as many as the other side has."""

MAX_REACH = 60

MOST_ALIGNED = 3
"""Blocks of other files that are laid beside a row with rare words: the ones that share most words with its place."""

JOINED = 3
"""Written lines that may have become one."""

LEAST_KEYS = 2
"""Shared keys in one place before a block of another file is looked at there."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A present line that looks like a written one."""

    row: int
    position: int
    like: Likened


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a block may be: its positions and the rows that are worth laying side by side."""

    kind: Kind
    block: int
    positions: Sequence[int]
    rows: Sequence[int]
    nats: float = 0.0
    """Of the rare words that they share; of another file's block only."""
    shared: frozenset[int] = frozenset()
    """The rows where these stand."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one block explains in one place."""

    kind: Kind
    block: int
    lines: tuple[Alike, ...]
    weight: int
    in_place: bool = False
    """Whether the old neighbours of the block vouch for it."""


class Edited:
    """Adds to the claims of the exact stage."""

    def __init__(self, exact: Exact) -> None:
        self.exact = exact
        self.written = exact.written
        self.rows = exact.rows
        self._where: dict[int, list[int]] = {}
        """Every triple of the document with its rows, once somebody asked."""
        self._every: frozenset[int] = frozenset()

    def find(self) -> None:
        """Look beside the exact runs first, then wherever keys are shared."""
        by_block: dict[int, list[tuple[Run, Kind]]] = {}
        for run, kind in self.exact.accepted:
            by_block.setdefault(run.block, []).append((run, kind))
        for block, found in by_block.items():
            self._beside(block, sorted(found, key=lambda item: item[0].row))
        blocks = range(len(self.written.kept))
        proposals = [found for block in blocks for found in self._in_place(block)]
        proposals += filter(
            None, map(self._proposal, self._worth([s for b in blocks for s in self._spots(b)]))
        )
        for proposal in sorted(proposals, key=lambda item: (item.kind, -item.weight, item.block)):
            self._accept(proposal)

    def _beside(self, block: int, found: Sequence[tuple[Run, Kind]]) -> None:
        lines = self.written.lines_of(block)
        kind = found[0][1]
        gaps = [
            (range(run.at + run.size, later.at), range(run.row + run.size, later.row))
            for (run, _), (later, _) in pairwise(found)
        ]
        if kind <= Kind.RENAMED:
            head, tail = found[0][0], found[-1][0]
            end, row = tail.at + tail.size, tail.row + tail.size
            above = range(max(lines.start, head.at - WINDOW), head.at)
            gaps.append((above, range(max(0, head.row - WINDOW), head.row)))
            below = range(end, min(lines.stop, end + WINDOW))
            gaps.append((below, range(row, min(len(self.rows.digests), row + WINDOW))))
        for there, here in gaps:
            if not (0 < len(there) <= MAX_GAP and 0 < len(here) <= MAX_GAP):
                continue
            for item in self._liken(self._free(there, True), self._open(block, here), NEAR_TOKENS):
                if item.like.similarity >= NEAR_SIMILARITY and item.like.agree >= NEAR_TOKENS:
                    self._claim(kind, block, item, 1)

    def _in_place(self, block: int) -> Iterator[Proposal]:
        """What stands between both old neighbours of a block of this file, one of which stands here only once: they
        vouch for it, so that it needs no rare words, only to be like the block as a whole."""
        kind, made = self.exact.kin(block), self.written.kept[block].print
        if kind > Kind.RENAMED or NO_LINE in (made.before, made.after):
            return
        above, below = (self.rows.positions.get(value, ()) for value in (made.before, made.after))
        positions = self._free(self.written.lines_of(block), True)
        if not positions or min(len(above), len(below)) != 1:
            return
        size = len(made.lines)
        there = sum(len(self.written.codes(at)) for at in positions)
        for first, last in product(above, below):
            if not size < PLACE * (last - first - 1) <= PLACE * PLACE * size:
                continue
            rows = self._open(block, range(first + 1, last))
            lines = [
                item
                for item in self._liken(positions, rows, NEAR_TOKENS)
                if item.like.similarity >= LINE_SIMILARITY and item.like.agree >= NEAR_TOKENS
            ]
            agree, here = (
                sum(item.like.agree for item in lines),
                sum(len(self.rows.codes[row]) for row in rows),
            )
            if agree >= OWN_TOKENS and 2 * agree >= PLACE_SIMILARITY * (here + there):
                yield Proposal(kind, block, tuple(lines), agree, in_place=True)

    def _spots(self, block: int) -> Iterator[Spot]:
        """Where a block may be; in another file only where the words that are shared tell enough."""
        kind = self.exact.kin(block)
        if kind <= Kind.RENAMED:
            for positions, rows in self._places(block, kind):
                yield Spot(kind, block, positions, rows)
            return
        hits, claims = self.written.hits[block], self.exact.claims
        if len({hit.key for hit in hits if not hit.usual and hit.row not in claims}) < LEAST_KEYS:
            return
        self._every = self._every or frozenset(self.rows.triples)
        rare = self.written.triples(self.written.lines_of(block), self._every)
        if nats_of(rare) < MOVED[kind][1]:
            return
        if not self._where:
            for row, key in zip(self.rows.owners, self.rows.triples, strict=False):
                self._where.setdefault(key, []).append(row)
        shared = [(row, key) for key in rare for row in self._where[key]]
        for positions, rows in self._places(block, kind):
            if not rows:
                continue
            first, last = rows[0], rows[-1]
            meant = [pair for pair in shared if first <= pair[0] <= last]
            nats = nats_of({key for _, key in meant})
            if nats >= MOVED[kind][1]:
                yield Spot(kind, block, positions, rows, nats, frozenset([row for row, _ in meant]))

    @staticmethod
    def _worth(spots: Sequence[Spot]) -> Iterator[Spot]:
        """Of the many blocks of other files that share words with a place those that share most."""
        served: Counter[int] = Counter()
        for spot in sorted(spots, key=lambda spot: -spot.nats):
            if spot.kind <= Kind.RENAMED or any(served[row] < MOST_ALIGNED for row in spot.shared):
                served.update(spot.shared)
                yield spot

    def _proposal(self, spot: Spot) -> Proposal | None:
        """What a block explains at a spot; None: too little."""
        lines = [
            item for item in self._liken(spot.positions, spot.rows) if item.like.similarity >= LINE_SIMILARITY
        ]
        weight = self._weight(spot.kind, spot.positions, lines)
        return Proposal(spot.kind, spot.block, tuple(lines), weight) if weight else None

    def _places(self, block: int, kind: Kind) -> Iterator[tuple[list[int], list[int]]]:
        """Written lines and rows around the keys that a block shares with what is not explained yet."""
        claims, own = self.exact.claims, kind <= Kind.RENAMED
        hits = [hit for hit in self.written.hits[block] if hit.row not in claims]
        lines = self.written.lines_of(block)
        reach = min(len(lines), MAX_REACH) + AROUND
        there: dict[int, int] = {}
        for group in _close(hits, reach):
            if not own and len({hit.key for hit in group if not hit.usual}) < LEAST_KEYS:
                continue
            low, high = group[0].row - reach, group[-1].row + reach + 1
            rows = self._open(block, range(max(0, low), min(len(self.rows.digests), high)))
            part = lines
            if len(lines) > MAX_REACH:
                there = there or self._keys(block)
                meant = [there[hit.key] for hit in group if hit.key in there]
                if not meant:
                    continue
                around = len(rows) + AROUND
                part = range(max(lines.start, min(meant) - around), min(lines.stop, max(meant) + around + 1))
            yield self._free(part, own), rows

    def _keys(self, block: int) -> dict[int, int]:
        """Where the lines and triples of a block are in it."""
        made, start = self.written.kept[block].print, self.written.starts[block]
        rows: list[int] = []
        chosen: list[str] = []
        for at in self.written.lines_of(block):
            part = words(self.written.codes(at))
            chosen.append(part)
            rows.extend([at] * len(part))
        found = {key: rows[at] for at, key in keys_of(every_triple("".join(chosen)))}
        found.update((value, start + at) for at, value in enumerate(made.lines))
        return found

    def _weight(self, kind: Kind, positions: Sequence[int], lines: Sequence[Alike]) -> int:
        """What lines that are alike weigh together, in tokens; 0: too little to count."""
        agree = sum(item.like.agree for item in lines)
        if agree < OWN_TOKENS:
            return 0
        if 2 * agree < REGION_SIMILARITY * sum(item.like.here + item.like.there for item in lines):
            return 0
        here = triples("".join(self.rows.codes[item.row] for item in lines))
        shared = self.written.triples(positions, here)
        if kind <= Kind.RENAMED:
            return agree if len(shared) >= OWN_RARE else 0
        least, enough = MOVED[kind]
        if nats_of(shared) < enough or len(lines) < least:
            return 0
        flags = [self.written.flags(item.position) for item in lines]
        telling = sum(1 for flag in flags if flag & INFORMATIVE)
        kept = sum(1 for flag in flags if flag & KEPT)
        return agree if 2 * kept < telling else 0

    def _accept(self, proposal: Proposal) -> None:
        """Claim what nothing explains yet, if it is still enough."""
        own = proposal.kind <= Kind.RENAMED
        claims, used = self.exact.claims, self.exact.used
        left = [
            item for item in proposal.lines if item.row not in claims and not (own and item.position in used)
        ]
        if len(left) < len(proposal.lines) and not proposal.in_place:
            weight = self._weight(proposal.kind, [item.position for item in left], left)
            if not weight:
                return
        for item in left:
            self._claim(proposal.kind, proposal.block, item, proposal.weight)

    def _liken(self, positions: Sequence[int], rows: Sequence[int], least: int = CHAIN_TOKENS) -> list[Alike]:
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

    def _free(self, positions: Iterable[int], own: bool) -> list[int]:
        """The tool's own lines; those written into this very file only as far as they explain nothing yet."""
        exact = self.exact
        return [at for at in positions if at not in exact.foreign and not (own and at in exact.used)]

    def _open(self, block: int, rows: Iterable[int]) -> list[int]:
        """Rows that nothing explains yet and that can be from the block's time."""
        time = self.written.time(block)
        claims = self.exact.claims
        if self.rows.times is None:
            return [row for row in rows if row not in claims]
        return [row for row in rows if row not in claims and self.rows.may(row, time)]

    def _word(self, item: Alike) -> bool:
        """Whether a line and those that it is like share a word that somebody chose."""
        block = self.written.block_at(item.position)
        at = item.position - self.written.starts[block]
        there = "".join(self.written.codes_of(block)[at : at + JOINED])
        return not set(words(there)).isdisjoint(self.rows.codes[item.row])

    def _claim(self, kind: Kind, block: int, item: Alike, weight: int) -> None:
        like, likeness = item.like, Likeness.EDITED
        if like.agree == like.here == like.there:
            likeness = Likeness.RENAMED if like.renamed else Likeness.REFORMATTED
            if self.written.digests[item.position] == self.rows.digests[item.row]:
                likeness = Likeness.IDENTICAL
        if likeness is Likeness.EDITED and not self._word(item):
            self.exact.hollow.add(item.row)
        claim = Claim(kind, weight, block, likeness, like.similarity)
        self.exact.claims.setdefault(item.row, []).append(claim)
        if kind <= Kind.RENAMED:
            self.exact.used.add(item.position)


def _close(hits: Sequence[Hit], reach: int) -> Iterator[Sequence[Hit]]:
    """Groups of hits whose rows are not far apart."""
    start = 0
    for at in range(1, len(hits) + 1):
        if at == len(hits) or hits[at].row - hits[at - 1].row > reach:
            yield hits[start:at]
            start = at
