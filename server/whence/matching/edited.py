"""What the exact runs leave unexplained: reformatted, renamed and edited lines of the same blocks.

Between and just beside the runs of a block, its remaining lines are laid against the remaining rows: there the order
vouches for them, and a line counts by its own similarity. Elsewhere a block's shared keys say where to look (`spots`);
what is found there counts only as a whole, by its similarity and by the word triples in it that nobody writes anyway, and
in another file only where the written lines do not stand any more where they were put, or where those that are left
as they were must have been copied. In its own file the block's old neighbours vouch for it too. The best explanation of a
place is taken first, and in its own file a written line explains one present line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from itertools import pairwise, product

from whence.matching.agreement import Run
from whence.matching.elsewhere import COPIED_SIMILARITY, MOVED, STRETCH_SIMILARITY, as_a_whole, copied, enough
from whence.matching.lines import INFORMATIVE, NO_LINE
from whence.matching.runs import MAX_GAP, WINDOW, Claim, Exact
from whence.matching.sides import SNUG_SIMILARITY, Alike, Sides
from whence.matching.spots import AROUND, Spot, Spots
from whence.matching.tokens import words
from whence.matching.triples import triples
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

SNUG_TOKENS = 20
"""Tokens that agree in a place of the file that was written into which is alike as a whole: there an old neighbour vouches
for it, or triples of lines that tell nothing by themselves."""

PLACE = 2
"""Times its old lines, or part of them, that a block may have between its old neighbours."""

PLACE_SIMILARITY = 0.5
"""Least similarity of all that stands there and the whole block."""

BESIDE = 0.5
"""What each old neighbour beside a place adds to its weight against other places, as a share."""

JOINED = 3
"""Written lines that may have become one."""


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
        self.sides = Sides(exact)
        self.written = exact.written
        self.rows = exact.rows
        self._begun: dict[int, set[int]] = {}
        """Blocks of other files that stand here exactly, but not whole: the rows that they explain."""

    def find(self) -> None:
        """Look beside the exact runs first, then wherever keys are shared."""
        by_block: dict[int, list[tuple[Run, Kind]]] = {}
        for run, kind in self.exact.accepted:
            by_block.setdefault(run.block, []).append((run, kind))
        for block, found in by_block.items():
            self._beside(block, sorted(found, key=lambda item: item[0].row))
            if found[0][1] > Kind.RENAMED and sum(run.size for run, _ in found) < len(
                self.written.lines_of(block)
            ):
                self._begun[block] = {row for run, _ in found for row in run.rows}
        blocks = range(len(self.written.kept))
        proposals = [found for block in blocks for found in self._in_place(block)]
        for spot in Spots(self.sides, self._begun).find():
            proposals.extend(self._proposals(spot))
        for proposal in sorted(proposals, key=lambda item: (item.kind, -self._rank(item), item.block)):
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
            self._claim_near(kind, block, self.sides.free(there, True), here)

    def _in_place(self, block: int) -> Iterator[Proposal]:
        """What stands between both old neighbours of a block of this file, one of which stands here only once: they
        vouch for it, so that it needs no rare words, only to be like the block as a whole."""
        kind, made = self.exact.kin(block), self.written.kept[block].print
        if kind > Kind.RENAMED or NO_LINE in (made.before, made.after):
            return
        above, below = (self.rows.positions.get(value, ()) for value in (made.before, made.after))
        positions = self.sides.free(self.written.lines_of(block), True)
        if not positions or min(len(above), len(below)) != 1:
            return
        doubtful = self.sides.side_by_side(block)
        if doubtful and made.before != made.lines[-1] and made.after != made.lines[0]:
            return
        size = len(made.lines)
        there = sum(len(self.written.codes(at)) for at in positions)
        for first, last in product(above, below):
            if not size < PLACE * (last - first - 1) <= PLACE * PLACE * size:
                continue
            rows = self.sides.open(block, range(first + 1, last))
            found = self.sides.liken(positions, rows, NEAR_TOKENS)
            lines = [item for item in found if item.like.similarity >= LINE_SIMILARITY]
            agree = sum(item.like.agree for item in found)
            both = there + sum(len(self.rows.codes[row]) for row in rows)
            if doubtful and 2 * (agree - sum(item.like.renamed for item in found)) < SNUG_SIMILARITY * both:
                continue
            if lines and agree >= OWN_TOKENS and 2 * agree >= PLACE_SIMILARITY * both:
                yield Proposal(kind, block, tuple(lines), agree, in_place=True)

    def _proposals(self, spot: Spot) -> Iterator[Proposal]:
        """What a block explains at a spot: in its own file all of it together, elsewhere each stretch by itself."""
        lines = [
            item
            for item in self.sides.liken(spot.positions, spot.rows)
            if item.like.similarity >= LINE_SIMILARITY
        ]
        groups: list[Sequence[Alike]] = [lines]
        if spot.kind > Kind.RENAMED:
            begun = self._begun.get(spot.block)
            # Beside its exact lines any line of signs is alike in a chain with them.
            groups = list(
                _stretches(
                    [item for item in lines if begun is None or item.row in begun or _near(item, whole=True)]
                )
            )
        for group in groups:
            weight = self._weight(spot.kind, spot.block, spot.positions, group)
            if weight:
                yield Proposal(spot.kind, spot.block, tuple(group), weight)

    def _weight(self, kind: Kind, block: int, positions: Sequence[int], lines: Sequence[Alike]) -> int:
        """What lines that are alike weigh together, in tokens; 0: too little to count."""
        agree = sum(item.like.agree for item in lines)
        if agree < OWN_TOKENS:
            return 0
        if 2 * agree < REGION_SIMILARITY * sum(item.like.here + item.like.there for item in lines):
            return 0
        here = triples("".join(self.rows.codes[item.row] for item in lines))
        if kind <= Kind.RENAMED:
            shared = self.written.triples(positions, here)
            counts = len(shared) >= OWN_RARE or (
                agree >= SNUG_TOKENS
                and self.sides.snug(lines, agree)
                and (self.sides.neighbours(block, lines) > 0 or self.written.unusual(block, here) >= OWN_RARE)
            )
            return agree if counts or self._copied(kind, lines, here, 0) else 0
        both = self.sides.tokens(lines)
        if len(lines) < MOVED[kind][0] or 2 * agree < STRETCH_SIMILARITY * both:
            return 0
        at = [item.position for item in lines]
        nats = self.exact.nats.of(range(min(at), max(at) + 1), [item.row for item in lines], here)
        same, differ = agree - sum(item.like.renamed for item in lines), max(0, both - 2 * agree)
        telling = sum(1 for position in at if self.written.flags(position) & INFORMATIVE)
        whole = 2 * agree >= SNUG_SIMILARITY * both and as_a_whole(kind, nats, same, telling, differ)
        # Last, as it is the only question about another file.
        if (whole or enough(kind, nats, differ)) and 2 * sum(map(self.written.kept_there, at)) < telling:
            return agree
        alike = kind is Kind.SAME_PROJECT and 2 * same >= COPIED_SIMILARITY * both
        return agree if alike and self._copied(kind, lines, here, differ) else 0

    def _copied(self, kind: Kind, lines: Sequence[Alike], here: Set[int], differ: int) -> bool:
        """Whether those lines that stand as they were written tell by themselves that a stretch was copied: what differs
        may have been written after its model."""
        whole = [
            item for item in lines if item.like.agree - item.like.renamed == item.like.here == item.like.there
        ]
        at = [item.position for item in whole]
        return copied(kind, self.exact.nats.of(at, [item.row for item in whole], here, common=True), differ)

    def _rank(self, proposal: Proposal) -> float:
        """What a proposal weighs against others: between two that are alike, the one whose names stand as they were
        written is meant, and the one beside the block's old neighbours."""
        lines = proposal.lines
        weight = float(sum(item.like.agree - item.like.renamed for item in lines))
        if proposal.kind > Kind.RENAMED:
            return weight
        return weight * (1 + BESIDE * self.sides.neighbours(proposal.block, lines))

    def _accept(self, proposal: Proposal) -> None:
        """Claim what nothing explains yet, if it is still enough."""
        own = proposal.kind <= Kind.RENAMED
        claims, used = self.exact.claims, self.exact.used
        left = [
            item for item in proposal.lines if item.row not in claims and not (own and item.position in used)
        ]
        if len(left) < len(proposal.lines) and not proposal.in_place:
            begun = self._begun.get(proposal.block, ())
            rows = {item.row for item in left}.union(begun)
            whole = [item for item in proposal.lines if item.row in rows]
            positions = [item.position for item in whole]
            if not left or not self._weight(proposal.kind, proposal.block, positions, whole):
                return
        for item in left:
            self._claim(proposal.kind, proposal.block, item, proposal.weight)
        self._between(proposal.kind, proposal.block, left)

    def _between(self, kind: Kind, block: int, found: Sequence[Alike]) -> None:
        """Claim what is alike between the lines of a place, in its own file also just beside them: see `_beside`."""
        if not found:
            return
        at, row = (sorted(getattr(item, name) for item in found) for name in ("position", "row"))
        lines, reach = self.written.lines_of(block), WINDOW if kind <= Kind.RENAMED else 0
        there = range(max(lines.start, at[0] - reach), min(lines.stop, at[-1] + reach + 1))
        here = range(max(0, row[0] - reach), min(len(self.rows.digests), row[-1] + reach + 1))
        if len(there) > MAX_GAP or len(here) > MAX_GAP:
            return
        taken = {item.position for item in found}
        free = [position for position in self.sides.free(there, True) if position not in taken]
        self._claim_near(kind, block, free, here)

    def _claim_near(self, kind: Kind, block: int, positions: Sequence[int], rows: range) -> None:
        """Claim what is alike where its place vouches for it, line by line."""
        for item in self.sides.liken(positions, self.sides.open(block, rows), NEAR_TOKENS):
            if _near(item):
                self._claim(kind, block, item, 1)

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


def _near(item: Alike, *, whole: bool = False) -> bool:
    """Whether a line between or beside others of its block is from there; `whole`: also one of few tokens that all agree."""
    like = item.like
    if whole and like.agree == like.here == like.there:
        return True
    return like.similarity >= NEAR_SIMILARITY and like.agree >= NEAR_TOKENS


def _stretches(lines: Sequence[Alike]) -> Iterator[Sequence[Alike]]:
    """Lines of a place in groups that stand close together, here and there: what lies between them would tell against them
    all, and many that are alike by chance, far from one another, tell no more than one."""
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or _apart(lines[at - 1], lines[at]):
            yield lines[start:at]
            start = at


def _apart(one: Alike, other: Alike) -> bool:
    return max(other.row - one.row, abs(other.position - one.position)) > 2 * AROUND
