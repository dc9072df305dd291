"""opencode's sessions, in its database and in its files."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.hostile import PATCH, spoilt
from support.opencode import ROOT, OpenCode, patch
from support.scenario import FIXTURES, by_file, check_lines, located
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Outcome, Places, Written
from whence.evidence.sessions.readers.opencode import OpenCode as Reader
from whence.evidence.sessions.readers.opencode import reader
from whence.model import Contributor

READER = Reader()
LAYOUTS = ["database", "files"]
FILE = f"{ROOT}/a.py"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"


@pytest.fixture
def session(tmp_path: Path) -> OpenCode:
    return OpenCode(tmp_path)


def written(session: OpenCode, layout: str = "database") -> list[Written]:
    session.save(layout)
    (transcript,) = located(READER, session.home)
    return list(own(scenario.events(READER, transcript), Faults("")))


def check(session: OpenCode, expected: list[tuple[str, list[str]]], layout: str = "database") -> None:
    """The session wrote these lines into these files, and nothing else."""
    found = scenario.lines_by_path(written(session, layout))
    assert found == expected


EXPECTED = {
    "tide_notes.py": scenario.EDITED + scenario.REWRITTEN,
    "harbour/forecast.py": scenario.CREATED,
    "legacy.ini": scenario.WINDOWS,
    "données/prévision.py": scenario.UNICODE,
    "scripts/backup.sh": scenario.BY_SHELL,
    "generated_table.csv": scenario.BY_PROGRAM,
    "harbour/list.py": scenario.BY_AGENT,
}


def test_the_real_programs_database_is_read(tmp_path: Path) -> None:
    """Version 1.18: every call that succeeded, a program's file, a move, a resumed session, a subagent's session."""
    home = tmp_path / "home"
    shutil.copytree(FIXTURES / "opencode-1.18.33", home)
    transcripts = located(READER, home)
    assert {(one.folder, one.path.name, bool(one.part)) for one in transcripts} == {
        (scenario.PROJECT, "opencode.db", True)
    }
    assert len(transcripts) == 5
    items = scenario.written(READER, transcripts)
    found = by_file(items)
    check_lines(found)
    assert found == {
        **EXPECTED,
        "tide_notes.py": EXPECTED["tide_notes.py"] + scenario.RESUMED,
        "config/station.ini": scenario.MOVED,
        "config/readme.txt": scenario.ADDED,
    }
    assert {(item.tool, item.outcome, item.contributor) for item in items} == {
        ("opencode", Outcome.DONE, Contributor.AI)
    }
    assert {item.model for item in items} == {"mock/tide-1", "mock/gpt-tide"}
    assert all(item.time is not None and item.locator.record for item in items)
    assert [file.name for file in (home / ".local/share/opencode").iterdir()] == ["opencode.db"]


def test_the_real_programs_files_are_read() -> None:
    """Version 1.0, before there was a database."""
    transcripts = located(READER, FIXTURES / "opencode-1.0.185")
    assert {(one.folder, one.part) for one in transcripts} == {(scenario.PROJECT, "")}
    found = by_file(scenario.written(READER, transcripts))
    check_lines(found)
    assert found == EXPECTED


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("status", ["error", "running", "pending"])
@pytest.mark.parametrize("tool", ["write", "edit", "bash"])
def test_a_call_that_did_not_complete_wrote_nothing(
    session: OpenCode, tool: str, status: str, layout: str
) -> None:
    """Refused calls are errors; running ones may still be refused."""
    if tool == "write":
        session.write(FILE, NEW, status=status)
    elif tool == "edit":
        session.edit(FILE, OLD, NEW, status=status)
    else:
        session.bash(f"cat > a.py <<'E'\n{NEW}E", status=status)
    check(session, [], layout)


def test_an_unknown_tool_is_completed_and_wrote_nothing(session: OpenCode) -> None:
    """The tool records a call of a tool that does not exist as `invalid`."""
    session.tool("invalid", {"tool": "write", "error": NEW}, said=NEW)
    session.write(FILE, NEW)
    check(session, [(FILE, NEW.splitlines())])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_a_person_took_back_never_counts(session: OpenCode, layout: str) -> None:
    """Undo puts the files back; the messages stay until the next prompt."""
    session.prompt("go")
    session.write(FILE, NEW)
    back = session.prompt("and more")
    session.write(f"{ROOT}/b.py", "second_thoughts = reconsidered(everything)\n")
    session.revert = {"messageID": back}
    check(session, [(FILE, NEW.splitlines())], layout)


def test_a_part_of_a_message_can_be_taken_back(session: OpenCode) -> None:
    """From the named part on; what the message did before stays."""
    session.write(FILE, NEW)
    back = session.write(f"{ROOT}/b.py", "second_thoughts = reconsidered(everything)\n")
    session.messages.pop()
    session.parts[-1] = (session.messages[-1]["id"], session.parts[-1][1])
    session.revert = {"messageID": session.messages[-1]["id"], "partID": back}
    check(session, [(FILE, NEW.splitlines())])


def test_an_overwritten_file_contributes_its_new_lines(session: OpenCode) -> None:
    """The session read the file before."""
    display = {"text": OLD, "lineStart": 1, "lineEnd": 2, "totalLines": 2, "truncated": False}
    session.tool("read", {"filePath": FILE}, {"display": display}, "1: x")
    session.write(FILE, NEW, exists=True)
    check(session, [(FILE, [INSERTED])])


def test_an_overwritten_file_that_was_read_in_the_older_form(session: OpenCode) -> None:
    """The whole file, with numbers before its lines."""
    rows = "\n".join(f"{number:05d}| {row}" for number, row in enumerate(OLD.split("\n"), 1))
    session.tool("read", {"filePath": FILE}, {}, f"<file>\n{rows}\n\n(End of file - total 3 lines)\n</file>")
    session.write(FILE, NEW, exists=True)
    check(session, [(FILE, [INSERTED])])


def test_an_overwritten_file_that_nobody_showed_takes_the_turns_difference(session: OpenCode) -> None:
    """What the turn added to the file and the call contains is the call's."""
    shown = {"display": {"text": OLD, "lineStart": 1, "lineEnd": 1, "totalLines": 2}}
    for effect in ({}, shown):
        session.tool("read", {"filePath": f"{ROOT}/b.py"}, effect, "")
    session.prompt("go", {"file": "a.py", "patch": patch(OLD, NEW + "typed_meanwhile = by_a_person(1)\n")})
    session.write(FILE, NEW, exists=True)
    session.write(f"{ROOT}/b.py", NEW, exists=True)
    check(session, [(FILE, [INSERTED])])


