"""Text as Whence sees it: decoding, lines, the normal form of a line and its digest.

A line ends at a line feed, as in git. A carriage return before it belongs to the line's ending, not to its
text. The normal form of a line has no white space at all, so that re-indenting, re-spacing and other line
endings keep its identity (measured to survive formatters at a median of 100% of lines).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import filterfalse

from whence.blake import blake2b

MAX_TEXT_BYTES = 8 * 1024 * 1024
"""Larger files are reported as not measured: nobody reads them line by line."""

MAX_LINE_CHARACTERS = 20_000
"""A longer line is generated or minified; it takes part in counts, never in matching."""

_SNIFF = 8192

_WHITE = b" \t\r\x0b\x0c\x1c\x1d\x1e\x1f"
"""The white space among ASCII characters, as `str.split` has it, without the line feed."""

_WIDE = "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""All other white space."""

_NO_WIDE = dict.fromkeys(map(ord, _WIDE))


def is_binary(data: bytes) -> bool:
    """Git's rule: a NUL byte in the first 8,000 or so, unless a UTF-16 byte-order mark explains it."""
    return b"\0" in data[:_SNIFF] and not data.startswith((b"\xff\xfe", b"\xfe\xff"))


_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
"""How a pointer of Git LFS begins, as its specification has it."""

POINTER_BYTES = 1024
"""A pointer is shorter."""


def is_pointer(data: bytes) -> bool:
    """Whether this stands for a file's content that Git LFS keeps elsewhere: keys with a value each and nothing else, the
    hash and the size of the content last."""
    if len(data) >= POINTER_BYTES or not data.startswith(_POINTER) or not data.endswith(b"\n"):
        return False
    pairs = [line.split(b" ") for line in data[len(_POINTER) : -1].split(b"\n")]
    keys = [pair[0] for pair in pairs if len(pair) == 2]
    return len(keys) == len(pairs) and keys[-2:] == [b"oid", b"size"] and pairs[-1][1].isdigit()


def decode(data: bytes) -> str:
    """Decode a file's bytes without ever failing; undecodable bytes become lone surrogates, so nothing is lost."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    return data.decode("utf-8", "surrogateescape")


def split(text: str) -> tuple[str, ...]:
    """The lines without their endings; no empty line after a final line feed, so counts agree with git's."""
    if not text:
        return ()
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    if "\r" not in text:
        return tuple(lines)
    return tuple(line[:-1] if line.endswith("\r") else line for line in lines)


def normal(line: str) -> str:
    """The line without any white space."""
    return "".join(line.split())


def normals(lines: Sequence[str]) -> list[bytes]:
    """The normal form of each line in UTF-8: of many at once in a fifth of the time."""
    text = "\n".join(lines)
    # Sign by sign: an expression that looks for all of them takes four times as long.
    if not text.isascii() and any(map("".join(filterfalse(str.isascii, lines)).__contains__, _WIDE)):
        text = text.translate(_NO_WIDE)
    plain = text.encode("utf-8", "surrogatepass").translate(None, _WHITE).split(b"\n")
    if len(plain) != len(lines):  # none at all, or a line feed inside a line
        plain = [normal(line).encode("utf-8", "surrogatepass") for line in lines]
    return plain


def digest(line: str, size: int = 8) -> bytes:
    """`size` bytes that identify the normal form of one line; 16 where somebody may want two lines to collide."""
    return blake2b(normal(line).encode("utf-8", "surrogatepass"), digest_size=size).digest()


def display(value: str, limit: int = 200) -> str:
    """Foreign text made safe for a terminal: control and invisible format characters escaped, cut to `limit`."""
    cut = value if len(value) <= limit else value[: limit - 1] + "…"
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in cut
    )


def blob_id(data: bytes, length: int) -> str:
    """git's id of a file with these bytes; `length` is that of the repository's ids in hex digits."""
    import hashlib  # brings OpenSSL with it, which most quick answers do without

    state = hashlib.sha256() if length == 64 else hashlib.sha1(usedforsecurity=False)
    state.update(b"blob %d\0" % len(data))
    state.update(data)
    return state.hexdigest()


def counted(number: int, word: str) -> str:
    """`1 line`, `1,200 lines`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
