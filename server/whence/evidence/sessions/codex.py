"""Read Codex's rollouts (0.2x to 0.16x): `sessions/YYYY/MM/DD/rollout-*.jsonl[.zst]` and `archived_sessions/`.

The same patch is recorded in up to three layers, by version: the intent (`custom_tool_call` or `function_call`
`apply_patch`, or a shell command that runs it), its output (a text, or a JSON string with an exit code), and the effect
(`patch_apply_end` from 0.13x, `item_completed` with a `FileChange` from 0.16x). The `status` of a call is "completed"
for refused and failed ones too, so it is never looked at; a failed call has no effect record. Where an effect is
recorded it is used, and its call is counted once.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions import apply_patch, resuming, shell
from whence.evidence.sessions.files import Record, find, home, raw_lines
from whence.evidence.sessions.inserted import as_shown, between, hunks
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
from whence.evidence.sessions.paths import joined, nearness, posix
from whence.evidence.sessions.values import content_text, items, lines, mapping, string, when

MAX_PENDING = 4096
"""Calls that wait for their output."""

WAIT = 48
"""Records for which a successful call waits for its effect record; real files have it within five."""

_PEEK = 131_072
"""Bytes in which the first line's folder is looked for; the line carries some 20 kB of instructions."""

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CWD = re.compile(rb'"cwd"\s*:\s*("(?:[^"\\]|\\.)*")')
_CWD_IN_TEXT = re.compile(r"<cwd>([^<\n]+)</cwd>")
_PATCHED = re.compile(r"^Success\. Updated the following files:", re.MULTILINE)
_EXIT = re.compile(r"^(?:Exit code|Process exited with code):? (-?\d+)", re.MULTILINE)
_RUNNING = re.compile(r"^Process running with session ID", re.MULTILINE)
_SHELLS = frozenset({"shell", "shell_command", "exec_command", "local_shell", "container.exec", "bash"})
_BARE = frozenset(
    {
        "message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output",
        "local_shell_call", "local_shell_call_output",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that waits for its outcome."""

    patch: str
    """The text of an `apply_patch`, else empty."""
    command: str
    cwd: str
    locator: Locator


@dataclass(slots=True)
class _Slot:
    """Events in order; those of a call may still be replaced by its effect."""

    call: str
    events: list[Event]
    age: int = 0


@dataclass(slots=True)
class State:
    """Where the session stands, the calls that wait for their output, and what is about to be told."""

    shown: str
    session: str
    cwd: str = ""
    model: str | None = None
    time: datetime | None = None
    line: int = 0
    offset: int = 0
    calls: dict[str, _Call] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    queue: deque[_Slot] = field(default_factory=deque)

    def locator(self, record: str = "") -> Locator:
        return Locator(self.shown, self.offset, self.line, record)

    def emit(self, *events: Event, call: str = "") -> None:
        self.queue.append(_Slot(call, list(events)))

    def flush(self, *, everything: bool = False) -> Iterator[Event]:
        while self.queue and (everything or not self.queue[0].call or self.queue[0].age > WAIT):
            yield from self.queue.popleft().events


class Codex:
    """Codex (OpenAI): command line, desktop and editor extension write the same files."""

    tool = "codex"
    source = "codex-session"

    def locate(self, places: Places) -> Located:
        environment = places.environment
        base = home(environment)
        roots = [Path(value) for value in (environment.get("CODEX_HOME", ""),) if value]
        if base is not None:
            roots.append(base / ".codex")
        folders = [
            root / name for root in roots if root.is_absolute() for name in ("sessions", "archived_sessions")
        ]
        located = find(folders, environment, _is_rollout, "Codex")
        plain = {transcript.path for transcript in located.transcripts}
        kept = tuple(
            transcript
            for transcript in located.transcripts
            if transcript.path.suffix != ".zst" or transcript.path.with_suffix("") not in plain
        )
        return Located(kept, located.problems)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return nearness(_first_cwd(transcript), folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return resuming.read(self, transcript, faults, tick)

    def worth(self, data: bytes) -> bool:
        return any(word in data for word in _WORTH)

    def begin(self, transcript: Transcript) -> State:
        found = _ID.findall(transcript.path.name)
        return State(transcript.shown, found[-1] if found else transcript.path.name.partition(".")[0])

    def step(self, record: Record, state: State) -> Iterator[Event]:
        state.line, state.offset = record.line, record.offset
        state.time = when(record.value.get("timestamp")) or state.time
        _record(record.value, state)
        for slot in state.queue:
            slot.age += 1
        return state.flush()

    def end(self, state: State) -> Iterator[Event]:
        return state.flush(everything=True)


def _is_rollout(name: str) -> bool:
    return name.startswith("rollout-") and name.endswith((".jsonl", ".jsonl.zst"))


_WORTH = (
    b'"session_meta"', b'"turn_context"', b"_call", b'"message"', b'"patch_apply_end"', b'"item_completed"',
    b'"cwd"',
    b'"instructions"',
)  # fmt: skip


def _first_cwd(transcript: Transcript) -> str:
    """The session's folder from the start of its first line, without parsing the whole."""
    for _, _, data in raw_lines(transcript, Faults(transcript.shown), lambda _: None):
        found = _CWD.search(data[:_PEEK])
        try:
            return str(json.loads(found[1])) if found else ""
        except ValueError:
            return ""
    return ""


def _record(value: Mapping[str, Any], state: State) -> None:
    kind = string(value, "type")
    payload = mapping(value, "payload")
    if kind == "session_meta" or (state.line == 1 and not kind):
        meta = payload or value
        state.cwd = string(meta, "cwd") or state.cwd
    elif kind == "turn_context":
        state.cwd = string(payload, "cwd") or state.cwd
        state.model = string(payload, "model") or state.model
    elif kind == "event_msg":
        _effect(payload, state)
    elif kind == "response_item":
        _item(payload, state)
    elif kind in _BARE:
        _item(value, state)


def _item(item: Mapping[str, Any], state: State) -> None:
    kind = string(item, "type")
    if kind == "message":
        _message(item, state)
    elif kind in {"function_call", "custom_tool_call", "local_shell_call"}:
        call_id = string(item, "call_id", "id")
        call = _call(kind, item, state, call_id)
        if call_id and call is not None and call_id not in state.done:
            if len(state.calls) >= MAX_PENDING:
                state.calls.pop(next(iter(state.calls)))
            state.calls[call_id] = call
    elif kind.endswith("_output"):
        _output(string(item, "call_id", "id"), item.get("output"), state)


def _message(item: Mapping[str, Any], state: State) -> None:
    """What a person typed was there before; the assistant's words are not evidence either way."""
    if string(item, "role") != "user":
        return
    text = content_text(item.get("content"))
    found = _CWD_IN_TEXT.search(text)
    if found and not state.cwd:
        state.cwd = found[1].strip()
    if text:
        state.emit(Read(lines(text), session=state.session, time=state.time))


def _call(kind: str, item: Mapping[str, Any], state: State, call_id: str) -> _Call | None:
    locator = state.locator(call_id)
    if kind == "local_shell_call":
        action = mapping(item, "action")
        cwd = joined(state.cwd, string(action, "working_directory", "workdir"))
        return _Call("", shell.command_of(action.get("command")), cwd, locator)
    name = string(item, "name").removeprefix("functions.")
    if kind == "custom_tool_call":
        # Newer models run JavaScript here (`exec`): the effect record says what came of it.
        patch = string(item, "input") if name == "apply_patch" else ""
        return _Call(patch, "", state.cwd, locator)
    try:
        arguments = json.loads(string(item, "arguments") or "{}")
    except (ValueError, RecursionError):
        return None
    if name == "multi_tool_use.parallel":
        return _parallel(items(arguments, "tool_uses"), state, locator)
    return _named_call(name, mapping(arguments), state.cwd, locator)


def _named_call(name: str, arguments: Mapping[str, Any], cwd: str, locator: Locator) -> _Call:
    if name == "apply_patch":
        return _Call(string(arguments, "input", "patch"), "", cwd, locator)
    command = arguments.get("command", arguments.get("cmd")) if name in _SHELLS else ""
    base = joined(cwd, string(arguments, "workdir", "working_directory", "cwd"))
    return _Call("", shell.command_of(command), base, locator)


def _parallel(uses: Sequence[object], state: State, locator: Locator) -> _Call:
    """Several calls in one: patches are joined, commands are not (their folders may differ)."""
    calls = [
        _named_call(
            string(use, "recipient_name").removeprefix("functions."),
            mapping(use, "parameters"),
            state.cwd,
            locator,
        )
        for use in uses
    ]
    return _Call("\n".join(call.patch for call in calls if call.patch), "", state.cwd, locator)


def outcome(output: object) -> tuple[str, int | None]:
    """The text and the exit code of a call's output, in any of the shapes that versions wrote."""
    if isinstance(output, str) and output.lstrip().startswith("{"):
        try:
            inner = json.loads(output)
        except (ValueError, RecursionError):
            inner = None
        if isinstance(inner, dict) and "output" in inner:
            output = inner
    if isinstance(output, Mapping):
        code = mapping(output, "metadata").get("exit_code", output.get("exit_code"))
        text = content_text(output.get("output", output.get("content")))
        if output.get("success") is False:
            code = 1
        return text, code if isinstance(code, int) else None
    text = content_text(output)
    found = _EXIT.search(text[:4096])
    return text, int(found[1]) if found else None


def _output(call_id: str, output: object, state: State) -> None:
    """Pair an output with its call."""
    call = state.calls.pop(call_id, None)
    if call is None:
        return
    text, code = outcome(output)
    if call_id not in state.done:
        if call.patch:
            if code in (0, None) and _PATCHED.search(text):
                state.emit(*_patched(call.patch, call.cwd, call, state), call=call_id)
                state.done.add(call_id)
            return
        events = _command_writes(call, text, code, state)
        if events:
            state.emit(*events, call=call_id)
            state.done.add(call_id)
            return
    if call.command and not call.patch:
        state.emit(Read(as_shown(text), session=state.session, time=state.time, cwd=call.cwd))


def _command_writes(call: _Call, text: str, code: int | None, state: State) -> list[Event]:
    events: list[Event] = []
    for write in shell.writes(call.command):
        base = joined(call.cwd, *write.folders)
        if isinstance(write, shell.PatchText):
            if code in (0, None) and _PATCHED.search(text):
                events += _patched(write.text, base, call, state)
        elif code == 0 and not _RUNNING.search(text):
            events.append(_written(write.path, base, write.blocks, call.locator, state))
    return events


def _patched(patch: str, cwd: str, call: _Call, state: State) -> list[Event]:
    events: list[Event] = []
    for change in apply_patch.parse(patch):
        blocks, removed = hunks(change.hunks)
        if removed:
            events.append(Read(removed, sent=False))
        if blocks:
            events.append(_written(change.target, cwd, blocks, call.locator, state))
    return events


def _effect(payload: Mapping[str, Any], state: State) -> None:
    """What landed on disk, as newer versions record it."""
    kind = string(payload, "type")
    item = mapping(payload, "item") if kind == "item_completed" else payload
    if kind == "patch_apply_end":
        call_id, good = string(item, "call_id"), item.get("success") is True
    elif kind == "item_completed" and string(item, "type") == "FileChange":
        call_id, good = string(item, "id", "call_id"), string(item, "status") in {"completed", "success"}
    else:
        return
    call = state.calls.get(call_id)
    slot = next((slot for slot in state.queue if slot.call == call_id and call_id), None)
    if not good:
        # An explicit failure beats whatever the output seemed to say.
        state.done.add(call_id)
        if slot is not None:
            slot.events, slot.call = [], ""
        return
    if call_id in state.done and slot is None:
        return
    locator = call.locator if call else state.locator(call_id)
    events = [
        event for change in _changes(item.get("changes")) for event in _changed(*change, locator, state)
    ]
    state.done.add(call_id)
    if slot is not None:
        slot.events, slot.call = events, ""
    else:
        state.emit(*events)


def _changes(changes: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(path, change) from a map, or from the list that the thread database uses."""
    if isinstance(changes, Mapping):
        yield from ((path, mapping(change)) for path, change in changes.items() if isinstance(path, str))
    for entry in changes if isinstance(changes, list) else ():
        kind = mapping(entry, "kind")
        diff = string(entry, "diff")
        yield string(entry, "path"), {**kind, "content": diff, "unified_diff": diff}


def _changed(path: str, change: Mapping[str, Any], locator: Locator, state: State) -> Iterator[Event]:
    kind = string(change, "type")
    target = string(change, "move_path") or path
    if kind == "add":
        blocks = between((), lines(string(change, "content")))
    elif kind == "update":
        blocks, removed = hunks(apply_patch.unified(string(change, "unified_diff")))
        if removed:
            yield Read(removed, path, sent=False)
    else:
        # What a deleted file held may come back elsewhere: it was there before.
        yield Read(lines(string(change, "content")), path, sent=False)
        return
    if blocks and target:
        yield _written(target, state.cwd, blocks, locator, state)


def _written(path: str, cwd: str, blocks: Any, locator: Locator, state: State) -> Written:
    return Written(blocks, path, posix(cwd), Codex.tool, state.model, state.session, state.time, locator)