def test_a_persons_own_edit_during_a_turn_is_theirs(session: OpenCode) -> None:
    """The turn's difference has everything that changed; only what stands in a command counts."""
    diff = patch("", "written_by = 'the script'\ntyped_meanwhile = by_a_person(1)\n")
    session.prompt("go", {"file": "a.py", "patch": diff}, {"file": "b.py", "patch": diff})
    session.bash("python3 -c \"open('a.py', 'w').write('''written_by = 'the script'\n''')\"")
    check(
        session,
        [
            ("/home/u/proj/a.py", ["written_by = 'the script'"]),
            ("/home/u/proj/b.py", ["written_by = 'the script'"]),
        ],
    )


def test_code_that_a_command_fetched_is_not_the_tools(session: OpenCode) -> None:
    """`git pull` changes files too; its text is nobody's that the command does not contain."""
    session.prompt("go", {"file": "a.py", "patch": patch(OLD, NEW)})
    session.bash("git pull && cp -r vendor/lib . && sed -i s/scale/clip/ a.py")
    check(session, [])


def test_a_turns_difference_ends_with_the_turn(session: OpenCode) -> None:
    """A command of a later turn did not write what an earlier one changed."""
    session.prompt("go", {"file": "a.py", "patch": patch(OLD, NEW)})
    session.prompt("and now")
    session.bash(f"echo '{INSERTED}'")
    check(session, [])


@pytest.mark.parametrize(("code", "count"), [(0, 1), (1, 0), (None, 0)])
def test_a_here_document_counts_when_its_command_succeeded(session: OpenCode, code: Any, count: int) -> None:
    """The exit status is in the effect; without one nothing is known."""
    session.bash(f"cat > a.py <<'EOF'\n{NEW}EOF", code=code)
    assert len(written(session)) == count


def test_a_failed_script_counts_by_its_effect(session: OpenCode) -> None:
    """The status is that of the last command; what landed on the disk is in the turn's difference."""
    session.prompt("go", {"file": "a.py", "before": OLD, "after": NEW})
    session.bash(f"cat > a.py <<'EOF'\n{NEW}EOF\nfalse", code=1)
    check(session, [(FILE, [INSERTED])])


@pytest.mark.parametrize(
    ("effect", "lines"),
    [
        ({"diff": patch(OLD, NEW)}, [INSERTED]),
        ({"filediff": {"file": FILE, "patch": patch(OLD, NEW)}}, [INSERTED]),
        ({"filediff": {"file": FILE, "before": OLD, "after": NEW}}, [INSERTED]),
        ({}, [INSERTED]),
    ],
)
def test_an_edits_effect_in_every_version(
    session: OpenCode, effect: dict[str, Any], lines: list[str]
) -> None:
    """A diff, both texts, or nothing but what was asked for."""
    asked = {"filePath": FILE, "oldString": OLD, "newString": NEW}
    session.tool("edit", asked, effect)
    check(session, [(FILE, lines)])


