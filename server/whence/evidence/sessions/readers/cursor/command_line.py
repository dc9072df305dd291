"""Read what Cursor's command line keeps of a session: `<root>/chats/<md5 of the folder>/<session>/store.db`.

`blobs(id, data)` is a store by content; the messages among it are JSON: `tool-call` parts of an assistant's, and for
each a `tool-result` in a message of role `tool`, whose `providerOptions.cursor.highLevelToolCallResult.output` has the
outcome as its only key (`success`, `error`, `failure`, `rejected`). The order in which they were stored is the order in
which they were said; messages have no times. `meta.json` beside it has the folder.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits import odd, patches
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.pending import make_room
from whence.evidence.sessions.edits.shown import as_shown, heard
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
)
from whence.evidence.sessions.paths import absolute, joined, nearness
from whence.evidence.sessions.readers.cursor import calls
from whence.evidence.sessions.readers.cursor.calls import COMMANDS, EDITS, READS, TOLD, Texts
from whence.evidence.sessions.stores.files import find, json_value, small_text
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.sqlite import Database, newest
from whence.evidence.sessions.stores.values import content_text, items, lines, mapping, string, when
from whence.matching.passages import Block
from whence.quick import dataclass

_DIGEST = re.compile(r"[0-9a-f]{32}")
_FOLDER = re.compile(r"^Workspace Path: (.+)$", re.MULTILINE)
_REFUSED = re.compile(r"Rejected:|Error: [^\n]{0,200}$|Exit code: (?!0\b)")
_BLOBS = "SELECT rowid, typeof(data) FROM blobs WHERE rowid > :after ORDER BY rowid LIMIT :limit"
_BLOB = "SELECT data FROM blobs WHERE rowid = ?"


@dataclass(slots=True)
class _State:
    transcript: Transcript
    folder: str
    model: str | None
    time: datetime | None
    """When the session was written last: its messages have no times of their own, and nothing may seem older."""
    calls: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    contents: Contents = field(default_factory=Contents)
    met: set[str] = field(default_factory=set)
    """Files that the session has looked into."""

    @property
    def session(self) -> str:
        return self.transcript.path.parent.name

    def locator(self, record: str) -> Locator:
        return Locator(self.transcript.shown, record=record)


class CursorCli:
    """Cursor, by the sessions of its command line."""

    tool = "cursor"
    source = "cursor-cli-session"

    def locate(self, places: Places) -> Located:
        environment = places.environment
        located = find(
            [root / "chats" for root in roots(environment)],
            environment,
            lambda name: name == "store.db",
            "Cursor",
        )
        found = []
        for transcript in located.transcripts:
            size, changed = newest(transcript.path)
            about = mapping(_about(transcript.path.parent))
            folder = string(about, "cwd") or transcript.path.parents[1].name
            found.append(replace(transcript, size=size, changed=changed, folder=folder))
        return Located(tuple(found), located.problems)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        if _DIGEST.fullmatch(transcript.folder):
            digests = {hashlib.md5(folder.encode(), usedforsecurity=False).hexdigest() for folder in folders}
            return 0 if transcript.folder in digests else 2
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        with Database(transcript.path, faults, tick) as database:
            if not database.knows("blobs", "id", "data", own=True):
                return
            meta = _meta(database)
            if string(meta, "blobEncryptionKey"):
                faults.add("kept encrypted")
                return
            folder = "" if _DIGEST.fullmatch(transcript.folder) else transcript.folder
            model = string(meta, "lastUsedModel") or None
            state = _State(transcript, folder, model, when(transcript.changed))
            for number, _ in database.rows(_BLOBS, 0):
                data = database.value(_BLOB, number)
                text = data.encode() if isinstance(data, str) else data or b""
                # The tree that joins the messages is no JSON, nor are files that stand in the store as they are.
                if text[:1] == b"{" and b'"role"' in text[:4096]:
                    yield from _message(mapping(json_value(text, Faults(""))), state)


def roots(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders of Cursor's command line."""
    named = [Path(value) for value in (environment.get("CURSOR_CONFIG_DIR", ""),) if value]
    settings = environment.get("XDG_CONFIG_HOME", "")
    if settings:
        named.append(Path(settings) / "cursor")
    base = home(environment)
    if base is not None:
        named += [base / ".cursor", base / ".config" / "cursor"]
    return tuple(dict.fromkeys(path for path in named if path.is_absolute()))


