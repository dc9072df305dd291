"""Codex's rollouts: every shape of a write, with its outcome, and each counted once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.transcripts import Codex, patch_text
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Places, Read, Transcript, Written
from whence.evidence.sessions.readers.codex import Codex as Reader
from whence.evidence.sessions.readers.codex.calls import outcome

CWD = "/home/u/proj"
OLD = "def first(value):\n    return value * scale_of(value)\n\n\ndef last(value):\n    return value\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n\n\ndef last(value):\n    return value\n"
INSERTED = "    return clipped(value, lowest=0.5)"
VERSIONS = ["0.42.0", "0.98.0", "0.120.0", "0.140.0", "0.169.0"]


def events(session: Codex, path: Path | None = None) -> tuple[list[Written | Read], Faults]:
    """What the reader yields for a saved session."""
    path = session.save(path)
    transcript = Transcript(path, path.stat().st_size, 0.0, "~/rollout.jsonl")
    faults = Faults(transcript.shown)
    return list(Reader().read(transcript, faults, lambda _: None)), faults


def written(session: Codex, path: Path | None = None) -> list[Written]:
    """What the session wrote itself."""
    found, faults = events(session, path)
    assert faults.count == 0, faults.first
    return list(own(found, faults))


def check(session: Codex, expected: list[tuple[str, str, list[str]]]) -> None:
    """The session wrote these lines into these files (path, folder), and nothing else."""
    found = [
        (item.path, item.cwd, [line for line in item.lines if line.strip()]) for item in written(session)
    ]
    assert found == expected


@pytest.fixture
def session(tmp_path: Path) -> Codex:
    return Codex(tmp_path, CWD)


@pytest.mark.parametrize("how", ["custom", "function", "shell", "heredoc", "parallel"])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("said_first", [False, True])
def test_every_shape_of_a_patch_counts_once(tmp_path: Path, how: str, version: str, said_first: bool) -> None:
    """Intent, output and effect of one call are one write, in every version and in either order."""
    session = Codex(tmp_path, CWD, version=version)
    session.patch("app/a.py", OLD, NEW, how=how, said_first=said_first)
    (item,) = written(session)
    assert item.lines == (INSERTED,)
    assert (item.tool, item.model, item.session) == ("codex", "gpt-5.4-codex", session.session)
    assert item.path in {"app/a.py", f"{CWD}/app/a.py"}
    assert item.cwd == CWD


@pytest.mark.parametrize("how", ["custom", "function", "shell", "heredoc", "parallel"])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("outcome", ["failed", "refused", "missing"])
def test_a_patch_that_was_not_applied_wrote_nothing(
    tmp_path: Path, how: str, version: str, outcome: str
) -> None:
    """The call's own status says completed in all of these."""
    session = Codex(tmp_path, CWD, version=version)
    session.patch("a.py", OLD, NEW, how=how, outcome=outcome)
    check(session, [])


def test_the_effect_beats_what_the_output_seems_to_say(tmp_path: Path) -> None:
    """A failed FileChange after an output that looks good writes nothing."""
    session = Codex(tmp_path, CWD, version="0.169.0")
    session.patch("a.py", OLD, NEW, said_first=True, effect=False)
    item = {"type": "FileChange", "id": "call_0000010001", "changes": {}, "status": "failed"}
    session.add("event_msg", {"type": "item_completed", "item": item})
    check(session, [])


def test_the_effect_has_the_absolute_path(tmp_path: Path) -> None:
    """Where an effect is recorded, the write carries its path and the call's place in the file."""
    session = Codex(tmp_path, CWD, version="0.140.0")
    call = session.patch("app/a.py", OLD, NEW)
    (item,) = written(session)
    assert (item.path, item.locator.record, item.locator.line) == (f"{CWD}/app/a.py", call, 3)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_new_file_is_all_the_tools(tmp_path: Path, version: str) -> None:
    """An added file contributes each of its lines."""
    session = Codex(tmp_path, CWD, version=version)
    session.patch("a.py", None, NEW)
    assert [line for line in written(session)[0].lines if line] == [line for line in NEW.split("\n") if line]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_moved_file_is_named_by_its_new_path(tmp_path: Path, version: str) -> None:
    """Move to gives the place where the text is now."""
    session = Codex(tmp_path, CWD, version=version)
    session.patch("a.py", OLD, NEW, move_to="lib/b.py")
    assert written(session)[0].path.endswith("lib/b.py")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("code", "count"), [(0, 1), (1, 0), (None, 0)])
