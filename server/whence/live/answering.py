"""From a finding on the screen to a review in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

from whence import wording
from whence.engine import Snapshot
from whence.errors import UserError
from whence.live import words
from whence.live.values import ReviewRequest
from whence.model import Finding
from whence.policy import Disputes, Policy
from whence.quick import dataclass
from whence.repo import GitError, Repository
from whence.review import Draft, record
from whence.review.signatures import record_signed


def check(request: ReviewRequest, finding: Finding, policy: Policy | None) -> None:
    """Raises UserError for an answer that the policy does not take here."""
    if request.result == "disputed":
        if policy is not None and policy.disputes is Disputes.REFUSED:
            raise UserError("the policy accepts no disputes", hint="ask for an exception")
        return
    if not words.can_review(finding):
        raise UserError(f"the policy asks for something else here: {finding.requirement}")
    if request.result != "approved":
        return
    if finding.purposes and request.purpose not in finding.purposes:
        raise UserError(
            "the policy wants one of these purposes stated", hint="; ".join(wording.purposes(finding))
        )
    if request.promise != finding.promise:
        raise UserError(
            f'the policy asks for the promise "{finding.promise}"',
            hint="show it, and hand it back as `promise`",
        )


def same_place(left: Finding, right: Finding) -> bool:
    """Whether two findings ask the same of the same region."""
    asked = (left.code, left.scope, left.criterion) == (right.code, right.scope, right.criterion)
    return asked and left.region == right.region and left.agent == right.agent


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was checked, with all that is needed to record it. Picklable."""

    root: Path
    repository: Repository | None
    user: str | None
    signed: bool
    today: date
    finding: Finding
    lines: tuple[str, ...]
    """Of the whole text."""
    request: ReviewRequest


def checked(snapshot: Snapshot, finding: Finding, lines: tuple[str, ...], request: ReviewRequest) -> Answer:
    """Raises UserError for an answer that the policy does not take here."""
    check(request, finding, snapshot.policy)
    signed = snapshot.policy is not None and snapshot.policy.signed
    settings = snapshot.settings
    return Answer(
        snapshot.root, snapshot.repository, settings.user, signed, settings.today, finding, lines, request
    )


def answer(given: Answer, environment: Mapping[str, str]) -> Path:
    """Record what git's user answers for a finding, signed where the policy wants that; the review's file.

    Raises UserError when nobody knows who the user is, when the ledger cannot be written or the key not be used.
    """
    if not given.user:
        raise UserError(
            "who reviews is not known",
            hint='git config --global user.name "Your Name"; git config --global user.email you@example.org',
        )
    key = _key(given.repository) if given.signed else ""
    finding, request = given.finding, given.request
    draft = Draft(
        path=finding.path,
        region=finding.region,
        text=given.lines,
        lines=finding.lines,
        reviewer=given.user,
        tools=(finding.agent.tool,) if finding.agent.tool else (),
        result=request.result,
        criterion=(finding.criterion or "") if request.result == "approved" else "",
        purpose=request.purpose,
        note=request.note,
        date=given.today if given.signed else None,
    )
    if not given.signed:
        return record(given.root, draft)
    # Never on the terminal: it belongs to the editor.
    quiet = {**environment, "SSH_ASKPASS_REQUIRE": "force"}
    return record_signed(given.root, draft, key, quiet)[0]


def _key(repository: Repository | None) -> str:
    key = ""
    if repository is not None:
        with suppress(GitError):
            key = repository.run("config", "--get", "user.signingKey").decode().strip()
    if not key:
        raise UserError(
            "the policy wants signed reviews, and git knows no key of yours",
            hint="git config user.signingKey ~/.ssh/id_ed25519.pub",
        )
    return key
