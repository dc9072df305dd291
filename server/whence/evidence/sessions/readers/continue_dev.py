"""Read Continue's sessions: `~/.continue/sessions/<id>.json`, of the editors' extension and of the command line.

    {"sessionId", "title", "workspaceDirectory", "history": [
        {"message": {"role", "content", "toolCalls", "usage": {"model"}}, "contextItems": [{"content", "uri"}],
         "toolCallStates": [{"toolCallId", "toolCall", "status", "parsedArgs", "output": [{"content"}]}]}]}

A call counts when its status is `done`: errors and refusals have their own. Results of the command line hold a patch
against what was there. Messages have no times: what a session wrote has the time at which the session began, as
`sessions.json` tells it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits import apply_patch, odd, patches
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.inserted import between, hunks
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
from whence.evidence.sessions.paths import joined, nearness
from whence.evidence.sessions.stores.editors import local_path
from whence.evidence.sessions.stores.elements import elements
from whence.evidence.sessions.stores.files import find, small_text
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.streams import UNREAD, opened
from whence.evidence.sessions.stores.values import content_text, items, lines, mapping, string, when
from whence.matching.passages import Block
from whence.quick import dataclass

LIST = "sessions.json"

_PEEK = 256 * 1024
"""Bytes in which the session's folder is looked for; it stands before the history."""

_FOLDER = re.compile(r'"workspaceDirectory"\s*:\s*("(?:[^"\\]|\\.)*")')
_NEW = frozenset({"Write", "create_new_file"})
_EDITS = frozenset({"Edit", "MultiEdit", "single_find_and_replace", "multi_edit", "edit_existing_file"})
_COMMANDS = frozenset({"Bash", "run_terminal_command"})
_READS = frozenset({"Read", "read_file", "read_currently_open_file"})
_DIFF = re.compile(r"\nDiff:\n(.*)", re.DOTALL)
_HEAD = re.compile(r"Content of [^\n]+:\n")
_FAILED = re.compile(r"\s*(?:Error|Failed|Command failed|Permission denied)")


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    asked: Mapping[str, Any]
    output: str
    model: str | None


@dataclass(slots=True)
class _Session:
    name: str
    cwd: str
    time: datetime | None
    locator: Locator = field(default_factory=lambda: Locator(""))
    contents: Contents = field(default_factory=Contents)

    def read(self, text: Sequence[str], path: str | None = None, *, sent: bool = True) -> Read:
        return Read(tuple(text), path, self.cwd, self.time, self.name, self.locator, sent)

    def written(
        self,
        call: _Call,
        path: str,
        blocks: tuple[Block, ...],
        cwd: str | None = None,
        outcome: Outcome = Outcome.DONE,
    ) -> Written:
        return Written(
            blocks, path, self.cwd if cwd is None else cwd, Continue.tool, call.model, self.name, self.time,
            self.locator, outcome=outcome,
        )  # fmt: skip


class Continue:
    """Continue: an extension of editors and a command line; anyone's model runs in it."""

    tool = "continue"
    source = "continue-session"

    def locate(self, places: Places) -> Located:
        environment = places.environment
        base = home(environment)
        roots = [Path(environment.get("CONTINUE_GLOBAL_DIR") or ".")]
        if base is not None:
            roots.append(base / ".continue")
        folders = [root / "sessions" for root in dict.fromkeys(roots) if root.is_absolute()]
        found = find(folders, environment, lambda name: name.endswith(".json") and name != LIST, "Continue")
        placed = tuple(
            Transcript(item.path, item.size, item.changed, item.shown, _folder(item.path))
            for item in found.transcripts
        )
        return Located(placed, found.problems)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        name = transcript.path.stem
        session = _Session(name, transcript.folder, _begun(transcript.path.parent, name))
        for offset, item in elements(transcript, faults, tick, "history"):
            session.locator = Locator(transcript.shown, offset)
            yield from _item(item, session, transcript)


def _folder(path: Path) -> str:
    try:
        with opened(path) as stream:
            found = _FOLDER.search(stream.read(_PEEK).decode("utf-8", "replace"))
        return local_path(str(json.loads(found[1]))) if found else ""
    except (*UNREAD, ValueError):
        return ""


def _begun(folder: Path, session: str) -> datetime | None:
    """When a session began, as the list of all sessions tells it."""
    try:
        listed = json.loads(small_text(folder / LIST) or "[]")
    except (ValueError, RecursionError):
        return None
    for entry in listed if isinstance(listed, list) else ():
        if string(entry, "sessionId") == session:
            date = mapping(entry).get("dateCreated")
            return when(int(date) if isinstance(date, str) and date.isdigit() and len(date) < 16 else date)
    return None


