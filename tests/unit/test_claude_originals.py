"""Claude Code: real transcripts, and what a text replaced where the transcript itself does not show it."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from support import scenario
from support.scenario import FIXTURES, by_file, check_lines, located
from support.transcripts import Claude
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Read, Transcript, Written
from whence.evidence.sessions.readers.claude_code.calls import MAX_COLUMNS, MAX_ROWS
from whence.evidence.sessions.readers.claude_code.reader import ClaudeCode
from whence.evidence.sessions.rest import at_rest
from whence.evidence.sessions.resuming import Progress

READER = ClaudeCode()
HOME = FIXTURES / "claude-code-2.1.332"
CWD = "/home/u/proj"
FILE = f"{CWD}/app/attention.py"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = OLD + "\n\ndef second(value):\n    return clipped(value, lowest=0.5)\n"
ADDED = ["def second(value):", "    return clipped(value, lowest=0.5)"]
UNSHOWN = {"type": "update", "filePath": FILE, "content": NEW, "originalFile": None, "structuredPatch": []}


def written(session: Claude) -> list[Written]:
    """What a saved session wrote itself."""
    path = session.save()
    transcript = Transcript(path, path.stat().st_size, 0.0, "~/session.jsonl")
    faults = Faults(transcript.shown)
    found = list(own(READER.read(transcript, faults, lambda _: None), faults))
    assert faults.count == 0, faults.first
    return found


def lines(session: Claude) -> list[str]:
    return [line for item in written(session) for line in item.lines if line.strip()]


@pytest.fixture
def helper(tmp_path: Path) -> Claude:
    """A subagent's own file, in which newer versions record no effects."""
    return Claude(tmp_path, CWD, version="2.1.233", place="subagent")


def copied(
    session: Claude, text: str, number: int = 1, *, after: float = -1.0, path: str = FILE, name: str = ""
) -> Path:
    """A copy of a file in the session's history, made some seconds after its last record."""
    digits = sha256(path.encode()).hexdigest()[:16]
    copy = session.home / ".claude" / "file-history" / (name or session.session) / f"{digits}@v{number}"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text, newline="")
    made = session.now.timestamp() + after
    os.utime(copy, (made, made))
    return copy


def rewrite(session: Claude, **more: Any) -> None:
    """A whole file is written over one that is there; its effect does not show what it replaced."""
    said = f"The file {FILE} has been updated successfully."
    session.call("Write", {"file_path": FILE, "content": NEW}, {**UNSHOWN, **more}, said)


def test_what_the_real_program_wrote_is_found() -> None:
    """Edits with CRLF and Unicode, a shell command, a resumed and a forked session, a subagent, a notebook."""
    transcripts = located(READER, HOME)
    assert len(transcripts) == 6
    items = scenario.written(READER, transcripts)
    found = by_file(items)
    assert found == {
        "tide_notes.py": scenario.EDITED + scenario.REWRITTEN + scenario.RESUMED,
        "harbour/forecast.py": scenario.CREATED,
        "legacy.ini": scenario.WINDOWS,
        "données/prévision.py": scenario.UNICODE,
        "scripts/backup.sh": scenario.BY_SHELL,
        "harbour/list.py": scenario.BY_AGENT,
        "quays.py": [
            "def deepest_quay(quays, tide):",
            "    return max(quays, key=lambda one: quay_depth(one, tide))",
        ],
        "tides.ipynb": ["plot(levels, against=moments, unit='metres')"],
        "harbour/later.py": ["tide_gauge_offset_in_metres = {'Old Quay': 0.375}"],
    }
    check_lines(found)
    assert {(item.tool, item.model, item.cwd) for item in items} == {
        ("claude-code", "claude-opus-4-8", scenario.PROJECT)
    }


def test_a_fork_tells_whose_its_copied_calls_are() -> None:
    """They stand under the fork's session, and under their own."""
    sessions: dict[str, set[str]] = {}
    for transcript in located(READER, HOME):
        for item in own(READER.read(transcript, Faults(""), lambda _: None), Faults("")):
            sessions.setdefault(item.locator.record, set()).add(item.session)
    assert all(len(names) == 1 for names in sessions.values())
    assert len({name for names in sessions.values() for name in names}) == 4


def test_a_file_that_nobody_saw_is_not_claimed(helper: Claude) -> None:
    """Without effect, copy or reading: which lines are new cannot be told."""
    rewrite(helper)
    assert lines(helper) == []


