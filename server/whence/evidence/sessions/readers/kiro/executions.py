"""Read what Kiro's editor kept of its agent's work before its sessions came to `~/.kiro/sessions`: one file an execution.

    <user folder>/globalStorage/kiro.kiroagent/workspace-sessions/<the folder's path in URL-safe Base64>/<session>.json
    <user folder>/globalStorage/kiro.kiroagent/<32 digits of the SHA-256 of the folder's path>/<name>/<execution>

A session's own file holds what the person said, and of the agent no more than that it is at work. An execution is a JSON
object: `chatSessionId`, `startTime`, `endTime` (milliseconds) and one of two records of what was done:

    "actions": [{"actionType": "create", "actionState": "Accepted", "emittedAt": milliseconds,
                 "input": {"file": relative, "originalContent", "modifiedContent": whole texts}}]
    "context": {"messages": [{"role": "human" | "bot" | "tool", "entries": [
                 {"type": "toolUse", "id", "name", "args"}, {"type": "toolUseResponse", "id", "success"}]}]}

An action happened when its state is `Accepted`, a call when its response has `success`: this and the forms are as AWS's
own sample for git-ai reads them. Snapshots of conversations (`*.chat`) tell of no edit what came of it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits.inserted import between
from whence.evidence.sessions.edits.pending import State
from whence.evidence.sessions.interface import (
    Event,
    Faults,
    Located,
    Locator,
    Odd,
    Places,
    Read,
    Tick,
    Transcript,
    Written,
    missing,
)
from whence.evidence.sessions.paths import absolute, nearness, posix
from whence.evidence.sessions.readers.kiro.calls import told
from whence.evidence.sessions.stores.files import document, find, shown
from whence.evidence.sessions.stores.folders import user_folders
from whence.evidence.sessions.stores.values import items, lines, mapping, string, when
from whence.model import NotMeasured

_STORE = "globalStorage/kiro.kiroagent"
_SESSIONS = "workspace-sessions"
_DIGITS = 32
_DIGEST = re.compile(r"[0-9a-f]{32}")

MAX_FOLDERS = 10_000

_WRITES = frozenset({"replace", "create", "write", "append", "editCode", "smartRelocate"})
_HAPPENED = "Accepted"
_NOT = frozenset(
    {"Error", "Rejected", "Pending", "PendingAction", "Running", "Failed", "Canceled", "Cancelled", "Aborted"}
)
"""States of actions that left no text, or none yet."""


class KiroExecutions:
    """Kiro's editor before version 1."""

    tool = "kiro"
    source = "kiro-execution"

    def locate(self, places: Places) -> Located:
        found: list[Transcript] = []
        problems: list[NotMeasured] = []
        for user in user_folders(places.environment):
            store = user / _STORE
            if not store.is_dir():
                continue
            folders = _folders(store / _SESSIONS)
            located = find(_digests(store), places.environment, lambda name: "." not in name, "Kiro")
            kept = [
                replace(one, folder=folders.get(one.path.parents[1].name, ""))
                for one in located.transcripts
                if one.path.parents[2] == store
            ]
            found += kept
            problems += located.problems
            problems += _chats_only(store, {one.path.parents[1].name for one in kept}, places)
        return Located(tuple(found), tuple(problems))

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        if not transcript.folder:
            digests = {_digest(folder) for folder in folders}
            return 0 if transcript.path.parents[1].name in digests else 2
        return nearness(posix(transcript.folder), folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        execution = mapping(document(transcript, faults, tick))
        session = string(execution, "chatSessionId") or transcript.path.name
        time = when(execution.get("startTime")) or when(execution.get("endTime"))
        state = State(transcript.shown, session, posix(transcript.folder), time=time)
        actions = items(execution, "actions")
        for message in items(execution, "context", "messages"):
            tick(0)
            for entry in items(message, "entries"):
                if string(message, "role") == "human":
                    yield Read(lines(string(entry, "text")), None, state.cwd, state.time, session)
                if not actions:
                    yield from _entry(mapping(entry), state)
        for number, action in enumerate(actions):
            tick(0)
            yield from _action(mapping(action), number, state)


def _digest(folder: str) -> str:
    return hashlib.sha256(folder.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _digests(store: Path) -> list[Path]:
    """The folders of executions: one for each folder that was worked in."""
    try:
        with os.scandir(store) as entries:
            names = sorted(
                entry.name for _, entry in zip(range(MAX_FOLDERS), entries, strict=False)
                if _DIGEST.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            )  # fmt: skip
    except OSError:
        return []
    return [store / name for name in names]


def _folders(sessions: Path) -> dict[str, str]:
    """The folders that were worked in, by their digests."""
    try:
        with os.scandir(sessions) as entries:
            names = [entry.name for _, entry in zip(range(MAX_FOLDERS), entries, strict=False)]
    except OSError:
        return {}
    found: dict[str, str] = {}
    for name in names:
        for folder in _decoded(name):
            found[_digest(folder)] = folder
    return found


def _decoded(name: str) -> Iterator[str]:
    """A folder's path, in Base64 without padding or with `_` for it."""
    for text in dict.fromkeys((name, name[:-1] if name.endswith("_") else name, name.removesuffix("__"))):
        try:
            yield base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("utf-8")
        except ValueError:
            continue


def _chats_only(store: Path, known: set[str], places: Places) -> Iterator[NotMeasured]:
    """Where of this workspace nothing is left but snapshots of conversations."""
    tops = {str(top) for top in (places.root, places.repository and places.repository.top) if top}
    for top in sorted(tops):
        folder = store / _digest(top)
        try:
            chats = 0 if folder.name in known else sum(1 for _ in folder.glob("*.chat"))
        except OSError:
            continue
        if chats:
            where = shown(folder, places.environment)
            yield missing(
                f"{where}: conversations of an old Kiro ({chats:,}), which tell of no edit what came of it"
            )


def _call(record: str, state: State) -> Written:
    locator = Locator(state.shown, record=f"{state.session}/{record}")
    return Written((), "", state.cwd, KiroExecutions.tool, None, state.session, state.time, locator)


def _entry(entry: Mapping[str, Any], state: State) -> Iterator[Event]:
    """A part of a message: a call, or what came of one."""
    kind, call = string(entry, "type"), string(entry, "id")
    if kind == "toolUse" and call:
        state.calls[call] = (string(entry, "name"), mapping(entry, "args"), _call(call, state))
    elif kind == "toolUseResponse" and call in state.calls:
        name, asked, base = state.calls.pop(call)
        said = entry.get("message", entry.get("content"))
        yield from told(state.files, name, asked, said, entry.get("success") is True, base)


def _action(action: Mapping[str, Any], number: int, state: State) -> Iterator[Event]:
    """What one action did to a file, by its effect."""
    kind, fate, asked = string(action, "actionType"), string(action, "actionState"), mapping(action, "input")
    path, after = string(asked, "file"), asked.get("modifiedContent")
    call = replace(
        _call(string(action, "actionId") or str(number), state),
        time=when(action.get("emittedAt")) or state.time,
    )
    if fate != _HAPPENED or kind not in _WRITES:
        if isinstance(after, str) and kind != "delete" and fate not in _NOT:
            yield Odd(call.locator)
        return
    if kind == "smartRelocate" and after is None:
        return  # a file was moved as it was
    if not path or not isinstance(after, str):
        yield Odd(call.locator)
        return
    place, new = absolute(path, call.cwd), lines(after)
    old = asked.get("originalContent")
    known = state.files.contents.overwritten(place, new)
    if kind == "create" or isinstance(old, str):
        before = () if kind == "create" else lines(string(asked, "originalContent"))
        yield Read(before, path, call.cwd, call.time, call.session, call.locator, sent=False)
        known = between(before, new)
    if known:
        yield replace(call, path=path, blocks=known)
