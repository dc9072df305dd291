"""An edit of a form that a reader does not know is told, never passed over: the real programs' sessions with one thing
changed, as a new version of the tool might change it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support import indexes
from support.aider import Aider, block
from support.copilot import Chat, Events
from support.cursor import ROOT, Conversation, Editor, Store
from support.cursor import Transcript as Bare
from support.tasks import ClineSession, Task
from support.transcripts import Claude
from support.windsurf import Windsurf
from whence.evidence.sessions.edits import odd
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.edits.pending import UNANSWERED
from whence.evidence.sessions.interface import ODD, ODD_HINT, Faults, Places, Transcript
from whence.evidence.sessions.readers import every
from whence.index import faulty

FIXTURES = Path(__file__).parents[1] / "fixtures" / "sessions"

CHANGES: dict[str, dict[str, dict[str, str]]] = {
    "claude-code-2.1.332": {
        "keys": {'"new_string"': '"new_words"', '"structuredPatch"': '"hunks"'},
        "name": {'"name":"Edit"': '"name":"Modify"'},
        "record": {'"type":"assistant"': '"type":"model"'},
        "part": {'"type":"tool_use"': '"type":"call"'},
        "content": {'"content":': '"parts":'},
    },
    "codex-0.171.0": {
        "keys": {'"changes"': '"files"'},
        "effect": {'"type":"add"': '"type":"made"'},
        "status": {'"status":"completed"': '"status":"landed"'},
        "item": {'"FileChange"': '"FilesChanged"'},
    },
    "copilot-cli-1.0.102": {
        "keys": {'"file_text"': '"words"', '"new_str"': '"after"'},
        "name": {'"edit"': '"modify"'},
        "record": {'"tool.execution_start"': '"call.begun"', '"assistant.message"': '"model.words"'},
    },
    "droid-0.215.0": {
        "keys": {
            '"new_str"': '"after"',
            "diffLines": "rows",
        },
        "name": {'"name":"Edit"': '"name":"Modify"', '"name":"Create"': '"name":"Make"'},
        "part": {'"type":"tool_use"': '"type":"call"'},
        "content": {'"content":': '"parts":'},
    },
    "pi-0.73.1": {
        "keys": {'"newText"': '"after"', '"diff"': '"effect"'},
        "name": {'"edit"': '"modify"', '"write"': '"put"'},
        "part": {'"toolCall"': '"asking"'},
        "record": {'"type":"message"': '"type":"said"'},
    },
    "gemini-cli-0.61.0": {
        "keys": {'"new_string"': '"after"', '"newContent"': '"then"', '"fileDiff"': '"effect"'},
        "name": {'"replace"': '"modify"', '"write_file"': '"put"'},
        "record": {'"type":"gemini"': '"type":"model"'},
    },
    "opencode-1.18.33": {
        "keys": {'"content"': '"words"'},
        "name": {'"tool":"edit"': '"tool":"modify"', '"tool":"write"': '"tool":"put"'},
    },
    "continue-1.5.47": {
        "keys": {'"new_string"': '"after"', '"content"': '"words"', "Diff:": "Effect:"},
        "name": {'"Edit"': '"Modify"', '"Write"': '"Put"'},
    },
    "cline-3.0.65": {
        "keys": {'"new_text"': '"after"'},
        "name": {'"editor"': '"modifier"'},
        "part": {'"tool_use"': '"call"'},
    },
}


def told(home: Path) -> list[str]:
    """What is told of the sessions in a home folder, none of which must be of no reader."""
    found: list[str] = []
    number = 0
    for reader in every():
        located = reader.locate(Places({"HOME": str(home)}))
        found += (problem.why for problem in located.problems)
        for transcript in located.transcripts:
            number += 1
            faults = Faults(transcript.shown)
            list(own(reader.read(transcript, faults, lambda _: None), faults))
            problem = next(iter(faults.problems), None)
            found += [problem.why] if problem is not None else []
    assert number
    return found


def changed(home: Path, fixture: str, changes: dict[str, str]) -> None:
    """The fixture in a home folder, with these words instead of those."""
    shutil.copytree(FIXTURES / fixture, home, dirs_exist_ok=True)
    for path in home.rglob("*"):
        if path.suffix == ".db":
            with closing(sqlite3.connect(path)) as database:
                for old, new in changes.items():
                    database.execute("UPDATE part SET data = replace(data, ?, ?)", (old, new))
                database.commit()
        elif path.is_file() and path.suffix in {".json", ".jsonl"}:
            text = path.read_text("utf-8")
            for old, new in changes.items():
                text = text.replace(old, new).replace(old.replace(":", ": "), new.replace(":", ": "))
            path.write_text(text, "utf-8")


@pytest.mark.parametrize("fixture", CHANGES)
def test_real_sessions_have_nothing_odd(fixture: str) -> None:
    """Neither edits nor anything else in them."""
    assert told(FIXTURES / fixture) == []


@pytest.mark.parametrize(
    ("fixture", "what"), [(fixture, what) for fixture, kinds in CHANGES.items() for what in kinds]
)
def test_what_a_new_version_changed_is_told(tmp_path: Path, fixture: str, what: str) -> None:
    """With the file and the place of the first one."""
    changed(tmp_path, fixture, CHANGES[fixture][what])
    assert any(ODD in why for why in told(tmp_path))


CWD = ROOT
FILE = f"{CWD}/a.py"
ASKED = {"path": FILE, "replacement": "    return clipped(value)\n"}
"""What no version of any tool asks for."""
LIKE = {"file_path": FILE, "old_string": "    return value\n", "new_string": "    return clipped(value)\n"}
"""What some tools ask for."""


def windsurf(home: Path) -> None:
    session = Windsurf(home, CWD).edit("a.py", "x = 1\n")
    session.records[0]["code_action"]["words"] = session.records[0]["code_action"].pop("new_content")
    session.save()


def windsurf_kind(home: Path) -> None:
    session = Windsurf(home, CWD).edit("a.py", "x = 1\n")
    session.records = [{"status": "done", "type": "change", "change": session.records[0]["code_action"]}]
    session.save()


def cursor(name: str, asked: dict[str, Any]) -> Callable[[Path], None]:
    def made(home: Path) -> None:
        talk = Conversation()
        talk.data["workspaceIdentifier"] = {"id": "abc", "uri": {"fsPath": ROOT}}
        talk.call(name, {"relativeWorkspacePath": FILE}, {"isApplied": True}, raw=asked)
        Editor(home).save(talk)

    return made


def cursor_cli(name: str, asked: dict[str, Any]) -> Callable[[Path], None]:
    def made(home: Path) -> None:
        store = Store(home)
        store.call(name, asked, "Updated.", {"success": {}})
        store.save()

    return made


def cursor_bare(name: str, asked: dict[str, Any]) -> Callable[[Path], None]:
    def made(home: Path) -> None:
        bare = Bare(home)
        bare.call(name, **asked)
        bare.save()

    return made


def copilot(name: str, asked: dict[str, Any]) -> Callable[[Path], None]:
    def made(home: Path) -> None:
        log = Events(home)
        log.call(name, asked)
        log.save()

    return made


def copilot_chat(part: dict[str, Any]) -> Callable[[Path], None]:
    def made(home: Path) -> None:
        chat = Chat(home)
        chat.request()
        chat.requests[-1]["response"].append(part)
        chat.save()

    return made


def copilot_chat_tool(home: Path) -> None:
    chat = Chat(home)
    chat.request()
    chat.call("modify_file", {"filePath": FILE, "newString": "x", "oldString": "y"}, "done")
    chat.save()


def roo(name: str, asked: dict[str, Any]) -> Callable[[Path], None]:
    def made(home: Path) -> None:
        storage = home / ".config/Code/User/globalStorage/rooveterinaryinc.roo-cline"
        Task(storage, CWD, family="roo", native=True).call(
            name, asked, '{"path":"a.py","operation":"modified"}'
        ).save()

    return made


def cline(name: str, asked: dict[str, Any]) -> Callable[[Path], None]:
    def made(home: Path) -> None:
        ClineSession(home, CWD).call(name, asked, {"query": "x", "result": "y", "success": True}).save()

    return made


def kiro(name: str, asked: dict[str, Any]) -> Callable[[Path], None]:
    def made(home: Path) -> None:
        path = home / ".kiro/sessions/cli/s.jsonl"
        path.parent.mkdir(parents=True)
        use = {"kind": "toolUse", "data": {"toolUseId": "1", "name": name, "input": asked}}
        result = {"kind": "toolResult", "data": {"toolUseId": "1", "status": "success", "content": []}}
        rows = [{"kind": "AssistantMessage", "data": {"content": [use]}}]
        rows.append({"kind": "ToolResults", "data": {"content": [result]}})
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    return made


def amp(name: str, asked: dict[str, Any]) -> Callable[[Path], None]:
    def made(home: Path) -> None:
        path = home / ".local/share/amp/threads/T-1.json"
        path.parent.mkdir(parents=True)
        use = {"type": "tool_use", "id": "1", "name": name, "input": asked}
        result = {"type": "tool_result", "toolUseID": "1", "run": {"status": "done", "result": ""}}
        messages = [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
        path.write_text(json.dumps({"id": "T-1", "messages": messages}), "utf-8")

    return made


def zed(
    name: str, asked: dict[str, Any], columns: str = "id, updated_at, data_type, data"
) -> Callable[[Path], None]:
    def made(home: Path) -> None:
        path = home / ".local/share/zed/threads/threads.db"
        path.parent.mkdir(parents=True)
        use = {"ToolUse": {"id": "1", "name": name, "input": asked}}
        results = {"1": {"tool_use_id": "1", "is_error": False, "content": {"Text": "done"}}}
        thread = {"messages": [{"Agent": {"content": [use], "tool_results": results}}]}
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"CREATE TABLE threads ({columns})")
            row = ("t", "2026-06-01T10:00:00Z", "json", json.dumps(thread).encode())
            database.execute("INSERT INTO threads VALUES (?, ?, ?, ?)", row)
            database.commit()

    return made


MADE: dict[str, Callable[[Path], None]] = {
    "windsurf, keys": windsurf,
    "windsurf, kind": windsurf_kind,
    "cursor, keys": cursor("search_replace", ASKED),
    "cursor, name": cursor("modify", LIKE),
    "cursor's command line, keys": cursor_cli("StrReplace", ASKED),
    "cursor's command line, name": cursor_cli("Modify", LIKE),
    "cursor's transcripts, keys": cursor_bare("StrReplace", ASKED),
    "cursor's transcripts, name": cursor_bare("Modify", LIKE),
    "copilot, keys": copilot("edit", ASKED),
    "copilot, name": copilot("modify", LIKE),
    "copilot, patch": copilot("apply_patch", {"input": "*** Start\n+x\n*** Stop"}),
    "copilot's chat, keys": copilot_chat({"kind": "textEditGroup", "uri": {"fsPath": FILE}, "edits": [[{"words": "x"}]]}),
    "copilot's chat, kind": copilot_chat({"kind": "change", "tool": "write", "input": LIKE}),
    "copilot's chat, name": copilot_chat_tool,
    "roo, keys": roo("apply_diff", ASKED),
    "roo, name": roo("modify_file", LIKE),
    "cline, keys": cline("editor", ASKED),
    "cline, name": cline("modifier", LIKE),
    "kiro, keys": kiro("fs_write", {"command": "create", **ASKED}),
    "kiro, name": kiro("modify", LIKE),
    "amp, keys": amp("edit_file", ASKED),
    "amp, name": amp("modify", LIKE),
    "zed, keys": zed("edit_file", ASKED),
    "zed, name": zed("modify", {"path": FILE, "content": "x = 1\n"}),
}  # fmt: skip


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_every_reader_tells_what_it_does_not_know(tmp_path: Path, made: Callable[[Path], None]) -> None:
    """Another key in the input, another name of the tool, another kind of record."""
    made(tmp_path)
    (why,) = told(tmp_path)
    assert ODD in why


def test_a_reply_of_which_aider_found_more_is_told(tmp_path: Path) -> None:
    """Aider says which files it changed: a file without an edit in the reply is one that was not understood."""
    history = Aider(tmp_path).chat().ask("go")
    history.reply(block("a.py", "old_of(it)\n", "new_of(it)\n"), "a.py", "b.py")
    history.ask("on").reply("nothing more")
    path = history.save()
    (reader,) = (one for one in every() if one.tool == "aider")
    faults = Faults("~/h")
    found = list(own(reader.read(Transcript(path, 1, 0.0, "~/h", CWD), faults, lambda _: None), faults))
    assert [one.path for one in found] == ["a.py"]
    assert (faults.count, ODD in faults.first) == (1, True)


def test_a_table_of_another_form_is_told(tmp_path: Path) -> None:
    """And one that has another name."""
    zed("x", {}, "id, changed, data_type, data")(tmp_path / "columns")
    zed("x", {})(tmp_path / "name")
    path = tmp_path / "name" / ".local/share/zed/threads/threads.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("ALTER TABLE threads RENAME TO talks")
    for home in (tmp_path / "columns", tmp_path / "name"):
        (reader,) = (one for one in every() if one.tool == "zed")
        (problem,) = reader.locate(Places({"HOME": str(home)})).problems
        assert "its table threads has a form that this version of Whence does not know" in problem.why
        assert problem.hint == ODD_HINT


def claude(home: Path, name: str, asked: dict[str, Any], **more: Any) -> Claude:
    session = Claude(home, CWD)
    session.prompt("go")
    session.call(name, asked, {}, "done", **more)
    return session


@pytest.mark.parametrize(
    ("name", "asked", "outcome"),
    [
        ("mcp__files__write_file", {"path": FILE, "content": "x = 1\n"}, "ok"),
        ("Grep", {"path": FILE, "pattern": "new_string"}, "ok"),
        ("Read", {"file_path": FILE, "offset": 1}, "ok"),
        ("TodoWrite", {"todos": [{"content": "write a.py", "status": "done"}]}, "ok"),
        ("SendMessage", {"to": "other", "content": "*** Begin"}, "ok"),
        ("Edit", {"words": 1}, "failed"),
        ("Modify", LIKE, "refused"),
    ],
)
def test_what_is_no_edit_or_did_not_happen_is_not_told(
    tmp_path: Path, name: str, asked: dict[str, Any], outcome: str
) -> None:
    """A person's own tools, tools that only look, and calls that failed."""
    claude(tmp_path, name, asked, outcome=outcome).save()
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    "record",
    [
        {"type": "note", "path": FILE, "text": "*** Begin Patch"},
        {"type": "tip", "content": {"transcriptPath": FILE, "new_string": 1}},
        {"type": "mode", "user": {"name": "x", "input": {"path": FILE}}},
    ],
)
def test_new_kinds_of_records_are_no_matter(tmp_path: Path, record: dict[str, Any]) -> None:
    """Tools add some every week; only calls that look like edits are told."""
    session = claude(tmp_path, "Read", {"file_path": FILE})
    session.records.append(record)
    session.save()
    assert told(tmp_path) == []


