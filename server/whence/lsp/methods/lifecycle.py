"""`initialize`, `initialized`: who the client is, and what it is asked to tell us."""

from __future__ import annotations

import asyncio
import logging

from lsprotocol import types

from whence.lsp import client, settings
from whence.lsp.documents import path_of
from whence.lsp.methods import completion, configuration, watched_files
from whence.lsp.server import WhenceServer

log = logging.getLogger(__name__)


def initialize(ls: WhenceServer, params: types.InitializeParams) -> None:
    session = ls.session
    session.client = client.resolve(params)
    session.encoding = types.PositionEncodingKind(ls.workspace.position_encoding or "utf-16").value
    folders = [folder.uri for folder in params.workspace_folders or ()]
    if not folders and params.root_uri:
        folders = [params.root_uri]
    if not folders and params.root_path:
        folders = [f"file://{params.root_path}"]
    session.folders = [path for uri in folders if (path := path_of(uri)) is not None]
    session.settings, wrong = settings.read(params.initialization_options)
    for text in wrong:
        log.warning("initializationOptions: %s", text)
    log.info("%s; positions in %s", session.client, session.encoding)
    # Only when the answer is on its way: the desk begins to load now, and would take the processor from us.
    asyncio.get_running_loop().call_soon(session.workshop.ready)
    ls.offer(session.client, session.settings)
    ls.watch_parent(params.process_id)


async def initialized(ls: WhenceServer, params: types.InitializedParams) -> None:
    watched_files.register(ls)
    configuration.register(ls)
    completion.register(ls)
    await configuration.pull(ls)
