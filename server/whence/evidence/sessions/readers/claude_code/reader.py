"""Read Claude Code's transcripts (1.0 to 2.1): `<root>/projects/<folder>/<session>.jsonl`, one JSON object a line.

A write is a `tool_use` block of an assistant line; its outcome is the `tool_result` with the same id on a later user
line, whose `toolUseResult` holds the effect: an object when it happened, a string when it failed, nothing at all in
newer subagents' files. Success is the absence of every sign of failure: `is_error` is missing or false. Where neither
an effect nor a copy of the old file (see `backups`) shows what a `Write` replaced, what the session read of it
counts as that, if it read the whole. So it is with a cell that a `NotebookEdit` replaced.

Subagents' edits stand in three places: inline (`isSidechain`), wrapped in `progress` lines, and in files of their own
(`<session>/subagents/**/agent-*.jsonl`, older `agent-*.jsonl`). The same call in two places is told apart by its id.
A fork's file begins with a copy of its parent's lines under its own session, but for `requestSessionId`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from xxhash import xxh3_64_intdigest

from whence.evidence.sessions import resuming
from whence.evidence.sessions.edits import odd, patches
from whence.evidence.sessions.edits.inserted import accepted, between, handed_on, hunks
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
from whence.evidence.sessions.readers.claude_code import backups, helpers
from whence.evidence.sessions.readers.claude_code.calls import (
    Call,
    asks,
    creates,
    failed,
    is_whole,
    old_cell,
    proposed,
    shown_cells,
)
from whence.evidence.sessions.stores.files import Record, find, raw_lines
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.values import content_text, items, lines, mapping, string, when
from whence.matching.passages import Block, is_notebook
from whence.model import Contributor
from whence.quick import dataclass

SLUG_LENGTH = 200
"""Characters of a project folder's name that come from the path; longer paths end in a hash."""

_FILE_TOOLS = frozenset({"Write", "Edit", "MultiEdit", "NotebookEdit"})
_SHELL_TOOLS = frozenset({"Bash", "PowerShell"})
_HELPERS = frozenset({"Task", "Agent"})
"""Tools whose result is a subagent's words: its own, and what it was shown."""
_TOLD = frozenset({"TodoWrite", "ExitPlanMode", "AskUserQuestion", "Skill"})
"""Tools whose result repeats what they were asked for, beside what the person answered."""
_ANSWERED = frozenset({"answers", "annotations"})
"""Of an input: what the person put there."""

_PARTS = frozenset({"text", "thinking", "redacted_thinking", "image", "document"})
"""Of an assistant's message, beside calls."""

_WORTH = (b'"user"', b'"tool_', b'"attachment"')
"""What a line holds that is worth parsing; such searches are ten times faster than an expression."""

_BESIDE, _HEAD = (b'"queue-operation"', b'"system"'), 4096
"""The same of records that say early in the line what they are."""


@dataclass(slots=True)
class State:
    """Calls that wait for their result, and those that had it."""

    shown: str
    session: str
    path: str = ""
    """Where the file is; empty where it is none."""
    helper: bool = False
    """Whether the file is a subagent's."""
    depth: int = 0
    """How many subagents' files stand between this one and the one that is read."""
    inline: set[str] = field(default_factory=set)
    """The subagents whose messages stand in this file; one without a name is empty."""
    calls: dict[str, Call] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    """Files whose whole text the session read or wrote."""
    cells: set[str] = field(default_factory=set)
    """Cells of notebooks that the session read or wrote, as the path and the id with a NUL between."""
    texts: set[int] = field(default_factory=set)
    """Originals that the session met line by line, as digests: each edit of a file repeats all of it."""

    def met(self, text: str) -> bool:
        """Whether all lines of a text were met before; now they are."""
        digest = xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
        known = digest in self.texts
        self.texts.add(digest)
        return known


