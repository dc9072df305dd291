"""Tasks of Cline, Roo Code and Kilo Code: what counts as written, in which version, with which outcome."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.hostile import PATCH, spoil
from support.scenario import FIXTURES, by_file, check_lines, located
from support.tasks import DENIED, START, ClineSession, Task
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import (
    Event,
    Faults,
    Outcome,
    Places,
    Read,
    Reader,
    Transcript,
    Written,
)
from whence.evidence.sessions.readers.cline import Cline
from whence.evidence.sessions.readers.kilo import KiloCode
from whence.evidence.sessions.readers.roo import RooCode
from whence.model import Contributor

CWD = "/home/u/proj"
OLD = "    return value * scale_of(value)\n"
NEW = "    return clipped(value, lowest=0.5)\n"
LINE = NEW.rstrip("\n")
WHOLE = "def first(value):\n" + OLD
FAMILIES: dict[str, Reader] = {"cline": Cline(), "roo": RooCode()}


def events(task: Task, reader: Reader | None = None) -> list[Event]:
    path = task.save()
    transcript = Transcript(path, path.stat().st_size, 0.0, "~/t")
    return scenario.events(reader or FAMILIES[task.family], transcript)


def written(task: Task) -> list[Written]:
    return list(own(events(task), Faults("")))


def check(task: Task, expected: list[tuple[str, list[str]]]) -> None:
    """The task wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(written(task)) == expected


@pytest.fixture(params=["cline", "cline native", "cline native answered in texts", "roo", "roo native"])
def task(request: pytest.FixtureRequest, tmp_path: Path) -> Task:
    family, _, native = request.param.partition(" ")
    task = Task(tmp_path, CWD, family=family, native=bool(native))
    task.texts = "texts" in native
    return task


def test_a_block_counts_with_all_that_explains_it(task: Task) -> None:
    """Who, which model, when, in which folder."""
    task.show("editedExistingFile", "a.py").replace("a.py", OLD, NEW, model="claude-sonnet-4-5")
    if task.family == "roo":
        task.messages[0]["content"][0]["text"] += task.environment(model="claude-sonnet-4-5")
    (item,) = written(task)
    assert (item.path, item.lines, item.cwd) == ("a.py", (LINE,), CWD)
    assert (item.tool, item.model, item.session) == (task.family, "claude-sonnet-4-5", str(START))
    assert (item.outcome, item.contributor) == (Outcome.DONE, Contributor.AI)
    expected = task.messages[-1]["ts"] if task.family == "roo" else task.seen[0]["ts"]
    assert item.time == datetime.fromtimestamp(expected / 1000, UTC)
    data = (task.folder / "api_conversation_history.json").read_bytes()
    assert data[item.locator.offset :].startswith(b'{"role": "user"')


REFUSALS = {
    "unanswered": None,
    "denied": DENIED + " The file was not updated, and maintains its original contents.",
    "denied with words": DENIED + "\nThe user provided the following feedback:\n<feedback>\nno\n</feedback>",
    "denied in JSON": '{"status":"denied","message":"The user denied this operation."}',
    "rejected": "Changes were rejected by the user.",
    "failed": "The tool execution failed with the following error:\n<error>\nno match\n</error>",
    "failed in JSON": '{"status":"error","message":"The tool execution failed","error":"x"}',
    "no match": "<error_details>\nNo sufficiently similar match found at line: 2\n</error_details>",
    "partly": 'But unable to apply all diff parts to file: /p/a.py.\n{"path":"a.py","operation":"modified"}',
    "nothing to do": "No changes needed for 'a.py'",
    "empty": "(tool did not return anything)",
    "words of success in a file": DENIED
    + '\n<file_content path="b.py">\nsuccessfully saved to\n</file_content>',
}


@pytest.mark.parametrize("result", REFUSALS.values(), ids=REFUSALS)
def test_what_did_not_happen_wrote_nothing(task: Task, result: str | None) -> None:
    """Refused, failed, interrupted and unanswered calls never count."""
    task.replace("a.py", OLD, NEW, result)
    task.call("write_to_file", {"path": "b.py", "content": WHOLE}, result)
    check(task, [])


