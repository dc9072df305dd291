"""Quick fixes that show or change something: the evidence, a disclosure, an exception, the lines taken out.

What is changed is worked out on the text as it is when the user chooses, for exactly the lines that were shown.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from lsprotocol import types

from whence.errors import UserError
from whence.live.values import DISCLOSE, EVIDENCE, EXCEPT, REMOVE, Edits, FixRequest
from whence.lsp.protocol import invalid_params
from whence.lsp.server import WhenceServer

FIX = "whence.fix"
SHOW_EVIDENCE = "whence.showEvidence"
SHOW_POLICY = "whence.showPolicy"

FIXES = (DISCLOSE, EXCEPT, REMOVE)


def read_fix(raw: Any, command: str = FIX) -> FixRequest:
    """The one argument of a command. Raises InvalidParams."""
    known = ("uri", "fingerprint", "fix")
    if (
        not isinstance(raw, dict)
        or set(raw) - set(known)
        or not all(isinstance(raw.get(key), str) and raw[key] for key in known[:2])
    ):
        raise invalid_params(f"{command} takes one object with uri and fingerprint")
    wanted = raw.get("fix", EVIDENCE)
    if wanted not in (FIXES if command == FIX else (EVIDENCE,)):
        raise invalid_params(f"{command}: fix is one of {', '.join(FIXES)}")
    return FixRequest(raw["uri"], raw["fingerprint"], wanted)


async def edit_of(ls: WhenceServer, request: FixRequest) -> types.WorkspaceEdit:
    """What a fix changes in the present text, as the client takes it. Raises UserError."""
    session = ls.session
    while True:
        document = session.documents.get(request.uri)
        if document is None:
            raise UserError(f"{request.uri} is not open")
        await session.analysed(document)
        edits: Edits = await session.workshop.ask("fix", request)
        changed = session.documents.get(edits.uri)
        if edits.version is None or changed is None or changed.version == edits.version:
            break
    places = [
        types.TextEdit(types.Range(types.Position(*start), types.Position(*end)), text)
        for start, end, text in edits.changes
    ]
    if not session.client.versioned_edits:
        return types.WorkspaceEdit(changes={edits.uri: places})
    identifier = types.OptionalVersionedTextDocumentIdentifier(uri=edits.uri, version=edits.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, places)])


def afterwards(ls: WhenceServer, request: FixRequest) -> types.Command | None:
    """What a client does once it has changed the text: a drafted exception is to be filled in, so it is shown."""
    if request.fix != EXCEPT or not ls.session.client.shows_documents:
        return None
    return types.Command("Show the policy", SHOW_POLICY, arguments=[{"uri": request.uri}])


async def fix(ls: WhenceServer, arguments: list[Any], token: Any) -> dict[str, Any]:
    """Have the client change the text, for one that takes no edits in code actions."""
    request = read_fix(arguments[0] if len(arguments) == 1 else None)
    if not ls.session.client.applies_edits:
        raise UserError("this editor cannot be asked to change a text")
    label = {DISCLOSE: "Add the disclosure", EXCEPT: "Draft an exception", REMOVE: "Remove the lines"}
    params = types.ApplyWorkspaceEditParams(await edit_of(ls, request), label[request.fix])
    result = await ls.protocol.send_request_async(types.WORKSPACE_APPLY_EDIT, params)
    if not result.applied:
        raise UserError(
            f"the editor did not change the text: {result.failure_reason or 'it gives no reason'}"
        )
    if afterwards(ls, request) is not None:
        await show_policy(ls, [{"uri": request.uri}], None)
    return {"applied": True}


async def show_evidence(ls: WhenceServer, arguments: list[Any], token: Any) -> str:
    """Open the evidence behind a finding as a document, where the client can; else say it. Returns it as Markdown."""
    request = read_fix(arguments[0] if len(arguments) == 1 else None, SHOW_EVIDENCE)
    session = ls.session
    document = session.documents.get(request.uri)
    if document is None:
        raise UserError(f"{request.uri} is not open")
    await session.analysed(document)
    whole, plain, name = await session.workshop.ask("evidence", request)
    shown = False
    if session.client.shows_documents:
        file = await session.workshop.aside(_keep, session.pages, name, whole)
        shown = await _show(ls, types.ShowDocumentParams(file.as_uri(), take_focus=True))
    if not shown:
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, plain))
    return str(whole)


def _keep(pages: list[tempfile.TemporaryDirectory[str]], name: str, text: str) -> Path:
    """Write a page into a folder of this conversation, which goes when that ends."""
    if not pages:
        pages.append(tempfile.TemporaryDirectory(prefix="whence-", ignore_cleanup_errors=True))
    file = Path(pages[0].name) / (re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)[:100] + ".md")
    file.write_text(text + "\n", "utf-8", errors="backslashreplace", newline="\n")
    return file


async def show_policy(ls: WhenceServer, arguments: list[Any], token: Any) -> None:
    """Show the end of a workspace's policy file, where an exception was drafted. Takes `{uri}` of a file in it."""
    raw = arguments[0] if len(arguments) == 1 else None
    if not isinstance(raw, dict) or not isinstance(raw.get("uri"), str):
        raise invalid_params(f"{SHOW_POLICY} takes one object with the uri of a file")
    found = await ls.session.workshop.ask("policy_end", raw["uri"])
    if found is None or not ls.session.client.shows_documents:
        return
    uri, place = found
    end = types.Position(*place)
    await _show(ls, types.ShowDocumentParams(uri, take_focus=True, selection=types.Range(end, end)))


async def _show(ls: WhenceServer, params: types.ShowDocumentParams) -> bool:
    result = await ls.protocol.send_request_async(types.WINDOW_SHOW_DOCUMENT, params)
    return bool(result and result.success)
