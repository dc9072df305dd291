"""Read Codex's rollouts (0.2x to 0.17x): `sessions/YYYY/MM/DD/rollout-*.jsonl[.zst]` and `archived_sessions/`.

The same patch is recorded in up to three layers, by version: the intent (`custom_tool_call` or `function_call`
`apply_patch`, or a shell command that runs it), its output (a text, or a JSON string with an exit code), and the effect
(`patch_apply_end` from 0.13x, `item_completed` with a `FileChange` from 0.16x, which also has the `CommandExecution` of
commands). The `status` of a call is "completed" for refused and failed ones too, so it is never looked at; a failed
patch has no effect record. Where an effect is recorded it is used, and its call is counted once.

What `compacted` puts in the place of the history is no event: it all happened before.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from whence.evidence.sessions import resuming
from whence.evidence.sessions.edits import odd, patches, shell
from whence.evidence.sessions.edits.patches import Insertion
from whence.evidence.sessions.edits.pending import make_room, unanswered
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
from whence.evidence.sessions.paths import nearness, posix
from whence.evidence.sessions.readers.codex import databases, forks
from whence.evidence.sessions.readers.codex.calls import CALLS, Call, asked, inserted, outcome, strange
from whence.evidence.sessions.stores.editors import local_path
from whence.evidence.sessions.stores.files import Record, find, raw_lines
from whence.evidence.sessions.stores.values import content_text, mapping, string, when
from whence.quick import dataclass

WAIT = 48
"""Records for which a successful call waits for its effect record; real files have it within five."""

_PEEK = 131_072
"""Bytes in which the first line's folder is looked for; the line carries some 20 kB of instructions."""

_CWD = re.compile(rb'"cwd"\s*:\s*("(?:[^"\\]|\\.)*")')
_CWD_IN_TEXT = re.compile(r"<cwd>([^<\n]+)</cwd>")
_STATUSES = frozenset(
    {
        "completed",
        "success",
        "failed",
        "declined",
        "in_progress",
        "inProgress",
        "rejected",
        "cancelled",
        "canceled",
    }
)
"""Of a change of files."""

