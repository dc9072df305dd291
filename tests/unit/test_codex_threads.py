"""Codex's threads beyond one rollout: real transcripts, forks, helpers, its index, and histories without a rollout."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import codex, scenario
from support.hostile import spoilt
from support.scenario import FIXTURES, by_file, check_lines, events, located
from support.transcripts import Codex as Session
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Event, Faults, Places, Read, Transcript, Written
from whence.evidence.sessions.readers.codex import Codex
from whence.evidence.sessions.readers.codex.forks import MAX_GENERATIONS

READER = Codex()
HOME = FIXTURES / "codex-0.171.0"
CWD = "/home/u/proj"
PARENT = "019a0000-0000-7000-8000-00000000000a"
CHILD = "019a0000-1000-7000-8000-00000000000b"
THREAD = "019a0000-2000-7000-8000-00000000000c"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def second(value):\n    return clipped(value, lowest=0.5)\n"
THEIRS, OURS = ([line for line in text.split("\n") if line] for text in (OLD, NEW))


def lines(found: list[Event]) -> list[str]:
    """What was the tool's own, line by line."""
    return [line for item in own(found, Faults("")) for line in item.lines if line.strip()]


def of(home: Path, name: str, **environment: str) -> list[Event]:
    """Everything that the one transcript tells whose path or part has the name in it."""
    found = [one for one in located(READER, home, **environment) if name in f"{one.path} {one.part}"]
    assert len(found) == 1
    return events(READER, found[0])


def test_what_the_real_program_wrote_is_found() -> None:
    """Patches with CRLF, Unicode and a rename, commands, code mode, a fork, a helper, and a lost rollout; each once."""
    transcripts = located(READER, HOME)
    assert len(transcripts) == 9
    assert {transcript.folder for transcript in transcripts} == {scenario.PROJECT}
    items = scenario.written(READER, transcripts)
    found = by_file(items)
    assert found == {
        "tide_notes.py": scenario.EDITED + scenario.RESUMED,
        "harbour/forecast.py": scenario.CREATED,
        "legacy.ini": scenario.WINDOWS,
        "données/prévision.py": scenario.UNICODE,
        "scripts/backup.sh": scenario.BY_SHELL,
        "config/station.ini": scenario.MOVED,
        "config/readme.txt": scenario.ADDED,
        "harbour/list.py": scenario.BY_AGENT,
        "coded.py": ["harbour_of_refuge = nearest(harbours, shelter='all winds')"],
        "harbour/later.py": ["tide_gauge_offset_in_metres = {'Old Quay': 0.375}"],
        "harbour/own.py": ["own_berth = allocate(berths, tide_table[0])"],
        "harbour/piers.py": ["piers_by_length = sorted(piers, key=measured_length)"],
        "scripts/slow.sh": ["#!/bin/sh", "tar -czf tide-archive.tar.gz slow_readings --exclude-vcs"],
        "lost.py": ["lost_and_found = collect(items_left_on_the_quay)"],
    }
    check_lines(found)
    assert {(item.tool, item.model) for item in items} == {("codex", "gpt-5.5")}
    assert all(item.time and item.locator.record for item in items)


def test_a_helpers_copy_of_its_parents_calls_is_not_counted_again() -> None:
    """A helper's file begins with its parent's calls and outputs, without the effects."""
    by_session = {
        item.session: item.path
        for transcript in located(READER, HOME)
        for item in events(READER, transcript)
        if isinstance(item, Written) and item.path.endswith(("own.py", "piers.py"))
    }
    assert len(by_session) == 2
    copies = [
        transcript
        for transcript in located(READER, HOME)
        if b"own_berth" in transcript.path.read_bytes() and not transcript.part
    ]
    assert len(copies) == 2


