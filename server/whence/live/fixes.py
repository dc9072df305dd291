"""What a quick fix shows or changes, worked out on the present text."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from whence.disclosure import marker_edit
from whence.engine import Snapshot
from whence.errors import UserError
from whence.live import words
from whence.live.client_text import ClientText, Place
from whence.live.document import LiveDocument, Which
from whence.live.values import DISCLOSE, EXCEPT, Edits, FixRequest
from whence.model import Finding, Requirement
from whence.policy.drafting import permit
from whence.policy.files import PYPROJECT, read_text
from whence.ranges import each

if TYPE_CHECKING:
    from whence.live.desk import Desk

TERM = timedelta(days=90)
"""How long a drafted exception is for; whoever grants it may say otherwise."""


def can_remove(document: LiveDocument, finding: Finding) -> bool:
    """Whether the lines may be taken out: something is asked of them, and the file is text that people edit by line.

    Where lines end in carriage returns alone git sees a single one, and the editor many: nobody would see what goes.
    """
    if finding.code == "attributed" or finding.path.lower().endswith(".ipynb"):
        return False
    lines = document.buffer.lines
    return not any("\r" in lines[number - 1] for number in each(finding.lines) if number <= len(lines))


def disclosure(document: LiveDocument, snapshot: Snapshot, finding: Finding) -> tuple[int, str] | None:
    """The marker that settles a finding, as a new line before our 1-based line; None where none does."""
    if finding.requirement is not Requirement.DISCLOSE or document.followed is None:
        return None
    return marker_edit(document.followed.document, finding, snapshot.registry, snapshot.policy)


def exception(snapshot: Snapshot, finding: Finding) -> list[str] | None:
    """The lines of an exception for a forbidden finding; None for every other."""
    if finding.requirement is not Requirement.FORBID or snapshot.policy_path is None:
        return None
    known = finding.agent.tool in snapshot.registry.tools
    return permit(
        finding.path,
        finding.agent.tool if known else None,
        finding.scope,
        owner=snapshot.settings.user or "",
        expires=snapshot.settings.today + TERM,
        pyproject=snapshot.policy_path.name == PYPROJECT,
    )


# -- questions -------------------------------------------------------------------------------------------------


def evidence(desk: Desk, request: FixRequest) -> tuple[str, str, str]:
    """The evidence behind a finding: as Markdown, in plain text, and a name for the document. Raises UserError."""
    document, snapshot, finding = _shown(desk, request)
    whole = words.explanation(snapshot, document.result(), finding.start)
    name = f"{PurePosixPath(finding.path).name}-line-{finding.start}"
    return whole, words.hover_plain(finding, snapshot.registry), name


def fix(desk: Desk, request: FixRequest) -> Edits:
    """What a fix changes. Raises UserError where the lines are not as they were shown, or it is no answer to them."""
    document, snapshot, finding = _shown(desk, request)
    if request.fix == EXCEPT:
        lines = exception(snapshot, finding)
        if lines is None:
            raise UserError("no exception can be drafted for these lines")
        uri, version, text = _policy(desk, snapshot)
        end = text.place(len(text.text))
        lead = ("" if text.text.endswith("\n") or not text.text else "\n") + "\n"
        new = (lead + "\n".join(lines) + "\n").replace("\n", _ending(text.text))
        return Edits(uri, version, ((end, end, new),))
    text = document.buffer.whole()
    if request.fix == DISCLOSE:
        made = disclosure(document, snapshot, finding)
        if made is None:
            raise UserError("no comment in the file discloses these lines as the policy asks")
        line, words_of_it = made
        ending = _ending(text.text)
        if line <= len(document.buffer.lines):
            start, _ = text.whole_lines(line, line)
            new = words_of_it + ending
        else:
            start = text.place(len(text.text))
            new = ("" if text.text.endswith("\n") or not text.text else ending) + words_of_it + ending
        return Edits(document.uri, document.version, ((start, start, new),))
    if not can_remove(document, finding):
        raise UserError("nothing asks for these lines to go")
    ranges = (text.whole_lines(first, last) for first, last in finding.lines)
    return Edits(document.uri, document.version, tuple((*where, "") for where in ranges))


def policy_end(desk: Desk, uri: str) -> tuple[str, Place] | None:
    """The policy file of a document's workspace, and where it ends; None where there is none."""
    _, snapshot = desk.in_workspace(uri)
    if snapshot is None or snapshot.policy_path is None:
        return None
    where, _, text = _policy(desk, snapshot)
    return where, text.place(len(text.text))


def _shown(desk: Desk, request: FixRequest) -> tuple[LiveDocument, Snapshot, Finding]:
    """The finding that is asked about, as it is now that everything was asked."""
    document, snapshot = desk.in_workspace(request.uri)
    if document is None or snapshot is None:
        raise UserError(f"{request.uri} is not an open file of a workspace")
    document.settle(desk.face)
    found = document.findings(Which(fingerprint=request.fingerprint))
    if not found:
        raise UserError("these lines are not as they were shown", hint="look at them again")
    return document, snapshot, found[0]


def _policy(desk: Desk, snapshot: Snapshot) -> tuple[str, int | None, ClientText]:
    path = snapshot.policy_path
    assert path is not None
    uri = desk.opened_policy(path)
    known = desk.text(uri) if uri is not None else None
    if uri is not None and known is not None:
        return uri, known[0], ClientText(known[1], desk.face.encoding)
    return path.as_uri(), None, ClientText(read_text(path, path.parent), desk.face.encoding)


def _ending(text: str) -> str:
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
