"""`textDocument/didOpen`, `didChange`, `didSave`, `didClose`."""

from __future__ import annotations

from lsprotocol import types

from whence.lsp.server import WhenceServer


def did_open(ls: WhenceServer, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    ls.session.opened(item.uri, item.version, item.text)


def did_change(ls: WhenceServer, params: types.DidChangeTextDocumentParams) -> None:
    ls.session.changed(params.text_document.uri, params.text_document.version, params.content_changes)


def did_save(ls: WhenceServer, params: types.DidSaveTextDocumentParams) -> None:
    """Saving may have changed the policy, and gives clients that watch nothing a moment to notice the rest."""
    ls.session.saved(params.text_document.uri)


def did_close(ls: WhenceServer, params: types.DidCloseTextDocumentParams) -> None:
    ls.session.closed(params.text_document.uri)