def forked(home: Path, archived: str = "") -> Path:
    """A parent that was shown OLD, and a fork of it that writes OLD and NEW; the parent's rollout."""
    parent = Session(home, CWD, version="0.169.0", session=PARENT)
    parent.exec("cat a.py", OLD)
    path = _placed(parent, archived == "parent")
    child = Session(home, CWD, version="0.169.0", session=CHILD, forked_from=PARENT)
    base = {"thread_id": PARENT, "end_ordinal_exclusive": 9, "end_byte_offset": path.stat().st_size}
    child.records[0]["payload"]["history_base"] = base
    child.patch("b.py", None, NEW + OLD)
    _placed(child, archived == "child")
    return path


def _placed(session: Session, archived: bool) -> Path:
    """Saved where Codex would: in the folder of the day that the id tells, or among the archived."""
    made = datetime.fromtimestamp(int(session.session[:8] + session.session[9:13], 16) / 1000, UTC)
    folder = session.home / ".codex"
    folder /= "archived_sessions" if archived else made.strftime("sessions/%Y/%m/%d")
    return session.save(folder / f"rollout-{made:%Y-%m-%dT%H-%M-%S}-{session.session}.jsonl")


@pytest.mark.parametrize("archived", ["", "parent", "child"])
def test_what_a_forks_parent_was_shown_is_not_the_forks(tmp_path: Path, archived: str) -> None:
    """A newer fork only refers to the history that it has in front of it."""
    forked(tmp_path, archived)
    assert lines(of(tmp_path, CHILD)) == OURS


def test_a_fork_without_its_parent_tells_what_it_holds(tmp_path: Path) -> None:
    """Nothing is known of what the parent was shown."""
    forked(tmp_path).unlink()
    assert lines(of(tmp_path, CHILD)) == OURS + THEIRS


def test_what_a_parent_was_shown_after_the_fork_is_not_the_forks_past(tmp_path: Path) -> None:
    """The fork ends its parent's history at a byte."""
    with forked(tmp_path).open("ab") as stream:
        late = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": NEW}]}
        stream.write(json.dumps({"type": "response_item", "payload": late}).encode() + b"\n")
    assert lines(of(tmp_path, CHILD)) == OURS


def test_a_link_is_no_parent(tmp_path: Path) -> None:
    """Nothing outside of the tool's folders is read."""
    path = forked(tmp_path)
    path.rename(tmp_path / "elsewhere.jsonl")
    path.symlink_to(tmp_path / "elsewhere.jsonl")
    assert lines(of(tmp_path, CHILD)) == OURS + THEIRS


def test_a_circle_of_forks_ends(tmp_path: Path) -> None:
    """Two threads that name each other as parent are read; the steps into the past are counted."""
    path = forked(tmp_path)
    first, *rest = path.read_text().splitlines(keepends=True)
    meta = json.loads(first)
    meta["payload"]["history_base"] = {"thread_id": CHILD, "end_byte_offset": 1 << 40}
    path.write_text(json.dumps(meta) + "\n" + "".join(rest))
    shown = [item for item in of(tmp_path, CHILD) if isinstance(item, Read)]
    assert 0 < len(shown) < 5 * MAX_GENERATIONS


@pytest.mark.parametrize(
    "value",
    [
        None, 1, "x", [], {"thread_id": 3}, {"thread_id": "../../x", "end_byte_offset": 9}, {"thread_id": PARENT},
        {"thread_id": PARENT, "end_byte_offset": -1}, {"thread_id": PARENT, "end_byte_offset": "9"},
        {"thread_id": "f" * 8 + PARENT[8:], "end_byte_offset": 9},
        {"thread_id": "ffffffff-ffff-7000-8000-000000000000", "end_byte_offset": 9},
    ],
)  # fmt: skip
def test_a_base_that_is_none_is_passed_over(tmp_path: Path, value: object) -> None:
    """Whatever stands there, the fork itself is read."""
    session = Session(tmp_path, CWD, version="0.169.0", session=CHILD)
    session.records[0]["payload"]["history_base"] = value
    session.patch("b.py", None, NEW)
    _placed(session, False)
    assert lines(of(tmp_path, CHILD)) == OURS


