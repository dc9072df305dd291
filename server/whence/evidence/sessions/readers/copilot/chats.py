"""Read GitHub Copilot's chats in VS Code: what was offered to the editor, and what became of it.

    <user folder>/workspaceStorage/<hash>/chatSessions/<session>.json     until 2025 one object
    <user folder>/workspaceStorage/<hash>/chatSessions/<session>.jsonl    since then a log of changes
    <user folder>/globalStorage/emptyWindowChatSessions/<session>.json[l]

A request has a person's words, what was attached to them, and the parts of the answer in order. A part of kind
`textEditGroup` is text that went into a file; `toolInvocationSerialized` is a call, a command's with its exit status.
What calls were asked for, and what came back, stands beside the answer (`toolCallRounds`, `toolCallResults`). The edits
themselves and their fate are in `chatEditingSessions`, see `editing`; where nothing tells whether a person kept
an edit, its outcome is unknown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits import odd, patches
from whence.evidence.sessions.edits.inserted import between
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
from whence.evidence.sessions.paths import nearness
from whence.evidence.sessions.readers.copilot import chat_log
from whence.evidence.sessions.readers.copilot.editing import Editing, path_of
from whence.evidence.sessions.stores import editors
from whence.evidence.sessions.stores.files import entries, json_value, shown, stands
from whence.evidence.sessions.stores.folders import user_folders
from whence.evidence.sessions.stores.values import items, lines, mapping, string, when
from whence.matching.passages import Block
from whence.quick import dataclass

MAX_CHATS = 100_000

MAX_LEAVES = 100_000
"""Texts of one rendered result that are looked at."""

_TOLD = frozenset(
    {
        "runSubagent",
        "search_subagent",
        "execution_subagent",
        "manage_todo_list",
        "think",
        "vscode_askQuestions",
    }
)
_EDITS = frozenset(
    {
        "create_file", "replace_string_in_file", "multi_replace_string_in_file", "insert_edit_into_file", "apply_patch",
        "edit_notebook_file", "create_new_jupyter_notebook", "edit_files",
    }
)  # fmt: skip
"""Calls whose result is about what they wrote."""


@dataclass(slots=True)
class _Turn:
    """One request and what is around it."""

    number: int
    name: str
    session: str
    model: str | None
    time: datetime | None
    folder: str
    locator: Locator
    calls: deque[tuple[str, str, Mapping[str, Any]]] = field(default_factory=deque)
    """(id, name, arguments) of calls whose result was not told yet, in order."""
    results: Mapping[str, Any] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    """Files whose edits the timeline told."""


class CopilotChat:
    """GitHub Copilot, by its chats in VS Code."""

    tool = "copilot"
    source = "copilot-chat-session"

    def locate(self, places: Places) -> Located:
        environment = places.environment
        found: dict[tuple[Path, str], Transcript] = {}
        for folder, opened in _chat_folders(environment):
            for path in entries(folder):
                if path.suffix not in {".json", ".jsonl"} or len(found) >= MAX_CHATS or not stands(path):
                    continue
                try:
                    status = path.lstat()
                except OSError:
                    continue
                # The newer file was made from the older one, which sorts first.
                found[folder, path.stem] = Transcript(
                    path, status.st_size, status.st_mtime, shown(path, environment), opened
                )
        return Located(tuple(found.values()))

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        chat = chat_log.session(transcript, faults, tick)
        session = string(chat, "sessionId") or transcript.path.stem
        requests = items(chat, "requests")
        folder = transcript.path.parents[1] / "chatEditingSessions" / transcript.path.stem
        editing = Editing.of(folder if transcript.blobs is None else None, requests, faults, tick)
        for number, request in enumerate(requests):
            tick(0)
            if not _is_copilots(mapping(request)):
                continue
            turn = _turn(number, mapping(request), session, transcript)
            yield from _asked(mapping(request), turn)
            for part in items(request, "response"):
                yield from self._part(mapping(part), turn, editing)
            while turn.calls:
                yield from _result(turn, turn.calls.popleft())

    def _part(self, part: Mapping[str, Any], turn: _Turn, editing: Editing) -> Iterator[Event]:
        kind = string(part, "kind")
        if kind == "toolInvocationSerialized":
            yield from _command(part, turn)
            call = _call_of(part, turn)
            if call is not None:
                yield from _result(turn, call)
        elif kind == "textEditGroup":
            yield from _group(part, turn, editing)
        elif odd.carries(part):
            yield Odd(turn.locator)


def _chat_folders(environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for user in user_folders(environment):
        for workspace in editors.workspaces(user):
            yield workspace.path / "chatSessions", workspace.folder
        yield user / "globalStorage" / "emptyWindowChatSessions", ""


def _is_copilots(request: Mapping[str, Any]) -> bool:
    """Whether Copilot answered; other extensions have agents in the same chats."""
    extension = string(mapping(request, "agent", "extensionId"), "value", "_lower").lower()
    return not extension or extension.startswith("github.copilot")


def _turn(number: int, request: Mapping[str, Any], session: str, transcript: Transcript) -> _Turn:
    metadata = mapping(request, "result", "metadata")
    calls = [
        (
            string(call, "id"),
            string(call, "name"),
            mapping(json_value(string(call, "arguments") or "{}", Faults(""))),
        )
        for round_ in items(metadata, "toolCallRounds")
        for call in items(round_, "toolCalls")
    ]
    name = string(request, "requestId")
    return _Turn(
        number,
        name,
        session,
        _model(request, metadata),
        _ended(request),
        transcript.folder,
        Locator(transcript.shown, record=name),
        deque(calls),
        mapping(metadata, "toolCallResults"),
    )


def _model(request: Mapping[str, Any], metadata: Mapping[str, Any]) -> str | None:
    """The model that answered: where the person left the choice to Copilot, the answer's footer names it."""
    name = string(metadata, "resolvedModel") or string(request, "modelId").removeprefix("copilot/")
    if name in {"", "auto"}:
        name = string(mapping(request, "result"), "details").partition("•")[0].strip()
    return name or None


