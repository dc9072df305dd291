"""What a user can do about a finding from where it is shown.

There is no fix-all and no preferred action: an editor must never attest a review by itself, on save or otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from whence.engine import Snapshot
from whence.live import words
from whence.live.values import Offer, ReviewRequest
from whence.model import Finding
from whence.policy import Disputes

REVIEW = "whence.review"


def offers(uri: str, snapshot: Snapshot, found: Iterable[Finding]) -> list[Offer]:
    """Everything that can be done about some findings, in the order in which it is offered."""
    findings = list(found)
    out = [offer for finding in findings for offer in reviews(uri, finding)]
    # The word against a finding stands behind the answers to all: it is the rarer one.
    out += [offer for finding in _one_a_place(findings) for offer in disputes(uri, snapshot, finding)]
    return out


def _one_a_place(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Of findings on the same lines the first: a dispute is about who wrote them, whatever is asked."""
    seen: set[Any] = set()
    for finding in findings:
        place = (finding.lines, finding.agent)
        if place not in seen:
            seen.add(place)
            yield finding


def reviews(uri: str, finding: Finding) -> Iterator[Offer]:
    """The reviews that a finding can have, one for each purpose that the policy lets the reviewer state.

    Each says in its title what it promises and hands that back, so that nothing else is recorded than what was shown.
    """
    if words.can_review(finding):
        for purpose in finding.purposes or ("",):
            request = ReviewRequest(uri, finding.fingerprint, purpose=purpose, promise=finding.promise)
            title = words.review_title(finding, purpose)
            yield Offer(title, REVIEW, (request.to_json(),), finding.fingerprint)


def disputes(uri: str, snapshot: Snapshot, finding: Finding) -> Iterator[Offer]:
    """The user's word that no tool wrote the lines, where the policy takes it."""
    if snapshot.policy and snapshot.policy.disputes is Disputes.REFUSED:
        return
    request = ReviewRequest(uri, finding.fingerprint, result="disputed", note=words.OWN_WORK)
    title = words.dispute_title(finding, snapshot.registry, snapshot.policy, snapshot.settings.user)
    yield Offer(title, REVIEW, (request.to_json(),), finding.fingerprint)
