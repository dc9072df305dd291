"""`textDocument/didOpen`, `didChange`, `didSave`, `didClose`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from whence.lsp.protocol import invalid_params
from whence.lsp.server import WhenceServer

if TYPE_CHECKING:
    from whence.live.client_text import Change, Place


def did_open(ls: WhenceServer, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    ls.session.opened(item.uri, item.version, item.text)


def did_change(ls: WhenceServer, params: Any) -> None:
    """Takes the params as they came: nothing comes more often. Raises InvalidParams."""
    try:
        uri, version = params["textDocument"]["uri"], params["textDocument"]["version"]
        changes = [_change(change) for change in params["contentChanges"]]
    except (TypeError, KeyError):
        raise invalid_params("textDocument/didChange is not as the protocol has it") from None
    if not isinstance(uri, str) or not isinstance(version, int):
        raise invalid_params("textDocument/didChange needs a uri and a version")
    ls.session.changed(uri, version, changes)


def _change(raw: Any) -> Change:
    text = raw["text"]
    if not isinstance(text, str):
        raise TypeError
    if raw.get("range") is None:
        return (text,)
    return _place(raw["range"]["start"]), _place(raw["range"]["end"]), text


def _place(raw: Any) -> Place:
    line, character = raw["line"], raw["character"]
    if not isinstance(line, int) or not isinstance(character, int) or line < 0 or character < 0:
        raise TypeError
    return line, character


def did_save(ls: WhenceServer, params: types.DidSaveTextDocumentParams) -> None:
    """Saving may have changed the policy, and gives clients that watch nothing a moment to notice the rest."""
    ls.session.saved(params.text_document.uri)


def did_close(ls: WhenceServer, params: types.DidCloseTextDocumentParams) -> None:
    ls.session.closed(params.text_document.uri)
