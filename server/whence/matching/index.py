"""Everything that tools wrote, as digests: one 8-byte digest per written line that is not blank, in order.

A sorted list of the telling ones among them answers where a line was written. The index keeps no text. What the
workspace holds today is learned afterwards (`with_workspace`): a line that still stands where the tool put it, or in
many files, says little about a third place.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan

from whence.matching.idioms import Telling, informative, plain, telling
from whence.matching.passages import Block, Passage, Place, file_name, is_notebook
from whence.text import MAX_LINE_CHARACTERS, digest, normal

COMMON_NAMES = 10
"""Differently named files into which tools wrote a line: from then on it tells nothing outside its file."""

INFORMATIVE, COMMON, BLANK_BEFORE, IDIOM, KEPT = 1, 2, 4, 8, 16
"""What is known of a written line. KEPT: the file into which it was written still holds it."""

BEFORE_TELLS, AFTER_TELLS = 1, 2
"""Which of a block's neighbours are informative."""

NO_LINE = 0
"""The digest that equals none, of lines too long to be compared."""

_FLAG = {Telling.NOTHING: IDIOM, Telling.LITTLE: 0, Telling.ENOUGH: INFORMATIVE}


@dataclass(frozen=True, slots=True)
class Index:
    """A picklable value. "Position" is a line's place among all written lines."""

    digests: array[int]
    characters: array[int]
    """Non-space characters of each line."""
    flags: bytearray
    starts: array[int]
    """Position of each block's first line, and one more for the end."""
    owners: array[int]
    """Block to passage."""
    befores: array[int]
    afters: array[int]
    """Digest of each block's neighbours, 0 for none."""
    anchors: bytearray
    keys: array[int]
    """Digests of telling lines, sorted; `where` holds their positions."""
    where: array[int]
    times: array[float]
    """Passage to Unix seconds; not a number: unknown."""
    names: tuple[str, ...]
    """Passage to file name."""
    places: tuple[Place, ...] = ()
    blocks_of: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Workspace path to the blocks written into it."""
    standing: frozenset[str] = frozenset()
    """Those of these files that are still there."""

    @staticmethod
    def build(passages: Iterable[Passage]) -> Index:
        """Index passages; one tool's same block of the same file is kept once, for the earliest passage."""
        return _build(passages)

    @property
    def size(self) -> int:
        """Lines held."""
        return len(self.digests)

    def placed(self, places: Sequence[Place]) -> Index:
        """The index with each passage's place in the workspace."""
        blocks_of: dict[str, list[int]] = {}
        for block, owner in enumerate(self.owners):
            path = places[owner].path
            if path:
                blocks_of.setdefault(path, []).append(block)
        return replace(
            self,
            places=tuple(places),
            blocks_of={path: tuple(blocks) for path, blocks in blocks_of.items()},
        )

    def with_workspace(self, common: Collection[int], held: Mapping[str, Collection[int]]) -> Index:
        """The index that knows what the workspace holds today.

        `common` are the lines that many of its files hold, `held` the telling written lines that are in the files
        that tools wrote into, by path; a file that is not named there is gone.
        """
        flags = bytearray(self.flags)
        for value in common:
            for position in self.positions(value):
                flags[position] |= COMMON
        for path, values in held.items():
            for block in self.blocks_of.get(path, ()):
                for position in range(self.starts[block], self.starts[block + 1]):
                    if self.digests[position] in values:
                        flags[position] |= KEPT
        return replace(self, flags=flags, standing=frozenset(held))

    def holds(self, value: int) -> bool:
        """Whether a telling line with this digest was written."""
        at = bisect_left(self.keys, value)
        return at < len(self.keys) and self.keys[at] == value

    def positions(self, value: int) -> array[int]:
        """Where a telling line was written."""
        first = bisect_left(self.keys, value)
        return self.where[first : bisect_right(self.keys, value, first)]

    def block_at(self, position: int) -> int:
        return bisect_right(self.starts, position) - 1

    def time(self, passage: int) -> float | None:
        """When a passage was written, Unix seconds; None: unknown."""
        value = self.times[passage]
        return None if isnan(value) else value

    def weight(self, positions: Iterable[int], without: int = 0) -> tuple[int, int]:
        """How many telling lines there are at some positions, and their characters; lines with a flag of `without`
        do not count."""
        count = characters = 0
        for position in positions:
            if self.flags[position] & INFORMATIVE and not self.flags[position] & without:
                count += 1
                characters += self.characters[position]
        return count, characters


def value_of(line: str) -> int:
    """The digest of one line as the index keeps it."""
    return NO_LINE if len(line) > MAX_LINE_CHARACTERS else int.from_bytes(digest(line), "little")


def _build(passages: Iterable[Passage]) -> Index:
    digests, characters, flags = array("Q"), array("H"), bytearray()
    starts, owners, befores, afters, anchors = array("I"), array("I"), array("Q"), array("Q"), bytearray()
    times: array[float] = array("d")
    names: list[str] = []
    first: dict[tuple[str, str, bytes], int] = {}
    for number, passage in enumerate(passages):
        times.append(float("nan") if passage.time is None else passage.time)
        names.append(file_name(passage.path))
        notebook = is_notebook(passage.path)
        for block in passage.blocks:
            start = len(digests)
            _add_lines(block, notebook, digests, characters, flags)
            if len(digests) == start:
                continue
            key = (passage.tool, passage.path, digests[start:].tobytes())
            known = first.setdefault(key, len(owners))
            if known < len(owners):
                del digests[start:], characters[start:], flags[start:]
                if passage.time is not None and not times[owners[known]] <= passage.time:
                    owners[known] = number
                continue
            starts.append(start)
            owners.append(number)
            above, below = block.before or "", block.after or ""
            befores.append(value_of(above) if above.strip() else NO_LINE)
            afters.append(value_of(below) if below.strip() else NO_LINE)
            anchors.append(BEFORE_TELLS * informative(above) | AFTER_TELLS * informative(below))
    starts.append(len(digests))
    order = [at for at in range(len(digests)) if flags[at] & INFORMATIVE]
    order.sort(key=digests.__getitem__)
    keys = array("Q", (digests[at] for at in order))
    index = Index(
        digests, characters, flags, starts, owners, befores, afters, anchors, keys, array("I", order), times,
        tuple(names), (Place(),) * len(names),
    )  # fmt: skip
    _mark_common(index)
    return index


def _add_lines(
    block: Block, notebook: bool, digests: array[int], characters: array[int], flags: bytearray
) -> None:
    blank = 0
    for line in block.lines:
        if not line or line.isspace():
            blank = BLANK_BEFORE
            continue
        text = plain(line) if notebook else line
        value = value_of(text)
        digests.append(value)
        characters.append(min(len(normal(text)), 0xFFFF))
        flags.append(blank | _FLAG[Telling.NOTHING if value == NO_LINE else telling(text)])
        blank = 0


def _mark_common(index: Index) -> None:
    """Lines that tools wrote into many differently named files are common, whoever wrote them."""
    at = 0
    while at < len(index.keys):
        end = bisect_right(index.keys, index.keys[at], at)
        if end - at >= COMMON_NAMES:
            owners = {index.owners[index.block_at(position)] for position in index.where[at:end]}
            if len({index.names[owner] for owner in owners}) >= COMMON_NAMES:
                for position in index.where[at:end]:
                    index.flags[position] |= COMMON
        at = end
