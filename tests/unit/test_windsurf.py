"""Windsurf's transcripts: whole texts of files, what a person answered, and what was there before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from support import scenario
from support.scenario import located
from support.windsurf import ACCEPT, REJECT
from support.windsurf import Windsurf as Session
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Event, Faults, Outcome, Read, Written
from whence.evidence.sessions.readers.windsurf import Windsurf

CWD = "/home/u/proj"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = OLD + "\n\ndef second(value):\n    return clipped(value, lowest=0.5)\n"
ADDED = ["def second(value):", "    return clipped(value, lowest=0.5)"]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path, CWD)


def events(session: Session) -> list[Event]:
    session.save()
    (transcript,) = located(Windsurf(), session.path.parents[2])
    return scenario.events(Windsurf(), transcript)


def written(session: Session) -> list[Written]:
    return list(own(events(session), Faults("")))


def check(session: Session, expected: list[tuple[str, list[str]]]) -> None:
    """The session wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(written(session)) == expected


def test_an_edit_adds_what_its_original_did_not_have(session: Session) -> None:
    """With all that explains it; a time no line has, so it is the file's."""
    session.say("go").edit("a.py", NEW, OLD)
    (item,) = written(session)
    assert [line for line in item.lines if line.strip()] == ADDED
    assert (item.path, item.tool, item.model, item.session) == (
        f"{CWD}/a.py",
        "windsurf",
        None,
        session.identity,
    )
    assert (item.outcome, item.locator.line) == (Outcome.DONE, 2)
    assert item.time == datetime.fromtimestamp(session.path.stat().st_mtime, UTC)


@pytest.mark.parametrize(
    ("answer", "status", "outcome"),
    [
        (ACCEPT, "done", Outcome.DONE),
        ("ACKNOWLEDGEMENT_TYPE_UNSPECIFIED", "done", Outcome.UNKNOWN),
        ("", "done", Outcome.UNKNOWN),
        (REJECT, "done", None),
        (ACCEPT, "error", None),
        (ACCEPT, "canceled", None),
    ],
)
def test_the_persons_answer_decides(
    session: Session, answer: str, status: str, outcome: Outcome | None
) -> None:
    """Rejected and failed edits wrote nothing; one that nobody answered may have stayed."""
    session.edit("a.py", NEW, OLD, answer=answer, status=status)
    assert [item.outcome for item in written(session)] == ([outcome] if outcome else [])


def test_a_new_file_is_all_the_tools(session: Session) -> None:
    """Its original is empty."""
    check(session.edit("a.py", OLD), [(f"{CWD}/a.py", OLD.splitlines())])


def test_without_an_original_what_was_seen_counts(session: Session) -> None:
    """A file that was shown whole, or written before; of another no line is named."""
    session.edit("unseen.py", NEW, None)
    session.view("part.py", OLD, length=90).edit("part.py", NEW, None)
    session.view("a.py", OLD).edit("a.py", NEW, None).edit("a.py", NEW + "# a last line of it\n", None)
    check(session, [(f"{CWD}/a.py", ADDED), (f"{CWD}/a.py", ["# a last line of it"])])


def test_a_rejected_edit_leaves_what_was_there(session: Session) -> None:
    """The next one is compared with the text from before it."""
    session.edit("a.py", NEW, OLD, answer=REJECT).edit("a.py", OLD + "kept = of_the(model)\n", None)
    check(session, [(f"{CWD}/a.py", ["kept = of_the(model)"])])


def test_what_was_shown_or_typed_is_somebody_elses(session: Session) -> None:
    """Lines of a viewed file, of a command's output and of a person's words."""
    session.view("x.py", OLD).say(ADDED[0]).run("cat y.py", output=ADDED[1])
    check(session.edit("a.py", NEW), [])
    seen = [event for event in events(session) if isinstance(event, Read) and event.path == f"{CWD}/x.py"]
    assert seen[0].lines == tuple(OLD.splitlines())


@pytest.mark.parametrize(
    ("code", "rejected", "outcome"),
    [(0, False, Outcome.DONE), (None, False, Outcome.UNKNOWN), (1, False, None), (0, True, None)],
)
def test_commands_write_files_too(
    session: Session, code: int | None, rejected: bool, outcome: Outcome | None
) -> None:
    """A here-document, where the command ran."""
    session.run("cat > b.py <<'EOF'\nx_of = everything(1)\nEOF", code=code, rejected=rejected)
    assert [(item.path, item.cwd, item.outcome) for item in written(session)] == (
        [("b.py", CWD, outcome)] if outcome else []
    )


def test_windows_and_other_scripts(session: Session) -> None:
    """URIs of drives, carriage returns, any script."""
    session.edit(
        "file:///c%3A/Users/u/gr%C3%B6%C3%9Fe.py", "größe = von('水門')\r\nzweite = zeile_von(größe)\r\n"
    )
    (item,) = written(session)
    assert item.path == "c:/Users/u/größe.py"
    assert item.lines == ("größe = von('水門')", "zweite = zeile_von(größe)")


def test_the_paths_of_the_first_steps_tell_the_workspace(session: Session) -> None:
    """Nothing else does."""
    session.say("go").edit("src/a.py", OLD).save()
    (transcript,) = located(Windsurf(), session.path.parents[2])
    assert [Windsurf().nearness(transcript, (folder,)) for folder in (CWD, "/srv/proj", "/srv/x")] == [
        0,
        1,
        2,
    ]


def test_raw_control_characters_are_a_fault_of_their_line(session: Session) -> None:
    """Hooks were seen to write them; the other lines count."""
    session.edit("a.py", OLD).edit("b.py", "x_of = everything(1)\n")
    path = session.save()
    first, second = path.read_bytes().splitlines()
    path.write_bytes(first.replace(b"scale_of", b"scale\x01of") + b"\n" + second + b"\n")
    (transcript,) = located(Windsurf(), session.path.parents[2])
    faults = Faults("~/t")
    found = list(Windsurf().read(transcript, faults, lambda _: None))
    assert faults.count == 1
    assert [event.path for event in found if isinstance(event, Written)] == [f"{CWD}/b.py"]
