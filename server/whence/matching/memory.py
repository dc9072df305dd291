"""A store in memory: for tests and benchmarks, and for transcripts that no index keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from whence.matching.passages import Passage, is_notebook
from whence.matching.prints import Print, print_of
from whence.matching.store import Holders, Kept
from whence.quick import dataclass

MAX_LISTED = 64
"""Blocks that are listed for a key; what is held by more identifies nothing."""


@dataclass(frozen=True)
class MemoryStore:
    """Prints of passages, a picklable value."""

    kept: tuple[Kept, ...] = ()
    """By number, with their keys."""

    @staticmethod
    def of(passages: Iterable[Passage]) -> MemoryStore:
        """A store of these passages; a passage's place among them is its `Kept.writing`.

        One tool's same block in the same place of a file is kept once, for the earliest write: forks and resumed sessions repeat
        themselves.
        """
        kept: list[Kept] = []
        first: dict[tuple[str, str, bytes, int, int], int] = {}
        for writing, passage in enumerate(passages):
            for made in prints(passage):
                same = (passage.tool, passage.path, made.lines.tobytes(), made.before, made.after)
                number = first.setdefault(same, len(kept))
                if number == len(kept):
                    kept.append(_kept(number, made, writing, passage))
                elif passage.time is not None and not (kept[number].time or passage.time + 1) <= passage.time:
                    kept[number] = _kept(number, kept[number].print, writing, passage)
        return MemoryStore(tuple(kept))

    def holders(self, keys: Collection[int]) -> Mapping[int, Holders]:
        """Who holds which of these keys."""
        postings = self._postings
        found = {}
        for key in postings.keys() & keys:
            blocks = postings[key]
            found[key] = Holders(len(blocks), tuple(blocks) if len(blocks) <= MAX_LISTED else ())
        return found

    def blocks(self, numbers: Collection[int], keys: Collection[int]) -> Mapping[int, Kept]:
        """These blocks."""
        return {number: self.kept[number] for number in numbers}

    @cached_property
    def _postings(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = {}
        for item in self.kept:
            for key in item.print.keys:
                found.setdefault(key, []).append(item.number)
        return found


def prints(passage: Passage) -> list[Print]:
    """The prints of a passage's blocks that have any lines."""
    notebook = is_notebook(passage.path)
    made = (print_of(block, notebook=notebook) for block in passage.blocks)
    return [item for item in made if item.lines]


def _kept(number: int, made: Print, writing: int, passage: Passage) -> Kept:
    return Kept(number, made, writing, passage.path, passage.cwd, passage.tool, passage.session, passage.time)
