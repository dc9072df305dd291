"""What an answer about one document rests on: the questions that were asked of the workspace on the way to it.

Matching is a matter of the document, of the blocks that share a key with it, and of what the workspace says of these
blocks' lines and words. Where all of that is as it was, so is the answer. The questions are noted as numbers, those
about the text of a file under its name; what the repository had before any tool wrote never changes and is not noted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from hashlib import blake2b

from whence.matching.habits import Habits, Seen
from whence.matching.lines import NO_LINE
from whence.matching.prints import edge


class NotedHabits(Habits):
    """Habits that note which keys they were asked for, and of which since when they have been committed."""

    __slots__ = ()

    def __init__(self, habits: Habits, noted: set[int]) -> None:
        super().__init__(habits.before, _Common(habits, noted), habits.since)  # type: ignore[arg-type]

    def old(self, key: int, time: float | None) -> bool:
        if time is not None and key not in self.before:
            self._noted.add(committed(key))
        return super().old(key, time)

    @property
    def _noted(self) -> set[int]:
        noted: set[int] = self.common._noted  # type: ignore[union-attr]
        return noted


class _Common:
    """The keys that many files hold."""

    __slots__ = ("_before", "_common", "_noted")

    def __init__(self, habits: Habits, noted: set[int]) -> None:
        self._before: Seen = habits.before
        self._common = habits.common
        self._noted = noted

    def __contains__(self, key: int) -> bool:
        if key not in self._before:
            self._noted.add(key)
        return key in self._common


class NotedLines(Collection[int]):
    """The lines of a file."""

    __slots__ = ("_file", "_lines", "_noted")

    def __init__(self, lines: Collection[int], file: int, noted: set[int]) -> None:
        self._lines = lines
        self._file = file
        self._noted = noted

    def __contains__(self, line: object) -> bool:
        assert isinstance(line, int)
        self._noted.add(edge(self._file, line))
        return line in self._lines

    def __iter__(self) -> Iterator[int]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __bool__(self) -> bool:
        return True


def file_key(path: str) -> int:
    """The number of a file's name."""
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def committed(key: int) -> int:
    """The question since when a line, or a pair of lines, has been committed."""
    return edge(_SINCE, key)


_SINCE = file_key("")
"""A name that no file has."""


def there(path: str) -> int:
    """The question whether a file is there."""
    return edge(file_key(path), NO_LINE)


def held(path: str, lines: Collection[int]) -> set[int]:
    """The questions whether a file holds these lines."""
    file = file_key(path)
    return {edge(file, line) for line in lines}