def test_a_skipped_call_is_none(tmp_path: Path) -> None:
    """After a refusal the rest of a message is not carried out."""
    task = Task(tmp_path, CWD).replace("a.py", OLD, NEW, None)
    task.say("Skipping tool [replace_in_file for 'a.py'] due to user rejecting a previous tool.")
    task.replace("a.py", OLD, NEW, None)
    task.say(
        "Tool [replace_in_file for 'a.py'] was not executed because a tool has already been used in this message."
    )
    check(task, [])


def test_a_result_in_a_text_of_its_own(tmp_path: Path) -> None:
    """Versions until 3.30 put the header and the result into two texts."""
    task = Task(tmp_path, CWD).replace("a.py", OLD, NEW, split=True)
    task.replace("b.py", OLD, NEW, DENIED, split=True)
    check(task, [("a.py", [LINE])])


@pytest.mark.parametrize("diff", [
    f"<<<<<<< SEARCH\n{OLD}=======\n{NEW}>>>>>>> REPLACE",
    f"--- SEARCH\n{OLD}===\n{NEW}+++ REPLACE",
    f"------- SEARCH>\n{OLD}=======\n{NEW}+++++++ REPLACE>",
])  # fmt: skip
def test_the_marks_of_every_version_of_cline(tmp_path: Path, diff: str) -> None:
    """Aider's until 3.12, then its own, of at least three signs."""
    task = Task(tmp_path, CWD)
    task.call("replace_in_file", {"path": "a.py", "diff": diff}, task.saved("a.py"))
    check(task, [("a.py", [LINE])])


@pytest.mark.parametrize("diff", [
    f"<<<<<<< SEARCH\n:start_line:2\n:end_line:3\n-------\n{OLD}=======\n{NEW}>>>>>>> REPLACE",
    f"<<<<<<< SEARCH\n-------\n{OLD}=======\n{NEW}>>>>>>> REPLACE",
    f"<<<<<<< SEARCH\n{OLD}=======\n{NEW}>>>>>>> REPLACE",
    f"<<<<<<< SEARCH\n2 | {OLD}=======\n2 | {NEW}>>>>>>> REPLACE",
])  # fmt: skip
def test_the_marks_of_every_version_of_roo(tmp_path: Path, diff: str) -> None:
    """With and without the place, and with line numbers that the tool takes off again."""
    task = Task(tmp_path, CWD, family="roo")
    task.call("apply_diff", {"path": "a.py", "diff": diff}, task.saved("a.py"))
    check(task, [("a.py", [LINE])])


def test_escaped_marks_are_text(tmp_path: Path) -> None:
    """A conflict that the model resolves stands escaped in the block."""
    task = Task(tmp_path, CWD, family="roo")
    task.replace(
        "a.py",
        "\\<<<<<<< HEAD\nours = of(this)\n\\=======\nx\n\\>>>>>>> other\n",
        "ours = of(both_of_them)\n",
    )
    check(task, [("a.py", ["ours = of(both_of_them)"])])


def test_a_new_file_is_all_the_tools(task: Task) -> None:
    """A created file contributes each line; a later text of it its new lines only."""
    task.write("a.py", WHOLE).write("a.py", WHOLE + "# a last line of it\n", new=False)
    check(task, [("a.py", WHOLE.splitlines()), ("a.py", ["# a last line of it"])])


def test_content_may_hold_tags(tmp_path: Path) -> None:
    """A file about the tool's own tags ends with the last one."""
    text = "text_of = '</content>'\nmore_of = '<path>x</path>'\nlast_of = '<write_to_file>'\n"
    task = Task(tmp_path, CWD).write("a.py", text)
    check(task, [("a.py", text.splitlines())])


def test_a_file_of_which_nothing_is_known_names_no_lines(task: Task) -> None:
    """A text that replaced another that the task never saw."""
    task.write("a.py", WHOLE, new=False)
    check(task, [])


