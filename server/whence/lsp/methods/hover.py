"""`textDocument/hover`: the evidence behind a finding, the policy's own words, what now; in a policy file, its words."""

from __future__ import annotations

from lsprotocol import types

from whence.lsp.server import WhenceServer


async def hover(ls: WhenceServer, params: types.HoverParams) -> types.Hover | None:
    session = ls.session
    document = session.documents.get(params.text_document.uri)
    if document is None:
        return None
    place = (params.position.line, params.position.character)
    markdown = session.client.markdown
    await session.located(document)
    if document.is_policy:
        meaning = await session.workshop.ask("meaning", document.uri, place, markdown)
        if meaning is not None:
            return types.Hover(content(meaning, markdown))
    await session.analysed(document)
    found = await session.workshop.ask("hover", document.uri, place[0], markdown)
    if found is None:
        return None
    text, span = found
    return types.Hover(content(text, markdown), lsp_range(span))


def content(text: str, markdown: bool) -> types.MarkupContent:
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    return types.MarkupContent(kind, text)


def lsp_range(span: tuple[tuple[int, int], tuple[int, int]]) -> types.Range:
    start, end = span
    return types.Range(types.Position(*start), types.Position(*end))
