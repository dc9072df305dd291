"""Three successive words that somebody chose, as one number: what survives formatters and edits of other words.

A triple's number is 48 bits, the codes of its words, times an odd constant: different triples have different numbers,
and the words can be had back. Texts have thousands of triples, so they are made many at once: all windows of four
words that start at the same place modulo four are lanes of one large integer, which is shifted, masked and multiplied
as a whole.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection, Sequence

from whence.matching.tokens import words

_TRIPLE = 0x9E3779B97F4A7C15
"""Odd, with even bits: it spreads the values over 64 bits."""

_BACK = pow(_TRIPLE, -1, 1 << 64)
_ALL = (1 << 64) - 1
LEAST_KEY = 1 << 63
"""Triples from this number on are keys of prints: half of them, by their own value."""

_TOGETHER = 1024
"""Triples that are made at once: more does not pay, for the numbers leave the processor's cache."""

_FEW = 12
"""Triples that are made sooner one by one."""

_VALUES = int.from_bytes(b"\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0" * (_TOGETHER // 2), "little")
_NUMBERS = int.from_bytes(b"\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0" * (_TOGETHER // 2), "little")
"""The low 48 and the low 64 bits of each 128."""


def every_triple(chosen: str) -> array[int]:
    """A number for each three successive words, in order; `chosen` is what `tokens.words` leaves."""
    count = len(chosen) - 2
    found: array[int] = array("Q")
    for start in range(0, count, _TOGETHER):
        part = chosen[start : start + min(_TOGETHER, count - start) + 2]
        found.extend(_many(part) if len(part) - 2 > _FEW else _one_by_one(part))
    return found


def _one_by_one(chosen: str) -> list[int]:
    return [triple(*three) for three in zip(chosen, chosen[1:], chosen[2:], strict=False)]


def _many(chosen: str) -> array[int]:
    count = len(chosen) - 2
    lanes = (count + 3) // 4
    size = 8 * lanes
    data = chosen.encode("utf-16-be") + bytes(16)
    # Four words a lane, of which the first three count; then the lanes of the windows that begin one word later.
    windows = int.from_bytes(b"".join([data[at : at + size] for at in (0, 2, 4, 6)]), "big")
    # A product needs 112 bits: the lanes at even and at odd places, each with the room of its neighbour.
    even = ((windows >> 16) & _VALUES) * _TRIPLE & _NUMBERS
    odd = ((windows >> 80) & _VALUES) * _TRIPLE & _NUMBERS
    made: array[int] = array("Q")
    made.frombytes((odd << 64 | even).to_bytes(4 * size, "big"))
    if sys.byteorder == "little":
        made.byteswap()
    found: array[int] = array("Q", bytes(4 * size))
    for at in range(4):
        found[at::4] = made[at * lanes : (at + 1) * lanes]
    del found[count:]
    return found


def triple(first: str, second: str, third: str) -> int:
    """The number of three successive words."""
    return (ord(first) << 32 | ord(second) << 16 | ord(third)) * _TRIPLE & _ALL


def words_of(numbers: Collection[int]) -> set[int]:
    """The words in triples, each once, as numbers: strings would take three times as long."""
    found: set[int] = set()
    every = array("Q", numbers)
    for start in range(0, len(every), _TOGETHER):
        part = every[start : start + _TOGETHER]
        lanes = int.from_bytes(part.tobytes(), sys.byteorder)
        even = (lanes & _NUMBERS) * _BACK & _VALUES
        odd = ((lanes >> 64) & _NUMBERS) * _BACK & _VALUES
        found.update(array("H", (odd << 64 | even).to_bytes(8 * len(part), sys.byteorder)))
    found.discard(0)  # what stands beside each three
    return found


def keys(every: Sequence[int]) -> list[tuple[int, int]]:
    """Those triples that are keys of prints, each with its place among the words."""
    return [(at, number) for at, number in enumerate(every) if number >= LEAST_KEY]


def triples(codes: str) -> set[int]:
    """All triples of a text's tokens."""
    return set(every_triple(words(codes)))
