"""What a change brings in that evidence gives to a tool, and what the policy asks of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from whence.answers import disclosed
from whence.attribution import attribute
from whence.model import Attribution, Evidence, EvidenceClass, Requirement
from whence.policy import Decision, Policy, Question, Surroundings, decide, discloses, excluded, ignored
from whence.quick import dataclass
from whence.ranges import Lines, intersect, subtract, union

COMMITS = "git-history"
"""The source that reads commits' own declarations: what is to be written, so never a reason to write it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of one origin that a change adds to one file."""

    path: str
    """Of the workspace."""
    lines: Lines
    """The added ones among those of `item`."""
    item: Attribution
    question: Question | None = None
    """What the policy was asked about the lines; None without a policy."""
    asked: tuple[Decision, ...] = ()
    """What each scope that wants a disclosure wants, also where another scope asks for more."""
    missing: tuple[Decision, ...] = ()
    """Those of `asked` that no marker in the file meets."""


def parts_of(
    path: str,
    evidence: Iterable[Evidence],
    added: Lines,
    line_count: int,
    *,
    policy: Policy | None,
    surroundings: Surroundings,
    today: date,
    classes: frozenset[EvidenceClass],
) -> tuple[Part, ...]:
    """The parts of one file, in order of first line. `added` are the lines that the change adds to the text."""
    if not added or (policy and excluded(policy, path)):
        return ()
    heard = [
        piece
        for piece in evidence
        if piece.source != COMMITS
        and piece.evidence_class in classes
        and piece.evidence_class is not EvidenceClass.INFERRED
        and not (policy and ignored(policy, piece))
    ]
    found = []
    for item in attribute(heard, line_count):
        lines = intersect(item.lines, added)
        if not lines:
            continue
        if policy is None:
            found.append(Part(path, lines, item))
            continue
        question = surroundings.question(path, item, today)
        asked = _asked(policy, question)
        missing = tuple(
            decision
            for decision in asked
            if subtract(
                lines, union(*(disclosed(piece, item) for piece in heard if discloses(decision, piece)))
            )
        )
        found.append(Part(path, lines, item, question, asked, missing))
    return tuple(found)


def _asked(policy: Policy, question: Question) -> tuple[Decision, ...]:
    """The disclosures that scopes ask for, each scope by itself: a review that another wants answers none of them."""
    alone = (decide(replace(policy, scopes=(scope,)), question) for scope in policy.scopes)
    return tuple(decision for decision in alone if decision.requirement is Requirement.DISCLOSE)
