"""Cursor: its editor's conversations in each generation, its command line's sessions, and bare transcripts."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.cursor import ROOT, START, Conversation, Editor, Store, Transcript
from support.hostile import JUNK, PATCH, places, replaced
from support.scenario import located
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Outcome, Places, Reader, Written
from whence.evidence.sessions.readers.cursor import CursorCli, CursorIde, CursorTranscripts

IDE, CLI, BARE = CursorIde(), CursorCli(), CursorTranscripts()
FILE = f"{ROOT}/a.py"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"


@pytest.fixture
def talk() -> Conversation:
    made = Conversation()
    made.data["workspaceIdentifier"] = {"id": "abc", "uri": {"fsPath": ROOT}}
    return made


def of(reader: Reader, home: Path) -> list[Written]:
    """What the one session in a home folder wrote itself."""
    (transcript,) = located(reader, home)
    return list(own(scenario.events(reader, transcript), Faults("")))


def check(talk: Conversation, home: Path, expected: list[tuple[str, list[str]]]) -> None:
    """The conversation wrote these lines into these files, and nothing else."""
    Editor(home).save(talk)
    found = scenario.lines_by_path(of(IDE, home))
    assert found == expected


CHUNK = {
    "chunks": [{"diffString": "  def first(value):\n-     return value * scale_of(value)\n+ " + INSERTED}]
}


def _act(talk: Conversation, act: str, **more: Any) -> None:
    params = {"relativeWorkspacePath": FILE}
    if act == "edit_file":
        talk.call("edit_file", params, {"diff": CHUNK, "isApplied": True}, raw={"code_edit": "x"}, **more)
    elif act == "contents":
        talk.edit_v2(FILE, OLD, NEW, **more)
    elif act == "texts":
        talk.call("edit_file_v2", params, {"contentsBeforeEdit": OLD, "contentsAfterEdit": NEW}, **more)
    elif act == "search_replace":
        talk.call(
            "search_replace",
            params,
            {},
            raw={"file_path": FILE, "old_string": OLD, "new_string": NEW},
            **more,
        )
    elif act == "MultiEdit":
        pair = {"old_string": OLD, "new_string": NEW}
        talk.call("MultiEdit", params, {}, raw={"file_path": FILE, "edits": [pair]}, **more)
    elif act == "apply_patch":
        text = f"*** Begin Patch\n*** Update File: {FILE}\n@@\n-x\n+{INSERTED}\n*** End Patch"
        talk.call("apply_patch", {}, {}, raw={"patch": text}, **more)
    else:
        command = f"cat > {FILE} <<'E'\n{INSERTED}\nE"
        talk.call("run_terminal_cmd", {"command": command}, {"output": "", "exitCodeV2": 0}, **more)


ACTS = ["edit_file", "contents", "texts", "search_replace", "MultiEdit", "apply_patch", "run_terminal_cmd"]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("inline", [False, True])
def test_every_way_of_recording_an_edit_counts(
    tmp_path: Path, talk: Conversation, act: str, inline: bool
) -> None:
    """In messages of their own, and in the conversation's own row as older versions have them."""
    talk.inline = inline
    _act(talk, act)
    Editor(tmp_path).save(talk)
    (item,) = of(IDE, tmp_path)
    assert [line.strip() for line in item.lines] == [INSERTED.strip()]
    assert (item.path, item.cwd, item.model) == (FILE, ROOT, "claude-4.5-sonnet")
    assert (item.tool, item.session, item.outcome) == ("cursor", talk.name, Outcome.DONE)
    assert item.time is not None
    assert item.time.isoformat() == "2026-06-01T10:00:00+00:00"


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    "fate",
    [
        {"status": "error"},
        {"status": "cancelled"},
        {"status": "loading"},
        {"decision": "rejected"},
        {"more": {"status": "rejected"}},
        {"more": {"status": "error"}},
    ],
)
def test_a_call_that_did_nothing_wrote_nothing(
    tmp_path: Path, talk: Conversation, act: str, fate: dict[str, Any]
) -> None:
    """Failed, skipped, refused and running calls; some of them are "completed"."""
    more = fate.get("more", {})
    _act(talk, act, **{key: value for key, value in fate.items() if key != "more"})
    if more:
        talk.bubbles[-1]["toolFormerData"]["additionalData"] = more
    check(talk, tmp_path, [])


