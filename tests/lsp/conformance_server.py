"""The same few features on bare pygls and on the strict server, to see what each makes of the protocol.

Imported, it serves in this process; `python conformance_server.py bare|strict` serves on stdio.
"""

from __future__ import annotations

import sys
import threading
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from whence.live.client_text import ClientText
from whence.lsp.protocol import StrictServer
from whence.lsp.workers import Lane

WORKERS = 2

released: list[threading.Event] = []
"""What blocked workers wait for; set at the end of a test."""


def bare(source: BinaryIO | None = None, sink: BinaryIO | None = None) -> int:
    server = LanguageServer("bare", "0", max_workers=WORKERS)
    release = threading.Event()
    released.append(release)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover:
        return types.Hover(server.workspace.get_text_document(params.text_document.uri).source)

    @server.command("echo")
    def echo(*arguments: Any) -> Any:
        return [type(argument).__name__ for argument in arguments]

    @server.command("block")
    @server.thread()
    def block() -> str:
        release.wait(60)
        return "released"

    @server.command("release")
    def let_go() -> None:
        release.set()

    server.start_io(source, sink)
    return 0


def strict(source: BinaryIO | None = None, sink: BinaryIO | None = None) -> int:
    server = StrictServer("strict", "0")
    lane = Lane("slow", 4)
    release = threading.Event()
    released.append(release)
    texts: dict[str, ClientText] = {}

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        texts[params.text_document.uri] = ClientText(params.text_document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        for change in params.content_changes:
            assert isinstance(change, types.TextDocumentContentChangePartial)
            start, end = change.range.start, change.range.end
            text = texts[params.text_document.uri]
            texts[params.text_document.uri] = text.edited(
                (start.line, start.character), (end.line, end.character), change.text
            )

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover:
        return types.Hover(texts[params.text_document.uri].text)

    @server.command("echo")
    async def echo(arguments: list[Any], token: Any) -> Any:
        return [type(argument).__name__ for argument in arguments]

    @server.command("block")
    async def block(arguments: list[Any], token: Any) -> str:
        await lane.run(release.wait, 60)
        return "released"

    @server.command("release")
    async def let_go(arguments: list[Any], token: Any) -> None:
        release.set()

    return server.serve(source, sink) if source and sink else server.serve_stdio()


if __name__ == "__main__":
    sys.exit({"bare": bare, "strict": strict}[sys.argv[1]]())
