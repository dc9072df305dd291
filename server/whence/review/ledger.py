"""The reviews that a workspace keeps, as one value: which of them answer for which present lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from whence.errors import Problem
from whence.model import NotMeasured
from whence.quick import dataclass
from whence.ranges import Lines, each, from_lines, intersect
from whence.review.align import align
from whence.review.form import plain
from whence.review.lines import fingerprint, weight
from whence.review.people import mailbox
from whence.review.runs import ANCHOR, Present, Stored
from whence.review.values import BREAK, Covered, Review, Staleness

COMMON = 64
"""A line that more reviews hold does not help to find those that speak of a file of another name."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Reviews in force, and what is wrong with files that hold none. Picklable."""

    reviews: tuple[Review, ...] = ()
    """Sorted by path and id; answers that their own author replaced are left out."""
    problems: tuple[Problem, ...] = ()
    recorded: tuple[Review, ...] = field(default=(), repr=False)
    """Every usable review, also the replaced ones, in the same order."""
    _by_digest: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False, compare=False)
    _by_path: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def of(reviews: Iterable[Review], problems: Iterable[Problem] = ()) -> Ledger:
        """A ledger from reviews in any order, the same one twice counting once."""
        known = {review.id: review for review in reviews}
        recorded = tuple(sorted(known.values(), key=lambda review: (review.path, review.id)))
        ordered = _in_force(recorded)
        by_digest: dict[str, list[int]] = defaultdict(list)
        by_path: dict[str, list[int]] = defaultdict(list)
        for place, review in enumerate(ordered):
            by_path[review.path].append(place)
            for digest in _stored(review.sequence).places:
                by_digest[digest].append(place)
        return Ledger(
            ordered,
            tuple(problems),
            recorded,
            {digest: tuple(places) for digest, places in by_digest.items()},
            {path: tuple(places) for path, places in by_path.items()},
        )

    @staticmethod
    def read(root: Path) -> Ledger:
        """The ledger under `root`. Never raises: what cannot be used becomes a problem, the rest is used."""
        from whence.review import store  # the only input or output here, kept out of the pure part's imports

        return Ledger.of(*store.read(root))

    @property
    def not_measured(self) -> tuple[NotMeasured, ...]:
        """The problems, for a report."""
        return tuple(NotMeasured("reviews", p.message, p.path, p.hint) for p in self.problems)

    def cover(self, path: str, lines: Sequence[str], wanted: Lines) -> tuple[Covered, ...]:
        """What the reviews answer for among the wanted lines of a present text. Pure.

        A line may be covered by several reviews, also by contrary ones; `whence.answers` weighs them.
        A blank line goes with its neighbours. A review all of whose lines changed is named with no lines.
        """
        if not self.reviews or not wanted:
            return ()
        present = survey(lines)
        asked = set(each(intersect(wanted, ((1, len(lines)),))))
        places = {place for place, number in enumerate(present.numbers) if number in asked}
        out = []
        for place in self._candidates(plain(path), present):
            covered = _cover(self.reviews[place], plain(path), present, places, wanted, len(lines))
            if covered is not None:
                out.append(covered)
        return tuple(out)

    def _candidates(self, path: str, present: Present) -> list[int]:
        """Reviews of this path, and those of any other path that share telling lines with this text."""
        shared: dict[int, int] = defaultdict(int)
        for digest, places in present.places.items():
            holders = self._by_digest.get(digest, ())
            if len(holders) <= COMMON:
                for place in holders:
                    shared[place] += present.weights[places[0]]
        own = self._by_path.get(path, ())
        return sorted({*own, *(place for place, weight in shared.items() if weight >= ANCHOR)})


def survey(lines: Sequence[str]) -> Present:
    """A present text, ready to be aligned with reviews."""
    numbers: list[int] = []
    digests: list[str] = []
    weights: list[int] = []
    places: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines, start=1):
        digest = fingerprint(line)
        if digest:
            places[digest].append(len(numbers))
            numbers.append(number)
            digests.append(digest)
            weights.append(weight(line))
    return Present(tuple(numbers), tuple(digests), tuple(weights), places)


@lru_cache(maxsize=4_096)
def _stored(sequence: tuple[str, ...]) -> Stored:
    return Stored.of(sequence)


def _in_force(recorded: Sequence[Review]) -> tuple[Review, ...]:
    """Without the answers that the same person has replaced."""
    by_id = {review.id: review for review in recorded}
    replaced = {
        old
        for review in recorded
        for old in review.replaces
        if old in by_id and mailbox(by_id[old].reviewer) == mailbox(review.reviewer)
    }
    return tuple(review for review in recorded if review.id not in replaced)


def _cover(
    review: Review, path: str, present: Present, places: set[int], wanted: Lines, count: int
) -> Covered | None:
    stored = _stored(review.sequence)
    home = review.path == path
    found = align(stored, present, places, home=home)
    if not found:
        return None
    reviewed = {here for here, there in found.items() if stored.reviewed[there]}
    gone = sum(stored.reviewed) - len({found[here] for here in reviewed})
    changed = (*_between(found, stored), *_at_ends(found, stored, len(present.numbers)))
    added = from_lines(present.numbers[here] for here in changed)
    lines = intersect(wanted, _with_blanks(reviewed, present, count))
    stale = Staleness(gone, added) if gone or added else None
    if lines or (home and stale and intersect(wanted, added)):
        return Covered(lines, review, stale)
    return None


def _between(found: dict[int, int], stored: Stored) -> Iterator[int]:
    """Places of new lines: between two lines that were found one after the other, or with only lost ones between,
    at least one of these having been under review. What took the place of lines that were only near is not among them."""
    heres = sorted(found)
    kept = set(found.values())
    for before, after in pairwise(heres):
        first, last = found[before], found[after]
        if after - before < 2 or last <= first or any(there in kept for there in range(first + 1, last)):
            continue
        lost = stored.reviewed[first + 1 : last]
        ends = stored.reviewed[first], stored.reviewed[last]
        if any(lost) or all(ends) or (any(ends) and not lost):
            yield from range(before + 1, after)


def _at_ends(found: dict[int, int], stored: Stored, size: int) -> Iterator[int]:
    """Places of lines that stand where the review's first or last lines were, when these and all beyond them are lost:
    as many as were lost. At a file's end there is no line beyond a changed one to tell that it is in its place."""
    places = {there: here for here, there in found.items()}
    for edge, step in ((min(places), -1), (max(places), 1)):
        lost, there = 0, edge + step
        while 0 <= there < len(stored.digests) and stored.digests[there] != BREAK:
            if stored.reviewed[there]:
                lost = abs(there - edge)
            there += step
        here = places[edge] + step
        while lost and 0 <= here < size and here not in found:
            yield here
            here, lost = here + step, lost - 1


def _with_blanks(reviewed: set[int], present: Present, count: int) -> Lines:
    """The line numbers of reviewed places, with the blank lines next to them."""
    pairs = []
    for here in reviewed:
        before = present.numbers[here - 1] if here else 0
        after = present.numbers[here + 1] if here + 1 < len(present.numbers) else count + 1
        pairs.append((before + 1, after - 1))
    return from_lines(line for first, last in pairs for line in range(first, last + 1))
