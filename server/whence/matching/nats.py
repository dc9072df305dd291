"""What lines of a block tell where they are found again in another file, in nats: see `rarity`.

Three words in a row tell nothing that tools wrote into two files of the document's kind: that is how such files are
written, whatever they are about. This is asked last, of the few stretches that tell enough otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set

from whence.matching.agreement import Rows
from whence.matching.candidates import MAX_CANDIDATES, Candidates
from whence.matching.elsewhere import FEW_NATS
from whence.matching.passages import file_name
from whence.matching.rarity import named, nats
from whence.matching.store import Store
from whence.matching.tokens import plain_words, tokens
from whence.matching.triples import LEAST_KEY, triples


class Nats:
    """One document and the blocks that may explain it."""

    def __init__(self, written: Candidates, rows: Rows, name: str, store: Store) -> None:
        """`name` is the document's."""
        self._written, self._rows, self._store = written, rows, store
        self._kind = _kind(name)
        self._files: dict[int, tuple[str, set[int]]] = {}
        """By block the name of its file and its triples; nothing of a file of another kind."""

    def of(self, positions: Sequence[int], rows: Sequence[int], here: Set[int] | None = None) -> float:
        """What lines of one block tell that are (like) these rows; only triples of words `here`, if that is given."""
        keys = self._written.triples(positions, here, every=True)
        most = nats(keys)
        if most < FEW_NATS:
            return most
        words = {ord(tokens(word)): word for row in rows for word in plain_words(self._rows.texts[row])}
        return named(set(keys) - self._spread(keys, rows), words)

    def _spread(self, keys: Collection[int], rows: Sequence[int]) -> Set[int]:
        """Those triples of words that tools wrote into two files of this kind, or more."""
        asked = triples("".join([self._rows.codes[row] for row in rows])).union(keys)
        asked = {key for key in asked if key >= LEAST_KEY}
        held = self._store.holders(asked.union([self._rows.digests[row] for row in rows]))
        numbers = {number for holders in held.values() for number in holders.blocks}
        self._learn(sorted(numbers.difference(self._files))[:MAX_CANDIDATES])
        first: dict[int, str] = {}
        found: set[int] = set()
        for number in sorted(numbers.intersection(self._files)):
            name, every = self._files[number]
            if name:
                found.update(key for key in every.intersection(keys) if first.setdefault(key, name) != name)
        return found

    def _learn(self, numbers: Collection[int]) -> None:
        for number, kept in self._store.blocks(numbers, ()).items():
            name = file_name(kept.path)
            here = _kind(name) == self._kind
            self._files[number] = (name, triples(kept.print.tokens)) if here else ("", set())


def _kind(name: str) -> str:
    return name.rpartition(".")[2].lower()