@pytest.mark.parametrize("result", [{"applyFailed": True}, {"rejected": True}, {"exitCode": 1}])
def test_each_sign_of_failure_in_a_result_is_enough(
    tmp_path: Path, talk: Conversation, result: dict[str, Any]
) -> None:
    """The status says completed in all of these."""
    talk.call("edit_file", {"relativeWorkspacePath": FILE}, {"diff": CHUNK, **result})
    talk.call("run_terminal_cmd", {"command": f"cat > b.py <<'E'\n{NEW}E"}, {"output": "", **result})
    check(talk, tmp_path, [])


def test_a_commands_exit_status_may_be_unknown(tmp_path: Path, talk: Conversation) -> None:
    """Older versions record none; what runs in the background has none yet."""
    command = {"command": f"cat > b.py <<'E'\n{NEW}E"}
    talk.call("run_terminal_cmd", command, {"output": "x"})
    talk.call("run_terminal_command_v2", command, {"backgroundShellId": 3})
    Editor(tmp_path).save(talk)
    assert [item.outcome for item in of(IDE, tmp_path)] == [Outcome.UNKNOWN]


def test_a_proposal_that_was_rejected_in_the_editor_never_counts(tmp_path: Path, talk: Conversation) -> None:
    """The person's decision stands with the block of code, not with the call."""
    params, raw = {"relativeWorkspacePath": FILE}, {"old_string": OLD, "new_string": NEW}
    for block, path in (("one", FILE), ("two", f"{ROOT}/b.py")):
        asked = {**params, "relativeWorkspacePath": path}
        talk.call("search_replace", asked, {"isApplied": False}, raw=raw, codeblockId=block)
    talk.data["codeBlockData"] = {
        f"file://{FILE}": {"one": {"status": "rejected"}},
        f"file://{ROOT}/b.py": {"two": {"status": "accepted"}},
    }
    check(talk, tmp_path, [(f"{ROOT}/b.py", [INSERTED])])


def test_a_message_that_is_not_in_the_order_is_not_met(tmp_path: Path, talk: Conversation) -> None:
    """A person went back before it, and the files with them."""
    _act(talk, "contents")
    talk.edit_v2(f"{ROOT}/b.py", "", "second_thoughts = reconsidered(everything)\n")
    Editor(tmp_path).save(talk)
    headers = [{"bubbleId": "b0000"}, {"bubbleId": "gone"}]
    with sqlite3.connect(Editor(tmp_path).database) as database:
        value = json.dumps({**talk.data, "fullConversationHeadersOnly": headers})
        database.execute("INSERT INTO cursorDiskKV VALUES (?, ?)", (f"composerData:{talk.name}", value))
    database.close()
    assert [item.path for item in of(IDE, tmp_path)] == [FILE]


def test_a_whole_file_contributes_its_new_lines(tmp_path: Path, talk: Conversation) -> None:
    """Against the file that was read, the file as the conversation found it, or nothing where it is new."""
    write = {"contents": NEW}
    for name in ("read.py", "found.py", "kept.py", "new.py", "unread.py", "met.py"):
        path = f"{ROOT}/{name}"
        if name == "read.py":
            talk.call("read_file", {"targetFile": path}, {"contents": OLD})
        if name == "met.py":
            talk.call("read_file", {"targetFile": path, "limit": 1}, {"contents": "def first(value):"})
        talk.call("write", {"relativeWorkspacePath": path}, {}, raw={"file_path": path, **write})
    talk.data["originalFileStates"] = {
        f"file://{ROOT}/found.py": {"content": OLD},
        f"file://{ROOT}/kept.py": {},
        f"file://{ROOT}/new.py": {"isNewlyCreated": True},
    }
    talk.rows[f"ofsContent:{talk.name}:file://{ROOT}/kept.py"] = OLD
    new = [
        (f"{ROOT}/{name}", [INSERTED]) for name in ("read.py", "found.py", "kept.py", "new.py", "unread.py")
    ]
    # What was read before is somebody else's in every file.
    check(talk, tmp_path, new)


