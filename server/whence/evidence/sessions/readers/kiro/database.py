"""Read the conversations that Amazon Q's and Kiro's command lines keep in a database: `data.sqlite3`.

    conversations(key, value)                                           one row a folder, overwritten
    conversations_v2(key, conversation_id, value, created_at, updated_at)   Kiro: every conversation

`key` is the folder; `value` is JSON whose `history` has turns `{"user": {"content", "timestamp"}, "assistant":
{"ToolUse": {"tool_uses": [{id, name, args}]}}, "request_metadata"}` (before 1.12 pairs of the first two). A turn's user
content is a `Prompt`, or the results of the calls before: `ToolUseResults`, or `CancelledToolUses`. Old turns are left
out when a conversation grows long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits.calls import Files
from whence.evidence.sessions.interface import (
    Event,
    Faults,
    Located,
    Locator,
    Places,
    Read,
    Tick,
    Transcript,
    Written,
)
from whence.evidence.sessions.paths import nearness, posix
from whence.evidence.sessions.readers.kiro.calls import told
from whence.evidence.sessions.stores.files import json_value, shown, stands
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.sqlite import Database, newest
from whence.evidence.sessions.stores.values import items, lines, mapping, string, when
from whence.model import NotMeasured
from whence.quick import dataclass

MAX_CONVERSATIONS = 100_000

_EACH = (
    "SELECT conversation_id, key, updated_at, length(value) FROM conversations_v2 "
    "WHERE conversation_id > :after ORDER BY conversation_id LIMIT :limit"
)
_FOLDERS = "SELECT key, length(value) FROM conversations WHERE key > :after ORDER BY key LIMIT :limit"


@dataclass(slots=True)
class _State:
    tool: str
    shown: str
    session: str
    cwd: str
    model: str | None
    time: datetime | None = None
    calls: dict[str, tuple[str, Mapping[str, Any], Written]] = field(default_factory=dict)
    files: Files = field(default_factory=Files)


class KiroDatabase:
    """Kiro's command line before 2.0, and its legacy engine since."""

    tool = "kiro"
    source = "kiro-conversation"
    folder = "kiro-cli"

    def locate(self, places: Places) -> Located:
        found: list[Transcript] = []
        problems: list[NotMeasured] = []
        for path in _databases(self.folder, places.environment):
            faults = Faults(shown(path, places.environment))
            found += _conversations(path, faults)
            problems += faults.problems
        return Located(tuple(found), tuple(problems))

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        table, _, name = transcript.part.partition(":")
        with Database(transcript.path, faults, tick) as database:
            if not database.has("conversations_v2" if table == "v2" else "conversations", "key", "value"):
                return
            if table == "v2":
                data = database.value("SELECT value FROM conversations_v2 WHERE conversation_id = ?", name)
            else:
                data = database.value("SELECT value FROM conversations WHERE key = ?", name)
        if data is None:
            return
        conversation = json_value(data, faults)
        model = string(mapping(conversation, "model_info"), "model_id") or string(conversation, "model")
        session = string(conversation, "conversation_id") or name
        state = _State(self.tool, transcript.shown, session, posix(transcript.folder), model or None)
        for turn in items(conversation, "history"):
            pair = (
                turn
                if isinstance(turn, list)
                else [mapping(turn).get("user"), mapping(turn).get("assistant")]
            )
            times = mapping(turn, "request_metadata")
            begun = when(times.get("request_start_timestamp_ms"))
            yield from _user(mapping(pair[0] if pair else None), begun, state)
            state.time = when(times.get("stream_end_timestamp_ms")) or begun or state.time
            state.model = string(times, "model_id") or state.model
            _assistant(pair[1] if len(pair) > 1 else None, state)
        yield from _user(mapping(conversation, "next_message"), None, state)


class AmazonQ(KiroDatabase):
    """Amazon Q's command line, which became Kiro's."""

    tool = "amazon-q"
    source = "amazon-q-conversation"
    folder = "amazon-q"


def _databases(folder: str, environment: Mapping[str, str]) -> Iterator[Path]:
    base = home(environment)
    roots = [Path(value) for name in ("XDG_DATA_HOME", "LOCALAPPDATA") if (value := environment.get(name))]
    if base is not None:
        roots += [base / ".local" / "share", base / "Library" / "Application Support"]
    for root in dict.fromkeys(roots):
        path = root / folder / "data.sqlite3"
        if stands(path):
            yield path


def _conversations(path: Path, faults: Faults) -> Iterator[Transcript]:
    _, changed = newest(path)
    with Database(path, faults) as database:
        number = 0
        if database.knows("conversations_v2", "conversation_id", "key", "updated_at", "value"):
            for name, key, updated, size in database.rows(_EACH):
                number += 1
                if isinstance(name, str) and isinstance(key, str) and number <= MAX_CONVERSATIONS:
                    moment = when(updated)
                    stamp = moment.timestamp() if moment else changed
                    yield Transcript(path, _size(size), stamp, faults.shown, key, f"v2:{name}")
        if database.knows("conversations", "key", "value"):
            for key, size in database.rows(_FOLDERS):
                number += 1
                if isinstance(key, str) and number <= MAX_CONVERSATIONS:
                    yield Transcript(path, _size(size), changed, faults.shown, key, f"v1:{key}")


def _size(value: object) -> int:
    return value if isinstance(value, int) else 0


def _user(user: Mapping[str, Any], begun: datetime | None, state: _State) -> Iterator[Event]:
    """What a person typed, or what calls gave back."""
    state.time = when(user.get("timestamp")) or begun or state.time
    state.cwd = (
        posix(string(mapping(user, "env_context", "env_state"), "current_working_directory")) or state.cwd
    )
    content = mapping(user, "content")
    prompt = string(mapping(content, "Prompt"), "prompt") or string(
        mapping(content, "CancelledToolUses"), "prompt"
    )
    typed = (*lines(prompt), *lines(string(user, "additional_context")))
    if typed:
        yield Read(typed, None, state.cwd, state.time, state.session)
    for result in items(content, "ToolUseResults", "tool_use_results"):
        found = state.calls.pop(string(result, "tool_use_id"), None)
        if found is not None:
            name, asked, base = found
            good = string(result, "status").lower() == "success"
            call = replace(base, time=state.time or base.time)
            yield from told(state.files, name, asked, mapping(result).get("content"), good, call)


def _assistant(assistant: object, state: _State) -> None:
    """Its calls; only the next turn's results are theirs."""
    state.calls.clear()
    for use in items(assistant, "ToolUse", "tool_uses"):
        call = string(use, "id")
        if call:
            locator = Locator(state.shown, record=f"{state.session}/{call}")
            base = Written((), "", state.cwd, state.tool, state.model, state.session, state.time, locator)
            state.calls[call] = (string(use, "name"), mapping(use, "args"), base)