READS = {
    "cline": WHOLE,
    "cline numbered": "1 | def first(value):\n2 |     return value * scale_of(value)\n\n(File has 2 lines total.)",
    "roo": '<file><path>a.py</path>\n<content lines="1-2">\n1 | def first(value):\n2 | '
    + OLD
    + "</content>\n</file>",
    "roo native": "File: a.py\nLines 1-2:\n1 | def first(value):\n2 | " + OLD,
}


@pytest.mark.parametrize("result", READS.values(), ids=READS)
def test_what_was_read_is_what_was_there(tmp_path: Path, result: str) -> None:
    """A whole text that the task read is compared with the one that it writes."""
    task = (
        Task(tmp_path, CWD).call("read_file", {"path": "a.py"}, result).write("a.py", WHOLE + NEW, new=False)
    )
    check(task, [("a.py", [LINE])])
    reads = [event for event in events(task) if isinstance(event, Read) and event.path == "a.py"]
    assert reads[0].lines == tuple(WHOLE.splitlines())
    assert reads[0].sent


PARTS = {
    "cline": "2 | " + OLD + "\n(Showing lines 2-2 of 9 total. Use start_line=3 to continue reading.)",
    "cline cut": WHOLE + "\n\n---\n\n[FILE TRUNCATED: 9 MB]",
    "roo": '<file><path>a.py</path>\n<content lines="2-2">\n2 | ' + OLD + "</content>\n</file>",
    "roo cut": '<file><path>a.py</path>\n<content lines="1-2">\n1 | def first(value):\n2 | '
    + OLD
    + "</content>\n<notice>Showing only 2 of 9 total lines.</notice>\n</file>",
    "roo native": "File: a.py\nLines 2-2:\n2 | " + OLD,
    "nothing": "[[NOTE] This file read has been removed to save space in the context window.]",
}


@pytest.mark.parametrize("result", PARTS.values(), ids=PARTS)
def test_a_part_is_not_the_whole(tmp_path: Path, result: str) -> None:
    """Where only a part was read the rest may be a person's, so a rewrite names no lines."""
    task = (
        Task(tmp_path, CWD).call("read_file", {"path": "a.py"}, result).write("a.py", WHOLE + NEW, new=False)
    )
    check(task, [])


def test_what_somebody_changed_meanwhile_is_not_known(task: Task) -> None:
    """The tool tells the model which files it must read again."""
    task.call("read_file", {"path": "a.py"}, WHOLE)
    task.say(task.environment("a.py", "b.py"))
    task.write("a.py", WHOLE + NEW, new=False)
    check(task, [])


def test_a_mentioned_file_was_there_before(task: Task) -> None:
    """A file that a person named stands whole in their message."""
    task.say(f"look at 'a.py'\n\n<file_content path=\"a.py\">\n{WHOLE}\n</file_content>")
    task.write("a.py", WHOLE + NEW, new=False)
    check(task, [("a.py", [LINE])])


def test_the_text_after_a_formatter_is_the_one_that_counts(tmp_path: Path) -> None:
    """Cline shows the whole file as it was saved."""
    task = Task(tmp_path, CWD).write("a.py", "x = {'a':1}\n", final='x = {"a": 1, "formatted": True}')
    check(task, [("a.py", ['x = {"a": 1, "formatted": True}'])])


def test_the_rest_of_a_saved_file_was_there_before(tmp_path: Path) -> None:
    """What the final text shows besides the edit is not the tool's when it writes it elsewhere."""
    task = Task(tmp_path, CWD)
    task.call(
        "replace_in_file",
        {"path": "a.py", "diff": f"------- SEARCH\nx\n=======\n{NEW}+++++++ REPLACE"},
        task.saved("a.py", WHOLE + NEW),
    )
    task.write("b.py", WHOLE)
    check(task, [("a.py", [LINE])])


