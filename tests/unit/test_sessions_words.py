"""What a person said in another place than a prompt, and what reached a tool in another form than a file's, is theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.copilot import Events
from support.gemini import Gemini
from support.opencode import OpenCode
from support.scenario import events, located
from support.tasks import Task
from support.transcripts import REFUSED, Claude, Codex
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.edits.shown import as_shown, heard
from whence.evidence.sessions.interface import Faults, Reader, Transcript
from whence.evidence.sessions.readers.claude_code import ClaudeCode
from whence.evidence.sessions.readers.codex import Codex as CodexReader
from whence.evidence.sessions.readers.copilot import CopilotEvents
from whence.evidence.sessions.readers.gemini_cli import GeminiCli
from whence.evidence.sessions.readers.opencode import OpenCode as OpenCodeReader
from whence.evidence.sessions.readers.roo import RooCode

CWD = "/home/u/proj"
FILE = f"{CWD}/dues.py"
THEIRS = '''def reconcile_dues(entries, tariff):
    """The harbour dues of "every" vessel."""
    for vessel, nights in entries.items():
        yield vessel, tariff[vessel] * nights
'''
ADDED = "    raise LedgerClosed(tariff.valid_until)"
TEXT = THEIRS + ADDED + "\n"
ROWS = THEIRS.splitlines()
NOTEBOOK = json.dumps(
    {"cells": [{"source": THEIRS.rstrip().splitlines(True)}, {"source": ["dues = 12"]}]}, indent=1
)
SAID = "No. Put exactly this into the file:\n" + THEIRS
REFUSAL = REFUSED.partition("STOP")[0] + "To tell you how to proceed, the user said:\n" + SAID


def lines(reader: Reader, transcript: Transcript) -> list[str]:
    """What the session wrote itself."""
    return [line for item in own(events(reader, transcript), Faults("")) for line in item.lines]


def of_claude(session: Claude, *, expected: list[str] | None = None) -> None:
    """The tool copies the person's text and adds a line: that one is its own."""
    session.write(FILE, TEXT)
    path = session.save()
    found = lines(ClaudeCode(), Transcript(path, path.stat().st_size, 0.0, "x"))
    assert found == ([ADDED] if expected is None else expected)


@pytest.fixture
def claude(tmp_path: Path) -> Claude:
    session = Claude(tmp_path, CWD)
    session.prompt("write the ledger")
    return session


def refused(session: Claude, name: str, asked: dict[str, Any]) -> None:
    session.call(name, asked, {}, "", outcome="refused")
    session.records[-1]["message"]["content"][0]["content"] = REFUSAL
    session.records[-1]["toolUseResult"] = "Error: " + REFUSAL


def attached(kind: str, **more: object) -> dict[str, Any]:
    return {"type": "attachment", "attachment": {"type": kind, **more}}


NUMBERED = "\n".join(f"{number}\t{row}" for number, row in enumerate(ROWS, 1))
RECORDS: dict[str, dict[str, Any]] = {
    "queued": attached("queued_command", prompt=SAID, commandMode="prompt"),
    "queued parts": attached("queued_command", prompt=[{"type": "text", "text": SAID}]),
    "enqueued": {"type": "queue-operation", "operation": "enqueue", "content": SAID},
    "memory": attached("nested_memory", path="/x/CLAUDE.md", content={"type": "Project", "content": THEIRS}),
    "plan": attached("plan_file_reference", planFilePath="x", planContent=THEIRS),
    "skills": attached("invoked_skills", skills=[{"name": "x", "path": "y", "content": THEIRS}]),
    "resource": attached("mcp_resource", server="x", uri="y", content={"contents": [{"text": THEIRS}]}),
    "file again": attached("already_read_file", content={"file": {"filePath": FILE, "content": THEIRS}}),
    "hook's context": attached("hook_additional_context", content=[THEIRS], hookEvent="SessionStart"),
    "hook": attached("hook_success", content="", stdout=THEIRS, hookName="x"),
    "edited file": attached("edited_text_file", filename=FILE, snippet=NUMBERED),
    "of a version to come": attached("never_heard_of", somewhere={"deep": [{"inside": THEIRS}]}),
    "command": {
        "type": "system",
        "subtype": "local_command",
        "content": f"<local-command-stdout>{THEIRS}</local-command-stdout>",
    },
    "shell": {"type": "user", "message": {"role": "user", "content": f"<bash-stdout>{THEIRS}</bash-stdout>"}},
}


@pytest.mark.parametrize("name", RECORDS)
def test_what_claude_code_was_told_beside_the_messages_is_theirs(claude: Claude, name: str) -> None:
    """Records in which a person's words and files come, of kinds that are known and not."""
    claude._add(RECORDS[name])
    of_claude(claude)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("Write", {"file_path": FILE, "content": ADDED}),
        ("Edit", {"file_path": FILE, "old_string": "x", "new_string": ADDED}),
        ("ExitPlanMode", {"plan": ADDED}),
        ("Bash", {"command": "make"}),
    ],
)
def test_why_claude_code_was_refused_is_theirs(claude: Claude, name: str, asked: dict[str, Any]) -> None:
    """Their words come back as the call's result; what it had asked for stays the tool's own."""
    refused(claude, name, asked)
    of_claude(claude)


