"""pi's sessions: those that pi itself wrote, and the shapes of its earlier versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.hostile import spoil
from support.scenario import FIXTURES, PROJECT, by_file, check_lines, located
from whence.evidence.sessions import resuming
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Event, Faults, Outcome, Places, Read, Transcript, Written
from whence.evidence.sessions.readers.pi import Pi, folder_name

READER = Pi()
HOME = FIXTURES / "pi-0.73.1"
CWD = "/home/u/proj"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"
MORE = "def second(value):\n    return widened(value, highest=9.5)\n"


def test_what_pi_wrote_is_found() -> None:
    """Edits, new files, a rewrite, a here-document, a resumed and a forked session, from the real program."""
    transcripts = located(READER, HOME)
    assert len(transcripts) == 2
    items = scenario.written(READER, transcripts)
    found = by_file(items)
    check_lines(found)
    assert found == scenario.WROTE
    assert {(item.tool, item.model, item.cwd, item.outcome) for item in items} == {
        ("pi", "mock/tide-1", PROJECT, Outcome.DONE)
    }
    assert all(item.time is not None for item in items)


def test_the_locator_leads_to_the_call() -> None:
    """The offset and the line of a write are those of the assistant's message."""
    transcript = located(READER, HOME)[0]
    for item in scenario.written(READER, [transcript]):
        data = transcript.path.read_bytes()[item.locator.offset :].split(b"\n")[0]
        calls = [block.get("id") for block in json.loads(data)["message"]["content"]]
        assert item.locator.record in calls
        assert transcript.path.read_bytes().split(b"\n")[item.locator.line - 1] == data


def test_a_fork_repeats_its_parents_calls() -> None:
    """The copied lines have the same calls, by which copies are told apart; the fork's session is its own."""
    first, second = (list(own(scenario.events(READER, one), Faults(""))) for one in located(READER, HOME))
    calls = {item.locator.record for item in first}
    assert calls <= {item.locator.record for item in second}
    assert {item.session for item in first}.isdisjoint({item.session for item in second})


class Old:
    """A session as versions before the tree of entries wrote it."""

    def __init__(self, folder: Path) -> None:
        self.path = (
            folder
            / ".pi"
            / "agent"
            / "sessions"
            / folder_name(CWD)
            / "2025-11-20T23-33-50-805Z_d703a1a9.jsonl"
        )
        self.records: list[Any] = [
            {
                "type": "session",
                "id": "d703a1a9",
                "cwd": CWD,
                "provider": "anthropic",
                "modelId": "claude-opus-4-5",
            }
        ]
        self.number = 0

    def user(self, text: str) -> None:
        self._message({"role": "user", "content": [{"type": "text", "text": text}]})

    def call(
        self,
        name: str,
        asked: object,
        said: str = "",
        *,
        good: bool | None = True,
        details: object = None,
    ) -> str:
        """One call and its result; `good` None: no result."""
        self.number += 1
        call = f"toolu_{self.number:04d}"
        block = {"type": "toolCall", "id": call, "name": name, "arguments": asked}
        answer = {
            "role": "assistant",
            "content": [block],
            "provider": "anthropic",
            "model": "claude-opus-4-5",
        }
        self._message(answer)
        if good is not None:
            result: dict[str, Any] = {
                "role": "toolResult",
                "toolCallId": call,
                "toolName": name,
                "isError": not good,
            }
            result["content"] = [{"type": "text", "text": said}]
            if details is not None:
                result["details"] = details
            self._message(result)
        return call

    def edit(self, old: str, new: str, path: str = "a.py", **more: Any) -> str:
        return self.call(
            "edit",
            {"path": path, "oldText": old, "newText": new},
            f"Successfully replaced text in {path}.",
            **more,
        )

    def write(self, content: str, path: str = "a.py", **more: Any) -> str:
        return self.call(
            "write", {"path": path, "content": content}, f"Successfully wrote 9 bytes to {path}", **more
        )

    def _message(self, message: dict[str, Any]) -> None:
        stamp = f"2025-11-20T23:34:{len(self.records) % 60:02d}.000Z"
        self.records.append({"type": "message", "timestamp": stamp, "message": message})

    def save(self) -> Transcript:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(json.dumps(record) + "\n" for record in self.records), "utf-8")
        return Transcript(self.path, self.path.stat().st_size, 0.0, "~/session.jsonl")

    def events(self) -> list[Event]:
        faults = Faults("x")
        found = list(READER.read(self.save(), faults, lambda _: None))
        assert faults.count == 0, faults.first
        return found

    def written(self) -> list[Written]:
        return list(own(self.events(), Faults("x")))


