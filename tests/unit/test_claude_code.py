"""Claude Code's transcripts: what counts as written, in which version, with which outcome."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support import scenario
from support.transcripts import Claude
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Places, Read, Transcript, Written
from whence.evidence.sessions.readers.claude_code.reader import ClaudeCode, slug_of
from whence.model import Contributor

CWD = "/home/u/proj"
FILE = f"{CWD}/app/attention.py"
OLD = "def first(value):\n    return value * scale_of(value)\n\n\ndef last(value):\n    return value\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n\n\ndef last(value):\n    return value\n"
INSERTED = "    return clipped(value, lowest=0.5)"


def events(session: Claude, text: str | None = None) -> tuple[list[Written | Read], Faults]:
    """What the reader yields for a saved session."""
    path = session.save()
    if text is not None:
        path.write_text(text, "utf-8", newline="")
    transcript = Transcript(path, path.stat().st_size, 0.0, "~/session.jsonl")
    faults = Faults(transcript.shown)
    return list(ClaudeCode().read(transcript, faults, lambda _: None)), faults


def written(session: Claude, text: str | None = None) -> list[Written]:
    """What the session wrote itself."""
    found, faults = events(session, text)
    assert faults.count == 0, faults.first
    return list(own(found, faults))


def check(session: Claude, expected: list[tuple[str, list[str]]]) -> None:
    """The session wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(written(session)) == expected


@pytest.fixture
def session(tmp_path: Path) -> Claude:
    return Claude(tmp_path, CWD)


Act = Callable[[Claude, str], object]
ACTS: dict[str, Act] = {
    "Write": lambda session, outcome: session.write(FILE, NEW, original=OLD, outcome=outcome),
    "Edit": lambda session, outcome: session.edit(
        FILE, "return value * scale_of(value)", INSERTED.strip(), original=OLD, outcome=outcome
    ),
    "MultiEdit": lambda session, outcome: session.multi_edit(
        FILE, [("    return value * scale_of(value)", INSERTED)], original=OLD, outcome=outcome
    ),
    "NotebookEdit": lambda session, outcome: session.notebook(f"{CWD}/a.ipynb", INSERTED, outcome=outcome),
    "Bash": lambda session, outcome: session.bash(f"cat > {FILE} <<'EOF'\n{INSERTED}\nEOF", outcome=outcome),
    "apply_patch": lambda session, outcome: session.bash(
        f"apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: {FILE}\n@@\n-old\n+{INSERTED}\n*** End Patch\nEOF",
        outcome=outcome,
    ),
}


@pytest.mark.parametrize("tool", ACTS)
@pytest.mark.parametrize("version", ["1.0.128", "2.0.76", "2.1.42", "2.1.62", "2.1.330"])
@pytest.mark.parametrize("place", ["main", "sidechain", "progress", "subagent"])
def test_every_writing_tool_counts_in_every_version_and_place(
    tmp_path: Path, tool: str, version: str, place: str
) -> None:
    """A successful call is found wherever a version keeps it, and only its inserted line is kept."""
    session = Claude(tmp_path, CWD, version=version, place=place)
    # A subagent's file records no originals: there the session itself shows what was there before.
    session.read(FILE, OLD)
    session.read_notebook(f"{CWD}/a.ipynb", {"c1": ""})
    ACTS[tool](session, "ok")
    (item,) = written(session)
    assert [line.strip() for line in item.lines] == [INSERTED.strip()]
    assert (item.tool, item.model, item.cwd) == ("claude-code", "claude-opus-4-6", CWD)
    assert item.session == session.session
    assert item.time is not None


@pytest.mark.parametrize("tool", ACTS)
@pytest.mark.parametrize(
    "outcome", ["missing", "refused", "failed", "denied", "interrupted", "staged", "exit"]
)
def test_a_call_that_did_not_happen_wrote_nothing(session: Claude, tool: str, outcome: str) -> None:
    """Refused, failed, denied, stopped, held back and unanswered calls never count."""
    ACTS[tool](session, outcome)
    check(session, [])


@pytest.mark.parametrize("outcome", ["refused", "failed", "denied", "interrupted"])
@pytest.mark.parametrize("tool", ["Write", "Edit"])
def test_a_subagents_failure_shows_in_its_text_alone(tmp_path: Path, tool: str, outcome: str) -> None:
    """Newer subagents' files have no toolUseResult: the result's own words decide."""
    session = Claude(tmp_path, CWD, version="2.1.233", place="subagent")
    ACTS[tool](session, outcome)
    for record in session.records:
        for block in record["message"]["content"]:
            block.pop("is_error", None)
    check(session, [])