def test_an_answer_and_an_edited_plan_are_theirs(claude: Claude) -> None:
    """What the tool had offered and planned itself is its own, though the result repeats it."""
    offered = {"questions": [{"question": "What goes in?", "options": [{"label": ADDED}]}]}
    said = f'User has answered your questions: "What goes in?"="{THEIRS.rstrip()}". You can now continue.\n{ADDED}'
    claude.call("AskUserQuestion", offered, {**offered, "answers": {"What goes in?": THEIRS}}, said)
    of_claude(claude)
    claude.records.clear()
    plan = f"# Plan\n{ADDED}\n{THEIRS}"
    claude.call(
        "ExitPlanMode", {"plan": f"# Plan\n{ADDED}"}, {"plan": plan}, f"Approved (edited by user):\n{plan}"
    )
    of_claude(claude)


@pytest.mark.parametrize("version", ["2.0.76", "2.1.42"])
def test_a_file_that_a_subagent_handed_on_is_theirs(tmp_path: Path, version: str) -> None:
    """Its own new text is the tool's; where its file is gone nobody knows, and all of it is theirs."""
    helper = Claude(tmp_path, CWD, place="subagent", version=version)
    helper.prompt("find it")
    helper.read(f"{CWD}/old.py", THEIRS)
    path = helper.save()
    session = Claude(tmp_path, CWD, version=version)
    said = f"Here it is, and a line to add:\n{TEXT}"
    session.call("Task", {"prompt": "find it"}, {"status": "completed", "agentId": "a1b2c3"}, said)
    of_claude(session)
    path.unlink()
    of_claude(session, expected=[])


def test_what_an_inline_subagent_says_is_the_tools_but_for_what_it_read(tmp_path: Path) -> None:
    """Its messages stand in the session's own file, and told already what it was shown."""
    session = Claude(tmp_path, CWD)
    helper = Claude(tmp_path, CWD, place="progress")
    helper.read(f"{CWD}/old.py", THEIRS)
    session.records += helper.records
    session.call("Task", {"prompt": "find it"}, {"agentId": helper.agent}, f"Here it is:\n{TEXT}")
    of_claude(session)


