"""Read opencode's sessions (0.6 to 1.18), in its database or its files.

An assistant's message has the model that wrote (`providerID`, `modelID`: the tool itself is of no vendor), and parts;
a part of type `tool` is a call with its outcome and, for edits, its effect as a diff. `write` records no original of
what it replaces. A tool that does not exist is recorded as `invalid`, with the status "completed".

A user's message begins a turn, and when the turn is over `summary.diffs` has all that changed in the project meanwhile,
files written by commands included, and the person's own edits too. So a line of it counts in two cases only: a `write`
of the turn contains it, or the text of one of the turn's commands does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from whence.evidence.sessions.edits import apply_patch, odd, patches
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.inserted import between, grouped, handed_on, hunks
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
from whence.evidence.sessions.readers.opencode import store
from whence.evidence.sessions.stores.values import items, lines, mapping, string, when
from whence.matching.idioms import informative
from whence.matching.passages import Block
from whence.quick import dataclass
from whence.text import normal

MAX_COMMANDS = 4 * 1024 * 1024
"""Characters of one turn's commands that are kept."""

MAX_LOOKED = 4_000_000_000
"""Characters of one turn's commands that are looked through for the lines of its diffs, some seconds."""

MAX_HELPERS = 1000
"""Sessions of subagents that are read for one session."""

_TOLD = frozenset(
    {"task", "todowrite", "todoread", "question", "skill", "plan_enter", "plan_exit", "invalid"}
)
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_NUMBERED = re.compile(r"^0*(\d+)(?:\| |: )(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that succeeded."""

    asked: Mapping[str, Any]
    effect: Mapping[str, Any]
    said: str
    cwd: str
    model: str | None
    time: datetime | None
    locator: Locator


@dataclass(slots=True)
class _Turn:
    """What changed in the project between two of a person's messages, and the commands that may have done it."""

    diffs: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    unclaimed: Mapping[str, set[str]] = field(default_factory=dict)
    """The lines of the diffs that no call accounts for yet, by file."""
    commands: list[_Call] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True)
class _State:
    session: str
    folder: str
    shown: str
    tick: Tick
    faults: Faults
    transcript: Transcript | None
    """None: what subagents were shown is not looked for."""
    turn: _Turn = field(default_factory=_Turn)
    contents: Contents = field(default_factory=Contents)
    helpers: int = 0
    """How many sessions of subagents were read for this one."""