class ClaudeCode:
    """Claude Code (Anthropic)."""

    tool = "claude-code"
    source = "claude-code-session"

    def locate(self, places: Places) -> Located:
        environment = places.environment
        roots = [Path(value) for value in (environment.get("CLAUDE_CONFIG_DIR", ""),) if value]
        base = home(environment)
        if base is not None:
            roots.append(base / ".claude")
            roots.append(Path(environment.get("XDG_CONFIG_HOME") or base / ".config") / "claude")
        folders = [root / "projects" for root in roots if root.is_absolute()]
        return find(folders, environment, lambda name: name.endswith(".jsonl"), "Claude Code")

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        parts = PurePosixPath(transcript.path.as_posix()).parts
        at = len(parts) - 1 - parts[::-1].index("projects") if "projects" in parts else -1
        name = parts[at + 1] if 0 <= at < len(parts) - 2 else ""
        best = 2
        for folder in folders:
            slug = slug_of(folder)
            cut = slug[:SLUG_LENGTH]
            if name == slug or name.startswith((cut + "-", cut) if len(slug) > SLUG_LENGTH else slug + "-"):
                return 0
            if name and slug.startswith(name + "-"):
                best = 1
            if name.endswith("-" + slug_of(PurePosixPath(folder).name)):
                best = 1
        return best

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return resuming.read(self, transcript, faults, tick)

    def worth(self, data: bytes) -> bool:
        """Whether a line can hold a call, a result, a person's words or an attached file."""
        head = data[:_HEAD]
        return any(map(data.__contains__, _WORTH)) or any(map(head.__contains__, _BESIDE))

    def begin(self, transcript: Transcript) -> State:
        name = transcript.path.stem
        path = "" if transcript.blobs else str(transcript.path)
        return State(transcript.shown, name, path, helper=name.startswith("agent-"))

    def step(self, record: Record, state: State) -> Iterator[Event]:
        value = record.value
        if value.get("type") == "progress":
            inner = mapping(value, "data", "message")
            if string(value.get("data"), "type") == "agent_progress" and inner:
                state.inline.add(string(value.get("data"), "agentId"))
                around: dict[str, Any] = {key: value.get(key) for key in ("cwd", "sessionId", "timestamp")}
                yield from _record({**around, **inner}, record.line, record.offset, state)
            elif odd.carries(value):
                yield Odd(Locator(state.shown, record.offset, record.line))
        else:
            yield from _record(value, record.line, record.offset, state)

    def end(self, state: State) -> tuple[Event, ...]:
        return ()


def slug_of(path: str) -> str:
    """A folder's name under `projects`: every character that is no ASCII letter or digit becomes a hyphen."""
    return re.sub(r"[^A-Za-z0-9]", "-", path)


def _record(value: Mapping[str, Any], line: int, offset: int, state: State) -> Iterator[Event]:
    kind = value.get("type")
    if kind == "attachment":
        yield from _attachment(mapping(value, "attachment"), state)
        return
    if kind in ("queue-operation", "system"):
        # What was typed meanwhile, and what a command of the person's printed.
        text = string(value, "content")
        if text:
            yield Read(as_shown(text))
        return
    message = mapping(value, "message")
    content = message.get("content")
    if value.get("isSidechain") and not state.helper:
        state.inline.add(string(value, "agentId"))
    if kind not in ("assistant", "user") or not isinstance(content, str | list):
        if odd.carries(value):
            yield Odd(Locator(state.shown, offset, line))
        return
    if kind == "assistant":
        for block in items(message, "content"):
            part = string(block, "type")
            if part in _PARTS:
                continue
            locator = Locator(state.shown, offset, line, string(block, "id"))
            if part == "tool_use":
                _note_call(block, value, message, locator, state)
                if unanswered(state.calls, state.done) and string(block, "name") in _FILE_TOOLS:
                    yield Odd(locator)
            elif odd.call(mapping(block)):
                yield Odd(locator)
    elif kind == "user" and not value.get("isCompactSummary"):
        if isinstance(content, str):
            yield Read(as_shown(content))
        for block in items(message, "content"):
            block_type = string(block, "type")
            if block_type == "tool_result":
                yield from _result(block, value, state)
            elif block_type == "text":
                yield Read(as_shown(string(block, "text")))


