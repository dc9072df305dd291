"""`textDocument/codeLens`: one line above each region with a finding. Off unless `whence.codeLens` is set."""

from __future__ import annotations

from lsprotocol import types

from whence.lsp.methods.hover import lsp_range
from whence.lsp.server import WhenceServer


async def code_lens(ls: WhenceServer, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    document = ls.session.documents.get(params.text_document.uri)
    if document is None or not ls.session.settings.code_lens:
        return None
    await ls.session.analysed(document)
    out = []
    for title, span, offer in await ls.session.workshop.ask("lenses", document.uri):
        if offer is not None:
            command = types.Command(title=title, command=offer.command, arguments=list(offer.arguments))
        else:
            command = types.Command(title=title, command="")
        out.append(types.CodeLens(lsp_range(span), command))
    return out
