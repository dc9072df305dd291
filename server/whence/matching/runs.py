"""Find runs of lines that a tool wrote, exactly but for white space, wherever they are now.

Each telling line that the document shares with a candidate is extended as far as the lines agree on both sides. Whether
such a run counts depends on what is known of the file:

    the same file     Its telling lines have 20 characters or more. Every written line explains one present line, the
                      longest run first, so that a person's similar code beside it stays theirs; only a whole block
                      between both of its old neighbours is meant wherever it stands so.
    a moved file      The tool wrote it into a file of this project that is gone, and at least half of what it wrote there
                      is here: 3 telling lines and 60 characters that are not common in this project.
    another file      See `elsewhere`.

A shorter write into the same file counts where it stands whole between the lines that were around it when it was
written, and only once. Lines of a block that are still in order between two of its runs count too.

The thresholds for the same file were measured with one half of the text of public projects taken as the tool's and the
other half as a person's: 0 to 0.02% of the person's lines are claimed in pieces of 4 to 60 lines; of the tool's lines of
eight characters and more, 10% are missed in pieces of 4 lines, 4% in pieces of 8, 1% in pieces of 15, 0.1% in pieces of
30.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from rapidfuzz.distance import LCSseq

from whence.matching.agreement import Rows, Run, agree, runs
from whence.matching.candidates import Candidates
from whence.matching.elsewhere import FEW_NATS, MOVED, as_a_whole, copied
from whence.matching.lines import (
    AFTER_TELLS,
    BEFORE_TELLS,
    BLANK_BEFORE,
    COMMON,
    IDIOM,
    INFORMATIVE,
    NO_LINE,
    OLD,
)
from whence.matching.nats import Nats
from whence.matching.passages import file_name
from whence.matching.prints import SHORT_CHARACTERS
from whence.matching.values import Kind, Likeness
from whence.quick import dataclass

RENAMED_LINES, RENAMED_CHARACTERS = 3, 60
"""Between unrelated projects (six pairs, 1,000,000 written lines against 850,000 others): 0 to 35 lines per million."""

RENAMED_SHARE = 0.5
"""Of the telling lines written into a file that is gone, the least share that must be in its successor."""

LARGE_LINES, LARGE_CHARACTERS = 3, 60
"""Telling lines and their characters of a run that is no accident in its own file; smaller ones wait until it is known
what the rest of their block explains."""

FRAGMENT_RARE = 2
"""Rare word triples of such a smaller run."""

ENCLOSED = 3
"""Lines between two that were written into the file, or beside one."""

BOTH = 2
"""Neighbours of a block."""

WINDOW = 4
"""Lines beside a run in the same file in which single lines of its passage are still looked for."""

MAX_GAP = 200
"""Lines between two runs that are aligned."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One row, explained by one block."""

    kind: Kind
    weight: int
    """Of everything that the block explains there in one go, in characters."""
    block: int
    likeness: Likeness = Likeness.IDENTICAL
    similarity: float = 1.0


