"""Read the sessions of Kiro that stand in files of lines: those of its command line (2.0) and of its editor.

    ~/.kiro/sessions/cli/<id>.jsonl                       beside it <id>.json: session_id, cwd, session_state
    ~/.kiro/sessions/<workspace>/sess_<id>/messages.jsonl beside it session.json: id, modelId, workspacePaths

Lines of the first are `{"kind": "Prompt" | "AssistantMessage" | "ToolResults", "data": {"content": [{"kind", "data"}]}}`
with `toolUse` and `toolResult` parts; those of the second `{"timestamp", "payload": {"type": "user" | "tool_call" |
"tool_result", ...}}`. A call failed when its `status` is not success, or `success` is false.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions import resuming
from whence.evidence.sessions.edits import odd
from whence.evidence.sessions.edits.pending import State, make_room, unanswered
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
from whence.evidence.sessions.paths import nearness, posix
from whence.evidence.sessions.readers.kiro.calls import WRITES, text_of, told
from whence.evidence.sessions.stores.files import Record, find, json_value, small_text
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.values import items, lines, mapping, string, when
from whence.quick import dataclass

_WORTH = (b"toolUse", b"toolResult", b"tool_call", b"tool_result", b'"Prompt"', b'"user"')


class Kiro:
    """Kiro's sessions in files."""

    tool = "kiro"
    source = "kiro-session"

    def locate(self, places: Places) -> Located:
        base = home(places.environment)
        if base is None:
            return Located()
        return find(
            [base / ".kiro" / "sessions"], places.environment, lambda name: name.endswith(".jsonl"), "Kiro"
        )

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        recorded = _about(transcript.path, transcript.changed).folders
        return min((nearness(folder, folders) for folder in recorded), default=2)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return resuming.read(self, transcript, faults, tick)

    def worth(self, data: bytes) -> bool:
        return any(word in data for word in _WORTH)

    def begin(self, transcript: Transcript) -> State:
        about = (
            _about(transcript.path, transcript.changed)
            if transcript.blobs is None
            else _About("", (), "", None)
        )
        cwd = posix(about.folders[0]) if about.folders else ""
        name = about.session or transcript.path.stem
        return State(transcript.shown, name, cwd, about.model or None, about.begun)

    def step(self, record: Record, state: State) -> Iterator[Event]:
        value = record.value
        locator = Locator(state.shown, record.offset, record.line)
        if "payload" in value:
            state.time = when(value.get("timestamp")) or state.time
            yield from _editor(mapping(value, "payload"), locator, state)
        else:
            data = mapping(value, "data")
            state.time = when(mapping(data, "meta").get("timestamp")) or state.time
            for part in items(data, "content"):
                yield from _command_line(mapping(part), string(value, "kind"), locator, state)

    def end(self, state: State) -> tuple[Event, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class _About:
    """What stands beside a session."""

    session: str
    folders: tuple[str, ...]
    model: str
    begun: datetime | None


@functools.lru_cache(maxsize=4096)
def _about(path: Path, changed: float) -> _About:
    """The session's data from the file beside it; read anew when the session has grown."""
    beside = path.with_name("session.json") if path.name == "messages.jsonl" else path.with_suffix(".json")
    text = small_text(beside)
    value = mapping(json_value(text, Faults("")) if text else None)
    paths = [folder for folder in items(value, "workspacePaths") if isinstance(folder, str)]
    cwd = string(value, "cwd", "workspacePath")
    model = string(value, "modelId") or string(
        mapping(value, "session_state", "rts_model_state", "model_info"), "model_id"
    )
    begun = when(value.get("created_at", value.get("createdAt")))
    return _About(string(value, "session_id", "id"), (*([cwd] if cwd else ()), *paths), model, begun)


def _command_line(part: Mapping[str, Any], kind: str, locator: Locator, state: State) -> Iterator[Event]:
    what = string(part, "kind")
    data = part.get("data")
    if kind == "Prompt" and isinstance(data, str):
        yield Read(lines(data), None, state.cwd, state.time, state.session, locator)
    elif what == "toolUse":
        yield from _note(
            string(data, "toolUseId"), string(data, "name"), mapping(data).get("input"), locator, state
        )
    elif what == "toolResult":
        good = string(data, "status").lower() == "success"
        yield from _result(string(data, "toolUseId"), mapping(data).get("content"), good, state)
    elif odd.carries(part):
        yield Odd(locator)


def _editor(payload: Mapping[str, Any], locator: Locator, state: State) -> Iterator[Event]:
    kind = string(payload, "type")
    call = string(payload, "toolCallId")
    if kind == "user":
        yield Read(
            lines(text_of(payload.get("content"))), None, state.cwd, state.time, state.session, locator
        )
    elif kind == "tool_call":
        yield from _note(call, string(payload, "toolName"), payload.get("args"), locator, state)
    elif kind == "tool_result":
        yield from _result(call, payload.get("content"), payload.get("success") is True, state)
    elif odd.carries(payload):
        yield Odd(locator)


def _note(call: str, name: str, asked: object, locator: Locator, state: State) -> Iterator[Event]:
    if not call:
        return
    if isinstance(asked, str):
        try:
            asked = json.loads(asked)
        except (ValueError, RecursionError):
            return
    make_room(state.calls)
    base = Written(
        (), "", state.cwd, Kiro.tool, state.model, state.session, state.time, replace(locator, record=call)
    )
    state.calls[call] = (name, mapping(asked), base)
    if unanswered(state.calls, state.answered) and name in WRITES:
        yield Odd(base.locator)


def _result(call: str, content: object, good: bool, state: State) -> Iterator[Event]:
    found = state.calls.pop(call, None)
    if found is not None:
        state.answered = True
        name, asked, base = found
        yield from told(state.files, name, asked, content, good, replace(base, time=state.time or base.time))