def test_a_proposal_around_existing_code_tells_its_new_lines(tmp_path: Path, talk: Conversation) -> None:
    """Only where the file is known; the marks that stand for its text are no text."""
    edit = f"# ... existing code ...\ndef first(value):\n{INSERTED}\n# ... existing code ..."
    for name in ("known.py", "unknown.py"):
        path = f"{ROOT}/{name}"
        talk.call(
            "edit_file", {"relativeWorkspacePath": path}, {}, raw={"target_file": path, "code_edit": edit}
        )
    talk.data["originalFileStates"] = {f"file://{ROOT}/known.py": {"content": OLD}}
    check(talk, tmp_path, [(f"{ROOT}/known.py", [INSERTED])])


def test_accepted_blocks_of_an_answer_count(tmp_path: Path, talk: Conversation) -> None:
    """Before there were editing tools, a person applied the code of an answer."""
    block = {"uri": {"path": FILE}, "content": NEW, "codeblockId": "one"}
    other = {"uri": {"path": FILE}, "content": "refused = by_the_person(1)\n", "codeblockId": "two"}
    talk._bubble({"type": 2, "text": "here", "codeBlocks": [block, other, {"content": "x"}]})
    talk.data["codeBlockData"] = {
        f"file://{FILE}": {"one": {"status": "accepted"}, "two": {"status": "none"}}
    }
    talk.data["originalFileStates"] = {f"file://{FILE}": {"content": OLD}}
    check(talk, tmp_path, [(FILE, [INSERTED])])


def test_what_was_there_before_is_somebody_elses(tmp_path: Path, talk: Conversation) -> None:
    """Text that was typed, attached, read or printed is not the tool's, nor what a subagent handed on."""
    talk.prompt(
        "line_one_of(the_prompt)",
        context={"selections": [{"text": "line_two_of(the_selection)"}]},
        attachedCodeChunks=[{"lines": ["line_three_of(the_chunk)"]}],
    )
    talk.call("grep", {}, {"success": {"results": [{"lines": ["line_four_of(the_search)"]}]}})
    talk.call("run_terminal_cmd", {"command": "cat x"}, {"output": "line_five_of(the_output)", "exitCode": 0})
    talk.call("task", {}, {"output": "line_six_of(the_agent)"})
    words = (
        "one_of(the_prompt)",
        "two_of(the_selection)",
        "three_of(the_chunk)",
        "four_of(the_search)",
        "five_of(the_output)",
        "six_of(the_agent)",
    )
    talk.edit_v2(FILE, "", "".join(f"line_{word}\n" for word in (*words, "seven_of(its_own)")))
    check(talk, tmp_path, [(FILE, ["line_seven_of(its_own)"])])


def test_what_was_answered_is_somebody_elses(tmp_path: Path, talk: Conversation) -> None:
    """The answer to a question, and why an edit was rejected; what the tool had asked for is its own."""
    talk.call(
        "ask_question", {"questions": [INSERTED]}, {"answers": [{"freeformText": "line_one_of(theirs)"}]}
    )
    talk.call("write", {}, {"rejected": True, "reason": "line_two_of(theirs)"}, raw={"contents": INSERTED})
    talk.edit_v2(FILE, "", f"line_one_of(theirs)\nline_two_of(theirs)\n{INSERTED}\n")
    check(talk, tmp_path, [(FILE, [INSERTED])])


def test_a_message_without_a_time_is_as_late_as_the_conversation(tmp_path: Path, talk: Conversation) -> None:
    """Nothing may seem older than it is: who wrote first is decided by it."""
    _act(talk, "contents")
    _act(talk, "texts")
    del talk.bubbles[0]["createdAt"]
    talk.bubbles[1] |= {
        "createdAt": None,
        "timingInfo": {"clientStartTime": 91.5, "clientEndTime": START + 1000.5},
    }
    Editor(tmp_path).save(talk)
    times = [item.time.timestamp() for item in of(IDE, tmp_path) if item.time]
    assert times == [START / 1000 + 3600, START / 1000 + 1.0005]


def test_a_message_names_its_own_model(tmp_path: Path, talk: Conversation) -> None:
    """The person may have changed it in between."""
    _act(talk, "contents")
    talk.bubbles[0]["modelInfo"] = {"modelName": "gpt-5.4"}
    Editor(tmp_path).save(talk)
    assert [item.model for item in of(IDE, tmp_path)] == ["gpt-5.4"]