class OpenCode:
    """opencode; its models are of any vendor."""

    tool = "opencode"
    source = "opencode-session"
    folder = "opencode"
    """Of its data; forks have another."""

    def locate(self, places: Places) -> Located:
        environment = places.environment
        found: list[Transcript] = []
        problems: list[Any] = []
        for path in store.databases(self.folder, environment):
            located = store.in_database(path, environment)
            found += located.transcripts
            problems += located.problems
        known = {transcript.part for transcript in found}
        for folder in store.folders(self.folder, environment):
            located = store.in_files(folder / "storage", environment)
            # Sessions that were taken over into the database keep their files.
            found += (one for one in located.transcripts if one.path.stem not in known)
            problems += located.problems
        return Located(tuple(found), tuple(problems))

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return self._read(transcript, faults, tick, within=False)

    def _read(self, transcript: Transcript, faults: Faults, tick: Tick, *, within: bool) -> Iterator[Event]:
        """`within`: for another session, to which a subagent's does not go on."""
        back, back_part = store.taken_back(transcript, faults, tick)
        session = transcript.part or transcript.path.stem
        here = None if within else transcript
        state = _State(session, transcript.folder, transcript.shown, tick, faults, here)
        for name, message, parts in store.messages(transcript, faults, tick):
            if back and (name > back or (name == back and not back_part)):
                break
            if string(message, "role") == "user":
                yield from self._leftovers(state)
                state.turn = _turn(message, state.folder)
            for part, value in parts:
                if name == back and part >= back_part:
                    break
                yield from self._part(value, message, state, part)
        yield from self._leftovers(state)

    def _part(
        self, part: Mapping[str, Any], message: Mapping[str, Any], state: _State, name: str
    ) -> Iterator[Event]:
        kind = string(part, "type")
        if kind == "text" and string(message, "role") == "user":
            time = when(mapping(message, "time").get("created"))
            yield Read(as_shown(string(part, "text")), cwd=state.folder, time=time, session=state.session)
        elif kind == "tool":
            call, tool = _call(part, message, state, name), string(part, "tool")
            if call is not None:
                for event in self._done(tool, call, state):
                    if isinstance(event, Written):
                        unclaimed = state.turn.unclaimed.get(absolute(event.path, event.cwd))
                        if unclaimed:
                            unclaimed.difference_update(map(normal, event.lines))
                    yield event
            else:
                told = mapping(part, "state")
                rows = heard(string(told, "error"), told.get("input"))
                if rows:
                    yield Read(rows, None, state.folder, session=state.session)
        elif odd.call(part):
            yield Odd(Locator(state.shown, record=name))

    def _done(self, tool: str, call: _Call, state: _State) -> Iterator[Event]:
        path = string(call.effect, "filepath") or string(call.asked, "filePath", "file_path", "path")
        if not _understood(tool, call, path):
            yield Odd(call.locator)
        elif tool == "write":
            blocks = _overwritten(call, path, state)
            if blocks:
                yield self._written(call, path, blocks, state)
        elif tool in {"edit", "multiedit"}:
            for old, new, effect in _edits(call):
                yield from self._edited(call, path, old, new, effect, state)
        elif tool in {"apply_patch", "patch"}:
            yield from self._patched(call, state)
        elif tool in _TOLD:
            rows = heard(call.said, call.asked, call.effect)
            if tool == "task":
                rows = self._handed_on(rows, string(call.effect, "sessionId"), state)
            yield Read(rows, None, call.cwd, call.time, state.session, call.locator)
        else:
            if tool in {"bash", "shell"}:
                yield from self._commanded(call, state)
            elif tool == "read":
                _show(call, path, state)
            if call.said:
                yield Read(
                    as_shown(call.said), path or None, call.cwd, call.time, state.session, call.locator
                )

    def _handed_on(self, rows: tuple[str, ...], name: str, state: _State) -> tuple[str, ...]:
        """What of a subagent's words it had been shown; all of them where its session is not there."""
        here = state.transcript
        if not _ID.fullmatch(name) or name == state.session or here is None or state.helpers >= MAX_HELPERS:
            return rows
        state.helpers += 1
        if here.part:
            there = replace(here, part=name)
        else:
            there = replace(here, path=here.path.with_name(f"{name}.json"))
        told = tuple(self._read(there, Faults(""), state.tick, within=True))
        return handed_on(rows, told) if told else rows

    def _edited(
        self, call: _Call, path: str, old: str, new: str, effect: Mapping[str, Any], state: _State
    ) -> Iterator[Event]:
        file = mapping(effect, "filediff")
        path = string(file, "file") or path
        place = absolute(path, call.cwd)
        shown = state.contents.edited(place, old, new, everywhere=call.asked.get("replaceAll") is True)
        if isinstance(file.get("after"), str):
            state.contents.show(place, lines(string(file, "after")))
        blocks, removed = _effect(file, string(effect, "diff"))
        if blocks is None:
            blocks = between(lines(old), lines(new)) if shown is None else shown
        yield Read((*lines(old), *removed), path, call.cwd, sent=False)
        if blocks:
            yield self._written(call, path, blocks, state)

    def _patched(self, call: _Call, state: _State) -> Iterator[Event]:
        files = items(call.effect, "files")
        for file in files:
            path = string(file, "movePath") or string(file, "filePath", "relativePath")
            state.contents.forget(absolute(path, call.cwd))
            blocks, removed = _effect(mapping(file), string(file, "diff"))
            if removed:
                yield Read(removed, string(file, "filePath") or None, call.cwd, sent=False)
            if blocks and path:
                yield self._written(call, path, blocks, state)
        for made in () if files else patches.of_patch(string(call.asked, "patchText", "patch"), call.cwd):
            if made.removed:
                yield Read(made.removed, made.path, call.cwd, sent=False)
            if made.blocks:
                yield self._written(call, made.path, made.blocks, state)

    def _commanded(self, call: _Call, state: _State) -> Iterator[Event]:
        command = string(call.asked, "command")
        if state.turn.size + len(command) <= MAX_COMMANDS:
            state.turn.size += len(command)
            state.turn.commands.append(replace(call, effect={}, said=""))
        if call.effect.get("exit", 0) != 0:
            return
        for made in patches.of_command(command, joined(call.cwd, string(call.asked, "workdir"))):
            if made.removed:
                yield Read(made.removed, sent=False)
            if made.blocks:
                yield self._written(call, made.path, made.blocks, state, made.cwd)

    def _leftovers(self, state: _State) -> Iterator[Written]:
        """Lines that came into files during the turn, that no call accounts for, and that stand in a command."""
        left = MAX_LOOKED
        for call in state.turn.commands:
            state.tick(0)
            text = normal(string(call.asked, "command"))
            for path, blocks in state.turn.diffs.items():
                unclaimed = state.turn.unclaimed[path]
                left -= len(text) * len(unclaimed)
                if left < 0:
                    state.faults.add("a turn's commands and changes are too long to tell which wrote what")
                    state.turn = _Turn()
                    return
                kept = tuple(
                    part
                    for block in blocks
                    for part in _those(
                        block,
                        lambda line, unclaimed=unclaimed, text=text: (
                            informative(line) and normal(line) in unclaimed and normal(line) in text
                        ),
                    )
                )
                if kept:
                    yield self._written(call, path, kept, state, state.folder)
                    unclaimed.difference_update(normal(line) for block in kept for line in block.lines)
        state.turn = _Turn()

    def _written(
        self, call: _Call, path: str, blocks: tuple[Block, ...], state: _State, cwd: str | None = None
    ) -> Written:
        folder = call.cwd if cwd is None else cwd
        return Written(blocks, path, folder, self.tool, call.model, state.session, call.time, call.locator)


