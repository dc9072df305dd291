"""`workspace/executeCommand`: review, scan the workspace, explain, say how the server is."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from typing import Any

from lsprotocol import types

from whence import __version__, wording
from whence.errors import UserError
from whence.live.client_text import Change, ClientText
from whence.lsp import analysing, reviewing, words
from whence.lsp.documents import Analysis, path_of
from whence.lsp.protocol import invalid_params
from whence.lsp.roots import Root
from whence.lsp.scanning import scan_workspace
from whence.lsp.server import WhenceServer
from whence.model import Finding
from whence.policy import Disputes, Policy

REVIEW = "whence.review"
SCAN = "whence.scanWorkspace"
EXPLAIN = "whence.explain"
DEBUG = "whence.debugInformation"


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """The one argument of `whence.review`."""

    uri: str
    fingerprint: str
    """Of the finding as it was shown; it changes with the text, so a review is never given to other content."""
    purpose: str = ""
    promise: str = ""
    """The words of the promise as they were shown; an approval that was not shown them is not recorded."""
    note: str = ""
    result: str = "approved"

    @staticmethod
    def read(raw: Any) -> ReviewRequest:
        """Raises InvalidParams."""
        known = {field.name for field in fields(ReviewRequest)}
        if not isinstance(raw, dict):
            raise invalid_params(f"{REVIEW} takes one object with {', '.join(sorted(known))}")
        for key, value in raw.items():
            if key not in known:
                raise invalid_params(f"{REVIEW}: there is no argument {key!r}")
            if not isinstance(value, str):
                raise invalid_params(f"{REVIEW}: {key} is not a string")
        if not raw.get("uri") or not raw.get("fingerprint"):
            raise invalid_params(f"{REVIEW} needs uri and fingerprint")
        return ReviewRequest(**raw)

    def to_json(self) -> dict[str, str]:
        return {
            key: value
            for key, value in asdict(self).items()
            if value and (key, value) != ("result", "approved")
        }


async def review(ls: WhenceServer, arguments: list[Any], token: Any) -> dict[str, Any]:
    """Record that the user answers for a finding. Raises UserError when it cannot be recorded."""
    request = ReviewRequest.read(_only(REVIEW, arguments))
    root, analysis = await _find(ls, request.uri)
    finding = next((f for f in analysis.result.findings if f.fingerprint == request.fingerprint), None)
    if finding is None:
        raise UserError("these lines are not as they were shown", hint="look at them again, then review")
    assert analysis.snapshot is not None
    _check(request, finding, analysis.snapshot.policy)
    file = await ls.slow.run(
        reviewing.answer,
        analysis.snapshot,
        finding,
        analysis.text.text,
        result=request.result,
        purpose=request.purpose,
        note=request.note,
        environment=ls.session.environment,
    )
    await root.reviewed()
    _, after = await _find(ls, request.uri)
    left = next((f for f in after.result.findings if _same_place(f, finding)), None)
    if left is not None and left.notes:
        text = f"Whence: the review is recorded, but it does not settle this. {' '.join(left.notes)}"
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, text))
    return {"recorded": file.relative_to(root.path).as_posix(), "settled": left is None}


def _check(request: ReviewRequest, finding: Finding, policy: Policy | None) -> None:
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


def _same_place(left: Finding, right: Finding) -> bool:
    asked = (left.code, left.scope, left.criterion) == (right.code, right.scope, right.criterion)
    return asked and left.region == right.region and left.agent == right.agent


async def _find(ls: WhenceServer, uri: str) -> tuple[Root, Analysis]:
    """The workspace and present findings of an open document, or of a file on disk."""
    session = ls.session
    document = session.documents.get(uri)
    if document is not None:
        analysis = await session.analysed(document)
        if document.root is not None and analysis.snapshot is not None:
            return document.root, analysis
        raise UserError(document.root.failure if document.root else f"{uri} is not a file of a workspace")
    path = path_of(uri)
    place = await session.place(path) if path is not None else None
    if place is None:
        raise UserError(f"{uri} is not a file")
    folder, name, alone = place
    root = session.root(folder, (name,) if alone else ())
    snapshot = await root.current()
    if snapshot is None:
        raise UserError(root.failure)
    return root, await ls.slow.run(analysing.analyse_closed, snapshot, name, uri, session.face)


async def scan(ls: WhenceServer, arguments: list[Any], token: Any) -> dict[str, Any]:
    """Scan every workspace; findings of files that are not open are shown until the next scan."""
    if arguments:
        raise invalid_params(f"{SCAN} takes no arguments")
    return await scan_workspace(ls.session, token)


async def explain(ls: WhenceServer, arguments: list[Any], token: Any) -> str:
    """Markdown: everything that is known of one line. Takes `{uri, line}`, the line counted from 0."""
    raw = _only(EXPLAIN, arguments)
    line = raw.get("line") if isinstance(raw, dict) else None
    if (
        not isinstance(raw, dict)
        or not isinstance(raw.get("uri"), str)
        or not isinstance(line, int)
        or line < 0
    ):
        raise invalid_params(f"{EXPLAIN} takes one object with uri and line, the line counted from 0")
    _, analysis = await _find(ls, raw["uri"])
    assert analysis.snapshot is not None
    return words.explanation(analysis.snapshot, analysis.result, analysis.text.own_line(line))


async def debug_information(ls: WhenceServer, arguments: list[Any], token: Any) -> dict[str, Any]:
    """What a bug report needs: versions, the client, workspaces, documents by digest. No text, no paths of files."""
    session = ls.session
    return {
        "whence": __version__,
        "pygls": metadata.version("pygls"),
        "python": sys.version.split()[0],
        "client": str(session.client),
        "encoding": session.encoding,
        "settings": asdict(session.settings),
        "roots": [_root(root) for root in session.roots.values()],
        "documents": [
            await ls.slow.run(
                _document, document.uri, document.version, document.text, tuple(document.changes)
            )
            for document in list(session.documents.values())
        ],
    }


def _document(uri: str, version: int, text: ClientText, changes: tuple[Change, ...]) -> dict[str, Any]:
    text = text.after(changes)
    digest = hashlib.sha256(text.text.encode("utf-8", "surrogatepass")).hexdigest()
    return {"uri": uri, "version": version, "lines": text.line_count, "digest": digest}


def _root(root: Root) -> dict[str, Any]:
    snapshot = root.snapshot
    return {
        "path": str(root.path),
        "preparing": root.preparing,
        "failure": root.failure,
        "policy": str(snapshot.policy_path) if snapshot and snapshot.policy_path else None,
        "notMeasured": [wording.missing(item) for item in snapshot.not_measured] if snapshot else [],
    }


def _only(name: str, arguments: list[Any]) -> Any:
    if len(arguments) != 1:
        raise invalid_params(f"{name} takes one argument, not {len(arguments)}")
    return arguments[0]
