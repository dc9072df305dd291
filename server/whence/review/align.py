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

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import accumulate, pairwise

from whence.review.lines import CONTEXT
from whence.review.runs import (
    REACH,
    SEED_PAIRS,
    STRONG,
    STRONG_LINES,
    Present,
    Rank,
    Run,
    Stored,
    alive,
    common,
    find_runs,
    free,
    strong_only,
    take,
)


def align(stored: Stored, present: Present, wanted: Collection[int], *, home: bool) -> dict[int, int]:
    """Where stored lines stand now: place in `present` to place in `stored`.

    `wanted` are the places in `present` that need an answer: of equal lines they are served first. `home`: it is the
    review's own file. Every stored line is matched once, but for whole copies of strong stretches.
    """
    runs = find_runs(stored, present)
    rank = _ranking(runs, wanted, stored, present)
    taken = take(runs, stored, present, home=home, rank=rank)
    taken = alive(taken, stored) if home else strong_only(taken, stored)
    found = {run.here + step: run.there + step for run in taken for step in range(run.length)}
    if found:
        _fill(found, wanted, stored, present)
        _exchange(found, wanted, stored, present)
        _mend(found, wanted, stored, present)
    _copies(found, sorted(runs, key=lambda run: (-run.weight, run.here)), present)
    return found


def _ranking(
    runs: Sequence[Run], wanted: Collection[int], stored: Stored, present: Present
) -> Callable[[Run, bool | None], Rank]:
    """The most telling first; of those that say the same, the one that stands in its old order, or among its old
    neighbours."""
    heres = _often(((run.here, run.length) for run in runs), len(present.digests))
    theres = _often(((run.there, run.length) for run in runs), len(stored.digests))

    def rank(run: Run, in_order: bool | None) -> Rank:
        asked = run.here in wanted
        several = not _is_telling(run) and all(
            heres[run.here + step] > 1 or theres[run.there + step] > 1 for step in range(run.length)
        )
        kin = 0
        if several:
            kin = 2 * CONTEXT if in_order is None else _kin(run, stored, present)
        other = asked != stored.reviewed[run.there]
        return (
            several,
            -run.weight,
            -run.length,
            not asked,
            several and in_order is False,
            -kin,
            other,
            run.here,
        )

    return rank


def _is_telling(run: Run) -> bool:
    return run.length >= STRONG_LINES and run.weight >= STRONG


def _often(stretches: Iterable[tuple[int, int]], size: int) -> list[int]:
    """How many stretches (start, length) hold each place."""
    steps = [0] * (size + 1)
    for start, length in stretches:
        steps[start] += 1
        steps[start + length] -= 1
    return list(accumulate(steps))


def _kin(run: Run, stored: Stored, present: Present) -> int:
    """How many of the lines around a run stood around it then."""
    here, there = run.here + run.length, run.there + run.length
    now = {*present.digests[max(0, run.here - CONTEXT) : run.here], *present.digests[here : here + CONTEXT]}
    then = {
        *stored.digests[max(0, run.there - CONTEXT) : run.there],
        *stored.digests[there : there + CONTEXT],
    }
    return len(now & then)


def _fill(found: dict[int, int], wanted: Collection[int], stored: Stored, present: Present) -> None:
    """Align what lies between lines that were found, then what lies close to those whose other side is lost."""
    used = set(found.values())
    idle = [there for there in range(len(stored.digests)) if there not in used]

    def pair(here: Sequence[int], first: int, last: int) -> None:
        """Add the longest common subsequence of some present places and the idle stored ones in [first, last)."""
        if not here or first >= last:
            return
        there = [
            place for place in idle[bisect_left(idle, first) : bisect_left(idle, last)] if place not in used
        ]
        left = [present.digests[place] for place in here]
        right = [stored.digests[place] for place in there]
        for start, second, length in common(left, right):
            for step in range(length):
                found[here[start + step]] = there[second + step]
                used.add(there[second + step])

    for before, after in pairwise(sorted(found)):
        if found[before] < found[after]:
            pair(range(before + 1, after), found[before] + 1, found[after])
    theres = sorted(used)
    for before, after in pairwise([-1, *sorted(found), len(present.digests)]):
        first, last = found.get(before), found.get(after)
        if first is not None and last is not None and first < last:
            continue
        if first is not None:
            place = bisect_right(theres, first)
            end = theres[place] if place < len(theres) else len(stored.digests)
            near = [here for here in range(before + 1, min(after, before + 1 + REACH)) if here in wanted]
            pair(near, first + 1, min(end, first + 1 + REACH))
        if last is not None:
            place = bisect_left(theres, last)
            start = theres[place - 1] + 1 if place else 0
            near = [here for here in range(max(after - REACH, before + 1), after) if here in wanted]
            free = [here for here in near if not any(other in found for other in range(here, after))]
            pair(free, max(start, last - REACH), last)


def _exchange(found: dict[int, int], wanted: Collection[int], stored: Stored, present: Present) -> None:
    """Give a line that stands between its old neighbours its place back when an equal line elsewhere has it.

    That one gets a place of the same text that nobody has, so that so many equal lines are covered as were reviewed;
    where there is none it goes without, if it needs no answer.
    """
    user = {there: here for here, there in found.items()}
    known = sorted(found)
    reviewed: dict[str, list[int]] = {}
    spares: dict[str, list[int]] = {}
    for here in sorted(place for place in wanted if place not in found):
        digest = present.digests[here]
        if digest not in reviewed:
            reviewed[digest] = [there for there in stored.places.get(digest, ()) if stored.reviewed[there]]
            spares[digest] = [there for there in reversed(reviewed[digest]) if there not in user]
        places, spare = reviewed[digest], spares[digest]
        bounds = _bounds(here, known, present)
        if bounds is None:
            continue
        first, last = found[bounds[0]], found[bounds[1]]
        between = places[bisect_right(places, first) : bisect_left(places, last)][:SEED_PAIRS]
        taken = (there for there in between if there in user)
        own = next((there for there in taken if spare or user[there] not in wanted), None)
        if own is None:
            continue
        other = user[own]
        found[here], user[own] = own, here
        insort(known, here)
        if spare:
            found[other] = spare.pop()
            user[found[other]] = other
        else:
            del found[other]
            known.remove(other)


def _bounds(here: int, known: Sequence[int], present: Present) -> tuple[int, int] | None:
    """The places that were found on either side. Equal lines close by are passed over: any may have any other's place."""
    digest = present.digests[here]
    after = bisect_left(known, here)
    before = after - 1
    for _ in range(REACH):
        if before >= 0 and present.digests[known[before]] == digest:
            before -= 1
        if after < len(known) and present.digests[known[after]] == digest:
            after += 1
    return (known[before], known[after]) if before >= 0 and after < len(known) else None


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


def _copies(found: dict[int, int], runs: Sequence[Run], present: Present) -> None:
    """Nobody is asked twice for the same content: strong stretches count wherever they stand again."""
    used = set(found)
    for run in runs:
        for piece in free(run, used, set(), present):
            if piece.length >= STRONG_LINES and piece.weight >= STRONG:
                found.update({piece.here + step: piece.there + step for step in range(piece.length)})
                used.update(range(piece.here, piece.here + piece.length))
