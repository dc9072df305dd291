"""Find runs of lines that a tool wrote, exactly but for white space, wherever they are now.

A document's telling lines are looked up in the index, and each hit is extended as far as the lines agree on both sides.
Whether such a run counts depends on what is known of the file:

    the same file     Its telling lines have 20 characters or more. Every written line explains one present line, the
                      longest run first, so that a person's similar code beside it stays theirs.
    a moved file      The tool wrote it into a file of this project that is gone, and at least half of what it wrote there
                      is here: 3 telling lines and 60 characters that are not common in this project.
    moved             It does not stand any more where the tool put it, or it was written in another project: 8 telling
                      lines and 240 characters that are not common here.
    copied            It still stands where the tool put it, in another file of this project: 15 telling lines and 450
                      characters, for people write their own boilerplate alike all over a project.

A shorter write into the same file counts where it stands whole between the lines that were around it when it was
written, and only once. Lines of a passage that are still in order between two of its runs count too.

The thresholds were measured on public projects (sympy, beads, agentv, git-ai; Python, Go, TypeScript, Rust, Markdown)
with one half of the text taken as the tool's and the other half as a person's, which is the hardest case there is:
0 to 0.02% of the person's lines are claimed in the same file (half of its pieces of 4, 8, 15, 30 or 60 lines), 0 to
0.15% in other files (half of the files), none between unrelated projects. Were all of the tool's half deleted again, 0.1%
to 2% of the other half: a project's habits then have nothing but their rarity to tell them from moved text. Of the tool's lines of eight characters and
more, 10% are missed in pieces of 4 lines, 4% in pieces of 8, 1% in pieces of 15, 0.1% in pieces of 30.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby, pairwise
from math import inf

from rapidfuzz.distance import LCSseq

from whence.matching.agreement import Rows, Run, agree, may_come, runs
from whence.matching.index import (
    AFTER_TELLS,
    BEFORE_TELLS,
    BLANK_BEFORE,
    COMMON,
    IDIOM,
    INFORMATIVE,
    KEPT,
    Index,
)
from whence.matching.passages import file_name, is_notebook
from whence.ranges import Lines, from_lines

SAME_FILE_CHARACTERS = 20
"""Non-space characters of telling lines. Lines of 20+ characters are found by chance in 3% of an unrelated project's
lines when all of 42,000 written lines compete; here only those written into one file do, each for one line."""

RENAMED_LINES, RENAMED_CHARACTERS = 3, 60
"""Between unrelated projects (six pairs, 1,000,000 written lines against 850,000 others): 0 to 35 lines per million."""

RENAMED_SHARE = 0.5
"""Of the telling lines written into a file that is gone, the least share that must be in its successor."""

MOVED_LINES, MOVED_CHARACTERS = 8, 240
"""Nothing was found between unrelated projects from 4 lines on, but inside one project, and between sister projects,
people share habits: with half of a project's files as the tool's, 3 lines and 60 characters claim 0.1% to 2% of the
lines of the other half. What a tool wrote and then replaced is no longer anywhere to be compared with."""

COPIED_LINES, COPIED_CHARACTERS = 15, 450
"""With half of a project's files as the tool's, 10 lines and 300 characters claim up to 0.35% of the lines of the other
half, these up to 0.15%."""

WINDOW = 4
"""Lines beside a run in the same file in which single lines of its passage are still looked for."""

MAX_GAP = 200
"""Lines between two runs that are aligned."""

MAX_ALSO = 8
"""Other passages that are named for a match."""


class Kind(IntEnum):
    """How a match was found, the strongest first."""

    SAME_FILE = 0
    RENAMED = 1
    """Into this file under another name."""
    IN_PLACE = 2
    """A short write between the lines that were around it."""
    SAME_PROJECT = 3
    OTHER_PROJECT = 4


@dataclass(frozen=True, slots=True)
class Match:
    """Present lines that one passage wrote."""

    passage: int
    """Its number in the sequence that the index was built from."""
    lines: Lines
    kind: Kind
    also: tuple[int, ...] = ()
    """Other passages that hold (some of) the same lines."""


def match(
    index: Index,
    path: str,
    lines: Sequence[str],
    *,
    head_path: str | None = None,
    first_seen: Sequence[float] | None = None,
) -> tuple[Match, ...]:
    """Which passages wrote which of a document's lines, each line once.

    `first_seen` gives for each line the Unix time at which it was committed first, `inf` where it is not committed,
    `-inf` where it is and the time is not known; None: time plays no part.
    """
    rows = Rows.of(lines, first_seen, notebook=is_notebook(path))
    if not rows.numbers or not index.size:
        return ()
    return _Matching(index, rows, {path, head_path or path}, file_name(path)).result()


class _Matching:
    """One document against the index."""

    def __init__(self, index: Index, rows: Rows, paths: Collection[str], name: str) -> None:
        self.index = index
        self.rows = rows
        self.paths = paths
        self.name = name
        self.proven: set[int] = set()
        """Passages into a file of this name, a run of which was found here: the same file after all."""
        self.used: set[int] = set()
        """Positions that explain a present line of the same file."""
        self.claims: dict[int, list[tuple[Kind, int, int]]] = {}
        """Row to (kind, weight, passage)."""
        self.joined: set[int] = set()
        """Rows before which blank lines belong to the run too."""

    def result(self) -> tuple[Match, ...]:
        found = runs(self.index, self.rows, self._of_this_file)
        short = [block for path in self.paths for block in self.index.blocks_of.get(path, ())]
        if found:
            self._prove(found)
            own: list[Run] = []
            others: list[tuple[Run, Kind]] = []
            for run in found:
                kind = self._kin(self.index.owners[run.block])
                if kind <= Kind.RENAMED:
                    own.append(run)
                elif self._elsewhere(run, kind):
                    others.append((run, kind))
            accepted = [(run, self._kin(self.index.owners[run.block])) for run in self._same_file(own)]
            for run, kind in others:
                self._claim(run, run.written, kind)
            self._fill([*accepted, *others])
        for block in short:
            self._in_place(block)
        return self._matches() if self.claims else ()

    def _kin(self, passage: int) -> Kind:
        place = self.index.places[passage]
        if place.path and place.path in self.paths:
            return Kind.SAME_FILE
        if passage in self.proven:
            return Kind.RENAMED
        return Kind.SAME_PROJECT if place.home else Kind.OTHER_PROJECT

    def _of_this_file(self, passage: int) -> bool:
        return self.index.places[passage].path in self.paths or self.index.names[passage] == self.name

    def _passes(self, run: Run, lines: int, characters: int, without: int = COMMON) -> bool:
        count, size = self.index.weight(run.written, without)
        return count >= lines and size >= characters

    def _elsewhere(self, run: Run, kind: Kind) -> bool:
        """Whether a run counts in a file other than the one that it was written into."""
        return self._passes(run, MOVED_LINES, MOVED_CHARACTERS, COMMON | KEPT) or (
            kind is Kind.SAME_PROJECT and self._long(run)
        )

    def _long(self, run: Run) -> bool:
        """Whether a run is too long for two people to have written it alike."""
        return self._passes(run, COPIED_LINES, COPIED_CHARACTERS)

    def _prove(self, found: Iterable[Run]) -> None:
        """Find passages whose file is this one under another name: gone, and largely here; or known by a long run."""
        index = self.index
        by_path: dict[str, set[int]] = {}
        for run in found:
            passage = index.owners[run.block]
            place = index.places[passage]
            if not place.home or place.path in self.paths:
                continue
            if index.names[passage] == self.name and self._elsewhere(run, Kind.OTHER_PROJECT):
                self.proven.add(passage)
            gone = place.path and place.path not in index.standing
            if gone and self._passes(run, RENAMED_LINES, RENAMED_CHARACTERS):
                by_path.setdefault(place.path, set()).update(run.written)
        for path, positions in by_path.items():
            blocks = index.blocks_of[path]
            every = sum(index.weight(range(index.starts[at], index.starts[at + 1]))[0] for at in blocks)
            if index.weight(positions)[0] >= RENAMED_SHARE * every:
                self.proven.update(index.owners[block] for block in blocks)

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
            fits = Counter(run.at for run in new)
            accepted.extend(self._take(run, rank[0]) for run in known)
            for run in new:
                free = [at for at in run.written if at not in self.used]
                if fits[run.at] > 1 and not self._long(run):
                    self.used.update(free)
                elif self.index.weight(free)[1] >= SAME_FILE_CHARACTERS:
                    accepted.append(self._take(run, rank[0]))
        return accepted

    def _take(self, run: Run, weight: int) -> Run:
        """Claim what no other run explains."""
        free = [at for at in run.written if at not in self.used]
        self._claim(run, free, self._kin(self.index.owners[run.block]), weight)
        self.used.update(free)
        return run

    def _rank(self, run: Run) -> tuple[int, int, float]:
        """What decides between runs, the greater the better: length, neighbours, age of the present lines."""
        age = min(map(self.rows.seen, run.rows))
        return self.index.weight(run.written)[1], self._edges(run), -age

    def _edges(self, run: Run) -> int:
        """How many of a whole block's two neighbours stand beside the run: it tells equal places apart."""
        index, present = self.index, self.rows.digests
        before, after = index.befores[run.block], index.afters[run.block]
        end = run.row + run.size
        above = run.at == index.starts[run.block] and run.row > 0 and present[run.row - 1] == before
        below = (
            run.at + run.size == index.starts[run.block + 1] and end < len(present) and present[end] == after
        )
        return above + below

    def _claim(self, run: Run, positions: Collection[int], kind: Kind, weight: int | None = None) -> None:
        index = self.index
        passage = index.owners[run.block]
        if weight is None:
            weight = index.weight(run.written)[1]
        for position in positions:
            row = run.row + position - run.at
            self.claims.setdefault(row, []).append((kind, weight, passage))
            if row > run.row and index.flags[position] & BLANK_BEFORE:
                self.joined.add(row)

    def _fill(self, accepted: Sequence[tuple[Run, Kind]]) -> None:
        """Lines of a passage that are still in order between its runs, and in the same file just beside them."""
        index = self.index
        by_block: dict[int, list[tuple[Run, Kind]]] = {}
        for run, kind in accepted:
            by_block.setdefault(run.block, []).append((run, kind))
        for block, found in by_block.items():
            found.sort(key=lambda item: item[0].row)
            for (run, kind), (later, _) in pairwise(found):
                self._align(block, kind, (run.at + run.size, later.at), (run.row + run.size, later.row))
            (head, kind), (tail, _) = found[0], found[-1]
            if kind <= Kind.RENAMED:
                low, high = index.starts[block], index.starts[block + 1]
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
        index = self.index
        time = index.time(index.owners[block])
        written, present = list(index.digests[start:end]), list(self.rows.digests[row:last])
        for step in LCSseq.opcodes(written, present):
            if step.tag != "equal":
                continue
            for at in range(step.src_end - step.src_start):
                position, here = start + step.src_start + at, row + step.dest_start + at
                if (
                    index.flags[position] & INFORMATIVE
                    and position not in self.used
                    and agree(index, self.rows, position, here, time)
                ):
                    self.used.add(position)
                    self._claim(Run(block, position, here, 1), (position,), kind)

    def _in_place(self, block: int) -> None:
        """A short write counts where it stands whole between its old neighbours, and nowhere else."""
        index, rows = self.index, self.rows
        start, end = index.starts[block], index.starts[block + 1]
        tells = index.anchors[block]
        if not tells & (BEFORE_TELLS | AFTER_TELLS) or end - start > MAX_GAP:
            return
        written = range(start, end)
        if index.weight(written)[1] >= SAME_FILE_CHARACTERS or all(index.flags[at] & IDIOM for at in written):
            return
        time = index.time(index.owners[block])
        found = [
            row
            for row in rows.positions.get(index.digests[start], ())
            if self._stands(block, row, end - start)
        ]
        if len(found) == 1 and all(rows.may(row, time) for row in range(found[0], found[0] + end - start)):
            self._claim(Run(block, start, found[0], end - start), written, Kind.IN_PLACE, 1)

    def _stands(self, block: int, row: int, size: int) -> bool:
        """Whether a block is at a row, whole, with the neighbours that it had."""
        present = self.rows.digests
        start = self.index.starts[block]
        before, after = self.index.befores[block], self.index.afters[block]
        return (
            present[row : row + size] == self.index.digests[start : start + size]
            and (not before or (row > 0 and present[row - 1] == before))
            and (not after or (row + size < len(present) and present[row + size] == after))
        )

    def _matches(self) -> tuple[Match, ...]:
        """One passage a line: the best kind, then the earliest of those that explain at least half as much as the
        one that explains most."""
        chosen: dict[tuple[int, Kind], list[int]] = {}
        others: dict[tuple[int, Kind], set[int]] = {}
        last: tuple[int, tuple[int, Kind]] | None = None
        for row in sorted(self.claims):
            claims = self.claims[row]
            kind = min(claim[0] for claim in claims)
            heaviest = max(weight for found, weight, _ in claims if found is kind)
            good = {passage for found, weight, passage in claims if found is kind and 2 * weight >= heaviest}
            first = min(good, key=self._age)
            key = (first, kind)
            numbers = chosen.setdefault(key, [])
            if row in self.joined and last == (row - 1, key):
                numbers.extend(self._blanks(row, self.index.time(first)))
            numbers.append(self.rows.numbers[row])
            others.setdefault(key, set()).update(passage for _, _, passage in claims if passage != first)
            last = (row, key)
        return tuple(
            Match(passage, from_lines(numbers), kind, tuple(sorted(others[passage, kind])[:MAX_ALSO]))
            for (passage, kind), numbers in sorted(chosen.items(), key=lambda item: item[1][0])
        )

    def _age(self, passage: int) -> tuple[float, int]:
        time = self.index.time(passage)
        return (inf if time is None else time, passage)

    def _blanks(self, row: int, time: float | None) -> Iterable[int]:
        """The blank lines above a row, as far as they can be from then."""
        seen = self.rows.first_seen
        for number in range(self.rows.numbers[row - 1] + 1, self.rows.numbers[row]):
            if seen is None or may_come(seen[number - 1], time):
                yield number
