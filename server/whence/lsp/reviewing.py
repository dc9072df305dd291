"""From a finding on the screen to a review in the ledger; runs in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from whence.engine import Snapshot
from whence.errors import UserError
from whence.model import Finding
from whence.repo import GitError
from whence.review import Draft, record
from whence.review.form import parse
from whence.review.signatures import sign
from whence.text import split


def answer(
    snapshot: Snapshot,
    finding: Finding,
    text: str,
    *,
    result: str,
    purpose: str,
    note: str,
    environment: Mapping[str, str],
) -> Path:
    """Record what git's user answers for a finding in a text, signed where the policy wants that; the review's file.

    Raises UserError when nobody knows who the user is, when the ledger cannot be written or the key not be used.
    """
    if not snapshot.settings.user:
        raise UserError(
            "who reviews is not known",
            hint='git config --global user.name "Your Name"; git config --global user.email you@example.org',
        )
    signed = snapshot.policy is not None and snapshot.policy.signed
    key = _key(snapshot) if signed else ""
    draft = Draft(
        path=finding.path,
        region=finding.region,
        text=split(text),
        lines=finding.lines,
        reviewer=snapshot.settings.user,
        tools=(finding.agent.tool,) if finding.agent.tool else (),
        result=result,
        criterion=(finding.criterion or "") if result == "approved" else "",
        purpose=purpose,
        note=note,
        date=snapshot.settings.today if signed else None,
    )
    file = record(snapshot.root, draft)
    if signed:
        # Never on the terminal: it belongs to the editor.
        quiet = {**environment, "SSH_ASKPASS_REQUIRE": "force"}
        sign(snapshot.root, parse(file.read_text("utf-8")), key, quiet)
    return file


def _key(snapshot: Snapshot) -> str:
    key = ""
    if snapshot.repository is not None:
        with suppress(GitError):
            key = snapshot.repository.run("config", "--get", "user.signingKey").decode().strip()
    if not key:
        raise UserError(
            "the policy wants signed reviews, and git knows no key of yours",
            hint="git config user.signingKey ~/.ssh/id_ed25519.pub",
        )
    return key