def test_paths_are_relative_to_the_conversations_folder(tmp_path: Path, talk: Conversation) -> None:
    """And Windows paths come through untouched."""
    talk.call("search_replace", {"relativeWorkspacePath": "src/a.py"}, {}, raw={"new_string": NEW})
    talk.call(
        "search_replace",
        {"relativeWorkspacePath": "src\\b.py"},
        {},
        raw={"new_string": NEW + "x = second_line(1)\n"},
    )
    talk.data["workspaceIdentifier"] = {"uri": {"fsPath": "c:\\Users\\u\\proj"}}
    Editor(tmp_path).save(talk)
    assert [(item.path, item.cwd) for item in of(IDE, tmp_path)] == [
        ("src/a.py", "c:/Users/u/proj"),
        ("src\\b.py", "c:/Users/u/proj"),
    ]


def test_the_folder_is_found_in_every_generation(tmp_path: Path) -> None:
    """The folder's list, its open panels, the table of contents as text and as table, and the conversation itself."""
    editor = Editor(tmp_path)
    names = ["list", "tab", "panel", "head", "table", "table-id", "own", "own-id", "nowhere"]
    talks = {name: Conversation(name) for name in names}
    talks["own"].data["workspaceIdentifier"] = {"uri": {"external": "file:///srv/own"}}
    talks["own-id"].data["workspaceIdentifier"] = {"id": "w2"}
    head = {
        "composerId": "head",
        "lastUpdatedAt": START,
        "workspaceIdentifier": {"uri": {"fsPath": "/srv/head"}},
    }
    editor.save(*talks.values(), items={"composer.composerHeaders": {"allComposers": [head]}})
    table = {"workspaceIdentifier": {"uri": {"fsPath": "/srv/table"}}}
    editor.headers([("table", "?", START, table), ("table-id", "w2", START, {})])
    listed = {
        "allComposers": [{"composerId": "list", "lastUpdatedAt": START}],
        "selectedComposerIds": ["tab"],
    }
    pane = "workbench.panel.composerChatViewPane"
    editor.workspace(
        "w1",
        "file:///srv/older",
        {
            "composer.composerData": listed,
            f"{pane}.1": {"workbench.panel.aichat.view.panel": {}},
            f"{pane}.1.hidden": [{"id": "x"}],
        },
    )
    editor.workspace("w2", "file:///srv/two", {})
    found = {one.part: one for one in located(IDE, tmp_path)}
    assert {name: one.folder for name, one in found.items()} == {
        "list": "/srv/older",
        "tab": "/srv/older",
        "panel": "/srv/older",
        "head": "/srv/head",
        "table": "/srv/table",
        "table-id": "/srv/two",
        "own": "/srv/own",
        "own-id": "/srv/two",
        "nowhere": "",
    }
    assert [IDE.nearness(found[name], ("/srv/two",)) for name in ("own-id", "own", "nowhere")] == [0, 2, 1]
    assert found["list"].changed == START / 1000 + 3600


def test_a_conversation_that_changes_is_seen_to_change(tmp_path: Path, talk: Conversation) -> None:
    """Its row is written anew; a deleted conversation has no text."""
    editor = Editor(tmp_path)
    other = Conversation("other")
    editor.save(talk, other)
    before = {one.part: one.size for one in located(IDE, tmp_path)}
    talk.prompt("more")
    editor.save(talk)
    after = {one.part: one.size for one in located(IDE, tmp_path)}
    assert after["other"] == before["other"]
    assert after[talk.name] != before[talk.name]
    with sqlite3.connect(editor.database) as database:
        database.execute("INSERT INTO cursorDiskKV VALUES ('composerData:other', NULL)")
    database.close()
    (gone,) = (one for one in located(IDE, tmp_path) if one.part == "other")
    assert scenario.events(IDE, gone) == []


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_the_editor_may_run_and_is_left_alone(tmp_path: Path, talk: Conversation, mode: str) -> None:
    """What is committed is read, nothing is made beside its database, and it may write in between."""
    _act(talk, "contents")
    path = Editor(tmp_path).save(talk, mode=mode)
    running = sqlite3.connect(path, isolation_level=None)
    value = json.dumps({**talk.data, "conversation": talk.bubbles})
    running.execute("INSERT INTO cursorDiskKV VALUES ('composerData:late', ?)", (value,))
    names = sorted(file.name for file in path.parent.iterdir())
    found = located(IDE, tmp_path)
    assert {one.part for one in found} == {talk.name, "late"}
    for one in found:
        events = IDE.read(one, Faults("x"), lambda _: None)
        next(events)
        running.execute("INSERT INTO ItemTable VALUES ('x', 'y')")
        assert sum(isinstance(event, Written) for event in events) == 1
    assert sorted(file.name for file in path.parent.iterdir()) == names
    running.close()


