"""Where in a document a block may be that does not stand there exactly: around the keys that both have."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, repeat

from whence.matching.candidates import Hit
from whence.matching.elsewhere import copied, least_nats
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

COPIED_KEYS = 6
"""The same of keys that this repository's people write anyway."""

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
        blocks = [block for block in groups if self.exact.kin(block) > Kind.RENAMED]
        here = frozenset(self.rows.triples)
        rare = dict(zip(blocks, self.written.rare(blocks, here), strict=True))
        # What many files hold was copied all the same, if there is enough of it.
        known = [block for block in blocks if any(hit.usual for hit in self.written.hits[block])]
        known = [block for block in known if self.exact.kin(block) is Kind.SAME_PROJECT]
        common = dict(zip(known, self.written.rare(known, here, common=True), strict=True))
        where = self._where({key for keys in (*rare.values(), *common.values()) for key in keys})
        found: list[Spot] = []
        for block, some in groups.items():
            kind = self.exact.kin(block)
            for positions, rows in self._places(block, kind, some):
                spot = Spot(kind, block, positions, rows)
                if kind > Kind.RENAMED:
                    told = _told(spot, rare[block], where)
                    if told.nats < least_nats(kind):
                        told = _told(spot, common.get(block, ()), where)
                        if not copied(kind, told.nats):
                            continue
                    spot = told
                found.append(spot)
        return _worth(found)

    def _groups(self, block: int) -> Iterator[Sequence[Hit]]:
        """The keys that a block shares with what is not explained yet, or has begun to explain, as they stand together."""
        own = self.exact.kin(block) <= Kind.RENAMED
        claims, begun = self.exact.claims, self._begun.get(block, ())
        hits = [
            hit
            for hit in self.written.hits[block]
            if hit.row not in claims or hit.row in begun or (own and self._explains(block, hit.row))
        ]
        for group in _close(hits, self._reach(block)):
            keys = {hit.key for hit in group}
            if (
                own
                or len(keys) >= COPIED_KEYS
                or len({hit.key for hit in group if not hit.usual}) >= LEAST_KEYS
            ):
                yield group

    def _reach(self, block: int) -> int:
        return min(len(self.written.lines_of(block)), MAX_REACH) + AROUND

    def _where(self, keys: Collection[int]) -> Mapping[int, Sequence[int]]:
        """The rows of triples, ascending."""
        found: dict[int, list[int]] = {key: [] for key in keys}
        if found:
            for row, key in zip(self.rows.owners, self.rows.triples, strict=False):
                if key in found:
                    found[key].append(row)
        return found

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

    def _explains(self, block: int, row: int) -> bool:
        """Whether a block explains a row: beside it the rest of the same block may be."""
        return any(claim.block == block for claim in self.exact.claims[row])

    def _keys(self, block: int) -> dict[int, int]:
        """Where the lines and triples of a block are in it."""
        made, start = self.written.kept[block].print, self.written.starts[block]
        chosen = each_words(self.written.codes_of(block))
        rows = list(chain.from_iterable(map(repeat, self.written.lines_of(block), map(len, chosen))))
        found = {key: rows[at] for at, key in keys_of(every_triple("".join(chosen)))}
        found.update((value, start + at) for at, value in enumerate(made.lines))
        return found


def _told(spot: Spot, rare: Collection[int], where: Mapping[int, Sequence[int]]) -> Spot:
    """A spot with what the rare words tell that its block shares with the rows between the first and the last."""
    first, last = spot.rows[0], spot.rows[-1]
    near: dict[int, Sequence[int]] = {}
    for key in rare:
        rows = where[key]
        some = rows[bisect_left(rows, first) : bisect_right(rows, last)]
        if some:
            near[key] = some
    shared = frozenset(chain.from_iterable(near.values()))
    return Spot(spot.kind, spot.block, spot.positions, spot.rows, nats_of(near.keys()), shared)


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
