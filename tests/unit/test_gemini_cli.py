"""Gemini CLI's chats: those that the real program wrote, and those that only a person's hand makes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from support import scenario
from support.gemini import ROOT, Gemini
from support.scenario import FIXTURES, by_file, check_lines, located
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Outcome, Places, Read, Transcript, Written
from whence.evidence.sessions.readers.gemini_cli import GeminiCli
from whence.model import Contributor

READER = GeminiCli()
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"


@pytest.fixture
def chat(tmp_path: Path) -> Gemini:
    return Gemini(tmp_path)


def events(chat: Gemini) -> list[Written | Read]:
    chat.save()
    (transcript,) = located(READER, chat.home)
    return scenario.events(READER, transcript)


def written(chat: Gemini) -> list[Written]:
    return list(own(events(chat), Faults("")))


def check(chat: Gemini, expected: list[tuple[str, list[str]]]) -> None:
    """The session wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(written(chat)) == expected


def test_the_real_programs_chats_are_read() -> None:
    """Version 0.61: every call that succeeded is found once, in the resumed session and the subagent's too."""
    transcripts = located(READER, FIXTURES / "gemini-cli-0.61.0")
    assert len(transcripts) == 4
    assert {transcript.folder for transcript in transcripts} == {scenario.PROJECT}
    items = scenario.written(READER, transcripts)
    found = by_file(items)
    assert found == scenario.WROTE
    check_lines(found)
    assert {(item.tool, item.model, item.outcome, item.contributor) for item in items} == {
        ("gemini-cli", "gemini-3-pro", Outcome.DONE, Contributor.AI)
    }
    assert len({item.session for item in items}) == 2
    assert all(item.time is not None and item.locator.record and item.locator.line for item in items)


def test_the_real_programs_older_chats_are_read() -> None:
    """Version 0.18: one JSON object a file, a folder named by a digest, and no effects at all."""
    found = READER.locate(
        Places({"HOME": str(FIXTURES / "gemini-cli-0.18.4")}, Path(scenario.PROJECT) / "harbour")
    )
    assert {transcript.folder for transcript in found.transcripts} == {scenario.PROJECT}
    items = scenario.written(READER, sorted(found.transcripts, key=lambda one: one.changed))
    lines = by_file(items)
    check_lines(lines)
    assert set(lines["tide_notes.py"]) == {*scenario.EDITED, *scenario.REWRITTEN, *scenario.RESUMED}
    assert {name: lines[name] for name in lines if name != "tide_notes.py"} == {
        "harbour/forecast.py": scenario.CREATED,
        "legacy.ini": scenario.WINDOWS,
        "données/prévision.py": scenario.UNICODE,
        "harbour/list.py": scenario.BY_AGENT,
    }


def test_a_folder_that_only_its_digest_names_is_recognised() -> None:
    """Where nothing tells the folder, whether it is this one can still be told."""
    digest = hashlib.sha256(ROOT.encode()).hexdigest()
    windows = hashlib.sha256(b"C:\\Users\\u\\proj").hexdigest()

    def near(folder: str, here: str) -> int:
        return READER.nearness(Transcript(Path("x"), 1, 0.0, "", folder), (here,))

    assert [near(digest, ROOT), near(digest, "/home/u"), near(windows, "c:/Users/u/proj")] == [0, 2, 0]
    assert [near(ROOT, ROOT), near(ROOT, ROOT + "/sub"), near("", ROOT)] == [0, 1, 2]


def test_the_projects_folder_is_found_in_each_of_the_tools_files(chat: Gemini) -> None:
    """`.project_root`, `projects.json`, and the digest of a listed folder."""
    chat.save()
    tmp = chat.path.parents[2]
    (tmp / "proj" / ".project_root").unlink()
    digest = hashlib.sha256(b"/srv/other").hexdigest()
    (tmp / digest / "chats").mkdir(parents=True)
    (tmp / digest / "chats" / "session-x.json").write_text("{}")
    (tmp / "proj" / "logs.json").write_text("[]")
    (tmp.parent / "projects.json").write_text(json.dumps({"projects": {ROOT: "proj", "/srv/other": "other"}}))
    assert {transcript.folder for transcript in located(READER, chat.home)} == {ROOT, "/srv/other"}


def test_another_home_is_respected(chat: Gemini, tmp_path: Path) -> None:
    """$GEMINI_CLI_HOME replaces the home folder."""
    path = chat.save()
    found = located(READER, tmp_path / "nobody", GEMINI_CLI_HOME=str(tmp_path))
    assert [transcript.path for transcript in found] == [path.resolve()]


