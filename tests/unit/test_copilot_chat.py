"""GitHub Copilot's chats in VS Code: the text offered, and what the person did with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.copilot import ROOT, Chat, replacing, uri
from support.hostile import JUNK, PATCH, places, replaced
from support.scenario import located
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Outcome, Written
from whence.evidence.sessions.readers.copilot import CopilotChat
from whence.evidence.sessions.readers.copilot.chat_log import edited

READER = CopilotChat()
FILE = f"{ROOT}/a.py"
OLD = "def first(value):\n    return value * scale_of(value)\n"
INSERTED = "    return clipped(value, lowest=0.5)"
EDIT = replacing(INSERTED + "\n", (2, 1), (3, 1))


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return Chat(tmp_path)


def written(chat: Chat, suffix: str = ".json") -> list[Written]:
    chat.save(suffix)
    (transcript,) = located(READER, chat.user.parents[2])
    return list(own(scenario.events(READER, transcript), Faults("")))


def check(chat: Chat, expected: list[tuple[str, list[str], Outcome]]) -> None:
    """The session wrote these lines into these files, as surely as this, and nothing else."""
    found = [
        (item.path, [line for line in item.lines if line.strip()], item.outcome) for item in written(chat)
    ]
    assert found == expected


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_an_edit_counts_in_both_kinds_of_file(chat: Chat, suffix: str) -> None:
    """The log is replayed: what was pushed and taken back again is not there."""
    chat.request()
    chat.edit(FILE, EDIT)
    chat.file_state(FILE, 1)
    (item,) = written(chat, suffix)
    assert (item.path, item.lines, item.outcome) == (FILE, (INSERTED,), Outcome.DONE)
    assert (item.tool, item.model, item.session) == ("copilot", "claude-sonnet-4", chat.session)
    assert item.time is not None
    assert item.time.timestamp() == chat.requests[0]["timestamp"] / 1000 + 5


@pytest.mark.parametrize(
    ("state", "expected"), [(0, Outcome.DONE), (1, Outcome.DONE), (2, None), (None, Outcome.UNKNOWN)]
)
def test_the_editors_state_of_the_file_decides(
    chat: Chat, state: int | None, expected: Outcome | None
) -> None:
    """Pending and accepted edits are there, rejected ones are not; where nothing is kept nothing is sure."""
    chat.request()
    chat.edit(FILE, EDIT)
    if state is not None:
        chat.file_state(FILE, state)
    check(chat, [] if expected is None else [(FILE, [INSERTED], expected)])


@pytest.mark.parametrize(("event", "expected"), [(1, Outcome.DONE), (2, None), (3, Outcome.UNKNOWN)])
def test_what_the_person_did_before_the_next_request_decides(
    chat: Chat, event: int, expected: Outcome | None
) -> None:
    """Keep and undo; that they edited the file themselves says neither."""
    chat.request()
    chat.edit(FILE, EDIT)
    chat.request(
        "next",
        editedFileEvents=[{"uri": uri("/other"), "eventKind": 2}, {"uri": uri(FILE), "eventKind": event}],
    )
    check(chat, [] if expected is None else [(FILE, [INSERTED], expected)])


def test_a_request_that_was_undone_never_counts(chat: Chat) -> None:
    """It is removed when the next one is sent."""
    chat.request(shouldBeRemovedOnSend={"requestId": "request_0"})
    chat.edit(FILE, EDIT)
    chat.file_state(FILE, 1)
    check(chat, [])


def test_an_edit_that_was_not_finished_is_not_sure(chat: Chat) -> None:
    """The answer was stopped in the middle."""
    chat.request()
    chat.edit(FILE, EDIT, done=False)
    chat.file_state(FILE, 1)
    check(chat, [(FILE, [INSERTED], Outcome.UNKNOWN)])


def test_the_timeline_tells_the_effect(chat: Chat) -> None:
    """Whole lines, against what the file held before; a part of a line that was replaced becomes its line."""
    chat.request()
    original = "limit = 10  # readings an hour\n" + OLD
    inner = replacing("20", (1, 9), (1, 11))
    chat.edit(FILE, inner)
    chat.edit(
        FILE, replacing("    return value * scale_of(value)\nmore = added_by_the_tool()\n", (3, 1), (4, 1))
    )
    chat.baseline(FILE, original)
    chat.operation("textEdit", FILE, edits=[inner])
    chat.operation("textEdit", FILE, edits=[replacing("more = added_by_the_tool()\n", (4, 1), (4, 1))])
    chat.operation("create", f"{ROOT}/b.py", initialContent="created = by(the_tool)\n")
    chat.edit(f"{ROOT}/b.py", replacing("created = by(the_tool)\n", (1, 1), (1, 1)))
    for path in (FILE, f"{ROOT}/b.py"):
        chat.file_state(path, 0)
    check(
        chat,
        [
            (FILE, ["limit = 20  # readings an hour"], Outcome.DONE),
            (FILE, ["more = added_by_the_tool()"], Outcome.DONE),
            (f"{ROOT}/b.py", ["created = by(the_tool)"], Outcome.DONE),
        ],
    )


def test_edits_from_the_current_epoch_on_are_undone(chat: Chat) -> None:
    """The person went back in the editor's timeline."""
    chat.request()
    chat.edit(FILE, EDIT)
    chat.baseline(FILE, OLD)
    chat.operation("textEdit", FILE, edits=[EDIT])
    epoch = chat.operation("textEdit", FILE, edits=[replacing("undone = taken_back()\n", (1, 1), (1, 1))])
    chat.state["timeline"]["currentEpoch"] = epoch
    check(chat, [(FILE, [INSERTED], Outcome.UNKNOWN)])


