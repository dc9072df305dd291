"""Where in a document a block may be that does not stand there exactly: around the keys that both have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from whence.matching.candidates import Hit
from whence.matching.elsewhere import least_nats
from whence.matching.rarity import nats as nats_of
from whence.matching.sides import Sides
from whence.matching.tokens import words
from whence.matching.triples import every_triple
from whence.matching.triples import keys as keys_of
from whence.matching.values import Kind
from whence.quick import dataclass

AROUND = 4
"""Lines around shared keys that are looked at, besides as many as the other side has."""

MAX_REACH = 60

MOST_ALIGNED = 3
"""Blocks of other files that are laid beside a row with rare words: the ones that share most words with its place."""

LEAST_KEYS = 2
"""Shared keys in one place before a block of another file is looked at there."""


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


class Spots:
    """The places of all blocks of one document."""

    def __init__(self, sides: Sides, begun: Mapping[int, Collection[int]]) -> None:
        """`begun`: blocks of other files that stand here exactly, but not whole, with the rows that they explain."""
        self.exact, self.written, self.rows = sides.exact, sides.written, sides.rows
        self._sides, self._begun = sides, begun
        self._where: dict[int, list[int]] = {}
        """Every triple of the document with its rows, once somebody asked."""
        self._every: frozenset[int] = frozenset()

    def find(self) -> Iterator[Spot]:
        """All places that are worth a look."""
        return _worth([spot for block in range(len(self.written.kept)) for spot in self._spots(block)])

    def _spots(self, block: int) -> Iterator[Spot]:
        """Where a block may be; in another file only where the words that are shared tell enough."""
        kind = self.exact.kin(block)
        if kind <= Kind.RENAMED:
            for positions, rows in self._places(block, kind):
                yield Spot(kind, block, positions, rows)
            return
        hits, claims = self.written.hits[block], self.exact.claims
        keys = {hit.key for hit in hits if not hit.usual and hit.row not in claims}
        if len(keys) < LEAST_KEYS and block not in self._begun:
            return
        self._every = self._every or frozenset(self.rows.triples)
        rare = self.written.triples(self.written.lines_of(block), self._every)
        least = least_nats(kind)
        if nats_of(rare) < least:
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
            if nats >= least:
                yield Spot(kind, block, positions, rows, nats, frozenset([row for row, _ in meant]))

    def _places(self, block: int, kind: Kind) -> Iterator[tuple[list[int], list[int]]]:
        """Written lines and rows around the keys that a block shares with what is not explained yet."""
        own = kind <= Kind.RENAMED
        begun = self._begun.get(block, ())
        hits = [hit for hit in self.written.hits[block] if self._tells(hit.row, block, own)]
        lines = self.written.lines_of(block)
        reach = min(len(lines), MAX_REACH) + AROUND
        there: dict[int, int] = {}
        for group in _close(hits, reach):
            if not own and len({hit.key for hit in group if not hit.usual}) < LEAST_KEYS:
                continue
            low, high = group[0].row - reach, group[-1].row + reach + 1
            rows = self._sides.open(block, range(max(0, low), min(len(self.rows.digests), high)), begun)
            part = lines
            if len(lines) > MAX_REACH:
                there = there or self._keys(block)
                meant = [there[hit.key] for hit in group if hit.key in there]
                if not meant:
                    continue
                around = len(rows) + AROUND
                part = range(max(lines.start, min(meant) - around), min(lines.stop, max(meant) + around + 1))
            yield self._sides.free(part, own), rows

    def _tells(self, row: int, block: int, own: bool) -> bool:
        """Whether a shared key says where a block may be: one that nothing explains yet, or beside which the rest of the
        same block may be."""
        claims = self.exact.claims.get(row)
        return (
            not claims
            or row in self._begun.get(block, ())
            or (own and any(claim.block == block for claim in claims))
        )

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


def _worth(spots: Sequence[Spot]) -> Iterator[Spot]:
    """Of the many blocks of other files that share words with a place those that share most."""
    served: Counter[int] = Counter()
    for spot in sorted(spots, key=lambda spot: -spot.nats):
        if spot.kind <= Kind.RENAMED or any(served[row] < MOST_ALIGNED for row in spot.shared):
            served.update(spot.shared)
            yield spot


def _close(hits: Sequence[Hit], reach: int) -> Iterator[Sequence[Hit]]:
    """Groups of hits whose rows are not far apart."""
    start = 0
    for at in range(1, len(hits) + 1):
        if at == len(hits) or hits[at].row - hits[at - 1].row > reach:
            yield hits[start:at]
            start = at
