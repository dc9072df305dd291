"""Stretches of reviewed lines that stand in a present text, and which of them are no chance. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

from whence.quick import dataclass
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


Rank = tuple[int, ...]
"""What is lowest comes first."""


@dataclass(frozen=True, slots=True)
class Run:
    here: int
    there: int
    length: int
    weight: int
    strong: bool = False
    """Was the whole run strong, of which this may be what others left?"""


def _weight(present: Present, here: int, length: int) -> int:
    """Of the distinct lines of a stretch: ten equal lines prove what one proves."""
    seen: dict[str, int] = {}
    for place in range(here, here + length):
        seen[present.digests[place]] = present.weights[place]
    return sum(seen.values())


def find_runs(stored: Stored, present: Present) -> list[Run]:
    """All maximal equal stretches that hold at least one line that is not too frequent."""
    out: list[Run] = []
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


def _run(present: Present, here: int, there: int, length: int) -> Run:
    weight = _weight(present, here, length)
    return Run(here, there, length, weight, length >= STRONG_LINES and weight >= STRONG)


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


def _verbatim(stored: Stored, present: Present) -> list[Run]:
    """The whole stored sequence as it was, for text so repetitive that no line of it grows a run."""
    first, size = stored.digests[0], len(stored.digests)
    for here in present.places.get(first, ()):
        if present.digests[here : here + size] == stored.digests:
            return [_run(present, here, 0, size)]
    return []


def _blocks(stored: Stored, present: Present) -> list[Run]:
    """The stretches of the longest common subsequence, for repetitive text that changed."""
    return [
        _run(present, here, there, length)
        for here, there, length in common(present.digests, stored.digests)
        if length > 1
    ]


def common(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """The longest common subsequence as stretches: place in `left`, place in `right`, length."""
    if not left or not right or len(left) * len(right) > CELLS:
        return
    from rapidfuzz.distance import LCSseq  # takes a while to load, and most reviewed lines are as they were

    for code in LCSseq.opcodes(left, right):
        length = code.src_end - code.src_start
        if (
            code.tag == "equal"
            and left[code.src_start : code.src_end] == right[code.dest_start : code.dest_end]
        ):
            yield code.src_start, code.dest_start, length


def take(
    runs: Sequence[Run],
    stored: Stored,
    present: Present,
    *,
    home: bool,
    rank: Callable[[Run, bool | None], Rank],
) -> list[Run]:
    """Runs, or what is left of them, so that no line on either side is used twice, by their rank.

    `rank` is told whether a run stands in the review's order between the neighbours that were taken before it; with
    None it gives the lowest that could come of it. What others left of a run waits for its turn anew: a line that fits in place goes before a crumb of a longer run.
    """
    used_here: set[int] = set()
    used_there: set[int] = set()
    out: list[Run] = []
    size = stored.size
    waiting = [(rank(run, None), number, run) for number, run in enumerate(runs)]
    heapify(waiting)
    number = len(waiting)
    while waiting:
        old, _, run = heappop(waiting)
        for piece in free(run, used_here, used_there, present):
            whole = home and piece.length == size
            if piece.weight < ANCHOR and not whole:
                continue
            now = rank(piece, _is_in_order(piece, out))
            if now > old:
                number += 1
                heappush(waiting, (now, number, piece))
                continue
            used_here.update(range(piece.here, piece.here + piece.length))
            used_there.update(range(piece.there, piece.there + piece.length))
            insort(out, piece, key=_here)
    return out


def _is_in_order(run: Run, taken: Sequence[Run]) -> bool:
    """Whether a run's neighbours among those taken are its neighbours in the review, too. `taken` is in present order."""
    place = bisect_left(taken, run.here, key=_here)
    before = taken[place - 1] if place else None
    after = taken[place] if place < len(taken) else None
    return (before is None or before.there < run.there) and (after is None or run.there < after.there)


def _here(run: Run) -> int:
    return run.here


def free(run: Run, used_here: set[int], used_there: set[int], present: Present) -> list[Run]:
    """The stretches of a run whose lines are unused on both sides."""
    out: list[Run] = []
    start = None
    for step in range(run.length + 1):
        free = step < run.length and run.here + step not in used_here and run.there + step not in used_there
        if free and start is None:
            start = step
        elif not free and start is not None:
            here, length = run.here + start, step - start
            out.append(Run(here, run.there + start, length, _weight(present, here, length), run.strong))
            start = None
    return out


def _is_strong(runs: Sequence[Run], stored: Stored) -> bool:
    """Could these stretches, taken together, hardly be chance, and do they hold something that was reviewed?"""
    length, weight = sum(run.length for run in runs), sum(run.weight for run in runs)
    if not any(run.strong for run in runs) and (length < STRONG_LINES or weight < STRONG):
        return False
    return any(stored.reviewed[run.there + step] for run in runs for step in range(run.length))


def _clusters(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs that follow each other closely, in the review's order."""
    out: list[list[Run]] = []
    for run in runs:
        if out:
            last = out[-1][-1]
            here, there = run.here - last.here - last.length, run.there - last.there - last.length
            if 0 <= there <= REACH and here <= REACH:
                out[-1].append(run)
                continue
        out.append([run])
    return out


def strong_only(runs: Sequence[Run], stored: Stored) -> list[Run]:
    return [run for cluster in _clusters(runs) if _is_strong(cluster, stored) for run in cluster]


def alive(runs: Sequence[Run], stored: Stored) -> list[Run]:
    """All runs when enough of the review is there to say that they are no chance, else none."""
    found, weight = sum(run.length for run in runs), sum(run.weight for run in runs)
    return list(runs) if found >= ALIVE * stored.size or weight >= ALIVE_WEIGHT else []