def test_another_extensions_answer_is_not_copilots(chat: Chat) -> None:
    """Chats are shared with agents of other extensions."""
    chat.request(agent={"extensionId": {"value": "someone.else"}})
    chat.edit(FILE, EDIT)
    chat.request(agent=None)
    chat.edit(f"{ROOT}/b.py", EDIT)
    check(chat, [(f"{ROOT}/b.py", [INSERTED], Outcome.UNKNOWN)])


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"commandLine": {"original": PATCH}, "terminalCommandState": {"exitCode": 0}}, Outcome.DONE),
        ({"commandLine": {"original": "x", "toolEdited": PATCH}}, Outcome.UNKNOWN),
        ({"command": PATCH}, Outcome.UNKNOWN),
        ({"commandLine": {"original": PATCH}, "terminalCommandState": {"exitCode": 1}}, None),
        ({"commandLine": {"original": PATCH}, "terminalCommandState": {"exitCode": [0]}}, None),
        ({"commandLine": {"original": PATCH, "userEdited": "true"}}, None),
    ],
)
def test_a_commands_exit_status_decides(chat: Chat, part: dict[str, Any], expected: Outcome | None) -> None:
    """Where there is none its outcome is unknown; what the person typed instead is theirs."""
    chat.request()
    chat.call(
        "run_in_terminal", {"command": "x"}, toolSpecificData={"kind": "terminal", "cwd": uri(ROOT), **part}
    )
    assert [(item.path, item.cwd, item.outcome) for item in written(chat)] == (
        [] if expected is None else [("a", ROOT, expected)]
    )


@pytest.mark.parametrize("confirmed", [{"type": 0}, {"type": 5}, False])
def test_a_command_that_was_denied_or_skipped_wrote_nothing(chat: Chat, confirmed: object) -> None:
    """Its text is there all the same."""
    chat.request()
    data = {"kind": "terminal", "commandLine": {"original": PATCH}}
    chat.call("run_in_terminal", {}, toolSpecificData=data, isConfirmed=confirmed)
    check(chat, [])