@pytest.mark.parametrize(
    ("block", "line", "effect"),
    [
        ({"is_error": True}, {}, {}),
        ({}, {"toolDenialKind": "automode-blocked"}, {}),
        ({}, {"toolUseResult": "Error: something of which no list tells"}, None),
        ({}, {}, {"staged": True}),
        ({}, {}, {"interrupted": True}),
        ({"content": "<tool_use_error>modified since read</tool_use_error>"}, {}, {}),
        ({"content": "The user doesn't want to take this action right now."}, {}, {}),
        ({"content": [{"type": "text", "text": "Request interrupted by user"}]}, {}, {}),
        ({"content": "Sibling tool call errored"}, {}, {}),
    ],
)
def test_each_sign_of_failure_is_enough(
    session: Claude, block: dict[str, object], line: dict[str, object], effect: dict[str, object] | None
) -> None:
    """Versions differ in which of the signs they leave."""
    session.write(FILE, NEW, changed=effect)
    record = session.records[-1]
    record["message"]["content"][0].update(block)
    record.update(line)
    check(session, [])


def test_an_edits_original_was_there_before(session: Claude) -> None:
    """What stood elsewhere in an edited file is not the tool's when it turns up in another."""
    session.edit(FILE, "def last", "def final", original=OLD)
    session.write(f"{CWD}/b.py", "def first(value):\n    return value * scale_of(value)\n")
    check(session, [(FILE, ["def final(value):"])])


def test_an_error_inside_a_notebook_result_is_a_failure(session: Claude) -> None:
    """NotebookEdit can report an error in a result that looks like success."""
    session.notebook(f"{CWD}/a.ipynb", INSERTED, error="cell not found")
    check(session, [])


def test_a_background_command_is_not_known_to_have_written(session: Claude) -> None:
    """A command that only started has no outcome."""
    session.bash(f"cat > {FILE} <<'EOF'\n{INSERTED}\nEOF", changed={"backgroundTaskId": "b1"})
    check(session, [])


def test_a_new_file_is_all_the_tools(session: Claude) -> None:
    """A created file contributes each of its lines."""
    session.write(FILE, NEW)
    check(session, [(FILE, [line for line in NEW.split("\n") if line])])


def test_a_whole_file_rewrite_contributes_its_new_lines_only(session: Claude) -> None:
    """Write repeats the person's lines; the recorded original takes them away."""
    session.write(FILE, NEW, original=OLD)
    check(session, [(FILE, [INSERTED])])


def test_without_a_patch_the_original_is_compared(session: Claude) -> None:
    """A record with an original but no structuredPatch gives the same lines."""
    session.write(FILE, NEW, original=OLD, changed={"structuredPatch": []})
    check(session, [(FILE, [INSERTED])])


def test_an_edit_without_effect_uses_the_difference_of_its_strings(tmp_path: Path) -> None:
    """With no effect recorded, lines of old_string that come again in new_string are not the tool's."""
    session = Claude(tmp_path, CWD, place="subagent", version="2.1.233")
    session.edit(FILE, OLD, NEW)
    check(session, [(FILE, [INSERTED])])


def test_a_reindented_line_stays_whose_it_was(session: Claude) -> None:
    """Wrapping a person's lines in a condition contributes the condition."""
    before = "    total = price_of(item) * amount\n    report(total, currency)\n"
    after = (
        "    if item.available:\n        total = price_of(item) * amount\n        report(total, currency)\n"
    )
    session.edit(FILE, before, after, original="def order(item):\n" + before)
    check(session, [(FILE, ["    if item.available:"])])


def test_replace_all_is_taken_from_the_effect(session: Claude) -> None:
    """The effect shows each of the places, the intent only one."""
    original = "a = load_table('one')\nb = load_table('two')\n"
    session.edit(FILE, "load_table", "read_frame", original=original, replace_all=True)
    check(session, [(FILE, ["a = read_frame('one')", "b = read_frame('two')"])])


def test_what_a_person_changed_before_accepting_is_mixed(session: Claude) -> None:
    """userModified gives MIXED, from the effect; lines that the person added are not claimed at all."""
    proposal = "timeout = 30 if quick else fallback_timeout\n"
    taken = "timeout = 60 if quick else fallback_timeout\n# measured on the staging cluster by hand\n"
    hunk = {"oldStart": 1, "oldLines": 1, "newStart": 1, "newLines": 2}
    lines = ["-timeout = None", *("+" + line for line in taken.splitlines())]
    session.edit(
        FILE,
        "timeout = None\n",
        proposal,
        changed={"userModified": True, "structuredPatch": [{**hunk, "lines": lines}]},
    )
    (item,) = written(session)
    assert item.contributor is Contributor.MIXED
    assert item.lines == ("timeout = 60 if quick else fallback_timeout",)


