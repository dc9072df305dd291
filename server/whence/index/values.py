"""What the index is told and what it tells. Times are Unix seconds, lines 1-based, offsets bytes."""

from __future__ import annotations

import sys
from array import array
from dataclasses import field

from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Which transcript: its reader, its file, and its part of that file."""

    source: str
    path: str
    """Absolute; surrogates stand for bytes that are no UTF-8."""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a transcript looked like on disk."""

    size: int
    changed: float
    inode: str = ""
    """Device and inode; empty where nobody asked."""
    head: bytes = b""
    """Digest of its first `head_size` bytes."""
    head_size: int = 0
    seam: bytes = b""
    """Digest of the `seam_size` bytes before `Position.offset`."""
    seam_size: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """How far a transcript was read, to go on from there."""

    offset: int = 0
    """Bytes of whole lines, of the decompressed file."""
    line: int = 0
    state: bytes | None = None
    """What the reader remembers; None: it cannot go on and begins anew."""


@dataclass(frozen=True, slots=True)
class Known:
    """A transcript as the index knows it."""

    number: int
    identity: Identity
    look: Look
    position: Position
    revision: int
    """Grows with every reading: whoever reads tells it, so that two at once do not both count."""
    readers: int
    prints: int
    """Versions of what read and printed it."""
    whole: bool
    """Whether it was read to the end that it had then."""
    gone: float | None
    """Since when its file is missing."""


@dataclass(frozen=True, slots=True)
class Inserted:
    """A block of a write: its digest, and its print where the index has none yet."""

    digest: int
    """64 bits of (tool, path, text), unsigned."""
    lines: int
    print: bytes = b""
    keys: array[int] = field(default_factory=lambda: array("Q"))


@dataclass(frozen=True, slots=True)
class Wrote:
    """One write of a session, without its text."""

    tool: str
    model: str | None
    session: str
    path: str
    cwd: str
    time: float | None
    contributor: str
    outcome: str
    line: int
    offset: int
    record: str
    blocks: tuple[Inserted, ...]
    file: str = ""
    """Where in it the record stands, when that is not the transcript's own name."""
    person: str | None = None
    """Who prompted the tool, where the transcript says so."""
    settled: bool = True
    """False: told again, perhaps otherwise, when the transcript has grown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One showing of a file to a tool."""

    path: str
    cwd: str
    time: float | None
    session: str
    line: int
    offset: int
    lines: int
    sent: bool
    settled: bool = True


@dataclass(slots=True)
class Reading:
    """What one reading of a transcript brought."""

    identity: Identity
    shown: str
    known: Known | None
    """What it went on from; None: the transcript is new."""
    look: Look
    position: Position
    readers: int
    whole: bool = True
    replace: bool = False
    """Whether it begins at the beginning, so that what was told before is told again."""
    failed: bool = False
    """Whether it could not be read at all: what it said before stays."""
    retired: Known | None = None
    """What had this name before, and said things that are not in it any more."""
    wrote: list[Wrote] = field(default_factory=list)
    read: list[Shown] = field(default_factory=list)
    theirs: array[int] = field(default_factory=lambda: array("Q"))
    own: array[int] = field(default_factory=lambda: array("Q"))
    """Marks that came with the settled part."""
    problems: int = 0
    problem: str = ""
    hint: str = ""
    cut: int = 0
    """The number of a last line that is no whole record; 0: none."""


def to_bytes(values: array[int]) -> bytes:
    """Little-endian, whatever the machine."""
    if sys.byteorder == "big":
        values = array(values.typecode, values)
        values.byteswap()
    return values.tobytes()


def from_bytes(code: str, data: bytes) -> array[int]:
    """What `to_bytes` wrote. Raises ValueError for bytes that are no whole number of values."""
    values: array[int] = array(code)
    values.frombytes(data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def signed(value: int) -> int:
    """64 bits as SQLite keeps them."""
    return value - (1 << 64) if value >> 63 else value


def all_signed(values: array[int]) -> array[int]:
    """The same for many."""
    out: array[int] = array("q")
    out.frombytes(values.tobytes())
    return out


def encoded(word: str) -> bytes:
    """Any string as bytes, lone surrogates included."""
    return word.encode("utf-8", "surrogatepass")


def decoded(value: bytes) -> str:
    return value.decode("utf-8", "surrogatepass")
