"""Read Roo Code's tasks, in the format that it took over from Cline (`tasks`)."""

from __future__ import annotations

from collections.abc import Iterator

from whence.evidence.sessions.edits.search_replace import ROO
from whence.evidence.sessions.interface import Event, Faults, Located, Places, Tick, Transcript
from whence.evidence.sessions.paths import nearness
from whence.evidence.sessions.readers.tasks.format import TaskFormat

_TASKS = TaskFormat(
    "roo",
    "Roo Code",
    ROO,
    ("rooveterinaryinc.roo-cline", "rooveterinaryinc.roo-code-nightly"),
    "roo-cline.customStoragePath",
)


class RooCode:
    """Roo Code: an extension of editors; anyone's model runs in it."""

    tool = _TASKS.tool
    source = "roo-task"

    def locate(self, places: Places) -> Located:
        return _TASKS.locate(places)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return _TASKS.read(transcript, faults, tick)