def _ended(request: Mapping[str, Any]) -> datetime | None:
    done = when(mapping(request, "modelState").get("completedAt"))
    begun = when(request.get("timestamp"))
    took = mapping(request, "result", "timings").get("totalElapsed")
    if done is None and begun is not None and isinstance(took, int) and 0 <= took < 86_400_000:
        done = begun + timedelta(milliseconds=took)
    return done or begun


def _asked(request: Mapping[str, Any], turn: _Turn) -> Iterator[Read]:
    """What a person typed and attached."""
    texts = [string(mapping(request, "message"), "text")]
    texts += (string(part, "text") for part in items(request, "result", "metadata", "renderedUserMessage"))
    for text in texts:
        if text:
            yield Read(as_shown(text), cwd=turn.folder, time=turn.time, session=turn.session)


def _call_of(part: Mapping[str, Any], turn: _Turn) -> tuple[str, str, Mapping[str, Any]] | None:
    """The call that a part shows: by its id, else the next one, as older versions give them other ids."""
    wanted = string(part, "toolCallId")
    found = next((call for call in turn.calls if wanted and call[0].startswith(wanted)), None)
    if found is None:
        return turn.calls.popleft() if turn.calls else None
    turn.calls.remove(found)
    return found


def _result(turn: _Turn, call: tuple[str, str, Mapping[str, Any]]) -> Iterator[Event]:
    """What a call showed, and what it replaced."""
    name_, tool, asked = call
    for edit in items(asked, "replacements") or (asked,):
        old = string(edit, "oldString")
        if old:
            path = string(edit, "filePath") or string(asked, "filePath") or None
            yield Read(lines(old), path, turn.folder, turn.time, sent=False)
    if tool in _EDITS:
        return
    if tool in _TOLD:
        rows = heard(_rendered(turn.results.get(name_)), asked)
        yield Read(rows, None, turn.folder, turn.time, turn.session, replace(turn.locator, record=name_))
        return
    if odd.unknown(tool, asked):
        yield Odd(replace(turn.locator, record=name_))
    text = _rendered(turn.results.get(name_))
    if text:
        path = string(asked, "filePath", "path") or None
        yield Read(
            as_shown(text), path, turn.folder, turn.time, turn.session, replace(turn.locator, record=name_)
        )