def _note_call(
    block: object, value: Mapping[str, Any], message: Mapping[str, Any], locator: Locator, state: State
) -> None:
    call_id = locator.record
    if not call_id or call_id in state.done:
        return
    make_room(state.calls)
    model = string(message, "model")
    state.calls[call_id] = Call(
        string(block, "name"),
        mapping(block, "input"),
        model if model and model != "<synthetic>" else None,
        string(value, "cwd"),
        string(value, "requestSessionId", "sessionId") or state.session,
        when(value.get("timestamp")),
        locator,
    )


def _result(block: object, value: Mapping[str, Any], state: State) -> Iterator[Event]:
    """Pair a result with its call; yield what it wrote, or what it showed."""
    call_id = string(block, "tool_use_id")
    call = state.calls.pop(call_id, None)
    if call is None:
        return
    state.done.add(call_id)
    # The text landed when the result came: the person may have thought about it for a while.
    call = replace(call, time=when(value.get("timestamp")) or call.time)
    text = content_text(mapping(block).get("content"))
    results = sum(string(part, "type") == "tool_result" for part in items(value, "message", "content"))
    # `toolUseResult` belongs to the line: with several results on it, nobody knows to which.
    effect = value.get("toolUseResult") if results == 1 else None
    happened = not failed(mapping(block), value, text, effect)
    if call.name in _FILE_TOOLS:
        if happened:
            yield from _file_write(call, mapping(effect), text, state)
        elif text:
            # Why it did not happen: the person's words, or the text of theirs that is in the file.
            yield Read(heard(text, call.input))
        return
    if call.name in _SHELL_TOOLS:
        if happened:
            yield from _shell_writes(call)
    elif happened and odd.unknown(call.name, call.input):
        yield Odd(call.locator)
    if call.name in _HELPERS:
        yield from _helped(call, text, mapping(effect), state)
    elif call.name in _TOLD:
        asked = {key: told for key, told in call.input.items() if key not in _ANSWERED}
        yield Read(heard(text, asked, effect))
    else:
        yield from _shown(call, text, mapping(effect), state)


def _helped(call: Call, text: str, effect: Mapping[str, Any], state: State) -> Iterator[Event]:
    """What of a subagent's words it had been shown. Where its messages stand in this file, they told that already.

    Where nothing tells what it was shown, all of its words count as that.
    """
    agent = string(effect, "agentId") or helpers.named(text)
    if agent in state.inline or "" in state.inline:
        return
    rows = heard(text, call.input)
    path = helpers.file(state.path, call.session, agent)
    if path is not None and state.depth < helpers.MAX_DEPTH:
        rows = handed_on(rows, _told(path, state))
    yield Read(rows)


def _told(path: Path, state: State) -> Iterator[Event]:
    """What a subagent's file tells."""
    helper = State(state.shown, path.stem, str(path), helper=True, depth=state.depth + 1)
    transcript = Transcript(path, 0, 0.0, state.shown)
    step = resuming.stepping(ClaudeCode(), state.shown, Faults(""))
    for line, offset, data in raw_lines(transcript, Faults(""), lambda _: None):
        yield from step(line, offset, data, helper) or ()


def _shown(call: Call, text: str, effect: Mapping[str, Any], state: State) -> Iterator[Event]:
    file = mapping(effect, "file")
    path = string(call.input, "file_path", "notebook_path", "path") or None
    content = string(file, "content")
    if call.name == "Read" and path and is_whole(call, text, file):
        state.whole.add(path)
    cells = items(file, "cells")
    if call.name == "Read" and path and is_notebook(path):
        state.cells |= {f"{path}\0{name}" for name in shown_cells(text, cells)}
    # Around a notebook's cells stand tags.
    sources = [line for cell in cells for line in lines(string(cell, "source"))]
    shown = lines(content) if content else (*sources, *as_shown(text))
    if shown:
        yield Read(shown, path, call.cwd, call.time, call.session, call.locator)


