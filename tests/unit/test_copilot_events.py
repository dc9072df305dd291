"""The event logs of GitHub Copilot's agents, of the command line and of VS Code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.copilot import ROOT, Events, git_diff
from support.hostile import PATCH, spoil
from support.scenario import FIXTURES, by_file, check_lines, located
from whence.evidence.sessions import resuming
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Outcome, Transcript, Written
from whence.evidence.sessions.readers.copilot import CopilotEvents
from whence.model import Contributor

READER = CopilotEvents()
FILE = f"{ROOT}/a.py"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"
EDIT = {"path": FILE, "old_str": OLD, "new_str": NEW}


@pytest.fixture
def log(tmp_path: Path) -> Events:
    return Events(tmp_path)


@pytest.fixture
def chat(tmp_path: Path) -> Events:
    return Events(tmp_path, editor=True)


def written(log: Events) -> list[Written]:
    log.save()
    (transcript,) = located(READER, log.home)
    return list(own(scenario.events(READER, transcript), Faults("")))


def check(log: Events, expected: list[tuple[str, list[str]]]) -> None:
    """The session wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(written(log)) == expected


def test_the_real_programs_logs_are_read() -> None:
    """Version 1.0.102: every call that succeeded, a move, a resumed session, a subagent, a denied call."""
    transcripts = located(READER, FIXTURES / "copilot-cli-1.0.102")
    assert {transcript.folder for transcript in transcripts} == {scenario.PROJECT}
    assert len(transcripts) == 4
    items = scenario.written(READER, transcripts)
    found = by_file(items)
    check_lines(found)
    assert found == {
        "tide_notes.py": scenario.EDITED + scenario.RESUMED,
        "harbour/forecast.py": scenario.CREATED,
        "legacy.ini": scenario.WINDOWS,
        "données/prévision.py": scenario.UNICODE,
        "scripts/backup.sh": scenario.BY_SHELL,
        "harbour/list.py": scenario.BY_AGENT,
        "config/station.ini": scenario.MOVED,
        "config/readme.txt": scenario.ADDED,
    }
    assert {(item.tool, item.outcome, item.contributor) for item in items} == {
        ("copilot", Outcome.DONE, Contributor.AI)
    }
    assert {item.model for item in items} == {"claude-sonnet-4.5", "gpt-5.4"}
    assert len({item.session for item in items}) == 3


Act = tuple[str, Any, str, list[str]]
CLI: list[Act] = [
    ("create", {"path": FILE, "file_text": NEW}, FILE, NEW.splitlines()),
    ("edit", EDIT, FILE, [INSERTED]),
    ("str_replace_editor", {"command": "str_replace", **EDIT}, FILE, [INSERTED]),
    ("str_replace_editor", {"command": "create", "path": FILE, "file_text": NEW}, FILE, NEW.splitlines()),
    ("apply_patch", PATCH.partition("\n")[2], "a", ["x = 1"]),
]
CODE: list[Act] = [
    ("create_file", {"filePath": FILE, "content": NEW}, FILE, NEW.splitlines()),
    ("replace_string_in_file", {"filePath": FILE, "oldString": OLD, "newString": NEW}, FILE, [INSERTED]),
    (
        "multi_replace_string_in_file",
        {"replacements": [{"filePath": FILE, "oldString": OLD, "newString": NEW}]},
        FILE,
        [INSERTED],
    ),
    ("apply_patch", {"input": PATCH.partition("\n")[2], "explanation": "x"}, "a", ["x = 1"]),
]


def acts(editor: bool) -> Iterator[Act]:
    return iter(CODE if editor else CLI)


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("editor", [False, True])
def test_every_writing_tool_counts_in_both_forms_of_arguments(
    tmp_path: Path, editor: bool, as_text: bool
) -> None:
    """Arguments are an object, or the text of one."""
    for number, (name, asked, path, lines) in enumerate(acts(editor)):
        log = Events(tmp_path / str(number), editor=editor)
        given = json.dumps(asked) if as_text and not isinstance(asked, str) else asked
        log.call(name, given, None if editor else "done", request_only=as_text)
        check(log, [(path, lines)])
        (item,) = written(log)
        assert (item.model, item.cwd, item.outcome) == ("gpt-5.4", ROOT, Outcome.DONE)


