"""Which attributed lines already meet what a rule asks, and what a reader should know of the others. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from whence.model import Attribution, Evidence, EvidenceClass, Requirement
from whence.policy import Decision
from whence.ranges import Lines, count, each, from_lines, intersect, union
from whence.review import Covered, Review


def answered(
    item: Attribution, decision: Decision, heard: Sequence[Evidence], covered: Sequence[Covered]
) -> tuple[Lines, tuple[str, ...]]:
    """The lines of `item` that meet the decision, and notes as whole sentences.

    `heard` is all evidence of the document, `covered` what the ledger says of its attributed lines. Nothing meets
    `forbid`; a declaration by trailer or marker meets `disclose`; enough reviews that count meet `review`.
    """
    if decision.requirement is Requirement.FORBID:
        return (), ()
    if decision.requirement is Requirement.DISCLOSE:
        declared = (piece.lines for piece in heard if piece.evidence_class is EvidenceClass.DECLARED)
        return union(*declared), ()
    notes: list[str] = []
    reviewers: dict[int, set[str]] = {}
    for cover in covered:
        mine = intersect(cover.lines, item.lines)
        if not mine:
            continue
        why_not = refusal(decision, item, cover.review)
        if why_not:
            notes.append(why_not)
            continue
        for line in each(mine):
            reviewers.setdefault(line, set()).add(cover.review.reviewer)
    needed = max(decision.reviewers, 1)
    done = from_lines(line for line, people in reviewers.items() if len(people) >= needed)
    short = len(reviewers) - count(done)
    if short:
        notes.append(f"{short} of these lines have fewer than the {needed} reviews that the rule asks for.")
    return done, tuple(dict.fromkeys(notes))


def refusal(decision: Decision, item: Attribution, review: Review) -> str:
    """Why a review does not meet the decision, as a sentence; empty when it does."""
    who = review.reviewer
    if review.result == "rejected":
        return f"{who} read these lines and rejected them."
    if review.result == "disputed":
        return f"{who} disputes that a tool wrote these lines{': ' + review.note if review.note else ''}."
    if decision.criterion and review.criterion != decision.criterion:
        given = f"`{review.criterion}`" if review.criterion else "no criterion"
        return f"{who}'s review gives {given}; the rule asks for `{decision.criterion}`."
    if decision.purposes and review.purpose not in decision.purposes:
        stated = f"the purpose `{review.purpose}`" if review.purpose else "no purpose"
        return f"{who}'s review states {stated}; the rule allows {', '.join(decision.purposes)}."
    if decision.reviewers and _same_person(who, item):
        return f"{who} wrote or prompted these lines; the rule asks for someone else's review."
    return ""


def _same_person(reviewer: str, item: Attribution) -> bool:
    mine = _address(reviewer)
    return any(piece.person is not None and _address(piece.person) == mine for piece in item.evidence)


def _address(person: str) -> str:
    """The e-mail address of `Name <email>`, lower case; the whole string where there is none."""
    _, found, rest = person.rpartition("<")
    return (rest.rstrip(">") if found else person).strip().lower()
