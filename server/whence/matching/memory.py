"""A store in memory: for tests and benchmarks, and for transcripts that no index keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from whence.matching.passages import Passage, is_notebook
from whence.matching.prints import Print, print_of
from whence.matching.store import Holders, Kept

MAX_LISTED = 64
"""Blocks that are listed for a key; what is held by more identifies nothing."""


@dataclass(slots=True)
class MemoryStore:
    """Prints of passages. A passage's number is its `Kept.writing`."""

    kept: list[Kept] = field(default_factory=list)
    postings: dict[int, list[int]] = field(default_factory=dict)
    _first: dict[tuple[str, str, bytes], int] = field(default_factory=dict)

    @staticmethod
    def of(passages: Iterable[Passage]) -> MemoryStore:
        """A store of these passages, numbered in their order."""
        store = MemoryStore()
        for number, passage in enumerate(passages):
            store.add(number, passage)
        return store

    def add(self, writing: int, passage: Passage, *, cwd: str = "", session: str = "") -> None:
        """Keep one write. One tool's same block of the same file is kept once, for the earliest write."""
        notebook = is_notebook(passage.path)
        for block in passage.blocks:
            made = print_of(block, notebook=notebook)
            if not made.lines:
                continue
            number = len(self.kept)
            known = self._first.setdefault((passage.tool, passage.path, made.lines.tobytes()), number)
            if known < number:
                number, earlier = known, self.kept[known].time
                if passage.time is None or (earlier is not None and earlier <= passage.time):
                    continue
                made = self.kept[number].print
            else:
                for key in made.keys:
                    self.postings.setdefault(key, []).append(number)
                made = _without_keys(made)
            kept = Kept(number, made, writing, passage.path, cwd, passage.tool, session, passage.time)
            self.kept[number:] = [kept, *self.kept[number + 1 :]]

    def holders(self, keys: Collection[int]) -> Mapping[int, Holders]:
        """Who holds which of these keys."""
        found = {}
        for key in keys:
            blocks = self.postings.get(key)
            if blocks is not None:
                listed = tuple(blocks) if len(blocks) <= MAX_LISTED else ()
                found[key] = Holders(len(blocks), listed)
        return found

    def blocks(self, numbers: Collection[int], keys: Collection[int]) -> Mapping[int, Kept]:
        """These blocks."""
        return {number: self.kept[number] for number in numbers}


def _without_keys(made: Print) -> Print:
    return Print(
        made.lines, made.sizes, made.flags, made.before, made.after, tokens=made.tokens, counts=made.counts
    )