@pytest.mark.parametrize("editor", [False, True])
@pytest.mark.parametrize("success", [False, None])
def test_a_call_that_did_not_succeed_wrote_nothing(
    tmp_path: Path, editor: bool, success: bool | None
) -> None:
    """Failed, denied and unanswered calls never count."""
    for number, (name, asked, _, _) in enumerate(acts(editor)):
        log = Events(tmp_path / str(number), editor=editor)
        log.call("view", {"path": FILE}, "x")
        log.call(name, asked, success=success)
        log.call("bash", {"command": PATCH}, success=success)
        check(log, [])


def test_where_no_outcome_is_recorded_at_all_nothing_is_sure(chat: Events) -> None:
    """Older logs of VS Code have calls only; a command's are not even likely."""
    chat.call("create_file", {"filePath": FILE, "content": NEW}, success=None)
    chat.call("run_in_terminal", {"command": f"cat > b.py <<'E'\n{NEW}E"}, success=None)
    (item,) = written(chat)
    assert (item.path, item.outcome) == (FILE, Outcome.UNKNOWN)


def test_a_commands_success_is_its_exit_status(log: Events) -> None:
    """`success` says that the command ran."""
    for number, (code, said) in enumerate(
        [
            (0, ""),
            (None, "\n<shellId: 1 completed with exit code 0>"),
            (1, ""),
            (None, "\n<shellId: 2 completed with exit code 127>"),
            (None, "<command with shellId: 3 is still running>"),
        ]
    ):
        log.call(
            "bash",
            {"command": f"cat > {number}.py <<'E'\nvalue_{number} = computed({number})\nE"},
            said,
            code=code,
        )
    check(log, [("0.py", ["value_0 = computed(0)"]), ("1.py", ["value_1 = computed(1)"])])


def test_an_editors_command_has_no_exit_status(chat: Events) -> None:
    """Then it is not known whether it wrote."""
    chat.call("run_in_terminal", {"command": f"cat > a.py <<'E'\n{NEW}E"}, None)
    assert [item.outcome for item in written(chat)] == [Outcome.UNKNOWN]


def test_the_effect_is_the_whole_line(log: Events) -> None:
    """What was asked for is a part of a line; the diff shows the line."""
    diff = git_diff(FILE, "@@ -1,1 +1,1 @@\n-limit = 10  # an hour\n+limit = 20  # an hour\n")
    log.call("edit", {"path": FILE, "old_str": "10", "new_str": "20"}, "ok", diff=diff)
    check(log, [(FILE, ["limit = 20  # an hour"])])


def test_what_a_command_overwrote_is_taken_from_the_snapshot(log: Events) -> None:
    """Only the lines that the file did not have before the prompt are new."""
    name = hashlib.sha256(OLD.encode()).hexdigest()
    event = log.prompt("go")
    log.call("bash", {"command": f"cat > a.py <<'E'\n{NEW}E\ncat > b.py <<'E'\n{NEW}E"}, code=0)
    folder = log.save().parent / "rewind-file-snapshots"
    (folder / "backups").mkdir(parents=True)
    (folder / "backups" / name).write_text(OLD)
    files = {
        "1": {"path": FILE, "preimage": {"kind": "content", "backupFile": name}},
        "2": {"path": f"{ROOT}/b.py", "preimage": {"kind": "absent"}},
        "3": {"path": f"{ROOT}/c.py", "preimage": {"kind": "content", "backupFile": "../../x"}},
    }
    other = {"eventId": "other", "files": {"1": {"path": FILE, "preimage": {"kind": "absent"}}}}
    index = {"snapshots": [other, {"eventId": event, "files": files}]}
    (folder / "index.json").write_text(json.dumps(index))
    check(log, [("a.py", [INSERTED]), ("b.py", NEW.splitlines())])


def test_what_was_there_before_is_somebody_elses(log: Events) -> None:
    """Text that was shown with or without numbers, typed, or printed is not the tool's, nor what a subagent of which
    nothing else is known handed on."""
    log.prompt("use this:\nline_one_of(the_prompt)")
    log.call("view", {"path": "b.py"}, "1. line_two_of(the_old_file)\n2. \n")
    log.call("view", {"path": "c.py"}, "line_three_of(the_old_file)\n")
    log.call("bash", {"command": "cat d.py"}, "line_four_of(the_output)", code=0)
    log.call("task", {"prompt": "go"}, "line_five_of(the_agent)")
    text = "".join(
        f"line_{word}\n"
        for word in (
            "one_of(the_prompt)",
            "two_of(the_old_file)",
            "three_of(the_old_file)",
            "four_of(the_output)",
            "five_of(the_agent)",
        )
    )
    log.call("create", {"path": FILE, "file_text": f"{text}line_six_of(its_own)\n"})
    check(log, [(FILE, ["line_six_of(its_own)"])])