def test_several_edits_in_one_call(session: OpenCode) -> None:
    """`multiedit` has one result for each."""
    edits = [
        {"oldString": OLD, "newString": NEW},
        {"oldString": "x = 1", "newString": "x = second_change(1)"},
    ]
    results = [{"diff": patch(OLD, NEW)}, {"diff": patch("x = 1\n", "x = second_change(1)\n")}]
    session.tool("multiedit", {"filePath": FILE, "edits": edits}, {"results": results})
    session.tool("multiedit", {"filePath": f"{ROOT}/b.py", "edits": edits[1:]}, {})
    check(
        session,
        [(FILE, [INSERTED]), (FILE, ["x = second_change(1)"]), (f"{ROOT}/b.py", ["x = second_change(1)"])],
    )


def test_a_patch_without_effects_is_taken_at_its_word(session: OpenCode) -> None:
    """Older versions record the patch only."""
    text = f"*** Begin Patch\n*** Update File: a.py\n@@\n-old\n+{INSERTED}\n*** End Patch"
    session.tool("patch", {"patchText": text})
    check(session, [("a.py", [INSERTED])])


def test_what_was_there_before_is_somebody_elses(session: OpenCode) -> None:
    """Text that was read, typed, or shown by a command is not the tool's, nor what a subagent handed on whose
    session is gone."""
    session.prompt("use this:\nline_one_of(the_prompt)")
    session.tool("read", {"filePath": "b.py"}, {}, "<content>\n1: line_two_of(the_old_file)\n</content>")
    session.bash("cat c.py", "line_three_of(the_output)")
    session.tool("task", {"prompt": "go"}, {}, "line_four_of(the_agent)")
    session.write(
        FILE,
        "line_one_of(the_prompt)\nline_two_of(the_old_file)\nline_three_of(the_output)\nline_four_of(the_agent)\nits_own()\n",
    )
    check(session, [(FILE, ["its_own()"])])


def test_the_vendor_is_the_models(session: OpenCode) -> None:
    """The tool is of no vendor: provider and model decide."""
    session.write(FILE, NEW)
    assert written(session)[0].model == "anthropic/claude-opus-4-8"


def test_windows_paths_are_kept_as_recorded(tmp_path: Path) -> None:
    """Back-slashes and drives come through untouched."""
    session = OpenCode(tmp_path, folder="C:\\Users\\u\\proj")
    session.write("C:\\Users\\u\\proj\\src\\a.py", NEW)
    (item,) = written(session)
    assert (item.path, item.cwd) == ("C:\\Users\\u\\proj\\src\\a.py", "C:\\Users\\u\\proj")
    (transcript,) = located(READER, tmp_path)
    assert [READER.nearness(transcript, (folder,)) for folder in ("c:/Users/u/proj", "c:/other")] == [0, 2]


def test_sessions_that_were_taken_over_are_read_once(session: OpenCode) -> None:
    """The database was made from the files, which stay."""
    session.write(FILE, NEW)
    session.save("files")
    check(session, [(FILE, NEW.splitlines())])


def test_every_place_is_looked_at(session: OpenCode, tmp_path: Path) -> None:
    """$XDG_DATA_HOME, Windows's folders, another channel's database, and $OPENCODE_DB."""
    session.write(FILE, NEW)
    path = session.save()
    for name in ("xdg/opencode/opencode-dev.db", "local/opencode/opencode.db", "xdg/opencode/mine.sqlite"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, tmp_path / name)
    places = {"XDG_DATA_HOME": str(tmp_path / "xdg"), "LOCALAPPDATA": str(tmp_path / "local")}
    found = located(READER, tmp_path / "nobody", OPENCODE_DB="mine.sqlite", **places)
    assert {one.path.name for one in found} == {"opencode-dev.db", "opencode.db", "mine.sqlite"}


def test_a_turn_that_still_runs_is_new(session: OpenCode) -> None:
    """A session keeps the time at which its turn began; its parts tell that it goes on."""
    session.write(FILE, NEW)
    path = session.save()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE part SET time_updated = time_updated + 60000")
    database.close()
    (transcript,) = located(READER, session.home)
    assert transcript.changed == session.time / 1000 + 60


