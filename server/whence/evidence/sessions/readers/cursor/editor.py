"""Read the conversations of Cursor's editor, while it runs, from its one large database.

    cursorDiskKV   composerData:<conversation>           the order of its messages (`fullConversationHeadersOnly`), or in
                                                         older versions the messages themselves (`conversation`)
                   bubbleId:<conversation>:<message>     a message; `toolFormerData` is a call: `params`, `rawArgs` and
                                                         `result` are texts of JSON
                   composer.content.<sha-256>            a whole file, before or after an edit
                   ofsContent:<conversation>:<uri>       a whole file as it was when the conversation began

No one field tells that a call succeeded: `status` is "completed" for refused and failed commands too. Messages that a
person went back before are no longer in the order, so they are never met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from whence.evidence.sessions.edits import odd, patches
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.shown import as_shown, heard
from whence.evidence.sessions.edits.shown import texts as every_text
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
from whence.evidence.sessions.readers.cursor import calls
from whence.evidence.sessions.readers.cursor.calls import COMMANDS, EDITS, READS, TOLD, Texts
from whence.evidence.sessions.readers.cursor.places import DATA, about_composer, conversations, uri_path
from whence.evidence.sessions.stores import editors
from whence.evidence.sessions.stores.files import json_value
from whence.evidence.sessions.stores.folders import user_folders
from whence.evidence.sessions.stores.sqlite import Database
from whence.evidence.sessions.stores.values import items, lines, mapping, string, when
from whence.matching.passages import Block
from whence.quick import dataclass

_GONE = frozenset({"rejected", "error", "cancelled", "pending", "loading", "running", "skipped", "aborted"})
"""What `additionalData` says of calls that wrote nothing, though they are "completed"."""

_EMPTY = "composer.content.e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@dataclass(slots=True)
class _State:
    """One conversation."""

    transcript: Transcript
    database: Database
    composer: Mapping[str, Any]
    folder: str
    model: str | None
    time: datetime | None
    """When it was changed last: what is used where a message has no time, so that nothing seems older than it is."""
    contents: Contents = field(default_factory=Contents)
    met: set[str] = field(default_factory=set)
    """Files that the conversation has looked into."""


@dataclass(frozen=True, slots=True)
class _Call:
    asked: Mapping[str, Any]
    raw: Mapping[str, Any]
    result: Mapping[str, Any]
    more: Mapping[str, Any]
    """`additionalData`"""
    model: str | None
    time: datetime | None
    locator: Locator


class CursorIde:
    """Cursor, by the conversations of its editor."""

    tool = "cursor"
    source = "cursor-session"

    def locate(self, places: Places) -> Located:
        found: list[Transcript] = []
        problems: list[Any] = []
        for user in user_folders(places.environment):
            if not user.parent.name.startswith("Cursor") and "cursor" not in user.parent.parent.name:
                continue
            for profile in editors.profiles(user):
                located = conversations(profile, places.environment)
                found += located.transcripts
                problems += located.problems
        return Located(tuple(found), tuple(problems))

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        # Of a conversation whose folder is not known yet, the text itself must tell.
        return nearness(transcript.folder, folders) if transcript.folder else 1

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        with Database(transcript.path, faults, tick) as database:
            if not database.has("cursorDiskKV", "key", "value"):
                return
            composer = _object(database, f"composerData:{transcript.part}", faults)
            about = about_composer(composer, {})
            model = string(mapping(composer, "modelConfig"), "modelName") or None
            folder = about.folder or transcript.folder
            state = _State(transcript, database, composer, folder, model, when(about.changed))
            for bubble in _bubbles(state, faults):
                yield from _bubble(bubble, state)


def _bubbles(state: _State, faults: Faults) -> Iterator[Mapping[str, Any]]:
    """The messages in their order."""
    name = state.transcript.part
    listed = items(state.composer, "fullConversationHeadersOnly")
    for header in listed or items(state.composer, "conversation"):
        bubble = string(header, "bubbleId")
        value = _object(state.database, f"bubbleId:{name}:{bubble}", faults) if bubble else {}
        # In between, messages stood in the list, and what was new of them in rows of their own.
        yield value if listed else {**mapping(header), **value}


def _object(database: Database, key: str, faults: Faults) -> Mapping[str, Any]:
    text = database.value(DATA, key)
    return mapping(json_value(text, faults)) if text else {}


def _bubble(bubble: Mapping[str, Any], state: _State) -> Iterator[Event]:
    times = mapping(bubble, "timingInfo")
    time = (
        when(bubble.get("createdAt"))
        or when(times.get("clientEndTime"))
        or when(times.get("clientStartTime"))
        or state.time
    )
    if bubble.get("type") == 1:
        yield from _typed(bubble, time, state)
        return
    former = mapping(bubble, "toolFormerData")
    if former:
        model = string(mapping(bubble, "modelInfo"), "modelName") or state.model
        yield from _called(former, bubble, model, time, state)
    else:
        yield from _blocks(bubble, time, state)


def _typed(bubble: Mapping[str, Any], time: datetime | None, state: _State) -> Iterator[Read]:
    """A person's words, and the code that they attached."""
    texts = [string(bubble, "text")]
    texts += (string(part, "text", "rawText") for part in items(bubble, "context", "selections"))
    for chunk in items(bubble, "attachedCodeChunks"):
        texts.append("\n".join(line for line in items(chunk, "lines") if isinstance(line, str)))
    for text in texts:
        if text:
            yield Read(as_shown(text), cwd=state.folder, time=time, session=state.transcript.part)


