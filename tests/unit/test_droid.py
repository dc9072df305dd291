"""Factory Droid's sessions: those that Droid itself wrote, and the shapes of its earlier versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.hostile import JUNK, spoil
from support.scenario import FIXTURES, PROJECT, by_file, check_lines, located
from whence.evidence.sessions import resuming
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Event, Faults, Places, Transcript, Written
from whence.evidence.sessions.readers.droid import Droid

READER = Droid()
HOME = FIXTURES / "droid-0.215.0"
CWD = "/home/u/proj"
FILE = f"{CWD}/a.py"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"
MORE = "def second(value):\n    return widened(value, highest=9.5)\n"


def test_what_droid_wrote_is_found() -> None:
    """Edits, new files, a rewrite, a here-document, a resumed, a forked and a refused call, from the real program."""
    transcripts = located(READER, HOME)
    assert len(transcripts) == 3
    items = scenario.written(READER, transcripts)
    found = by_file(items)
    check_lines(found)
    assert found == scenario.WROTE
    assert {(item.tool, item.model, item.cwd) for item in items} == {("droid", "custom:Tide-0", PROJECT)}
    assert all(item.time is not None for item in items)
    assert [READER.nearness(transcript, (PROJECT,)) for transcript in transcripts] == [0, 0, 0]


def test_the_locator_leads_to_the_call() -> None:
    """The offset and the line of a write are those of the assistant's message."""
    for transcript in located(READER, HOME):
        for item in scenario.written(READER, [transcript]):
            data = transcript.path.read_bytes()[item.locator.offset :].split(b"\n")[0]
            assert item.locator.record in [
                block.get("id") for block in json.loads(data)["message"]["content"]
            ]


class Old:
    """A session as versions before 0.200 wrote it: no model in messages, no `is_error` where nothing failed."""

    def __init__(self, home: Path, cwd: str = CWD) -> None:
        self.path = home / ".factory" / "sessions" / "052cb8d0-4616-488a-99fe-bfbbbe9429b3.jsonl"
        self.records: list[Any] = [
            {"type": "session_start", "id": self.path.stem, "title": "x", "version": 2, "cwd": cwd}
        ]
        self.calls = 0

    def user(self, text: str) -> None:
        self._add("user", [{"type": "text", "text": text}])

    def call(self, name: str, asked: object, said: object = None, **more: Any) -> str:
        """One call and its result; `said` None: none at all."""
        self.calls += 1
        call = f"call_{self.calls:04d}"
        self._add("assistant", [{"type": "tool_use", "id": call, "name": name, "input": asked}])
        if said is not None:
            text = said if isinstance(said, str) else json.dumps(said)
            self._add("user", [{"type": "tool_result", "tool_use_id": call, "content": text, **more}])
        return call

    def patch(self, said: object = None, **more: Any) -> str:
        text = f"*** Begin Patch\n*** Update File: {FILE}\n@@\n-{OLD.splitlines()[1]}\n+{INSERTED}\n*** End Patch"
        done = {"success": True, "file_path": FILE}
        return self.call("ApplyPatch", {"input": text}, done if said is None else said, **more)

    def save(self, model: str = "gpt-5-codex") -> Transcript:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(json.dumps(record) + "\n" for record in self.records), "utf-8")
        self.path.with_suffix(".settings.json").write_text(
            json.dumps({"model": model, "autonomyMode": "normal"})
        )
        return Transcript(self.path, self.path.stat().st_size, 0.0, "~/session.jsonl")

    def written(self) -> list[Written]:
        faults = Faults("x")
        found = list(own(READER.read(self.save(), faults, lambda _: None), faults))
        assert faults.count == 0, faults.first
        return found

    def _add(self, role: str, content: list[Any]) -> None:
        stamp = f"2026-01-28T16:57:{len(self.records) % 60:02d}.000Z"
        message = {"role": role, "content": content}
        self.records.append(
            {"type": "message", "id": str(len(self.records)), "timestamp": stamp, "message": message}
        )


