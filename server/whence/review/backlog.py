"""What is left to do in a ledger: reviews without their lines, and findings without a review. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from whence.model import Finding, Requirement
from whence.ranges import Lines, count, each
from whence.review.ledger import Ledger
from whence.review.values import Review


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of one review's lines in the whole workspace."""

    review: Review
    kept: int
    """Non-blank present lines that it answers for, over all files."""
    paths: tuple[str, ...]
    """The files that hold them; empty when nothing is left."""
    added: tuple[tuple[str, Lines], ...] = ()
    """Lines that came among them since, by file."""

    @property
    def state(self) -> str:
        """`current`, `stale` (some lines changed) or `gone` (none is left)."""
        if not self.kept:
            return "gone"
        return "stale" if self.kept < len(self.review.lines) or self.added else "current"


def standing(ledger: Ledger, files: Iterable[tuple[str, Sequence[str]]]) -> tuple[Standing, ...]:
    """What became of every review, given each present text file of the workspace as (path, lines)."""
    kept: dict[str, int] = {}
    paths: dict[str, list[str]] = {}
    added: dict[str, list[tuple[str, Lines]]] = {}
    for path, lines in files:
        for covered in ledger.cover(path, lines, ((1, len(lines)),) if lines else ()):
            key = covered.review.id
            if not covered.lines:
                continue
            kept[key] = kept.get(key, 0) + sum(bool(lines[line - 1].strip()) for line in each(covered.lines))
            paths.setdefault(key, []).append(path)
            if covered.stale and covered.stale.added:
                added.setdefault(key, []).append((path, covered.stale.added))
    return tuple(
        Standing(
            review,
            kept.get(review.id, 0),
            tuple(paths.get(review.id, ())),
            tuple(added.get(review.id, ())),
        )
        for review in ledger.reviews
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
            waiting += [old for old in by_id[key].replaces if old in by_id]
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