def _called(
    former: Mapping[str, Any],
    bubble: Mapping[str, Any],
    model: str | None,
    time: datetime | None,
    state: _State,
) -> Iterator[Event]:
    name = string(former, "name").lower()
    more, result = mapping(former, "additionalData"), _json(former.get("result"))
    if _failed(former, more, result):
        rows = heard("", (_json(former.get("params")), _json(former.get("rawArgs"))), result)
        yield Read(rows, None, state.folder, time, state.transcript.part)
        return
    locator = Locator(
        state.transcript.shown, record=string(former, "toolCallId") or string(bubble, "bubbleId")
    )
    call = _Call(
        _json(former.get("params")), _json(former.get("rawArgs")), result, more, model, time, locator
    )
    if name in EDITS:
        yield from _edited(call, state)
        return
    if odd.unknown(name, call.raw) or odd.unknown(name, call.asked):
        yield Odd(locator)
    if name in COMMANDS:
        yield from _commanded(call, state)
    text = string(result, "contents", "output", "content") or "\n".join(every_text(result))
    path = calls.path_of(call.asked, call.raw)
    if path:
        state.met.add(absolute(path, state.folder))
    if name in TOLD:
        rows = heard(text, (call.asked, call.raw), result, more)
        yield Read(rows, None, state.folder, time, state.transcript.part, locator)
        return
    if not text:
        return
    if name in READS and path and _whole(call):
        state.contents.show(absolute(path, state.folder), lines(text))
    yield Read(as_shown(text), path or None, state.folder, time, state.transcript.part, locator)