@pytest.fixture
def session(tmp_path: Path) -> Old:
    return Old(tmp_path)


def check(session: Old, expected: list[tuple[str, list[str]]]) -> None:
    """The session wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(session.written()) == expected


def test_the_model_of_old_sessions_stands_beside_them(session: Old) -> None:
    """In the settings of the session."""
    session.patch()
    check(session, [(FILE, [INSERTED])])
    assert session.written()[0].model == "gpt-5-codex"


@pytest.mark.parametrize(
    ("said", "more"),
    [
        ({"success": False, "error": "no such text"}, {}),
        ("Error: The text to replace was not found in the file.", {"is_error": True}),
        ("Error: no", {}),
        ("anything", {"is_error": True}),
        ("User rejected the tool execution.", {}),
        ("Tool execution cancelled by user", {}),
    ],
)
@pytest.mark.parametrize("kind", ["patch", "edit", "create", "execute"])
def test_a_call_that_did_not_happen_wrote_nothing(
    session: Old, kind: str, said: object, more: dict[str, bool]
) -> None:
    """By the flag, by the result's own word, or by its text."""
    asked = {
        "edit": ("Edit", {"file_path": FILE, "old_str": OLD, "new_str": NEW}),
        "create": ("Create", {"file_path": FILE, "content": NEW}),
        "execute": ("Execute", {"command": f"cat > a.py <<'EOF'\n{NEW}EOF"}),
    }
    if kind == "patch":
        session.patch(said, **more)
    else:
        session.call(*asked[kind], said, **more)
    check(session, [])


def test_a_call_without_a_result_wrote_nothing(session: Old) -> None:
    """The session ended, or the person stopped it."""
    session.call("Create", {"file_path": FILE, "content": NEW})
    check(session, [])


def test_a_moved_file_is_named_by_its_new_path(session: Old) -> None:
    """As the patch says; text that it took out is no new text elsewhere."""
    text = f"*** Begin Patch\n*** Update File: a.py\n*** Move to: lib/b.py\n@@\n-{MORE.splitlines()[1]}\n+{INSERTED}\n*** End Patch"
    session.call("ApplyPatch", {"input": text}, {"success": True})
    session.call("Create", {"file_path": FILE, "content": MORE}, {"success": True})
    check(session, [("lib/b.py", [INSERTED]), (FILE, MORE.splitlines()[:1])])


def test_an_edits_effect_has_whole_lines(session: Old) -> None:
    """And a gap in their numbers means that something stands between."""
    rows = [
        {"type": "unchanged", "content": "def first(value):", "lineNumber": {"old": 1, "new": 1}},
        {"type": "removed", "content": "    return value", "lineNumber": {"old": 2}},
        {"type": "added", "content": INSERTED, "lineNumber": {"new": 2}},
        {"type": "unchanged", "content": "class Far:", "lineNumber": {"old": 40, "new": 40}},
        {"type": "added", "content": "    limit = rows_of(value)", "lineNumber": {"new": 41}},
    ]
    asked = {"file_path": FILE, "old_str": "value", "new_str": "clipped", "change_all": True}
    session.call("Edit", asked, {"success": True, "diffLines": rows})
    blocks = session.written()[0].blocks
    assert [(block.lines, block.before, block.after) for block in blocks] == [
        ((INSERTED,), "def first(value):", None),
        (("    limit = rows_of(value)",), "class Far:", None),
    ]


def test_rewrites_are_compared_with_what_was_read(session: Old) -> None:
    """The whole of it; of a file that was read in part no line is named."""
    session.call("Read", {"file_path": FILE}, OLD)
    session.call("Create", {"file_path": FILE, "content": OLD + MORE}, {"success": True})
    session.call("Read", {"file_path": f"{CWD}/b.py", "offset": 0, "limit": 9}, OLD)
    session.call("Create", {"file_path": f"{CWD}/b.py", "content": OLD + MORE}, {"success": True})
    check(session, [(FILE, MORE.splitlines())])