FORMS = {
    "JSON": json.dumps([{"name_path": "reconcile_dues", "body": THEIRS}]),
    "JSON in JSON": json.dumps({"content": [{"type": "text", "text": json.dumps({"body": THEIRS})}]}),
    "JSON that was cut": json.dumps({"body": THEIRS, "more": "x" * 50})[:-20],
    "grep": "\n".join(f"dues.py:{row}" for row in ROWS),
    "grep around": "\n".join(
        f"my code/dues.py{'-' if number else ':'}{row}" for number, row in enumerate(ROWS)
    ),
    "grep -n": "\n".join(f"my code/dues.py:{number}:{row}" for number, row in enumerate(ROWS, 1)),
    "drive": "\n".join(f"C:\\my code\\dues.py:{number}:{row}" for number, row in enumerate(ROWS, 1)),
    "tags": f"<file><content>{THEIRS.rstrip()}</content></file>",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_text_in_another_form_is_known_line_by_line(claude: Claude, form: str) -> None:
    """What tools of other makers, searches and tags make of a file."""
    assert set(ROWS) <= set(as_shown(FORMS[form]))
    claude.call("mcp__serena__find_symbol", {"name_path": "x"}, {}, FORMS[form])
    of_claude(claude)


@pytest.mark.parametrize(
    "shown",
    [
        "".join(f"{number:5}\u2192{row}\n" for number, row in enumerate(NOTEBOOK.splitlines(), 1)),
        "\n".join(NOTEBOOK.splitlines()[3:-2]),  # a part of it
        f'<cell id="a1"><language>r</language>{THEIRS}</cell id="a1">\n<cell id="b">dues = 12</cell id="b">',
    ],
    ids=["numbered", "part", "cells"],
)
def test_a_notebooks_lines_are_known_as_their_author_sees_them(shown: str) -> None:
    """Also the last line of a cell, and the only one, without JSON's quotes or the tags around a cell."""
    assert {*ROWS, "dues = 12"} <= set(as_shown(shown))


def test_what_a_call_said_itself_is_not_heard() -> None:
    """Neither where a result repeats it, nor with white space or numbers around it."""
    assert ADDED not in heard(f"refused: {ADDED}\n  {ADDED}\n{THEIRS}", {"content": [ADDED]})
    assert set(ROWS) <= set(heard(THEIRS, {"content": [ADDED]}))
    assert heard("", None) == ()


def opencode(home: Path, act: Callable[[OpenCode], object]) -> list[str]:
    session = OpenCode(home)
    session.prompt("go")
    act(session)
    session.write(FILE, TEXT)
    session.save()
    return lines(OpenCodeReader(), *located(OpenCodeReader(), home))


def rejected(session: OpenCode) -> None:
    session.write(FILE, ADDED, status="error")
    session.parts[-1][1]["state"]["error"] = f"The user rejected it with the following feedback: {SAID}"


def test_what_opencode_was_answered_is_theirs(tmp_path: Path) -> None:
    """The answer to its question, and why it may not."""
    asked = {"questions": [{"question": "What goes in?"}]}
    said = f'User has answered your questions: "What goes in?"="{THEIRS}". You can now continue.'
    ask: Callable[[OpenCode], object] = lambda session: session.tool(  # noqa: E731
        "question", asked, {"answers": [[THEIRS]]}, said
    )
    assert opencode(tmp_path / "a", ask) == [ADDED]
    assert opencode(tmp_path / "b", rejected) == [ADDED]


@pytest.mark.parametrize("layout", ["database", "files"])
def test_what_an_opencode_subagent_read_is_theirs(tmp_path: Path, layout: str) -> None:
    """A subagent has a session of its own."""
    helper = OpenCode(tmp_path, session="ses_2")
    helper.prompt("find it")
    helper.tool("read", {"filePath": "b.py"}, {}, f"<content>\n{NUMBERED}\n</content>")
    session = OpenCode(tmp_path)
    session.tool("task", {"prompt": "find it"}, {"sessionId": "ses_2"}, f"Here it is:\n{TEXT}")
    session.write(FILE, TEXT)
    helper.save(layout)
    session.save(layout)
    found = [lines(OpenCodeReader(), transcript) for transcript in located(OpenCodeReader(), tmp_path)]
    assert sorted(found) == [[], [ADDED]]


@pytest.mark.parametrize("act", ["ask_user", "exit_plan_mode", "refused"])
def test_what_gemini_cli_was_answered_is_theirs(tmp_path: Path, act: str) -> None:
    """In JSON, in the words of its own, and where the call did not happen."""
    chat = Gemini(tmp_path, root=CWD)
    chat.prompt("go")
    if act == "ask_user":
        chat.call(
            "ask_user", {"questions": [{"question": ADDED}]}, json.dumps({"answers": {"0": THEIRS}}), ""
        )
    elif act == "exit_plan_mode":
        chat.call("exit_plan_mode", {"plan_path": "x"}, f"Plan rejected. User feedback: {SAID}", None)
    else:
        chat.call("write_file", {"file_path": "a.py", "content": ADDED}, SAID, None, status="cancelled")
    chat.write("dues.py", TEXT)
    chat.save()
    assert lines(GeminiCli(), *located(GeminiCli(), tmp_path)) == [ADDED]


@pytest.mark.parametrize("act", ["ask_user", "refused", "selection", "subagent"])
def test_what_copilot_was_answered_is_theirs(tmp_path: Path, act: str) -> None:
    """A subagent's own words stay the tool's where its calls stand in the log."""
    log = Events(tmp_path, cwd=CWD)
    log.prompt("go")
    if act == "ask_user":
        log.call("ask_user", {"question": "What?"}, f"User responded: {SAID}")
    elif act == "refused":
        log.call("create", {"path": FILE, "file_text": ADDED}, success=False)
        log.records[-1]["data"]["error"] = {"message": f"The user rejected it. User feedback: {SAID}"}
    elif act == "selection":
        log.records[-1]["data"]["attachments"] = [{"type": "selection", "text": THEIRS}]
    else:
        log.call("view", {"path": "b.py"}, THEIRS)
        log.records[-2]["data"]["parentToolCallId"] = "helper"
        log.call("task", {"prompt": "find it"}, f"Here it is:\n{TEXT}")
        for record in log.records[-2:]:
            record["data"]["toolCallId"] = "helper"
    log.call("create", {"path": FILE, "file_text": TEXT}, "Created")
    log.save()
    assert lines(CopilotEvents(), *located(CopilotEvents(), tmp_path)) == [ADDED]


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    "result",
    [
        f"The user denied this operation and provided the following feedback:\n<feedback>\n{SAID}\n</feedback>",
        json.dumps({"status": "denied", "message": "The user denied this operation", "feedback": SAID}),
    ],
)
def test_why_roo_code_was_denied_is_theirs(tmp_path: Path, result: str, native: bool) -> None:
    """In tags and in JSON."""
    store = tmp_path / ".config/Code/User/globalStorage/rooveterinaryinc.roo-cline"
    task = Task(store, CWD, family="roo", native=native)
    task.call("write_to_file", {"path": "dues.py", "content": ADDED}, result)
    task.write("dues.py", TEXT)
    task.save()
    assert lines(RooCode(), *located(RooCode(), tmp_path)) == [ADDED]


def test_what_codex_was_answered_is_theirs(tmp_path: Path) -> None:
    """The answer is JSON, with a note in front of it."""
    session = Codex(tmp_path, CWD)
    session._function_call("q", "request_user_input", {"questions": [{"id": "q", "question": "What?"}]})
    answers = json.dumps({"answers": {"q": {"answers": ["None of the above", f"user_note: {THEIRS}"]}}})
    session.add("response_item", {"type": "function_call_output", "call_id": "q", "output": answers})
    session.patch("dues.py", None, TEXT)
    session.save()
    assert lines(CodexReader(), *located(CodexReader(), tmp_path)) == [ADDED]