def test_an_older_version_showed_the_person_a_patch(tmp_path: Path) -> None:
    """Until 3.12 Cline's own messages hold what a new text changed."""
    patch = f"@@ -1,2 +1,3 @@\n def first(value):\n {OLD}+{NEW}"
    task = Task(tmp_path, CWD).show("editedExistingFile", "a.py", how="ask", diff=patch)
    task.call("write_to_file", {"path": "a.py", "content": WHOLE + NEW}, task.saved("a.py"))
    check(task, [("a.py", [LINE])])


def test_a_refused_new_file_does_not_make_the_next_one_new(tmp_path: Path) -> None:
    """The person refused, wrote the file, and the tool changed that."""
    task = Task(tmp_path, CWD).show("newFileCreated", "a.py", how="ask")
    task.call("write_to_file", {"path": "a.py", "content": NEW}, DENIED)
    task.write("a.py", WHOLE + NEW, new=False)
    check(task, [])


EDITS = "@@ -1,2 +1,2 @@\n-    return clipped(value, lowest=0.5)\n+    return clipped(value, lowest=0.7)\n+# by hand, this one\n"


def test_what_a_person_changed_before_saving_is_mixed(task: Task) -> None:
    """Lines that they took out are gone, lines that they added are theirs."""
    other = "def other_of(value):\n"
    final = other + "    return clipped(value, lowest=0.7)\n# by hand, this one\n"
    result = task.saved("a.py", final if task.family == "cline" else None, new=True, edits=EDITS)
    task.show("newFileCreated", "a.py").call(
        "write_to_file", {"path": "a.py", "content": other + NEW}, result
    )
    (item,) = written(task)
    assert item.contributor is Contributor.MIXED
    assert "# by hand, this one" not in item.lines
    assert other.rstrip("\n") in item.lines


def test_a_patch_of_a_block_by_a_person(task: Task) -> None:
    """What is left of an edit block."""
    task.replace("a.py", OLD, NEW + "kept = of_the(model)\n", task.saved("a.py", edits=EDITS))
    (item,) = written(task)
    assert (item.contributor, item.lines) == (Contributor.MIXED, ("kept = of_the(model)",))


def test_where_some_parts_failed_those_that_fit_count(tmp_path: Path) -> None:
    """The result does not say which: what the task knows of the file does."""
    task = Task(tmp_path, CWD, family="roo").call("read_file", {"path": "a.py"}, READS["roo"])
    diff = f"<<<<<<< SEARCH\n{OLD}=======\n{NEW}>>>>>>> REPLACE\n<<<<<<< SEARCH\nnot there\n=======\nnever_there = 1\n>>>>>>> REPLACE"
    task.call("apply_diff", {"path": "a.py", "diff": diff}, REFUSALS["partly"])
    check(task, [("a.py", [LINE])])


OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("insert_content", {"path": "a.py", "line": "1", "content": NEW}),
    ("insert_content", {"path": "a.py", "operations": json.dumps([{"start_line": 1, "content": NEW}])}),
    ("append_to_file", {"path": "a.py", "content": NEW}),
    ("search_and_replace", {"path": "a.py", "search": OLD.strip(), "replace": NEW.strip()}),
    ("edit", {"file_path": "a.py", "old_string": OLD, "new_string": NEW, "replace_all": False}),
    ("edit_file", {"file_path": "a.py", "old_string": OLD, "new_string": NEW}),
    ("search_replace", {"file_path": "a.py", "old_string": OLD, "new_string": NEW}),
    ("apply_patch", {"patch": f"*** Begin Patch\n*** Update File: a.py\n@@\n-{OLD}+{NEW}*** End Patch"}),
]


@pytest.mark.parametrize(("name", "asked"), OTHERS)
def test_every_writing_tool_of_roos_family(tmp_path: Path, name: str, asked: dict[str, Any]) -> None:
    """Names and arguments over the years."""
    task = Task(tmp_path, CWD, family="roo", native=True).call(
        name, asked, '{"path":"a.py","operation":"modified"}'
    )
    check(task, [("a.py", [LINE if name != "search_and_replace" else LINE.strip()])])
    task.call(name, asked, '{"status":"denied","message":"The user denied this operation."}')
    assert len(written(task)) == 1


