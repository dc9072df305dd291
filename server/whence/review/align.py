"""Find reviewed lines again in a text that went on living.

Both sides are sequences of line digests without blank lines. A plain longest common subsequence would lose every
line that moved, and a plain look-up of digests would call each new `return None` reviewed. So, in this order:

1. *Runs.* Equal stretches, grown from lines that are not too frequent, the most telling first; every stored line is
   used once. A run counts when its letters and digits say enough; a lone `}` is no run.
2. *Presence.* In the review's own file it is enough that a good part of it is there. In another file, or for a second
   copy, only a stretch that could hardly be chance counts, with what stands close to it.
3. *Gaps.* Between two neighbours that were found, in the review's order, lines that say little are aligned by
   `rapidfuzz` (longest common subsequence); next to a neighbour whose other side is lost, only within `REACH` lines.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import LCSseq

from whence.review.values import BREAK, CONTEXT_MARK

ANCHOR = 16
"""Letters and digits that a run needs to stand alone in the review's own file. `else: return None }` has 14."""

STRONG = 60
STRONG_LINES = 3
"""What a run needs elsewhere. By chance, 0.3% of runs of three lines and 60 characters meet their like in another
project of the same language; of single lines of 20 characters 3%."""

ALIVE = 1 / 3
ALIVE_WEIGHT = 40
"""What must be found of a review for it to be still present in its own file: this part of its lines, or this many
letters and digits."""

REACH = 8
"""How far, in non-blank lines, a line that says little may stand from its only neighbour that was found."""

SEED_PAIRS = 64
"""A line with more (here, there) pairs of occurrences grows no run; it can still be part of one."""

CELLS = 100_000_000
"""Larger gaps (here times there) are left unaligned: nobody's edit, and quadratic. 64 million take 15 ms."""


@dataclass(frozen=True, slots=True)
class Present:
    """The non-blank lines of a present text."""

    numbers: tuple[int, ...]
    digests: tuple[str, ...]
    weights: tuple[int, ...]
    places: Mapping[str, Sequence[int]]
    """Digest to the places (indexes) where it stands."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A review's sequence, marks taken off."""

    digests: tuple[str, ...]
    """`...` for a break, which equals nothing."""
    reviewed: tuple[bool, ...]
    places: Mapping[str, Sequence[int]]

    @staticmethod
    def of(sequence: Sequence[str]) -> Stored:
        digests = tuple(entry.removeprefix(CONTEXT_MARK) for entry in sequence)
        reviewed = tuple(entry[0] not in "~." for entry in sequence)
        places: dict[str, list[int]] = defaultdict(list)
        for place, digest in enumerate(digests):
            if digest != BREAK:
                places[digest].append(place)
        return Stored(digests, reviewed, dict(places))

    @property
    def size(self) -> int:
        return sum(map(len, self.places.values()))


@dataclass(frozen=True, slots=True)
class _Run:
    here: int
    there: int
    length: int
    weight: int
    strong: bool = False
    """Was the whole run strong, of which this may be what others left?"""


def align(stored: Stored, present: Present, wanted: Collection[int], *, home: bool) -> dict[int, int]:
    """Where stored lines stand now: place in `present` to place in `stored`.

    `wanted` are the places in `present` that need an answer: of equal lines they are served first. `home`: it is the
    review's own file. Every stored line is matched once, but for whole copies of strong stretches.
    """
    runs = _runs(stored, present)
    runs.sort(key=lambda run: (-run.weight, -run.length, run.here not in wanted, run.here))
    taken = _take(runs, stored, present, home=home)
    taken = _alive(taken, stored) if home else _strong(taken, stored, present)
    found = {run.here + step: run.there + step for run in taken for step in range(run.length)}
    if found:
        _fill(found, wanted, stored, present)
        _mend(found, wanted, stored, present)
    _copies(found, runs, present)
    return found


def _weight(present: Present, here: int, length: int) -> int:
    """Of the distinct lines of a stretch: ten equal lines prove what one proves."""
    seen: dict[str, int] = {}
    for place in range(here, here + length):
        seen[present.digests[place]] = present.weights[place]
    return sum(seen.values())


