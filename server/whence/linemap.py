"""Map the lines of a present text to those of the committed text that it grew from.

Lines are the same when their normal forms are (no white space), so re-indenting keeps an origin. What the order
allows is aligned first (longest common subsequence); where a block of new lines could as well stand lower, it does,
as git has it; a block that moved against the order keeps its origin when it is long enough not to be chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache

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
    shortest = min(len(head), len(present))
    first = _equal(shortest, lambda low, high: head[low:high] == present[low:high])
    ends = len(head), len(present)
    last = _equal(
        shortest - first,
        lambda low, high: head[ends[0] - high : ends[0] - low] == present[ends[1] - high : ends[1] - low],
    )
    out = [*range(1, first + 1), *([0] * (ends[1] - first - last)), *range(ends[0] - last + 1, ends[0] + 1)]
    old = [_form(line) for line in head[first : ends[0] - last]]
    new = [_form(line) for line in present[first : ends[1] - last]]
    if old and new:
        _align(old, new, first, out)
        _slide(present, first, out)
        _moved(old, new, first, out)
    return tuple(out)


_form = lru_cache(maxsize=32_768)(normal)
"""An editor asks for the same lines at every keystroke."""


def _equal(most: int, same: Callable[[int, int], bool]) -> int:
    """How many first things are the same; `same` compares a stretch of them."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _align(old: list[str], new: list[str], offset: int, out: list[int]) -> None:
    if len(old) * len(new) > ALIGN_CELLS:
        return
    from rapidfuzz.distance import LCSseq  # takes a while to load, and most documents are as committed

    numbers: dict[str, int] = {}
    left = [numbers.setdefault(line, len(numbers)) for line in old]
    right = [numbers.setdefault(line, len(numbers)) for line in new]
    for step in LCSseq.opcodes(left, right):
        if step.tag == "equal":
            for k in range(step.src_end - step.src_start):
                out[offset + step.dest_start + k] = offset + step.src_start + k + 1


def _slide(present: Sequence[str], start: int, out: list[int]) -> None:
    """Let blocks of new lines begin as late as they can, where nothing went away: of two copies the lower is the new
    one, whole, and its last line is not taken for that of the upper."""
    size = len(out)
    while start < size:
        if out[start]:
            start += 1
            continue
        end = _mapped(out, start)
        above = out[start - 1] if start else 0
        while end < size and out[end] == above + 1 and present[start] == present[end]:
            above = out[start] = out[end]
            out[end] = 0
            start, end = start + 1, _mapped(out, end)
        start = end


def _mapped(out: list[int], index: int) -> int:
    """The first line from here on that is mapped; the end where none is."""
    while index < len(out) and not out[index]:
        index += 1
    return index


def _moved(old: list[str], new: list[str], offset: int, out: list[int]) -> None:
    """Give runs of new lines that stand, unused, once among the old lines their old numbers."""
    taken = {number - 1 - offset for number in out[offset : offset + len(new)] if number}
    places: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(old):
        if line and index not in taken:
            places[line].append(index)
    after = 0
    for index, line in enumerate(new) if places else ():
        if index < after or not line or out[offset + index]:
            continue
        best: tuple[int, int] | None = None
        for start in places.get(line, ())[:8]:
            length = _run(old, new, start, index, offset, out, taken)
            if best is None or length > best[1]:
                best = (start, length)
        if best is None:
            continue
        start, length = best
        run = new[index : index + length]
        if sum(1 for line in run if line) >= MOVED_LINES and sum(map(len, run)) >= MOVED_CHARACTERS:
            for k in range(length):
                out[offset + index + k] = offset + start + k + 1
                taken.add(start + k)
        after = index + max(length, 1)


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
