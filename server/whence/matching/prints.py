"""What is kept of an inserted block: digests in the order of its lines, never text.

A print serves two ends. Its keys go into an inverted index, where they find the block again from a present text; the
rest is what a candidate is then aligned with. The bytes of `pack` are the only form in which prints are kept.

There are four kinds of keys, all 64 bits wide:

    lines     the digest of a telling line
    triples   three successive words that somebody chose, whatever signs, keywords and line ends are between them: they
              survive every formatter and edits of other words; every second one is taken, by its own value
    edges     of a block too short to count by itself: its first line with the line above it, its last with the one below
    beside    of any other block between two lines: these, if they are telling, as keys of their own; they find a block again
              of which no line and no triple is left as it was
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import field
from itertools import accumulate, pairwise

from whence.matching.idioms import Telling, informative, plain, telling
from whence.matching.lines import (
    AFTER_TELLS,
    BEFORE_TELLS,
    BLANK_BEFORE,
    IDIOM,
    INFORMATIVE,
    NO_LINE,
    values_of,
)
from whence.matching.passages import Block
from whence.matching.tokens import each_tokens, words
from whence.matching.triples import LEAST_KEY, every_triple
from whence.quick import dataclass
from whence.text import normals

VERSION = 6
"""Changes with the meaning of any digest, key or packed byte: what was kept under another is made anew."""

SHORT_CHARACTERS = 20
"""Non-space characters of telling lines below which a block has edges for keys."""

_FLAG = {Telling.NOTHING: IDIOM, Telling.LITTLE: 0, Telling.ENOUGH: INFORMATIVE}

_ALL = (1 << 64) - 1
_EDGE = 0xD6E8FEB86659FD93
"""Odd, with even bits: it spreads values over 64 bits and keeps edges apart from triples."""

_BESIDE = 0xA0761D6478BD642F
"""The same for neighbours."""

_BACK = pow(_BESIDE, -1, 1 << 64)


@dataclass(frozen=True, slots=True)
class Print:
    """One block without its blank lines. `lines`, `sizes`, `flags` and `counts` have one entry a line."""

    lines: array[int]
    """Digest of each line ("Q"), `NO_LINE` for those too long to be compared."""
    sizes: array[int]
    """Non-space characters ("H")."""
    flags: bytearray
    """See `matching.lines`: INFORMATIVE, IDIOM, BLANK_BEFORE."""
    before: int = NO_LINE
    """Digest of the nearest line above that is not blank, `NO_LINE` for none or unknown."""
    after: int = NO_LINE
    keys: array[int] = field(default_factory=lambda: array("Q"))
    """What finds the block again ("Q"), each once; not packed."""
    tokens: str = ""
    """The codes of all lines' tokens, see `matching.tokens`; empty for an imported print."""
    counts: array[int] = field(default_factory=lambda: array("H"))
    """Tokens of each line ("H")."""


def print_of(block: Block, *, notebook: bool) -> Print:
    """The print of a block; a notebook's lines as their author sees them."""
    places = [at for at, line in enumerate(block.lines) if line and not line.isspace()]
    texts = [block.lines[at] for at in places]
    if notebook:
        texts = list(map(plain, texts))
    above, below = block.before or "", block.after or ""
    every = [*texts, above, below]
    forms = normals(every)
    lines = values_of(every, forms)
    after, before = lines.pop(), lines.pop()
    if not forms[-2]:
        before = NO_LINE
    if not forms[-1]:
        after = NO_LINE
    parts = each_tokens(texts)
    sizes = array("H", [min(_characters(*pair), 0xFFFF) for pair in zip(texts, forms, strict=False)])
    counts = array("H", map(len, parts))
    flags = bytearray(
        [_FLAG[telling(text) if value else Telling.NOTHING] for text, value in zip(texts, lines, strict=True)]
    )
    for row, (last, at) in enumerate(pairwise((-1, *places))):
        if at != last + 1:
            flags[row] |= BLANK_BEFORE
    codes = "".join(parts)
    keys = {value for value, flag in zip(lines, flags, strict=True) if flag & INFORMATIVE}
    keys.update([key for key in every_triple(words(codes)) if key >= LEAST_KEY])
    size = sum(size for size, flag in zip(sizes, flags, strict=True) if flag & INFORMATIVE)
    if lines and size < SHORT_CHARACTERS:
        if informative(above):
            flags[0] |= BEFORE_TELLS
            keys.add(edge(before, lines[0]))
        if informative(below):
            flags[-1] |= AFTER_TELLS
            keys.add(edge(lines[-1], after))
    elif lines and NO_LINE not in (before, after):
        keys.update(beside([value for text, value in ((above, before), (below, after)) if informative(text)]))
    keys.discard(NO_LINE)
    return Print(lines, sizes, flags, before, after, array("Q", sorted(keys)), codes, counts)


