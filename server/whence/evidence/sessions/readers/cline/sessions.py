"""Read the sessions of Cline's second generation: version 4 of the extension, and the command line since version 3.

    <data>/sessions/<id>/<id>.json             `{"session_id", "cwd", "model", ...}`
    <data>/sessions/<id>/<id>.messages.json    `{"version", "sessionId", "messages": [...]}`, of helpers likewise

Messages are Anthropic's, with `ts` (milliseconds) and, of the model, `modelInfo{"id"}`. A result is JSON in a string or a
list, of `{"query", "result"|"error", "success"}`; a refused call is an error. A fork repeats the messages of its origin
under their ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits import odd, patches
from whence.evidence.sessions.edits.inserted import between
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
from whence.evidence.sessions.paths import posix
from whence.evidence.sessions.readers.tasks.edits import shown
from whence.evidence.sessions.stores.elements import elements
from whence.evidence.sessions.stores.files import find, small_text
from whence.evidence.sessions.stores.values import content_text, items, lines, mapping, string, when
from whence.matching.passages import Block
from whence.quick import dataclass

ENDING = ".messages.json"


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    asked: Any
    model: str | None
    identity: str


@dataclass(slots=True)
class _Session:
    tool: str
    session: str
    cwd: str
    shown: str
    calls: dict[str, _Call] = field(default_factory=dict)
    time: datetime | None = None
    locator: Locator = field(default_factory=lambda: Locator(""))

    def read(self, text: Sequence[str], path: str | None = None, *, sent: bool = True) -> Read:
        return Read(tuple(text), path, self.cwd, self.time, self.session, self.locator, sent)

    def written(self, call: _Call, path: str, blocks: tuple[Block, ...], cwd: str | None = None) -> Written:
        place = self.cwd if cwd is None else cwd
        return Written(blocks, path, place, self.tool, call.model, self.session, self.time, self.locator)


def locate(places: Places, folders: Sequence[Path]) -> Located:
    """Every session below the data folders, with the folder in which it worked."""
    found = find(folders, places.environment, lambda name: name.endswith(ENDING), "Cline")
    placed = tuple(
        Transcript(item.path, item.size, item.changed, item.shown, posix(_cwd(item.path)))
        for item in found.transcripts
    )
    return Located(placed, found.problems)


def _cwd(path: Path) -> str:
    """The folder that a session's own file tells, or that of the session which it helps."""
    names = dict.fromkeys((path.name.removesuffix(ENDING), path.parent.name))
    for name in names:
        try:
            cwd = string(
                json.loads(small_text(path.parent / f"{name}.json") or "{}"), "cwd", "workspace_root"
            )
        except (ValueError, RecursionError):
            continue
        if cwd:
            return cwd
    return ""


def read(tool: str, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
    name = transcript.path.name.removesuffix(ENDING)
    session = _Session(tool, name, transcript.folder, transcript.shown)
    for offset, message in elements(transcript, faults, tick, "messages"):
        session.time = when(mapping(message).get("ts")) or session.time
        session.locator = Locator(transcript.shown, offset, 0, string(message, "id"))
        if string(message, "role") == "assistant":
            yield from _note_calls(message, session)
        else:
            yield from _answered(message, session)


def _note_calls(message: object, session: _Session) -> Iterator[Event]:
    model = string(mapping(message, "modelInfo"), "id", "modelId") or None
    for block in items(message, "content"):
        identity = string(block, "id")
        if string(block, "type") == "tool_use" and identity:
            make_room(session.calls)
            asked = mapping(block).get("input")
            session.calls[identity] = _Call(string(block, "name"), asked, model, identity)
        elif odd.call(mapping(block)):
            yield Odd(session.locator)


def _answered(message: object, session: _Session) -> Iterator[Event]:
    content = mapping(message).get("content")
    if isinstance(content, str):
        yield session.read(as_shown(content))
    for block in items(message, "content"):
        kind = string(block, "type")
        if kind == "text":
            yield session.read(as_shown(string(block, "text")))
        elif kind == "file":
            text, path = lines(string(block, "content")), string(block, "path")
            yield session.read(text, path)
        elif kind == "tool_result":
            call = session.calls.pop(string(block, "tool_use_id"), None)
            if call is not None:
                session.locator = Locator(session.shown, session.locator.offset, 0, call.identity)
                yield from _result(call, block, session)


def _operations(content: object) -> list[Mapping[str, Any]]:
    """What a result says of each thing that was asked for; empty where it says nothing of that kind."""
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError):
            return []
    values = content if isinstance(content, list) else [content]
    return [value for value in values if isinstance(value, Mapping) and "success" in value]


def _result(call: _Call, block: object, session: _Session) -> Iterator[Event]:
    content = mapping(block).get("content")
    operations = _operations(content)
    good = bool(operations) and not mapping(block).get("is_error")
    if call.name in {"editor", "apply_patch"}:
        if good and all(operation.get("success") is True for operation in operations):
            yield from _edited(call, session) if call.name == "editor" else _patched(call, session)
        else:
            yield session.read(heard(content_text(content), call.asked, operations))
        return
    if odd.unknown(call.name, call.asked) and not mapping(block).get("is_error"):
        yield Odd(session.locator)
    if call.name == "run_commands" and good:
        yield from _commanded(call, operations, session)
    for operation in operations:
        text = string(operation, "result")
        path = string(operation, "query") if call.name == "read_files" else ""
        if not path:
            yield session.read(as_shown(text))
        elif operation.get("success") is True:
            yield session.read(shown(text), path)
    if not operations:
        yield session.read(as_shown(content_text(content)))


def _edited(call: _Call, session: _Session) -> Iterator[Event]:
    path = string(call.asked, "path", "file_path")
    if not path or not {"new_text", "new_str", "file_text"} & mapping(call.asked).keys():
        yield Odd(session.locator)
    old = lines(string(call.asked, "old_text", "old_str"))
    new = lines(string(call.asked, "new_text", "new_str", "file_text"))
    # Without old lines the tool makes a file or inserts into one: either way all of it is new.
    blocks = between(old, new)
    if old:
        yield session.read(old, path, sent=False)
    if blocks and path:
        yield session.written(call, path, blocks)


def _patched(call: _Call, session: _Session) -> Iterator[Event]:
    text = call.asked if isinstance(call.asked, str) else string(call.asked, "input", "patch")
    if not patches.understood(text):
        yield Odd(session.locator)
    for insertion in patches.of_patch(text, session.cwd):
        yield session.read(insertion.removed, insertion.path, sent=False)
        if insertion.blocks:
            yield session.written(call, insertion.path, insertion.blocks)


def _commanded(call: _Call, operations: Sequence[Mapping[str, Any]], session: _Session) -> Iterator[Event]:
    asked = call.asked
    commands = items(asked, "commands") or (asked if isinstance(asked, list) else [asked])
    for command, operation in zip(commands, operations, strict=False):
        if operation.get("success") is not True:
            continue
        text = command if isinstance(command, str) else mapping(command).get("command")
        for insertion in patches.of_command(text, session.cwd):
            yield session.read(insertion.removed, insertion.path, sent=False)
            if insertion.blocks:
                yield session.written(call, insertion.path, insertion.blocks, insertion.cwd)
