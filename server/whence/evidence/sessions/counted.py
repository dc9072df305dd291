"""How many files hold what the repository did not have before tools wrote in it.

What it had is usual anyway, so only the rest is counted: of the texts that are not as they were then. The counts are
kept with the names of the texts that they are of; the next look counts only the texts that came and went.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import field

from whence.evidence.sessions.texts import packed_habits
from whence.matching.habits import COMMON_FILES, Seen
from whence.quick import dataclass

KIND = "counts of keys"


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts as they are kept."""

    texts: Mapping[str, int] = field(default_factory=dict)
    """How many files have a text, by its name."""
    keys: array[int] = field(default_factory=lambda: array("Q"))
    counts: array[int] = field(default_factory=lambda: array("I"))
    """Of each key the files that hold it."""


class Counts:
    """Counts that follow the texts."""

    def __init__(self, before: Seen, kept: Counted) -> None:
        self._before = before
        self._counts = dict(zip(kept.keys, kept.counts, strict=True))
        self._texts = Counter(kept.texts)

    def change(self, texts: Mapping[str, int], packed: Mapping[str, bytes]) -> None:
        """Count that so many more (or fewer) files have these texts; of each its packed form."""
        for name, by in texts.items():
            self._texts[name] += by
            if not self._texts[name]:
                del self._texts[name]
        for key, by in changed(texts, packed, self._before).items():
            count = self._counts.get(key, 0) + by
            if count:
                self._counts[key] = count
            else:
                del self._counts[key]

    @property
    def common(self) -> frozenset[int]:
        """What at least `COMMON_FILES` files hold."""
        return frozenset(key for key, count in self._counts.items() if count >= COMMON_FILES)

    def kept(self) -> Counted:
        return Counted(dict(self._texts), array("Q", self._counts.keys()), array("I", self._counts.values()))


def changed(texts: Mapping[str, int], packed: Mapping[str, bytes], before: Seen) -> Mapping[int, int]:
    """By how much the count of each key changes with the number of files that have these texts."""
    more, less = Counter[int](), Counter[int]()
    for name, by in texts.items():
        keys = packed_habits(packed[name])
        for _ in range(abs(by)):
            (more if by > 0 else less).update(keys)
    # A text and what it became have most keys in common, and of these nothing needs to be asked.
    found = {key: more[key] - less[key] for key in more.keys() | less.keys()}
    return {key: by for key, by in found.items() if by and key not in before}


def flipped(by: Mapping[int, int], counts: Mapping[int, int]) -> set[int]:
    """The keys that have become common, or are no more, since counts changed by so much to what they are now."""
    return {
        key
        for key, change in by.items()
        if (counts.get(key, 0) >= COMMON_FILES) != (counts.get(key, 0) - change >= COMMON_FILES)
    }
