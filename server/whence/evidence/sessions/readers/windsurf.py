"""Read Windsurf's transcripts: `~/.windsurf/transcripts/<trajectory>.jsonl`, one step of Cascade a line.

    {"type": "code_action", "status": "done", "code_action": {"path": "file:///...", "new_content": the whole text,
     "original_content": the text before, "acknowledgement_type": "ACKNOWLEDGEMENT_TYPE_ACCEPT"}}
    {"type": "view_file", "view_file": {"path", "content", "start_line", "end_line"}}
    {"type": "run_command", "run_command": {"command", "cwd", "exit_code", "output", "user_rejected"}}
    {"type": "user_input", "user_input": {"user_response"}}

Cascade's edits are on the disk before a person accepts or rejects them: an edit that nobody answered has an unknown
outcome. No line names a model or a time; what a session wrote has the time of the file's last change. Windsurf's other
records are encrypted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from whence.evidence.sessions import resuming
from whence.evidence.sessions.edits import patches
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.inputs import NEW
from whence.evidence.sessions.edits.shown import as_shown
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
from whence.evidence.sessions.paths import joined, nearness
from whence.evidence.sessions.stores.editors import local_path
from whence.evidence.sessions.stores.files import Record, find, records
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.values import lines, mapping, string, when
from whence.matching.passages import Block
from whence.quick import dataclass

_PEEK_LINES = 400
"""Lines in which a path is looked for that tells where the session worked."""

_SHOWN = re.compile(r'<file name="[^"\n]*" start_line="(\d+)" end_line="(\d+)" full_length="(\d+)">\n?')
_NUMBER = re.compile(r"\s*\d+→")
_REJECTED = "ACKNOWLEDGEMENT_TYPE_REJECT"
_ACCEPTED = "ACKNOWLEDGEMENT_TYPE_ACCEPT"


@dataclass(slots=True)
class State:
    """What the session knows of files, and the folder in which it ran its last command."""

    shown: str
    session: str
    time: datetime | None
    cwd: str = ""
    line: int = 0
    offset: int = 0
    contents: Contents = field(default_factory=Contents)

    def read(self, text: Sequence[str], path: str | None = None, *, sent: bool = True) -> Read:
        locator = Locator(self.shown, self.offset, self.line)
        return Read(tuple(text), path, self.cwd, self.time, self.session, locator, sent)

    def written(self, path: str, blocks: tuple[Block, ...], cwd: str, outcome: Outcome) -> Written:
        locator = Locator(self.shown, self.offset, self.line)
        return Written(
            blocks, path, cwd, Windsurf.tool, None, self.session, self.time, locator, outcome=outcome
        )


class Windsurf:
    """Windsurf: an editor with its own agent, Cascade."""

    tool = "windsurf"
    source = "windsurf-transcript"

    def locate(self, places: Places) -> Located:
        base = home(places.environment)
        names = (".windsurf", ".windsurf-next", ".codeium/windsurf")
        folders = [base / name / "transcripts" for name in names] if base is not None else []
        return find(folders, places.environment, lambda name: name.endswith(".jsonl"), "Windsurf")

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        best = 2
        for path in _paths(transcript):
            best = min(best, nearness(path, folders))
            if best == 0:
                break
        return best

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return resuming.read(self, transcript, faults, tick)

    def worth(self, data: bytes) -> bool:
        return b'"planner_response"' not in data

    def begin(self, transcript: Transcript) -> State:
        return State(transcript.shown, transcript.path.stem, when(transcript.changed))

    def step(self, record: Record, state: State) -> Iterator[Event]:
        state.line, state.offset = record.line, record.offset
        kind = string(record.value, "type")
        step = mapping(record.value, kind) if kind else {}
        done = string(record.value, "status") in {"", "done"}
        if kind == "code_action":
            yield from _edited(step, state, done=done)
        elif kind == "run_command":
            yield from _commanded(step, state, done=done)
        elif kind == "view_file":
            yield from _viewed(step, state)
        elif kind == "user_input":
            yield state.read(as_shown(string(step, "user_response")))
        else:
            if done and string(step, "new_content", *NEW):
                yield Odd(Locator(state.shown, state.offset, state.line))
            yield state.read(as_shown(string(step, "output", "content", "results")))

    def end(self, state: State) -> tuple[Event, ...]:
        return ()


def _paths(transcript: Transcript) -> Iterator[str]:
    """The folders and files that the first steps name."""
    for number, record in enumerate(
        records(transcript, Faults(""), lambda _: None, lambda data: b'"planner_response"' not in data)
    ):
        if number >= _PEEK_LINES:
            return
        step = mapping(record.value, string(record.value, "type"))
        path = string(step, "cwd") or local_path(string(step, "path", "search_path", "search_directory"))
        if path:
            yield path


def _edited(step: Mapping[str, Any], state: State, *, done: bool) -> Iterator[Event]:
    path = local_path(string(step, "path"))
    place = joined(state.cwd, path)
    answer = string(step, "acknowledgement_type")
    old = step.get("original_content")
    if isinstance(old, str):
        state.contents.show(place, lines(old))
        yield state.read(lines(old), path, sent=False)
    if not done or answer == _REJECTED or not path:
        if answer != _REJECTED or not isinstance(old, str):
            state.contents.forget(place)
        if done and not path and answer != _REJECTED:
            yield Odd(Locator(state.shown, state.offset, state.line))
        return
    if not isinstance(step.get("new_content"), str):
        yield Odd(Locator(state.shown, state.offset, state.line))
        return
    new = lines(string(step, "new_content"))
    blocks = state.contents.overwritten(place, new)
    if blocks:
        outcome = Outcome.DONE if answer == _ACCEPTED else Outcome.UNKNOWN
        yield state.written(path, blocks, state.cwd, outcome)


def _commanded(step: Mapping[str, Any], state: State, *, done: bool) -> Iterator[Event]:
    state.cwd = local_path(string(step, "cwd")) or state.cwd
    code = step.get("exit_code")
    if done and not step.get("user_rejected") and code in (None, 0):
        outcome = Outcome.UNKNOWN if code is None else Outcome.DONE
        for insertion in patches.of_command(step.get("command"), state.cwd):
            state.contents.forget(joined(insertion.cwd, insertion.path))
            yield state.read(insertion.removed, insertion.path, sent=False)
            if insertion.blocks:
                yield state.written(insertion.path, insertion.blocks, insertion.cwd, outcome)
    yield state.read(as_shown(string(step, "output")))


def _viewed(step: Mapping[str, Any], state: State) -> Iterator[Event]:
    path = local_path(string(step, "path"))
    text = string(step, "content")
    head = _SHOWN.match(text)
    if head is None:
        yield state.read(lines(text), path or None)
        return
    body = lines(text[head.end() :].removesuffix("</file>"))
    if all(_NUMBER.match(line) for line in body):
        body = tuple(_NUMBER.sub("", line, count=1) for line in body)
    if head[1] in {"0", "1"} and head[2] == head[3] and path:
        state.contents.show(joined(state.cwd, path), body)
    yield state.read(body, path or None)
