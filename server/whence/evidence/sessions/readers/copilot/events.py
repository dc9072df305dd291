"""Read the event logs of GitHub Copilot's agents: those of its command line, and those of its chat in VS Code.

    <home>/.copilot/session-state/<id>/events.jsonl
    <user folder>/workspaceStorage/<hash>/GitHub.copilot-chat/transcripts/<id>.jsonl

Both write one event a line: `tool.execution_start` has the call (its arguments are an object, or a string of JSON),
`tool.execution_complete` the outcome (`success`) and, from the command line, the effect as a git diff. The exit status of
a command is no matter of `success`. Older logs of VS Code have no outcomes at all; then nothing is known of them.

The command line also keeps what files held before each prompt (`rewind-file-snapshots`): of a file that a command
overwrote, nothing else tells which lines are new.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions import resuming
from whence.evidence.sessions.edits import apply_patch, odd, patches
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.inserted import between, hunks
from whence.evidence.sessions.edits.pending import make_room
from whence.evidence.sessions.edits.shown import as_shown, heard
from whence.evidence.sessions.interface import (
    Event,
    Faults,
    Located,
    Locator,
    Odd,
    Outcome,
    Places,
    Read,
    Tick,
    Transcript,
    Written,
)
from whence.evidence.sessions.paths import absolute, joined, nearness
from whence.evidence.sessions.readers.copilot import snapshots
from whence.evidence.sessions.readers.copilot.places import event_logs, first_folders
from whence.evidence.sessions.stores import editors
from whence.evidence.sessions.stores.files import Record, json_value
from whence.evidence.sessions.stores.values import items, lines, mapping, string, when
from whence.matching.passages import Block
from whence.quick import dataclass

_CREATES = frozenset({"create", "create_file", "create_new_file"})
_REPLACES = frozenset({"edit", "replace_string_in_file", "multi_replace_string_in_file", "str_replace"})
_SHELLS = frozenset({"bash", "powershell", "run_in_terminal", "execution_subagent_terminal"})
_SHOWS = frozenset({"view", "read_file"})
_TOLD = frozenset(
    {
        "task", "report_intent", "think", "update_todo", "manage_todo_list", "ask_user", "store_memory", "skill",
        "exit_plan_mode", "runSubagent", "search_subagent", "execution_subagent", "task_complete", "sql",
    }
)  # fmt: skip
"""Tools whose result repeats what they were asked for, beside what the person answered or a subagent found."""

_EXIT = re.compile(r"(?:completed|exited) with (?:exit )?code:? (-?\d+)")
_NUMBERED = re.compile(r"^\d+\. ?", re.MULTILINE)
_WORTH = (b'"tool.execution_', b'"session.', b'"user.message"', b'"assistant.message"')


@dataclass(frozen=True, slots=True)
class _Call:
    """A call, and its outcome once that is known."""

    name: str
    asked: Mapping[str, Any]
    patch: str
    """The text of an `apply_patch`."""
    model: str | None
    cwd: str
    session: str
    time: datetime | None
    locator: Locator
    outcome: Outcome = Outcome.DONE


@dataclass(slots=True)
class State:
    """Where the session stands, and the calls that wait for their outcome."""

    shown: str
    session: str
    folder: str
    """Where the log's own files are; empty: nowhere that can be looked at."""
    cwd: str = ""
    model: str | None = None
    prompt: str = ""
    """The id of the event that began the turn."""
    editor: bool = False
    """Whether the log is an editor's."""
    outcomes: bool = False
    """Whether any outcome was recorded so far."""
    calls: dict[str, _Call] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    helped: set[str] = field(default_factory=set)
    """Calls of subagents whose own calls stand in this log: what they were shown is told with them."""
    contents: Contents = field(default_factory=Contents)


