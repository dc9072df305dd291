"""Read Amp's threads: `<data>/amp/threads/T-<uuid>.json`, one JSON document a thread (a copy of what its server has).

A `tool_use` of an assistant's message is followed by a `tool_result` whose `run.status` is `done`, `error`, `cancelled`
or `rejected-by-user`. An edit's result has a diff; `create_file` says nothing of what it replaced. Beside the threads,
`~/.amp/file-changes/<thread>/<call>.<uuid>` keeps each changed file as it was before and after, whether it is new, and
whether the person put it back (`reverted`): with it an effect is known, without it the intent counts. `undo_edit` takes
the last edit of a file back. Secrets are `[REDACTED:rule]`.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits import apply_patch, odd
from whence.evidence.sessions.edits.calls import Files, answered
from whence.evidence.sessions.edits.inputs import path_of
from whence.evidence.sessions.edits.inserted import between
from whence.evidence.sessions.edits.masks import unmasked, visible
from whence.evidence.sessions.edits.shown import as_shown
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
from whence.evidence.sessions.paths import absolute, nearness, posix
from whence.evidence.sessions.stores.files import document, find, json_value
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.streams import opened
from whence.evidence.sessions.stores.values import content_text, items, lines, mapping, string, when
from whence.quick import dataclass
from whence.text import normal

MAX_CHANGES = 100_000
"""Changed files of one thread whose copies are looked at."""

MAX_CHANGE = 16 * 1024 * 1024
"""Bytes of one such copy."""

_UUID = 36
_PEEK = 65_536
_FOLDER = re.compile(rb'"uri"\s*:\s*("file://(?:[^"\\]|\\.)*")')
_EDITS = frozenset({"edit_file", "create_file", "apply_patch"})
_TOLD = frozenset(
    {"Task", "oracle", "todo_write", "todo_read", "task_list", "mermaid", "librarian", "code_review", "skill"}
)
_HELPERS = frozenset({"Task", "oracle", "librarian", "code_review"})
_ROW = re.compile(r"(\d+): ?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Thread(Transcript):
    """One thread; `changes` is the folder of its changed files' copies."""

    changes: Path | None = None


@dataclass(frozen=True, slots=True)
class _Change:
    """One file as a call changed it."""

    path: str
    before: str
    after: str
    new: bool
    reverted: bool
    time: datetime | None


@dataclass(slots=True)
class _State:
    shown: str
    session: str
    cwd: str
    copies: Mapping[str, list[Path]]
    tick: Tick
    undone: frozenset[str]
    named: frozenset[str]
    """The calls that stand in a message."""
    helped: frozenset[str] | None = None
    """The lines that subagents wrote, without white space; None: not asked yet."""
    files: Files = field(default_factory=Files)
    model: str | None = None
    time: datetime | None = None


class Amp:
    """Amp; it chooses the models."""

    tool = "amp"
    source = "amp-thread"

    def locate(self, places: Places) -> Located:
        environment = places.environment
        base = home(environment)
        roots = [
            Path(value) for name in ("XDG_DATA_HOME", "LOCALAPPDATA") if (value := environment.get(name, ""))
        ]
        if base is not None:
            roots.append(base / ".local" / "share")
        folders = [root / "amp" / "threads" for root in roots if root.is_absolute()]
        located = find(
            list(dict.fromkeys(folders)),
            environment,
            lambda name: name.startswith("T-") and name.endswith(".json"),
            "Amp",
        )
        kept = tuple(
            Thread(
                item.path,
                item.size,
                item.changed,
                item.shown,
                _folder(item.path),
                changes=base / ".amp" / "file-changes" / item.path.stem if base is not None else None,
            )
            for item in located.transcripts
        )
        return Located(kept, located.problems)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        thread = document(transcript, faults, tick)
        messages = items(thread, "messages")
        folder = transcript.changes if isinstance(transcript, Thread) else None
        copies = _copies(folder) if folder is not None else {}
        trees = items(thread, "env", "initial", "trees")
        cwd = posix(string(trees[0], "uri")) if trees else transcript.folder
        session = string(thread, "id") or transcript.path.stem
        state = _State(
            transcript.shown, session, cwd, copies, tick, frozenset(_undone(messages)), _named(messages)
        )
        state.time = when(mapping(thread).get("created"))
        done: set[str] = set()
        for event in _messages(messages, state, done):
            if isinstance(event, Odd):
                yield event
            elif isinstance(event, Read):
                yield replace(event, lines=visible(event.lines))
            elif blocks := unmasked(event.blocks):
                yield replace(event, blocks=blocks)
        # Subagents' calls stand in no message; what they changed is kept all the same.
        for call in copies:
            if call not in done:
                yield from _effect(_base(call, state), _made(call, state))