def test_a_here_document_counts_when_its_command_succeeded(
    tmp_path: Path, version: str, code: int | None, count: int
) -> None:
    """Exit status 0 counts; another one, and a command that still runs, do not."""
    session = Codex(tmp_path, CWD, version=version)
    session.exec(f"cat > a.py <<'EOF'\n{NEW}EOF", code=code)
    assert len(written(session)) == count


def test_a_path_is_relative_to_the_commands_folder(session: Codex) -> None:
    """workdir and cd move what a relative path means."""
    session.exec(f"cd lib && cat > a.py <<'EOF'\n{INSERTED}\nEOF", workdir="packages/core")
    check(session, [("a.py", f"{CWD}/packages/core/lib", [INSERTED])])


def test_a_turns_folder_beats_the_sessions(session: Codex) -> None:
    """turn_context moves the session to another folder."""
    session.add("turn_context", {"cwd": "/srv/other", "model": "gpt-5.5"})
    session.exec(f"cat > a.py <<'EOF'\n{INSERTED}\nEOF")
    (item,) = written(session)
    assert (item.cwd, item.model) == ("/srv/other", "gpt-5.5")


def test_a_commit_message_is_no_file(session: Codex) -> None:
    """A here-document inside git commit writes nothing."""
    session.exec("git commit -F - <<'EOF'\nRework the attention layer for long inputs\nEOF")
    check(session, [])


def test_lines_shown_by_a_command_are_somebody_elses(session: Codex) -> None:
    """A function that `sed -n` showed and a patch adds elsewhere is not the tool's."""
    session.exec("sed -n 1,80p old.py", OLD)
    session.patch("b.py", None, OLD)
    check(session, [])


def test_lines_typed_by_the_person_are_theirs(session: Codex) -> None:
    """Code in the prompt is not the tool's."""
    session.prompt("use this:\n" + OLD)
    session.patch("b.py", None, OLD)
    check(session, [])


def test_lines_of_a_deleted_file_are_somebody_elses(session: Codex) -> None:
    """A move that is made of a deletion and an addition contributes nothing."""
    changes = {
        f"{CWD}/a.py": {"type": "delete", "content": OLD},
        f"{CWD}/b.py": {"type": "add", "content": OLD},
    }
    session.add(
        "event_msg", {"type": "patch_apply_end", "call_id": "c9", "success": True, "changes": changes}
    )
    check(session, [])


@pytest.mark.parametrize("version", VERSIONS)
def test_lines_taken_out_of_one_file_are_not_new_in_another(tmp_path: Path, version: str) -> None:
    """A function that patches move is nobody's new text."""
    session = Codex(tmp_path, CWD, version=version)
    session.patch("a.py", OLD + "# the end of it all\n", "# the end of it all\n")
    session.patch("b.py", None, OLD)
    check(session, [])


def test_changes_as_a_list_are_understood(session: Codex) -> None:
    """The thread database's form of changes."""
    changes = [
        {
            "path": f"{CWD}/a.py",
            "kind": {"type": "update", "move_path": None},
            "diff": f"@@ -1 +1 @@\n-x\n+{INSERTED}\n",
        }
    ]
    item = {"type": "FileChange", "id": "c9", "changes": changes, "status": "completed"}
    session.add("event_msg", {"type": "item_completed", "item": item})
    check(session, [(f"{CWD}/a.py", CWD, [INSERTED])])