def _call(part: Mapping[str, Any], message: Mapping[str, Any], state: _State, name: str) -> _Call | None:
    done = mapping(part, "state")
    if string(done, "status") != "completed":
        return None
    provider, model = string(message, "providerID"), string(message, "modelID")
    return _Call(
        mapping(done, "input"),
        mapping(done, "metadata"),
        string(done, "output"),
        string(mapping(message, "path"), "cwd") or state.folder,
        f"{provider}/{model}" if provider and model else model or None,
        when(mapping(done, "time").get("end")) or when(mapping(message, "time").get("created")),
        Locator(state.shown, record=string(part, "callID") or name),
    )


def _turn(message: Mapping[str, Any], folder: str) -> _Turn:
    """The turn that a person's message begins."""
    diffs = _diffs(message, folder)
    return _Turn(
        diffs,
        {path: {normal(line) for block in blocks for line in block.lines} for path, blocks in diffs.items()},
    )


def _diffs(message: Mapping[str, Any], folder: str) -> Mapping[str, tuple[Block, ...]]:
    """What a turn added to each file, by absolute path."""
    found: dict[str, tuple[Block, ...]] = {}
    for diff in items(mapping(message, "summary"), "diffs"):
        blocks, _ = _effect(mapping(diff), "")
        path = string(diff, "file")
        if blocks and path:
            found[absolute(path, folder)] = blocks
    return found


def _effect(file: Mapping[str, Any], diff: str) -> tuple[tuple[Block, ...] | None, tuple[str, ...]]:
    """The blocks that a recorded change of a file added, None where it shows none, and the removed lines."""
    patch = apply_patch.unified(string(file, "patch") or diff)
    if patch:
        return hunks(patch)
    before, after = file.get("before"), file.get("after")
    if isinstance(before, str) and isinstance(after, str):
        old, new = lines(before), lines(after)
        gone = {normal(line) for line in old} - {normal(line) for line in new}
        return between(old, new), tuple(line for line in old if normal(line) in gone)
    return None, ()


def _edits(call: _Call) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(old text, new text, effect) of each replacement."""
    edits = items(call.asked, "edits") or (call.asked,)
    results = items(call.effect, "results")
    for at, edit in enumerate(edits):
        effect = mapping(results[at]) if at < len(results) else call.effect if len(edits) == 1 else {}
        yield string(edit, "oldString", "old_string"), string(edit, "newString", "new_string"), effect


def _understood(tool: str, call: _Call, path: str) -> bool:
    """Whether a call is no edit, or an edit of a form that is known."""
    if tool == "write":
        return bool(path) and isinstance(call.asked.get("content"), str)
    if tool in {"edit", "multiedit"}:
        effect = mapping(call.effect, "filediff")
        shown = string(call.effect, "diff") or isinstance(effect.get("after"), str) or "patch" in effect
        edits = items(call.asked, "edits") or (call.asked,)
        asks = all({"newString", "new_string"} & mapping(edit).keys() for edit in edits)
        return bool((path or string(effect, "file")) and (shown or asks))
    if tool in {"apply_patch", "patch"}:
        return bool(items(call.effect, "files")) or patches.understood(
            string(call.asked, "patchText", "patch")
        )
    return tool in _TOLD or not odd.unknown(tool, call.asked)


def _overwritten(call: _Call, path: str, state: _State) -> tuple[Block, ...]:
    """The new lines of a file that was written as a whole."""
    place = absolute(path, call.cwd)
    text = lines(string(call.asked, "content"))
    shown = state.contents.overwritten(place, text)
    if call.effect.get("exists") is False:
        return between((), text)
    if shown is not None:
        return shown
    own = {normal(line) for line in text}
    turn = state.turn.diffs.get(place, ())
    return tuple(part for block in turn for part in _those(block, lambda line: normal(line) in own))


def _those(block: Block, wanted: Any) -> Iterable[Block]:
    """The parts of a block whose lines are wanted."""
    return grouped(block.lines, [bool(line.strip()) and wanted(line) for line in block.lines])


def _show(call: _Call, path: str, state: _State) -> None:
    """Remember a file that was read as a whole."""
    display = mapping(call.effect, "display")
    if display:
        whole = display.get("lineStart") == 1 and display.get("lineEnd") == display.get("totalLines")
        if whole and not display.get("truncated"):
            state.contents.show(absolute(path, call.cwd), lines(string(display, "text")))
        return
    rows = _NUMBERED.findall(call.said) if "(End of file" in call.said else []
    if [int(number) for number, _ in rows[:1]] == [1] and len(rows) == int(rows[-1][0]):
        state.contents.show(absolute(path, call.cwd), tuple(text for _, text in rows))
