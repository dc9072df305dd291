"""`textDocument/codeAction` and `codeAction/resolve`: what can be done about a finding from where it is shown.

There is no fix-all and no preferred action: an editor must never attest a review by itself, on save or otherwise.
"""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from whence.live.values import Named, Offer
from whence.lsp.methods.command import REVIEW, read_request
from whence.lsp.methods.fix import FIX, afterwards, edit_of, read_fix
from whence.lsp.protocol import invalid_params
from whence.lsp.server import WhenceServer

OPTIONS = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

SOURCE = "whence"


async def code_action(
    ls: WhenceServer, params: types.CodeActionParams
) -> list[types.CodeAction | types.Command] | None:
    document = ls.session.documents.get(params.text_document.uri)
    if document is None or not _wanted(params.context.only):
        return None
    await ls.session.analysed(document)
    shown = [item for item in params.context.diagnostics if item.source == SOURCE]
    lines = params.range.start.line, params.range.end.line
    offered = await ls.session.workshop.ask("offers", document.uri, [_named(item) for item in shown], *lines)
    out: list[types.CodeAction | types.Command] = []
    for offer, about in offered:
        if not offer.edits or ls.session.client.action_literals:
            out.append(await _action(ls, offer, shown[about] if about is not None else None))
        elif ls.session.client.applies_edits:
            out.append(_command(offer))
    return out


def _named(item: types.Diagnostic) -> Named:
    data = item.data
    fingerprint = data.get("fingerprint") if isinstance(data, dict) else None
    code = item.code if isinstance(item.code, str) else None
    return Named(fingerprint if isinstance(fingerprint, str) else None, code, item.range.start.line)


async def _action(
    ls: WhenceServer, offer: Offer, shown: types.Diagnostic | None
) -> types.CodeAction | types.Command:
    client = ls.session.client
    if not client.action_literals:
        return _command(offer)
    action = types.CodeAction(
        title=offer.title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[shown] if shown is not None else None,
    )
    if offer.edits:
        request = read_fix(offer.arguments[0])
        if client.resolves_edit:
            action.data = _data(offer)
        else:
            action.edit = await edit_of(ls, request)
        if not client.resolves_command:
            action.command = afterwards(ls, request)
    elif client.resolves_command:
        action.data = _data(offer)
    else:
        action.command = _command(offer)
    return action


def _command(offer: Offer) -> types.Command:
    return types.Command(title=offer.title, command=offer.command, arguments=list(offer.arguments))


def _wanted(only: Any) -> bool:
    return only is None or any(
        kind == "" or kind == "quickfix" or "quickfix".startswith(f"{kind}.") for kind in only
    )


def _data(offer: Offer) -> dict[str, Any]:
    """The command's one argument; what is no review says which command it is of."""
    named = {} if offer.command == REVIEW else {"command": offer.command}
    return {**named, **offer.arguments[0]}


async def resolve(ls: WhenceServer, params: types.CodeAction) -> types.CodeAction:
    """Put into an action what it went out without: its command, or what it changes. Raises UserError where the lines
    have changed."""
    if params.edit is not None or (params.command is not None and params.data is None):
        return params
    if not isinstance(params.data, dict):
        raise invalid_params("this code action has no data")
    argument = dict(params.data)
    command = argument.pop("command", REVIEW)
    if command == FIX:
        request = read_fix(argument)
        params.edit = await edit_of(ls, request)
        params.command = params.command or afterwards(ls, request)
        return params
    if command == REVIEW:
        argument = read_request(argument).to_json()
    elif command not in ls.protocol.fm.commands:
        raise invalid_params(f"there is no command {command!r}")
    params.command = types.Command(title=params.title, command=command, arguments=[argument])
    return params
