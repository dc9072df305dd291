"""`whence disclose --note`: a git-ai note for a commit, printed or attached to it."""

from __future__ import annotations

import argparse
import contextlib
import os

from whence.cli.console import Console
from whence.cli.disclose_evidence import Change, Place, commit_of, committed, say_gaps
from whence.disclosure import Claim, Conflict, note
from whence.disclosure.note import STRENGTH
from whence.errors import UserError
from whence.evidence.noted import REF
from whence.model import Contributor, EvidenceClass
from whence.ranges import count
from whence.repo import GitError, Repository


def run(arguments: argparse.Namespace, console: Console, place: Place) -> int:
    """Print the note of a commit, or attach it; 1 when the note that is there stands against it."""
    repository = place.repository
    commit = commit_of(repository, arguments.revision or "HEAD")
    before = _ref(repository)
    existing = _existing(repository, commit) if before else None
    change = committed(place, commit)
    claims, left = _claims(place, change)
    for sentence in left:
        console.say(sentence)
    say_gaps(console, change.not_measured)
    if not claims:
        console.say(f"nothing to disclose: no session on this machine surely wrote any of {change.title}")
        return 0
    try:
        written = note(commit, claims, person=repository.identity(), existing=existing)
    except Conflict as conflict:
        console.say(f"{conflict} Nothing was written.")
        return 1
    for sentence in written.remarks:
        console.say(sentence)
    if not arguments.write:
        console.write(written.text.decode() + ("" if written.text.endswith(b"\n") else "\n"))
        return 0
    if not written.lines:
        console.say(f"nothing to write: the note of {commit[:10]} says it already")
        return 0
    try:
        attach(repository, commit, written.text, before)
    except GitError as error:
        hint = "whence disclose --note --write again; git needs user.name and user.email to keep notes"
        raise UserError(f"the note was not written: {error}", hint=hint) from error
    lines = f"{written.lines} more line{'' if written.lines == 1 else 's'}"
    console.say(f"the note of {commit[:10]} names {lines}; share it with: git push origin {REF}")
    return 0


def _claims(place: Place, change: Change) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """The lines that sessions on this machine surely wrote, and what is left out and why."""
    claims: list[Claim] = []
    left: dict[str, int] = {}
    for part in change.parts:
        pieces = [p for p in part.item.evidence if p.evidence_class is EvidenceClass.SESSION]
        best = max(pieces, key=lambda piece: piece.confidence, default=None)
        if best is None:
            why = "no session on this machine wrote them"
        elif part.item.agent.tool is not None and part.item.agent.tool != best.agent.tool:
            why = "stronger evidence names another tool than the session"
        elif best.contributor is not Contributor.AI:
            why = "a person changed them before accepting them, which a note cannot say"
        elif best.confidence < STRENGTH:
            why = "the session's text was found too far from where the tool put it to be a record"
        else:
            session = change.sessions.get((best.source, best.reference), "")
            path = place.repository.to_repository(part.path)
            claims.append(Claim(path, part.lines, best.agent.tool or "", session, best.agent.model))
            continue
        left[why] = left.get(why, 0) + count(part.lines)
    return tuple(claims), tuple(
        f"{lines} attributed line{'' if lines == 1 else 's'} left out of the note: {why}." for why, lines in left.items()
    )  # fmt: skip


def _ref(repository: Repository) -> str | None:
    """What the notes ref names now."""
    try:
        return repository.run("rev-parse", "--verify", "--quiet", "--end-of-options", REF).decode().strip()
    except GitError:
        return None


def _existing(repository: Repository, commit: str) -> bytes | None:
    """The note that a commit has; None where it has none. Raises UserError for one that is not in this clone."""
    try:
        blob = repository.run("notes", f"--ref={REF}", "list", commit).decode().strip()
    except GitError as error:
        if "no note found" in str(error):
            return None
        raise UserError(f"the notes cannot be read: {error}") from error
    content = next(iter(repository.blobs([blob])), None)
    if content is None:
        raise UserError("the note that is there is not in this clone", hint=f"git fetch origin {REF}:{REF}")
    return content


def attach(repository: Repository, commit: str, content: bytes, before: str | None) -> None:
    """Give a commit this note, byte for byte. `before` is what the notes ref named when the note was read.

    Raises GitError when somebody changed the ref since, or git has no identity to commit with. The note is made
    under a ref of its own first and the notes ref moved in one step, so that nobody's note is lost.
    """
    blob = repository.run("hash-object", "-w", "--stdin", feed=content).decode().strip()
    pending = f"refs/notes/whence-{os.getpid()}-{blob}"
    try:
        if before is not None:
            repository.run("update-ref", pending, before)
        repository.run("notes", f"--ref={pending}", "add", "-f", "-C", blob, commit)
        repository.run("update-ref", "-m", "whence disclose", REF, pending, before or "")
    finally:
        with contextlib.suppress(GitError):
            repository.run("update-ref", "-d", pending)
