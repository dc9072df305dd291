"""What a user asks about files that are not open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whence import files, regular
from whence.engine import Snapshot
from whence.errors import UserError
from whence.live import words
from whence.live.answering import Answer, checked
from whence.live.asked import answered, still_said
from whence.live.client_text import ClientText
from whence.live.closed import closed as shown
from whence.live.sealed import Sealed
from whence.live.showing import array, problem
from whence.live.values import Closed, ReviewRequest
from whence.problems import Problem
from whence.text import decode, split

if TYPE_CHECKING:
    from whence.live.desk import Desk

# -- files on disk ---------------------------------------------------------------------------------------


def closed(desk: Desk, root: str, name: str, uri: str) -> Closed | None:
    """What is found in a file as it stands on disk; None where the workspace is not known."""
    snapshot = desk.workspaces.get(root)
    return shown(snapshot, snapshot.analyse_file(name), uri, desk.face) if snapshot is not None else None


def explain_closed(desk: Desk, root: str, name: str, line: int) -> str:
    """All that is known of one line of a file on disk, counted from 0."""
    snapshot = _snapshot(desk, root)
    text = _on_disk(desk, snapshot, name)
    return words.explanation(snapshot, snapshot.analyse_file(name), text.own_line(line))


def answering_closed(desk: Desk, root: str, name: str, request: ReviewRequest) -> Sealed[Answer]:
    """A checked answer to a finding in a file on disk. Raises UserError."""
    snapshot = _snapshot(desk, root)
    found = snapshot.analyse_file(name).findings
    finding = answered([one for one in found if one.fingerprint == request.fingerprint])
    lines = split(_on_disk(desk, snapshot, name).text)
    return Sealed(checked(snapshot, finding, lines, request))


def left_closed(desk: Desk, root: str, name: str, answer: Sealed[Answer]) -> tuple[str, ...] | None:
    """What is still said where a finding in a file on disk was answered; None where nothing is left of it."""
    return still_said(_snapshot(desk, root).analyse_file(name).findings, answer.open().finding)


def _on_disk(desk: Desk, snapshot: Snapshot, name: str) -> ClientText:
    data = files.read(snapshot.root, name).data
    return ClientText(decode(data) if data else "", desk.face.encoding)


def problems(desk: Desk, faults: Sequence[tuple[Path, tuple[Problem, ...]]]) -> list[Closed]:
    """Faults of policy files on disk, as diagnostics in these files."""
    out = []
    for path, items in faults:
        data = regular.content(path) or b""
        text = ClientText(data.decode("utf-8", "replace"), desk.face.encoding)
        out.append(Closed(path.as_uri(), array([problem(item, text) for item in items])))
    return out


def _snapshot(desk: Desk, root: str) -> Snapshot:
    snapshot = desk.workspaces.get(root)
    if snapshot is None:
        raise UserError(f"{root} is not looked at yet", hint="try again in a moment")
    return snapshot


QUESTIONS: Mapping[str, Callable[..., Any]] = {
    each.__name__: each for each in (closed, explain_closed, answering_closed, left_closed, problems)
}
