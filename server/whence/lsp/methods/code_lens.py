"""`textDocument/codeLens`: one line above each region with a finding. Off unless `whence.codeLens` is set."""

from __future__ import annotations

from lsprotocol import types

from whence.lsp import convert, words
from whence.lsp.methods.code_action import requests
from whence.lsp.methods.command import REVIEW
from whence.lsp.server import WhenceServer


async def code_lens(ls: WhenceServer, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    document = ls.session.documents.get(params.text_document.uri)
    if document is None or not ls.session.settings.code_lens:
        return None
    analysis = await ls.session.analysed(document)
    if analysis.snapshot is None:
        return None
    out = []
    for finding in analysis.result.findings:
        possible = list(requests(document.uri, analysis, finding))
        title = words.lens_title(finding, analysis.snapshot.registry)
        if len(possible) == 1:  # with several purposes the quick fix asks which
            command = types.Command(title=title, command=REVIEW, arguments=[possible[0][0].to_json()])
        else:
            command = types.Command(title=title, command="")
        out.append(types.CodeLens(convert.lsp_range(analysis.text.span(finding.region.start)), command))
    return out