def test_a_regular_expression_names_no_lines(tmp_path: Path) -> None:
    """What it put in is not in the call."""
    asked = {"path": "a.py", "search": "(x+)", "replace": "y_of($1, everything_else)", "use_regex": "true"}
    check(
        Task(tmp_path, CWD, family="roo").call(
            "search_and_replace", asked, "Changes successfully applied to a.py:"
        ),
        [],
    )


def test_a_sketch_counts_against_what_was_there(tmp_path: Path) -> None:
    """Kilo Code lets another model fill in what a sketch leaves out."""
    sketch = {
        "target_file": "a.py",
        "instructions": "clip",
        "code_edit": "# ... existing code ...\n" + NEW + WHOLE,
    }
    task = Task(tmp_path, CWD, family="roo").call("read_file", {"path": "a.py"}, READS["roo"])
    task.call("edit_file", sketch, '{"path":"a.py","operation":"modified"}')
    check(task, [("a.py", ["# ... existing code ...", LINE])])
    task = Task(tmp_path, CWD, family="roo").call(
        "edit_file", sketch, '{"path":"a.py","operation":"modified"}'
    )
    check(task, [])


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ("Command executed.\nOutput:\nok", Outcome.UNKNOWN),
        ("Command executed successfully (exit code 0).", Outcome.DONE),
        ("Command failed with exit code 1.", None),
        ("Command executed in terminal within working directory '/p'. Exit code: 0\nOutput:\n", Outcome.DONE),
        ("Command executed in terminal. Exit code: 2\nOutput:\n", None),
        ("Command is still running in the user's terminal.", None),
        (DENIED, None),
    ],
)
def test_commands_write_files_too(task: Task, result: str, outcome: Outcome | None) -> None:
    """A here-document, where the result says that the command ran."""
    task.call("execute_command", {"command": f"cat > b.py <<'EOF'\n{NEW}EOF"}, result)
    assert [(item.path, item.lines, item.outcome) for item in written(task)] == (
        [("b.py", (LINE,), outcome)] if outcome else []
    )


def test_what_a_person_typed_is_theirs(task: Task) -> None:
    """Code in a question, and code that a command showed, is not the tool's."""
    task.say(f"<feedback>\nput this in:\n{NEW}</feedback>")
    task.call("execute_command", {"command": "cat x.py"}, "Command executed.\nOutput:\n" + OLD)
    task.replace("a.py", "x = 1\n", NEW + OLD)
    check(task, [])


def test_windows_and_other_scripts(tmp_path: Path) -> None:
    """Paths as recorded, carriage returns, and any script."""
    task = Task(tmp_path, "c:\\Users\\u\\proj")
    new = "größe = von('水門')\r\nzweite = zeile_von(größe)\r\n"
    task.write("src\\größe.py", new)
    (item,) = written(task)
    assert (item.path, item.cwd) == ("src\\größe.py", "c:/Users/u/proj")
    assert item.lines == ("größe = von('水門')", "zweite = zeile_von(größe)")


def test_models_by_time(tmp_path: Path) -> None:
    """Cline's metadata say which model was used from when."""
    task = Task(tmp_path, CWD)
    for model, path in (("one", "a.py"), ("two", "b.py")):
        task.usage.append({"ts": task.tick(), "model_id": model, "model_provider_id": "x", "mode": "act"})
        task.show("editedExistingFile", path).replace(path, OLD, NEW)
    assert [item.model for item in written(task)] == ["one", "two"]


def test_the_first_versions_asked_in_blocks(tmp_path: Path) -> None:
    """Claude Dev, 2024: whole files, with what a person may have refused."""
    task = Task(tmp_path, CWD, native=True)
    task.call(
        "write_to_file", {"path": "a.py", "content": WHOLE}, "New file created and content written to a.py"
    )
    task.call("write_to_file", {"path": "a.py", "content": WHOLE + NEW}, "Changes applied to a.py:\n@@ ...")
    task.call("write_to_file", {"path": "b.py", "content": NEW}, DENIED)
    check(task, [("a.py", WHOLE.splitlines()), ("a.py", [LINE])])


