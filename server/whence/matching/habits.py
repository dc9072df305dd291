"""What the people of a repository write anyway: what it had before a tool wrote the same, and what many of its files hold.

Text that was there before a tool wrote it is not the tool's (base subtraction), and what a project writes over and over
accuses nobody. Both are learned from the repository once and asked per key of `matching.prints`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from math import inf

from whence.matching.lines import CLOCK_SLACK, NO_LINE, values_of
from whence.matching.prints import edges_of
from whence.matching.tokens import each_tokens
from whence.matching.triples import triples
from whence.quick import dataclass

BITS_A_KEY = 16
"""Of a `Seen`: 1.4% of the keys that it never saw are taken for seen, which costs a little recall and accuses nobody."""

MAX_BITS = 1 << 27
"""16 MB, enough for a tree of two million lines."""

KEYS_A_LINE = 5

MAX_EXACT = 1_000_000
"""Lines whose keys are counted in sets, 250 MB at most."""

COMMON_FILES = 3
"""Files that hold a key, from which on it tells nothing outside the file into which it was written, unless so much
stands together that it must have been copied (see `elsewhere`)."""

_ALL = (1 << 64) - 1
_MIX = 0x94D049BB133111EB


@dataclass(frozen=True, slots=True)
class Seen:
    """A set of keys that forgets none and now and then takes another for one of them."""

    bits: bytearray

    @staticmethod
    def sized(keys: int) -> Seen:
        """Room for so many keys."""
        wanted = min(max(keys * BITS_A_KEY, 1 << 10), MAX_BITS)
        return Seen(bytearray((1 << (wanted - 1).bit_length()) >> 3))

    @staticmethod
    def of_lines(lines: int) -> Seen:
        """Room for the keys of so many lines; none at all for none."""
        return Seen.sized(lines * KEYS_A_LINE) if lines else Seen(bytearray())

    def update(self, *keys: Iterable[int]) -> None:
        for some in keys:
            for key in some:
                self.add(key)

    def add(self, key: int) -> None:
        one, other = self._places(key)
        self.bits[one >> 3] |= 1 << (one & 7)
        self.bits[other >> 3] |= 1 << (other & 7)

    def __contains__(self, key: int) -> bool:
        if not self.bits:
            return False
        one, other = self._places(key)
        return bool(self.bits[one >> 3] >> (one & 7) & 1 and self.bits[other >> 3] >> (other & 7) & 1)

    def _places(self, key: int) -> tuple[int, int]:
        size = len(self.bits) << 3
        return key * size >> 64, ((key ^ key >> 31) * _MIX & _ALL) * size >> 64


def _nothing() -> Seen:
    return Seen(bytearray())


@dataclass(frozen=True, slots=True)
class Habits:
    """A picklable value. Knows nothing at first."""

    before: Seen = field(default_factory=_nothing)
    """Lines, pairs of neighbouring lines and word triples of the repository before any tool wrote in it."""
    common: Seen | frozenset[int] = frozenset()
    """Lines and word triples that at least `COMMON_FILES` files hold."""
    since: Mapping[int, float] = field(default_factory=dict)
    """Lines and pairs that were committed later: when first, Unix seconds by the author's clock."""

    def old(self, key: int, time: float | None) -> bool:
        """Whether the repository had a line or a pair of lines before `time`."""
        return key in self.before or (time is not None and self.since.get(key, inf) + CLOCK_SLACK < time)

    def usual(self, key: int) -> bool:
        """Whether a line or a triple is what this project's people write anyway."""
        return key in self.common or key in self.before


def keys_of(lines: Iterable[str]) -> tuple[set[int], set[int]]:
    """The lines and triples of one file, and its pairs of neighbouring lines; blank lines do not count."""
    texts = [line for line in lines if line and not line.isspace()]
    values = values_of(texts)
    pairs = set(edges_of((NO_LINE, *values)))
    return triples("".join(each_tokens(texts))).union(values), pairs


class Counting:
    """Finds what several files hold: exactly, or where that takes too much memory nearly so."""

    def __init__(self, lines: int) -> None:
        """For about so many lines in all."""
        self._few: tuple[set[int], set[int], set[int]] | None = None
        self._many: tuple[Seen, Seen, Seen] | None = None
        if lines <= MAX_EXACT:
            self._few = (set(), set(), set())
        else:
            self._many = (Seen.of_lines(lines), Seen.of_lines(lines), Seen.of_lines(lines))

    def add(self, found: Collection[int]) -> None:
        """Count the keys of one file, each given once."""
        if self._few is not None:
            once, twice, common = self._few
            again = once.intersection(found)
            common |= twice & again
            twice |= again
            once.update(found)
        elif self._many is not None:
            self._nearly(*self._many, found)

    @staticmethod
    def _nearly(once: Seen, twice: Seen, common: Seen, found: Collection[int]) -> None:
        for key in found:
            if key not in once:
                once.add(key)
            elif key not in twice:
                twice.add(key)
            else:
                common.add(key)

    @property
    def exact(self) -> bool:
        return self._few is not None

    @property
    def common(self) -> Seen | frozenset[int]:
        """What at least `COMMON_FILES` files hold."""
        if self._many is not None:
            return self._many[2]
        return frozenset(self._few[2]) if self._few is not None else frozenset()


def learned(before: Iterable[Iterable[str]], now: Iterable[Iterable[str]], lines: int) -> Habits:
    """The habits behind the lines of files; `lines` is about how many there are in all."""
    old, counting = Seen.of_lines(lines), Counting(lines)
    for file in before:
        old.update(*keys_of(file))
    for file in now:
        counting.add(keys_of(file)[0])
    return Habits(old, counting.common)
