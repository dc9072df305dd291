"""Read Kilo Code's tasks, in the format that it took over from Roo Code (`tasks.py`).

The extension until version 4 and the command line until version 1 keep tasks; what came later is made from opencode.
"""

from __future__ import annotations

from collections.abc import Iterator

from whence.evidence.sessions.files import home
from whence.evidence.sessions.interface import Event, Faults, Located, Places, Tick, Transcript
from whence.evidence.sessions.paths import nearness
from whence.evidence.sessions.search_replace import ROO
from whence.evidence.sessions.tasks import TaskFormat

_TASKS = TaskFormat("kilo", "Kilo Code", ROO, ("kilocode.kilo-code",), "kilo-code.customStoragePath")


class KiloCode:
    """Kilo Code: an extension of editors and a command line; anyone's model runs in it."""

    tool = _TASKS.tool
    source = "kilo-task"

    def locate(self, places: Places) -> Located:
        base = home(places.environment)
        return _TASKS.locate(places, () if base is None else (base / ".kilocode" / "cli" / "global",))

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        return _TASKS.read(transcript, faults, tick)