def _runs(stored: Stored, present: Present) -> list[_Run]:
    """All maximal equal stretches that hold at least one line that is not too frequent."""
    out: list[_Run] = []
    ends: dict[int, int] = {}  # diagonal -> last `there` that a run on it has reached
    for there, digest in enumerate(stored.digests):
        heres = present.places.get(digest, ())
        if not heres or len(heres) * len(stored.places[digest]) > SEED_PAIRS:
            continue
        for here in heres:
            if ends.get(here - there, -1) >= there:
                continue
            before = _equal(stored, present, here, there, -1)
            after = _equal(stored, present, here, there, 1)
            ends[here - there] = there + after
            out.append(_run(present, here - before, there - before, before + 1 + after))
    return out or _verbatim(stored, present) or _blocks(stored, present)


def _run(present: Present, here: int, there: int, length: int) -> _Run:
    weight = _weight(present, here, length)
    return _Run(here, there, length, weight, length >= STRONG_LINES and weight >= STRONG)


def _equal(stored: Stored, present: Present, here: int, there: int, step: int) -> int:
    """How many lines after (before) this pair are equal too."""
    count = 0
    while True:
        here, there = here + step, there + step
        if not (0 <= here < len(present.digests) and 0 <= there < len(stored.digests)):
            return count
        if present.digests[here] != stored.digests[there]:
            return count
        count += 1


def _verbatim(stored: Stored, present: Present) -> list[_Run]:
    """The whole stored sequence as it was, for text so repetitive that no line of it grows a run."""
    first, size = stored.digests[0], len(stored.digests)
    for here in present.places.get(first, ()):
        if present.digests[here : here + size] == stored.digests:
            return [_run(present, here, 0, size)]
    return []


def _blocks(stored: Stored, present: Present) -> list[_Run]:
    """The stretches of the longest common subsequence, for repetitive text that changed."""
    return [
        _run(present, here, there, length)
        for here, there, length in _common(present.digests, stored.digests)
        if length > 1
    ]


