"""Read pi's sessions (0.7 to 0.73): `<agent folder>/sessions/--<cwd>--/<time>_<id>.jsonl`, one JSON object a line.

The first line is `{"type": "session", "cwd", "id"}`; a `message` is of a user, of the assistant (with its model, and
calls as `toolCall`), or a `toolResult`. A call that failed, or that a person stopped, has `isError` true or no result at
all. An edit's result has the effect: `details.diff`, whose lines have `+`, `-` or a space, a number and the text. A write
does not say whether it created the file. Lines form a tree (`id`, `parentId`); branches that were left did happen.
A fork repeats its parent's lines with the same calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from whence.evidence.sessions import resuming
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
from whence.evidence.sessions.stores.files import Record, find
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.values import content_text, items, mapping, string, when

_WORTH = (b'"toolCall"', b'"toolResult"', b'"user"', b'"session"', b'"bashExecution"', b'"model_change"')
_NUMBERED = re.compile(r"([+ -])\s*(\d+) (.*)", re.DOTALL)
_CUT = re.compile(r"\n\n\[(?:Showing lines \d|\d+ more lines in file)")
_WRITES = frozenset({"edit", "write"})
_TOLD = frozenset({"todo", "subagent", "task", "question"})
"""Tools whose result repeats what they were asked for, beside what the person answered or a subagent found."""


class Pi:
    """pi; its models are of any vendor."""

    tool = "pi"
    source = "pi-session"

    def locate(self, places: Places) -> Located:
        environment = places.environment
        folders: list[Path] = []
        base = home(environment)
        for name, inside in (("PI_CODING_AGENT_DIR", "sessions"), ("PI_CODING_AGENT_SESSION_DIR", "")):
            value = environment.get(name, "")
            if value.startswith("~") and base is not None:
                value = str(base) + value[1:]
            if value:
                folders.append(Path(value) / inside)
        if base is not None:
            folders.append(base / ".pi" / "agent" / "sessions")
        return find(
            [folder for folder in folders if folder.is_absolute()],
            environment,
            lambda name: name.endswith(".jsonl"),
            "pi",
        )

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        name = transcript.path.parent.name
        best = 2
        for folder in folders:
            mine = folder_name(folder)
            if name == mine or name.startswith(mine.removesuffix("--") + "-"):
                return 0
            inside = mine.removeprefix("--").startswith(name.removeprefix("--").removesuffix("--") + "-")
            if (name.startswith("--") and inside) or name.endswith("-" + folder.rpartition("/")[2] + "--"):
                best = 1
        return best

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return resuming.read(self, transcript, faults, tick)

    def worth(self, data: bytes) -> bool:
        return any(word in data for word in _WORTH)

    def begin(self, transcript: Transcript) -> State:
        return State(transcript.shown, transcript.path.stem.rpartition("_")[2])

    def step(self, record: Record, state: State) -> Iterator[Event]:
        value = record.value
        kind = string(value, "type")
        if kind == "session":
            state.cwd = posix(string(value, "cwd")) or state.cwd
            state.session = string(value, "id") or state.session
        elif kind == "model_change":
            state.model = _model(string(value, "provider"), string(value, "modelId"))
        elif kind == "message":
            yield from _message(mapping(value, "message"), record, state)
        elif odd.carries(value):
            yield Odd(Locator(state.shown, record.offset, record.line))

    def end(self, state: State) -> tuple[Event, ...]:
        return ()


def folder_name(cwd: str) -> str:
    """The name of the folder in which a working directory's sessions are."""
    return "--" + re.sub(r"[/\\:]", "-", re.sub(r"^[/\\]", "", cwd)) + "--"


def _model(provider: str, model: str) -> str | None:
    return f"{provider}/{model}" if provider and model else model or None


def _message(message: Mapping[str, Any], record: Record, state: State) -> Iterator[Event]:
    role = string(message, "role")
    time = when(message.get("timestamp")) or when(record.value.get("timestamp"))
    locator = Locator(state.shown, record.offset, record.line)
    if role == "user":
        yield Read(
            as_shown(content_text(message.get("content"))), None, state.cwd, time, state.session, locator
        )
    elif role == "bashExecution":
        # A person's own command; the model sees what it printed.
        said = as_shown(string(message, "output"))
        sent = message.get("excludeFromContext") is not True
        yield Read(said, None, state.cwd, time, state.session, locator, sent)
    elif role == "assistant":
        model = _model(string(message, "provider"), string(message, "model")) or state.model
        for block in items(message, "content"):
            call_id = string(block, "id")
            if string(block, "type") != "toolCall" or not call_id:
                if odd.call(mapping(block)):
                    yield Odd(locator)
                continue
            make_room(state.calls)
            made = replace(locator, record=call_id)
            base = Written((), "", state.cwd, Pi.tool, model, state.session, time, made)
            state.calls[call_id] = (string(block, "name"), dict(_asked(block)), base)
            if unanswered(state.calls, state.answered) and string(block, "name") in _WRITES:
                yield Odd(locator)
    elif role == "toolResult":
        yield from _result(message, time, state)
    if not isinstance(message.get("content"), str | list) and odd.carries(message):
        yield Odd(locator)


def _asked(block: object) -> Mapping[str, Any]:
    """The arguments; some models send the list of edits as JSON text, which pi accepts."""
    asked = mapping(block, "arguments")
    edits = asked.get("edits")
    if isinstance(edits, str):
        try:
            return {**asked, "edits": json.loads(edits)}
        except (ValueError, RecursionError):
            return asked
    return asked


def _result(message: Mapping[str, Any], time: Any, state: State) -> Iterator[Event]:
    found = state.calls.pop(string(message, "toolCallId"), None)
    if found is None:
        return
    state.answered = True
    name, asked, base = found
    call = replace(base, time=time or base.time)
    said = content_text(message.get("content"))
    good = message.get("isError") is False
    if name in _WRITES:
        if good:
            yield from state.files.wrote(
                call, asked, effect=_effect(string(mapping(message, "details"), "diff"))
            )
        else:
            yield answered(call, asked, said)
        return
    if good and odd.unknown(name, asked):
        yield Odd(call.locator)
    if name == "bash" and good:
        yield from state.files.commanded(call, asked)
    if name in _TOLD:
        yield answered(call, asked, said, message.get("details"))
    else:
        whole = name == "read" and good and not ({"offset", "limit"} & asked.keys()) and not _CUT.search(said)
        yield from state.files.shown(call, asked, said, whole=whole)


def _effect(diff: str) -> list[list[str]]:
    """The hunks of an edit's result, without its numbers."""
    found: list[list[str]] = [[]]
    for line in diff.split("\n") if diff else ():
        row = _NUMBERED.fullmatch(line)
        if row:
            found[-1].append(row[1] + row[3])
        elif line.strip() == "...":
            found.append([])
    return found
