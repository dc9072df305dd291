"""Lines as numbers: equal numbers, equal lines, white space and encoding aside. Only good inside one process."""

from __future__ import annotations

import unicodedata
from array import array
from typing import TypeAlias

BLANKS = b" \t\r\v\f"
"""What does not count in a line."""

Prints: TypeAlias = "array[int]"
"""A text, line by line."""

_LENGTH = 0xFF


def prints(text: bytes) -> Prints:
    """The prints of a text's lines; lines as git has them. A blank line's is 0."""
    lines = text.translate(None, BLANKS).split(b"\n")
    if not lines[-1] and (not text or text.endswith(b"\n")):
        lines.pop()
    if not text.isascii() or b"\0" in text:
        lines = [line if line.isascii() and b"\0" not in line else _plain(line) for line in lines]
    return array("q", [hash(line) & ~_LENGTH | min(len(line), _LENGTH) if line else 0 for line in lines])


_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""Byte-order marks: of UTF-8, and of the two orders of UTF-16."""

_LATIN = "latin-1"
"""What bytes are that are no UTF-8: it has a character for each, and those of Windows-1252 that differ are few."""


_OF_TEXT = bytes({*range(0x20, 0x100)} - {0x7F} | {0x1B})
"""What lines of text can have; others are of no encoding, and there are many in a binary file."""


def _plain(line: bytes) -> bytes:
    """The same for a line in whatever encoding and of whatever composition (`é` as one character or as two).

    Of UTF-16, which a line feed's byte cuts in the middle of a character, what Latin-1 has is told, and nothing else.
    """
    whole, line = line, line.replace(b"\0", b"")
    if line.translate(None, _OF_TEXT):
        return whole
    for mark in _MARKS:
        line = line.removeprefix(mark)
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode(_LATIN)
    return unicodedata.normalize("NFC", text).encode()


def length(print_: int) -> int:
    """How many bytes that are not blank a line has; long ones say 255."""
    return print_ & _LENGTH