@pytest.mark.parametrize(
    "data",
    [".config/Cursor", "Library/Application Support/Cursor", "AppData/Roaming/Cursor", ".cursor-server/data"],
)
def test_every_system_and_profile_is_looked_at(tmp_path: Path, data: str) -> None:
    """Linux, macOS, Windows, a remote machine; another editor's database is not Cursor's."""
    editor, other = Editor(tmp_path, data), Editor(tmp_path, ".config/Code")
    editor.save(Conversation("one"))
    other.save(Conversation("two"))
    profile = Editor(tmp_path, data)
    profile.user = editor.user / "profiles" / "p1"
    profile.save(Conversation("three"))
    assert {one.part for one in located(IDE, tmp_path)} == {"one", "three"}


def test_a_broken_message_costs_only_itself(tmp_path: Path, talk: Conversation) -> None:
    """One fault, and the rest is read; a database that is none is said."""
    _act(talk, "contents")
    _act(talk, "texts")
    path = Editor(tmp_path).save(talk)
    with sqlite3.connect(path) as database:
        database.execute(f"INSERT INTO cursorDiskKV VALUES ('bubbleId:{talk.name}:b0000', '{{')")
    database.close()
    (transcript,) = located(IDE, tmp_path)
    faults = Faults("x")
    assert sum(isinstance(event, Written) for event in IDE.read(transcript, faults, lambda _: None)) == 1
    assert faults.first == "not JSON"
    path.write_bytes(b"x" * 5000)
    (problem,) = IDE.locate(Places({"HOME": str(tmp_path)})).problems
    assert "not an SQLite database" in problem.why


# The command line's own store.


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


OK: dict[str, Any] = {"success": {}}


def test_the_command_lines_calls_count_by_their_outcome(store: Store) -> None:
    """Its results say what became of each call."""
    store.call("StrReplace", {"path": FILE, "old_string": OLD, "new_string": NEW}, "Updated.", OK)
    store.call("Write", {"path": f"{ROOT}/b.py", "contents": "second = file_of(two)\n"}, "Wrote.", OK)
    store.call(
        "ApplyPatch",
        {"input": "*** Begin Patch\n*** Add File: c.py\n+third = file_of(three)\n*** End Patch"},
        "",
        OK,
    )
    store.call(
        "Shell",
        {"command": "cat > d.py <<'E'\nfourth = file_of(four)\nE", "working_directory": "/srv"},
        "Exit code: 0",
        OK,
    )
    whole = {
        "success": {"beforeFullFileContent": OLD, "afterFullFileContent": NEW + "fifth = added_line(5)\n"}
    }
    store.call("StrReplace", {"path": f"{ROOT}/e.py", "old_string": "x", "new_string": "y"}, "", whole)
    path = store.save()
    items = of(CLI, store.home)
    assert [(item.path, item.cwd, [*item.lines]) for item in items] == [
        (FILE, ROOT, [INSERTED]),
        (f"{ROOT}/b.py", ROOT, ["second = file_of(two)"]),
        ("c.py", ROOT, ["third = file_of(three)"]),
        ("d.py", "/srv", ["fourth = file_of(four)"]),
        (f"{ROOT}/e.py", ROOT, [INSERTED, "fifth = added_line(5)"]),
    ]
    assert {(item.tool, item.model, item.session, item.outcome) for item in items} == {
        ("cursor", "gpt-5.4", store.session, Outcome.DONE)
    }
    (written,) = {item.time.timestamp() for item in items if item.time}
    assert written == pytest.approx(path.stat().st_mtime)


@pytest.mark.parametrize(
    ("said", "output"),
    [
        ("", {"rejected": {"reason": ""}}),
        ("", {"error": {"message": "x"}}),
        ("", {"failure": {"exitCode": 1}}),
        ("Rejected: ", None),
        ("Error: File not found", None),
        ("Exit code: 127\n\nCommand output:", None),
    ],
)
@pytest.mark.parametrize("name", ["Write", "StrReplace", "Shell"])
def test_a_refused_or_failed_call_wrote_nothing(store: Store, name: str, said: str, output: Any) -> None:
    """By the structure of the result, or by its words where there is none; and one without a result did not happen."""
    asked = {"path": FILE, "contents": NEW, "old_string": OLD, "new_string": NEW, "command": PATCH}
    store.call(name, asked, said, output)
    store.call(name, asked, answered=False)
    store.save()
    assert of(CLI, store.home) == []


