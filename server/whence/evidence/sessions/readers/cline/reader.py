"""Read what Cline wrote, in both of its generations: tasks (`tasks`) until version 3, sessions since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from whence.evidence.sessions.edits.search_replace import CLINE
from whence.evidence.sessions.interface import Event, Faults, Located, Places, Tick, Transcript
from whence.evidence.sessions.paths import nearness
from whence.evidence.sessions.readers.cline import sessions
from whence.evidence.sessions.readers.tasks.format import TaskFormat
from whence.evidence.sessions.stores.folders import home

_TASKS = TaskFormat("cline", "Cline", CLINE, ("saoudrizwan.claude-dev", "saoudrizwan.cline-nightly"))


class Cline:
    """Cline: an extension of editors and a command line; anyone's model runs in it."""

    tool = _TASKS.tool
    source = "cline-session"

    def locate(self, places: Places) -> Located:
        data = _data_folders(places)
        tasks = _TASKS.locate(places, data)
        named = [Path(value) for value in (places.environment.get("CLINE_SESSION_DATA_DIR", ""),) if value]
        folders = [
            *(folder for folder in named if folder.is_absolute()),
            *(folder / "sessions" for folder in data),
        ]
        newer = sessions.locate(places, folders)
        return Located((*tasks.transcripts, *newer.transcripts), (*tasks.problems, *newer.problems))

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        if transcript.path.name.endswith(sessions.ENDING):
            return sessions.read(self.tool, transcript, faults, tick)
        return _TASKS.read(transcript, faults, tick)


def _data_folders(places: Places) -> tuple[Path, ...]:
    environment = places.environment
    base = home(environment)
    found = [
        Path(environment.get("CLINE_DATA_DIR") or "."),
        Path(environment.get("CLINE_DIR") or ".") / "data",
    ]
    if base is not None:
        found.append(base / ".cline" / "data")
    return tuple(dict.fromkeys(folder for folder in found if folder.is_absolute()))
