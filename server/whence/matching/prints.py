"""What is kept of an inserted block: digests in the order of its lines, never text.

A print serves two ends. Its keys go into an inverted index, where they find the block again from a present text; the
rest is what a candidate is then aligned with. The bytes of `pack` are the only form in which prints are kept.
"""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass, field

from whence.matching.idioms import Telling, plain, telling
from whence.matching.index import BLANK_BEFORE, IDIOM, INFORMATIVE, NO_LINE, value_of
from whence.matching.passages import Block
from whence.text import normal

VERSION = 1
"""Changes with the meaning of any digest, key or packed byte: what was kept under another is made anew."""

_FLAG = {Telling.NOTHING: IDIOM, Telling.LITTLE: 0, Telling.ENOUGH: INFORMATIVE}


@dataclass(frozen=True, slots=True)
class Print:
    """One block without its blank lines. All arrays but the last three have one entry a line."""

    lines: array[int]
    """Digest of each line ("Q"), `NO_LINE` for those too long to be compared."""
    sizes: array[int]
    """Non-space characters ("H")."""
    flags: bytearray
    """See `matching.index`: INFORMATIVE, IDIOM, BLANK_BEFORE."""
    before: int = NO_LINE
    """Digest of the nearest line above that is not blank, `NO_LINE` for none or unknown."""
    after: int = NO_LINE
    keys: array[int] = field(default_factory=lambda: array("Q"))
    """What finds the block again ("Q"), each once; not packed."""


def print_of(block: Block, *, notebook: bool) -> Print:
    """The print of a block; a notebook's lines as their author sees them."""
    lines, sizes, flags = array("Q"), array("H"), bytearray()
    blank = 0
    for line in block.lines:
        if not line or line.isspace():
            blank = BLANK_BEFORE
            continue
        text = plain(line) if notebook else line
        value = value_of(text)
        lines.append(value)
        sizes.append(min(len(normal(text)), 0xFFFF))
        flags.append(blank | _FLAG[Telling.NOTHING if value == NO_LINE else telling(text)])
        blank = 0
    keys = array("Q", sorted({value for value, flag in zip(lines, flags, strict=True) if flag & INFORMATIVE}))
    above, below = block.before or "", block.after or ""
    return Print(
        lines,
        sizes,
        flags,
        value_of(above) if above.strip() else NO_LINE,
        value_of(below) if below.strip() else NO_LINE,
        keys,
    )


def pack(kept: Print) -> bytes:
    """Bytes that `unpack` reads, the same on every machine."""
    count = len(kept.lines)
    return b"".join(
        (
            count.to_bytes(4, "little"),
            kept.before.to_bytes(8, "little"),
            kept.after.to_bytes(8, "little"),
            _little(kept.lines),
            _little(kept.sizes),
            bytes(kept.flags),
        )
    )


def unpack(data: bytes) -> Print:
    """The print, without its keys. Raises ValueError for bytes that `pack` did not make."""
    count = int.from_bytes(data[:4], "little")
    at = 20
    if len(data) != at + count * 11:
        raise ValueError("not a packed print")
    lines, sizes = array("Q"), array("H")
    lines.frombytes(data[at : at + 8 * count])
    sizes.frombytes(data[at + 8 * count : at + 10 * count])
    if sys.byteorder == "big":
        lines.byteswap()
        sizes.byteswap()
    before, after = (int.from_bytes(data[k : k + 8], "little") for k in (4, 12))
    return Print(lines, sizes, bytearray(data[at + 10 * count :]), before, after)


def _little(values: array[int]) -> bytes:
    if sys.byteorder == "big":
        values = array(values.typecode, values)
        values.byteswap()
    return values.tobytes()