@pytest.mark.parametrize(
    "status", ["error", "cancelled", "validating", "scheduled", "executing", "awaiting_approval"]
)
@pytest.mark.parametrize("tool", ["write", "replace", "call"])
def test_a_call_that_did_not_succeed_wrote_nothing(chat: Gemini, tool: str, status: str) -> None:
    """A cancelled edit has the whole diff of what it would have done."""
    if tool == "write":
        chat.write("a.py", NEW, OLD, status=status)
    elif tool == "replace":
        chat.replace("a.py", OLD, NEW, OLD, status=status)
    else:
        chat.call("run_shell_command", {"command": f"cat > a.py <<'E'\n{NEW}E"}, "no", None, status=status)
    check(chat, [])


def test_a_call_counts_once_when_its_message_is_written_again(chat: Gemini) -> None:
    """The same message comes again with more calls, in a replaced history, and in a resumed file."""
    chat.write("a.py", NEW, OLD)
    chat.records.append({"$set": {"messages": [chat.records[-1]]}})
    chat.records += chat.records[:]
    check(chat, [(f"{ROOT}/a.py", [INSERTED])])


def test_a_call_that_runs_counts_when_it_has_succeeded(chat: Gemini) -> None:
    """An earlier copy of the message has the call without its outcome."""
    chat.write("a.py", NEW, OLD)
    done = chat.records[-1]
    running = json.loads(json.dumps(done))
    running["toolCalls"][0]["status"] = "executing"
    chat.records.insert(-1, running)
    check(chat, [(f"{ROOT}/a.py", [INSERTED])])


def test_what_was_rewound_is_not_known_to_have_stayed(chat: Gemini) -> None:
    """A rewind may put the files back, and says nothing about it; what came before is as sure as ever."""
    chat.write("a.py", NEW, OLD)
    back = chat.prompt("and now something else")
    chat.write("b.py", "second_thoughts = reconsidered(everything)\n")
    chat.records.append({"$rewindTo": back})
    chat.write("c.py", "third_time_lucky = settled(at_last=True)\n")
    assert [(item.path[-4:], item.outcome) for item in written(chat)] == [
        ("a.py", Outcome.DONE),
        ("b.py", Outcome.UNKNOWN),
        ("c.py", Outcome.DONE),
    ]


def test_a_rewind_to_a_message_that_is_gone_takes_everything_back(chat: Gemini) -> None:
    """As the tool itself reads it."""
    chat.write("a.py", NEW, OLD)
    chat.records.append({"$rewindTo": "no such message"})
    assert [item.outcome for item in written(chat)] == [Outcome.UNKNOWN]


def test_a_changed_proposal_is_mixed(chat: Gemini) -> None:
    """What a person changed before accepting is MIXED, and what they added themselves is nobody's claim."""
    proposal = "timeout = 30 if quick else fallback_timeout\nretries = attempts_of(profile)\n"
    taken = (
        "timeout = 60 if quick else fallback_timeout\nretries = attempts_of(profile)\n"
        "# measured on the staging cluster by hand\n"
    )
    chat.write("a.py", proposal, after=taken)
    (item,) = written(chat)
    assert item.contributor is Contributor.MIXED
    assert item.lines == ("timeout = 60 if quick else fallback_timeout", "retries = attempts_of(profile)")


def test_a_part_of_a_line_that_was_replaced_is_no_persons_change(chat: Gemini) -> None:
    """The model asked for less than a line: the line as a whole is what it wanted."""
    original = "limit = 10  # readings an hour, as the harbour master asked for in 2019\n"
    chat.replace("a.py", "10", "20", original)
    (item,) = written(chat)
    assert (item.contributor, item.lines) == (Contributor.AI, (original.replace("10", "20").rstrip("\n"),))


def test_an_overwritten_file_that_nobody_shows_contributes_nothing(chat: Gemini) -> None:
    """Which of its lines are new cannot be told."""
    chat.write("a.py", NEW, None)
    chat.call(
        "write_file",
        {"file_path": "b.py", "content": NEW},
        f"Successfully overwrote file: {ROOT}/b.py.",
        None,
    )
    check(chat, [])


def test_an_overwritten_file_that_was_read_contributes_its_new_lines(chat: Gemini) -> None:
    """The session itself shows the original."""
    chat.call("read_file", {"file_path": "a.py"}, OLD, None)
    chat.write("a.py", NEW, None)
    check(chat, [(f"{ROOT}/a.py", [INSERTED])])