def _failed(former: Mapping[str, Any], more: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    """Whether a call did nothing, or is not known to have done anything."""
    code = result.get("exitCodeV2", result.get("exitCode"))
    return bool(
        string(former, "status") != "completed"
        or string(former, "userDecision") == "rejected"
        or string(more, "status") in _GONE
        or result.get("rejected") is True
        or result.get("applyFailed") is True
        or (isinstance(code, int) and code != 0)
    )


def _whole(call: _Call) -> bool:
    """Whether all of a file was shown."""
    parts = {"offset", "limit", "start_line_one_indexed", "startLineOneIndexed", "endLineOneIndexedInclusive"}
    entire = call.raw.get("should_read_entire_file", True)
    return entire is not False and not parts & {
        key for key, value in (*call.raw.items(), *call.asked.items()) if value
    }


def _commanded(call: _Call, state: _State) -> Iterator[Event]:
    code = call.result.get("exitCodeV2", call.result.get("exitCode"))
    if "backgroundShellId" in call.result:
        return
    outcome = Outcome.DONE if code == 0 else Outcome.UNKNOWN
    base = joined(state.folder, string(call.asked, "cwd", "workingDirectory"))
    command = string(call.asked, "command") or string(call.raw, "command")
    for made in patches.of_command(command, base):
        if made.removed:
            yield Read(made.removed, sent=False)
        if made.blocks:
            yield _written(call, made.path, made.blocks, state, outcome, made.cwd)


def _edited(call: _Call, state: _State) -> Iterator[Event]:
    block = mapping(call.more, "codeblock")
    path = calls.path_of(call.asked, call.raw)
    fate = _fate(path, string(call.more, "codeblockId"), state)
    if fate == "rejected":
        return
    outcome = (
        Outcome.UNKNOWN if call.result.get("isApplied") is False and fate != "accepted" else Outcome.DONE
    )
    proposal = string(block, "content") or string(call.asked, "streamingContent")
    texts = _texts_of(call, path, state)
    if not calls.understood(call.asked, call.raw, call.result, texts, proposal):
        yield Odd(call.locator)
    for edit in calls.edits(
        call.asked,
        call.raw,
        call.result,
        texts,
        proposal,
        state.folder,
        state.contents,
        state.met,
    ):
        state.met.add(absolute(edit.path, state.folder))
        if edit.before:
            yield Read(edit.before, edit.path, state.folder, sent=False)
        if edit.blocks:
            yield _written(call, edit.path, edit.blocks, state, outcome)


def _texts_of(call: _Call, path: str, state: _State) -> Texts:
    """The whole texts before and after an edit."""
    before, after = _content(call.result, "before", state), _content(call.result, "after", state)
    if before is None and call.result.get("fileWasCreated") is True:
        before = ""
    if before is None and state.contents.text(absolute(path, state.folder)) is None:
        before = _original(path, state)
    return Texts(before, after)


def _content(result: Mapping[str, Any], which: str, state: _State) -> str | None:
    name = string(result, f"{which}ContentId")
    if name == _EMPTY:
        return ""
    if name.startswith("composer.content."):
        value = state.database.value(DATA, name)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    text = mapping(result).get("contentsBeforeEdit" if which == "before" else "contentsAfterEdit")
    return text if isinstance(text, str) else None


def _original(path: str, state: _State) -> str | None:
    """A file as it was when the conversation began."""
    place = absolute(path, state.folder)
    for uri, value in mapping(state.composer, "originalFileStates").items():
        if editors.local_path(str(uri)) == place:
            if mapping(value).get("isNewlyCreated") is True:
                return ""
            text = string(value, "content")
            kept = text or state.database.value(DATA, f"ofsContent:{state.transcript.part}:{uri}")
            return kept.decode("utf-8", "replace") if isinstance(kept, bytes) else kept
    return None


def _fate(path: str, block: str, state: _State) -> str:
    """What the person decided of a block of code: `accepted`, `rejected`, or what else is recorded."""
    place = absolute(path, state.folder)
    for uri, blocks in mapping(state.composer, "codeBlockData").items():
        if block and editors.local_path(str(uri)) == place:
            return string(mapping(blocks).get(block), "status")
    return ""


def _blocks(bubble: Mapping[str, Any], time: datetime | None, state: _State) -> Iterator[Event]:
    """Code in an answer that the person accepted into a file, before there were editing tools."""
    model = string(mapping(bubble, "modelInfo"), "modelName") or state.model
    for block in items(bubble, "codeBlocks"):
        path = uri_path(mapping(block, "uri"))
        name = string(block, "codeblockId", "codeBlockId")
        text = string(block, "content")
        if not path or not text or _fate(path, name, state) != "accepted":
            continue
        before = _original(path, state)
        if before is None:
            continue
        call = _Call({"path": path}, {}, {}, {}, model, time, Locator(state.transcript.shown, record=name))
        texts = Texts(before)
        for edit in calls.edits(call.asked, {}, {}, texts, text, state.folder, state.contents):
            yield Read(edit.before, edit.path, state.folder, sent=False)
            if edit.blocks:
                yield _written(call, edit.path, edit.blocks, state, Outcome.DONE)


def _json(value: object) -> Mapping[str, Any]:
    """An object that is kept as the text of one, or as it is."""
    if isinstance(value, str):
        return mapping(json_value(value, Faults(""))) if value.lstrip().startswith("{") else {}
    return mapping(value)


def _written(
    call: _Call, path: str, blocks: tuple[Block, ...], state: _State, outcome: Outcome, cwd: str = ""
) -> Written:
    return Written(
        blocks,
        path,
        cwd or state.folder,
        CursorIde.tool,
        call.model,
        state.transcript.part,
        call.time,
        call.locator,
        outcome=outcome,
    )