def _folder(path: Path) -> str:
    """The thread's folder from the end of the file, where its surroundings stand, or from its beginning."""
    try:
        with opened(path) as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(size - _PEEK, 0))
            tail = stream.read(_PEEK)
            stream.seek(0)
            found = _FOLDER.search(tail) or _FOLDER.search(stream.read(_PEEK))
        return posix(str(json.loads(found[1]))) if found else ""
    except (OSError, ValueError):
        return ""


def _copies(folder: Path) -> dict[str, list[Path]]:
    """The copies of changed files by call, the oldest first."""
    found: list[tuple[float, str]] = []
    try:
        with os.scandir(folder) as entries:
            for _, entry in zip(range(MAX_CHANGES), entries, strict=False):
                if len(entry.name.rpartition(".")[2]) == _UUID and entry.is_file(follow_symlinks=False):
                    found.append((entry.stat(follow_symlinks=False).st_mtime, entry.name))
    except OSError:
        return {}
    copies: defaultdict[str, list[Path]] = defaultdict(list)
    for _, name in sorted(found):
        copies[name.rpartition(".")[0]].append(folder / name)
    return dict(copies)


def _loaded(path: Path, tick: Tick) -> _Change | None:
    """One copy; None where it cannot be read, and then the intent counts."""
    try:
        with opened(path) as stream:
            data = stream.read(MAX_CHANGE + 1)
    except OSError:
        return None
    tick(len(data))
    value = mapping(json_value(data, Faults("")) if len(data) <= MAX_CHANGE else None)
    name = posix(string(value, "uri"))
    if not name:
        return None
    new, reverted = value.get("isNewFile") is True, value.get("reverted") is True
    return _Change(
        name, string(value, "before"), string(value, "after"), new, reverted, when(value.get("timestamp"))
    )


def _run(block: object) -> Mapping[str, Any]:
    return mapping(block, "run")


def _named(messages: Any) -> frozenset[str]:
    return frozenset(
        string(block, "id")
        for message in messages
        for block in items(message, "content")
        if string(block, "type") == "tool_use"
    )


def _undone(messages: Any) -> Iterator[str]:
    """The calls that a later `undo_edit` of the same file took back."""
    names: dict[str, tuple[str, str]] = {}
    stacks: defaultdict[str, list[str]] = defaultdict(list)
    for message in messages:
        for block in items(message, "content"):
            if string(block, "type") == "tool_use":
                names[string(block, "id")] = (string(block, "name"), posix(path_of(mapping(block, "input"))))
            elif string(block, "type") == "tool_result" and string(_run(block), "status") == "done":
                call = string(block, "toolUseID")
                name, path = names.get(call, ("", ""))
                if name in {"edit_file", "create_file"}:
                    stacks[path].append(call)
                elif name == "undo_edit" and stacks[path]:
                    yield stacks[path].pop()


