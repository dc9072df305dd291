"""Find runs of lines that a tool wrote, exactly but for white space, wherever they are now.

The index holds one 8-byte digest per written line that is not blank, in the order in which they were written, and a
sorted list of the telling ones among them. A document's telling lines are looked up, each hit is extended as far as
the lines agree on both sides, and a run counts when it is long enough for what is known of the file:

    the same file       20 characters of telling lines: only text that went into this very file competes, and a line
                        that stands here more often than it was written here does not count
    the same project    3 telling lines and 60 characters; by chance 0.25% to 0.4% of the lines of an unrelated
                        project in the same language pass that, and lines common in this project count for nothing
    another project     8 telling lines and 240 characters; see `FOREIGN_LINES`

A shorter write into the same file counts where it stands whole between the lines that were around it when it was
written, and only once. Between two runs of one passage, lines of it that are still in order count too.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from itertools import pairwise
from math import inf, isnan

from rapidfuzz.distance import LCSseq

from whence.matching.idioms import alphanumerics, informative, is_idiom, plain
from whence.matching.passages import Block, Passage, Place, file_name, is_notebook
from whence.ranges import Lines, from_lines
from whence.text import MAX_LINE_CHARACTERS, digest, normal

SAME_FILE_CHARACTERS = 20
"""Non-space characters of telling lines. Lines of 20+ characters are found by chance in 3% of an unrelated project's
lines when all of 42,000 written lines compete; here only those written into one file do."""

PROJECT_LINES = 3
PROJECT_CHARACTERS = 60
"""A run of three lines with 60 characters: 0.25% to 0.4% by chance, against 4.5% for any three."""

FOREIGN_LINES = 8
FOREIGN_CHARACTERS = 240

MAX_POSITIONS = 64
"""Places of one line in the index that are tried; a line written more often identifies nothing by itself."""

MAX_OWN_POSITIONS = 4096
"""The same for positions that may be filtered down to the same file."""

WINDOW = 4
"""Lines beside a run in the same file in which single lines of its passage are still looked for."""

MAX_GAP = 200
"""Lines between two runs that are aligned."""

COMMON_NAMES = 10
"""Differently named files into which tools wrote a line: from then on it is theirs alone no more."""

CLOCK_SLACK = 300.0
"""Seconds by which a commit may seem older than the text in it: clocks of two machines, a commit while writing."""

_INFORMATIVE, _COMMON, _BLANK_BEFORE, _IDIOM = 1, 2, 4, 8
_BEFORE_TELLS, _AFTER_TELLS = 1, 2
_NO_LINE = 0
"""The digest that equals none, of lines too long to be compared."""


class Kind(IntEnum):
    """How a match was found, the strongest first."""

    SAME_FILE = 0
    IN_PLACE = 1
    """A short write between the lines that were around it."""
    SAME_PROJECT = 2
    OTHER_PROJECT = 3


@dataclass(frozen=True, slots=True)
class Match:
    """Present lines that one passage wrote."""

    passage: int
    """Its number in the sequence that the index was built from."""
    lines: Lines
    kind: Kind
    also: tuple[int, ...] = ()
    """Other passages that hold the same lines and were written later."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """A present text without its blank lines."""

    numbers: array[int]
    digests: array[int]
    first_seen: Sequence[float] | None
    positions: Mapping[int, list[int]]

    def may(self, row: int, time: float | None) -> bool:
        """Whether what was written at `time` can be where this line came from."""
        if self.first_seen is None:
            return True
        seen = self.first_seen[self.numbers[row] - 1]
        return seen == inf if time is None else seen + CLOCK_SLACK >= time


@dataclass(frozen=True, slots=True)
class _Run:
    block: int
    at: int
    """Flat position of its first line in the index."""
    row: int
    size: int


@dataclass(frozen=True, slots=True)
class Index:
    """Everything that was written, as digests. A picklable value."""

    digests: array[int]
    characters: array[int]
    flags: bytearray
    starts: array[int]
    """Flat position of each block's first line, and one more for the end."""
    owners: array[int]
    """Block to passage."""
    befores: array[int]
    afters: array[int]
    """Digest of each block's neighbours, 0 for none."""
    anchors: bytearray
    keys: array[int]
    """Digests of telling lines, sorted; `where` holds their flat positions."""
    where: array[int]
    times: array[float]
    """Passage to Unix seconds; not a number: unknown."""
    names: tuple[str, ...]
    """Passage to file name."""
    places: tuple[Place, ...] = ()
    short: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Workspace path to the blocks that are too short to count by themselves."""

    @staticmethod
    def build(passages: Iterable[Passage]) -> Index:
        """Index passages. The same block of the same file is kept once, for the earliest passage."""
        return _build(passages)

    @property
    def size(self) -> int:
        """Lines held."""
        return len(self.digests)

    def placed(self, places: Sequence[Place]) -> Index:
        """The index with each passage's place in the workspace."""
        short: dict[str, list[int]] = {}
        for block, owner in enumerate(self.owners):
            path = places[owner].path
            if path and self._weight(self.starts[block], self.starts[block + 1]) < SAME_FILE_CHARACTERS:
                short.setdefault(path, []).append(block)
        return replace(
            self, places=tuple(places), short={path: tuple(blocks) for path, blocks in short.items()}
        )

    def with_common(self, common: Collection[bytes]) -> Index:
        """The index in which lines that many of the workspace's files hold count for nothing outside their file."""
        flags = bytearray(self.flags)
        for mark in common:
            for position in self._positions(int.from_bytes(mark, "little")):
                flags[position] |= _COMMON
        return replace(self, flags=flags)

    def holds(self, mark: bytes) -> bool:
        """Whether a telling line with this digest was written."""
        value = int.from_bytes(mark, "little")
        at = bisect_left(self.keys, value)
        return at < len(self.keys) and self.keys[at] == value

    def match(
        self,
        path: str,
        lines: Sequence[str],
        *,
        head_path: str | None = None,
        first_seen: Sequence[float] | None = None,
    ) -> tuple[Match, ...]:
        """Which passages wrote which of a document's lines, each line once.

        `first_seen` gives for each line the Unix time at which it was committed first, `inf` where it is not
        committed, `-inf` where it is and the time is not known; None: time plays no part.
        """
        rows = _rows(lines, first_seen, notebook=is_notebook(path))
        if not rows.numbers:
            return ()
        return _Matching(self, rows, lines, {path, head_path or path}, file_name(path)).result()

    def _positions(self, value: int) -> array[int]:
        return self.where[bisect_left(self.keys, value) : bisect_right(self.keys, value)]

    def _weight(self, start: int, end: int) -> int:
        return sum(self.characters[at] for at in range(start, end) if self.flags[at] & _INFORMATIVE)

    def time(self, passage: int) -> float | None:
        value = self.times[passage]
        return None if isnan(value) else value


