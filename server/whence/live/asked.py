"""What a user asks about open documents: what stands behind a finding, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from whence.errors import UserError
from whence.live import policy_help, words
from whence.live.answering import Answer, checked, same_place
from whence.live.client_text import Place
from whence.live.closed import listed as entries
from whence.live.document import LiveDocument, Which
from whence.live.fixes import evidence, fix, policy_end
from whence.live.offers import offers as offered
from whence.live.offers import reviews
from whence.live.sealed import Sealed
from whence.live.showing import shows
from whence.live.values import Choice, Named, Offer, ReviewRequest
from whence.model import Finding
from whence.policy.files import PYPROJECT
from whence.policy.offers import Known
from whence.ranges import contains
from whence.tools import Registry

if TYPE_CHECKING:
    from whence.live.desk import Desk


def hover(desk: Desk, uri: str, line: int, markdown: bool) -> tuple[str, tuple[Place, Place]] | None:
    """What stands behind the findings on a line of the client's, and where that is."""
    document, snapshot = desk.in_workspace(uri)
    if document is None or snapshot is None:
        return None
    own = document.buffer.own_line(line)
    here = [one for one in document.findings(Which(lines=(own, own))) if contains(one.lines, own)]
    if not here:
        return None
    first, last = next(run for run in here[0].lines if run[0] <= own <= run[1])
    told = words.hover_markdown if markdown else words.hover_plain
    return told(here[0], snapshot.registry, here[1:]), document.buffer.extent(first, last)


def offers(
    desk: Desk, uri: str, named: Sequence[Named], first: int, last: int
) -> list[tuple[Offer, int | None]]:
    """What can be done about findings that the client names, else about those on some of its lines; with each
    the place of the diagnostic that it is about."""
    document, snapshot = desk.in_workspace(uri)
    if document is None or snapshot is None:
        return []
    found: dict[str, Finding] = {}
    about: dict[str, int] = {}
    for place, item in enumerate(named):
        finding = _named(document, item)
        if finding is not None:
            found[finding.fingerprint], about[finding.fingerprint] = finding, place
    if not found:
        own = document.buffer.own_line
        lines = (own(first), own(last))
        found = {item.fingerprint: item for item in document.findings(Which(lines=lines))}
    return [(offer, about.get(offer.fingerprint)) for offer in offered(document, snapshot, found.values())]


def _named(document: LiveDocument, item: Named) -> Finding | None:
    """The finding that a client's diagnostic shows: by its data, else by its code and place."""
    if item.fingerprint is not None:
        for finding in document.findings(Which(fingerprint=item.fingerprint)):
            return finding
    own = document.buffer.own_line(item.line)
    for finding in document.findings(Which(lines=(own, own))):
        if finding.code == item.code and contains(finding.lines, own):
            return finding
    return None


def lenses(desk: Desk, uri: str) -> list[tuple[str, tuple[Place, Place], Offer | None]]:
    """A line above each region: its title, the place, and the one answer that a click gives."""
    document, snapshot = desk.in_workspace(uri)
    if document is None or snapshot is None:
        return []
    out: list[tuple[str, tuple[Place, Place], Offer | None]] = []
    for finding in document.findings(Which()):
        possible = list(reviews(uri, finding))
        title = words.lens_title(finding, snapshot.registry)
        # With several purposes the quick fix asks which.
        answer = possible[0] if len(possible) == 1 else None
        out.append((title, document.buffer.span(finding.region.start), answer))
    return out


def listed(desk: Desk, uri: str) -> bytes:
    """The findings of a document for an editor's own views: JSON objects with commas between."""
    document, snapshot = desk.in_workspace(uri)
    if document is None or snapshot is None:
        return b""
    found = [finding for finding in document.findings(Which()) if shows(desk.face, finding)]
    return entries(uri, snapshot, found)


def explain(desk: Desk, uri: str, line: int) -> str | None:
    """All that is known of one line of the client's, as Markdown; None for a document of no workspace."""
    document, snapshot = desk.in_workspace(uri)
    if document is None or snapshot is None:
        return None
    return words.explanation(snapshot, document.result(), document.buffer.own_line(line))


def answering(desk: Desk, uri: str, request: ReviewRequest) -> Sealed[Answer]:
    """A checked answer to a finding of a document. Raises UserError where the finding or the policy will not
    have it."""
    document, snapshot = desk.in_workspace(uri)
    if document is None or snapshot is None:
        raise UserError(f"{uri} is not a file of a workspace")
    finding = answered(document.findings(Which(fingerprint=request.fingerprint)))
    return Sealed(checked(snapshot, finding, document.buffer.lines, request))


def left(desk: Desk, uri: str, answer: Sealed[Answer]) -> tuple[str, ...] | None:
    """What is still said where a finding was answered; None where nothing is left of it."""
    document = desk.get(uri)
    found = document.findings(Which()) if document is not None else []
    return still_said(found, answer.open().finding)


# -- policy files ----------------------------------------------------------------------------------------


def completions(desk: Desk, uri: str, place: Place, markdown: bool) -> list[Choice]:
    """What could stand at a place of a policy file."""
    document, known, pyproject = _policy(desk, uri)
    if document is None or known is None:
        return []
    return policy_help.choices(document.buffer.whole(), place, known, pyproject, markdown)


def meaning(desk: Desk, uri: str, place: Place, markdown: bool) -> str | None:
    """What the key, table or value at a place of a policy file means; None for every other document."""
    document, known, pyproject = _policy(desk, uri)
    if document is None or known is None:
        return None
    return policy_help.meaning(document.buffer.whole(), place, known, pyproject, markdown)


def _policy(desk: Desk, uri: str) -> tuple[LiveDocument | None, Known | None, bool]:
    """A policy file, and what its workspace knows besides the text; the built-in tools alone where nobody has
    looked at that."""
    document, placing = desk.get(uri), desk.placing(uri)
    if document is None or placing is None or placing.policy is None:
        return None, None, False
    snapshot = desk.workspaces.get(placing.root)
    today = datetime.now(UTC).date()
    if snapshot is None:
        known = Known(Registry.builtin(), today=today)
    else:
        owners = snapshot.settings.surroundings.owners
        known = Known(snapshot.registry, snapshot.policy, owners, today)
    return document, known, placing.policy.name == PYPROJECT


def answered(found: Sequence[Finding]) -> Finding:
    if not found:
        raise UserError("these lines are not as they were shown", hint="look at them again, then review")
    return found[0]


def still_said(found: Sequence[Finding], answered: Finding) -> tuple[str, ...] | None:
    return next((finding.notes for finding in found if same_place(finding, answered)), None)


QUESTIONS: Mapping[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        *(hover, offers, lenses, listed, explain, answering, left, completions, meaning),
        *(evidence, fix, policy_end),
    )
}
