"""`textDocument/hover`: the evidence behind a finding, the policy's own words, what now; in a policy file, its words."""

from __future__ import annotations

from lsprotocol import types

from whence.lsp import convert, policy_file, words
from whence.lsp.server import WhenceServer
from whence.ranges import contains


async def hover(ls: WhenceServer, params: types.HoverParams) -> types.Hover | None:
    document = ls.session.documents.get(params.text_document.uri)
    if document is None:
        return None
    await ls.session.located(document)
    meaning = policy_file.hover(document, params.position, ls.session.client.markdown)
    if meaning is not None:
        return meaning
    analysis = await ls.session.analysed(document)
    line = analysis.text.own_line(params.position.line)
    finding = convert.finding_on(analysis, line)
    if finding is None or analysis.snapshot is None:
        return None
    first, last = next(run for run in finding.lines if run[0] <= line <= run[1])
    registry = analysis.snapshot.registry
    also = [f for f in analysis.result.findings if f is not finding and contains(f.lines, line)]
    if ls.session.client.markdown:
        contents = types.MarkupContent(
            types.MarkupKind.Markdown, words.hover_markdown(finding, registry, also)
        )
    else:
        contents = types.MarkupContent(types.MarkupKind.PlainText, words.hover_plain(finding, registry, also))
    return types.Hover(contents, convert.lsp_range(analysis.text.extent(first, last)))