def check(session: Old, expected: list[tuple[str, list[str]]]) -> None:
    """The session wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(session.written()) == expected


@pytest.fixture
def session(tmp_path: Path) -> Old:
    return Old(tmp_path)


def test_an_edits_effect_is_taken_where_it_is_recorded(session: Old) -> None:
    """Whole lines from the numbered diff; its breaks are no lines."""
    diff = "      ...\n   9 def first(value):\n- 10     return value * 2\n+ 10     return value * 3  # three\n  11 \n      ..."
    session.edit("* 2", "* 3  # three", details={"diff": diff})
    check(session, [("a.py", ["    return value * 3  # three"])])
    block = session.written()[0].blocks[0]
    assert (block.before, block.after) == ("def first(value):", None)


def test_without_an_effect_the_strings_are_compared(session: Old) -> None:
    """The earliest results have no details."""
    session.edit(OLD, NEW)
    check(session, [("a.py", [INSERTED])])


@pytest.mark.parametrize("good", [False, None])
@pytest.mark.parametrize("kind", ["edit", "write", "bash"])
def test_a_call_that_did_not_happen_wrote_nothing(session: Old, kind: str, good: bool | None) -> None:
    """Failed, stopped and unanswered calls."""
    if kind == "edit":
        session.edit(OLD, NEW, good=good)
    elif kind == "write":
        session.write(NEW, good=good)
    else:
        session.call("bash", {"command": f"cat > a.py <<'EOF'\n{NEW}EOF"}, good=good)
    check(session, [])


def test_a_rewrite_of_a_file_that_was_read_names_its_new_lines(session: Old) -> None:
    """The file as it was read, or as the session wrote it, is what a write is compared with."""
    session.call("read", {"path": "a.py"}, OLD)
    session.write(OLD + MORE)
    session.write(OLD + MORE + "limit_of_rows = 4096\n")
    check(session, [("a.py", MORE.splitlines()), ("a.py", ["limit_of_rows = 4096"])])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"path": "a.py", "limit": 2}, OLD),
        ({"path": "a.py"}, OLD + "\n\n[12 more lines in file. Use offset=3 to continue.]"),
    ],
)
def test_a_rewrite_of_a_file_that_was_read_in_part_names_no_line(
    session: Old, asked: dict[str, object], said: str
) -> None:
    """Which of its lines were there nobody knows."""
    session.call("read", asked, said)
    session.write(OLD + MORE)
    check(session, [])


def test_a_file_that_was_never_met_is_new(session: Old) -> None:
    """All of it, but for lines that stood in front of the tool."""
    session.user("use this:\n" + MORE)
    session.write(NEW + MORE)
    check(session, [("a.py", NEW.splitlines())])


def test_several_edits_in_one_call_even_as_text(session: Old) -> None:
    """The list of newer versions; some models send it as JSON text."""
    edits = [{"oldText": OLD, "newText": NEW}, {"oldText": "x = 1\n", "newText": "x = limit_of(rows)\n"}]
    for form in (edits, json.dumps(edits)):
        session.call("edit", {"path": "a.py", "edits": form}, "Successfully replaced 2 block(s) in a.py.")
        assert [line for item in session.written()[-2:] for line in item.lines] == [
            INSERTED,
            "x = limit_of(rows)",
        ]


def test_a_persons_own_command_is_not_the_tools(session: Old) -> None:
    """What it printed was there; what it wrote is the person's."""
    command = f"cat > b.py <<'EOF'\n{NEW}EOF"
    for hidden in (False, True):
        message = {
            "role": "bashExecution",
            "command": command,
            "output": MORE,
            "exitCode": 0,
            "excludeFromContext": hidden,
        }
        session.records.append({"type": "message", "timestamp": "2025-11-20T23:34:00Z", "message": message})
    session.write(MORE)
    check(session, [])
    assert [event.sent for event in session.events() if isinstance(event, Read) and event.lines] == [
        True,
        False,
    ]