@pytest.mark.parametrize("how", ["read", "written"])
def test_a_file_that_was_seen_whole_is_compared(helper: Claude, how: str) -> None:
    """What the session read of it was there before; what it wrote is its own."""
    if how == "read":
        helper.read(FILE, OLD)
    else:
        helper.write(FILE, OLD)
    rewrite(helper)
    expected = ADDED if how == "read" else [*OLD.splitlines(), *OLD.splitlines(), *ADDED]
    assert lines(helper) == expected


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"limit": 1}, "     1→def first(value):"),
        ({"offset": 2}, "     2→    return value * scale_of(value)"),
        ({}, "     2→    return value * scale_of(value)"),
        ({}, "\n".join(f"{number}\tline {number}" for number in range(1, MAX_ROWS + 1))),
        ({}, "1\t" + "x" * MAX_COLUMNS),
        ({}, "File unchanged since last read."),
        ({}, ""),
    ],
)
def test_a_file_that_was_seen_in_part_is_not(helper: Claude, asked: dict[str, int], shown: str) -> None:
    """Reading a part is enough for the tool, not for us."""
    helper.call("Read", {"file_path": FILE, **asked}, {}, shown)
    rewrite(helper)
    assert lines(helper) == []


@pytest.mark.parametrize(
    ("start", "count", "expected"), [(1, 3, ADDED), (2, 2, []), (1, 2, []), (None, None, [])]
)
def test_an_effect_says_whether_all_was_read(
    tmp_path: Path, start: int | None, count: int | None, expected: list[str]
) -> None:
    """From the first line, and as many as there are."""
    session = Claude(tmp_path, CWD)
    file = {"filePath": FILE, "content": OLD, "numLines": count, "startLine": start, "totalLines": 3}
    session.call("Read", {"file_path": FILE}, {"type": "text", "file": file}, OLD)
    rewrite(session)
    assert lines(session) == expected


@pytest.mark.parametrize("place", ["main", "subagent"])
def test_a_copy_of_the_old_file_is_compared(tmp_path: Path, place: str) -> None:
    """The tool keeps one for rewinding, made before the first change; line ends make no difference."""
    session = Claude(tmp_path, CWD, place=place, version="2.1.233")
    copied(session, OLD.replace("\n", "\r\n"))
    rewrite(session)
    (item,) = written(session)
    assert [line for line in item.lines if line.strip()] == ADDED
    assert (item.session, item.path) == (session.session, FILE)


def test_of_several_copies_the_latest_before_is_compared(helper: Claude) -> None:
    """Later ones hold what the tool wrote then."""
    copied(helper, "x = 1\n", 1, after=-9)
    copied(helper, OLD + "\n\ndef second(value):\n", 10, after=-5)
    copied(helper, OLD, 2, after=-7)
    copied(helper, NEW, 11, after=60)
    rewrite(helper)
    assert lines(helper) == ADDED[1:]


@pytest.mark.parametrize("what", ["late", "another file", "another session", "link", "folder", "name"])
def test_what_is_no_copy_of_it_from_before_is_not_used(helper: Claude, what: str) -> None:
    """Then it cannot be told."""
    copy = copied(
        helper,
        OLD,
        after=60 if what == "late" else -1,
        path=f"{CWD}/b.py" if what == "another file" else FILE,
        name="other" if what == "another session" else "",
    )
    if what == "link":
        copy.rename(copy.parent / "kept")
        copy.symlink_to(copy.parent / "kept")
    elif what == "folder":
        copy.unlink()
        copy.mkdir()
    elif what == "name":
        copy.rename(copy.with_name(copy.name + "x"))
    rewrite(helper)
    assert lines(helper) == []


@pytest.mark.parametrize("name", ["..", "../elsewhere", "", "a/b", "x" * 99])
def test_a_session_that_is_no_name_leads_nowhere(helper: Claude, name: str) -> None:
    """A transcript cannot point outside of the tool's folder."""
    copied(helper, OLD, name="../elsewhere")
    rewrite(helper)
    for record in helper.records:
        record["sessionId"] = name
    assert lines(helper) == []


def test_a_patch_or_an_original_needs_no_copy(tmp_path: Path) -> None:
    """The effect is the better source."""
    session = Claude(tmp_path, CWD)
    copied(session, NEW)
    session.write(FILE, NEW, original=OLD)
    assert lines(session) == ADDED


def test_a_new_file_in_a_subagents_own_words(helper: Claude) -> None:
    """The text of the result says that it was created."""
    helper.write(FILE, NEW)
    assert lines(helper) == [line for line in NEW.splitlines() if line]


