"""Transcripts that nobody would write: whatever a line holds, readers go on and never raise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.gemini import Gemini
from support.hostile import PATCH, spoil
from support.transcripts import Claude, Codex
from support.windsurf import Windsurf as WindsurfSession
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Places, Reader, Transcript
from whence.evidence.sessions.readers import every
from whence.evidence.sessions.readers.claude_code import ClaudeCode
from whence.evidence.sessions.readers.codex import Codex as CodexReader
from whence.evidence.sessions.readers.gemini_cli import GeminiCli
from whence.evidence.sessions.readers.windsurf import Windsurf

CWD = "/home/u/proj"


def _claude(folder: Path) -> list[dict[str, Any]]:
    session = Claude(folder, CWD, place="main")
    session.prompt("go")
    session.read("a.py", "x\n")
    session.write("a.py", "y = compute(1)\n", original="x\n")
    session.edit("a.py", "y", "z", original="y = compute(1)\n")
    session.multi_edit("a.py", [("z", "q")], original="z = compute(1)\n")
    session.notebook("a.ipynb", "print(1)")
    session.bash(PATCH)
    inner = Claude(folder, CWD, place="progress")
    inner.write("b.py", "value_of(everything)\n")
    helper = Claude(folder, CWD, place="subagent")
    helper.read("c.py", "x\n")
    helper.write("c.py", "z = compute(3)\n", original="x\n")
    note = {"type": "attachment", "attachment": {"type": "file", "content": {"file": {"content": "x"}}}}
    return [*session.records, *inner.records, *helper.records, note]


def _codex(folder: Path) -> list[dict[str, Any]]:
    records = []
    for version in ("0.42.0", "0.140.0", "0.169.0"):
        session = Codex(folder, CWD, version=version)
        session.prompt("go")
        for how in ("custom", "function", "shell", "heredoc", "parallel"):
            session.patch("a.py", "x\n", "y\n", how=how)
        session.exec(PATCH)
        ran = {"type": "CommandExecution", "id": "x", "command": ["bash", "-lc", PATCH], "cwd": "file:///a",
               "status": "completed", "exit_code": 0, "aggregated_output": "x"}  # fmt: skip
        session.add("event_msg", {"type": "item_completed", "item": ran})
        base = {"thread_id": session.session, "end_byte_offset": 9}
        session.add("session_meta", {"history_base": base, "subagent_history_start_ordinal": 1, "cwd": CWD})
        records += session.records
    return records


def _gemini(folder: Path) -> list[dict[str, Any]]:
    session = Gemini(folder)
    back = session.prompt("go")
    session.write("a.py", "y = compute(1)\n", "x\n")
    session.replace("a.py", "y", "z", "y = compute(1)\n")
    session.replace("a.py", "z", "q")
    session.shell(PATCH)
    session.call("read_file", {"file_path": "a.py"}, "x", None)
    parts = [
        {"functionCall": {"id": "c", "name": "write_file", "args": {"file_path": "a", "content": "x"}}},
        {"functionResponse": {"id": "c", "response": {"output": "Successfully created"}}},
    ]
    session.records.append({"$set": {"messages": [{"id": "g", "type": "gemini", "content": parts[:1]}]}})
    session.records.append({"id": "u", "type": "user", "content": parts[1:]})
    session.records.append({"$rewindTo": back})
    return session.records


def _windsurf(folder: Path) -> list[dict[str, Any]]:
    session = WindsurfSession(folder, CWD).say("go").view("a.py", "x\ny\n").edit("a.py", "y\nz\n", "x\n")
    return session.edit("a.py", "q\n", None).run(PATCH, output="x").records


@pytest.mark.parametrize(
    ("reader", "make"),
    [(Windsurf(), _windsurf), (ClaudeCode(), _claude), (CodexReader(), _codex), (GeminiCli(), _gemini)],
)
@given(data=st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_value_in_any_place_is_survived(
    tmp_path: Path, reader: Reader, make: Any, data: st.DataObject
) -> None:
    """Each record of each kind, with something else than expected somewhere in it."""
    records = make(tmp_path)
    spoil(data, records)
    path = tmp_path / "rollout-x.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    faults = Faults("x")
    for item in own(reader.read(Transcript(path, 1, 0.0, "x"), faults, lambda _: None), faults):
        assert all(isinstance(line, str) for line in item.lines)
        assert isinstance(item.path, str)
    reader.nearness(Transcript(path, 1, 0.0, "x"), (CWD,))


@pytest.mark.parametrize("reader", every())
@given(content=st.binary(max_size=300))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_survived(tmp_path: Path, reader: Reader, content: bytes) -> None:
    """Noise is told as faults."""
    path = tmp_path / "rollout-x.jsonl"
    path.write_bytes(content + b'\n{"type":"user", "user"')
    faults = Faults("x")
    list(own(reader.read(Transcript(path, 1, 0.0, "x"), faults, lambda _: None), faults))
    reader.nearness(Transcript(path, 1, 0.0, "x"), (CWD,))


@pytest.mark.parametrize("reader", every())
@pytest.mark.parametrize("name", ["x" * 300, "loop"])
def test_a_folder_that_the_system_refuses_holds_nothing(tmp_path: Path, reader: Reader, name: str) -> None:
    """A name that no file can have, a link to itself: no reader raises where it looks for sessions."""
    (tmp_path / "loop").symlink_to("loop")
    home = tmp_path / name
    keys = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA", "APPDATA", "CODEX_HOME", "CLAUDE_CONFIG_DIR")
    environment = {"HOME": str(home), **dict.fromkeys(keys, str(home))}
    assert reader.locate(Places(environment, home)).transcripts == ()
