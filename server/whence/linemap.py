"""Map the lines of a present text to those of the committed text that it grew from.

Lines are the same when their normal forms are (no white space), so re-indenting keeps an origin. What the order
allows is aligned first (longest common subsequence); a block that moved against the order keeps its origin when
it is long enough not to be chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rapidfuzz.distance import LCSseq

from whence.text import normal

MOVED_LINES = 3
MOVED_CHARACTERS = 60
"""A moved block needs three lines and sixty characters: by chance 0.25-0.4% of such runs agree between unrelated
projects of one language, single lines 3-33%."""

ALIGN_CELLS = 400_000_000
"""Above this product of changed lines the alignment costs seconds: only unique moved blocks are then looked for."""


def line_map(head: Sequence[str], present: Sequence[str]) -> tuple[int, ...]:
    """For each present line (in order) the 1-based head line that it is, or 0."""
    if head == present:
        return tuple(range(1, len(present) + 1))
    out = [0] * len(present)
    first = 0
    shortest = min(len(head), len(present))
    while first < shortest and head[first] == present[first]:
        out[first] = first + 1
        first += 1
    last = 0
    while last < shortest - first and head[-1 - last] == present[-1 - last]:
        out[-1 - last] = len(head) - last
        last += 1
    old = [normal(line) for line in head[first : len(head) - last]]
    new = [normal(line) for line in present[first : len(present) - last]]
    if old and new:
        _align(old, new, first, out)
        _moved(old, new, first, out)
    return tuple(out)


def _align(old: list[str], new: list[str], offset: int, out: list[int]) -> None:
    if len(old) * len(new) > ALIGN_CELLS:
        return
    numbers: dict[str, int] = {}
    left = [numbers.setdefault(line, len(numbers)) for line in old]
    right = [numbers.setdefault(line, len(numbers)) for line in new]
    for step in LCSseq.opcodes(left, right):
        if step.tag == "equal":
            for k in range(step.src_end - step.src_start):
                out[offset + step.dest_start + k] = offset + step.src_start + k + 1


def _moved(old: list[str], new: list[str], offset: int, out: list[int]) -> None:
    """Give runs of new lines that stand, unused, once among the old lines their old numbers."""
    taken = {number - 1 - offset for number in out if number}
    places: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(old):
        if line and index not in taken:
            places[line].append(index)
    index = 0
    while index < len(new):
        best: tuple[int, int] | None = None
        if not out[offset + index] and new[index]:
            for start in places.get(new[index], ())[:8]:
                length = _run(old, new, start, index, offset, out, taken)
                if best is None or length > best[1]:
                    best = (start, length)
        if best is None:
            index += 1
            continue
        start, length = best
        run = new[index : index + length]
        if sum(1 for line in run if line) >= MOVED_LINES and sum(map(len, run)) >= MOVED_CHARACTERS:
            for k in range(length):
                out[offset + index + k] = offset + start + k + 1
                taken.add(start + k)
        index += max(length, 1)


def _run(
    old: list[str], new: list[str], start: int, index: int, offset: int, out: list[int], taken: set[int]
) -> int:
    length = 0
    while (
        start + length < len(old)
        and index + length < len(new)
        and old[start + length] == new[index + length]
        and start + length not in taken
        and not out[offset + index + length]
    ):
        length += 1
    return length