STORAGE = ".config/Code/User/globalStorage"


@pytest.mark.parametrize(
    ("reader", "folder"),
    [
        (Cline(), f"{STORAGE}/saoudrizwan.claude-dev"),
        (Cline(), ".vscode-server/data/User/globalStorage/saoudrizwan.claude-dev"),
        (Cline(), ".cline/data"),
        (RooCode(), f"{STORAGE}/rooveterinaryinc.roo-cline"),
        (RooCode(), ".config/Cursor/User/globalStorage/rooveterinaryinc.roo-cline"),
        (KiloCode(), f"{STORAGE}/kilocode.kilo-code"),
        (KiloCode(), ".kilocode/cli/global"),
    ],
)
def test_tasks_are_found(tmp_path: Path, reader: Reader, folder: str) -> None:
    """In every editor, and where the command lines keep them; with the folder in which they worked."""
    family = "cline" if reader.tool == "cline" else "roo"
    path = Task(tmp_path / folder, CWD, family=family).replace("a.py", OLD, NEW).save()
    (found,) = reader.locate(Places({"HOME": str(tmp_path)})).transcripts
    assert (found.path, found.folder) == (path, CWD)
    assert [reader.nearness(found, (folder,)) for folder in (CWD, f"{CWD}/sub", "/elsewhere")] == [0, 1, 2]
    (item,) = own(reader.read(found, Faults(""), lambda _: None), Faults(""))
    assert item.tool == reader.tool


def test_lists_of_tasks_tell_the_folder(tmp_path: Path) -> None:
    """Cline's list, and Roo's file of its own."""
    cline = tmp_path / STORAGE / "saoudrizwan.claude-dev"
    Task(cline, "/wrong").save()
    (cline / "state").mkdir()
    (cline / "state" / "taskHistory.json").write_text(
        json.dumps([{"id": str(START), "cwdOnTaskInitialization": CWD}])
    )
    roo = Task(tmp_path / STORAGE / "rooveterinaryinc.roo-cline", "/wrong", family="roo")
    roo.save()
    (roo.folder / "history_item.json").write_text(json.dumps({"workspace": CWD}))
    for reader in (Cline(), RooCode()):
        (found,) = reader.locate(Places({"HOME": str(tmp_path)})).transcripts
        assert found.folder == CWD


def test_a_setting_moves_roos_tasks(tmp_path: Path) -> None:
    """`customStoragePath` of the editor's settings."""
    settings = tmp_path / ".config/Code/User/settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'{{ // moved\n "roo-cline.customStoragePath": "{tmp_path}/far" }}')
    Task(tmp_path / "far", CWD, family="roo").save()
    assert len(RooCode().locate(Places({"HOME": str(tmp_path)})).transcripts) == 1


@pytest.mark.parametrize("name", ["api_conversation_history.json", "ui_messages.json", "task_metadata.json"])
@pytest.mark.parametrize("cut", [0.0, 0.3, 0.9])
def test_damage_is_told_and_costs_only_the_rest(tmp_path: Path, name: str, cut: float) -> None:
    """A file that was cut off: what stands before is read."""
    task = Task(tmp_path, CWD).write("a.py", WHOLE)
    task.usage.append({"ts": START, "model_id": "one"})
    for number in range(40):
        task.replace(f"b{number}.py", OLD, NEW)
    path = task.save()
    whole = len(written(task))
    broken = task.folder / name
    broken.write_bytes(broken.read_bytes()[: int(cut * broken.stat().st_size)])
    faults = Faults("~/t")
    found = list(own(Cline().read(Transcript(path, 1, 0.0, "~/t"), faults, lambda _: None), Faults("")))
    assert faults.count == 1
    assert (0 < len(found) < whole) if name.startswith("api") and cut else len(found) <= whole