def test_code_mode_counts_by_its_effect(session: Codex) -> None:
    """A patch inside JavaScript is no patch of ours; its FileChange is."""
    script = "await tools.apply_patch(`" + patch_text("a.py", OLD, NEW) + "`)"
    call = {
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": "c7",
        "name": "exec",
        "input": script,
    }
    session.add("response_item", call)
    session.add(
        "response_item",
        {
            "type": "custom_tool_call_output",
            "call_id": "c7",
            "output": "Success. Updated the following files:\nM a.py",
        },
    )
    check(session, [])
    changes = {f"{CWD}/a.py": {"type": "add", "content": INSERTED + "\n"}}
    item = {"type": "FileChange", "id": "other", "changes": changes, "status": "completed"}
    session.add("event_msg", {"type": "item_completed", "item": item})
    check(session, [(f"{CWD}/a.py", CWD, [INSERTED])])


def test_a_late_effect_does_not_count_again(tmp_path: Path) -> None:
    """An effect long after its output belongs to a call that was counted."""
    session = Codex(tmp_path, CWD, version="0.140.0")
    session.patch("a.py", OLD, NEW, effect=False)
    effect = {f"{CWD}/a.py": {"type": "add", "content": NEW}}
    for number in range(80):
        session.exec("true", f"line {number}")
    session.add(
        "event_msg",
        {"type": "patch_apply_end", "call_id": "call_0000010001", "success": True, "changes": effect},
    )
    assert len(written(session)) == 1


def test_very_old_files_have_no_envelope(session: Codex) -> None:
    """The first line is bare session data, the rest bare items; the folder stands in the first message."""
    meta, _, *rest = session.records
    session.exec(f"cat > a.py <<'EOF'\n{INSERTED}\nEOF")
    bare = [record["payload"] for record in session.records[2:]]
    context = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": f"<cwd>{CWD}</cwd>"}],
    }
    session.records = [
        {"id": session.session, "timestamp": meta["timestamp"], "instructions": None},
        context,
        *bare,
    ]
    assert not rest
    (item,) = written(session)
    assert (item.cwd, item.lines) == (CWD, (INSERTED,))
    assert item.time is not None


def test_compressed_rollouts_are_read(session: Codex) -> None:
    """.jsonl.zst holds the same lines."""
    session.patch("a.py", OLD, NEW)
    plain = written(session)
    packed = written(session, session.path.with_name(session.path.name + ".zst"))
    assert [item.lines for item in packed] == [item.lines for item in plain] != []


def test_the_plain_file_wins_over_its_compressed_copy(session: Codex) -> None:
    """Both exist while Codex compresses; and archived sessions are found too."""
    session.save()
    session.save(session.path.with_name(session.path.name + ".zst"))
    archived = session.save(
        session.home / ".codex" / "archived_sessions" / ("rollout-x-" + session.session + ".jsonl.zst")
    )
    located = Reader().locate(Places({"HOME": str(session.home)}))
    assert {transcript.path for transcript in located.transcripts} == {
        session.path.resolve(),
        archived.resolve(),
    }


def test_codex_home_is_respected(session: Codex, tmp_path: Path) -> None:
    """$CODEX_HOME names another folder."""
    path = session.save(tmp_path / "elsewhere" / "sessions" / "2026" / session.path.name)
    located = Reader().locate(
        Places({"CODEX_HOME": str(tmp_path / "elsewhere"), "HOME": str(tmp_path / "nobody")})
    )
    assert [transcript.path for transcript in located.transcripts] == [path.resolve()]