def edge(upper: int, lower: int) -> int:
    """The key of two lines that stand one above the other."""
    return (upper * _EDGE ^ lower) * _EDGE & _ALL


def beside(lines: Iterable[int]) -> list[int]:
    """The keys of blocks that stood beside these lines."""
    return [line * _BESIDE & _ALL for line in lines]


def lines_beside(keys: Iterable[int]) -> set[int]:
    """The lines that keys would have been made of, had all of them been made by `beside`."""
    return {key * _BACK & _ALL for key in keys}


def edges_of(lines: Sequence[int]) -> list[int]:
    """The keys of each line with the one below it."""
    return [(upper * _EDGE ^ lower) * _EDGE & _ALL for upper, lower in pairwise(lines)]


def _characters(text: str, form: bytes) -> int:
    """How many a line has that are no white space."""
    return len(form) if text.isascii() else len(form.decode("utf-8", "surrogatepass"))


def pack(kept: Print) -> bytes:
    """Bytes that `unpack` reads, the same on every machine."""
    return b"".join(
        (
            len(kept.lines).to_bytes(4, "little"),
            len(kept.tokens).to_bytes(4, "little"),
            kept.before.to_bytes(8, "little"),
            kept.after.to_bytes(8, "little"),
            _little(kept.lines),
            _little(kept.sizes),
            _little(kept.counts),
            bytes(kept.flags),
            kept.tokens.encode("utf-16-le"),
        )
    )


def unpack(data: bytes) -> Print:
    """The print, without its keys. Raises ValueError for bytes that `pack` did not make."""
    count, size = (int.from_bytes(data[at : at + 4], "little") for at in (0, 4))
    at = _HEAD
    if len(data) != at + count * _A_LINE + 2 * size:
        raise ValueError("not a packed print")
    lines, at = _array("Q", data, at, 8 * count)
    sizes, at = _array("H", data, at, 2 * count)
    counts, at = _array("H", data, at, 2 * count)
    flags = bytearray(data[at : at + count])
    codes = data[at + count :].decode("utf-16-le")
    if sum(counts) != size or len(codes) != size or "\n" in codes:
        raise ValueError("not a packed print")
    before, after = (int.from_bytes(data[k : k + 8], "little") for k in (8, 16))
    return Print(lines, sizes, flags, before, after, tokens=codes, counts=counts)


_HEAD, _A_LINE = 24, 13
"""Bytes before the lines, and of each line."""


def _array(code: str, data: bytes, at: int, size: int) -> tuple[array[int], int]:
    values: array[int] = array(code)
    values.frombytes(data[at : at + size])
    if sys.byteorder == "big":
        values.byteswap()
    return values, at + size


def _little(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values = array(values.typecode, values)
        values.byteswap()
    return values.tobytes()


def starts_of(counts: Iterable[int]) -> Sequence[int]:
    """Where each line's tokens begin, and one more for the end."""
    return list(accumulate(counts, initial=0))
