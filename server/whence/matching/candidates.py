"""The blocks that may explain a document: found by its keys, fetched at once, and laid side by side."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain, compress, pairwise
from operator import or_
from typing import NamedTuple

from whence.matching.habits import Habits
from whence.matching.lines import COMMON, INFORMATIVE, NO_LINE, OLD
from whence.matching.prints import beside as keys_beside
from whence.matching.prints import edges_of, starts_of
from whence.matching.store import Holders, Kept, Store
from whence.matching.tokens import each_words
from whence.matching.triples import LEAST_KEY, every_triple, triples
from whence.matching.workspace import Workspace
from whence.quick import dataclass

MAX_CANDIDATES = 500
"""Blocks that are fetched for one document."""

ENOUGH_FOR_A_ROW = 5
"""Blocks that are taken for a row before others are served, and one more for each time that its line stands here."""

LEAST_SCORE = 0.4
"""Of a block that is fetched: some shared key that few blocks hold, and that not everybody here writes."""

USUAL = 0.1
"""Weight of a shared key that this repository's people write anyway."""

OLD_LINES, OLD_CHARACTERS = 3, 100
"""Telling lines that the repository had in this very order before: text that a tool moved, not its own."""

SHORT_TOKENS = 12
"""Tokens of a line that may be (part of) a write too short to count by itself."""


class _Asked(dict[int, bool]):
    """What is said of a triple, asked for once: many blocks share it."""

    def __init__(self, ask: Callable[[int], bool]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, key: int) -> bool:
        found = self[key] = self._ask(key)
        return found


class Hit(NamedTuple):
    """A key of the document that a block holds."""

    row: int
    key: int
    usual: bool
    """Whether it is one that this repository's people write anyway."""


@dataclass(frozen=True, slots=True)
class Found:
    """A block that shares keys with the document."""

    number: int
    score: float
    """Shared keys, each divided by the blocks that hold it."""
    hits: tuple[Hit, ...]
    """Ascending; none for lines that stood beside the block."""


def find(
    digests: Sequence[int],
    codes: Sequence[str],
    every: Sequence[int],
    owners: Sequence[int],
    store: Store,
    habits: Habits,
) -> tuple[list[Found], frozenset[int], Mapping[int, Holders]]:
    """The blocks worth a closer look, the best first, the keys that were asked for, and who holds which of them.

    What is known of the document is named as in `agreement.Rows`, `every` triple first.
    """
    edges = edges_of(digests)
    short = [len(part) <= SHORT_TOKENS for part in codes]
    beside = list(map(or_, short, short[1:]))
    """Of each edge whether one of its lines is short."""
    around = keys_beside(digests)
    telling = [key for key in every if key >= LEAST_KEY]
    asked = frozenset((*digests, *compress(edges, beside), *telling, *around)) - {NO_LINE}
    holders = {key: held for key, held in store.holders(asked).items() if held.blocks}
    if not holders:
        return [], asked, holders
    met = [(row, key) for row, key in enumerate(digests) if key in holders]
    met += [(row, key) for row, key in enumerate(edges, 1) if key in holders and beside[row - 1]]
    met += [(row, key) for row, key in zip(owners, every, strict=False) if key in holders]
    met += [(row, key) for row, key in enumerate(around) if key in holders]
    met.sort()
    near = holders.keys() & around
    usual = {key: key not in near and habits.usual(key) for key in holders}
    weigh = {key: (USUAL if usual[key] else 1.0) / held.count for key, held in holders.items()}
    hits = [Hit(row, key, usual[key]) for row, key in met]
    weights = [weigh[key] for _, key in met]
    shared: defaultdict[int, list[int]] = defaultdict(list)
    """By block the places of its hits."""
    for at, (_, key) in enumerate(met):
        for block in holders[key].blocks:
            shared[block].append(at)
    scores = [(-sum(map(weights.__getitem__, places)), block) for block, places in shared.items()]
    copies = Counter(digests)
    room = [ENOUGH_FOR_A_ROW + copies[value] for value in digests]
    found: list[Found] = []
    for score, block in sorted([pair for pair in scores if -pair[0] >= LEAST_SCORE]):
        if len(found) >= MAX_CANDIDATES:
            break
        rows = {met[at][0] for at in shared[block]}
        if any(map(room.__getitem__, rows)):
            for row in rows:
                room[row] -= room[row] > 0
            found.append(
                Found(block, -score, tuple([hits[at] for at in shared[block] if met[at][1] not in near]))
            )
    return found, asked, holders