def _rendered(result: object) -> str:
    """The text of a result: strings, or a tree of nodes of which the leaves have text."""
    out: list[str] = []
    left = [mapping(part).get("value") for part in items(result, "content")]
    left.reverse()
    while left and len(out) < MAX_LEAVES:
        value = left.pop()
        if isinstance(value, str):
            out.append(value)
        elif isinstance(value, Mapping):
            inner = mapping(value, "node") or value
            text = inner.get("text")
            if isinstance(text, str):
                out.append("\n" + text if inner.get("lineBreakBefore") else text)
            children = inner.get("children")
            left.extend(reversed(children) if isinstance(children, list) else ())
    return "".join(out)


def _command(part: Mapping[str, Any], turn: _Turn) -> Iterator[Event]:
    """What a terminal command wrote, unless it was refused, failed, or rewritten by the person."""
    data = mapping(part, "toolSpecificData")
    line = mapping(data, "commandLine")
    if string(data, "kind") != "terminal" or string(line, "userEdited") or _refused(part):
        return
    code = mapping(data, "terminalCommandState").get("exitCode")
    if code not in (0, None):
        return
    command = string(line, "toolEdited", "original") or string(data, "command")
    cwd = path_of(mapping(data, "cwd")) or editors.local_path(string(data, "cwd")) or turn.folder
    record = string(part, "toolCallId") or turn.name
    for made in patches.of_command(command, cwd):
        if made.removed:
            yield Read(made.removed, sent=False)
        if made.blocks:
            outcome = Outcome.DONE if code == 0 else Outcome.UNKNOWN
            yield _written(turn, made.path, made.blocks, outcome, made.cwd, record)


def _refused(part: Mapping[str, Any]) -> bool:
    confirmed = part.get("isConfirmed")
    kind = mapping(confirmed).get("type")
    return confirmed is False or kind in (0, 5) or part.get("isComplete") is False


def _group(part: Mapping[str, Any], turn: _Turn, editing: Editing) -> Iterator[Event]:
    """Edits of one file, by their effect where the timeline has it."""
    path = path_of(mapping(part, "uri"))
    edits = [
        edit for batch in items(part, "edits") for edit in (batch if isinstance(batch, list) else [batch])
    ]
    if not path or not all(isinstance(mapping(edit).get("text"), str) for edit in edits):
        yield Odd(turn.locator)
        return
    outcome = editing.outcome(turn.number, path)
    if outcome is None:
        return
    recorded = string(mapping(part, "uri"), "fsPath", "path")
    if editing.recorded(turn.name, path):
        if path not in turn.told:
            turn.told.add(path)
            for before, blocks in editing.insertions(turn.name, path):
                yield Read(before, recorded, turn.folder, sent=False)
                if blocks:
                    yield _written(turn, recorded, blocks, outcome)
        return
    if part.get("done") is not True:
        outcome = Outcome.UNKNOWN
    blocks = tuple(block for edit in edits for block in between((), lines(string(edit, "text"))))
    if blocks:
        yield _written(turn, recorded, blocks, outcome)


def _written(
    turn: _Turn, path: str, blocks: tuple[Block, ...], outcome: Outcome, cwd: str = "", record: str = ""
) -> Written:
    return Written(
        blocks,
        path,
        cwd or turn.folder,
        CopilotChat.tool,
        turn.model,
        turn.session,
        turn.time,
        replace(turn.locator, record=record or turn.name),
        outcome=outcome,
    )