@pytest.mark.parametrize(
    ("cwd", "expected"), [(CWD, 0), (CWD + "/sub", 0), ("/home/u", 1), ("/x/proj", 1), ("/srv", 2)]
)
def test_the_first_line_tells_where_a_session_worked(tmp_path: Path, cwd: str, expected: int) -> None:
    """The folder is read without parsing the file."""
    session = Codex(tmp_path, cwd)
    path = session.save()
    assert Reader().nearness(Transcript(path, 1, 0.0, ""), (CWD,)) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"output":"done","metadata":{"exit_code":0}}', ("done", 0)),
        ('{"output":"no","metadata":{"exit_code":2}}', ("no", 2)),
        ("Exit code: 1\nWall time: 0\nOutput:\nx", ("Exit code: 1\nWall time: 0\nOutput:\nx", 1)),
        (
            "Chunk ID: a\nProcess exited with code 0\nOutput:\n",
            ("Chunk ID: a\nProcess exited with code 0\nOutput:\n", 0),
        ),
        ([{"type": "input_text", "text": "Exit code: 0"}], ("Exit code: 0", 0)),
        ({"content": "x", "success": False}, ("x", 1)),
        ("{not json", ("{not json", None)),
        (None, ("", None)),
        (7, ("", None)),
    ],
)
def test_outputs_of_all_versions_are_understood(output: object, expected: tuple[str, int | None]) -> None:
    """Text and exit code from a JSON string, a text, a list or an object."""
    assert outcome(output) == expected


def test_a_success_line_in_a_files_text_is_no_success(session: Codex) -> None:
    """The words must be the output's own line, not a failed patch's quotation in the middle of one."""
    call = {
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": "c1",
        "name": "apply_patch",
        "input": patch_text("a.py", None, NEW),
    }
    session.add("response_item", call)
    said = "apply_patch verification failed: expected 'Success. Updated the following files:' in a.py"
    session.add("response_item", {"type": "custom_tool_call_output", "call_id": "c1", "output": said})
    check(session, [])


@pytest.mark.parametrize(
    "value", [None, 3, "text", [], ["x"], {"x": 1}, {"/a": None}, {"/a": {"type": 3}}, [None]]
)
@pytest.mark.parametrize(
    "field", ["changes", "call_id", "success", "output", "arguments", "input", "name", "cwd"]
)
def test_records_of_unknown_shape_are_passed_over(session: Codex, field: str, value: object) -> None:
    """Whatever a field holds, nothing raises and the rest is read."""
    base = {
        "call_id": "c1",
        "name": "shell",
        "arguments": "{}",
        "success": True,
        "changes": {},
        "output": "x",
    }
    for kind in ("function_call", "custom_tool_call", "local_shell_call", "function_call_output", "message"):
        session.add("response_item", {"type": kind, **base, field: value})
    session.add("event_msg", {"type": "patch_apply_end", **base, field: value})
    session.add("event_msg", {"type": "item_completed", "item": {"type": "FileChange", **base, field: value}})
    session.add("turn_context", {field: value})
    session.records.append({"type": "response_item", "payload": value})
    session.records.append({"type": value, "payload": value})
    session.exec(f"cat > a.py <<'EOF'\n{INSERTED}\nEOF")
    assert len(written(session)) == 1


def test_a_fork_repeats_its_parent_with_the_same_calls(tmp_path: Path) -> None:
    """The copied history yields the same call ids, by which the source tells copies apart."""
    parent = Codex(tmp_path, CWD)
    parent.patch("a.py", OLD, NEW)
    fork = Codex(tmp_path, CWD, session="019a0000-1111-7222-8333-00000000000f", forked_from=parent.session)
    fork.records += parent.records
    fork.patch("b.py", None, "something_new = value_of(everything)\n")
    calls = [item.locator.record for item in written(fork)]
    assert calls[:1] == [item.locator.record for item in written(parent)]
    assert len(set(calls)) == 2
    assert {item.session for item in written(fork)} == {fork.session}


def test_escaped_astral_characters_are_the_same_text(session: Codex) -> None:
    """JSON inside JSON keeps emoji whole."""
    session.patch("a.py", None, "label = '🦀 and 日本語 in one line'\n", how="function")
    line = written(session)[0].lines
    session.records = json.loads(json.dumps(session.records, ensure_ascii=True))
    assert written(session)[0].lines == line == ("label = '🦀 and 日本語 in one line'",)
