"""What became of the edits of a chat in VS Code: kept, undone, rejected, or still to be decided. Pure, but for `of`.

    <workspace storage>/chatEditingSessions/<session>/state.json     `timeline`: what files held before each request,
                                                                      and every edit with the epoch in which it was made;
                                                                      edits from `currentEpoch` on are undone
                                                                      `recentSnapshot`: a state for each file

A request also tells what the person did with files since the one before it (`editedFileEvents`), and whether it is
itself undone (`shouldBeRemovedOnSend`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits.inserted import between
from whence.evidence.sessions.interface import Faults, Outcome, Tick
from whence.evidence.sessions.paths import posix
from whence.evidence.sessions.readers.copilot.chat_log import MAX_SESSION, edited
from whence.evidence.sessions.stores.editors import local_path
from whence.evidence.sessions.stores.files import document
from whence.evidence.sessions.stores.values import items, lines, mapping, string
from whence.matching.passages import Block
from whence.quick import dataclass


class _State(IntEnum):
    """Of a file in the snapshot."""

    PENDING = 0
    """On disk, and the person may still undo it."""
    ACCEPTED = 1
    REJECTED = 2


class _Event(IntEnum):
    """What the person did with a file."""

    KEEP = 1
    UNDO = 2


@dataclass(frozen=True, slots=True)
class Editing:
    """One session's edits."""

    requests: Sequence[Any]
    timeline: Mapping[str, Any]
    states: Mapping[str, object]
    """By path."""

    @staticmethod
    def of(folder: Path | None, requests: Sequence[Any], faults: Faults, tick: Tick) -> Editing:
        """What is kept in the session's folder; where there is none, what the requests tell."""
        state: object = None
        if folder is not None and (folder / "state.json").is_file():
            state = document(folder / "state.json", faults, tick, MAX_SESSION)
        states = {
            local_path(string(entry, "resource")): mapping(entry).get("state")
            for entry in items(state, "recentSnapshot", "entries")
        }
        return Editing(requests, mapping(state, "timeline"), states)

    def outcome(self, number: int, path: str) -> Outcome | None:
        """What became of a request's edits of a file; None where they are gone."""
        if mapping(self.requests[number]).get("shouldBeRemovedOnSend"):
            return None
        for request in self.requests[number + 1 :]:
            for event in items(request, "editedFileEvents"):
                kind = mapping(event).get("eventKind")
                if kind in (_Event.KEEP, _Event.UNDO) and path_of(mapping(event, "uri")) == path:
                    return Outcome.DONE if kind == _Event.KEEP else None
        state = self.states.get(path)
        if state == _State.REJECTED:
            return None
        return Outcome.DONE if state in (_State.PENDING, _State.ACCEPTED) else Outcome.UNKNOWN

    def recorded(self, request: str, path: str) -> bool:
        """Whether the timeline knows of edits that a request made in a file."""
        return any(True for _ in self._operations(request, path))

    def insertions(self, request: str, path: str) -> Iterator[tuple[tuple[str, ...], tuple[Block, ...]]]:
        """(lines before, inserted blocks) of each edit that a request made in a file and that is not undone."""
        text = next(
            (
                string(baseline, "content")
                for _, baseline in map(_pair, items(self.timeline, "fileBaselines"))
                if string(baseline, "requestId") == request and path_of(mapping(baseline, "uri")) == path
            ),
            None,
        )
        limit = self.timeline.get("currentEpoch")
        for operation in self._operations(request, path):
            epoch = operation.get("epoch")
            if isinstance(limit, int) and isinstance(epoch, int) and epoch >= limit:
                return
            kind = string(operation, "type")
            if kind == "create":
                before, text = "", string(operation, "initialContent")
            elif kind == "textEdit" and text is not None:
                before, text = text, edited(text, items(operation, "edits"))
            else:
                continue
            if text is None:
                return
            yield lines(before), between(lines(before), lines(text))

    def _operations(self, request: str, path: str) -> Iterator[Mapping[str, Any]]:
        for operation in map(mapping, items(self.timeline, "operations")):
            if string(operation, "requestId") == request and path_of(mapping(operation, "uri")) == path:
                yield operation


def path_of(uri: Mapping[str, Any]) -> str:
    """The path of a URI as VS Code serialises it, in the form of `paths.posix`."""
    return posix(string(uri, "fsPath")) or local_path(string(uri, "external")) or posix(string(uri, "path"))


def _pair(value: object) -> tuple[object, object]:
    return (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else (None, None)