class Exact:
    """The lines of one document that stand in the candidates exactly."""

    def __init__(
        self,
        written: Candidates,
        rows: Rows,
        paths: Collection[str],
        name: str,
        nats: Nats,
        *,
        either: bool = False,
    ) -> None:
        """`paths` and `name` are the document's, for `either` see `matcher.match`."""
        self.either = either
        self.written = written
        self.rows = rows
        self.paths = paths
        self.name = name
        self.nats = nats
        self.proven: set[int] = set()
        """Blocks of a file of this name, a run of which was found here: the same file after all."""
        self.used: set[int] = set()
        """Positions that explain a present line of the same file."""
        self.claims: dict[int, list[Claim]] = {}
        """By row."""
        self.hollow: set[int] = set()
        """Rows of edited lines that have no word in common with what was written."""
        self.joined: set[int] = set()
        """Rows before which blank lines belong to the run too."""
        self.accepted: list[tuple[Run, Kind]] = []
        """What counts, for what is alike beside and between."""
        self._rest: list[Run] = []

    def find(self) -> None:
        """Fill `claims` with what stands for itself; single lines out of larger blocks are left for `finish`."""
        found = [own for run in runs(self.written, self.rows, self._of_this_file) for own in self._own(run)]
        self._prove(found)
        own: list[Run] = []
        others: list[tuple[Run, Kind]] = []
        for run in found:
            kind = self.kin(run.block)
            if kind <= Kind.RENAMED:
                (own if self._large(run) else self._rest).append(run)
            elif self._elsewhere(run, kind):
                others.append((run, kind))
        self.accepted = [(run, self.kin(run.block)) for run in self._same_file(own)]
        for run, kind in others:
            self._claim(run, run.written, kind)
        self.accepted.extend(others)
        self._fill(self.accepted)

    def finish(self) -> None:
        """Claim the small runs that nothing better explains, short writes in their place, and what these enclose."""
        rest = [run for run in self._rest if self._beside(run) or self.rare(run.written) >= FRAGMENT_RARE]
        self._fill([(run, self.kin(run.block)) for run in self._same_file(rest)])
        for block, place in enumerate(self.written.places):
            if place.path and place.path in self.paths:
                self._in_place(block)
        self._enclosed()

    def _beside(self, run: Run) -> bool:
        """Whether a run lies close to lines that were written into this file."""
        near = (
            *range(run.row - ENCLOSED - 1, run.row),
            *range(run.row + run.size, run.row + run.size + ENCLOSED + 1),
        )
        return any(self._own_claim(row) for row in near)

    def _own_claim(self, row: int) -> bool:
        return any(claim.kind <= Kind.IN_PLACE for claim in self.claims.get(row, ()))

    def _enclosed(self) -> None:
        """A few lines between those of the tool's that it wrote into this file too, however short they are."""
        rows = sorted(row for row in self.claims if self._own_claim(row))
        gaps = [range(row + 1, later) for row, later in pairwise(rows) if 1 < later - row <= ENCLOSED + 1]
        if not gaps:
            return
        where: dict[int, list[int]] = {}
        for block in range(len(self.written.kept)):
            if self.kin(block) <= Kind.RENAMED:
                for at in self.written.lines_of(block):
                    where.setdefault(self.written.digests[at], []).append(at)
        for gap in gaps:
            for row in gap:
                for at in where.get(self.rows.digests[row], ()):
                    block = self.written.block_at(at)
                    if at not in self.written.foreign(block) and agree(
                        self.written, self.rows, at, row, self.written.time(block)
                    ):
                        self._claim(Run(block, at, row, 1), (at,), self.kin(block), 1)

    def _large(self, run: Run) -> bool:
        """Whether a run is all of its block, or large enough to be no accident among the lines of one file."""
        if run.size == len(self.written.lines_of(run.block)):
            return True
        count, characters = self.written.weight(run.written)
        return count >= LARGE_LINES and characters >= LARGE_CHARACTERS

    def _own(self, run: Run) -> Iterator[Run]:
        """The parts of a run that the repository did not have before."""
        start, end = run.at, run.at + run.size
        for there in (*self.written.moved(run.block), range(end, end)):
            stop = min(there.start, end)
            if stop > start:
                yield Run(run.block, start, run.row + start - run.at, stop - start)
            start = max(start, there.stop)

    def kin(self, block: int) -> Kind:
        """How near to this file a block was written."""
        place = self.written.places[block]
        if place.path and place.path in self.paths:
            return Kind.SAME_FILE
        if block in self.proven:
            return Kind.RENAMED
        return Kind.SAME_PROJECT if place.home else Kind.OTHER_PROJECT

    def _of_this_file(self, block: int) -> bool:
        return self.written.places[block].path in self.paths or self._named(block)

    def _named(self, block: int) -> bool:
        return file_name(self.written.kept[block].path) == self.name

    def _passes(self, run: Run, lines: int, characters: int, without: int = COMMON | OLD) -> bool:
        count, size = self.written.weight(run.written, without)
        return count >= lines and size >= characters

    def _elsewhere(self, run: Run, kind: Kind) -> bool:
        """Whether a run counts in a file other than the one that it was written into."""
        if self._moved(run, kind):
            return True
        # Of what colleagues share nobody knows the place: it may have been this project.
        here = kind is Kind.SAME_PROJECT or not self.written.kept[run.block].path
        return here and self._many(run, kind) and self._long(run, kind)

    def _many(self, run: Run, kind: Kind) -> bool:
        lines = MOVED[kind][0]
        return run.size >= lines and self.written.weight(run.written, 0)[0] >= lines

    def _moved(self, run: Run, kind: Kind) -> bool:
        """Whether it does because of what does not stand any more where it was written."""
        if not self._many(run, kind):
            return False
        free = [at for at in run.written if not self.written.kept_there(at)]
        nats = self._nats(run, free)
        if nats >= MOVED[kind][1]:
            return True
        if kind is not Kind.SAME_PROJECT or nats < FEW_NATS:
            return False
        agree = sum(len(self.written.codes(at)) for at in free)
        return as_a_whole(kind, nats, agree, self.written.weight(free, 0)[0])

    def rare(self, positions: Sequence[int]) -> int:
        """See `Candidates.triples`: how many there are."""
        return len(self.written.triples(positions))

    def _long(self, run: Run, kind: Kind = Kind.SAME_PROJECT) -> bool:
        """Whether a run is too long for two people to have written it alike."""
        return copied(kind, self._nats(run, run.written, common=True))

    def _nats(self, run: Run, positions: Sequence[int], *, common: bool = False) -> float:
        """What the lines at some positions of a run tell, see `Nats.of`."""
        return self.nats.of(positions, [run.row + at - run.at for at in positions], common=common)

    def _prove(self, found: Iterable[Run]) -> None:
        """Find blocks whose file is this one under another name: gone, and largely here; or known by a long run."""
        written = self.written
        by_path: dict[str, set[int]] = {}
        writes: set[int] = set()
        for run in found:
            place = written.places[run.block]
            if not place.home or place.path in self.paths:
                continue
            if self._named(run.block) and self._moved(run, Kind.OTHER_PROJECT):
                writes.add(written.kept[run.block].writing)
            if self._passes(run, RENAMED_LINES, RENAMED_CHARACTERS) and written.gone(run.block):
                by_path.setdefault(place.path, set()).update(run.written)
        moved = set()
        for path, positions in by_path.items():
            blocks = [block for block, place in enumerate(written.places) if place.path == path]
            every = sum(written.weight(written.lines_of(block))[0] for block in blocks)
            if written.weight(positions)[0] >= RENAMED_SHARE * every:
                moved.update(blocks)
        self.proven = {
            block
            for block, kept in enumerate(written.kept)
            if block in moved or (kept.writing in writes and written.places[block].home)
        }

    def _same_file(self, runs: Iterable[Run]) -> list[Run]:
        """The runs that count in the file that they were written into: the longest first, each position once.

        Of several places that a run fits equally well, the one with the run's own neighbours is meant, else the one
        that was committed first. Where even that is equal nobody knows: the first counts if the run is long, else none.
        """
        accepted: list[Run] = []
        ranked = sorted(((self._rank(run), run) for run in runs), key=lambda pair: pair[0], reverse=True)
        for rank, group in groupby(ranked, key=lambda pair: pair[0]):
            # Among equals first those that say of explained lines what is known: they use up their positions.
            known: list[Run] = []
            new: list[Run] = []
            for _, run in group:
                (known if all(row in self.claims for row in run.rows) else new).append(run)
            accepted.extend(self._take(run, rank[0]) for run in known)
            accepted.extend(
                self._take(run, rank[0])
                for run in self._meant(new)
                if self.written.weight(self._unused(run))[1] >= SHORT_CHARACTERS
            )
        return accepted

    def _unused(self, run: Run) -> Sequence[int]:
        """The positions that explain nothing yet. A whole block between both of its old neighbours is meant wherever it
        stands so: a tool that replaces all places at once, or repeats a write, is remembered once."""
        if self._edges(run) == BOTH:
            return run.written
        return [at for at in run.written if at not in self.used]

    def _meant(self, equal: Sequence[Run]) -> Iterator[Run]:
        """Of runs between which nothing decides, those that can be told: where the same text was written as often as it
        stands here, all of them."""
        digests = self.rows.digests
        places: defaultdict[bytes, set[int]] = defaultdict(set)
        sources: defaultdict[bytes, set[int]] = defaultdict(set)
        text = {run: digests[run.row : run.row + run.size].tobytes() for run in equal}
        for run in equal:
            places[text[run]].add(run.row)
            if not any(at in self.used for at in run.written):
                sources[text[run]].add(run.at)
        enough = {key for key, here in places.items() if len(here) > 1 and len(sources[key]) >= len(here)}
        for run in equal:
            here, there = places[text[run]], sources[text[run]]
            if text[run] in enough:
                if run.row in here and run.at in there:
                    here.discard(run.row)
                    there.discard(run.at)
                    yield run
            elif len(here) == 1 or self.either or self._edges(run) == BOTH or self._long(run):
                yield run
            else:
                self.used.update(run.written)

    def _take(self, run: Run, weight: int) -> Run:
        """Claim what no other run explains."""
        free = self._unused(run)
        self._claim(run, free, self.kin(run.block), weight)
        self.used.update(free)
        return run

    def _rank(self, run: Run) -> tuple[int, int, float]:
        """What decides between runs, the greater the better: length, neighbours, age of the present lines."""
        age = min(map(self.rows.seen, run.rows))
        return self.written.weight(run.written)[1], self._edges(run), -age

    def _edges(self, run: Run) -> int:
        """How many of a whole block's two neighbours stand beside the run: it tells equal places apart."""
        written, present = self.written, self.rows.digests
        made = written.kept[run.block].print
        end = run.row + run.size
        above = (
            run.at == written.starts[run.block]
            and run.row > 0
            and present[run.row - 1] == made.before != NO_LINE
        )
        below = (
            run.at + run.size == written.starts[run.block + 1]
            and end < len(present)
            and present[end] == made.after != NO_LINE
        )
        return above + below

    def _claim(self, run: Run, positions: Collection[int], kind: Kind, weight: int | None = None) -> None:
        if weight is None:
            weight = self.written.weight(run.written)[1]
        for position in positions:
            row = run.row + position - run.at
            self.claims.setdefault(row, []).append(Claim(kind, weight, run.block))
            if row > run.row and self.written.flags(position) & BLANK_BEFORE:
                self.joined.add(row)

    def _fill(self, accepted: Sequence[tuple[Run, Kind]]) -> None:
        """Lines of a passage that are still in order between its runs, and in the same file just beside them."""
        written = self.written
        by_block: dict[int, list[tuple[Run, Kind]]] = {}
        for run, kind in accepted:
            by_block.setdefault(run.block, []).append((run, kind))
        for block, found in by_block.items():
            found.sort(key=lambda item: item[0].row)
            for (run, kind), (later, _) in pairwise(found):
                self._align(block, kind, (run.at + run.size, later.at), (run.row + run.size, later.row))
            (head, kind), (tail, _) = found[0], found[-1]
            if kind <= Kind.RENAMED:
                low, high = written.starts[block], written.starts[block + 1]
                start, row = max(low, head.at - WINDOW - 1), max(0, head.row - WINDOW - 1)
                self._align(block, kind, (start, head.at), (row, head.row))
                end, last = tail.at + tail.size, tail.row + tail.size
                size = len(self.rows.digests)
                beyond = (min(high, end + WINDOW + 1), min(size, last + WINDOW + 1))
                self._align(block, kind, (end, beyond[0]), (last, beyond[1]))

    def _align(self, block: int, kind: Kind, positions: tuple[int, int], rows: tuple[int, int]) -> None:
        """Claim telling lines that stand in the same order on both sides of a gap."""
        (start, end), (row, last) = positions, rows
        if not (0 < end - start <= MAX_GAP and 0 < last - row <= MAX_GAP):
            return
        written = self.written
        time = written.kept[block].time
        there, here = list(written.digests[start:end]), list(self.rows.digests[row:last])
        for step in LCSseq.opcodes(there, here):
            if step.tag != "equal":
                continue
            for at in range(step.src_end - step.src_start):
                position, place = start + step.src_start + at, row + step.dest_start + at
                if (
                    written.flags(position) & INFORMATIVE
                    and position not in self.used
                    and position not in written.foreign(block)
                    and agree(written, self.rows, position, place, time)
                ):
                    self.used.add(position)
                    self._claim(Run(block, position, place, 1), (position,), kind)

    def _in_place(self, block: int) -> None:
        """A short write counts where it stands whole between its old neighbours, and nowhere else."""
        written, rows = self.written, self.rows
        positions = written.lines_of(block)
        start, size, flags = positions.start, len(positions), written.flags
        if size > MAX_GAP or not (flags(start) & BEFORE_TELLS or flags(start + size - 1) & AFTER_TELLS):
            return
        if written.weight(positions, 0)[1] >= SHORT_CHARACTERS or all(flags(at) & IDIOM for at in positions):
            return
        time = written.kept[block].time
        found = [
            row for row in rows.positions.get(written.digests[start], ()) if self._stands(block, row, size)
        ]
        if len(found) == 1 and all(rows.may(row, time) for row in range(found[0], found[0] + size)):
            self._claim(Run(block, start, found[0], size), positions, Kind.IN_PLACE, 1)

    def _stands(self, block: int, row: int, size: int) -> bool:
        """Whether a block is at a row, whole, with the neighbours that it had."""
        present, made = self.rows.digests, self.written.kept[block].print
        start = self.written.starts[block]
        return (
            present[row : row + size] == self.written.digests[start : start + size]
            and (not made.before or (row > 0 and present[row - 1] == made.before))
            and (not made.after or (row + size < len(present) and present[row + size] == made.after))
        )