class CopilotEvents:
    """GitHub Copilot, by its agents' event logs."""

    tool = "copilot"
    source = "copilot-session"

    def locate(self, places: Places) -> Located:
        return event_logs(places.environment)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        recorded = (transcript.folder,) if transcript.folder else first_folders(transcript)
        return min((nearness(folder, folders) for folder in recorded), default=2)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return resuming.read(self, transcript, faults, tick)

    def worth(self, data: bytes) -> bool:
        return any(word in data for word in _WORTH)

    def begin(self, transcript: Transcript) -> State:
        path = transcript.path
        name = path.parent.name if path.name == "events.jsonl" else path.stem
        own = str(path.parent) if path.name == "events.jsonl" and transcript.blobs is None else ""
        cwd = editors.local_path(transcript.folder)
        return State(transcript.shown, name, own, cwd, editor="transcripts" in path.parts)

    def step(self, record: Record, state: State) -> Iterator[Event]:
        value = record.value
        kind, data = string(value, "type"), mapping(value, "data")
        if kind.startswith("session."):
            _session(data, state)
        elif kind == "user.message":
            state.prompt = string(value, "id")
            if not mapping(value).get("agentId"):
                sent = [data.get(key) for key in ("transformedContent", "content", "attachments")]
                rows = heard("", None, sent)
                if rows:
                    yield Read(rows, cwd=state.cwd, time=when(value.get("timestamp")), session=state.session)
        elif kind == "assistant.message":
            for request in items(data, "toolRequests"):
                _note(mapping(request), string(request, "name"), value, record, state)
        elif kind == "tool.execution_start":
            _note(data, string(data, "toolName"), value, record, state)
        elif kind == "tool.execution_complete":
            yield from _complete(data, when(value.get("timestamp")), state)
        elif odd.carries(value):
            yield Odd(Locator(state.shown, record.offset, record.line))

    def end(self, state: State) -> Iterator[Event]:
        if state.editor and not state.outcomes:
            for call in state.calls.values():
                if call.name not in _SHELLS:
                    yield from _writes(replace(call, outcome=Outcome.UNKNOWN), "", state)


def _session(data: Mapping[str, Any], state: State) -> None:
    context = mapping(data, "context") or data
    state.session = string(data, "sessionId") or state.session
    state.cwd = string(context, "cwd") or state.cwd
    state.model = string(data, "newModel", "selectedModel") or state.model
    state.editor = state.editor or bool(string(data, "vscodeVersion"))


def _note(data: Mapping[str, Any], name: str, value: Mapping[str, Any], record: Record, state: State) -> None:
    call_id, parent = string(data, "toolCallId"), string(data, "parentToolCallId")
    if parent:
        state.helped.add(parent)
    if not call_id or call_id in state.done or call_id in state.calls:
        return
    make_room(state.calls)
    arguments, patch = data.get("arguments"), ""
    if isinstance(arguments, str):
        if name == "apply_patch" and arguments.lstrip().startswith("***"):
            patch = arguments
        else:
            arguments = json_value(arguments, Faults(""))
    asked = mapping(arguments)
    patch = patch or (string(asked, "input", "patch") if name == "apply_patch" else "")
    if name == "str_replace_editor":
        name = {"create": "create", "str_replace": "edit", "view": "view"}.get(string(asked, "command"), name)
    state.calls[call_id] = _Call(
        name,
        asked,
        patch,
        string(data, "model") or string(value.get("data"), "model") or state.model,
        state.cwd,
        state.session,
        when(value.get("timestamp")),
        Locator(state.shown, record.offset, record.line, call_id),
    )


def _complete(data: Mapping[str, Any], time: datetime | None, state: State) -> Iterator[Event]:
    """Pair an outcome with its call; yield what it wrote, or what it showed."""
    state.outcomes = True
    call = state.calls.pop(string(data, "toolCallId"), None)
    if call is None:
        return
    state.done.add(call.locator.record)
    result = mapping(data, "result")
    if data.get("success", string(result, "result_type") == "success") is not True:
        yield Read(
            heard("", (call.asked, call.patch), result, data.get("error")),
            cwd=call.cwd,
            time=time,
            session=call.session,
        )
        return
    call = replace(call, time=time or call.time, model=string(data, "model") or call.model)
    said = string(result, "content", "text_result_for_llm")
    if call.name in _SHELLS:
        yield from _commanded(call, said, mapping(data, "shellExecution").get("exitCode"), state)
    else:
        if call.name in _SHOWS:
            said = _shown(call, said, state)
        yield from _writes(call, string(result, "detailedContent"), state)
        if not _understood(call):
            yield Odd(call.locator)
        if call.name in _CREATES or call.name in _REPLACES or call.patch:
            return
    if call.name in _TOLD:
        if call.locator.record not in state.helped:
            rows = heard(said, call.asked)
            yield Read(rows, None, call.cwd, call.time, call.session, call.locator)
    elif said:
        path = string(call.asked, "path", "filePath") or None
        yield Read(as_shown(said), path, call.cwd, call.time, call.session, call.locator)