def test_lines_read_before_are_somebody_elses(session: Claude) -> None:
    """A function that the tool read in one file and wrote into another is not the tool's."""
    session.read(f"{CWD}/old.py", OLD)
    session.write(FILE, "# moved here for the tests of the attention layer\n" + OLD)
    check(session, [(FILE, ["# moved here for the tests of the attention layer"])])


def test_lines_typed_by_the_person_are_theirs(session: Claude) -> None:
    """Code that a person pasted into the prompt is not the tool's when it writes it down."""
    session.prompt("please put this into a file:\n" + OLD)
    session.write(FILE, OLD)
    check(session, [])


def test_lines_shown_by_a_command_are_somebody_elses(session: Claude) -> None:
    """`cat` and `grep -n` show text that was there."""
    session.bash("cat old.py", OLD)
    session.bash("grep -n clipped other.py", "12:" + INSERTED)
    session.write(FILE, NEW)
    check(session, [])


def test_own_lines_stay_own_when_read_back(session: Claude) -> None:
    """The tool reads what it wrote a minute ago and rewrites the file: the lines are still its own."""
    session.write(FILE, NEW)
    session.read(FILE, NEW)
    session.write(FILE, NEW + "\nprint_summary(of_the_run=1)\n", original=NEW)
    assert [item.lines[-1] for item in written(session)] == [
        NEW.split("\n")[-2],
        "print_summary(of_the_run=1)",
    ]


def test_a_commit_message_is_no_file(session: Claude) -> None:
    """A here-document inside git commit writes nothing."""
    session.bash(
        "git add -A && git commit -m \"$(cat <<'EOF'\nRework the attention layer for long inputs\nEOF\n)\""
    )
    session.bash("git commit -F - <<'EOF'\nRework the attention layer for long inputs\nEOF")
    check(session, [])


def test_other_tools_results_and_snippets_are_not_written(session: Claude) -> None:
    """Attachments, todo lists and remote writes of an MCP server touch no file here."""
    session.call("TodoWrite", {"todos": [{"content": INSERTED}]}, {}, "ok")
    session.call("mcp__github__push_files", {"files": [{"path": FILE, "content": NEW}]}, {}, "ok")
    session.records.append(
        {
            "type": "attachment",
            "attachment": {"type": "edited_text_file", "filename": FILE, "snippet": "1\t" + INSERTED},
        }
    )
    check(session, [])


def test_an_attached_change_by_somebody_else_is_theirs(session: Claude) -> None:
    """What was changed outside of Claude Code is not its own when it comes back in an edit."""
    session.records.append(
        {
            "type": "attachment",
            "attachment": {"type": "edited_text_file", "filename": FILE, "snippet": "2\t" + INSERTED},
        }
    )
    session.write(FILE, NEW)
    assert INSERTED not in written(session)[0].lines


def test_the_same_call_in_two_places_is_read_once(session: Claude) -> None:
    """A repeated record in one file yields one write."""
    session.write(FILE, NEW)
    assert len(written(session, session.text() * 2)) == 1


@pytest.mark.parametrize("path", ["C:\\Users\\u\\proj\\app\\attention.py", "/home/ü/проект/файл.py"])
def test_paths_are_kept_as_recorded(session: Claude, path: str) -> None:
    """Windows and non-ASCII paths come through untouched."""
    session.write(path, NEW)
    assert written(session)[0].path == path


@pytest.mark.parametrize(
    "text", ["greeting = 'héllo wörld, 日本語 and 🦀'\n", "x = '\U00020000 \U0001f9ea astral signs'\n"]
)
def test_unicode_survives_both_ways_of_writing_json(session: Claude, text: str) -> None:
    """Raw UTF-8 and escaped surrogate pairs mean the same text."""
    session.write(FILE, text)
    escaped = "".join(json.dumps(record) + "\n" for record in session.records)
    assert written(session)[0].lines == written(session, escaped)[0].lines == (text.rstrip("\n"),)


def test_carriage_returns_do_not_matter(session: Claude) -> None:
    """CRLF in content and in the transcript itself changes no line."""
    session.write(FILE, NEW.replace("\n", "\r\n"), original=OLD.replace("\n", "\r\n"))
    assert [line.strip() for line in written(session)[0].lines] == [INSERTED.strip()]
    assert len(written(session, session.text().replace("\n", "\r\n"))) == 1


def test_a_synthetic_message_names_no_model(tmp_path: Path) -> None:
    """`<synthetic>` is the program's placeholder."""
    session = Claude(tmp_path, CWD, model="<synthetic>")
    session.write(FILE, NEW)
    assert written(session)[0].model is None


