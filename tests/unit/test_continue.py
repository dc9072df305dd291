"""Continue's sessions: those of the real command line, and those of its extension."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.continue_dev import START, diff
from support.continue_dev import Continue as Session
from support.hostile import PATCH, spoil
from support.scenario import FIXTURES, by_file, check_lines, located
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Event, Faults, Outcome, Places, Read, Transcript, Written
from whence.evidence.sessions.readers.continue_dev import Continue

CWD = "/home/u/proj"
FILE = f"{CWD}/a.py"
OLD = "    return value * scale_of(value)\n"
NEW = "    return clipped(value, lowest=0.5)\n"
LINE = NEW.rstrip("\n")
WHOLE = "def first(value):\n" + OLD


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path, CWD)


def events(session: Session) -> list[Event]:
    session.save()
    (transcript,) = located(Continue(), session.sessions.parents[1])
    return scenario.events(Continue(), transcript)


def written(session: Session) -> list[Written]:
    return list(own(events(session), Faults("")))


def check(session: Session, expected: list[tuple[str, list[str]]]) -> None:
    """The session wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(written(session)) == expected


CALLS: dict[str, tuple[str, dict[str, Any], str]] = {
    "cli edit": ("Edit", {"file_path": FILE, "old_string": OLD, "new_string": NEW}, diff(FILE, WHOLE, "def first(value):\n" + NEW)),
    "cli edit, no diff": ("Edit", {"file_path": FILE, "old_string": OLD, "new_string": NEW}, "Successfully edited"),
    "cli new": ("Write", {"filepath": FILE, "content": NEW}, f"Successfully created file: {FILE}"),
    "cli write": ("Write", {"filepath": FILE, "content": WHOLE + NEW}, diff(FILE, WHOLE, WHOLE + NEW)),
    "new": ("create_new_file", {"filepath": "a.py", "contents": NEW}, "File created successfuly"),
    "replace": ("single_find_and_replace", {"filepath": "a.py", "old_string": OLD, "new_string": NEW}, "Successfully edited a.py"),
    "several": ("multi_edit", {"filepath": "a.py", "edits": [{"old_string": OLD, "new_string": NEW}]}, "Successfully edited a.py"),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("folder", [CWD, f"file://{CWD}"])
def test_every_writing_tool(tmp_path: Path, call: tuple[str, dict[str, Any], str], folder: str) -> None:
    """Only the inserted line, with who, when and where."""
    name, asked, output = call
    (item,) = written(Session(tmp_path, folder).call(name, asked, output))
    assert item.lines == (LINE,)
    assert (item.tool, item.model, item.cwd, item.outcome) == ("continue", "gpt-5.4", CWD, Outcome.DONE)
    assert item.time == datetime.fromtimestamp(START / 1000, UTC)
    assert item.locator.record == "call_0000"


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("status", ["generating", "generated", "calling", "errored", "canceled"])
def test_what_did_not_happen_wrote_nothing(
    session: Session, call: tuple[str, dict[str, Any], str], status: str
) -> None:
    """Only `done` is a success; an edit that failed to apply says so all the same."""
    check(session.call(*call, status=status), [])
    check(session.call(call[0], call[1], f"Failed to edit {FILE}."), [])


def test_a_rewrite_of_an_unknown_file_names_no_lines(session: Session) -> None:
    """Without a patch, and without having read it."""
    asked = {"filepath": FILE, "content": WHOLE + NEW}
    check(session.call("Write", asked, f"Successfully wrote to file: {FILE}"), [])
    session.history.clear()
    session.call("Read", {"filepath": FILE}, f"Content of {FILE}:\n{WHOLE}")
    check(session.call("Write", asked, f"Successfully wrote to file: {FILE}"), [(FILE, [LINE])])


def test_a_sketch_counts_against_what_was_read(session: Session) -> None:
    """Another model fills in what `edit_existing_file` leaves out."""
    asked = {"filepath": "a.py", "changes": "# ... existing code ...\n" + NEW}
    check(session.call("edit_existing_file", asked, "Successfully edited a.py"), [])
    session.history.clear()
    session.call("read_file", {"filepath": "a.py"}, WHOLE)
    session.call("edit_existing_file", asked, "Successfully edited a.py")
    check(session, [("a.py", ["# ... existing code ...", LINE])])


def test_what_was_sent_is_told_and_somebody_elses(session: Session) -> None:
    """Attached files, words, and what tools showed."""
    session.say("look", (f"file://{CWD}/x.py", OLD)).call("Bash", {"command": "cat y.py"}, NEW)
    session.call(
        "create_new_file", {"filepath": "a.py", "contents": OLD + NEW + "mine_of = the_tool(1)\n"}, "created"
    )
    check(session, [("a.py", ["mine_of = the_tool(1)"])])
    reads = [event for event in events(session) if isinstance(event, Read) and event.path == f"{CWD}/x.py"]
    assert [(read.lines[0], read.sent) for read in reads] == [(OLD.rstrip("\n"), True)]


@pytest.mark.parametrize(
    ("name", "status", "said", "outcome"),
    [
        ("Bash", "done", "", Outcome.UNKNOWN),
        ("Bash", "errored", "", None),
        ("run_terminal_command", "done", "Command completed", Outcome.DONE),
        ("run_terminal_command", "done", "Command failed with exit code 1", None),
        ("run_terminal_command", "done", "Command is running in the background...", None),
    ],
)
def test_commands_write_files_too(
    session: Session, name: str, status: str, said: str, outcome: Outcome | None
) -> None:
    """A here-document, where the command is known or not known to have succeeded."""
    asked = {"command": f"cat > b.py <<'EOF'\n{NEW}EOF"}
    session.call(name, asked, status=status, said=said)
    assert [(item.path, item.outcome) for item in written(session)] == (
        [("b.py", outcome)] if outcome else []
    )


def test_windows_folders_and_other_scripts(tmp_path: Path) -> None:
    """A URI with a drive, carriage returns, any script."""
    session = Session(tmp_path, "file:///c%3A/Users/u/proj")
    text = "größe = von('水門')\r\nzweite = zeile_von(größe)\r\n"
    session.call("create_new_file", {"filepath": "src/größe.py", "contents": text}, "created")
    (item,) = written(session)
    assert (item.path, item.cwd) == ("src/größe.py", "c:/Users/u/proj")
    assert item.lines == ("größe = von('水門')", "zweite = zeile_von(größe)")


def test_sessions_are_found_with_their_folder(tmp_path: Path) -> None:
    """In the home folder and where a variable says; the list of sessions is none."""
    Session(tmp_path, CWD).save()
    Session(tmp_path / "far", "/srv/other").save()
    environment = {"HOME": str(tmp_path), "CONTINUE_GLOBAL_DIR": str(tmp_path / "far" / ".continue")}
    found = Continue().locate(Places(environment)).transcripts
    assert sorted(item.folder for item in found) == [CWD, "/srv/other"]
    near = {item.folder: Continue().nearness(item, (CWD,)) for item in found}
    assert near == {CWD: 0, "/srv/other": 2}


def test_the_real_programs_sessions_are_read() -> None:
    """Continue's command line 1.5.47: every call that succeeded is found once, in the resumed session too."""
    transcripts = located(Continue(), FIXTURES / "continue-1.5.47")
    assert {transcript.folder for transcript in transcripts} == {scenario.PROJECT}
    items = scenario.written(Continue(), transcripts)
    found = by_file(items)
    assert found == {
        "tide_notes.py": scenario.EDITED + scenario.REWRITTEN + scenario.RESUMED,
        "harbour/forecast.py": scenario.CREATED,
        "legacy.ini": scenario.WINDOWS,
        "données/prévision.py": scenario.UNICODE,
        "scripts/backup.sh": scenario.BY_SHELL,
    }
    check_lines(found)
    outcomes = {item.path.rpartition("/")[2]: item.outcome for item in items}
    assert outcomes.pop("backup.sh") is Outcome.UNKNOWN
    assert set(outcomes.values()) == {Outcome.DONE}
    assert {(item.model, item.time is not None) for item in items} == {("mock-model-1", True)}


@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_value_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever a session holds."""
    session = Session(tmp_path, CWD).say("go", ("file:///x", "y"))
    for name, asked, output in CALLS.values():
        session.call(name, asked, output)
    session.call("Bash", {"command": PATCH}).call("Read", {"filepath": FILE}, WHOLE)
    records = session.history
    spoil(data, records, most=3)
    transcript = Transcript(session.save(), 1, 0.0, "~/t", CWD)
    for item in own(Continue().read(transcript, Faults(""), lambda _: None), Faults("")):
        assert all(isinstance(line, str) for line in item.lines)