@pytest.mark.parametrize("effect", [True, False])
def test_a_function_that_one_patch_moves_is_not_new(tmp_path: Path, effect: bool) -> None:
    """Though where it goes comes first in the patch, and where it is taken from second."""
    added, removed = ("".join(f"{sign}{line}\n" for line in THEIRS) for sign in "+-")
    patch = f"*** Begin Patch\n*** Add File: b.py\n{added}*** Update File: a.py\n@@\n{removed}*** End Patch\n"
    changes = {
        f"{CWD}/b.py": {"type": "add", "content": OLD},
        f"{CWD}/a.py": {"type": "update", "unified_diff": f"@@ -1,2 +0,0 @@\n{removed}", "move_path": None},
    }
    session = Session(tmp_path, CWD, version="0.140.0", session=CHILD)
    call = {"call_id": "c1", "name": "apply_patch", "input": patch}
    session.add("response_item", {"type": "custom_tool_call", **call})
    if effect:
        done = {"call_id": "c1", "success": True, "changes": changes}
        session.add("event_msg", {"type": "patch_apply_end", **done})
    said = "Exit code: 0\nOutput:\nSuccess. Updated the following files:\nA b.py\nM a.py\n"
    session.add("response_item", {"type": "custom_tool_call_output", "call_id": "c1", "output": said})
    _placed(session, False)
    assert lines(of(tmp_path, CHILD)) == []


@pytest.mark.parametrize("name", ["read_file", "mcp__files__read", "view_image", "exec"])
def test_what_any_tool_gave_back_stood_in_front_of_the_model(tmp_path: Path, name: str) -> None:
    """Not only commands show text."""
    session = Session(tmp_path, CWD, version="0.169.0", session=CHILD)
    call = {"call_id": "c1", "name": name, "arguments": "{}", "input": "x"}
    kind = "custom_tool_call" if name == "exec" else "function_call"
    session.add("response_item", {"type": kind, **call})
    said = [{"type": "input_text", "text": OLD}]
    session.add("response_item", {"type": f"{kind}_output", "call_id": "c1", "output": said})
    session.patch("b.py", None, NEW + OLD)
    _placed(session, False)
    assert lines(of(tmp_path, CHILD)) == OURS


def command_item(session: Session, script: str, *, call: str, code: int | None, output: str = "") -> None:
    """The record of a command that ended."""
    item = {
        "type": "CommandExecution", "id": call, "command": ["/bin/bash", "-lc", script],
        "cwd": "file:///home/u/proj/a%20b", "status": "completed" if code == 0 else "failed",
        "aggregated_output": output, "exit_code": code,
    }  # fmt: skip
    session.add("event_msg", {"type": "item_completed", "item": item})


HEREDOC = f"cat > b.py <<'EOF'\n{NEW}EOF"


@pytest.mark.parametrize(("code", "expected"), [(0, OURS), (1, []), (None, [])])
def test_a_command_that_a_script_ran_counts_by_its_record(
    tmp_path: Path, code: int | None, expected: list[str]
) -> None:
    """In code mode there is no call with a command in it."""
    session = Session(tmp_path, CWD, version="0.169.0", session=CHILD)
    command_item(session, HEREDOC, call="exec-1", code=code)
    _placed(session, False)
    found = of(tmp_path, CHILD)
    assert lines(found) == expected
    assert {item.cwd for item in found if isinstance(item, Written)} <= {f"{CWD}/a b"}


def test_what_a_script_could_see_was_there_before(tmp_path: Path) -> None:
    """The output of a command that a script ran need not have been sent, but is nobody's new text."""
    session = Session(tmp_path, CWD, version="0.169.0", session=CHILD)
    command_item(session, "cat a.py", call="exec-1", code=0, output=OLD)
    session.patch("b.py", None, NEW + OLD)
    _placed(session, False)
    found = of(tmp_path, CHILD)
    assert lines(found) == OURS
    assert [item.sent for item in found if isinstance(item, Read) and "scale_of" in str(item.lines)] == [
        False
    ]


