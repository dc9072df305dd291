"""Read Cursor's agent transcripts: `<root>/projects/<folder>/agent-transcripts/<id>/<id>.jsonl`, older ones flat.

A line is a message of a person or of the agent, and the agent's calls stand in it without ids, times or results: nobody
can tell whether a call succeeded or was refused. So their outcome is unknown, and they are read only where neither the
editor's database nor the command line's store has the same conversation. What a file held before it was written whole
is not told either: only a file that the session had not read is taken for a new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from whence.evidence.sessions.edits import odd
from whence.evidence.sessions.edits.contents import Contents
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
from whence.evidence.sessions.paths import absolute
from whence.evidence.sessions.readers.cursor import calls
from whence.evidence.sessions.readers.cursor.calls import EDITS, Texts
from whence.evidence.sessions.readers.cursor.command_line import roots
from whence.evidence.sessions.readers.cursor.places import DATA
from whence.evidence.sessions.stores.files import Record, find, records, stands
from whence.evidence.sessions.stores.folders import user_folders
from whence.evidence.sessions.stores.sqlite import Database
from whence.evidence.sessions.stores.values import content_text, items, mapping, string, when
from whence.matching.passages import Block
from whence.quick import dataclass

_WORTH = (b'"tool_use"', b'"user"')


@dataclass(slots=True)
class _State:
    transcript: Transcript
    time: datetime | None
    """When the file was written last: nothing in it has a time, and nothing may seem older than it is."""
    met: set[str] = field(default_factory=set)
    """Files that were read or written in part."""
    contents: Contents = field(default_factory=Contents)


class CursorTranscripts:
    """Cursor, by its agent's transcripts."""

    tool = "cursor"
    source = "cursor-transcript"

    def locate(self, places: Places) -> Located:
        environment = places.environment
        folders = [root / "projects" for root in roots(environment)]
        located = find(folders, environment, lambda name: name.endswith(".jsonl"), "Cursor")
        found = [one for one in located.transcripts if "agent-transcripts" in one.path.parts]
        names = {one.path.stem for one in found}
        elsewhere = _in_databases(names, environment) | _in_stores(names, environment)
        kept = tuple(one for one in found if one.path.stem not in elsewhere)
        return Located(kept, located.problems)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        parts = PurePosixPath(transcript.path.as_posix()).parts
        if "projects" not in parts[:-1]:
            return 1
        name = _slug(parts[parts.index("projects") + 1])
        slugs = [_slug(folder) for folder in folders]
        if any(name == slug or name.startswith(slug + "-") for slug in slugs):
            return 0
        return 1 if any(slug.startswith(name + "-") for slug in slugs) else 2

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        state = _State(transcript, when(transcript.changed))
        for record in records(transcript, faults, tick, lambda data: any(word in data for word in _WORTH)):
            message = record.value.get("message")
            if string(record.value, "role") == "user":
                text = content_text(mapping(message).get("content"))
                if text:
                    yield Read(as_shown(text), time=state.time, session=transcript.path.stem)
                continue
            for part in items(message, "content"):
                if string(part, "type") == "tool_use":
                    yield from _call(mapping(part), record, state)
                elif odd.call(mapping(part)):
                    yield Odd(Locator(state.transcript.shown, record.offset, record.line))


def _slug(path: str) -> str:
    """A folder's name under `projects`, so that all that versions do differently with hyphens is the same."""
    return re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-").lower()


def _in_databases(names: set[str], environment: Mapping[str, str]) -> set[str]:
    """The conversations that an editor's database has in full."""
    found: set[str] = set()
    for user in user_folders(environment) if names else ():
        path = user / "globalStorage" / "state.vscdb"
        if not stands(path):
            continue
        with Database(path, Faults("")) as database:
            if not database.has("cursorDiskKV", "key", "value"):
                continue
            found |= {name for name in names if database.value(DATA, f"composerData:{name}")}
    return found


def _in_stores(names: set[str], environment: Mapping[str, str]) -> set[str]:
    """The sessions that the command line's own store has."""
    found: set[str] = set()
    for root in roots(environment) if names else ():
        try:
            found |= {path.parent.name for path in (root / "chats").glob("*/*/store.db")}
        except OSError:
            continue
    return names & found


def _call(part: Mapping[str, Any], record: Record, state: _State) -> Iterator[Event]:
    tool, asked = string(part, "name").lower(), mapping(part, "input")
    path = calls.path_of(asked, {})
    place = absolute(path, "") if path else ""
    locator = Locator(state.transcript.shown, record.offset, record.line, string(part, "id"))
    if tool in EDITS and not calls.understood(asked, asked, {}, Texts(), ""):
        yield Odd(locator)
    elif tool in EDITS:
        for edit in calls.edits(asked, asked, {}, Texts(), "", "", state.contents, state.met):
            state.met.add(absolute(edit.path, ""))
            if edit.before:
                yield Read(edit.before, edit.path, sent=False)
            if edit.blocks:
                yield _written(edit.path, edit.blocks, locator, state)
    elif place:
        if odd.unknown(tool, asked):
            yield Odd(locator)
        state.met.add(place)


def _written(path: str, blocks: tuple[Block, ...], locator: Locator, state: _State) -> Written:
    session = state.transcript.path.stem
    return Written(
        blocks, path, "", CursorTranscripts.tool, None, session, state.time, locator, outcome=Outcome.UNKNOWN
    )