def test_what_was_attached_or_shown_is_somebody_elses(session: Old) -> None:
    """A mentioned file's text comes with the person's words."""
    session.user("Contents of /home/u/proj/old.py (lines 1-25 of 25):\n" + MORE)
    session.call("Execute", {"command": "cat x"}, OLD + "\n\n[Process exited with code 0]")
    session.call("Create", {"file_path": FILE, "content": MORE + OLD + NEW}, {"success": True})
    check(session, [(FILE, NEW.splitlines()[1:])])


def test_a_command_in_the_background_is_not_known_to_have_written(session: Old) -> None:
    """It only started."""
    asked = {"command": f"cat > a.py <<'EOF'\n{NEW}EOF", "fireAndForget": True}
    session.call("Execute", asked, "started")
    check(session, [])


def test_windows_and_unicode_come_through(tmp_path: Path) -> None:
    """Paths as recorded, text as it was."""
    session = Old(tmp_path, "C:\\work\\proj")
    session.call(
        "Create",
        {"file_path": "C:\\work\\proj\\ä.py", "content": "label = '🦀 日本語'\r\n"},
        {"success": True},
    )
    (item,) = session.written()
    assert (item.path, item.cwd, item.lines) == (
        "C:\\work\\proj\\ä.py",
        "c:/work/proj",
        ("label = '🦀 日本語'",),
    )


def test_sessions_are_found_where_the_environment_says(tmp_path: Path) -> None:
    """The usual folder, and another home of Factory's own."""
    Old(tmp_path / "a").save()
    Old(tmp_path / "b").save()
    environment = {"HOME": str(tmp_path / "a"), "FACTORY_HOME_OVERRIDE": str(tmp_path / "b")}
    found = {transcript.path.parents[2].name for transcript in READER.locate(Places(environment)).transcripts}
    assert found == {"a", "b"}


def test_a_growing_session_is_read_on(tmp_path: Path) -> None:
    """In two readings nothing is lost or told twice."""
    transcript = located(READER, HOME)[1]
    data = transcript.path.read_bytes()
    whole = scenario.events(READER, transcript)
    assert any(isinstance(event, Written) for event in whole)
    growing = Transcript(tmp_path / transcript.path.name, 0, 0.0, transcript.shown)
    growing.path.with_suffix(".settings.json").write_bytes(
        transcript.path.with_suffix(".settings.json").read_bytes()
    )
    for cut in range(0, len(data), 2000):
        progress = resuming.Progress(READER.begin(growing))
        events: list[Event] = []
        for end in (cut, len(data)):
            growing.path.write_bytes(data[:end])
            events += scenario.since(READER, growing, progress)
        assert events == whole


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """Each record that Droid wrote, with something else than expected somewhere in it."""
    records = [json.loads(line) for line in located(READER, HOME)[1].path.read_text("utf-8").splitlines()]
    spoil(data, records)
    path = tmp_path / "x.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    path.with_suffix(".settings.json").write_text(json.dumps(data.draw(JUNK)))
    faults = Faults("x")
    for item in own(READER.read(Transcript(path, 1, 0.0, "x"), faults, lambda _: None), faults):
        assert isinstance(item.path, str)
    READER.nearness(Transcript(path, 1, 0.0, "x"), (CWD,))


def test_what_was_answered_is_somebody_elses(session: Old) -> None:
    """The answer to a question, and why an edit was rejected; what the tool had asked for is its own."""
    session.call("AskUser", {"questionnaire": INSERTED}, f"[question] What?\n[answer] {OLD}")
    session.call("Create", {"file_path": FILE, "content": INSERTED}, f"No, rather:\n{MORE}", is_error=True)
    session.call(
        "Create",
        {"file_path": FILE, "content": f"{OLD.splitlines()[1]}\n{MORE}{INSERTED}\n"},
        {"success": True},
    )
    check(session, [(FILE, [INSERTED])])
