"""What is left to do in a ledger: reviews without their lines, and findings without a review. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from whence.model import Finding, Requirement
from whence.quick import dataclass
from whence.ranges import Lines, count, each, intersect, subtract, union
from whence.review.ledger import Ledger
from whence.review.lines import fingerprint
from whence.review.people import mailbox
from whence.review.values import Review


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of one review's lines in the whole workspace."""

    review: Review
    kept: int
    """Of its lines, how many stand in some file."""
    paths: tuple[str, ...]
    """The files that hold them, copies too; empty when nothing is left."""
    added: tuple[tuple[str, Lines], ...] = ()
    """Lines that came among them since and that the same person has not answered for, by file."""
    renewed: int = 0
    """Lines that came among them since and that the same person has answered for."""

    @property
    def state(self) -> str:
        """`current` (all lines are there, or what changed is answered again), `stale` or `gone` (none is left)."""
        if not self.kept:
            return "gone"
        lost = self.kept < len(self.review.lines) and not self.renewed
        return "stale" if lost or self.added else "current"


@dataclass(slots=True)
class _Seen:
    """One review's lines in one file."""

    path: str
    kept: Counter[str]
    added: Lines
    renewed: Lines


def standing(ledger: Ledger, files: Iterable[tuple[str, Sequence[str]]]) -> tuple[Standing, ...]:
    """What became of every review, given each present text file of the workspace as (path, lines)."""
    seen: dict[str, list[_Seen]] = {}
    for path, lines in files:
        covers = ledger.cover(path, lines, ((1, len(lines)),) if lines else ())
        answers: dict[str, list[Lines]] = {}
        for covered in covers:
            answers.setdefault(mailbox(covered.review.reviewer), []).append(covered.lines)
        for covered in covers:
            if not covered.lines:
                continue
            kept = Counter(filter(None, (fingerprint(lines[line - 1]) for line in each(covered.lines))))
            came = covered.stale.added if covered.stale else ()
            renewed = intersect(came, union(*answers[mailbox(covered.review.reviewer)])) if came else ()
            seen.setdefault(covered.review.id, []).append(_Seen(path, kept, subtract(came, renewed), renewed))
    return tuple(_standing(review, seen.get(review.id, [])) for review in ledger.reviews)


def _standing(review: Review, seen: Sequence[_Seen]) -> Standing:
    """Put together what the files say. What stands beside a mere copy of the lines changed nothing in them."""
    left = Counter(review.lines)
    telling = []
    for one in sorted(seen, key=lambda one: (one.path != review.path, -one.kept.total())):
        if one.path == review.path or left & one.kept:
            telling.append(one)
        left -= one.kept
    telling.sort(key=lambda one: one.path)
    return Standing(
        review,
        len(review.lines) - left.total(),
        tuple(one.path for one in seen),
        tuple((one.path, one.added) for one in telling if one.added),
        sum(count(one.renewed) for one in telling),
    )


@dataclass(frozen=True, slots=True)
class Orphan:
    """A review that answers for nothing any more."""

    review: Review
    why: str


def prune(standings: Iterable[Standing], paths: Iterable[str]) -> tuple[Orphan, ...]:
    """Reviews of which no present file holds a line. Nothing is removed here."""
    present = set(paths)
    return tuple(
        Orphan(
            item.review,
            f"none of its {len(item.review.lines)} lines is left"
            if item.review.path in present
            else f"{item.review.path} is gone, and no other file holds its lines",
        )
        for item in standings
        if item.state == "gone"
    )


def replaced_by(ledger: Ledger, ids: Iterable[str]) -> set[str]:
    """These reviews and all that they replaced: what one takes away, the other must not bring back into force."""
    by_id = {review.id: review for review in ledger.recorded}
    out: set[str] = set()
    waiting = [key for key in ids if key in by_id]
    while waiting:
        key = waiting.pop()
        if key not in out:
            out.add(key)
            mine = mailbox(by_id[key].reviewer)
            waiting += [
                old for old in by_id[key].replaces if old in by_id and mailbox(by_id[old].reviewer) == mine
            ]
    return out


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One step of the backlog."""

    finding: Finding
    lines: int
    """To read for this step."""
    total: int
    """To read up to and with this step."""


def suggest(findings: Iterable[Finding]) -> tuple[Suggestion, ...]:
    """What a review would settle, fewest lines first, then by place. Forbidden lines are not among it."""
    open_ = [finding for finding in findings if finding.requirement is Requirement.REVIEW]
    open_.sort(key=lambda finding: (count(finding.lines), finding.path, finding.start))
    out: list[Suggestion] = []
    total = 0
    for finding in open_:
        size = count(finding.lines)
        total += size
        out.append(Suggestion(finding, size, total))
    return tuple(out)