def _value(line: str) -> int:
    return _NO_LINE if len(line) > MAX_LINE_CHARACTERS else int.from_bytes(digest(line), "little")


def _rows(lines: Sequence[str], first_seen: Sequence[float] | None, *, notebook: bool) -> _Rows:
    numbers, digests = array("I"), array("Q")
    positions: dict[int, list[int]] = {}
    for number, line in enumerate(lines, 1):
        if not line or line.isspace():
            continue
        value = _value(plain(line) if notebook else line)
        positions.setdefault(value, []).append(len(digests))
        numbers.append(number)
        digests.append(value)
    positions.pop(_NO_LINE, None)
    return _Rows(numbers, digests, first_seen, positions)


def _build(passages: Iterable[Passage]) -> Index:
    digests, characters, flags = array("Q"), array("H"), bytearray()
    starts, owners, befores, afters, anchors = array("I"), array("I"), array("Q"), array("Q"), bytearray()
    times, names = array("d"), []
    first: dict[tuple[str, bytes], int] = {}
    for number, passage in enumerate(passages):
        times.append(float("nan") if passage.time is None else passage.time)
        names.append(file_name(passage.path))
        notebook = is_notebook(passage.path)
        for block in passage.blocks:
            start = len(digests)
            _add_lines(block, notebook, digests, characters, flags)
            if len(digests) == start:
                continue
            key = (passage.path, digests[start:].tobytes())
            known = first.setdefault(key, len(owners))
            if known < len(owners):
                del digests[start:], characters[start:], flags[start:]
                if _earlier(passage.time, times[owners[known]]):
                    owners[known] = number
                continue
            starts.append(start)
            owners.append(number)
            above, below = block.before or "", block.after or ""
            befores.append(_value(above) if above.strip() else 0)
            afters.append(_value(below) if below.strip() else 0)
            anchors.append(_BEFORE_TELLS * informative(above) | _AFTER_TELLS * informative(below))
    starts.append(len(digests))
    telling = [at for at in range(len(digests)) if flags[at] & _INFORMATIVE]
    telling.sort(key=digests.__getitem__)
    index = Index(
        digests, characters, flags, starts, owners, befores, afters, anchors,
        array("Q", (digests[at] for at in telling)), array("I", telling), times, tuple(names),
        tuple(Place() for _ in names),
    )  # fmt: skip
    _mark_common(index)
    return index