MARKS = (
    "<environment_details>", '<file_content path="a">', '<final_file_content path="a">', "<file><path>a</path>",
    "<write_to_file><path>", "# Current Working Directory (", "[write_to_file for '", "The user made the following updates",
)  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("end", ["", "</environment_details></file></write_to_file>"])
def test_marks_without_end_are_passed_over_in_one_go(tmp_path: Path, mark: str, end: str) -> None:
    """A text of nothing else would take hours, were each looked at to the end of the text."""
    text = mark * 100_000 + end
    task = Task(tmp_path, CWD).say(text).call("read_file", {"path": "a.py"}, text)
    task.call("write_to_file", {"path": "a.py", "content": text}, "successfully saved to " + text)
    task.messages.append({"role": "assistant", "content": text})
    check(task, [])


def _everything(folder: Path) -> Task:
    """A task with one of each kind of call."""
    task = Task(folder, CWD, family="roo").say("go\n" + WHOLE)
    task.native = True
    for name, asked in OTHERS:
        task.call(name, asked, task.saved("a.py", new=True, edits=EDITS))
    task.native = False
    for result in READS.values():
        task.call("read_file", {"path": "a.py"}, result)
    task.write("a.py", WHOLE, final=WHOLE).replace("a.py", OLD, NEW)
    task.usage.append({"ts": START, "model_id": "one"})
    return task.call("execute_command", {"command": PATCH}, "Command executed.")


@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_value_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """In the history, and in what the person saw."""
    task = _everything(tmp_path)
    for records in (task.messages, task.seen, task.usage):
        spoil(data, records, 0, 3)
    path = task.save()
    for item in own(RooCode().read(Transcript(path, 1, 0.0, "~/t"), Faults(""), lambda _: None), Faults("")):
        assert all(isinstance(line, str) for line in item.lines)
        assert isinstance(item.path, str)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_value_in_a_session_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """Of the second generation."""
    session = ClineSession(tmp_path, CWD).say("go", ("a.py", "x")).edit("a.py", OLD, NEW)
    session.call("run_commands", {"commands": [PATCH]}, [{"query": "x", "result": "y", "success": True}])
    session.call("apply_patch", {"input": PATCH}, {"success": True})
    records = session.messages
    spoil(data, records, most=3)
    transcript = Transcript(session.save(), 1, 0.0, "~/t", CWD)
    list(own(Cline().read(transcript, Faults(""), lambda _: None), Faults("")))


def session_events(session: ClineSession) -> list[Event]:
    path = session.save()
    return scenario.events(Cline(), Transcript(path, 1, 0.0, "~/t", session.cwd))


def session_written(session: ClineSession) -> list[Written]:
    return list(own(session_events(session), Faults("")))


def test_a_session_of_the_second_generation(tmp_path: Path) -> None:
    """Edits that succeeded, with who and when."""
    session = ClineSession(tmp_path, CWD).say("clip it", (f"{CWD}/c.py", "x = total_of(1)\n"))
    session.edit(f"{CWD}/a.py", OLD, NEW).edit(f"{CWD}/b.py", None, WHOLE).edit(
        f"{CWD}/a.py", NEW, "never = 1\n", good=False
    )
    session.call(
        "editor", {"path": "d.py", "new_text": "d = 1\n"}, {"error": "Tool requires approval"}, error=True
    )
    session.call("editor", {"path": "d.py", "new_text": "d = 1\n"}, None)
    session.edit("e.py", None, "x = total_of(1)\n")
    found = session_written(session)
    assert [(item.path, item.lines) for item in found] == [
        (f"{CWD}/a.py", (LINE,)),
        (f"{CWD}/b.py", ("def first(value):",)),
    ]
    assert {(item.tool, item.model, item.session, item.cwd) for item in found} == {
        ("cline", "gpt-5.4", session.identity, CWD)
    }
    assert found[0].time == datetime.fromtimestamp((START + 3000) / 1000, UTC)
    sent = [
        event for event in session_events(session) if isinstance(event, Read) and event.path == f"{CWD}/c.py"
    ]
    assert [(read.lines, read.sent) for read in sent] == [(("x = total_of(1)",), True)]