def test_a_commands_record_and_its_output_count_once(tmp_path: Path) -> None:
    """The record comes before the output."""
    session = Session(tmp_path, CWD, version="0.169.0", session=CHILD)
    call = session.exec(HEREDOC)
    output = session.records.pop()
    command_item(session, HEREDOC, call=call, code=0)
    session.records.append(output)
    _placed(session, False)
    (item,) = [item for item in of(tmp_path, CHILD) if isinstance(item, Written)]
    assert (item.cwd, item.locator.record) == (CWD, call)


def test_a_history_that_was_compacted_happened_before(tmp_path: Path) -> None:
    """What is put in the place of the history tells nothing again."""
    session = Session(tmp_path, CWD, version="0.169.0", session=CHILD)
    session.patch("b.py", None, NEW)
    before = list(session.records)
    items = [record["payload"] for record in before if record["type"] == "response_item"]
    again = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": NEW}]}]
    session.add("compacted", {"message": NEW, "replacement_history": [*items, *again]})
    session.patch("c.py", None, NEW)
    _placed(session, False)
    assert [item.path for item in own(of(tmp_path, CHILD), Faults(""))] == [f"{CWD}/b.py", f"{CWD}/c.py"]


def test_the_index_tells_where_threads_worked(tmp_path: Path) -> None:
    """Its folder is the latest; the first one is in the rollout itself."""
    session = Session(tmp_path, CWD, version="0.169.0", session=CHILD)
    path = _placed(session, False)
    codex.index(tmp_path / ".codex" / "state_5.sqlite", (CHILD, str(path), "/srv/moved", "m"))
    codex.index(tmp_path / ".codex" / "state_4.sqlite", (CHILD, str(path), "/srv/old", "m"))
    (transcript,) = located(READER, tmp_path)
    assert transcript.folder == "/srv/moved"
    assert [READER.nearness(transcript, (folder,)) for folder in ("/srv/moved", CWD, "/srv/old")] == [0, 0, 2]


@pytest.mark.parametrize("how", ["environment", "settings"])
def test_the_databases_may_stand_elsewhere(tmp_path: Path, how: str) -> None:
    """And rollouts that only the index knows of are found."""
    path = Session(tmp_path, CWD, session=CHILD).save(tmp_path / "kept" / f"rollout-x-{CHILD}.jsonl")
    codex.index(
        tmp_path / "db" / "state_7.sqlite", (CHILD, str(path), CWD, None), ("y", str(path), CWD, None)
    )
    (tmp_path / ".codex").mkdir()
    named = {"CODEX_SQLITE_HOME": str(tmp_path / "db")} if how == "environment" else {}
    if not named:
        (tmp_path / ".codex" / "config.toml").write_text(f'sqlite_home = "{tmp_path / "db"}"\n')
    assert [one.path for one in located(READER, tmp_path, **named)] == [path.resolve()]


@pytest.mark.parametrize(
    "name", ["secret.txt", "rollout-x.txt", "rollout-link.jsonl", "rollout-folder.jsonl"]
)
def test_the_index_names_no_other_files(tmp_path: Path, name: str) -> None:
    """Only rollouts, which are regular files."""
    path = tmp_path / name
    (tmp_path / "secret.txt").write_text("x")
    if "link" in name:
        path.symlink_to(tmp_path / "secret.txt")
    elif "folder" in name:
        path.mkdir()
    else:
        path.write_text("x")
    rows = [("a", str(path), CWD, None), ("b", name, CWD, None), ("c", "rollout-\0.jsonl", CWD, None)]
    codex.index(tmp_path / ".codex" / "state_5.sqlite", *rows)
    assert located(READER, tmp_path) == ()


