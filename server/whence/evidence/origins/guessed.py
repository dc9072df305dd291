"""Which older lines the lines of an ignored commit were, as `git blame --ignore-rev` guesses it. Pure.

There is no telling for sure, so git's own rule is followed. Two lines are as alike as the pairs of neighbouring bytes
that they share, letter case aside, all white space being one byte. Within each stretch that the commit changed the line
that finds its like most clearly is matched first: its pairs are used up, and no match may cross it. What finds nothing
there may be any line of the older text that is alike enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from whence.evidence.origins.lines import Piece
from whence.evidence.origins.patches import Difference

Pairs = dict[int, int]
"""How often each pair of neighbouring bytes occurs in a line."""

MOST_COMPARED = 1_000_000
"""Comparisons of two lines for one version of a file, some seconds of work. What takes more is not guessed."""

_AROUND = 10
"""Lines before and behind its place among which a line's like is looked for in the stretch."""

_ENOUGH = 10
"""Pairs that a line must share with one that stands anywhere."""

_SCALE = 1000
"""A pair shared counts so much, less the distance: it decides only between lines that are equally alike."""

_OPEN, _NOTHING = -1, -2
"""In place of a certainty: not looked for; there is nothing like it."""

_FOLD = bytes(0 if byte in b" \t\r" else byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))


def too_much(difference: Difference) -> bool:
    """Whether a guess would take too long."""
    return difference.added * (2 * _AROUND + 1) > MOST_COMPARED


