"""What the real tools were told to write when their transcripts under `tests/fixtures/sessions` were made.

`tests/fixtures/sessions/generator/scenario.py` is the other half: the project, and the calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Event, Faults, Places, Reader, Transcript, Written
from whence.evidence.sessions.paths import absolute
from whence.evidence.sessions.resuming import LineReader, Progress, steps

FIXTURES = Path(__file__).parents[1] / "fixtures" / "sessions"
PROJECT = "/tmp/whence-fixture/project"

EDITED = [
    "    usable = [level for level in readings if level is not None]",
    "    return sum(usable) / max(len(usable), 1)",
]
CREATED = [
    "def forecast_levels(constituents, moments):",
    "    waves = [(wave.amplitude, wave.speed, wave.phase) for wave in constituents]",
    "    return [sum(size * turn(speed * at + phase) for size, speed, phase in waves) for at in moments]",
]
WINDOWS = ["level_unit = metres_above_chart_datum"]
UNICODE = ["# Prévision des marées: 潮汐予報 🌊", 'décalage_horaire = {"été": 2, "hiver": 1}']
BY_SHELL = ["#!/bin/sh", "tar -czf tide-archive.tar.gz readings --exclude-vcs"]
REWRITTEN = ["def neap_tides(calendar):", "    return quarter_moon_days(calendar, tolerance=1)"]
RESUMED = ['    return [day.date() for day in sorted(calendar) if day.moon_phase in ("new", "full")]']
BY_PROGRAM = ["harbour;depth_in_metres", "Old Quay;4.25"]
MOVED = ["level_unit = centimetres_above_chart_datum"]
ADDED = ["The station's settings live here since the move."]
BY_AGENT = ["harbours_in_order_of_depth = ['Port Amber', 'Old Quay', 'Sandmouth']"]

WROTE = {
    "tide_notes.py": EDITED + REWRITTEN + RESUMED,
    "harbour/forecast.py": CREATED,
    "legacy.ini": WINDOWS,
    "données/prévision.py": UNICODE,
    "scripts/backup.sh": BY_SHELL,
    "harbour/list.py": BY_AGENT,
}
"""What every tool wrote that can make all of these calls, by file."""

NEVER = ("never_written_because_it_failed", "this_line_went_nowhere_at_all", "refused_by_the_person")
"""Words of calls that failed or were refused."""

THEIRS = ("return sum(readings) / len(readings)", "station = harbour", "def spring_tides(calendar):")
"""What a person had committed before."""


def located(reader: Reader, home: Path, **environment: str) -> tuple[Transcript, ...]:
    """The transcripts that the reader finds in a home folder, the oldest first; there is no problem."""
    found = reader.locate(Places({"HOME": str(home), **environment}))
    assert not found.problems
    return tuple(sorted(found.transcripts, key=lambda transcript: transcript.changed))


def events(reader: Reader, transcript: Transcript) -> list[Event]:
    """Everything that a transcript tells; there is no fault."""
    faults = Faults(transcript.shown)
    found = list(reader.read(transcript, faults, lambda _: None))
    assert faults.count == 0, faults.first
    return found


def since(
    reader: LineReader[Any], transcript: Transcript, progress: Progress[Any], faults: Faults | None = None
) -> list[Event]:
    """What a transcript tells in the whole lines that came since; `progress` moves along."""
    told = steps(reader, transcript, progress, faults or Faults(transcript.shown), lambda _: None)
    return [event for events in told for event in events]


def lines_by_path(items: Iterable[Written]) -> list[tuple[str, list[str]]]:
    """What each write inserted, without blank lines."""
    return [(item.path, [line for line in item.lines if line.strip()]) for item in items]


def written(reader: Reader, transcripts: Iterable[Transcript]) -> list[Written]:
    """What the tool wrote itself in these sessions, each call once."""
    out: dict[tuple[str, str, int], Written] = {}
    for transcript in transcripts:
        for item in own(events(reader, transcript), Faults("")):
            out.setdefault((item.locator.record, item.path, hash(item.blocks)), item)
    return list(out.values())


def by_file(items: Iterable[Written]) -> dict[str, list[str]]:
    """The written lines by file, relative to the project."""
    out: dict[str, list[str]] = {}
    for item in items:
        name = absolute(item.path, item.cwd).removeprefix(PROJECT + "/")
        out.setdefault(name, []).extend(line for line in item.lines if line.strip())
    return out


def check_lines(found: dict[str, list[str]]) -> None:
    """Nothing that failed, was refused or was a person's is among what was written."""
    everything = "\n".join(line for lines in found.values() for line in lines)
    assert not [word for word in (*NEVER, *THEIRS) if word in everything]