def test_the_locator_leads_to_the_call(session: Claude) -> None:
    """The offset and the line of a write are those of its tool_use record."""
    session.prompt("go")
    call = session.write(FILE, NEW)
    locator = written(session)[0].locator
    data = session.path.read_bytes()[locator.offset :].split(b"\n")[0]
    assert (locator.line, locator.record) == (2, call)
    assert json.loads(data)["message"]["content"][0]["id"] == call


def test_a_cut_last_line_is_told_and_the_rest_is_read(session: Claude) -> None:
    """A running session's last line may be half there."""
    session.write(FILE, NEW)
    session.write(FILE + "x", NEW)
    found, faults = events(session, session.text()[:-40])
    assert [item.path for item in own(found, faults)] == [FILE]
    (missing,) = faults.problems
    assert missing is not None
    assert missing.why == "~/session.jsonl: line 4: cut off"


@pytest.mark.parametrize(
    "damage",
    [
        '{"type":"assistant","message":{"content":"tool_use"}}',
        '{"type":"assistant","message":{"content":[{"type":"tool_use"}]}}',
        '{"type":"assistant","message":{"content":[{"type":"tool_use","id":7,"name":{},"input":[]}]}}',
        '{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":["x"]}]}}',
        '{"type":"user","message":{"content":[null,3,"text",{"type":"tool_result"}]},"toolUseResult":3}',
        '{"type":"user","message":"user"}',
        '{"type":"progress","data":{"type":"agent_progress","message":["tool_use"]}}',
        '{"type":"attachment","attachment":["x"],"x":"user"}',
        '{"type":["user"],"message":{"role":"user","content":{}}}',
    ],
)
def test_records_of_unknown_shape_are_passed_over(session: Claude, damage: str) -> None:
    """Whatever a record holds, nothing raises and the next one is read."""
    session.write(FILE, NEW)
    assert len(written(session, damage + "\n" + session.text())) == 1


@pytest.mark.parametrize(
    "value", [None, 3, "text", [], ["x"], {"x": 1}, [None, {"lines": 3}], [{"lines": [1, "+x"]}]]
)
@pytest.mark.parametrize(
    "field", ["structuredPatch", "originalFile", "content", "filePath", "userModified", "staged", "error"]
)
def test_effects_of_unknown_shape_do_no_harm(session: Claude, field: str, value: object) -> None:
    """A field of another type than expected raises nothing."""
    session.write(FILE, NEW, changed={field: value})
    session.edit(FILE, OLD, NEW, changed={field: value})
    found, faults = events(session)
    list(own(found, faults))
    assert faults.count == 0


def test_folders_are_told_from_their_slugs() -> None:
    """The folder's name narrows the search: the same folder, one inside it, one around it, another."""
    reader = ClaudeCode()

    def near(cwd: str) -> int:
        path = Path("/home/u/.claude/projects") / slug_of(cwd) / "s.jsonl"
        return reader.nearness(Transcript(path, 1, 0.0, ""), ("/home/u/my_app.v2",))

    assert slug_of("/home/u/my_app.v2") == "-home-u-my-app-v2"
    assert [near(cwd) for cwd in ("/home/u/my_app.v2", "/home/u/my_app.v2/sub", "/home/u", "/srv/other")] == [
        0,
        0,
        1,
        2,
    ]
    assert near("/Users/someone/my_app.v2") == 1


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, ".claude"),
        ({"CLAUDE_CONFIG_DIR": "{home}/elsewhere"}, "elsewhere"),
        ({"XDG_CONFIG_HOME": "{home}/xdg"}, "xdg/claude"),
        ({}, ".config/claude"),
    ],
)
def test_transcripts_are_found_where_the_environment_says(
    tmp_path: Path, variables: dict[str, str], folder: str
) -> None:
    """The configured folder, the usual one and the XDG one."""
    session = Claude(tmp_path, CWD)
    path = session.save(tmp_path / folder / "projects" / "-home-u-proj" / "s.jsonl")
    environment = {name: value.format(home=tmp_path) for name, value in variables.items()} | {
        "HOME": str(tmp_path)
    }
    located = ClaudeCode().locate(Places(environment))
    assert [transcript.path for transcript in located.transcripts] == [path.resolve()]
    assert located.problems == ()
    assert located.transcripts[0].shown.startswith("~/")


def test_a_rewrite_of_a_text_that_nobody_shows_contributes_nothing(session: Claude) -> None:
    """An update without its original: which lines are new cannot be told, so none is claimed."""
    path, content = "/home/dana/project/a.py", "def one():\n    return compute(1)\n"
    effect = {
        "type": "update",
        "filePath": path,
        "content": content,
        "originalFile": None,
        "structuredPatch": [],
    }
    session.call(
        "Write", {"file_path": path, "content": content}, effect, f"The file {path} has been updated."
    )
    check(session, [])