class Guess:
    """Two texts of which an ignored commit made one from the other."""

    def __init__(self, new: bytes, old: bytes, difference: Difference, pieces: Iterable[Piece]) -> None:
        asked = {line for start, count, _, _ in pieces for line in range(start - 1, start - 1 + count)}
        self._places: dict[int, int] = {}
        """By line (0-based) of these pieces the older one that it was."""
        lines, older = _lines(new), _Old(_lines(old))
        shift = 0
        for first, end, following in difference.hunks:
            begin, count = first - 1 + shift, end + following - first - shift
            shift = following
            stretch = range(first - 1, end - 1)
            known: Mapping[int, int] = {}
            if stretch and count:
                known = _Stretch(older, begin, count, lines[first - 1 : end - 1], first - 1).match()
            for line in asked.intersection(stretch):
                at = known[line] if line in known else older.most_alike(_pairs(lines[line]), line)
                if at >= 0:
                    self._places[line] = at

    def carry(self, pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
        """Pieces as they were in the older text, by its numbers, in no order; and those of which nobody knows."""
        older: list[Piece] = []
        left: list[Piece] = []
        for start, count, file, head in pieces:
            for step in range(count):
                at = self._places.get(start + step - 1)
                if at is None:
                    _append(left, (start + step, 1, file, head + step))
                else:
                    _append(older, (at + 1, 1, file, head + step))
        return older, left


def _append(pieces: list[Piece], line: Piece) -> None:
    """Add one line, to the last piece where it follows."""
    start, _, file, head = line
    if pieces:
        before, count, same, first = pieces[-1]
        if (before + count, same, first + count) == (start, file, head):
            pieces[-1] = (before, count + 1, file, first)
            return
    pieces.append(line)


def _lines(text: bytes) -> list[bytes]:
    lines = text.translate(_FOLD).split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _pairs(line: bytes) -> Pairs:
    """A line counts as if white space stood before and behind it; two blanks are no pair."""
    found: Pairs = {}
    before = 0
    for byte in line + b"\0":
        pair = before | byte << 8
        if pair:
            found[pair] = found.get(pair, 0) + 1
        before = byte
    return found


def _shared(one: Mapping[int, int], other: Mapping[int, int]) -> int:
    return sum([min(one[pair], other[pair]) for pair in one.keys() & other.keys()])


class _Old:
    """The older text: what is left of each line's pairs."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        self._pairs: dict[int, Pairs] = {}
        self._holding: dict[int, dict[int, int]] | None = None
        """By pair the lines that have it, and how often; made when it is needed first."""

    def pairs(self, line: int) -> Pairs:
        known = self._pairs.get(line)
        if known is None:
            known = self._pairs[line] = _pairs(self._lines[line])
        return known

    def use_up(self, line: int, used: Pairs) -> None:
        pairs = self.pairs(line)
        for pair, count in used.items():
            if pair in pairs:
                if pairs[pair] <= count:
                    del pairs[pair]
                else:
                    pairs[pair] -= count
                if self._holding is not None:
                    self._holding[pair][line] = pairs.get(pair, 0)

    def most_alike(self, pairs: Pairs, line: int) -> int:
        """The line that shares the most pairs, of several the last of those nearest to a place; -1: none shares enough."""
        if self._holding is None:
            self._holding = {}
            for number in range(len(self._lines)):
                for pair, count in self.pairs(number).items():
                    self._holding.setdefault(pair, {})[number] = count
        alike: dict[int, int] = {}
        for pair, count in pairs.items():
            for number, times in self._holding.get(pair, {}).items():
                alike[number] = alike.get(number, 0) + min(count, times)
        most = max(alike.values(), default=0)
        if most < _ENOUGH:
            return -1
        return min(
            (number for number, value in alike.items() if value == most), key=lambda n: (abs(n - line), -n)
        )


class _Stretch:
    """Lines that replaced others. All numbers are 0-based lines of the two texts."""

    def __init__(self, old: _Old, begin: int, count: int, new: Sequence[bytes], first: int) -> None:
        self._old = old
        self._begin, self._count = begin, count
        self._first = first
        self._new = [_pairs(line) for line in new]
        self._around = min(_AROUND, count - 1)
        self._reach = ((2 * self._around + 1) * len(new) - 1) // count
        """New lines so far apart are never compared with the same old one."""
        self._certain = [_OPEN] * len(new)
        self._best = [-1] * len(new)
        self._second = [-1] * len(new)
        self._alike: list[dict[int, int]] = [{} for _ in new]

    def match(self) -> dict[int, int]:
        """By new line the old one that it was, for those that were one."""
        waiting = [(self._begin, self._count, 0, len(self._new))]
        while waiting:
            begin, count, low, high = waiting.pop()
            line = self._clearest(begin, count, low, high)
            if line < 0:
                continue
            place = self._best[line]
            self._old.use_up(place, self._new[line])
            self._open_again(line, place, low, high)
            # What is before comes first.
            if line + 1 < high:
                waiting.append((place, begin + count - place, line + 1, high))
            if line > low:
                waiting.append((begin, place + 1 - begin, low, line))
        return {self._first + at: place for at, place in enumerate(self._best) if place >= 0}

    def _clearest(self, begin: int, count: int, low: int, high: int) -> int:
        clearest, certain = -1, -1
        for line in range(low, high):
            if self._certain[line] == _OPEN:
                self._look(line, begin, count)
            if self._certain[line] > certain:
                clearest, certain = line, self._certain[line]
        return clearest

    def _nearest(self, line: int) -> int:
        """The old line at the same place in the stretch."""
        return (2 * line + 1) * self._count // (2 * len(self._new)) + self._begin

    def _look(self, line: int, begin: int, count: int) -> None:
        nearest, known = self._nearest(line), self._alike[line]
        best = second = 0
        best_at = second_at = begin
        for at in range(max(nearest - self._around, begin), min(nearest + self._around + 1, begin + count)):
            alike = known.get(at)
            if alike is None:
                alike = _shared(self._new[line], self._old.pairs(at)) * (_SCALE - abs(at - nearest))
                known[at] = alike
            if alike > best:
                second, second_at = best, best_at
                best, best_at = alike, at
            elif alike > second:
                second, second_at = alike, at
        if best:
            self._certain[line] = 2 * best - second
            self._best[line], self._second[line] = best_at, second_at
        else:
            self._certain[line] = _NOTHING

    def _open_again(self, line: int, place: int, low: int, high: int) -> None:
        """Forget what the match of a line with a place has changed, or forbids."""
        for near in range(max(line - self._reach, low), min(line + self._reach + 1, high)):
            self._alike[near].pop(place, None)
            if near == line or self._certain[near] < 0:
                continue
            places = self._best[near], self._second[near]
            if max(places) >= place if near < line else min(places) <= place:
                self._certain[near] = _OPEN
                self._best[near] = self._second[near] = -1