def test_a_forks_calls_are_its_origins(tmp_path: Path) -> None:
    """A fork repeats messages: the same calls have the same records, which tells them apart from new ones."""
    first = ClineSession(tmp_path, CWD).edit("a.py", OLD, NEW)
    fork = ClineSession(tmp_path, CWD, identity="1780309000000_fork0")
    fork.messages, fork._calls = list(first.messages), first._calls
    fork.edit("b.py", None, WHOLE)
    first.save()
    fork.save()
    found = scenario.written(Cline(), located(Cline(), tmp_path))
    assert sorted(item.path for item in found) == ["a.py", "b.py"]


def test_patches_and_commands_of_a_session(tmp_path: Path) -> None:
    """Each command has a result of its own."""
    patch = f"*** Begin Patch\n*** Update File: a.py\n@@\n-{OLD}+{NEW}*** End Patch"
    session = ClineSession(tmp_path, CWD).call(
        "apply_patch", {"input": patch}, {"query": "p", "result": "ok", "success": True}
    )
    commands = [f"cat > {name}.py <<'EOF'\n{name}_of = everything(1)\nEOF" for name in "bcd"]
    results = [{"query": "q", "result": "", "success": at != 1} for at in range(3)]
    session.call("run_commands", {"commands": [commands[0], commands[1], {"command": commands[2]}]}, results)
    assert [item.path for item in session_written(session)] == ["a.py", "b.py", "d.py"]


def test_the_real_programs_database_is_read(tmp_path: Path) -> None:
    """Kilo's command line 7.7.9, made from opencode: all that succeeded, under Kilo's own name."""
    home = tmp_path / "home"
    shutil.copytree(FIXTURES / "kilo-7.7.9", home)
    transcripts = located(KiloCode(), home)
    assert {transcript.folder for transcript in transcripts} == {scenario.PROJECT}
    items = scenario.written(KiloCode(), transcripts)
    found = by_file(items)
    check_lines(found)
    assert found == {
        "tide_notes.py": scenario.EDITED + scenario.REWRITTEN + scenario.RESUMED,
        "harbour/forecast.py": scenario.CREATED,
        "legacy.ini": scenario.WINDOWS,
        "données/prévision.py": scenario.UNICODE,
        "scripts/backup.sh": scenario.BY_SHELL,
        "generated_table.csv": scenario.BY_PROGRAM,
        "harbour/list.py": scenario.BY_AGENT,
        "config/station.ini": scenario.MOVED,
        "config/readme.txt": scenario.ADDED,
    }
    assert {item.tool for item in items} == {"kilo"}


def test_the_real_programs_sessions_are_read() -> None:
    """Cline's command line 3.0.65: every call that succeeded is found once, the helper's too."""
    reader = Cline()
    transcripts = located(reader, FIXTURES / "cline-3.0.65")
    assert len(transcripts) == 4
    assert {transcript.folder for transcript in transcripts} == {scenario.PROJECT}
    items = scenario.written(reader, transcripts)
    found = by_file(items)
    assert found == {
        "tide_notes.py": scenario.EDITED,
        "harbour/forecast.py": scenario.CREATED,
        "legacy.ini": scenario.WINDOWS,
        "données/prévision.py": scenario.UNICODE,
        "scripts/backup.sh": scenario.BY_SHELL,
        "harbour/list.py": scenario.BY_AGENT,
    }
    check_lines(found)
    assert {(item.tool, item.model, item.outcome, item.contributor) for item in items} == {
        ("cline", "mock-model-1", Outcome.DONE, Contributor.AI)
    }


def test_why_an_edit_of_a_session_was_held_back_is_somebody_elses(tmp_path: Path) -> None:
    """What the tool had asked for is its own."""
    session = ClineSession(tmp_path, CWD)
    session.call(
        "editor", {"path": "a.py", "new_text": "mine = 1\n"}, {"error": f"Rather:\n{OLD}"}, error=True
    )
    session.edit("a.py", None, f"{OLD}mine = 1\n")
    assert [line for item in session_written(session) for line in item.lines] == ["mine = 1"]
