"""`textDocument/diagnostic`: findings of one document, for a client that asks."""

from __future__ import annotations

from typing import Any

from whence.lsp.protocol import Raw, invalid_params
from whence.lsp.server import WhenceServer
from whence.lsp.session import full_report


async def diagnostic(ls: WhenceServer, params: Any) -> Raw:
    """Takes the params as they came."""
    try:
        uri, before = params["textDocument"]["uri"], params.get("previousResultId")
    except (TypeError, KeyError, AttributeError):
        raise invalid_params("textDocument/diagnostic needs a textDocument with a uri") from None
    document = ls.session.documents.get(uri)
    if document is None:
        return Raw(b'{"kind":"full","items":[]}')
    look = await ls.session.analysed(document)
    if look.identifier is not None and look.identifier == before:
        return Raw(b'{"kind":"unchanged","resultId":"%b"}' % look.identifier.encode("ascii"))
    return full_report(look)
