"""One document in, its findings out: the one place where regions, attribution, policy and reviews meet. Pure.

`judge` says which lines do not meet what is asked, `findings.findings` cuts them by regions; `analyse` is both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from datetime import date

from whence.answers import Note, answered, disputes
from whence.attribution import attribute, declared_beside
from whence.findings import Part, findings, visible
from whence.model import (
    Attribution,
    Dispute,
    Document,
    Evidence,
    EvidenceClass,
    FileResult,
    Finding,
    NotMeasured,
    Requirement,
    Severity,
)
from whence.policy import Decision, Policy, Question, Surroundings, decide, excluded, ignored, strictness
from whence.quick import dataclass
from whence.ranges import Lines, intersect, subtract, union
from whence.review import Covered, Ledger
from whence.syntax import Regions, regions
from whence.tools import Registry

SHOWN_CLASSES = frozenset({EvidenceClass.RECORDED, EvidenceClass.SESSION, EvidenceClass.DECLARED})
"""Classes that speak unless the user or the policy asks for others: style is a hint, off by default."""


UNGOVERNED = Decision(
    requirement=Requirement.REVIEW,
    severity=Severity.INFO,
    code="attributed",
    scope=None,
    rule=None,
    because="",
    contact="",
    criterion=None,
    purposes=(),
    reviewers=0,
    group=None,
    steps=(),
)
"""Without a policy nothing is asked and nothing fails; what is attributed is shown until somebody reviewed it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is the same for every document of a workspace. Picklable."""

    registry: Registry
    policy: Policy | None
    ledger: Ledger
    today: date
    classes: frozenset[EvidenceClass] = SHOWN_CLASSES
    surroundings: Surroundings = field(default_factory=Surroundings)
    """Owners, branch and user, for rules that speak of them."""

    @property
    def user(self) -> str | None:
        """`Name <email>` of whoever works here: the author of lines that are not committed."""
        return self.surroundings.user


def analyse(document: Document, evidence: Sequence[Evidence], settings: Settings) -> FileResult:
    """Say what is known of one document. Never raises for what a document holds."""
    judged = judge(document, evidence, settings)
    found: tuple[Finding, ...] = ()
    missing: tuple[NotMeasured, ...] = ()
    if judged.parts:
        cut = regions(document.path, document.lines)
        found, missing = findings(document, judged.parts, cut.regions), incomplete(document.path, cut)
    return result(document, judged, found, missing)


def result(
    document: Document, judged: Judged, found: tuple[Finding, ...], missing: tuple[NotMeasured, ...]
) -> FileResult:
    """What is known of one document, from its parts."""
    contests = tuple(replace(item, lines=visible(document, item.lines)) for item in judged.disputes)
    return FileResult(
        document.path,
        len(document.lines),
        judged.attributions,
        found,
        judged.reviewed,
        judged.reviewed_for,
        contests,
        missing,
    )


def incomplete(path: str, cut: Regions) -> tuple[NotMeasured, ...]:
    """What is to be said of a text that could not be cut into regions."""
    if cut.complete:
        return ()
    return (NotMeasured("regions", cut.why, path=path, hint="findings name plain blocks instead"),)


@dataclass(frozen=True, slots=True)
class Judged:
    """Which lines came from a tool, and which of them do not meet what is asked."""

    attributions: tuple[Attribution, ...] = ()
    parts: tuple[Part, ...] = ()
    reviewed: Lines = ()
    """The lines that have all the reviews that are asked for."""
    reviewed_for: tuple[tuple[str, Lines], ...] = ()
    """For each scope that asks for a review, the lines that have it."""
    disputes: tuple[Dispute, ...] = ()


def heard(evidence: Sequence[Evidence], settings: Settings) -> list[Evidence]:
    """What may speak: the classes that are wanted, without what the policy ignores."""
    policy = settings.policy
    return [
        piece
        for piece in evidence
        if piece.evidence_class in settings.classes and not (policy and ignored(policy, piece))
    ]


def decided(path: str, item: Attribution, settings: Settings) -> Decision:
    """What is asked of lines of one origin."""
    if settings.policy is None:
        return UNGOVERNED
    return decide(settings.policy, question(path, item, settings))


def judge(
    document: Document,
    evidence: Sequence[Evidence],
    settings: Settings,
    *,
    covered: Callable[[Lines], Sequence[Covered]] | None = None,
    decided: Callable[[str, Attribution, Settings], Decision] = decided,
) -> Judged:
    """Attribute a document's lines, and ask the policy and the ledger about them.

    `covered` gives what reviews answer for among some lines, instead of the ledger itself; `decided` may remember.
    """
    path = document.path
    if settings.policy and excluded(settings.policy, path):
        return Judged()
    speaking = heard(evidence, settings)
    attributions = tuple(
        _strictest(path, item, settings, decided) for item in attribute(speaking, len(document.lines))
    )
    if not attributions:
        return Judged()
    attributed = union(*(item.lines for item in attributions))
    if covered is None:
        reviews: Sequence[Covered] = settings.ledger.cover(path, document.lines, attributed)
    else:
        reviews = covered(attributed)
    return _weighed(path, attributions, speaking, settings, reviews, decided)


def _strictest(
    path: str,
    item: Attribution,
    settings: Settings,
    decided: Callable[[str, Attribution, Settings], Decision],
) -> Attribution:
    """Where a commit declares several tools, the lines as those of the tool of which most is asked."""
    others = declared_beside(item)
    if not others:
        return item
    return max((item, *others), key=lambda one: strictness(decided(path, one, settings)))


def question(path: str, item: Attribution, settings: Settings) -> Question:
    """What to ask the policy about lines of one origin."""
    return settings.surroundings.question(path, item, settings.today)


def _weighed(
    path: str,
    attributions: tuple[Attribution, ...],
    speaking: Sequence[Evidence],
    settings: Settings,
    covered: Sequence[Covered],
    decided: Callable[[str, Attribution, Settings], Decision],
) -> Judged:
    """What does not meet the policy, the lines whose reviews count, and what is disputed."""
    approved = union(*(item.lines for item in covered if item.review.result == "approved"))
    refused = union(*(item.lines for item in covered if item.review.result == "rejected"))
    reviewed: Lines = ()
    by_scope: dict[str, Lines] = {}
    contests: list[Dispute] = []
    parts = []
    for item in attributions:
        decision = decided(path, item, settings)
        mine = disputes(settings.policy, path, item, covered)
        contests += mine
        cleared = union(*(dispute.lines for dispute in mine if dispute.accepted))
        answers = item.lines
        asked = [one for one in decision.obligations if one.requirement is Requirement.REVIEW]
        for one in decision.obligations:
            around = settings.surroundings
            done, notes = answered(settings.policy, item, one, speaking, covered, around.user, around.mailmap)
            if one.requirement is Requirement.REVIEW:
                answers = intersect(answers, done)
                if one.scope is not None:
                    by_scope[one.scope] = union(by_scope.get(one.scope, ()), done)
            left = subtract(item.lines, union(done, cleared))
            if left and (one.requirement is not Requirement.ALLOW or settings.policy is None):
                parts.append(Part(left, item, one, (*notes, *_on_all(one, item))))
        reviewed = union(reviewed, answers if asked else intersect(item.lines, subtract(approved, refused)))
    return Judged(attributions, tuple(parts), reviewed, tuple(by_scope.items()), tuple(contests))


def _on_all(decision: Decision, item: Attribution) -> list[Note]:
    """What holds of every line of an attribution: what could not be judged, and which answer the rule takes."""
    said = list(decision.unmeasured)
    if decision.requirement is Requirement.DISCLOSE and decision.disclosure:
        said.append(f"The rule takes a disclosure of this form: {', or '.join(decision.disclosure)}.")
    if decision.requirement is Requirement.REVIEW and decision.approvers:
        said.append(f"The rule takes the answer of: {', '.join(decision.approvers)}.")
    return [Note(item.lines, text) for text in said]
