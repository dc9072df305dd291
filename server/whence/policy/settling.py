"""Whether an answer is the one that a decision asks for: the right disclosure, person, promise, purpose. Pure."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from whence.model import Evidence, EvidenceClass
from whence.policy import people
from whence.policy.values import Decision, Policy


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


def may_answer(decision: Decision, reviewer: str) -> bool:
    """Whether this person's review counts; `reviewer` is `Name <address>`."""
    return not decision.approvers or people.any_matches(decision.approvers, (reviewer,))


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