def test_what_was_there_before_is_somebody_elses(chat: Chat) -> None:
    """Text that was typed, attached, read or replaced is not the tool's, and in the order in which it came."""
    chat.request("use this:\nline_one_of(the_prompt)")
    metadata = chat.requests[0]["result"]["metadata"]
    metadata["renderedUserMessage"] = [
        {"type": 1, "text": "<attachment>\nline_two_of(the_attachment)\n</attachment>"}
    ]
    leaf = {"type": 2, "text": "line_three_of(the_old_file)", "lineBreakBefore": True}
    chat.call("read_file", {"filePath": "b.py"}, {"node": {"type": 1, "children": [{"children": [leaf]}]}})
    chat.call(
        "replace_string_in_file", {"filePath": FILE, "oldString": "line_four_of(the_file)", "newString": "x"}
    )
    text = "".join(
        f"line_{word}\n"
        for word in (
            "one_of(the_prompt)",
            "two_of(the_attachment)",
            "three_of(the_old_file)",
            "four_of(the_file)",
            "five_of(the_tool)",
        )
    )
    chat.edit(FILE, replacing(text, (1, 1), (9, 1)))
    chat.call("read_file", {"filePath": FILE}, "line_five_of(the_tool)")
    check(chat, [(FILE, ["line_five_of(the_tool)"], Outcome.UNKNOWN)])


def test_what_was_answered_is_somebody_elses(chat: Chat) -> None:
    """The answer to a question; what the tool had offered itself is its own."""
    chat.request("go")
    asked = {"questions": [{"question": "What?", "options": [INSERTED]}]}
    chat.call("vscode_askQuestions", asked, json.dumps({"answers": {"What?": f"{INSERTED}\n{OLD}"}}))
    chat.edit(FILE, {"text": f"{OLD}{INSERTED}\n", "range": {}})
    check(chat, [(FILE, [INSERTED], Outcome.UNKNOWN)])


def test_the_model_behind_auto_is_named_by_the_answer(chat: Chat) -> None:
    """Where the person left the choice to Copilot."""
    chat.request(model="copilot/auto")
    chat.requests[0]["result"]["details"] = "Claude Sonnet 4 • 1x"
    chat.edit(FILE, EDIT)
    assert [item.model for item in written(chat)] == ["Claude Sonnet 4"]


@pytest.mark.parametrize(
    "editor",
    [
        ".config/Code",
        ".config/Code - Insiders",
        "Library/Application Support/Code",
        "AppData/Roaming/Code - Insiders",
        ".vscode-server/data",
    ],
)
def test_every_editors_folder_is_looked_at(tmp_path: Path, editor: str) -> None:
    """On Linux, macOS and Windows; chats of windows without a folder too; the newer of two files of one chat."""
    chat = Chat(tmp_path, editor=editor)
    chat.request()
    chat.save()
    newer = chat.save(".jsonl")
    empty = chat.user / "globalStorage" / "emptyWindowChatSessions" / "x.json"
    empty.parent.mkdir(parents=True)
    empty.write_text("{}")
    (empty.parent / "link.json").symlink_to(newer)
    found = located(READER, tmp_path)
    assert {transcript.path for transcript in found} == {newer.resolve(), empty.resolve()}
    assert {(one.path.name, READER.nearness(one, (ROOT,))) for one in found} == {
        (newer.name, 0),
        ("x.json", 2),
    }


def test_windows_paths_are_kept_as_recorded(tmp_path: Path) -> None:
    """URIs and paths with drives mean the same file."""
    chat = Chat(tmp_path, folder="file:///c%3A/Users/u/proj")
    chat.request()
    place = {
        "$mid": 1,
        "fsPath": "c:\\Users\\u\\proj\\a.py",
        "path": "/C:/Users/u/proj/a.py",
        "scheme": "file",
    }
    chat.requests[0]["response"].append(
        {"kind": "textEditGroup", "uri": place, "edits": [[EDIT]], "done": True}
    )
    chat.state["recentSnapshot"] = {"entries": [{"resource": "file:///c%3A/Users/u/proj/a.py", "state": 1}]}
    check(chat, [("c:\\Users\\u\\proj\\a.py", [INSERTED], Outcome.DONE)])


