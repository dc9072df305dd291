"""`textDocument/completion` in the policy file: tables, keys and values, from the schema and the workspace.

A client that can be told later is asked for TOML files only, so that typing code asks us nothing; every other file of
any other client is answered at once, with nothing.
"""

from __future__ import annotations

from lsprotocol import types

from whence.live.values import Choice
from whence.lsp.methods.hover import content, lsp_range
from whence.lsp.server import WhenceServer

TRIGGERS = ["[", '"', "'", "=", ":", "."]

OPTIONS = types.CompletionOptions(trigger_characters=TRIGGERS, resolve_provider=False)

_KINDS = {
    "table": types.CompletionItemKind.Module,
    "key": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.Value,
}


def register(ls: WhenceServer) -> None:
    """Ask for TOML files, where the client takes that; else the capability was stated in `initialize`."""
    if not ls.session.client.registers_completion:
        return
    ls.feature(types.TEXT_DOCUMENT_COMPLETION)(completion)
    options = types.CompletionRegistrationOptions(
        document_selector=[types.TextDocumentFilterPattern(pattern="**/*.toml")],
        trigger_characters=TRIGGERS,
        resolve_provider=False,
    )
    registration = types.Registration("whence-completion", types.TEXT_DOCUMENT_COMPLETION, options)
    ls.session.ask(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))


async def completion(ls: WhenceServer, params: types.CompletionParams) -> types.CompletionList | None:
    document = ls.session.documents.get(params.text_document.uri)
    if document is None or document.path is None or document.path.suffix != ".toml":
        return None
    await ls.session.located(document)
    if not document.is_policy:
        return None
    markdown = ls.session.client.completion_markdown
    place = (params.position.line, params.position.character)
    found = await ls.session.workshop.ask("completions", document.uri, place, markdown)
    items = [_item(choice, index, markdown) for index, choice in enumerate(found)]
    # What is typed narrows the list here, not there: a choice may hold what was typed without beginning with it.
    return types.CompletionList(is_incomplete=True, items=items)


def _item(choice: Choice, index: int, markdown: bool) -> types.CompletionItem:
    brackets = choice.typed[: len(choice.typed) - len(choice.typed.lstrip("["))]
    return types.CompletionItem(
        label=choice.text,
        kind=_KINDS[choice.kind],
        detail=choice.holds or None,
        documentation=content(choice.said, markdown) if choice.said else None,
        sort_text=f"{index:04}",
        # Clients compare it with what stands there, also where that has one bracket and the table wants two.
        filter_text=brackets + choice.text.strip("[]") if brackets else choice.text,
        text_edit=types.TextEdit(lsp_range(choice.place), choice.insert),
    )