def _attachment(attachment: Mapping[str, Any], state: State) -> Iterator[Event]:
    """What was put before the model beside the messages: words that a person typed while it worked, files that they
    mentioned or that somebody else changed, what hooks said. Calls that wait may be told of in it.
    """
    rows = heard("", [call.input for call in state.calls.values()], attachment)
    if rows:
        yield Read(rows, string(attachment, "filename", "filePath") or None, session=state.session)


def _shell_writes(call: Call) -> Iterator[Event]:
    for made in patches.of_command(call.input.get("command"), call.cwd):
        if made.removed:
            yield Read(made.removed, sent=False)
        if made.blocks:
            yield _written(call, made.path, made.blocks, cwd=made.cwd)


def _file_write(call: Call, effect: Mapping[str, Any], text: str, state: State) -> Iterator[Event]:
    path = string(call.input, "file_path", "notebook_path") or string(effect, "filePath", "notebook_path")
    if not path or not (asks(call) or items(effect, "structuredPatch") or string(effect, "content")):
        yield Odd(call.locator)
        return
    original = string(effect, "originalFile", "originalFileContents", "original_file")
    if original and not state.met(original):
        yield Read(lines(original), path, sent=False)
    patch = [
        [line for line in items(hunk, "lines") if isinstance(line, str)]
        for hunk in items(effect, "structuredPatch")
    ]
    wanted = proposed(call)
    for old, _ in wanted:
        yield Read(old, path, sent=False)
    if any(patch):
        blocks, removed = hunks(patch)
        yield Read(removed, path, sent=False)
    elif call.name == "NotebookEdit":
        told, place = old_cell(call, effect), f"{path}\0{string(call.input, 'cell_id')}"
        if call.input.get("edit_mode") == "delete" or (told is None and place not in state.cells):
            return  # nothing new, or in the place of a cell that nobody shows: which lines are new cannot be told
        cell = lines(told or "")
        yield Read(cell, path, sent=False)
        blocks = between(cell, wanted[0][1])
        if call.input.get("edit_mode") != "insert":
            state.cells.add(place)
    elif call.name == "Write" and not original and not creates(effect, text):
        copy = backups.before(state.path, call.session, path, call.time)
        if copy is None and path not in state.whole:
            return  # it replaced a text that nobody shows: which lines are new cannot be told
        yield Read(copy or (), path, sent=False)
        blocks = between(copy or (), wanted[0][1])
    elif call.name == "Write":
        blocks = between(lines(original), lines(string(effect, "content")) or wanted[0][1])
    else:
        blocks = tuple(block for old, new in wanted for block in between(old, new))
    if call.name == "Write":
        state.whole.add(path)
    changed = effect.get("userModified") is True
    if changed:
        blocks = accepted(blocks, (line for _, new in wanted for line in new))
    elif call.name == "Edit" and original and any(patch):
        there, instead = string(call.input, "old_string"), string(call.input, "new_string")
        state.met(original.replace(there, instead, -1 if call.input.get("replace_all") else 1))
    if blocks:
        yield _written(call, path, blocks, contributor=Contributor.MIXED if changed else Contributor.AI)


def _written(
    call: Call,
    path: str,
    blocks: tuple[Block, ...],
    *,
    cwd: str | None = None,
    contributor: Contributor = Contributor.AI,
) -> Written:
    return Written(
        blocks,
        path,
        call.cwd if cwd is None else cwd,
        ClaudeCode.tool,
        call.model,
        call.session,
        call.time,
        call.locator,
        contributor,
    )