@pytest.mark.parametrize(
    "settings_text", ["not toml [", "sqlite_home = 3\n", "sqlite_home = 'relative'\n", "\0"]
)
def test_settings_that_say_nothing_are_passed_over(tmp_path: Path, settings_text: str) -> None:
    """The databases then stand in the usual folder."""
    session = Session(tmp_path, CWD, session=CHILD)
    path = _placed(session, False)
    (tmp_path / ".codex" / "config.toml").write_text(settings_text)
    codex.index(tmp_path / ".codex" / "state_5.sqlite", (CHILD, str(path), "/srv/moved", "m"))
    assert [one.folder for one in located(READER, tmp_path)] == ["/srv/moved"]


def lost(home: Path, *items: Any) -> list[Event]:
    """What the items of a thread tell whose rollout is gone."""
    codex.index(
        home / ".codex" / "state_5.sqlite", (THREAD, str(home / "rollout-gone.jsonl"), CWD, "gpt-5.4")
    )
    codex.history(home / ".codex" / "thread_history_1.sqlite", THREAD, *items)
    return of(home, THREAD)


def test_a_thread_whose_rollout_is_gone_is_read_from_its_items(tmp_path: Path) -> None:
    """Prompts, patches and commands, in their order, each with its time and its item."""
    prompt = {"type": "userMessage", "id": "m1", "content": [{"type": "text", "text": THEIRS[0]}]}
    diff = f"@@ -1 +1,2 @@\n-{THEIRS[1]}\n+{OURS[0]}\n+{THEIRS[0]}\n+{THEIRS[1]}\n\n\nMoved to: {CWD}/c.py"
    found = lost(
        tmp_path,
        prompt,
        codex.file_change(f"{CWD}/a.py", diff),
        codex.command(f"cd sub && cat > b.py <<'EOF'\nit = what('is')\n{OURS[1]}\nEOF", cwd=f"{CWD}/x"),
        codex.file_change(f"{CWD}/n.py", "new_file = one_line(only)\n", kind="add"),
    )
    (transcript,) = located(READER, tmp_path)
    assert (transcript.folder, transcript.size, READER.nearness(transcript, (CWD,))) == (CWD, 4711, 0)
    assert transcript.changed == codex.MADE / 1000 + 3
    items = list(own(found, Faults("")))
    assert [(item.path, item.cwd, [line for line in item.lines if line.strip()]) for item in items] == [
        (f"{CWD}/a.py", CWD, [OURS[0]]),
        ("b.py", f"{CWD}/x/sub", ["it = what('is')", OURS[1]]),
        (f"{CWD}/n.py", CWD, ["new_file = one_line(only)"]),
    ]
    assert [item.time.timestamp() - codex.MADE / 1000 for item in items if item.time] == [1, 2, 3]
    assert {(item.tool, item.model, item.session) for item in items} == {("codex", "gpt-5.4", THREAD)}
    assert [item.locator.record for item in items] == ["c1", "c2", "c1"]


@pytest.mark.parametrize(
    "item",
    [
        codex.file_change(f"{CWD}/a.py", NEW, kind="add", status="failed"),
        codex.file_change(f"{CWD}/a.py", NEW, kind="add", status="declined"),
        codex.file_change(f"{CWD}/a.py", NEW, kind="add", status="inProgress"),
        codex.file_change(f"{CWD}/a.py", NEW, kind="delete"),
        codex.command(HEREDOC, code=1),
        codex.command(HEREDOC, code=None),
        {"type": "commandExecution", "command": "'unbalanced", "exitCode": 0, "status": "completed"},
    ],
)
def test_items_of_what_did_not_happen_write_nothing(tmp_path: Path, item: dict[str, Any]) -> None:
    """Failed, declined and running ones, and what only takes away."""
    assert lines(lost(tmp_path, item)) == []


def test_output_that_items_hold_was_there_before(tmp_path: Path) -> None:
    """A file that was shown and then copied is not new."""
    shown = codex.command("cat a.py", OLD)
    assert lines(lost(tmp_path, shown, codex.file_change(f"{CWD}/b.py", OLD + NEW, kind="add"))) == OURS


