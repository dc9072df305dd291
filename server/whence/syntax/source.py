"""A text as the parser gets it: its bytes, how deeply it is indented, what an edit changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_MARKS = re.compile(r"\s*(?:[-?:]\s+)*")
_SURROGATE = re.compile("[\ud800-\udfff\0]")


class Edit(NamedTuple):
    """What turns one text into another. Offsets in bytes, points as row and column in bytes."""

    start: int
    old_end: int
    new_end: int
    start_point: tuple[int, int]
    old_end_point: tuple[int, int]
    new_end_point: tuple[int, int]


def encode(lines: Sequence[str]) -> bytes:
    """The text as UTF-8 with the same lines, the last one ended: some grammars ask for it.

    Undecodable bytes become letters, so that names stay names.
    """
    text = "\n".join([*lines, ""])
    try:
        if "\0" not in text:
            return text.encode()
    except UnicodeEncodeError:
        pass
    return _SURROGATE.sub("_", text).encode()


def indents(lines: Iterable[str]) -> int:
    """How many levels of indentation are open at once, at most; list marks at a line's start count as levels."""
    most = 0
    open_columns: list[int] = []
    for line in lines:
        marks = _MARKS.match(line)
        assert marks is not None
        columns = [at for at in range(marks.end()) if not line[at].isspace()]
        if marks.end() < len(line):
            columns.append(marks.end())
        if not columns:
            continue
        while open_columns and open_columns[-1] >= columns[0]:
            open_columns.pop()
        open_columns.extend(columns)
        most = max(most, len(open_columns))
    return most


def edit(old: bytes, new: bytes) -> Edit:
    """The one stretch of bytes in which two texts differ, on the borders of characters."""
    start = _common(old, new)
    while start and _inside(new, start):
        start -= 1
    tail = _common(old[start:][::-1], new[start:][::-1])
    while tail and _inside(new, len(new) - tail):
        tail -= 1
    old_end, new_end = len(old) - tail, len(new) - tail
    return Edit(start, old_end, new_end, point(old, start), point(old, old_end), point(new, new_end))


def _common(left: bytes, right: bytes) -> int:
    """How many first bytes are the same."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _inside(data: bytes, offset: int) -> bool:
    """Is the byte one of those that go on a character?"""
    return offset < len(data) and data[offset] & 0xC0 == 0x80


def point(data: bytes, offset: int) -> tuple[int, int]:
    """Row and column of a byte."""
    return data.count(b"\n", 0, offset), offset - 1 - data.rfind(b"\n", 0, offset)