def test_results_that_are_passed_over_are_told(tmp_path: Path) -> None:
    """A model waits for results: where calls go on without any, they have another form now. A few may just wait."""
    session = Claude(tmp_path, CWD)
    for number in range(UNANSWERED - 1):
        session.write(f"{CWD}/{number}.py", "x = 1\n")
    text = session.save().read_text("utf-8").replace("tool_result", "tool_answer")
    session.path.write_text(text, "utf-8")
    assert told(tmp_path) == []
    session.write(FILE, "x = 1\n")
    text = session.save().read_text("utf-8").replace("tool_result", "tool_answer")
    session.path.write_text(text, "utf-8")
    assert [ODD in why for why in told(tmp_path)] == [True]


def test_the_index_keeps_what_was_not_understood(tmp_path: Path) -> None:
    """File, first line, how many more, and what to do; the rest of the session is read."""
    session = Claude(tmp_path, CWD)
    session.write(FILE, "first = value_of(one)\n")
    for _ in range(3):
        session.call("Edit", {"file": FILE, "words": "x"}, {}, "done")
    session.save()
    indexes.update(tmp_path)
    with indexes.opened(tmp_path) as database:
        (fault,) = faulty(database.connection)
    assert (fault.count, fault.first, fault.hint) == (3, f"line 3: {ODD}", ODD_HINT)
    assert fault.shown.startswith("~/.claude/projects/")
    assert len(indexes.said(tmp_path)) == 1


def test_a_giant_record_is_looked_through_within_bounds() -> None:
    """However deep it is."""
    deep: Any = {"name": "x", "input": LIKE}
    for _ in range(odd.MAX_VALUES):
        deep = [deep]
    assert not odd.carries(deep)
    assert odd.carries([[[{"name": "x", "input": LIKE}]]])
