"""Where in a document a block may be that does not stand there exactly: around the keys that both have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, repeat

from whence.matching.candidates import Hit
from whence.matching.elsewhere import least_nats
from whence.matching.rarity import nats as nats_of
from whence.matching.sides import Sides
from whence.matching.tokens import each_words
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

    def find(self) -> Iterator[Spot]:
        """All places that are worth a look; in another file only where the words that are shared tell enough."""
        groups: dict[int, list[Sequence[Hit]]] = {}
        for block in range(len(self.written.kept)):
            some = list(self._groups(block))
            if some:
                groups[block] = some
        shared = self._shared([block for block in groups if self.exact.kin(block) > Kind.RENAMED])
        found: list[Spot] = []
        for block, some in groups.items():
            kind = self.exact.kin(block)
            for positions, rows in self._places(block, kind, some):
                spot = Spot(kind, block, positions, rows)
                if kind > Kind.RENAMED:
                    spot = _told(spot, shared[block])
                    if spot.nats < least_nats(kind):
                        continue
                found.append(spot)
        return _worth(found)

    def _groups(self, block: int) -> Iterator[Sequence[Hit]]:
        """The keys that a block shares with what is not explained yet, as they stand together."""
        own = self.exact.kin(block) <= Kind.RENAMED
        hits = [hit for hit in self.written.hits[block] if self._tells(hit.row, block, own)]
        for group in _close(hits, self._reach(block)):
            if own or len({hit.key for hit in group if not hit.usual}) >= LEAST_KEYS:
                yield group

    def _reach(self, block: int) -> int:
        return min(len(self.written.lines_of(block)), MAX_REACH) + AROUND

    def _shared(self, blocks: Sequence[int]) -> Mapping[int, Sequence[tuple[int, int]]]:
        """For each block the rare triples that it shares with the document, with the rows where they stand."""
        if not blocks:
            return {}
        rare = self.written.rare(blocks, frozenset(self.rows.triples))
        where: dict[int, list[int]] = {key: [] for keys in rare for key in keys}
        for row, key in zip(self.rows.owners, self.rows.triples, strict=False):
            if key in where:
                where[key].append(row)
        return {
            block: [(row, key) for key in keys for row in where[key]]
            for block, keys in zip(blocks, rare, strict=True)
        }

    def _places(
        self, block: int, kind: Kind, groups: Sequence[Sequence[Hit]]
    ) -> Iterator[tuple[list[int], list[int]]]:
        """Written lines and rows around groups of keys."""
        own = kind <= Kind.RENAMED
        begun = self._begun.get(block, ())
        lines, reach = self.written.lines_of(block), self._reach(block)
        there: dict[int, int] = {}
        for group in groups:
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
            if rows:
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
        chosen = each_words(self.written.codes_of(block))
        rows = list(chain.from_iterable(map(repeat, self.written.lines_of(block), map(len, chosen))))
        found = {key: rows[at] for at, key in keys_of(every_triple("".join(chosen)))}
        found.update((value, start + at) for at, value in enumerate(made.lines))
        return found


def _told(spot: Spot, shared: Sequence[tuple[int, int]]) -> Spot:
    """A spot with what the rare words tell that its block shares with the rows between the first and the last."""
    first, last = spot.rows[0], spot.rows[-1]
    meant = [pair for pair in shared if first <= pair[0] <= last]
    nats = nats_of({key for _, key in meant})
    return Spot(spot.kind, spot.block, spot.positions, spot.rows, nats, frozenset([row for row, _ in meant]))


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
