"""Where a document and what was written agree: maximal runs of equal lines around a telling one. No judgement yet."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat
from math import inf

from whence.matching.candidates import Candidates
from whence.matching.idioms import plain
from whence.matching.lines import CLOCK_SLACK, NO_LINE, values_of
from whence.matching.tokens import each_tokens, each_words
from whence.matching.triples import every_triple
from whence.quick import dataclass

MAX_LINES = 50_000
"""Lines that are remembered, some 10 MB."""

MAX_POSITIONS = 64
"""Places of one written line that are tried; a line written more often identifies nothing by itself."""

MAX_OWN_POSITIONS = 4096
"""The same for positions that may be filtered down to the same file."""

MAX_PAIRS = 8192
"""Pairs of a present and a written line that are tried for one text, which is repeated on both sides then."""


_Facts = tuple[int, str, str]
"""A line's digest, tokens and words."""

_known: dict[str, _Facts] = {}


def _facts(texts: Sequence[str]) -> list[_Facts]:
    """What is known of each line. An editor asks for nearly the same lines again and again."""
    global _known
    known = _known
    if len(known) + len(texts) > MAX_LINES:
        known = _known = {}  # a new one: somebody else may be reading the old one
    fresh = [text for text in dict.fromkeys(texts) if text not in known]
    codes = each_tokens(fresh)
    known.update(zip(fresh, zip(values_of(fresh), codes, each_words(codes), strict=True), strict=True))
    return list(map(known.__getitem__, texts))


def forget_lines() -> None:
    """Forget what is remembered of lines, for whoever measures."""
    global _known
    _known = {}


@dataclass(frozen=True, slots=True)
class Rows:
    """A present text without its blank lines; a row is a place in it."""

    numbers: array[int]
    """Line numbers, 1-based."""
    texts: Sequence[str]
    digests: array[int]
    codes: tuple[str, ...]
    """Each row's tokens."""
    triples: Sequence[int]
    """Of the whole text, see `triples.every_triple`."""
    owners: Sequence[int]
    """The row of each word that somebody chose, and so of the triple that it begins."""
    first_seen: Sequence[float] | None
    """By line, see `matcher.match`."""
    times: Sequence[float] | None
    """The same by row."""
    positions: Mapping[int, list[int]]
    """Digest to rows."""

    @staticmethod
    def of(lines: Sequence[str], first_seen: Sequence[float] | None, *, notebook: bool) -> Rows:
        """The rows of a text; a notebook's lines as their author sees them."""
        numbers = array("I", [at for at, line in enumerate(lines, 1) if line and not line.isspace()])
        texts = [lines[number - 1] for number in numbers]
        if notebook:
            texts = list(map(plain, texts))
        facts = _facts(texts)
        digests = array("Q", [fact[0] for fact in facts])
        codes = tuple([fact[1] for fact in facts])
        chosen = [fact[2] for fact in facts]
        positions: dict[int, list[int]] = {}
        for row, value in enumerate(digests):
            positions.setdefault(value, []).append(row)
        positions.pop(NO_LINE, None)
        owners = list(chain.from_iterable(map(repeat, range(len(chosen)), map(len, chosen))))
        times = None if first_seen is None else [first_seen[number - 1] for number in numbers]
        every = every_triple("".join(chosen))
        return Rows(numbers, texts, digests, codes, every, owners, first_seen, times, positions)

    def seen(self, row: int) -> float:
        """When the line at a row was committed first."""
        return inf if self.times is None else self.times[row]

    def may(self, row: int, time: float | None) -> bool:
        """Whether what was written at `time` can be where the line at a row came from."""
        return self.times is None or may_come(self.times[row], time)


def may_come(seen: float, time: float | None) -> bool:
    """Whether a line that was committed first at `seen` can come from what was written at `time`."""
    return seen == inf if time is None else seen + CLOCK_SLACK >= time


@dataclass(frozen=True, slots=True)
class Run:
    """Lines that agree: positions `at`... of the candidates and rows `row`... of the document."""

    block: int
    at: int
    row: int
    size: int

    @property
    def written(self) -> range:
        return range(self.at, self.at + self.size)

    @property
    def rows(self) -> range:
        return range(self.row, self.row + self.size)


def agree(written: Candidates, rows: Rows, position: int, row: int, time: float | None) -> bool:
    """Whether the written line is the present one, and can be."""
    value = written.digests[position]
    return value == rows.digests[row] and value != NO_LINE and rows.may(row, time)


def runs(written: Candidates, rows: Rows, of_this_file: Callable[[int], bool]) -> list[Run]:
    """All maximal runs around a telling line.

    Of a line that was written very often only the blocks `of_this_file` are tried, and none if these are too many.
    """
    found: list[Run] = []
    done: dict[int, int] = {}
    """Position less row, a diagonal, to the row at which its last run ended; it meets one block after the other."""
    tried: dict[int, Sequence[int]] = {}
    for row, value in enumerate(rows.digests):
        if value not in written.where:
            continue
        positions = tried.get(value)
        if positions is None:
            positions = tried[value] = _worth_trying(written, rows, value, of_this_file)
        for position in positions:
            diagonal = position - row
            if done.get(diagonal, -1) > row:
                continue
            run = _extended(written, rows, written.block_at(position), position, row)
            done[diagonal] = run.row + run.size if run else row + 1
            if run:
                found.append(run)
    return found


def _worth_trying(
    written: Candidates, rows: Rows, value: int, of_this_file: Callable[[int], bool]
) -> Sequence[int]:
    """The positions of a line from which runs are sought."""
    positions = written.where.get(value, ())
    if MAX_POSITIONS < len(positions) <= MAX_OWN_POSITIONS:
        positions = [at for at in positions if of_this_file(written.block_at(at))]
    few = len(positions) <= MAX_POSITIONS and len(positions) * len(rows.positions.get(value, ())) <= MAX_PAIRS
    return positions if few else ()


def _extended(written: Candidates, rows: Rows, block: int, position: int, row: int) -> Run | None:
    """The run around one agreeing line; None where the line was there before."""
    time = written.kept[block].time
    if not rows.may(row, time):
        return None
    low, high = written.starts[block], written.starts[block + 1]
    there, here = written.digests, rows.digests
    start, first = position, row
    while start > low and first and there[start - 1] == here[first - 1]:
        if not agree(written, rows, start - 1, first - 1, time):
            break
        start, first = start - 1, first - 1
    end, last = position + 1, row + 1
    while end < high and last < len(here) and there[end] == here[last]:
        if not agree(written, rows, end, last, time):
            break
        end, last = end + 1, last + 1
    return Run(block, start, first, last - first)
