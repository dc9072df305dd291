"""Two texts as strings of tokens, laid side by side: for each line here, how much of it agrees with what was there.

What agrees in order is found first (longest common subsequence). By itself that would reward long texts, in which any
few brackets and keywords are found in order somewhere; so pieces that agree count only in chains: close behind one
another, many tokens in all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from rapidfuzz.distance import LCSseq

from whence.matching.tokens import is_word
from whence.quick import dataclass

MAX_GAP_TOKENS = 4
"""Tokens, there or here, between two pieces of one chain."""

CHAIN_TOKENS = 8
"""Least tokens that agree in a chain."""

CHAIN_SHARE = 0.4
"""Least share of a chain's tokens that agree."""

RENAMES = 2
"""Times that a name must have been exchanged for one and the same other to count as renamed."""


@dataclass(frozen=True, slots=True)
class Likened:
    """What a present line has in common with the written text."""

    agree: int
    """Tokens that stand there in the same order, renamed ones included."""
    renamed: int
    here: int
    """Tokens of the line."""
    there: int
    """Tokens of the written text from the first to the last that agrees."""
    first: int
    """The written line with which it agrees first, 0-based; -1: with none."""

    @property
    def similarity(self) -> float:
        """0 to 1; 1 where every token agrees and none is missing."""
        return 2 * self.agree / (self.here + self.there) if self.agree else 0.0


NOTHING = Likened(0, 0, 0, 0, -1)

_Piece = tuple[int, int, int]
"""Place there, place here, tokens."""


def liken(there: Sequence[str], here: Sequence[str], chain: int = CHAIN_TOKENS) -> list[Likened]:
    """For each line `here` (its tokens' codes) what it has in common with the lines `there`."""
    old, new = "".join(there), "".join(here)
    out = [NOTHING] * len(here)
    chains = _chains(_pieces(old, new), chain, old, new)
    if not chains:
        return out
    places: dict[int, int] = {}
    """Token here to token there."""
    for chained in chains:
        for start, begin, size in chained:
            if size == 1:
                places[begin] = start
            else:
                places.update(zip(range(begin, begin + size), range(start, start + size), strict=True))
        _drawn(chained, old, new, places)
    renamed = _renamed(chains, old, new)
    places.update(renamed)
    starts = list(accumulate(map(len, there), initial=0))
    ends = list(accumulate(map(len, here)))
    found = sorted(places)
    done = 0
    while done < len(found):  # only the rows that have any
        row = bisect_right(ends, found[done])
        stop = bisect_left(found, ends[row], done)
        meant = found[done:stop]
        done = stop
        left = [places[token] for token in meant]
        names = sum(map(renamed.__contains__, meant)) if renamed else 0
        low = min(left)
        first = bisect_right(starts, low) - 1
        out[row] = Likened(len(left), names, len(here[row]), max(left) - low + 1, first)
    return out


def _pieces(old: str, new: str) -> list[_Piece]:
    """What agrees, in order."""
    found: list[Any] = LCSseq.opcodes(old, new).as_matching_blocks()
    return [(same.a, same.b, same.size) for same in found[:-1]]  # the last one is empty


def _chains(pieces: Sequence[_Piece], least: int, old: str, new: str) -> list[Sequence[_Piece]]:
    """Pieces that follow one another closely on both sides, where there is enough of them."""
    found: list[Sequence[_Piece]] = []
    there = here = -MAX_GAP_TOKENS - 1
    """Up to where the next piece may begin."""
    first = agree = 0
    for at, (start, begin, size) in enumerate(pieces):
        if start > there or begin > here:
            if agree >= least:
                found.append(pieces[first:at])
            first, agree = at, 0
        agree += size
        there, here = start + size + MAX_GAP_TOKENS, begin + size + MAX_GAP_TOKENS
    if pieces and (agree >= least or agree == len(old) == len(new)):
        found.append(pieces[first:])
    return [chain for chain in found if _solid(chain)]


def _solid(chain: Sequence[_Piece]) -> bool:
    agree = sum([size for _, _, size in chain])
    (start, begin, _), (last, end, size) = chain[0], chain[-1]
    span = max(last - start, end - begin) + size
    return agree >= CHAIN_SHARE * span


def _drawn(chain: Sequence[_Piece], old: str, new: str, places: dict[int, int]) -> None:
    """Draw a chain out at both ends as far as the tokens agree: of equally long subsequences the search may have taken
    one that leaves an end to a stray token far away."""
    start, begin, _ = chain[0]
    while start and begin and begin - 1 not in places and old[start - 1] == new[begin - 1]:
        start, begin = start - 1, begin - 1
        places[begin] = start
    end, stop = (at + chain[-1][2] for at in chain[-1][:2])
    while end < len(old) and stop < len(new) and stop not in places and old[end] == new[stop]:
        places[stop] = end
        end, stop = end + 1, stop + 1


def _renamed(chains: Sequence[Sequence[_Piece]], old: str, new: str) -> dict[int, int]:
    """Tokens here that are another name for tokens there, throughout."""
    pairs: list[tuple[int, int]] = []
    for chain in chains:
        for (start, begin, size), (later, further, _) in pairwise(chain):
            gap = later - start - size
            if gap == further - begin - size:
                pairs.extend(
                    (start + at, begin + at)
                    for at in range(size, size + gap)
                    if is_word(old[start + at]) and is_word(new[begin + at])
                )
    if not pairs:
        return {}
    names = Counter((old[there], new[here]) for there, here in pairs)
    there, here = Counter(old[at] for at, _ in pairs), Counter(new[at] for _, at in pairs)
    return {
        right: left
        for left, right in pairs
        if (count := names[old[left], new[right]]) >= RENAMES
        and count == there[old[left]]
        and count == here[new[right]]
    }
