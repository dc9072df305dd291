"""What a user can do about a finding from where it is shown.

There is no fix-all and no preferred action: an editor must never attest a review by itself, on save or otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from whence.engine import Snapshot
from whence.live import fixes, words
from whence.live.document import LiveDocument
from whence.live.values import DISCLOSE, EVIDENCE, EXCEPT, REMOVE, FixRequest, Offer, ReviewRequest
from whence.model import Finding
from whence.policy import Disputes

REVIEW = "whence.review"
FIX = "whence.fix"
SHOW_EVIDENCE = "whence.showEvidence"


def offers(document: LiveDocument, snapshot: Snapshot, found: Iterable[Finding]) -> list[Offer]:
    """Everything that can be done about some findings, in the order in which it is offered.

    What the policy asks for stands first, taking the lines out last.
    """
    findings, uri = list(found), document.uri
    places = list(_one_a_place(findings))
    out = [offer for finding in findings for offer in reviews(uri, finding)]
    out += [offer for finding in findings for offer in disclosures(document, snapshot, finding)]
    out += [offer for finding in findings for offer in exceptions(document, snapshot, finding)]
    out += [_fix(uri, finding, EVIDENCE, words.evidence_title(finding)) for finding in places]
    # The word against a finding stands behind the answers to all: it is the rarer one.
    out += [offer for finding in places for offer in disputes(uri, snapshot, finding)]
    out += [
        _fix(uri, finding, REMOVE, words.remove_title(finding))
        for finding in places
        if fixes.can_remove(document, finding)
    ]
    return out


def disclosures(document: LiveDocument, snapshot: Snapshot, finding: Finding) -> Iterator[Offer]:
    """The marker that settles a finding; none where only a commit could say it, or nothing is to be said."""
    made = fixes.disclosure(document, snapshot, finding)
    if made is not None:
        yield _fix(document.uri, finding, DISCLOSE, words.disclosure_title(made[1], made[0]))


def exceptions(document: LiveDocument, snapshot: Snapshot, finding: Finding) -> Iterator[Offer]:
    """A way out of what is forbidden, which somebody has to grant."""
    if snapshot.policy_path is not None and fixes.exception(snapshot, finding) is not None:
        title = words.exception_title(finding.path, snapshot.policy_path.name)
        yield _fix(document.uri, finding, EXCEPT, title)


def _fix(uri: str, finding: Finding, fix: str, title: str) -> Offer:
    request = FixRequest(uri, finding.fingerprint, fix)
    command = SHOW_EVIDENCE if fix == EVIDENCE else FIX
    return Offer(title, command, (request.to_json(),), finding.fingerprint, edits=fix != EVIDENCE)


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