_BARE = CALLS | {"message", "function_call_output", "custom_tool_call_output", "local_shell_call_output"}


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
    path: str = ""
    """Where the file is; empty where it is none."""
    generation: int = 0
    """How many forks stand between this thread and the one that is read."""
    own_from: int = 0
    """The number of the first record that is the thread's own; what a helper's file holds before is its parent's."""
    inherited: bool = False
    cwd: str = ""
    model: str | None = None
    time: datetime | None = None
    line: int = 0
    offset: int = 0
    calls: dict[str, Call] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    answered: bool = False
    """Whether any call was."""
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
        """Every rollout, and the threads that only the database of histories has."""
        environment = places.environment
        roots = databases.roots(environment)
        folders = [root / name for root in roots for name in ("sessions", "archived_sessions")]
        located = find(folders, environment, databases.is_rollout, "Codex")
        plain = {transcript.path for transcript in located.transcripts}
        kept = [
            transcript
            for transcript in located.transcripts
            if transcript.path.suffix != ".zst" or transcript.path.with_suffix("") not in plain
        ]
        indexed = databases.completed(kept, roots, environment)
        return Located(indexed.transcripts, (*located.problems, *indexed.problems))

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        told = nearness(transcript.folder, folders)
        if told == 0 or transcript.part:
            return told
        return min(told, nearness(_first_cwd(transcript), folders))

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        if not transcript.part:
            return resuming.read(self, transcript, faults, tick)
        return self._of_database(transcript, faults, tick)

    def _of_database(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        state = State(
            transcript.shown, transcript.part, cwd=transcript.folder, model=databases.model(transcript)
        )
        for state.time, payload in databases.items(transcript, faults, tick):
            _effect(payload, state)
            _item(mapping(payload, "item"), state)
            state.done.clear()  # every item stands there once, and says itself what came of it
            yield from state.flush(everything=True)

    def worth(self, data: bytes) -> bool:
        return any(word in data for word in _WORTH)

    def begin(self, transcript: Transcript) -> State:
        session = forks.thread_of(transcript.path.name) or transcript.path.name.partition(".")[0]
        return State(transcript.shown, session, "" if transcript.blobs else str(transcript.path))

    def step(self, record: Record, state: State) -> Iterator[Event]:
        state.line, state.offset = record.line, record.offset
        state.time = when(record.value.get("timestamp")) or state.time
        number = record.value.get("ordinal")
        state.inherited = isinstance(number, int) and number < state.own_from
        if string(record.value, "type") == "session_meta":
            yield from self._before(mapping(record.value, "payload"), state)
        _record(record.value, state)
        for slot in state.queue:
            slot.age += 1
        yield from state.flush()

    def _before(self, meta: Mapping[str, Any], state: State) -> Iterator[Read]:
        """What a fork's parents were shown before it was made: it is in front of the fork, but not in its file."""
        base = forks.base(meta)
        if base is None or not state.path or state.generation >= forks.MAX_GENERATIONS:
            return
        path = forks.rollout(Path(state.path), base.thread)
        if path is None:
            return
        parent = State(state.shown, base.thread, str(path), state.generation + 1)
        told = chain.from_iterable(
            self.step(record, parent) for record in forks.records(path, base, self.worth)
        )
        for event in chain(told, self.end(parent)):
            if isinstance(event, Read):
                # The parent's own reading says where and when.
                yield Read(event.lines, session=state.session, sent=False)

    def end(self, state: State) -> Iterator[Event]:
        return state.flush(everything=True)


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
        first = meta.get("subagent_history_start_ordinal")
        if state.line == 1 and isinstance(first, int):
            state.own_from = first
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
    elif kind in CALLS:
        call_id = string(item, "call_id", "id")
        call = asked(item, state.cwd, state.locator(call_id))
        if call_id and call is not None and call_id not in state.done:
            make_room(state.calls)
            state.calls[call_id] = call
            if call.edits and unanswered(state.calls, state.answered):
                state.emit(Odd(call.locator))
    elif kind.endswith("_output"):
        _output(string(item, "call_id", "id"), item.get("output"), state)
    elif odd.call(item):
        state.emit(Odd(state.locator()))


def _message(item: Mapping[str, Any], state: State) -> None:
    """What a person typed was there before; the assistant's words are not evidence either way."""
    if string(item, "role") != "user":
        return
    text = content_text(item.get("content"))
    found = _CWD_IN_TEXT.search(text)
    if found and not state.cwd:
        state.cwd = found[1].strip()
    if text:
        state.emit(Read(as_shown(text), session=state.session, time=state.time))


def _output(call_id: str, output: object, state: State) -> None:
    """Pair an output with its call. What any tool gave back stood in front of the model."""
    call = state.calls.pop(call_id, None)
    state.answered = state.answered or call is not None
    text, code = outcome(output)
    if call is not None and call_id not in state.done:
        if not strange(call, text, code):
            _count(call_id, call, inserted(call, text, code), state)
        elif not state.inherited:
            state.emit(Odd(call.locator), call=call_id)
    if text:
        cwd = call.cwd if call else state.cwd
        rows = heard(text, call.patch) if call and call.patch else as_shown(text)
        state.emit(Read(rows, session=state.session, time=state.time, cwd=cwd))


def _count(call_id: str, call: Call, made: Iterable[Insertion], state: State) -> None:
    """A call wrote, unless an effect record says better later."""
    events = list(_told(made, call.locator, state))
    if events and not state.inherited:
        state.emit(*events, call=call_id)
    if events:
        state.done.add(call_id)


def _effect(payload: Mapping[str, Any], state: State) -> None:
    """What landed on disk, as newer versions record it."""
    kind = string(payload, "type")
    item = mapping(payload, "item") if kind == "item_completed" else payload
    if kind == "patch_apply_end":
        _changed(string(item, "call_id"), item, item.get("success") is True, state)
    elif kind == "item_completed" and string(item, "type") == "FileChange":
        status = string(item, "status")
        _changed(string(item, "id", "call_id"), item, status in {"completed", "success"}, state)
        if status not in _STATUSES:
            state.emit(Odd(state.locator()))
    elif kind == "item_completed" and string(item, "type") == "CommandExecution":
        _ran(string(item, "id", "call_id"), item, state)
    elif kind == "item_completed" and "changes" in item:
        state.emit(Odd(state.locator()))


def _changed(call_id: str, item: Mapping[str, Any], good: bool, state: State) -> None:
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
    events: list[Event] = list(_told(patches.of_changes(item.get("changes"), state.cwd), locator, state))
    if not patches.recorded(item.get("changes")):
        events.append(Odd(locator))
    state.done.add(call_id)
    if slot is not None:
        slot.events, slot.call = events, ""
    else:
        state.emit(*events)


def _ran(call_id: str, item: Mapping[str, Any], state: State) -> None:
    """A command that ended: also one that a script ran, and one whose first output came while it was running."""
    call = state.calls.get(call_id)
    text, code = string(item, "aggregated_output"), item.get("exit_code")
    if call is None:
        cwd = local_path(string(item, "cwd")) or state.cwd
        made = Call("", shell.command_of(item.get("command")), cwd, state.locator(call_id))
        state.emit(Read(as_shown(text), session=state.session, time=state.time, cwd=cwd, sent=False))
    else:
        made = call
    if call_id not in state.done and string(item, "status") == "completed" and isinstance(code, int):
        _count(call_id, made, inserted(made, text, code), state)


def _told(made: Iterable[Insertion], locator: Locator, state: State) -> Iterator[Event]:
    for one in made:
        if one.removed:
            yield Read(one.removed, one.path, one.cwd, state.time, state.session, locator, sent=False)
        if one.blocks and one.path:
            yield Written(
                one.blocks,
                one.path,
                posix(one.cwd),
                Codex.tool,
                state.model,
                state.session,
                state.time,
                locator,
            )