def test_a_thread_that_has_a_rollout_is_not_read_twice(tmp_path: Path) -> None:
    """The rollout is the better source."""
    session = Session(tmp_path, CWD, session=THREAD)
    session.patch("a.py", None, NEW)
    _placed(session, False)
    codex.history(
        tmp_path / ".codex" / "thread_history_1.sqlite", THREAD, codex.file_change("a.py", NEW, "add")
    )
    assert [one.part for one in located(READER, tmp_path)] == [""]


def test_an_item_that_is_no_json_is_named_and_passed_over(tmp_path: Path) -> None:
    """The rest is read."""
    codex.history(
        tmp_path / ".codex" / "thread_history_1.sqlite",
        THREAD,
        "{broken",
        "[1]",
        codex.file_change(f"{CWD}/n.py", NEW, kind="add"),
    )
    (transcript,) = located(READER, tmp_path)
    faults = Faults(transcript.shown)
    assert lines(list(READER.read(transcript, faults, lambda _: None))) == OURS
    assert (faults.count, faults.first) == (1, "not JSON")


@pytest.mark.parametrize("name", ["state_5.sqlite", "thread_history_1.sqlite"])
def test_a_database_that_is_none_is_named(tmp_path: Path, name: str) -> None:
    """And the rollouts are read."""
    path = _placed(Session(tmp_path, CWD, session=CHILD), False)
    (tmp_path / ".codex" / name).write_bytes(b"this is no database at all" * 9)
    found = READER.locate(Places({"HOME": str(tmp_path)}))
    assert [one.path for one in found.transcripts] == [path.resolve()]
    assert [problem.why for problem in found.problems] == [
        f"~/.codex/{name}: not an SQLite database, or encrypted"
    ]


ITEMS = [
    codex.file_change(f"{CWD}/a.py", "@@ -1 +1 @@\n-x\n+y\n"),
    codex.command(HEREDOC, OLD),
    {"type": "userMessage", "content": [{"type": "text", "text": OLD}]},
    {"type": "mcpToolCall", "result": {"content": [{"type": "text", "text": OLD}]}},
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_item_is_too_strange(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever stands at any place of an item, nothing raises and the next item is read."""
    item = data.draw(st.sampled_from(ITEMS))
    junk = spoilt(data, item)
    home = tmp_path / "home"
    shutil.rmtree(home, ignore_errors=True)
    good = codex.file_change(f"{CWD}/n.py", "told = after(everything)\n", kind="add")
    path = codex.history(home / ".codex" / "thread_history_1.sqlite", THREAD, junk, good)
    transcript = Transcript(path, 1, 0.0, "x", CWD, THREAD)
    assert "told = after(everything)" in lines(list(READER.read(transcript, Faults(""), lambda _: None)))


def test_windows_paths_are_kept_as_recorded(tmp_path: Path) -> None:
    """In effects, in patches, in commands and in the index."""
    folder = "C:\\Users\\ü\\proj"
    session = Session(tmp_path, folder, version="0.169.0", session=CHILD)
    changes = {f"{folder}\\src\\a.py": {"type": "add", "content": NEW}}
    item = {"type": "FileChange", "id": "c1", "changes": changes, "status": "completed"}
    session.add("event_msg", {"type": "item_completed", "item": item})
    command_item(session, "cat > b.py <<'EOF'\nfirst = of_all(items)\nEOF", call="exec-1", code=0)
    session.records[-1]["payload"]["item"]["cwd"] = "file:///C:/Users/%C3%BC/proj/lib"
    path = _placed(session, False)
    codex.index(tmp_path / ".codex" / "state_5.sqlite", (CHILD, str(path), folder, "m"))
    (transcript,) = located(READER, tmp_path)
    assert [READER.nearness(transcript, (one,)) for one in ("c:/Users/ü/proj", "d:/other")] == [0, 2]
    found = [(item.path, item.cwd) for item in events(READER, transcript) if isinstance(item, Written)]
    assert found == [(f"{folder}\\src\\a.py", "c:/Users/ü/proj"), ("b.py", "c:/Users/ü/proj/lib")]
