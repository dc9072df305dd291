"""Read Factory Droid's sessions: `~/.factory/sessions/[<folder>/]<uuid>.jsonl`, one JSON object a line.

The first line is `{"type": "session_start", "id", "cwd"}`; a `message` has content blocks as Anthropic's interface has
them. A call failed when its result's `is_error` is true, or, in older versions, when its text says so: results are JSON
text `{"success": true, ...}`. Edits have their effect as `diffLines`; `Create` does not say whether the file was there.
The model stands in newer messages, before that in `<uuid>.settings.json`. A fork repeats its parent's lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from whence.evidence.sessions import paths, resuming
from whence.evidence.sessions.edits import odd
from whence.evidence.sessions.edits.calls import answered
from whence.evidence.sessions.edits.pending import State, make_room, unanswered
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
from whence.evidence.sessions.paths import posix
from whence.evidence.sessions.stores.files import Record, find, json_value, parsed, raw_lines, small_text
from whence.evidence.sessions.stores.folders import homes
from whence.evidence.sessions.stores.values import content_text, items, mapping, string, when

_WORTH = (b'"tool_use', b'"tool_result"', b'"user"', b'"session_start"')
_WRITES = frozenset({"Edit", "MultiEdit", "Create", "Write", "ApplyPatch"})
_TOLD = frozenset(
    {"TodoWrite", "Task", "ExitSpecMode", "AskUser", "Skill", "GenerateDroid", "ToolSearch", "WebSearch"}
)
"""Tools whose result repeats what they were asked for, beside what the person answered or a subagent found."""
_FAILED = re.compile(
    r"\s*(?:Error: |<tool_use_error>|Tool execution (?:was )?(?:cancel|reject|abort)|User (?:cancel|reject|declin))",
    re.IGNORECASE,
)
_EXIT = re.compile(r"\[Process exited with code (-?\d+)\]|\(exit code: (-?\d+)\)")
_SIGNS = {"added": "+", "removed": "-", "unchanged": " "}


class Droid:
    """Factory's Droid; its models are of any vendor."""

    tool = "droid"
    source = "droid-session"

    def locate(self, places: Places) -> Located:
        environment = places.environment
        folders = homes(environment, "FACTORY_HOME_OVERRIDE", ".factory/sessions")
        return find(folders, environment, lambda name: name.endswith(".jsonl"), "Factory Droid")

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        for line, _, data in raw_lines(transcript, Faults(transcript.shown), lambda _: None):
            return paths.nearness(string(parsed(data, line, Faults("")), "cwd"), folders)
        return 2

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return resuming.read(self, transcript, faults, tick)

    def worth(self, data: bytes) -> bool:
        return any(word in data for word in _WORTH)

    def begin(self, transcript: Transcript) -> State:
        settings = ""
        if transcript.blobs is None:
            settings = small_text(transcript.path.with_suffix(".settings.json"))
        model = string(json_value(settings, Faults("")) if settings else None, "model")
        return State(transcript.shown, transcript.path.stem, model=model or None)

    def step(self, record: Record, state: State) -> Iterator[Event]:
        value = record.value
        if string(value, "type") == "session_start":
            state.cwd = posix(string(value, "cwd")) or state.cwd
            state.session = string(value, "id") or state.session
            return
        message = mapping(value, "message")
        time = when(value.get("timestamp"))
        locator = Locator(state.shown, record.offset, record.line)
        user = string(message, "role") == "user"
        if isinstance(message.get("content"), str) and user:
            yield Read(as_shown(string(message, "content")), None, state.cwd, time, state.session, locator)
        for block in items(message, "content"):
            kind = string(block, "type")
            if kind == "tool_use":
                _note(block, string(message, "modelId") or state.model, time, locator, state)
                if unanswered(state.calls, state.answered) and string(block, "name") in _WRITES:
                    yield Odd(locator)
            elif kind == "tool_result":
                yield from _result(mapping(block), time, state)
            elif kind == "text" and user:
                yield Read(as_shown(string(block, "text")), None, state.cwd, time, state.session, locator)
            elif odd.call(mapping(block)):
                yield Odd(locator)
        if not isinstance(message.get("content"), str | list) and odd.carries(value):
            yield Odd(locator)

    def end(self, state: State) -> tuple[Event, ...]:
        return ()


def _note(block: object, model: str | None, time: datetime | None, locator: Locator, state: State) -> None:
    call = string(block, "id")
    if call:
        make_room(state.calls)
        base = Written(
            (), "", state.cwd, Droid.tool, model, state.session, time, replace(locator, record=call)
        )
        state.calls[call] = (string(block, "name"), mapping(block, "input"), base)


def _result(block: Mapping[str, Any], time: datetime | None, state: State) -> Iterator[Event]:
    found = state.calls.pop(string(block, "tool_use_id"), None)
    if found is None:
        return
    state.answered = True
    name, asked, base = found
    call = replace(base, time=time or base.time)
    said = content_text(block.get("content"))
    answer = json_value(said, Faults("")) if said.startswith("{") else None
    failed = (
        bool(block.get("is_error")) or mapping(answer).get("success") is False or bool(_FAILED.match(said))
    )
    if name in _WRITES:
        if not failed:
            yield from state.files.wrote(call, asked, effect=_effect(answer))
        else:
            yield answered(call, asked, said)
        return
    if not failed and odd.unknown(name, asked):
        yield Odd(call.locator)
    if name == "Execute" and not failed and not asked.get("fireAndForget") and _succeeded(said):
        yield from state.files.commanded(call, asked)
    if name in _TOLD:
        yield answered(call, asked, said)
    else:
        whole = name == "Read" and not failed and not ({"offset", "limit"} & asked.keys())
        yield from state.files.shown(call, asked, said, whole=whole)


def _succeeded(said: str) -> bool:
    found = _EXIT.search(said[-4096:])
    return found is None or (found[1] or found[2]) == "0"


def _effect(answer: object) -> list[list[str]]:
    """An edit's lines as a hunk; a gap in their numbers is a new one."""
    found: list[list[str]] = [[]]
    last = 0
    for row in items(answer, "diffLines"):
        sign = _SIGNS.get(string(row, "type"))
        number = mapping(row, "lineNumber").get("new")
        if sign is None:
            continue
        if isinstance(number, int):
            if last and number > last + 1:
                found.append([])
            last = number
        found[-1].append(sign + string(row, "content"))
    return found