def test_an_older_result_counts_by_its_words(store: Store) -> None:
    """Without structure, success is the absence of every sign of failure."""
    store.call("StrReplace", {"path": FILE, "old_string": OLD, "new_string": NEW}, "The file was updated.")
    store.save()
    assert [item.path for item in of(CLI, store.home)] == [FILE]


def test_what_the_command_line_showed_is_somebody_elses(store: Store) -> None:
    """Text that was typed or read is not the tool's; a file that was read in part is not overwritten by us."""
    store.prompt(f"<user_info>\nWorkspace Path: {ROOT}\n</user_info>\nline_one_of(the_prompt)")
    store.call(
        "Read",
        {"path": FILE},
        "     1|line_two_of(the_file)",
        {"success": {"content": "line_two_of(the_file)\n"}},
    )
    store.call(
        "Write",
        {
            "path": FILE,
            "contents": "line_one_of(the_prompt)\nline_two_of(the_file)\nline_three_of(the_tool)\n",
        },
        "",
        OK,
    )
    store.call("Read", {"path": "b.py", "limit": 3}, "x = 1", OK)
    store.call("Write", {"path": "b.py", "contents": "perhaps = the_persons(own)\n"}, "", OK)
    store.save()
    assert [(item.path, [*item.lines]) for item in of(CLI, store.home)] == [
        (FILE, ["line_three_of(the_tool)"])
    ]


def test_the_command_lines_folder_is_told_or_recognised(tmp_path: Path, store: Store) -> None:
    """By the file beside the store, else by the digest that names its folder."""
    store.sidecar = None
    store.prompt(f"Workspace Path: {ROOT}\n")
    store.call("StrReplace", {"path": "a.py", "old_string": OLD, "new_string": NEW}, "", OK)
    path = store.save()
    (transcript,) = located(CLI, tmp_path)
    assert [CLI.nearness(transcript, (folder,)) for folder in (ROOT, "/srv")] == [0, 2]
    assert [item.cwd for item in of(CLI, tmp_path)] == [ROOT]
    (path.parent / "meta.json").write_text(json.dumps({"cwd": "/srv/x"}))
    (transcript,) = located(CLI, tmp_path)
    assert [CLI.nearness(transcript, (folder,)) for folder in ("/srv/x", "/other")] == [0, 2]
    found = located(CLI, tmp_path / "nobody", CURSOR_CONFIG_DIR=str(tmp_path / ".cursor"))
    assert [one.path for one in found] == [path.resolve()]


def test_an_encrypted_store_is_said(store: Store) -> None:
    """Not measured, rather than nothing there."""
    store.meta["blobEncryptionKey"] = "k"
    store.save()
    (transcript,) = located(CLI, store.home)
    faults = Faults("x")
    assert list(CLI.read(transcript, faults, lambda _: None)) == []
    assert faults.first == "kept encrypted"


# Bare transcripts.


def test_a_bare_transcript_is_not_sure_of_anything(tmp_path: Path) -> None:
    """No results and no times: the outcome is unknown, and the time is that of the file."""
    bare = Transcript(tmp_path)
    bare.prompt("use this:\nline_one_of(the_prompt)")
    bare.call("StrReplace", path=FILE, old_string=OLD, new_string=NEW)
    bare.call("Write", path=f"{ROOT}/b.py", contents="line_one_of(the_prompt)\nline_two_of(the_tool)\n")
    bare.call("Read", path=f"{ROOT}/c.py")
    bare.call("Write", path=f"{ROOT}/c.py", contents="perhaps = the_persons(own)\n")
    bare.call("Write", path=FILE, contents=NEW)
    bare.call("Write", path=f"{ROOT}/b.py", contents="line_two_of(the_tool)\nline_three_of(the_tool)\n")
    bare.call(
        "ApplyPatch",
        patch=f"*** Begin Patch\n*** Add File: {ROOT}/d.py\n+fourth = file_of(four)\n*** End Patch",
    )
    bare.call("Shell", command=f"cat > e.py <<'E'\n{NEW}E")
    path = bare.save()
    os.utime(path, (START / 1000, START / 1000))
    items = of(BARE, tmp_path)
    assert [(item.path, [*item.lines]) for item in items] == [
        (FILE, [INSERTED]),
        (f"{ROOT}/b.py", ["line_two_of(the_tool)"]),
        (f"{ROOT}/b.py", ["line_three_of(the_tool)"]),
        (f"{ROOT}/d.py", ["fourth = file_of(four)"]),
    ]
    assert {(item.outcome, item.time.timestamp()) for item in items if item.time} == {
        (Outcome.UNKNOWN, START / 1000)
    }


