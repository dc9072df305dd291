"""Plain blocks: lines between blank lines. What every text falls back to, and what fills the gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from whence.model import Region

LONGEST_JOINED = 60
"""A statement longer than this many lines is cut at its blank lines after all; nobody would call it one thing."""


def blocks(
    lines: Sequence[str], first: int, last: int, joined: Iterable[tuple[int, int]] = ()
) -> list[Region]:
    """Cut lines `first`..`last` (1-based, inclusive) into blocks; a blank line inside a joined range does not cut."""
    inside = _inner_lines(first, last, joined)
    out: list[Region] = []
    start = end = 0
    for number in range(first, last + 1):
        if not lines[number - 1].strip():
            continue
        if start and all(between in inside for between in range(end + 1, number)):
            end = number
            continue
        if start:
            out.append(Region("block", None, start, end))
        start = end = number
    if start:
        out.append(Region("block", None, start, end))
    return out


def _inner_lines(first: int, last: int, joined: Iterable[tuple[int, int]]) -> set[int]:
    inside: set[int] = set()
    for start, end in joined:
        if start > last:
            break
        if end > first and end - start < LONGEST_JOINED:
            inside.update(range(max(start, first), min(end, last) + 1))
    return inside