def _about(session: Path) -> object:
    text = small_text(session / "meta.json")
    return json_value(text, Faults("")) if text else None


def _meta(database: Database) -> Mapping[str, Any]:
    """The session's own data: JSON, written in hexadecimal."""
    if not database.has("meta", "key", "value"):
        return {}
    value = database.value("SELECT value FROM meta WHERE key = '0'")
    try:
        text = bytes.fromhex(value) if isinstance(value, str) else value
    except ValueError:
        return {}
    return mapping(json_value(text, Faults(""))) if text else {}


def _message(message: Mapping[str, Any], state: _State) -> Iterator[Event]:
    role = string(message, "role")
    if role == "user":
        text = content_text(message.get("content"))
        found = _FOLDER.search(text)
        if found and not state.folder:
            state.folder = found[1].strip()
        if text:
            yield Read(as_shown(text), cwd=state.folder, time=state.time, session=state.session)
    for part in items(message, "content"):
        kind, name = string(part, "type"), string(part, "toolCallId")
        if role == "assistant" and kind == "tool-call" and name:
            make_room(state.calls)
            state.calls[name] = mapping(part)
        elif role == "tool" and kind == "tool-result" and name in state.calls:
            yield from _result(state.calls.pop(name), mapping(part), message, state)


def _result(
    call: Mapping[str, Any], part: Mapping[str, Any], message: Mapping[str, Any], state: _State
) -> Iterator[Event]:
    output = mapping(message, "providerOptions", "cursor", "highLevelToolCallResult", "output")
    said = string(part, "result") or content_text(part.get("experimental_content"))
    if {"rejected", "error", "failure"} & output.keys() or ("success" not in output and _REFUSED.match(said)):
        rows = heard(said, call.get("args"), output)
        yield Read(rows, None, state.folder, state.time, state.session)
        return
    tool, asked, done = string(call, "toolName").lower(), mapping(call, "args"), mapping(output, "success")
    locator = state.locator(string(call, "toolCallId"))
    if tool in EDITS:
        texts = Texts(_text(done, "beforeFullFileContent"), _text(done, "afterFullFileContent"))
        if not calls.understood(asked, asked, done, texts, ""):
            yield Odd(locator)
        for edit in calls.edits(asked, asked, done, texts, "", state.folder, state.contents, state.met):
            state.met.add(absolute(edit.path, state.folder))
            if edit.before:
                yield Read(edit.before, edit.path, state.folder, sent=False)
            if edit.blocks:
                yield _written(edit.path, edit.blocks, state.folder, locator, state)
        return
    if odd.unknown(tool, asked):
        yield Odd(locator)
    if tool in COMMANDS:
        base = joined(state.folder, string(asked, "working_directory", "workingDirectory", "cwd"))
        for made in patches.of_command(asked.get("command"), base):
            if made.removed:
                yield Read(made.removed, sent=False)
            if made.blocks:
                yield _written(made.path, made.blocks, made.cwd, locator, state)
    path = calls.path_of(asked, {})
    if path:
        state.met.add(absolute(path, state.folder))
    if tool in TOLD:
        yield Read(heard(said, asked, output), None, state.folder, state.time, state.session, locator)
    elif said:
        if (
            tool in READS
            and path
            and not {"offset", "limit"} & asked.keys()
            and isinstance(done.get("content"), str)
        ):
            state.contents.show(absolute(path, state.folder), lines(string(done, "content")))
        yield Read(as_shown(said), path or None, state.folder, state.time, state.session, locator)


def _text(done: Mapping[str, Any], key: str) -> str | None:
    value = done.get(key)
    return value if isinstance(value, str) else None


def _written(path: str, blocks: tuple[Block, ...], cwd: str, locator: Locator, state: _State) -> Written:
    return Written(blocks, path, cwd, CursorCli.tool, state.model, state.session, state.time, locator)