@pytest.mark.parametrize(
    ("text", "edits", "after"),
    [
        ("", [replacing("a", (1, 1), (1, 1))], "a"),
        ("ab\ncd", [replacing("X", (1, 2), (2, 2))], "aXd"),
        ("ab\ncd", [replacing("1", (2, 1), (2, 1)), replacing("2", (1, 1), (1, 1))], "2ab\n1cd"),
        ("a🌊b", [replacing("X", (1, 4), (1, 5))], "a🌊X"),
        ("a🌊b", [replacing("X", (1, 2), (1, 4))], "aXb"),
        ("a\r\nb", [replacing("X", (2, 1), (2, 2))], "a\nX"),
        ("ab", [replacing("X", (9, 1), (9, 5))], "abX"),
        ("ab", [replacing("X", (1, 9), (1, 9))], "abX"),
        ("ab", [replacing("X", (1, 2), (1, 1))], None),
        ("abc", [replacing("X", (1, 1), (1, 3)), replacing("Y", (1, 2), (1, 3))], None),
        ("ab", [{"text": "X"}], None),
        ("ab", [3], None),
    ],
)
def test_edits_of_ranges_are_carried_out(text: str, edits: list[object], after: str | None) -> None:
    """Columns count UTF-16 units; edits that were made at once do not move each other; what does not fit is none."""
    assert edited(text, edits) == after


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": 1, "k": ["requests", 9, "x"], "v": 1},
        {"kind": 1, "k": ["requests", -1], "v": 1},
        {"kind": 1, "k": [], "v": 1},
        {"kind": 1, "v": 1},
        {"kind": 2, "k": ["sessionId"], "v": [1]},
        {"kind": 2, "k": ["requests"], "v": "x"},
        {"kind": 3, "k": ["requests", "x"]},
        {"kind": 7, "k": ["requests"], "v": 1},
        {"kind": 1, "k": [{"x": 1}, None], "v": 1},
    ],
)
def test_a_change_of_nothing_is_told_and_the_rest_is_read(chat: Chat, entry: dict[str, Any]) -> None:
    """One fault, and no text is lost."""
    chat.request()
    chat.edit(FILE, EDIT)
    path = chat.save(".jsonl")
    path.write_text(path.read_text() + json.dumps(entry) + "\n")
    (transcript,) = located(READER, chat.user.parents[2])
    faults = Faults("x")
    assert (
        len([item for item in READER.read(transcript, faults, lambda _: None) if isinstance(item, Written)])
        == 1
    )
    assert faults.count == 1


@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """The chat and the editor's state, with something else than expected somewhere."""
    chat = Chat(tmp_path)
    chat.request()
    chat.call("read_file", {"filePath": FILE}, {"node": {"children": [{"text": "x"}]}})
    chat.call(
        "run_in_terminal", {}, toolSpecificData={"kind": "terminal", "commandLine": {"original": PATCH}}
    )
    chat.edit(FILE, EDIT)
    chat.baseline(FILE, OLD)
    chat.operation("textEdit", FILE, edits=[EDIT])
    chat.request(editedFileEvents=[{"uri": uri(FILE), "eventKind": 1}])
    chat.edit(f"{ROOT}/b.py", EDIT)
    chat.file_state(FILE, 0)
    whole: dict[str, Any] = {"requests": chat.requests, "state": chat.state}
    for _ in range(data.draw(st.integers(1, 5))):
        whole = replaced(whole, data.draw(st.sampled_from(places(whole)[1:])), data.draw(JUNK))
    chat.requests = whole["requests"]
    chat.state = whole["state"] if isinstance(whole["state"], dict) else {}
    if isinstance(chat.requests, list) and all(
        isinstance(one, dict) and isinstance(one.get("response"), list) and "result" in one
        for one in chat.requests
    ):
        chat.save(".jsonl")
    chat.save()
    for transcript in located(READER, tmp_path):
        faults = Faults("x")
        for item in own(READER.read(transcript, faults, lambda _: None), faults):
            assert all(isinstance(line, str) for line in item.lines)
            assert isinstance(item.path, str)