def _item(item: object, session: _Session, transcript: Transcript) -> Iterator[Event]:
    message = mapping(item, "message")
    for context in items(item, "contextItems"):
        text = string(context, "content")
        if text:
            uri = mapping(context, "uri")
            path = local_path(string(uri, "value")) if string(uri, "type") == "file" else None
            yield session.read(as_shown(text), path)
    if string(message, "role") == "user":
        yield session.read(as_shown(content_text(message.get("content"))))
    model = string(mapping(message, "usage"), "model") or next(
        (title for log in items(item, "promptLogs") if (title := string(log, "modelTitle"))), ""
    )
    for state in items(item, "toolCallStates") or (
        [item.get("toolCallState")] if isinstance(item, dict) else ()
    ):
        function = mapping(state, "toolCall", "function")
        asked = mapping(state, "parsedArgs") or _arguments(string(function, "arguments"))
        output = "\n".join(string(part, "content") for part in items(state, "output"))
        session.locator = Locator(transcript.shown, session.locator.offset, 0, string(state, "toolCallId"))
        call = _Call(string(function, "name"), asked, output, model or None)
        if string(state, "status") == "done":
            yield from _done(call, state, session)
        elif output:
            yield session.read(heard(output, asked))


def _arguments(text: str) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(text or "{}"))
    except (ValueError, RecursionError):
        return {}


def _done(call: _Call, state: object, session: _Session) -> Iterator[Event]:
    path = local_path(string(call.asked, "filepath", "file_path", "resolvedPath"))
    place = joined(session.cwd, path)
    if call.name in _NEW | _EDITS:
        if _FAILED.match(call.output):
            yield session.read(heard(call.output, call.asked))
        elif not path or not _asks(call):
            yield Odd(session.locator)
        else:
            yield from _edited(call, path, place, session)
    elif call.name in _COMMANDS:
        yield from _commanded(call, state, session)
        yield session.read(as_shown(call.output))
    elif call.name in _READS:
        text = lines(_HEAD.sub("", call.output, count=1))
        if path and text:
            session.contents.show(place, text)
        yield session.read(text, path or None)
    else:
        if odd.unknown(call.name, call.asked):
            yield Odd(session.locator)
        yield session.read(as_shown(call.output))


def _asks(call: _Call) -> bool:
    """Whether the arguments are of a form that is known."""
    if _DIFF.search(call.output):
        return True
    names = ("content", "contents") if call.name in _NEW else ("changes", "new_string")
    edits = items(call.asked, "edits") or (call.asked,)
    return all(any(isinstance(mapping(edit).get(name), str) for name in names) for edit in edits)


def _edited(call: _Call, path: str, place: str, session: _Session) -> Iterator[Event]:
    diff = _DIFF.search(call.output)
    patch = apply_patch.unified(diff[1]) if diff else ()
    known = session.contents
    if call.name in _NEW:
        text = lines(string(call.asked, "content", "contents"))
        made = call.name == "create_new_file" or "Successfully created file" in call.output
        before = known.overwritten(place, text)
        blocks = between((), text) if made else before or ()
    elif call.name == "edit_existing_file":
        # A sketch of the file, in which another model fills what is left out: new is what was not there.
        before_text = known.text(place)
        known.forget(place)
        blocks = () if before_text is None else between(before_text, lines(string(call.asked, "changes")))
    else:
        blocks = ()
        for edit in items(call.asked, "edits") or (call.asked,):
            old, new = string(edit, "old_string"), string(edit, "new_string")
            yield session.read(lines(old), path, sent=False)
            every = mapping(edit).get("replace_all") is True
            added = known.edited(place, old, new, everywhere=every)
            blocks += between(lines(old), lines(new)) if added is None else added
    if patch:
        blocks, removed = hunks(patch)
        yield session.read(removed, path, sent=False)
    if blocks:
        yield session.written(call, path, blocks)


def _commanded(call: _Call, state: object, session: _Session) -> Iterator[Event]:
    statuses = [string(part, "status") for part in items(state, "output")]
    if any(not status.startswith("Command completed") for status in statuses if status):
        return
    # The command line reports a failure only where something was said of it.
    outcome = Outcome.DONE if any(statuses) else Outcome.UNKNOWN
    for insertion in patches.of_command(call.asked.get("command"), session.cwd):
        session.contents.forget(joined(insertion.cwd, insertion.path))
        yield session.read(insertion.removed, insertion.path, sent=False)
        if insertion.blocks:
            yield session.written(call, insertion.path, insertion.blocks, insertion.cwd, outcome)