def test_a_part_of_a_line_becomes_the_line_where_the_file_was_shown(chat: Events) -> None:
    """An editor's log has no effects; the session itself has shown the file."""
    chat.call("read_file", {"filePath": FILE}, "limit = 10  # an hour\n")
    chat.call("replace_string_in_file", {"filePath": FILE, "oldString": "10", "newString": "20"}, None)
    check(chat, [(FILE, ["limit = 20  # an hour"])])


def test_a_model_may_change(log: Events) -> None:
    """The latest choice is meant where a call names none."""
    log.add("session.model_change", {"newModel": "claude-opus-4.8"})
    log.add(
        "tool.execution_start",
        {"toolCallId": "x", "toolName": "create", "arguments": {"path": FILE, "file_text": NEW}},
    )
    log.add("tool.execution_complete", {"toolCallId": "x", "result": {"result_type": "success"}})
    assert [item.model for item in written(log)] == ["claude-opus-4.8"]


def test_a_growing_log_is_read_on(log: Events) -> None:
    """A call whose outcome came later is found by the second reading."""
    log.call("create", {"path": FILE, "file_text": NEW})
    path = log.save()
    size = path.read_bytes().rindex(b'{"type": "tool.execution_complete"')
    whole = path.read_bytes()
    path.write_bytes(whole[:size])
    transcript = Transcript(path, size, 0.0, "x")
    progress = resuming.Progress(READER.begin(transcript))
    assert scenario.since(READER, transcript, progress) == []
    path.write_bytes(whole)
    (item,) = scenario.since(READER, transcript, progress)
    assert item.path == FILE


def test_every_place_is_looked_at(tmp_path: Path) -> None:
    """$COPILOT_HOME, flat logs of older versions, and every editor; links are left out."""
    log, chat = Events(tmp_path / "a"), Events(tmp_path / "a", editor=True)
    chat.save()
    path = log.save()
    flat = tmp_path / "moved" / "session-state" / "22222222.jsonl"
    flat.parent.mkdir(parents=True)
    flat.write_bytes(path.read_bytes())
    (flat.parent / "link.jsonl").symlink_to(path)
    found = located(READER, tmp_path / "a", COPILOT_HOME=str(tmp_path / "moved"))
    assert {transcript.path.name for transcript in found} == {
        "events.jsonl",
        "22222222.jsonl",
        chat.path.name,
    }
    by_name = {transcript.path.name: transcript for transcript in found}
    assert [READER.nearness(by_name[name], (ROOT,)) for name in sorted(by_name)] == [0, 0, 0]
    assert [READER.nearness(one, ("/srv/other",)) for one in found] == [2, 2, 2]


@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """Each event of each kind, with something else than expected somewhere in it."""
    log = Events(tmp_path, editor=data.draw(st.booleans()))
    log.prompt("go")
    for name, asked, _, _ in (*CLI, *CODE):
        log.call(name, asked, diff=git_diff(FILE, "@@ -1 +1 @@\n-x\n+y\n"))
    log.call("bash", {"command": PATCH}, "Success. Updated", code=0)
    log.call("view", {"path": FILE}, "1. x")
    spoil(data, log.records)
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in log.records))
    faults = Faults("x")
    transcript = Transcript(path, 1, 0.0, "x")
    for item in own(READER.read(transcript, faults, lambda _: None), faults):
        assert all(isinstance(line, str) for line in item.lines)
        assert isinstance(item.path, str)
    READER.nearness(transcript, (ROOT,))


def test_windows_paths_are_kept_as_recorded(tmp_path: Path) -> None:
    """And the folder is told from the first event."""
    log = Events(tmp_path, cwd="C:\\Users\\ü\\proj")
    path = "C:\\Users\\ü\\proj\\src\\a.py"
    log.call("create", {"path": path, "file_text": NEW})
    (item,) = written(log)
    assert item.path == path
    (transcript,) = located(READER, log.home)
    assert [READER.nearness(transcript, (one,)) for one in ("c:/Users/ü/proj", "d:/other")] == [0, 2]