def test_a_file_that_was_read_in_part_is_not_known(chat: Gemini) -> None:
    """Lines that were not shown may be the person's."""
    chat.call("read_file", {"file_path": "a.py", "start_line": 1, "end_line": 1}, OLD, None)
    chat.write("a.py", NEW, None)
    check(chat, [])


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("Output: (empty)\nProcess Group PGID: 12", 1),
        ("Command: x\nOutput: (empty)\nError: (none)\nExit Code: 0\nSignal: 0\nBackground PIDs: (none)", 1),
        ("Command: x\nOutput: (empty)\nExit Code: 0\nSignal: (none)", 1),
        ("Output: cat: no\nExit Code: 1\nProcess Group PGID: 12", 0),
        ("Output: (empty)\nExit Code: (none)\nSignal: SIGTERM", 0),
        ("Output: (empty)\nSignal: 9", 0),
        ("Command was cancelled by user before it could complete.", 0),
        ("Command timed out after 5.0 minutes", 0),
        ("Command moved to background (PID: 12). Output hidden.", 0),
    ],
)
def test_a_command_failed_when_its_output_says_so(chat: Gemini, said: str, count: int) -> None:
    """The status of a command's call is success in all of these."""
    chat.shell(f"cat > a.py <<'EOF'\n{NEW}EOF", said)
    assert len(written(chat)) == count


def test_a_command_that_is_repeated_in_its_output_shows_nothing(chat: Gemini) -> None:
    """A failed here-document's text was not there before, so it may be written at the second attempt."""
    command = f"cat > a.py <<'EOF'\n{NEW}EOF"
    chat.shell(command, f"Command: {command}\nOutput: no space\nExit Code: 1")
    chat.shell(command, f"Command: {command}\nOutput: (empty)\nExit Code: 0")
    check(chat, [("a.py", NEW.splitlines())])


def test_a_commands_paths_are_relative_to_its_folder(chat: Gemini) -> None:
    """`dir_path` is relative to the project."""
    chat.shell(f"cd lib && cat > a.py <<'EOF'\n{NEW}EOF", dir_path="packages/core")
    (item,) = written(chat)
    assert (item.path, item.cwd) == ("a.py", f"{ROOT}/packages/core/lib")


def test_what_was_there_before_is_somebody_elses(chat: Gemini) -> None:
    """Text that was read, typed, or shown by a command is not the tool's."""
    chat.call("read_file", {"file_path": "old.py"}, "line_one_of(the_old_file)\n", None)
    chat.prompt("use this:\nline_two_of(the_prompt)")
    chat.shell("cat other.py", "Output: line_three_of(the_output)\nProcess Group PGID: 7")
    chat.write(
        "a.py",
        "line_one_of(the_old_file)\nline_two_of(the_prompt)\nline_three_of(the_output)\nnew = line(4)\n",
    )
    check(chat, [(f"{ROOT}/a.py", ["new = line(4)"])])


def test_what_an_agent_hands_on_is_somebody_elses_but_for_what_it_was_told(chat: Gemini) -> None:
    """Nothing tells what a subagent was shown."""
    told = NEW.splitlines()[0]
    chat.call("invoke_agent", {"prompt": told}, NEW, None)
    chat.call("codebase_searcher", {"prompt": told}, NEW, None, agentId="7")
    chat.write("a.py", NEW)
    check(chat, [(f"{ROOT}/a.py", [told])])


def test_calls_that_stand_in_the_text_only_are_read(chat: Gemini) -> None:
    """A history that was loaded has calls and results as content."""
    asked = {"id": "c1", "name": "write_file", "args": {"file_path": "a.py", "content": NEW}}
    for name, response in (
        ("c1", {"output": f"Successfully created and wrote to new file: {ROOT}/a.py."}),
        ("c2", {"error": "no"}),
    ):
        chat.records.append(
            {"id": f"g{name}", "type": "gemini", "content": [{"functionCall": {**asked, "id": name}}]}
        )
        result = {"functionResponse": {"id": name, "name": "write_file", "response": response}}
        chat.records.append({"id": f"u{name}", "type": "user", "content": [result]})
    check(chat, [(f"{ROOT}/a.py", NEW.splitlines())])


def test_windows_paths_are_kept_as_recorded(tmp_path: Path) -> None:
    """Back-slashes and drives come through untouched."""
    chat = Gemini(tmp_path, root="C:\\Users\\ü\\proj")
    chat.write("C:\\Users\\ü\\proj\\src\\a.py", NEW, OLD)
    chat.shell(f"cat > lib/b.py <<'EOF'\n{INSERTED} + 1\nEOF")
    first, second = written(chat)
    assert first.path == "C:\\Users\\ü\\proj\\src\\a.py"
    assert (second.path, second.cwd) == ("lib/b.py", "c:/Users/ü/proj")


def test_a_chat_in_one_object_may_have_any_name(chat: Gemini, tmp_path: Path) -> None:
    """Recorders keep the older form under the newer name."""
    chat.write("a.py", NEW, OLD)
    path = chat.save()
    messages = [record for record in chat.records if "id" in record]
    path.write_text(json.dumps({"sessionId": "s9", "projectHash": "x", "messages": messages}, indent=2))
    (transcript,) = located(READER, tmp_path)
    (item,) = own(scenario.events(READER, transcript), Faults(""))
    assert (item.session, item.lines) == ("s9", (INSERTED,))
