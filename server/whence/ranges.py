"""Sets of lines as sorted runs.

Everywhere in Whence a `Lines` is a tuple of `(first, last)` pairs, 1-based and inclusive, ascending,
neither overlapping nor adjacent. A line is what git calls one: text up to and including a line feed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

Lines = tuple[tuple[int, int], ...]


def from_pairs(pairs: Iterable[tuple[int, int]]) -> Lines:
    """Sort and merge arbitrary inclusive pairs; pairs that are empty or start below 1 are dropped or cut."""
    out: list[tuple[int, int]] = []
    for first, last in sorted((max(a, 1), b) for a, b in pairs):
        if last < first:
            continue
        if out and first <= out[-1][1] + 1:
            if last > out[-1][1]:
                out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return tuple(out)


def from_lines(lines: Iterable[int]) -> Lines:
    """Runs from single line numbers in any order, repeats allowed."""
    out: list[tuple[int, int]] = []
    for line in sorted(set(lines)):
        if line < 1:
            continue
        if out and line == out[-1][1] + 1:
            out[-1] = (out[-1][0], line)
        else:
            out.append((line, line))
    return tuple(out)


def each(lines: Lines) -> Iterator[int]:
    """Every line number, ascending."""
    for first, last in lines:
        yield from range(first, last + 1)


def count(lines: Lines) -> int:
    return sum(last - first + 1 for first, last in lines)


def contains(lines: Lines, line: int) -> bool:
    return any(first <= line <= last for first, last in lines)


def union(*sets: Lines) -> Lines:
    return from_pairs(pair for lines in sets for pair in lines)


def intersect(left: Lines, right: Lines) -> Lines:
    if not left or not right:
        return ()
    out: list[tuple[int, int]] = []
    # One of the two is often a whole file's and the other a function's.
    i = max(bisect_left(left, (right[0][0],)) - 1, 0)
    j = max(bisect_left(right, (left[0][0],)) - 1, 0)
    while i < len(left) and j < len(right):
        first = max(left[i][0], right[j][0])
        last = min(left[i][1], right[j][1])
        if first <= last:
            out.append((first, last))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(out)


def subtract(left: Lines, right: Lines) -> Lines:
    out: list[tuple[int, int]] = []
    j = 0
    for first, last in left:
        while j < len(right) and right[j][1] < first:
            j += 1
        at, k = first, j
        while k < len(right) and right[k][0] <= last:
            if right[k][0] > at:
                out.append((at, right[k][0] - 1))
            at = max(at, right[k][1] + 1)
            k += 1
        if at <= last:
            out.append((at, last))
    return tuple(out)


def text(lines: Lines) -> str:
    """`1-4, 9` for messages."""
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in lines)
