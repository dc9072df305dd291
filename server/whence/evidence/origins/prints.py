"""Lines as numbers: equal numbers, equal lines, white space aside. Only good inside one process."""

from __future__ import annotations

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
    return array("q", [hash(line) & ~_LENGTH | min(len(line), _LENGTH) if line else 0 for line in lines])


def length(print_: int) -> int:
    """How many bytes that are not blank a line has; long ones say 255."""
    return print_ & _LENGTH
