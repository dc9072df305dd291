"""Where VS Code and the editors made from it keep what their extensions and chats remember.

    <user folder>/globalStorage/<publisher.extension>/   an extension's own files
    <user folder>/globalStorage/state.vscdb              a key-value database; a profile has one of its own
    <user folder>/workspaceStorage/<hash>/               the same for one opened folder, named by `workspace.json`
    <user folder>/settings.json                          the user's settings, JSON with comments

The user folder is `User` below the editor's data folder. Editors on the desktop have that in the system's place for
settings, the part of an editor that runs on a remote machine or in a browser has it in the home folder there. Folders
of every system are looked for on every system: homes are shared and copied, and a folder that is not there costs one
look.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from whence import regular
from whence.evidence.sessions.paths import posix
from whence.evidence.sessions.stores.folders import user_folders
from whence.evidence.sessions.stores.values import string
from whence.quick import dataclass

MAX_WORKSPACES = 20_000
"""Opened folders that are looked at for one user folder; editors never tidy them up."""

_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')

_MAX_SMALL_FILE = 4 * 1024 * 1024
"""Bytes of a settings or workspace file that are read."""


@dataclass(frozen=True, slots=True)
class WorkspaceStorage:
    """What an editor keeps for one opened folder."""

    path: Path
    folder: str
    """The opened folder, or the folder of an opened workspace file, in the form of `paths.posix`; empty: unknown."""


def extension_folders(environment: Mapping[str, str], *extensions: str) -> tuple[Path, ...]:
    """The folders that extensions (`publisher.name`) keep for all workspaces, in every editor."""
    return tuple(user / "globalStorage" / name for user in user_folders(environment) for name in extensions)


def profiles(user: Path) -> tuple[Path, ...]:
    """The user folder and the folder of each of its profiles: all have a `globalStorage` with a `state.vscdb`."""
    return (user, *_folders(user / "profiles"))


def workspaces(user: Path) -> Iterator[WorkspaceStorage]:
    """What is kept for each folder that was opened, at most `MAX_WORKSPACES`."""
    for path in _folders(user / "workspaceStorage"):
        yield WorkspaceStorage(path, _opened(path))


def local_path(uri: str) -> str:
    """The path that a URI means on the machine on which the files are, in the form of `paths.posix`.

    `file:///c%3A/p`, `vscode-remote://ssh-remote%2Bhost/p`, `vscode-vfs://...`; a bare path is taken as it is.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", uri) is None:
        return posix(uri)
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    path = unquote(parts.path)
    if parts.scheme == "file" and parts.netloc not in {"", "localhost"}:
        return f"//{parts.netloc}{path}"
    return posix(path)


def setting(user: Path, key: str) -> str:
    """A string from the user's settings, or from those of the remote machine; empty where it is not set."""
    for path in (user / "settings.json", user.parent / "Machine" / "settings.json"):
        value = string(with_comments(_text(path)), key)
        if value:
            return value
    return ""


def with_comments(text: str) -> object:
    """The value of JSON as editors' settings have it, with comments and commas at the end; None where it is none."""
    try:
        return json.loads(_COMMA.sub(_kept, _COMMENT.sub(_kept, text)))
    except (ValueError, RecursionError):
        return None


def _kept(found: re.Match[str]) -> str:
    return found[1] or " "


def _folders(path: Path) -> tuple[Path, ...]:
    """The real folders in a folder, by name."""
    try:
        with os.scandir(path) as entries:
            found = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return ()
    return tuple(path / name for name in found[:MAX_WORKSPACES])


def _opened(storage: Path) -> str:
    value = with_comments(_text(storage / "workspace.json"))
    folder = string(value, "folder")
    workspace = string(value, "workspace", "configuration")
    return local_path(folder) or local_path(workspace).rpartition("/")[0]


def _text(path: Path) -> str:
    try:
        with regular.opened(path, links=False) as stream:
            return stream.read(_MAX_SMALL_FILE).decode("utf-8", "replace").removeprefix("\ufeff")
    except OSError:
        return ""
