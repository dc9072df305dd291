"""Which conversations Cursor's editor keeps, and for which folder each is.

All text is in one database, `<user folder>/globalStorage/state.vscdb`; which folder a conversation is of is told in
four places, by version: the database of the folder (`workspaceStorage/<hash>/state.vscdb`: a list until 2.x, the open
panels in early 3.x), the table `composerHeaders` (since 3.9), and the conversation itself.

A row is written anew whenever it changes and gets a higher number (the key is unique, and conflicts replace): so the
number tells whether a conversation changed, without reading it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from whence.evidence.sessions.interface import Faults, Located, Transcript
from whence.evidence.sessions.stores import editors
from whence.evidence.sessions.stores.editors import local_path
from whence.evidence.sessions.stores.files import json_value, shown, stands
from whence.evidence.sessions.stores.sqlite import Database, newest
from whence.evidence.sessions.stores.values import items, mapping, string
from whence.quick import dataclass

MAX_CONVERSATIONS = 100_000

RECENT = 30
"""Conversations, those written last, that are looked into for their time and folder."""

_PANEL = "workbench.panel.composerChatViewPane"
_VIEW = "workbench.panel.aichat.view."
_COMPOSERS = "SELECT key, rowid FROM cursorDiskKV WHERE key > :after AND key < 'composerData;' ORDER BY key LIMIT :limit"
_HEADERS = (
    "SELECT composerId, workspaceId, lastUpdatedAt, value FROM composerHeaders "
    "WHERE composerId > :after ORDER BY composerId LIMIT :limit"
)
_PANELS = (
    f"SELECT key, value FROM ItemTable WHERE key > :after AND key >= '{_PANEL}' AND key < '{_PANEL}/' "  # noqa: S608 - a constant
    "ORDER BY key LIMIT :limit"
)
_ITEM = "SELECT value FROM ItemTable WHERE key = ?"
DATA = "SELECT value FROM cursorDiskKV WHERE key = ?"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a conversation before it is read."""

    folder: str = ""
    changed: float = 0.0


def conversations(user: Path, environment: Mapping[str, str]) -> Located:
    """The conversations of one user folder."""
    path = user / "globalStorage" / "state.vscdb"
    if not stands(path):
        return Located()
    faults = Faults(shown(path, environment))
    folders = {one.path.name: one.folder for one in editors.workspaces(user)}
    known = dict(_of_workspaces(user))
    versions: dict[str, int] = {}
    with Database(path, faults) as database:
        if not database.knows("cursorDiskKV", "key", "value"):
            return Located((), faults.problems)
        for key, number in database.rows(_COMPOSERS, "composerData:"):
            if isinstance(key, str) and len(versions) < MAX_CONVERSATIONS:
                versions[key.removeprefix("composerData:")] = number
        known |= _headers(database, folders)
        for name in sorted(versions, key=versions.__getitem__)[-RECENT:]:
            text = database.value(DATA, f"composerData:{name}")
            about = about_composer(mapping(json_value(text, Faults(""))) if text else {}, folders)
            before = known.get(name, _Known())
            known[name] = _Known(about.folder or before.folder, max(about.changed, before.changed))
    empty = _Known()
    found = tuple(
        Transcript(
            path,
            number,
            known.get(name, empty).changed,
            faults.shown,
            known.get(name, empty).folder,
            name,
        )
        for name, number in versions.items()
        if name
    )
    return Located(found, faults.problems)


def about_composer(composer: Mapping[str, Any], folders: Mapping[str, str]) -> _Known:
    """The folder and the last change that a conversation tells of itself."""
    workspace = mapping(composer, "workspaceIdentifier")
    folder = uri_path(mapping(workspace, "uri")) or folders.get(string(workspace, "id"), "")
    return _Known(folder, _seconds(composer.get("lastUpdatedAt") or composer.get("createdAt")))


def uri_path(uri: Mapping[str, Any]) -> str:
    return local_path(string(uri, "fsPath") or string(uri, "external") or string(uri, "path"))


def _headers(database: Database, folders: Mapping[str, str]) -> Iterator[tuple[str, _Known]]:
    """What the tables of contents of newer versions say."""
    quiet = Faults("")
    if database.has("ItemTable", "key", "value"):
        text = database.value(_ITEM, "composer.composerHeaders")
        for head in items(json_value(text, quiet) if text else None, "allComposers"):
            yield string(head, "composerId"), about_composer(mapping(head), folders)
    if database.has("composerHeaders", "composerId", "workspaceId", "lastUpdatedAt", "value"):
        for name, workspace, changed, value in database.rows(_HEADERS):
            about = about_composer(
                mapping(json_value(value, quiet) if isinstance(value, str | bytes) else None), folders
            )
            folder = about.folder or folders.get(str(workspace), "")
            yield str(name), _Known(folder, max(about.changed, _seconds(changed)))


def _of_workspaces(user: Path) -> Iterator[tuple[str, _Known]]:
    """What the databases of single folders say, as older versions wrote them."""
    for workspace in editors.workspaces(user):
        path = workspace.path / "state.vscdb"
        if not workspace.folder or not stands(path):
            continue
        size, changed = newest(path)
        for name, at in _listed(path, size, changed):
            yield name, _Known(workspace.folder, at)


@lru_cache(maxsize=2048)
def _listed(path: Path, size: int, changed: float) -> tuple[tuple[str, float], ...]:
    """(conversation, last change) of one folder's database; asked again only when the file has changed."""
    found: dict[str, float] = {}
    quiet = Faults("")
    with Database(path, quiet) as database:
        if not database.has("ItemTable", "key", "value"):
            return ()
        text = database.value(_ITEM, "composer.composerData")
        listed = mapping(json_value(text, quiet) if text else None)
        for head in items(listed, "allComposers"):
            found[string(head, "composerId")] = _seconds(mapping(head).get("lastUpdatedAt"))
        for name in items(listed, "selectedComposerIds"):
            found.setdefault(str(name), 0.0)
        for _, value in database.rows(_PANELS):
            for key in mapping(json_value(value, quiet) if isinstance(value, str | bytes) else None):
                if str(key).startswith(_VIEW):
                    found.setdefault(str(key).removeprefix(_VIEW), 0.0)
    return tuple((name, at) for name, at in found.items() if name)


def _seconds(milliseconds: object) -> float:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) else 0.0
