"""`workspace/executeCommand`: review, scan the workspace, explain, say how the server is."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from lsprotocol import types

from whence import __version__
from whence.errors import UserError
from whence.live.client_text import Change, ClientText
from whence.live.values import ReviewRequest
from whence.lsp.documents import OpenDocument, path_of
from whence.lsp.protocol import invalid_params
from whence.lsp.roots import Root
from whence.lsp.scanning import scan_workspace
from whence.lsp.server import WhenceServer

REVIEW = "whence.review"
SCAN = "whence.scanWorkspace"
EXPLAIN = "whence.explain"
DEBUG = "whence.debugInformation"


def read_request(raw: Any) -> ReviewRequest:
    """The one argument of `whence.review`. Raises InvalidParams."""
    known = ReviewRequest.names()
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


async def review(ls: WhenceServer, arguments: list[Any], token: Any) -> dict[str, Any]:
    """Record that the user answers for a finding. Raises UserError when it cannot be recorded."""
    request = read_request(_only(REVIEW, arguments))
    session, workshop = ls.session, ls.session.workshop
    root, document, name = await _find(ls, request.uri)
    if document is not None:
        answer = await workshop.ask("answering", document.uri, request)
    else:
        answer = await workshop.ask("answering_closed", root.key, name, request)
    file: Path = await workshop.job("answer", answer, session.environment)
    await root.reviewed()
    if document is not None and not document.closed:
        await session.analysed(document)
        left = await workshop.ask("left", document.uri, answer)
    else:
        left = await workshop.ask("left_closed", root.key, name, answer)
        await session.shelf.renew(root, [request.uri])
    if left:
        text = f"Whence: the review is recorded, but it does not settle this. {' '.join(left)}"
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, text))
    return {"recorded": file.relative_to(root.path).as_posix(), "settled": left is None}


async def _find(ls: WhenceServer, uri: str) -> tuple[Root, OpenDocument | None, str]:
    """The workspace and the document, or the name in it, of a document that is open or a file on disk."""
    session = ls.session
    document = session.documents.get(uri)
    if document is not None:
        await session.located(document)
        if document.root is None:
            raise UserError(f"{uri} is not a file of a workspace")
        # What is shown of a file before its workspace was looked at can be answered for all the same.
        if await document.root.current() is None:
            raise UserError(document.root.failure)
        await session.analysed(document)
        return document.root, document, document.name
    path = path_of(uri)
    place = await session.place(path) if path is not None else None
    if place is None:
        raise UserError(f"{uri} is not a file")
    folder, name, alone = place
    root = session.root(folder, (name,) if alone else ())
    if await root.current() is None:
        raise UserError(root.failure)
    return root, None, name


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
    return await explained(ls, raw["uri"], line)


async def explained(ls: WhenceServer, uri: str, line: int) -> str:
    """What is known of one line of an open document or of a file on disk. Raises UserError."""
    root, document, name = await _find(ls, uri)
    if document is not None:
        said = await ls.session.workshop.ask("explain", document.uri, line)
    else:
        said = await ls.session.workshop.ask("explain_closed", root.key, name, line)
    return str(said or "")


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
        "documents": [await _document(ls, document) for document in list(session.documents.values())],
    }


async def _document(ls: WhenceServer, document: OpenDocument) -> dict[str, Any]:
    """Of the text as the loop has it: the desk may be stuck, which is when somebody wants to know."""
    version, text, changes = document.version, document.text, tuple(document.changes)
    lines, digest = await ls.session.workshop.aside(_digest, text, changes, ls.session.encoding)
    return {"uri": document.uri, "version": version, "lines": lines, "digest": digest}


def _digest(text: str, changes: tuple[Change, ...], encoding: str) -> tuple[int, str]:
    whole = ClientText(text, encoding).after(changes)
    return whole.line_count, hashlib.sha256(whole.text.encode("utf-8", "surrogatepass")).hexdigest()


def _root(root: Root) -> dict[str, Any]:
    card = root.card
    return {
        "path": str(root.path),
        "preparing": root.preparing,
        "failure": root.failure,
        "policy": card.policy if card else None,
        "notMeasured": [*card.not_measured, *card.reviews] if card else [],
    }


def _only(name: str, arguments: list[Any]) -> Any:
    if len(arguments) != 1:
        raise invalid_params(f"{name} takes one argument, not {len(arguments)}")
    return arguments[0]
