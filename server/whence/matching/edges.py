"""What is taken back at the end: lines that everybody writes, where nothing beside them tells whose they are.

A region is what is claimed in one piece, blank lines aside. In another file than the one that was written into it
begins and ends with lines that tell something; anywhere an edited line at its edge has words in common with what was
written; and as a whole it tells something. In its own file a few short lines are enough for that, and a short write
between its old neighbours needs nothing more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from whence.matching.idioms import Telling, bare, telling
from whence.matching.runs import Claim
from whence.matching.values import Kind

FEW = 3
"""Lines of one's own, however short, that are enough in the file that they were written into."""


def loose(
    claims: Mapping[int, Sequence[Claim]], hollow: Collection[int], text: Mapping[int, str]
) -> set[int]:
    """The claimed rows that should not be. `hollow` rows agree in signs only; `text` has each claimed row's line."""
    found: set[int] = set()
    for region in _regions(claims):
        left = list(region)
        while left and _weak(claims, hollow, text, left[-1]):
            left.pop()
        start = next((at for at, row in enumerate(left) if not _weak(claims, hollow, text, row)), 0)
        left = left[start:]
        kinds = {claim.kind for row in left for claim in claims[row]}
        if Kind.IN_PLACE not in kinds and not _tells([text[row] for row in left], min(kinds, default=None)):
            left = []
        found.update(set(region).difference(left))
    return found


def _regions(claims: Mapping[int, Sequence[Claim]]) -> Iterator[range]:
    start: int | None = None
    for row in sorted(claims):
        if start is None:
            start = row
        if row + 1 not in claims:
            yield range(start, row + 1)
            start = None


def _weak(
    claims: Mapping[int, Sequence[Claim]], hollow: Collection[int], text: Mapping[int, str], row: int
) -> bool:
    """Whether a row is no edge of a region."""
    kind = min(claim.kind for claim in claims[row])
    if kind is Kind.IN_PLACE:
        return False
    return row in hollow or (kind > Kind.IN_PLACE and telling(text[row]) is Telling.NOTHING)


def _tells(lines: Sequence[str], kind: Kind | None) -> bool:
    some = [line for line in lines if telling(line) is not Telling.NOTHING]
    if any(telling(line) is Telling.ENOUGH and not bare(line) for line in some):
        return True
    return kind is not None and kind <= Kind.RENAMED and len(some) >= FEW