@pytest.mark.parametrize("effect", ["old_source", "by id", "by number", "nothing"])
def test_a_replaced_cell_contributes_its_new_lines(tmp_path: Path, effect: str) -> None:
    """What it held before is told in so many words, or stands in the old notebook."""
    session = Claude(tmp_path, CWD)
    cells = [
        {"id": "zero", "source": "import tides\n"},
        {"id": "one", "source": OLD.splitlines(keepends=True)},
    ]
    asked = {"notebook_path": f"{CWD}/a.ipynb", "cell_id": "cell-1" if effect == "by number" else "one"}
    told: dict[str, Any] = {"edit_mode": "replace", "original_file": json.dumps({"cells": cells})}
    if effect == "old_source":
        told |= {"old_source": OLD, "original_file": "{}"}
    elif effect == "nothing":
        told |= {"original_file": "{broken"}
    session.call("NotebookEdit", {**asked, "new_source": NEW}, told, "Updated cell")
    assert lines(session) == ([] if effect == "nothing" else ADDED)


@pytest.mark.parametrize("place", ["main", "subagent"])
@pytest.mark.parametrize("shown", [True, False])
def test_a_cell_without_a_told_original_is_what_the_session_read_of_it(
    tmp_path: Path, place: str, shown: bool
) -> None:
    """Where nobody shows what stood in the cell nothing of it is claimed, as with a file that was replaced."""
    session = Claude(tmp_path, CWD, place=place)
    session.read_notebook(f"{CWD}/a.ipynb", {"other": "import tides", **({"c1": OLD} if shown else {})})
    asked = {"notebook_path": f"{CWD}/a.ipynb", "cell_id": "c1", "new_source": NEW, "edit_mode": "replace"}
    session.call("NotebookEdit", asked, asked, f"Updated cell c1 with {NEW}")
    assert lines(session) == (ADDED if shown else [])
    if shown:
        session.call(
            "NotebookEdit", {**asked, "new_source": NEW + "\nplot(second)"}, asked, "Updated cell c1"
        )
        assert lines(session)[-1] == "plot(second)"


@pytest.mark.parametrize("place", ["main", "subagent"])
@pytest.mark.parametrize("tag", ["", "<cell_type>markdown</cell_type>", "<language>r</language>"])
def test_a_persons_cells_stay_theirs_where_the_tool_moves_them(tmp_path: Path, place: str, tag: str) -> None:
    """The first and the last line of a cell, and the only one of a short cell, are shown with a tag beside them."""
    session = Claude(tmp_path, CWD, place=place)
    session.read_notebook(
        f"{CWD}/a.ipynb", {"one": tag + OLD.rstrip("\n"), "two": tag + "offset = datum_of(quay)"}
    )
    session.write(FILE, NEW + "offset = datum_of(quay)\n")
    assert lines(session) == ADDED


def test_a_session_at_rest_remembers_what_it_saw_whole(helper: Claude) -> None:
    """Names only, so that the reading can be gone on with later."""
    helper.read(FILE, OLD)
    path = helper.save()
    transcript = Transcript(path, path.stat().st_size, 0.0, "~/s.jsonl")
    progress = Progress(READER.begin(transcript))
    scenario.since(READER, transcript, progress)
    kept = at_rest(progress.state)
    assert kept is not None
    assert FILE.encode() in kept
    assert b"scale_of" not in kept


def test_an_original_that_repeats_the_last_edits_outcome_is_met_once(tmp_path: Path) -> None:
    """Each edit comes with all of its file; what a person changed in between is met, and stays theirs."""
    session = Claude(tmp_path, CWD)
    texts = [
        OLD,
        OLD + "one_more = line_of(the_tool)\n",
        OLD + "one_more = line_of(the_tool)\ntwo = again(it)\n",
    ]
    persons = texts[2] + "a_persons = own_line(here)\n"
    session.edit(FILE, OLD, texts[1], original=OLD)
    session.edit(FILE, texts[1], texts[2], original=texts[1])
    session.edit(FILE, "two = again(it)\n", "two = again(it)\na_persons = own_line(here)\n", original=persons)
    path = session.save()
    transcript = Transcript(path, path.stat().st_size, 0.0, "~/session.jsonl")
    events = list(READER.read(transcript, Faults(""), lambda _: None))
    originals = [event.lines for event in events if isinstance(event, Read)]
    assert [text for text in originals if "a_persons = own_line(here)" in text]
    assert sum(text == tuple(texts[1].splitlines()) for text in originals) <= 1
    assert lines(session) == ["one_more = line_of(the_tool)", "two = again(it)"]
