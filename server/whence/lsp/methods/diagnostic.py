"""`textDocument/diagnostic`: findings of one document, for a client that asks."""

from __future__ import annotations

from lsprotocol import types

from whence.lsp.server import WhenceServer


async def diagnostic(
    ls: WhenceServer, params: types.DocumentDiagnosticParams
) -> types.DocumentDiagnosticReport:
    document = ls.session.documents.get(params.text_document.uri)
    if document is None:
        return types.RelatedFullDocumentDiagnosticReport(items=[])
    analysis = await ls.session.analysed(document)
    if analysis.identifier is not None and analysis.identifier == params.previous_result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id=analysis.identifier)
    return types.RelatedFullDocumentDiagnosticReport(items=analysis.items, result_id=analysis.identifier)
