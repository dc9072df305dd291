"""`workspace/didChangeWatchedFiles`: the policy, the ledger, HEAD and notes may change outside the editor."""

from __future__ import annotations

from pathlib import PurePosixPath

from lsprotocol import types

from whence.lsp.documents import path_of
from whence.lsp.server import WhenceServer

PATTERNS = (
    "**/whence.toml",
    "**/pyproject.toml",
    "**/.whence/reviews/*",
    "**/.whence/*_signers",
    "**/CODEOWNERS",
    "**/.mailmap",
    "**/.git/HEAD",
    "**/.git/logs/HEAD",
    "**/.git/packed-refs",
    "**/.git/refs/notes/*",
)


def register(ls: WhenceServer) -> None:
    if not ls.session.client.registers_watchers:
        return
    watchers = [types.FileSystemWatcher(pattern) for pattern in PATTERNS]
    options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
    registration = types.Registration("whence-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
    ls.session.ask(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))


def did_change_watched_files(ls: WhenceServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Take up the ledger alone where nothing else changed; it is the quick road."""
    session = ls.session
    paths = [path for change in params.changes if (path := path_of(change.uri)) is not None]
    for root in list(session.roots.values()):
        inside = [
            PurePosixPath(path.relative_to(root.path)).parts
            for path in paths
            if path.is_relative_to(root.path)
        ]
        if any(parts[0] != ".whence" for parts in inside if parts):
            root.look_again()
        elif inside:
            session.start(root.reviewed())


def did_change_workspace_folders(ls: WhenceServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    session = ls.session
    removed = {path_of(folder.uri) for folder in params.event.removed}
    added = [path for folder in params.event.added if (path := path_of(folder.uri)) is not None]
    session.folders = [folder for folder in session.folders if folder not in removed]
    session.folders += [folder for folder in added if folder not in session.folders]
    session.replace_roots()
