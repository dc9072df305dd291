"""Where a task's files are, and what the ones beside its API history tell: times, models, which files were new.

    <storage>/tasks/<id>/api_conversation_history.json    the messages
    <storage>/tasks/<id>/ui_messages.json                 what the person saw: `{"ts", "type", "say"|"ask", "text"}`
    <storage>/tasks/<id>/task_metadata.json               Cline: `model_usage[]{"ts", "model_id"}`
    <storage>/tasks/<id>/history_item.json                Roo's family: `{"workspace"}`
    <storage>/state/taskHistory.json                      Cline: `[{"id", "cwdOnTaskInitialization"}]`

Each is one JSON document that is written anew as a whole.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path

from whence.evidence.sessions.interface import Faults, Located, Places, Tick, Transcript
from whence.evidence.sessions.paths import posix
from whence.evidence.sessions.readers.tasks.calls import folder_in
from whence.evidence.sessions.stores import editors
from whence.evidence.sessions.stores.elements import elements
from whence.evidence.sessions.stores.files import document, find, small_text
from whence.evidence.sessions.stores.folders import user_folders
from whence.evidence.sessions.stores.streams import UNREAD, opened
from whence.evidence.sessions.stores.values import items, mapping, string
from whence.matching.passages import file_name
from whence.quick import dataclass

HISTORY = "api_conversation_history.json"
SEEN = "ui_messages.json"
_OLD_SEEN = "claude_messages.json"
_PEEK = 512 * 1024
"""Bytes in which the session's folder is looked for; the first message ends with it."""

_SHOWN_EDITS = frozenset(
    {"newFileCreated", "editedExistingFile", "appliedDiff", "insertContent", "searchAndReplace"}
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One edit as the person saw it."""

    time: float
    """Milliseconds since 1970."""
    new: bool
    """The file did not exist."""
    diff: str
    """A patch against what was there, in some versions."""


@dataclass(slots=True)
class Companions:
    """What stands beside the API history."""

    edits: dict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    """By the file's name, in order."""
    models: list[tuple[float, str]] = field(default_factory=list)
    """(milliseconds since 1970, model), in order."""
    cwd: str = ""

    def edit(self, path: str) -> Seen | None:
        """The next edit of a file of this name."""
        waiting = self.edits.get(file_name(path))
        return waiting.pop(0) if waiting else None

    def model(self, time: float | None) -> str | None:
        """The model in use then; the only one where there was one."""
        before = [name for moment, name in self.models if time is None or moment <= time]
        if time is None:
            return before[0] if len(set(before)) == 1 else None
        return before[-1] if before else None


def located(
    places: Places, extensions: Sequence[str], folders: Sequence[Path], setting: str, tool: str
) -> Located:
    """Every task of an extension in every editor, in further folders, and where a setting of the editor says."""
    environment = places.environment
    roots = [*editors.extension_folders(environment, *extensions), *folders]
    if setting:
        named = (editors.setting(user, setting) for user in user_folders(environment))
        roots += [Path(value) for value in named if value and Path(value).is_absolute()]
    found = find(
        [root / "tasks" for root in dict.fromkeys(roots)], environment, lambda name: name == HISTORY, tool
    )
    histories = {root: _started(root) for root in {item.path.parents[2] for item in found.transcripts}}
    return Located(
        tuple(_with_folder(item, histories[item.path.parents[2]]) for item in found.transcripts),
        found.problems,
    )


def _started(root: Path) -> dict[str, str]:
    """The folders in which tasks began, as the list of all tasks has them."""
    try:
        value = json.loads(small_text(root / "state" / "taskHistory.json") or "[]")
    except (ValueError, RecursionError):
        return {}
    return {
        string(item, "id"): string(item, "cwdOnTaskInitialization", "workspace")
        for item in (value if isinstance(value, list) else ())
    }


def _with_folder(item: Transcript, started: Mapping[str, str]) -> Transcript:
    folder = started.get(item.path.parent.name, "") or _workspace(item.path.parent) or _peeked(item.path)
    return Transcript(item.path, item.size, item.changed, item.shown, posix(folder))


def _workspace(task: Path) -> str:
    try:
        return string(json.loads(small_text(task / "history_item.json") or "{}"), "workspace")
    except (ValueError, RecursionError):
        return ""


def _peeked(path: Path) -> str:
    try:
        with opened(path) as stream:
            return folder_in(stream.read(_PEEK).decode("utf-8", "replace"))
    except UNREAD:
        return ""


def companions(transcript: Transcript, faults: Faults, tick: Tick) -> Companions:
    """What stands beside a task's API history; nothing where the history stands alone (in a repository, say)."""
    found = Companions(cwd=transcript.folder)
    task = transcript.path.parent
    for name in (SEEN, _OLD_SEEN):
        if (task / name).is_file():
            for _, message in elements(task / name, faults, tick):
                _note_seen(message, found)
            break
    if (task / "task_metadata.json").is_file():
        metadata = document(task / "task_metadata.json", faults, tick)
        for entry in items(metadata, "model_usage"):
            time, model = mapping(entry).get("ts"), string(entry, "model_id")
            if isinstance(time, int | float) and model:
                found.models.append((float(time), model))
        found.models.sort()
    return found


def _note_seen(message: object, found: Companions) -> None:
    kind = mapping(message).get("type")
    if string(message, str(kind) if kind in ("say", "ask") else "say") != "tool":
        return
    time = mapping(message).get("ts")
    text = string(message, "text")
    if (
        not isinstance(time, int | float)
        or not text.startswith("{")
        or mapping(message).get("partial") is True
    ):
        return
    try:
        tool = json.loads(text)
    except (ValueError, RecursionError):
        return
    name = string(tool, "tool")
    if name not in _SHOWN_EDITS:
        return
    batch = items(tool, "batchDiffs")
    for one in batch or (tool,):
        path = string(one, "path")
        diff = string(one, "diff")
        seen = Seen(float(time), name == "newFileCreated", diff if "\n@@ " in f"\n{diff}" else "")
        found.edits[file_name(path)].append(seen)
