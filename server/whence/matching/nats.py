"""What lines of a block tell where they are found again in another file, in nats: see `rarity`.

Three words in a row tell nothing that tools wrote into two files of the document's kind: that is how such files are
written, whatever they are about. This is asked last, of the few stretches that tell enough otherwise; and of each by
itself, so that what it tells does not hang on which others were asked about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from functools import cached_property

from whence.matching.agreement import Rows
from whence.matching.candidates import Candidates
from whence.matching.elsewhere import FEW_NATS
from whence.matching.passages import file_name
from whence.matching.rarity import named, nats
from whence.matching.store import Holders, Store
from whence.matching.tokens import each_words, names_in
from whence.matching.triples import every_triple

MAX_BLOCKS = 500
"""Blocks that are fetched for a stretch."""

IDIOM_NATS = 150.0
"""What tells more is too long for two people to have written it alike, whatever its words have in common and wherever else
a tool wrote it."""


class Nats:
    """One document and the blocks that may explain it."""

    def __init__(
        self, written: Candidates, rows: Rows, name: str, store: Store, holders: Mapping[int, Holders]
    ) -> None:
        """`name` is the document's; `holders` are those of its keys."""
        self._written, self._rows, self._store, self._holders = written, rows, store, holders
        self._kind = _kind(name)
        self._known: dict[tuple[Set[int], tuple[int, ...]], float] = {}
        self._held: dict[int, Set[int]] = {}
        """By row the blocks that hold a key of it."""
        self._files: dict[int, tuple[str, Sequence[int]]] = {}
        """By block the name of its file and its triples; none of a file of another kind."""

    def of(
        self,
        positions: Sequence[int],
        rows: Sequence[int],
        here: Set[int] | None = None,
        *,
        common: bool = False,
    ) -> float:
        """What lines of one block tell that are (like) these rows; only triples of words `here`, if that is given.
        `common`: with what many files of the workspace hold now."""
        keys = frozenset(self._written.triples(positions, here, every=True, common=common))
        asked = (keys, tuple(rows))
        known = self._known.get(asked)
        if known is None:
            known = nats(keys)
            if FEW_NATS <= known < IDIOM_NATS:
                known = named(keys, self._names)
                if known >= FEW_NATS:
                    known = named(keys - self._spread(keys, rows), self._names)
            self._known[asked] = known
        return known

    def _spread(self, keys: frozenset[int], rows: Sequence[int]) -> Set[int]:
        """Those triples of words that tools wrote into two files of this kind, or more."""
        numbers = set().union(*map(self._blocks, rows))
        self._learn(sorted(numbers.difference(self._files))[:MAX_BLOCKS])
        by_name: defaultdict[str, set[int]] = defaultdict(set)
        for number in numbers & self._files.keys():
            name, every = self._files[number]
            if every:
                by_name[name].update(keys.intersection(every))
        once, again = set[int](), set[int]()
        for found in by_name.values():
            again |= once & found
            once |= found
        return again

    def _blocks(self, row: int) -> Set[int]:
        found = self._held.get(row)
        if found is None:
            held = [self._holders[key] for key in self._keys[row] if key in self._holders]
            found = self._held[row] = frozenset(number for one in held for number in one.blocks)
        return found

    @cached_property
    def _keys(self) -> Sequence[Collection[int]]:
        """By row its digest and the triples that begin in it."""
        found = [{value} for value in self._rows.digests]
        for row, key in zip(self._rows.owners, self._rows.triples, strict=False):
            found[row].add(key)
        return found

    @cached_property
    def _names(self) -> Mapping[int, str]:
        """How the document's words read, by the numbers of their codes."""
        return names_in(self._rows.texts)

    def _learn(self, numbers: Collection[int]) -> None:
        """What tools wrote in these blocks; all that were found anyway in one go, which is sooner."""
        some = {kept.number: kept for kept in self._written.kept} if not self._files else {}
        left = [number for number in numbers if number not in some]
        some.update(self._store.blocks(left, ()) if left else {})
        names = {number: file_name(kept.path) for number, kept in some.items()}
        wanted = [number for number, name in names.items() if _kind(name) == self._kind]
        self._files.update(dict.fromkeys([*numbers, *some], ("", ())))
        chosen = each_words([some[number].print.tokens for number in wanted])
        every, start = every_triple("".join(chosen)), 0
        for number, part in zip(wanted, chosen, strict=True):
            # The last two begin in one block and end in another.
            self._files[number] = (names[number], every[start : start + max(0, len(part) - 2)])
            start += len(part)


def _kind(name: str) -> str:
    return name.rpartition(".")[2].lower()