def _shown(call: _Call, said: str, state: State) -> str:
    """The text of a file that was shown, without the numbers that older versions put before its lines."""
    rows = [row for row in said.split("\n") if row]
    if rows and all(_NUMBERED.match(row) for row in rows):
        said = _NUMBERED.sub("", said)
    if not {"view_range", "startLine", "endLine", "offset", "limit"} & call.asked.keys() and said:
        state.contents.show(absolute(string(call.asked, "path", "filePath"), call.cwd), lines(said))
    return said


def _commanded(call: _Call, said: str, code: object, state: State) -> Iterator[Event]:
    if not isinstance(code, int):
        found = _EXIT.findall(said[-400:])
        code = int(found[-1]) if found else None
    if code is None and not state.editor:
        return  # it still runs
    if code not in (0, None):
        return
    outcome = Outcome.DONE if code == 0 else Outcome.UNKNOWN
    for made in patches.of_command(call.asked.get("command"), call.cwd):
        if made.removed:
            yield Read(made.removed, sent=False)
        blocks = made.blocks
        before = (
            snapshots.before(Path(state.folder), state.prompt, absolute(made.path, made.cwd))
            if state.folder
            else None
        )
        if before is not None and not made.removed:
            blocks = between(before, tuple(line for block in blocks for line in block.lines))
        if blocks:
            yield _written(replace(call, outcome=outcome), made.path, blocks, made.cwd)


def _writes(call: _Call, diff: str, state: State) -> Iterator[Event]:
    """What a call inserted: by its effect where one is recorded, else as it was asked for."""
    if call.patch:
        for made in patches.of_patch(call.patch, call.cwd):
            state.contents.forget(absolute(made.path, made.cwd))
            if made.removed:
                yield Read(made.removed, made.path, made.cwd, sent=False)
            if made.blocks:
                yield _written(call, made.path, made.blocks, made.cwd)
        return
    if call.name in _CREATES:
        path = string(call.asked, "path", "filePath")
        text = lines(string(call.asked, "file_text", "content"))
        # Neither overwrites: where a file is, the call fails.
        state.contents.show(absolute(path, call.cwd), text)
        if path and text:
            yield _written(call, path, between((), text), call.cwd)
        return
    if call.name in _REPLACES:
        several = items(call.asked, "replacements") or items(call.asked, "edits")
        edits = [mapping(edit) for edit in several] or [call.asked]
        for edit in edits:
            effect = diff if len(edits) == 1 else ""
            path = string(edit, "path", "filePath") or string(call.asked, "path", "filePath")
            yield from _edited(call, path, edit, effect, state)


def _understood(call: _Call) -> bool:
    """Whether a call is no edit, or an edit of a form that is known."""
    if call.name == "apply_patch":
        return patches.understood(call.patch)
    if call.name in _CREATES:
        return bool(string(call.asked, "path", "filePath")) and _asks(call.asked, "file_text", "content")
    if call.name in _REPLACES:
        several = items(call.asked, "replacements") or items(call.asked, "edits") or (call.asked,)
        return all(
            string(edit, "path", "filePath") or string(call.asked, "path", "filePath") for edit in several
        ) and all(_asks(edit, "new_str", "newString") for edit in several)
    return not odd.unknown(call.name, call.asked)


def _asks(asked: object, *names: str) -> bool:
    return any(isinstance(mapping(asked).get(name), str) for name in names)


def _edited(call: _Call, path: str, edit: Mapping[str, Any], diff: str, state: State) -> Iterator[Event]:
    old, new = string(edit, "old_str", "oldString"), string(edit, "new_str", "newString")
    shown = state.contents.edited(absolute(path, call.cwd), old, new)
    patch = apply_patch.unified(diff)
    removed: tuple[str, ...] = ()
    blocks: tuple[Block, ...]
    if patch:
        blocks, removed = hunks(patch)
    else:
        blocks = between(lines(old), lines(new)) if shown is None else shown
    yield Read((*lines(old), *removed), path, call.cwd, sent=False)
    if blocks and path:
        yield _written(call, path, blocks, call.cwd)


def _written(call: _Call, path: str, blocks: tuple[Block, ...], cwd: str) -> Written:
    return Written(
        blocks,
        path,
        joined(cwd),
        CopilotEvents.tool,
        call.model,
        call.session,
        call.time,
        call.locator,
        outcome=call.outcome,
    )
