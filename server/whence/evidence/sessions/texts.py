"""What is learned of the texts of files: once, as it is remembered by what identifies the text."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import blake2b

from whence.evidence.interface import Memory
from whence.index.values import from_bytes, to_bytes
from whence.matching.habits import keys_of
from whence.matching.idioms import plain
from whence.matching.lines import value_of
from whence.matching.passages import is_notebook
from whence.matching.prints import lines_beside
from whence.quick import dataclass
from whence.text import decode, is_binary, split

TEXTS = "habits of a text"
"""Under which packed texts are remembered."""

MAX_BLOB = 1024 * 1024
"""A larger file is data: nobody's habit of writing."""

UNFIT = b""
"""Of a text from which nothing is learned."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is learned of one text."""

    lines: frozenset[int]
    """Digests of its lines."""
    triples: array[int]
    pairs: array[int]
    """Keys of neighbouring lines."""

    @staticmethod
    def of(path: str, data: bytes) -> Text:
        rows = split(decode(data))
        shown = [plain(row) for row in rows] if is_notebook(path) else rows
        found, pairs = keys_of(shown)
        lines = frozenset(value_of(row) for row in shown if row.strip())
        return Text(lines, array("Q", found - lines), array("Q", pairs))

    def pack(self) -> bytes:
        sizes = array("Q", (len(self.lines), len(self.triples)))
        return to_bytes(sizes) + b"".join(map(to_bytes, (array("Q", self.lines), self.triples, self.pairs)))


def packed_lines(data: bytes) -> frozenset[int]:
    """The lines of a packed text."""
    return frozenset(from_bytes("Q", data[16 : 16 + 8 * _sizes(data)[0]]))


def packed_habits(data: bytes) -> array[int]:
    """The lines and triples of a packed text, each once: what is counted."""
    return from_bytes("Q", data[16 : 16 + 8 * sum(_sizes(data))])


def packed_keys(data: bytes) -> array[int]:
    """All keys of a packed text: lines, triples, pairs."""
    return from_bytes("Q", data[16:])


def asked_by(keys: set[int]) -> set[int]:
    """What a text has, as in `packed_keys`, that asks the index for any of these keys: of those for what stood beside a
    block the lines."""
    return keys | lines_beside(keys)


def _sizes(data: bytes) -> tuple[int, int]:
    lines, triples = from_bytes("Q", data[:16]) if data else (0, 0)
    return lines, triples


def _sound(data: bytes) -> bool:
    return not data or (len(data) >= 16 and len(data) % 8 == 0 and 16 + 8 * sum(_sizes(data)) <= len(data))


def fit(data: bytes) -> bool:
    """Whether anything is learned from a file."""
    return len(data) <= MAX_BLOB and not is_binary(data)


def name_of(path: str, content: str) -> str:
    """What tells a text's habits from all others; `content` is the digest of its bytes."""
    return f"{'notebook' if is_notebook(path) else 'text'} {content}"


def name(path: str, data: bytes) -> str:
    """The same for these bytes."""
    return name_of(path, blake2b(data, digest_size=16).hexdigest())


class Texts:
    """Packed texts, from a memory or learned. `late` says that there is no time left."""

    def __init__(self, memory: Memory, late: Callable[[], bool]) -> None:
        self._memory = memory
        self._late = late
        self.complete = True
        """Whether the time was enough so far."""

    def known(self, names: Collection[str]) -> dict[str, bytes]:
        """What is remembered, by name."""
        found = self._memory.rows(TEXTS, set(names)) if names else {}
        return {name: packed for name, packed in found.items() if _sound(packed)}

    def learned(self, texts: Mapping[str, bytes]) -> Iterator[tuple[str, str, bytes]]:
        """(path, name, packed text) of the bytes of files; those for which no time is left are missing."""
        names = {path: name(path, data) for path, data in texts.items()}
        known = self.known(names.values())
        new: dict[str, bytes] = {}
        for path, named in names.items():
            if named in known:
                continue
            if not fit(texts[path]):
                known[named] = new[named] = UNFIT
            elif self._late():
                self.complete = False
            else:
                known[named] = new[named] = Text.of(path, texts[path]).pack()
        self._memory.keep_rows(TEXTS, new)
        return ((path, named, known[named]) for path, named in names.items() if named in known)