def _add_lines(
    block: Block, notebook: bool, digests: array[int], characters: array[int], flags: bytearray
) -> None:
    blank = 0
    for line in block.lines:
        if not line or line.isspace():
            blank = _BLANK_BEFORE
            continue
        text = plain(line) if notebook else line
        value = _value(text)
        digests.append(value)
        characters.append(min(len(normal(text)), 0xFFFF))
        idiom = value == _NO_LINE or alphanumerics(text[:200]) < 2 or is_idiom(text)
        flags.append(blank | (_IDIOM if idiom else _INFORMATIVE if informative(text) else 0))
        blank = 0


def _earlier(time: float | None, other: float) -> bool:
    return time is not None and not other <= time


def _mark_common(index: Index) -> None:
    """Lines that tools wrote into many differently named files are common, whoever wrote them."""
    at = 0
    while at < len(index.keys):
        end = bisect_right(index.keys, index.keys[at], at)
        if end - at >= COMMON_NAMES:
            blocks = (bisect_right(index.starts, position) - 1 for position in index.where[at:end])
            if len({index.names[index.owners[block]] for block in blocks}) >= COMMON_NAMES:
                for position in index.where[at:end]:
                    index.flags[position] |= _COMMON
        at = end


class _Matching:
    """One document against the index."""

    def __init__(
        self, index: Index, rows: _Rows, lines: Sequence[str], paths: Collection[str], name: str
    ) -> None:
        self.index = index
        self.rows = rows
        self.lines = lines
        self.paths = paths
        self.name = name
        self.proven: set[int] = set()
        """Passages into files of this name, one run of which was found here: the same file after all."""
        self.written: Counter[int] = Counter()
        """Digest to how often one passage wrote it into this file at most."""
        self.claims: dict[int, list[tuple[Kind, int, int]]] = {}
        """Row to (kind, weight, passage)."""
        self.joined: set[int] = set()
        """Rows before which blank lines belong to the run too."""

    def result(self) -> tuple[Match, ...]:
        runs = self._runs()
        in_place = [block for path in self.paths for block in self.index.short.get(path, ())]
        if not runs and not in_place:
            return ()
        self._prove(runs)
        self._count_written(runs)
        accepted = [(run, kind) for run in runs if (kind := self._judge(run)) is not None]
        for run, kind in accepted:
            weight = self._weights(run)[0]
            self._claim(range(run.row, run.row + run.size), kind, weight, run.block)
            for step in range(1, run.size):
                if self.index.flags[run.at + step] & _BLANK_BEFORE:
                    self.joined.add(run.row + step)
        self._fill(accepted)
        for block in in_place:
            self._in_place(block)
        return self._matches()

    def _kin(self, passage: int) -> Kind:
        place = self.index.places[passage]
        if passage in self.proven or (place.path and place.path in self.paths):
            return Kind.SAME_FILE
        return Kind.SAME_PROJECT if place.home else Kind.OTHER_PROJECT

    def _runs(self) -> list[_Run]:
        """All maximal runs around a telling line."""
        index, rows = self.index, self.rows
        runs: list[_Run] = []
        done: dict[tuple[int, int], int] = {}
        for row, value in enumerate(rows.digests):
            positions = index._positions(value)
            if len(positions) > MAX_POSITIONS:
                positions = array("I", self._of_this_file(positions[:MAX_OWN_POSITIONS]))
            for position in positions:
                block = bisect_right(index.starts, position) - 1
                diagonal = (block, position - row)
                if done.get(diagonal, -1) > row:
                    continue
                run = self._extend(block, position, row)
                done[diagonal] = run.row + run.size if run else row + 1
                if run:
                    runs.append(run)
        return runs

    def _of_this_file(self, positions: array[int]) -> list[int]:
        index = self.index
        owned = ((at, index.owners[bisect_right(index.starts, at) - 1]) for at in positions)
        return [
            at
            for at, owner in owned
            if index.places[owner].path in self.paths or index.names[owner] == self.name
        ][:MAX_POSITIONS]

    def _extend(self, block: int, position: int, row: int) -> _Run | None:
        index, rows = self.index, self.rows
        time = index.time(index.owners[block])
        if not rows.may(row, time):
            return None
        low, high = index.starts[block], index.starts[block + 1]
        start, first = position, row
        while start > low and first and self._agree(start - 1, first - 1, time):
            start, first = start - 1, first - 1
        end, last = position + 1, row + 1
        while end < high and last < len(rows.digests) and self._agree(end, last, time):
            end, last = end + 1, last + 1
        return _Run(block, start, first, last - first)

    def _agree(self, position: int, row: int, time: float | None) -> bool:
        value = self.index.digests[position]
        return value == self.rows.digests[row] and value != _NO_LINE and self.rows.may(row, time)

    def _weights(self, run: _Run) -> tuple[int, int, int]:
        """(characters of telling lines, telling lines that are not common, their characters)"""
        every = count = rare = 0
        for at in range(run.at, run.at + run.size):
            flags = self.index.flags[at]
            if flags & _INFORMATIVE:
                every += self.index.characters[at]
                if not flags & _COMMON:
                    count += 1
                    rare += self.index.characters[at]
        return every, count, rare

    def _strong(self, run: _Run, *, home: bool) -> bool:
        """Whether a run counts wherever it stands."""
        _, count, rare = self._weights(run)
        if home:
            return count >= PROJECT_LINES and rare >= PROJECT_CHARACTERS
        return count >= FOREIGN_LINES and rare >= FOREIGN_CHARACTERS

    def _prove(self, runs: Iterable[_Run]) -> None:
        for run in runs:
            passage = self.index.owners[run.block]
            home = self.index.places[passage].home
            if home and self.index.names[passage] == self.name and self._strong(run, home=home):
                self.proven.add(passage)

    def _count_written(self, runs: Iterable[_Run]) -> None:
        own = {self.index.owners[run.block] for run in runs}
        counts: dict[int, Counter[int]] = {
            passage: Counter() for passage in own if self._kin(passage) is Kind.SAME_FILE
        }
        for run in {(run.block, run.at, run.size): run for run in runs}.values():
            counter = counts.get(self.index.owners[run.block])
            if counter is not None:
                counter.update(set(range(run.at, run.at + run.size)))
        for counter in counts.values():
            per_line = Counter(self.index.digests[at] for at in counter)
            for value, times in per_line.items():
                self.written[value] = max(self.written[value], times)

    def _judge(self, run: _Run) -> Kind | None:
        kind = self._kin(self.index.owners[run.block])
        if kind is not Kind.SAME_FILE:
            return kind if self._strong(run, home=kind is Kind.SAME_PROJECT) else None
        if self._strong(run, home=True):
            return kind
        time = self.index.time(self.index.owners[run.block])
        weight = sum(
            self.index.characters[at]
            for at in range(run.at, run.at + run.size)
            if self.index.flags[at] & _INFORMATIVE and not self._ambiguous(self.index.digests[at], time)
        )
        return kind if weight >= SAME_FILE_CHARACTERS else None

    def _ambiguous(self, value: int, time: float | None) -> bool:
        """Whether a line stands here more often than it was written here: then nobody knows which is whose."""
        places = self.rows.positions.get(value, ())
        return sum(self.rows.may(row, time) for row in places) > self.written[value]

    def _claim(self, rows: Iterable[int], kind: Kind, weight: int, block: int) -> None:
        passage = self.index.owners[block]
        for row in rows:
            self.claims.setdefault(row, []).append((kind, weight, passage))

    def _fill(self, accepted: Sequence[tuple[_Run, Kind]]) -> None:
        """Lines of a passage that are still in order between its runs, and in the same file just beside them."""
        index = self.index
        by_block: dict[int, list[tuple[_Run, Kind]]] = {}
        for run, kind in accepted:
            by_block.setdefault(run.block, []).append((run, kind))
        for block, found in by_block.items():
            found.sort(key=lambda item: item[0].row)
            low, high = index.starts[block], index.starts[block + 1]
            for (run, kind), (later, _) in pairwise(found):
                self._align(block, kind, run.at + run.size, later.at, run.row + run.size, later.row)
            (head, kind), (tail, _) = found[0], found[-1]
            if kind is Kind.SAME_FILE:
                start, row = max(low, head.at - WINDOW - 1), max(0, head.row - WINDOW - 1)
                self._align(block, kind, start, head.at, row, head.row)
                end, last = tail.at + tail.size, tail.row + tail.size
                size = len(self.rows.digests)
                self._align(block, kind, end, min(high, end + WINDOW + 1), last, min(size, last + WINDOW + 1))

    def _align(self, block: int, kind: Kind, start: int, end: int, row: int, last: int) -> None:
        if not (0 < end - start <= MAX_GAP and 0 < last - row <= MAX_GAP):
            return
        index, rows = self.index, self.rows
        time = index.time(index.owners[block])
        written, present = list(index.digests[start:end]), list(rows.digests[row:last])
        for step in LCSseq.opcodes(written, present):
            if step.tag != "equal":
                continue
            for at in range(step.src_end - step.src_start):
                position, here = start + step.src_start + at, row + step.dest_start + at
                if index.flags[position] & _INFORMATIVE and self._agree(position, here, time):
                    self._claim((here,), kind, index.characters[position], block)

    def _in_place(self, block: int) -> None:
        """A short write counts where it stands whole between its old neighbours, and nowhere else."""
        index, rows = self.index, self.rows
        start, end = index.starts[block], index.starts[block + 1]
        if all(index.flags[at] & _IDIOM for at in range(start, end)):
            return
        before, after, tells = index.befores[block], index.afters[block], index.anchors[block]
        if not tells:
            return
        time = index.time(index.owners[block])
        size = end - start
        found = [
            row
            for row in rows.positions.get(index.digests[start], ())
            if row + size <= len(rows.digests)
            and all(rows.digests[row + at] == index.digests[start + at] for at in range(size))
            and (not before or (row > 0 and rows.digests[row - 1] == before))
            and (not after or (row + size < len(rows.digests) and rows.digests[row + size] == after))
        ]
        if len(found) == 1 and all(rows.may(row, time) for row in range(found[0], found[0] + size)):
            self._claim(range(found[0], found[0] + size), Kind.IN_PLACE, 1, block)

    def _matches(self) -> tuple[Match, ...]:
        """One passage a line: the best kind, then the earliest of those that explain at least half as much as the best."""
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
            Match(passage, from_lines(numbers), kind, tuple(sorted(others[passage, kind])[:8]))
            for (passage, kind), numbers in sorted(chosen.items(), key=lambda item: item[1][0])
        )

    def _age(self, passage: int) -> tuple[float, int]:
        time = self.index.time(passage)
        return (inf if time is None else time, passage)

    def _blanks(self, row: int, time: float | None) -> Iterable[int]:
        """The blank lines above a row, as far as they can be from then."""
        seen = self.rows.first_seen
        for number in range(self.rows.numbers[row - 1] + 1, self.rows.numbers[row]):
            moment = inf if seen is None else seen[number - 1]
            if moment == inf or (time is not None and moment + CLOCK_SLACK >= time):
                yield number
