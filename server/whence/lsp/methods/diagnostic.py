"""`textDocument/diagnostic`: findings of one document, for a client that asks."""

from __future__ import annotations

from lsprotocol import types

from whence.lsp import convert
from whence.lsp.server import WhenceServer


async def diagnostic(
    ls: WhenceServer, params: types.DocumentDiagnosticParams
) -> types.DocumentDiagnosticReport:
    document = ls.session.documents.get(params.text_document.uri)
    if document is None:
        return types.RelatedFullDocumentDiagnosticReport(items=[])
    analysis = await ls.session.analysed(document)
    items = convert.diagnostics(analysis, document.uri, ls.session.client)
    identifier = convert.result_id(items, ls.converter)
    if identifier is not None and identifier == params.previous_result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=identifier)
    return types.RelatedFullDocumentDiagnosticReport(items=items, result_id=identifier)
