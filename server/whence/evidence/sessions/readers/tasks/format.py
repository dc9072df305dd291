"""Read tasks in the format of Cline, which Roo Code and Kilo Code took over: one folder for each task.

What differs between the tools is a value: names of extensions and settings, and the marks of edit blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from whence.evidence.sessions.edits.search_replace import Marks
from whence.evidence.sessions.interface import Event, Faults, Located, Locator, Places, Tick, Transcript
from whence.evidence.sessions.paths import posix
from whence.evidence.sessions.readers.tasks import edits, files
from whence.evidence.sessions.readers.tasks.calls import WRITING, Call, Changed, Conversation, Words
from whence.evidence.sessions.readers.tasks.edits import Task
from whence.evidence.sessions.stores.elements import elements
from whence.evidence.sessions.stores.values import mapping, when
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class TaskFormat:
    """One tool's tasks."""

    tool: str
    name: str
    """For people."""
    marks: Marks
    extensions: tuple[str, ...]
    """`publisher.name` of the editor's extension."""
    setting: str = ""
    """The editor's setting that names another folder."""

    def locate(self, places: Places, folders: Sequence[Path] = ()) -> Located:
        return files.located(places, self.extensions, folders, self.setting, self.name)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        beside = files.companions(transcript, faults, tick)
        session = transcript.path.parent.name
        task = Task(self.tool, self.marks, session, cwd=beside.cwd)
        conversation = Conversation(cwd=beside.cwd)
        started = when(int(session)) if session.isdigit() and len(session) == 13 else None
        last = started
        for number, (offset, message) in enumerate(elements(transcript, faults, tick)):
            said = when(mapping(message).get("ts"))
            last = said or last
            for part in conversation.take(message):
                task.cwd = posix(conversation.cwd)
                task.locator = Locator(transcript.shown, offset, 0, f"{session}:{number}")
                task.time = last
                if isinstance(part, Changed):
                    for path in part.paths:
                        task.contents.forget(task.path(path))
                elif isinstance(part, Words):
                    yield from edits.words(task, part)
                else:
                    yield from self._call(part, task, beside, said is None)

    def _call(self, call: Call, task: Task, beside: files.Companions, timeless: bool) -> Iterator[Event]:
        if call.record:
            task.locator = replace(task.locator, record=call.record)
        seen = None
        if call.name in WRITING and (edits.happened(call.result) or edits.refused(call.result)):
            seen = beside.edit(edits.path_of(call))
            if seen is not None and timeless:
                task.time = when(seen.time) or task.time
        if call.model is None:
            call = replace(call, model=beside.model(task.time.timestamp() * 1000 if task.time else None))
        yield from edits.events(task, call, seen)
