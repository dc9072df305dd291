"""Going on with a transcript that a tool is still writing: the same events as one reading of the whole."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

from support import scenario
from support.aider import Aider, block
from support.transcripts import Claude, Codex
from support.windsurf import Windsurf
from whence.evidence.sessions import resuming
from whence.evidence.sessions.interface import Event, Faults, Transcript
from whence.evidence.sessions.readers.aider import Aider as AiderReader
from whence.evidence.sessions.readers.claude_code import ClaudeCode
from whence.evidence.sessions.readers.codex import Codex as CodexReader
from whence.evidence.sessions.readers.windsurf import Windsurf as WindsurfReader

OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"


def claude(folder: Path) -> Path:
    session = Claude(folder, "/home/u/proj")
    session.read("/home/u/proj/a.py", OLD)
    session.edit("/home/u/proj/a.py", OLD, NEW)
    session.write("/home/u/proj/b.py", NEW)
    return session.save()


def codex(folder: Path) -> Path:
    session = Codex(folder, "/home/u/proj", version="0.140.0")
    session.patch("a.py", OLD, NEW)
    session.patch("b.py", None, NEW)
    return session.save()


def aider(folder: Path) -> Path:
    history = Aider(folder).chat().ask("do it").reply(block("a.py", OLD, NEW), "a.py", commit="1111111")
    history.reply(block("a.py", "x = 1\n\n\ny = 2\n", "x = 2\n\n\ny = 3\n"), "a.py", commit="2222222")
    history.ask("/undo").say("Removed: 2222222 feat: something").chat("2026-06-02 10:00:00").ask(
        "more\nof it"
    )
    return history.reply(block("b.py", "", NEW)).fail("b.py", "", NEW).save()


def windsurf(folder: Path) -> Path:
    session = Windsurf(folder, "/home/u/proj").say("go").view("a.py", OLD).edit("a.py", NEW, None)
    return (
        session.run("ls", output=OLD)
        .edit("b.py", NEW, "")
        .edit("a.py", NEW + "more_of = it(1)\n", None)
        .save()
    )


def _ignore(_: int) -> None: ...


@pytest.mark.parametrize(
    ("make", "reader"),
    [(claude, ClaudeCode()), (codex, CodexReader()), (aider, AiderReader()), (windsurf, WindsurfReader())],
)
def test_any_cut_of_a_growing_file_tells_the_same(tmp_path: Path, make: Any, reader: Any) -> None:
    """Wherever the file ended when it was read before, in the middle of a line too, nothing is lost or told twice."""
    path = make(tmp_path)
    data = path.read_bytes()
    whole = list(reader.read(Transcript(path, len(data), 0.0, "~/s"), Faults("~/s"), _ignore))
    assert whole
    growing = tmp_path / path.name
    transcript = Transcript(growing, 0, 0.0, "~/s")
    for cut in range(0, len(data), max(1, len(data) // 40)):
        progress = resuming.Progress(reader.begin(Transcript(path, 0, 0.0, "~/s")))
        events: list[Event] = []
        for end in (cut, len(data)):
            growing.write_bytes(data[:end])
            faults = Faults("~/s")
            events += scenario.since(reader, transcript, progress, faults)
            assert faults.count == 0
            progress = pickle.loads(pickle.dumps(progress))
        before = copy.deepcopy(progress)
        events += resuming.pending(reader, transcript, progress, Faults("~/s"), _ignore)
        assert events == whole
        assert progress == before
        assert (progress.offset, progress.line) == (len(data), data.count(b"\n"))