def test_a_turn_too_long_to_look_through_is_said(session: OpenCode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of a turn's changes is looked for in each of its commands: that has an end."""
    session.prompt("go", {"file": "a.py", "before": OLD, "after": NEW})
    session.bash(f"printf '%s' '{NEW}' > a.py")
    session.save()
    (transcript,) = located(READER, session.home)
    for most, count in ((reader.MAX_LOOKED, 1), (10, 0)):
        monkeypatch.setattr(reader, "MAX_LOOKED", most)
        faults = Faults("")
        assert len(list(own(READER.read(transcript, faults, lambda _: None), faults))) == count
        assert faults.count == 1 - count


def test_a_newer_form_is_said(session: OpenCode) -> None:
    """Messages in a table that is not known yet are not taken for none."""
    session.prompt("go")
    path = session.save()
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO session_message VALUES ('m', 'ses_1', '{}')")
    database.close()
    faults = Faults("x")
    (transcript,) = located(READER, session.home)
    list(READER.read(transcript, faults, lambda _: None))
    assert faults.first == "kept in a form of opencode that is newer than this version of Whence"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_broken_part_costs_only_itself(session: OpenCode, layout: str) -> None:
    """What is no JSON is told, the rest is read."""
    session.write(FILE, NEW)
    session.write(f"{ROOT}/b.py", "second_file = still_read(after=1)\n")
    path = session.save(layout)
    name = session.parts[0][1]["id"]
    if layout == "database":
        with sqlite3.connect(path) as database:
            database.execute("UPDATE part SET data = '{' WHERE id = ?", (name,))
        database.close()
    else:
        (session.data / "storage" / "part" / session.parts[0][0] / f"{name}.json").write_text("{")
    faults = Faults("x")
    (transcript,) = located(READER, session.home)
    items = list(own(READER.read(transcript, faults, lambda _: None), faults))
    assert ([item.path for item in items], faults.count) == ([f"{ROOT}/b.py"], 1)


def test_a_database_that_is_none_is_said(tmp_path: Path) -> None:
    """One problem, with the way the person knows the file by."""
    path = tmp_path / ".local" / "share" / "opencode" / "opencode.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all")
    (problem,) = READER.locate(Places({"HOME": str(tmp_path)})).problems
    assert problem.why == "~/.local/share/opencode/opencode.db: not an SQLite database, or encrypted"


def test_links_are_not_followed(session: OpenCode, tmp_path: Path) -> None:
    """A database and a session that are links are left out."""
    session.write(FILE, NEW)
    path = session.save()
    other = tmp_path / "other" / "opencode"
    other.mkdir(parents=True)
    (other / "opencode.db").symlink_to(path)
    (other / "storage" / "session" / "p").mkdir(parents=True)
    (tmp_path / "real.json").write_text(json.dumps({"directory": ROOT}))
    (other / "storage" / "session" / "p" / "ses_2.json").symlink_to(tmp_path / "real.json")
    assert located(READER, tmp_path / "nobody", XDG_DATA_HOME=str(tmp_path / "other")) == ()


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """Each message and part of each kind, with something else than expected somewhere in it."""
    session = OpenCode(tmp_path)
    session.prompt(
        "go", {"file": "a.py", "patch": patch(OLD, NEW)}, {"file": "b", "before": "", "after": "x"}
    )
    display = {"text": OLD, "lineStart": 1, "lineEnd": 2, "totalLines": 2}
    session.tool("read", {"filePath": FILE}, {"display": display}, "00001| x\n(End of file")
    session.write(FILE, NEW, exists=True)
    session.edit(FILE, OLD, NEW)
    session.tool(
        "multiedit", {"filePath": FILE, "edits": [{"oldString": "x"}]}, {"results": [{"diff": "@@\n+x"}]}
    )
    session.tool(
        "apply_patch", {"patchText": PATCH}, {"files": [{"filePath": FILE, "patch": patch(OLD, NEW)}]}
    )
    session.bash(PATCH)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(session.parts) - 1))
        owner, part = session.parts[at]
        session.parts[at] = owner, spoilt(data, part)
        message = data.draw(st.sampled_from(session.messages))
        message.update(spoilt(data, message))
    session.revert = data.draw(st.sampled_from([None, {"messageID": 3}, {"partID": "x"}, [], "x"]))  # type: ignore[list-item]
    for number, (owner, part) in enumerate(session.parts):
        session.parts[number] = owner, {**part, "id": f"prt_{number}"}
    for number, message in enumerate(session.messages):
        message["id"] = f"msg_{session.session}{number:04d}"
    shutil.rmtree(session.data, ignore_errors=True)
    session.save()
    (transcript,) = located(READER, tmp_path)
    faults = Faults("x")
    for item in own(READER.read(transcript, faults, lambda _: None), faults):
        assert all(isinstance(line, str) for line in item.lines)