def _messages(messages: Any, state: _State, done: set[str]) -> Iterator[Event]:
    calls: dict[str, tuple[str, Mapping[str, Any], Written]] = {}
    for message in messages:
        state.time = (
            when(mapping(message, "usage").get("timestamp"))
            or when(mapping(message, "meta").get("sentAt"))
            or state.time
        )
        if string(message, "role") == "assistant":
            state.model = string(mapping(message, "usage"), "model") or state.model
        for block in items(message, "content"):
            kind = string(block, "type")
            if kind == "tool_use" and block.get("complete") is not False:
                call = string(block, "id")
                calls[call] = (string(block, "name"), mapping(block, "input"), _base(call, state))
            elif kind == "tool_result":
                call = string(block, "toolUseID")
                if call in calls and call not in done:
                    done.add(call)
                    yield from _result(*calls[call], _run(block), state)
            elif kind == "text" and string(message, "role") == "user":
                yield Read(as_shown(string(block, "text")), None, state.cwd, state.time, state.session)


def _base(call: str, state: _State) -> Written:
    locator = Locator(state.shown, record=call)
    return Written((), "", state.cwd, Amp.tool, state.model, state.session, state.time, locator)


def _result(
    name: str, asked: Mapping[str, Any], call: Written, run: Mapping[str, Any], state: _State
) -> Iterator[Event]:
    good = string(run, "status") == "done"
    result = run.get("result")
    said = result if isinstance(result, str) else string(result, "content", "output") or content_text(result)
    if name in _EDITS:
        if not good or call.locator.record in state.undone:
            if good:
                state.files.contents.forget(absolute(path_of(asked), call.cwd))
            else:
                yield answered(call, asked, said, run)
            return
        made = _made(call.locator.record, state)
        if made:
            yield from _effect(call, made)
            for change in made:
                state.files.contents.show(change.path, lines(change.after))
        else:
            diff = apply_patch.unified(string(result, "diff").replace("\n```", "\n"))
            yield from state.files.wrote(call, asked, effect=diff)
        return
    if name == "undo_edit":
        state.files.contents.forget(absolute(path_of(asked), call.cwd))
        return
    if name == "Bash" and good and mapping(result).get("exitCode", 0) == 0:
        yield from state.files.commanded(call, asked)
    if good and odd.unknown(name, asked):
        yield Odd(call.locator)
    if name in _TOLD or not good:
        read = answered(call, asked, said, run)
        yield replace(read, lines=_helped(read.lines, state)) if name in _HELPERS else read
    else:
        text = _text(said) if name == "Read" and "read_range" not in asked else None
        if text is not None:
            yield from state.files.shown(call, asked, text, whole=True)
        else:
            yield from state.files.shown(call, asked, said)


def _helped(rows: tuple[str, ...], state: _State) -> tuple[str, ...]:
    """A subagent's words without what it wrote itself: that is told last, and was nobody else's before."""
    if state.helped is None:
        state.helped = frozenset(
            normal(line)
            for call in state.copies
            if call not in state.named
            for change in _made(call, state)
            if not change.reverted
            for block in between(() if change.new else lines(change.before), lines(change.after))
            for line in block.lines
        )
    return tuple(row for row in rows if normal(row) not in state.helped)


def _made(call: str, state: _State) -> list[_Change]:
    """What a call changed, as the copies have it."""
    loaded = (_loaded(path, state.tick) for path in state.copies.get(call, ()))
    return [change for change in loaded if change is not None]


def _text(said: str) -> str | None:
    """A file's text out of numbered lines; None where some are missing."""
    rows = [_ROW.fullmatch(line) for line in said.split("\n")] if said else []
    if not rows or any(row is None or int(row[1][:9]) != at for at, row in enumerate(rows, 1)):
        return None
    return "\n".join(row[2] for row in rows if row is not None)


def _effect(call: Written, made: list[_Change]) -> Iterator[Event]:
    """What a call did to files, as their copies show it; nothing of a change that was put back."""
    for change in made:
        if change.reverted:
            continue
        old = () if change.new else lines(change.before)
        yield Read(old, change.path, call.cwd, call.time, call.session, call.locator, sent=False)
        blocks = between(old, lines(change.after))
        if blocks:
            yield replace(call, path=change.path, time=change.time or call.time, blocks=blocks)