def test_windows_and_unicode_come_through(session: Old) -> None:
    """Paths as recorded, text as it was."""
    session.records[0]["cwd"] = "C:\\work\\proj"
    session.write("label = '🦀 日本語'\r\n", path="C:\\work\\proj\\ä.py")
    (item,) = session.written()
    assert (item.path, item.cwd, item.lines) == (
        "C:\\work\\proj\\ä.py",
        "c:/work/proj",
        ("label = '🦀 日本語'",),
    )


@pytest.mark.parametrize(
    ("cwd", "expected"),
    [
        (CWD, 0),
        (CWD + "/sub", 0),
        ("/home/u", 1),
        ("/elsewhere/proj", 1),
        ("/srv/other", 2),
        ("C:\\x\\proj", 1),
    ],
)
def test_folders_tell_how_near_a_session_is(cwd: str, expected: int) -> None:
    """By the name of the folder of the session."""
    path = Path("/home/u/.pi/agent/sessions") / folder_name(cwd) / "x_y.jsonl"
    assert READER.nearness(Transcript(path, 1, 0.0, ""), (CWD,)) == expected


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, ".pi/agent/sessions"),
        ({"PI_CODING_AGENT_DIR": "~/elsewhere"}, "elsewhere/sessions"),
        ({"PI_CODING_AGENT_SESSION_DIR": "{home}/kept"}, "kept"),
    ],
)
def test_sessions_are_found_where_the_environment_says(
    tmp_path: Path, variables: dict[str, str], folder: str
) -> None:
    """The usual folder, and those that variables name."""
    path = tmp_path / folder / folder_name(CWD) / "2025_x.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("{}\n")
    environment = {name: value.format(home=tmp_path) for name, value in variables.items()} | {
        "HOME": str(tmp_path)
    }
    assert [item.path for item in READER.locate(Places(environment)).transcripts] == [path.resolve()]


def test_a_growing_session_is_read_on(tmp_path: Path) -> None:
    """In two readings nothing is lost or told twice."""
    transcript = located(READER, HOME)[1]
    data = transcript.path.read_bytes()
    whole = scenario.events(READER, transcript)
    growing = Transcript(tmp_path / transcript.path.name, 0, 0.0, transcript.shown)
    for cut in range(0, len(data), 1500):
        progress = resuming.Progress(READER.begin(growing))
        events: list[Event] = []
        for end in (cut, len(data)):
            growing.path.write_bytes(data[:end])
            events += scenario.since(READER, growing, progress)
        assert events == whole


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """Each record that pi wrote, with something else than expected somewhere in it."""
    records = [json.loads(line) for line in located(READER, HOME)[0].path.read_text("utf-8").splitlines()]
    spoil(data, records)
    path = tmp_path / "x_y.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    faults = Faults("x")
    for item in own(READER.read(Transcript(path, 1, 0.0, "x"), faults, lambda _: None), faults):
        assert isinstance(item.path, str)


def test_what_was_answered_is_somebody_elses(session: Old) -> None:
    """The answer to a question, and why an edit was held back; what the tool had asked for is its own."""
    session.call("question", {"question": INSERTED}, f"User answered:\n{OLD}")
    session.call("write", {"path": "a.py", "content": INSERTED}, f"Blocked: rather this:\n{MORE}", good=False)
    session.write(f"{OLD}{MORE}{INSERTED}\n")
    check(session, [("a.py", [INSERTED])])