def _common(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """The longest common subsequence as stretches: place in `left`, place in `right`, length."""
    if not left or not right or len(left) * len(right) > CELLS:
        return
    for code in LCSseq.opcodes(left, right):
        length = code.src_end - code.src_start
        if (
            code.tag == "equal"
            and left[code.src_start : code.src_end] == right[code.dest_start : code.dest_end]
        ):
            yield code.src_start, code.dest_start, length


def _take(runs: Sequence[_Run], stored: Stored, present: Present, *, home: bool) -> list[_Run]:
    """Runs, or what is left of them, so that no line on either side is used twice."""
    used_here: set[int] = set()
    used_there: set[int] = set()
    out: list[_Run] = []
    for run in runs:
        for piece in _free(run, used_here, used_there, present):
            whole = home and piece.length == stored.size
            if piece.weight < ANCHOR and not whole:
                continue
            used_here.update(range(piece.here, piece.here + piece.length))
            used_there.update(range(piece.there, piece.there + piece.length))
            out.append(piece)
    return sorted(out, key=lambda run: run.here)


def _free(run: _Run, used_here: set[int], used_there: set[int], present: Present) -> list[_Run]:
    """The stretches of a run whose lines are unused on both sides."""
    out: list[_Run] = []
    start = None
    for step in range(run.length + 1):
        free = step < run.length and run.here + step not in used_here and run.there + step not in used_there
        if free and start is None:
            start = step
        elif not free and start is not None:
            here, length = run.here + start, step - start
            out.append(_Run(here, run.there + start, length, _weight(present, here, length), run.strong))
            start = None
    return out


def _is_strong(runs: Sequence[_Run], stored: Stored, present: Present) -> bool:
    """Could these stretches, taken together, hardly be chance, and do they hold something that was reviewed?"""
    length, weight = sum(run.length for run in runs), sum(run.weight for run in runs)
    if not any(run.strong for run in runs) and (length < STRONG_LINES or weight < STRONG):
        return False
    return any(stored.reviewed[run.there + step] for run in runs for step in range(run.length))


def _clusters(runs: Sequence[_Run]) -> list[list[_Run]]:
    """Runs that follow each other closely, in the review's order."""
    out: list[list[_Run]] = []
    for run in runs:
        if out:
            last = out[-1][-1]
            here, there = run.here - last.here - last.length, run.there - last.there - last.length
            if 0 <= there <= REACH and here <= REACH:
                out[-1].append(run)
                continue
        out.append([run])
    return out


def _strong(runs: Sequence[_Run], stored: Stored, present: Present) -> list[_Run]:
    return [run for cluster in _clusters(runs) if _is_strong(cluster, stored, present) for run in cluster]


def _alive(runs: Sequence[_Run], stored: Stored) -> list[_Run]:
    """All runs when enough of the review is there to say that they are no chance, else none."""
    found, weight = sum(run.length for run in runs), sum(run.weight for run in runs)
    return list(runs) if found >= ALIVE * stored.size or weight >= ALIVE_WEIGHT else []


def _fill(found: dict[int, int], wanted: Collection[int], stored: Stored, present: Present) -> None:
    """Align what lies between lines that were found, then what lies close to those whose other side is lost."""
    used = set(found.values())
    for before, after in pairwise(sorted(found)):
        if found[before] < found[after]:
            between = range(found[before] + 1, found[after])
            _pair(found, used, stored, present, range(before + 1, after), between)
    theres = sorted(used)
    for before, after in pairwise([-1, *sorted(found), len(present.digests)]):
        first, last = found.get(before), found.get(after)
        if first is not None and last is not None and first < last:
            continue
        if first is not None:
            place = bisect_right(theres, first)
            end = theres[place] if place < len(theres) else len(stored.digests)
            near = [here for here in range(before + 1, min(after, before + 1 + REACH)) if here in wanted]
            _pair(found, used, stored, present, near, range(first + 1, end)[:REACH])
        if last is not None:
            place = bisect_left(theres, last)
            start = theres[place - 1] + 1 if place else 0
            near = [here for here in range(max(after - REACH, before + 1), after) if here in wanted]
            free = [here for here in near if not any(other in found for other in range(here, after))]
            _pair(found, used, stored, present, free, range(start, last)[-REACH:])


def _pair(
    found: dict[int, int],
    used: set[int],
    stored: Stored,
    present: Present,
    here: Sequence[int],
    stretch: Sequence[int],
) -> None:
    """The longest common subsequence of two gaps, added to `found`."""
    there = [place for place in stretch if place not in used]
    left = [present.digests[place] for place in here]
    right = [stored.digests[place] for place in there]
    for first, second, length in _common(left, right):
        for step in range(length):
            found[here[first + step]] = there[second + step]
            used.add(there[second + step])


def _mend(found: dict[int, int], wanted: Collection[int], stored: Stored, present: Present) -> None:
    """Give a line next to its old neighbour its due when an equal line elsewhere has taken its place.

    It takes a spare equal one, or that of a line that needs no answer; and of two equal lines the one that was
    reviewed goes before the one that was near.
    """
    user = {there: here for here, there in found.items()}
    for exactly in (True, False):
        for here, there in list(found.items()):
            for near, slot in ((here - 1, there - 1), (here + 1, there + 1)):
                if not (0 <= near < len(present.digests) and 0 <= slot < len(stored.digests)):
                    continue
                if present.digests[near] != stored.digests[slot]:
                    continue
                if near in found and stored.reviewed[found[near]]:
                    continue
                equal = (slot,) if exactly else stored.places[stored.digests[slot]]
                spare = [other for other in equal if other not in user]
                if not spare and near in wanted:
                    spare = [other for other in equal if user[other] not in wanted]
                spare.sort(key=lambda other: not stored.reviewed[other])
                if spare and (near not in found or stored.reviewed[spare[0]]):
                    before = user.get(spare[0])
                    if before is not None:
                        del found[before]
                    found[near] = spare[0]
                    user[spare[0]] = near


def _copies(found: dict[int, int], runs: Sequence[_Run], present: Present) -> None:
    """Nobody is asked twice for the same content: strong stretches count wherever they stand again."""
    used = set(found)
    for run in runs:
        for piece in _free(run, used, set(), present):
            if piece.length >= STRONG_LINES and piece.weight >= STRONG:
                found.update({piece.here + step: piece.there + step for step in range(piece.length)})
                used.update(range(piece.here, piece.here + piece.length))
