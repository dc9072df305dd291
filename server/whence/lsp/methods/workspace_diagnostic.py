"""`workspace/diagnostic`: findings of every file, streamed, and held back while nothing changes.

VS Code asks again two seconds after each answer. Answering each time would cost a scan, so (as ty does):

- A result id is a digest of the findings. A file whose id the client already has is reported as unchanged.
- With a token for partial results reports are sent in portions as they are ready, and the final answer is empty.
- When there is no news the request is kept open until there is. Only a client that streams is kept waiting: it is the
  one that asks for ever. Any other gets its answer, and so does the first question.
- A file that has no findings any more is reported once with an empty list and no id.
"""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from whence.lsp import convert
from whence.lsp.scanning import scan_root, served
from whence.lsp.server import WhenceServer
from whence.lsp.session import Session
from whence.lsp.workers import Token

PORTION = 50
"""Files in one partial result."""

Found = dict[str, tuple[int | None, Sequence[types.Diagnostic]]]
"""URI to (version, findings)."""

Report = types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport


async def workspace_diagnostic(
    ls: WhenceServer, params: types.WorkspaceDiagnosticParams
) -> types.WorkspaceDiagnosticReport:
    session = ls.session
    known = {item.uri: item.value for item in params.previous_result_ids}
    while True:
        generation = session.generation
        reports = _reports(ls, await _everything(session), known)
        news = [
            report for report in reports if isinstance(report, types.WorkspaceFullDocumentDiagnosticReport)
        ]
        if news or params.partial_result_token is None or not (known or session.streamed):
            break
        await session.wait_moved(generation)
    session.streamed = True
    if params.partial_result_token is None:
        return types.WorkspaceDiagnosticReport(reports)
    for start in range(0, len(reports), PORTION):
        part = types.WorkspaceDiagnosticReportPartialResult(reports[start : start + PORTION])
        ls.protocol.notify(types.PROGRESS, types.ProgressParams(params.partial_result_token, part))
    return types.WorkspaceDiagnosticReport([])


async def _everything(session: Session) -> Found:
    """URI to (version, findings): open documents as they are in the editor, all others as they are on disk."""
    out: Found = {}
    for root in await served(session):
        snapshot = await root.current()
        if snapshot is None:
            continue
        if root.survey is None or root.survey[0] is not snapshot:
            stop = Token()
            try:
                root.survey = (snapshot, (await scan_root(session, root, snapshot, stop, None)).files)
            finally:
                stop.cancel()
        out.update((uri, (None, items)) for uri, items in root.survey[1].items())
    for document in list(session.documents.values()):
        analysis = await session.analysed(document)
        if document.root is not None:
            out.pop((document.root.path / document.name).as_uri(), None)
        out[document.uri] = (analysis.version, analysis.items)
    return out


def _reports(ls: WhenceServer, found: Found, known: dict[str, str]) -> Sequence[Report]:
    out: list[Report] = []
    for uri, (version, items) in found.items():
        identifier = convert.result_id(items, ls.converter)
        if identifier is not None and known.get(uri) == identifier:
            out.append(
                types.WorkspaceUnchangedDocumentDiagnosticReport(
                    uri=uri, version=version, result_id=identifier
                )
            )
        elif items or uri in known:
            out.append(
                types.WorkspaceFullDocumentDiagnosticReport(
                    uri=uri, version=version, items=items, result_id=identifier
                )
            )
    gone = [uri for uri in known if uri not in found]
    out += [types.WorkspaceFullDocumentDiagnosticReport(uri=uri, version=None, items=[]) for uri in gone]
    return out
