"""`textDocument/completion` in the policy file: tables, keys and values, from the schema and the workspace.

A client that can be told later is asked for TOML files only, so that typing code asks us nothing; every other file of
any other client is answered at once, with nothing.
"""

from __future__ import annotations

from lsprotocol import types

from whence.lsp import policy_file
from whence.lsp.server import WhenceServer
from whence.policy.editing import Completion, complete

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
    if not policy_file.is_policy(document):
        return None
    text = document.present()
    line, column = policy_file.own_place(text, params.position)
    pyproject = policy_file.is_pyproject(document)
    found = complete(text.text, line, column, policy_file.known(document), pyproject=pyproject)
    items = []
    for index, item in enumerate(found):
        place = policy_file.client_range(text, line, item.start, item.end)
        typed = text.text.split("\n")[line - 1][item.start - 1 : column - 1]
        items.append(_item(item, index, place, typed, ls.session.client.completion_markdown))
    # What is typed narrows the list here, not there: a choice may hold what was typed without beginning with it.
    return types.CompletionList(is_incomplete=True, items=items)


def _item(
    item: Completion, index: int, place: types.Range, typed: str, markdown: bool
) -> types.CompletionItem:
    brackets = typed[: len(typed) - len(typed.lstrip("["))]
    return types.CompletionItem(
        label=item.text,
        kind=_KINDS[item.kind],
        detail=item.holds or None,
        documentation=policy_file.content(item.said, markdown) if item.said else None,
        sort_text=f"{index:04}",
        # Clients compare it with what stands there, also where that has one bracket and the table wants two.
        filter_text=brackets + item.text.strip("[]") if brackets else item.text,
        text_edit=types.TextEdit(place, item.insert),
    )
