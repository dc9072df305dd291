"""Read what Kilo Code wrote, in both of its generations.

The extension until version 4 and the command line until version 1 keep tasks, in the format that they took over from Roo
Code (`tasks`); what came later is made from opencode and keeps sessions as that does, in `kilo.db`.
"""

from __future__ import annotations

from collections.abc import Iterator

from whence.evidence.sessions.edits.search_replace import ROO
from whence.evidence.sessions.interface import Event, Faults, Located, Places, Tick, Transcript
from whence.evidence.sessions.paths import nearness
from whence.evidence.sessions.readers.opencode.reader import OpenCode
from whence.evidence.sessions.readers.tasks.files import HISTORY
from whence.evidence.sessions.readers.tasks.format import TaskFormat
from whence.evidence.sessions.stores.folders import home

_TASKS = TaskFormat("kilo", "Kilo Code", ROO, ("kilocode.kilo-code",), "kilo-code.customStoragePath")


class _Sessions(OpenCode):
    tool = _TASKS.tool
    folder = "kilo"


class KiloCode:
    """Kilo Code: an extension of editors and a command line; anyone's model runs in it."""

    tool = _TASKS.tool
    source = "kilo-session"

    def locate(self, places: Places) -> Located:
        base = home(places.environment)
        tasks = _TASKS.locate(places, () if base is None else (base / ".kilocode" / "cli" / "global",))
        sessions = _Sessions().locate(places)
        return Located((*tasks.transcripts, *sessions.transcripts), (*tasks.problems, *sessions.problems))

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        if transcript.path.name == HISTORY:
            return _TASKS.read(transcript, faults, tick)
        return _Sessions().read(transcript, faults, tick)