def test_a_transcript_that_is_kept_better_elsewhere_is_left_out(tmp_path: Path, store: Store) -> None:
    """The editor's database and the command line's store have outcomes."""
    names = ("in-the-editor", "deleted-there", "only-here", store.session)
    for name in names:
        Transcript(tmp_path, name=name).save()
    editor = Editor(tmp_path)
    gone = Conversation("deleted-there")
    editor.save(Conversation("in-the-editor"), gone)
    with sqlite3.connect(editor.database) as database:
        database.execute("INSERT INTO cursorDiskKV VALUES ('composerData:deleted-there', NULL)")
    database.close()
    store.save()
    assert {one.path.stem for one in located(BARE, tmp_path)} == {"deleted-there", "only-here"}


@pytest.mark.parametrize(
    ("slug", "folder", "expected"),
    [
        ("home-u-proj", ROOT, 0),
        ("home-u-proj-sub", ROOT, 0),
        ("c-private-tech", "c:/private/tech", 0),
        ("Users-a-x-y", "/Users/a/x.y", 0),
        ("home-u", ROOT, 1),
        ("srv-other", ROOT, 2),
    ],
)
def test_a_transcripts_folder_is_recognised_by_its_name(
    tmp_path: Path, slug: str, folder: str, expected: int
) -> None:
    """Versions put hyphens differently."""
    Transcript(tmp_path, slug=slug).save()
    (transcript,) = located(BARE, tmp_path)
    assert BARE.nearness(transcript, (folder,)) == expected


@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """Conversations, messages, stores and transcripts, with something else than expected somewhere in them."""
    talk = Conversation()
    talk.prompt("go", context={"selections": [{"text": "x"}]}, attachedCodeChunks=[{"lines": ["x"]}])
    for act in ACTS:
        _act(talk, act)
    talk.call("read_file", {"targetFile": FILE}, {"contents": "x"})
    talk._bubble({"type": 2, "codeBlocks": [{"uri": {"path": FILE}, "content": "x", "codeblockId": "one"}]})
    talk.data["codeBlockData"] = {f"file://{FILE}": {"one": {"status": "accepted"}}}
    talk.data["originalFileStates"] = {f"file://{FILE}": {"content": OLD}}
    store, bare = Store(tmp_path), Transcript(tmp_path)
    store.call("Write", {"path": FILE, "contents": NEW}, "x", {"success": {"afterFullFileContent": NEW}})
    bare.call("Write", path=FILE, contents=NEW)
    whole: dict[str, Any] = {
        "bubbles": talk.bubbles,
        "data": talk.data,
        "store": store.messages,
        "bare": bare.records,
    }
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.sampled_from(places(whole)[1:]))
        if len(at) > 2:
            whole = replaced(whole, at, data.draw(JUNK))
    talk.data = whole["data"]
    talk.bubbles = [
        {**one, "bubbleId": f"b{number}", "type": one.get("type")}
        for number, one in enumerate(whole["bubbles"])
        if isinstance(one, dict)
    ]
    former = talk.bubbles[1].get("toolFormerData") if len(talk.bubbles) > 1 else None
    if isinstance(former, dict):
        former["result"] = data.draw(JUNK)
    talk.inline = data.draw(st.booleans())
    Editor(tmp_path).save(talk)
    store.messages = whole["store"]
    store.save()
    bare.records = whole["bare"]
    bare.save()
    readers: tuple[Reader, ...] = (IDE, CLI, BARE)
    for reader in readers:
        for transcript in reader.locate(Places({"HOME": str(tmp_path)})).transcripts:
            faults = Faults("x")
            for item in own(reader.read(transcript, faults, lambda _: None), faults):
                assert all(isinstance(line, str) for line in item.lines)
                assert isinstance(item.path, str)
            reader.nearness(transcript, (ROOT,))