class Candidates:
    """Blocks laid side by side. "Position" is a line's place among all of their lines.

    What the workspace tells of a line is looked up when it is asked for: most are not.
    """

    def __init__(
        self,
        found: Iterable[Found],
        blocks: Mapping[int, Kept],
        workspace: Workspace,
        present: Mapping[int, Sequence[int]],
        codes: Sequence[str] = (),
    ) -> None:
        """Lay out the blocks that were found; of equal ones of one tool in one place of a file the earliest stands for all.

        `present` are the digests of the document's lines with their rows, `codes` the tokens of each row.
        """
        first: dict[tuple[str, str, bytes, int, int], tuple[Kept, Found]] = {}
        for item in found:
            block = blocks.get(item.number)
            if block is not None:
                made = block.print
                same = (block.tool, block.path, made.lines.tobytes(), made.before, made.after)
                known = first.get(same)
                if known is None or _age(block) < _age(known[0]):
                    first[same] = (block, item)
        self._habits = workspace.habits
        self._workspace = workspace
        self.kept = tuple(block for block, _ in first.values())
        self.hits = tuple(item.hits for _, item in first.values())
        """What each block shares with the document."""
        self.places = tuple(map(workspace.place, self.kept))
        """Where each block went, seen from the workspace."""
        self._held: dict[str, Collection[int]] = {}
        """The digests of the lines that files into which these were written hold now."""
        self.digests, self.sizes, self._flags = array("Q"), array("H"), bytearray()
        self.starts = array("I", (0,))
        """Position of each block's first line, and one more for the end."""
        for block in self.kept:
            self.digests.extend(block.print.lines)
            self.sizes.extend(block.print.sizes)
            self._flags.extend(block.print.flags)
            self.starts.append(len(self.digests))
        self._looked_up = bytearray(len(self.digests))
        self._codes: dict[int, Sequence[str]] = {}
        self._usual = _Asked(self._habits.usual)
        """Whether this repository's people write a triple anyway."""
        self._before = _Asked(self._habits.before.__contains__)
        """Whether they had it before any tool wrote."""
        self._told: dict[tuple[int, bool], Sequence[str]] = {}
        """By block, and whether common lines count: its lines' tokens, none of lines that do not tell."""
        self._moved: dict[int, Sequence[range]] = {}
        self._foreign: dict[int, Set[int]] = {}
        self._present, self._present_codes = present, codes
        self.where: defaultdict[int, list[int]] = defaultdict(list)
        """Telling lines that the document holds too, by digest: their positions."""
        for at, value in enumerate(self.digests):
            if value in present and self._flags[at] & INFORMATIVE:
                self.where[value].append(at)

    def block_at(self, position: int) -> int:
        return bisect_right(self.starts, position) - 1

    def lines_of(self, block: int) -> range:
        """The positions of a block."""
        return range(self.starts[block], self.starts[block + 1])

    def time(self, block: int) -> float | None:
        """When a block was written, Unix seconds."""
        return self.kept[block].time

    def codes(self, position: int) -> str:
        """A line's tokens."""
        block = self.block_at(position)
        return self.codes_of(block)[position - self.starts[block]]

    def codes_of(self, block: int) -> Sequence[str]:
        """The tokens of a block's lines."""
        lines = self._codes.get(block)
        if lines is None:
            made = self.kept[block].print
            text = made.tokens
            lines = [text[low:high] for low, high in pairwise(starts_of(made.counts))]
            if not made.tokens:  # imported: a line that is here as well has the tokens that it has here
                lines = [self._tokens_here(value) for value in made.lines]
            self._codes[block] = lines
        return lines

    def _tokens_here(self, value: int) -> str:
        rows = self._present.get(value)
        return self._present_codes[rows[0]] if rows and self._present_codes else ""

    def flags(self, position: int) -> int:
        """What is known of a line, see `matching.lines`."""
        if not self._looked_up[position]:
            self._look_up(self.block_at(position), (position,))
        return self._flags[position]

    def _look_up(self, block: int, positions: Iterable[int]) -> None:
        """Learn from the workspace about lines of a block."""
        digests, flags, done = self.digests, self._flags, self._looked_up
        common, old, time = self._habits.common, self._habits.old, self.time(block)
        for at in positions:
            if done[at]:
                continue
            done[at] = 1
            if flags[at] & INFORMATIVE:
                value = digests[at]
                if value in common:
                    flags[at] |= COMMON
                if old(value, time):
                    flags[at] |= OLD

    def kept_there(self, position: int) -> bool:
        """Whether the file into which a telling line was written still holds it."""
        path = self.places[self.block_at(position)].path
        if not path or not self._flags[position] & INFORMATIVE:
            return False
        if path not in self._held:
            self._held[path] = self._workspace.held(path) or ()
        return self.digests[position] in self._held[path]

    def gone(self, block: int) -> bool:
        """Whether the file into which a block was written is no more."""
        path = self.places[block].path
        return bool(path) and self._workspace.is_gone(path)

    def weight(self, positions: Iterable[int], without: int = OLD) -> tuple[int, int]:
        """How many telling lines there are at some positions, and their characters; lines with a flag of `without`
        do not count."""
        count = characters = 0
        for position in positions:
            flags = self.flags(position)
            if flags & INFORMATIVE and not flags & without:
                count += 1
                characters += self.sizes[position]
        return count, characters

    def triples(
        self,
        positions: Sequence[int],
        here: Set[int] | None = None,
        *,
        every: bool = False,
        common: bool = False,
    ) -> list[int]:
        """The word triples of the telling lines at some positions of one block, without those that this repository's
        people write anyway; only those `here`, if that is given. `every`: also of lines that tell nothing by
        themselves; `common`: also what many files hold now."""
        if not positions:
            return []
        block = self.block_at(positions[0])
        start = self.starts[block]
        lines = self.codes_of(block) if every else self._telling(block, common=common)
        without = OLD if common else COMMON | OLD
        found = triples("".join([lines[at - start] for at in positions if not self.flags(at) & without]))
        usual = self._before if common else self._usual
        return [key for key in (found if here is None else found & here) if not usual[key]]

    def unusual(self, block: int, here: Set[int]) -> int:
        """How many of these triples a block has anywhere, also in lines that tell nothing by themselves, without those
        that this repository's people write anyway."""
        return sum(1 for key in triples("".join(self.codes_of(block))) & here if not self._usual[key])

    def rare(self, blocks: Sequence[int], here: Set[int], *, common: bool = False) -> list[list[int]]:
        """For each of some blocks what `triples` tells of all of its lines: in one go, which is sooner."""
        chosen = each_words(["".join(self._telling(block, common=common)) for block in blocks])
        every, usual = every_triple("".join(chosen)), self._before if common else self._usual
        shared = [at for at, key in enumerate(every) if key in here]
        found: list[list[int]] = []
        start = first = 0
        for part in chosen:
            stop = start + max(0, len(part) - 2)  # the next two begin in one block and end in another
            last = bisect_left(shared, stop, first)
            found.append([key for key in {every[at] for at in shared[first:last]} if not usual[key]])
            start += len(part)
            first = bisect_left(shared, start, last)
        return found

    def _telling(self, block: int, *, common: bool) -> Sequence[str]:
        told = self._told.get((block, common))
        if told is None:
            lines = self.lines_of(block)
            self._look_up(block, lines)
            asked = INFORMATIVE | OLD if common else INFORMATIVE | COMMON | OLD
            told = self._told[block, common] = [
                codes if flags & asked == INFORMATIVE else ""
                for codes, flags in zip(
                    self.codes_of(block), self._flags[lines.start : lines.stop], strict=True
                )
            ]
        return told

    def moved(self, block: int) -> Sequence[range]:
        """Stretches of a block that the repository had before, line after line: a tool moved them there, it did not write
        them. That is so whatever of it stands in the document."""
        found = self._moved.get(block)
        if found is None:
            found = self._moved[block] = list(self._old_stretches(block))
        return found

    def foreign(self, block: int) -> Set[int]:
        """The positions of these stretches: they explain nothing."""
        found = self._foreign.get(block)
        if found is None:
            found = self._foreign[block] = frozenset(chain.from_iterable(self.moved(block)))
        return found

    def _old_stretches(self, block: int) -> Iterator[range]:
        lines, time = self.lines_of(block), self.time(block)
        old = [self._habits.old(key, time) for key in edges_of(self.digests[lines.start : lines.stop])]
        start = lines.start
        for at, is_old in enumerate((*old, False), lines.start + 1):
            if is_old:
                continue
            if at - start >= OLD_LINES:
                count, characters = self.weight(range(start, at), 0)
                if count >= OLD_LINES and characters >= OLD_CHARACTERS:
                    yield range(start, at)
            start = at


def _age(block: Kept) -> tuple[bool, float, int]:
    return block.time is None, block.time or 0.0, block.number
