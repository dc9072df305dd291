"""Whether an answer is the one that a decision asks for: the right disclosure, person, promise, purpose. Pure."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from whence.model import Evidence, EvidenceClass, Requirement
from whence.policy import people
from whence.policy.values import Decision, Disputes, Policy


def discloses(decision: Decision, evidence: Evidence) -> bool:
    """Whether a piece of evidence is a disclosure in the form that the decision asks for."""
    if evidence.evidence_class is not EvidenceClass.DECLARED:
        return False
    said = evidence.detail.strip().lower()
    # A marker's words stand in a comment; a form speaks of the words.
    spoken = (said, _CLOSER.sub("", _OPENER.sub("", said)))
    return not decision.disclosure or any(
        fnmatchcase(words, form.lower()) for form in decision.disclosure for words in spoken
    )


_OPENER = re.compile(r"^[^\w@\[]+")
_CLOSER = re.compile(r"\s*(?:\*/\}?|-->|\*\)|-\})$")
"""What opens and closes a comment of one line."""


def covers(policy: Policy | None, strict: Decision, other: Decision) -> bool:
    """Whether whoever meets `strict`, which is as severe or more so, has met `other` too."""
    if other.requirement is Requirement.ALLOW or strict.requirement is Requirement.FORBID:
        return True
    if strict.requirement is not other.requirement:
        return False
    if other.requirement is Requirement.DISCLOSE:
        wanted = set(other.disclosure)
        return not wanted or (bool(strict.disclosure) and set(strict.disclosure) <= wanted)
    return (
        promises(policy, strict.criterion, other.criterion)
        and strict.reviewers >= other.reviewers
        and (not other.purposes or (bool(strict.purposes) and set(strict.purposes) <= set(other.purposes)))
        and (
            not other.approvers or (bool(strict.approvers) and set(strict.approvers) <= set(other.approvers))
        )
    )


def may_answer(decision: Decision, reviewer: str) -> bool:
    """Whether this person's review counts; `reviewer` is `Name <address>`."""
    return not decision.approvers or people.any_matches(decision.approvers, (reviewer,))


def contested(policy: Policy | None, person: str) -> tuple[bool, str]:
    """Whether a person's dispute is accepted, and what is made of it, as a clause.

    Where there is no policy nothing is asked of anyone, so everyone's word is good.
    """
    if policy is None:
        return True, "nothing else is asked here"
    match policy.disputes:
        case Disputes.NOTED:
            return False, "the policy notes that and asks all the same"
        case Disputes.REFUSED:
            return False, "the policy accepts no disputes"
    if policy.disputers and not people.any_matches(policy.disputers, (person,)):
        return False, f"the policy accepts the word of {', '.join(policy.disputers)} only"
    return True, "the policy accepts that"


def promises(policy: Policy | None, given: str | None, wanted: str | None) -> bool:
    """Whether a review's criterion is the one that is asked for, or implies it."""
    if wanted is None or given == wanted:
        return True
    seen: set[str] = set()
    open_names = [given] if given else []
    while open_names:
        name = open_names.pop()
        criterion = policy.criterion(name) if policy else None
        if name == wanted:
            return True
        if name not in seen and criterion is not None:
            seen.add(name)
            open_names += criterion.implies
    return False


def serves(decision: Decision, purpose: str | None) -> bool:
    """Whether the purpose that a review states is one that the decision allows."""
    return not decision.purposes or purpose in decision.purposes
