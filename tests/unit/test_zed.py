"""Threads of Zed's agent, of both versions: effects where an edit's output has them, nothing that failed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.hostile import spoilt
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Places, Transcript, Written
from whence.evidence.sessions.readers import zed
from whence.evidence.sessions.readers.zed import Zed

READER = Zed()
ROOT = "/home/u/proj"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"
MORE = "def second(value):\n    return widened(value, highest=9.5)\n"


class Thread:
    """One thread. `version` is 0.3.0 or 0.2.0; `packed` whether its JSON is compressed."""

    def __init__(
        self, *, version: str = "0.3.0", packed: bool = True, name: str = "t-1", folders: str = ROOT
    ) -> None:
        self.version, self.packed, self.name, self.folders = version, packed, name, folders
        self.messages: list[Any] = []
        self.calls = 0

    def user(self, text: str, mentioned: str = "") -> None:
        if self.version == "0.2.0":
            segments = [{"type": "text", "text": text}]
            self.messages.append(
                {"id": 1, "role": "user", "segments": segments, "context": mentioned, "tool_uses": []}
            )
            return
        content: list[Any] = [{"Text": text}]
        if mentioned:
            content.append({"Mention": {"uri": {"File": {"abs_path": f"{ROOT}/x.py"}}, "content": mentioned}})
        self.messages.append({"User": {"id": "u", "content": content}})

    def call(
        self, name: str, asked: object, said: object = "", *, failed: bool = False, output: object = None
    ) -> str:
        self.calls += 1
        call = f"toolu_{self.calls:04d}"
        use = {"id": call, "name": name, "input": asked}
        result = {"tool_use_id": call, "is_error": failed, "content": said, "output": output}
        if self.version == "0.2.0":
            message = {
                "id": 2,
                "role": "assistant",
                "segments": [],
                "tool_uses": [use],
                "tool_results": [result],
            }
            self.messages.append(message)
        else:
            use |= {"raw_input": json.dumps(asked), "is_input_complete": True}
            content = [{"Thinking": {"text": "hm", "signature": None}}, {"ToolUse": use}]
            results = {call: {**result, "tool_name": name}}
            self.messages.append({"Agent": {"content": content, "tool_results": results}})
        return call

    def edit(self, old: str, new: str, path: str = "proj/a.py", **more: Any) -> str:
        key = "original_path" if self.version == "0.2.0" else "input_path"
        output = {key: path, "old_text": old, "new_text": new, "diff": ""}
        asked = {"display_description": "change it", "path": path, "mode": "edit"}
        said = {"Text": f"Edited {path}:\n\n```diff\n...\n```"}
        return self.call("edit_file", asked, said, **{"output": output, **more})

    def document(self) -> dict[str, Any]:
        title = "title" if self.version == "0.3.0" else "summary"
        snapshot = {"worktree_snapshots": [{"worktree_path": ROOT}], "timestamp": "2026-06-01T10:00:00Z"}
        return {
            "version": self.version,
            title: "Clip it",
            "updated_at": "2026-06-01T11:00:00Z",
            "messages": self.messages,
            "initial_project_snapshot": snapshot,
            "model": {"provider": "anthropic", "model": "claude-sonnet-4-5"},
        }

    def data(self) -> bytes:
        text = json.dumps(self.document()).encode()
        return zstandard.ZstdCompressor(level=3).compress(text) if self.packed else text


def save(home: Path, *threads: Thread, data: bytes | None = None, columns: bool = True) -> Path:
    """A database with these threads, with the columns of newer or of older versions."""
    path = home / ".local" / "share" / "zed" / "threads" / "threads.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE threads (id TEXT PRIMARY KEY, summary TEXT NOT NULL, updated_at TEXT NOT NULL, "
        "data_type TEXT NOT NULL, data BLOB NOT NULL)"
    )
    if columns:
        for column in ("parent_id", "folder_paths", "folder_paths_order", "created_at"):
            database.execute(f"ALTER TABLE threads ADD COLUMN {column} TEXT")
    for thread in threads:
        kind = "zstd" if thread.packed else "json"
        row = (
            thread.name,
            "Clip it",
            "2026-06-01T11:00:00+00:00",
            kind,
            thread.data() if data is None else data,
        )
        database.execute(
            "INSERT INTO threads (id, summary, updated_at, data_type, data) VALUES (?, ?, ?, ?, ?)", row
        )
        if columns:
            database.execute(
                "UPDATE threads SET folder_paths = ?, created_at = ? WHERE id = ?",
                (thread.folders, "2026-06-01T10:05:00+00:00", thread.name),
            )
    database.commit()
    database.close()
    return path


def located(home: Path) -> tuple[Transcript, ...]:
    found = READER.locate(Places({"HOME": str(home)}))
    assert found.problems == ()
    return found.transcripts


def written(home: Path, faults: Faults | None = None) -> list[Written]:
    own_faults = faults or Faults("x")
    found: list[Written] = []
    for transcript in located(home):
        found += own(READER.read(transcript, own_faults, lambda _: None), own_faults)
    assert faults is not None or own_faults.count == 0, own_faults.first
    return found


def check(home: Path, thread: Thread, expected: list[tuple[str, list[str]]]) -> None:
    """The thread wrote these lines into these files, and nothing else."""
    save(home, thread)
    assert scenario.lines_by_path(written(home)) == expected


VERSIONS = pytest.mark.parametrize("version", ["0.3.0", "0.2.0"])


@VERSIONS
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("columns", [True, False])
def test_an_edits_effect_is_known(tmp_path: Path, version: str, packed: bool, columns: bool) -> None:
    """In both versions, compressed or not, in databases of newer and older versions."""
    thread = Thread(version=version, packed=packed)
    call = thread.edit(OLD + MORE, NEW + MORE)
    save(tmp_path, thread, columns=columns)
    (item,) = written(tmp_path)
    assert (item.tool, item.model, item.session) == ("zed", "anthropic/claude-sonnet-4-5", "t-1")
    assert (item.path, item.cwd, item.lines) == (f"{ROOT}/a.py", ROOT, (INSERTED,))
    assert (item.locator.record, item.locator.file) == (
        f"t-1/{call}",
        "~/.local/share/zed/threads/threads.db",
    )
    assert item.time is not None
    assert item.time.isoformat() == "2026-06-01T10:00:00+00:00"


@VERSIONS
def test_a_new_file_and_a_rewrite_name_their_new_lines(tmp_path: Path, version: str) -> None:
    """The output has what was there before."""
    thread = Thread(version=version)
    thread.edit("", NEW, "proj/new.py")
    thread.edit(OLD, OLD + MORE, "proj/lib/b.py")
    check(tmp_path, thread, [(f"{ROOT}/new.py", NEW.splitlines()), (f"{ROOT}/lib/b.py", MORE.splitlines())])


@VERSIONS
@pytest.mark.parametrize("kind", ["edit", "intent", "terminal"])
def test_a_call_that_failed_wrote_nothing(tmp_path: Path, version: str, kind: str) -> None:
    """`is_error`; and a call without a result."""
    thread = Thread(version=version)
    if kind == "edit":
        thread.edit(OLD, NEW, failed=True)
    elif kind == "intent":
        thread.call(
            "edit_file",
            {"path": "proj/a.py", "edits": [{"old_text": OLD, "new_text": NEW}]},
            "no",
            failed=True,
        )
    else:
        thread.call("terminal", {"command": f"cat > a.py <<'EOF'\n{NEW}EOF", "cd": "proj"}, "no", failed=True)
    thread.edit(OLD, MORE)
    last = thread.messages[-1]
    if version == "0.3.0":
        last["Agent"]["tool_results"] = {}
    else:
        last["tool_results"] = []
    check(tmp_path, thread, [])


def test_an_error_inside_the_output_is_a_failure(tmp_path: Path) -> None:
    """The output of an edit that failed has only its reason."""
    thread = Thread()
    thread.call("edit_file", {"path": "proj/a.py"}, "no", failed=True, output={"error": "no such text"})
    check(tmp_path, thread, [])


def test_without_an_effect_the_intent_counts(tmp_path: Path) -> None:
    """Edits whose output was not kept."""
    thread = Thread()
    thread.call("edit_file", {"path": "proj/a.py", "edits": [{"old_text": OLD, "new_text": NEW}]}, "Edited")
    check(tmp_path, thread, [(f"{ROOT}/a.py", [INSERTED])])


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("```\ndone\n```", 1),
        ("", 1),
        ('Command "cat" failed with exit code 1.\n\n```\nno\n```', 0),
        ('Command "cat" timed out.', 0),
        ("The command was interrupted by the user.", 0),
    ],
)
def test_a_here_document_counts_when_its_command_succeeded(tmp_path: Path, said: str, count: int) -> None:
    """By the words of the result; relative to the folder of the command."""
    thread = Thread()
    thread.call("terminal", {"command": f"cat > a.py <<'EOF'\n{NEW}EOF", "cd": "proj/lib"}, {"Text": said})
    save(tmp_path, thread)
    assert [(item.path, item.cwd) for item in written(tmp_path)] == [("a.py", f"{ROOT}/lib")] * count


@VERSIONS
def test_what_was_shown_typed_or_mentioned_is_somebody_elses(tmp_path: Path, version: str) -> None:
    """A file that was read, a person's words, a mentioned file."""
    thread = Thread(version=version)
    thread.user("use this:\n" + MORE, "mentioned_before = value_of(everything)\n")
    thread.call("read_file", {"path": "proj/old.py"}, OLD)
    thread.edit("", MORE + OLD + "mentioned_before = value_of(everything)\n" + NEW)
    check(tmp_path, thread, [(f"{ROOT}/a.py", NEW.splitlines()[1:])])


@pytest.mark.parametrize(
    ("folders", "path", "expected"),
    [
        (ROOT, "proj/a.py", f"{ROOT}/a.py"),
        (f"/home/u/lib\n{ROOT}", "lib/a.py", "/home/u/lib/a.py"),
        (ROOT, f"{ROOT}/a.py", f"{ROOT}/a.py"),
        (ROOT, "other/a.py", "other/a.py"),
        ("C:\\work\\app", "app\\ä.py", "c:/work/app/ä.py"),
    ],
)
def test_a_path_begins_with_its_folders_name(tmp_path: Path, folders: str, path: str, expected: str) -> None:
    """Several folders in one window, Windows, and what names none of them."""
    thread = Thread(folders=folders)
    thread.edit(OLD, NEW, path)
    check(tmp_path, thread, [(expected, [INSERTED])])


def test_nearness_is_that_of_the_nearest_folder(tmp_path: Path) -> None:
    """Of all that the window had."""
    save(tmp_path, Thread(folders=f"/srv/else\n{ROOT}"))
    (transcript,) = located(tmp_path)
    assert [READER.nearness(transcript, (folder,)) for folder in (ROOT, "/srv/else", "/opt/no")] == [0, 0, 2]
    assert transcript.changed == 1780311600.0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk",
        zstandard.ZstdCompressor().compress(b"[1, 2"),
        zstandard.ZstdCompressor().compress(b"x" * 99),
    ],
)
def test_damaged_threads_are_told_and_the_rest_is_read(tmp_path: Path, data: bytes) -> None:
    """One fault for the thread, nothing raised."""
    save(tmp_path, Thread(), data=data)
    faults = Faults("x")
    assert written(tmp_path, faults) == []
    assert faults.count == (1 if data else 0)


def test_a_giant_thread_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small row may hold much."""
    monkeypatch.setattr(zed, "MAX_DOCUMENT", 10_000)
    save(tmp_path, Thread(), data=zstandard.ZstdCompressor().compress(b" " * 1_000_000))
    faults = Faults("x")
    assert (written(tmp_path, faults), faults.count) == ([], 1)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, ".local/share/zed"),
        ({}, "Library/Application Support/Zed"),
        ({}, ".var/app/dev.zed.Zed/data/zed"),
        ({"XDG_DATA_HOME": "{home}/data"}, "data/zed"),
        ({"LOCALAPPDATA": "{home}/local"}, "local/Zed"),
    ],
)
def test_threads_are_found_where_each_system_keeps_them(
    tmp_path: Path, variables: dict[str, str], folder: str
) -> None:
    """Linux, macOS, Windows and Flatpak."""
    made = save(tmp_path / "made", Thread())
    path = tmp_path / folder / "threads" / "threads.db"
    path.parent.mkdir(parents=True)
    made.rename(path)
    environment = {name: value.format(home=tmp_path) for name, value in variables.items()} | {
        "HOME": str(tmp_path)
    }
    assert [item.path for item in READER.locate(Places(environment)).transcripts] == [path]


def test_a_file_that_is_no_database_is_a_problem(tmp_path: Path) -> None:
    """Said once, with the file's name."""
    save(tmp_path, Thread()).write_text("not a database at all, but long enough to be looked at as one")
    (problem,) = READER.locate(Places({"HOME": str(tmp_path)})).problems
    assert "threads.db" in problem.why


@pytest.mark.parametrize("version", ["0.3.0", "0.2.0"])
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_survived(tmp_path: Path, version: str, data: st.DataObject) -> None:
    """A thread with something else than expected in it."""
    thread = Thread(version=version)
    thread.user("go", MORE)
    thread.call("read_file", {"path": "proj/old.py"}, [{"Text": OLD}])
    thread.edit(OLD, NEW)
    thread.call("edit_file", {"path": "proj/a.py", "edits": [{"old_text": OLD, "new_text": NEW}]}, "Edited")
    thread.call("terminal", {"command": "cat > a <<E\nx\nE", "cd": "proj"}, {"Text": ""})
    document = thread.document()
    for _ in range(data.draw(st.integers(1, 3))):
        document = spoilt(data, document)
    packed = zstandard.ZstdCompressor().compress(json.dumps(document).encode())
    save(tmp_path, thread, data=packed)
    for item in written(tmp_path, Faults("x")):
        assert isinstance(item.path, str)


def test_what_was_answered_is_somebody_elses(tmp_path: Path) -> None:
    """Why an edit was held back, and what a subagent handed on; what the tool had asked for is its own."""
    thread = Thread()
    thread.call("spawn_agent", {"prompt": INSERTED}, [{"Text": f"Found:\n{OLD}"}])
    asked = {"path": "proj/a.py", "content": INSERTED}
    thread.call("write_file", asked, [{"Text": f"Rather this:\n{MORE}"}], failed=True)
    thread.call("write_file", {**asked, "content": f"{OLD}{MORE}{INSERTED}\n"}, [{"Text": "done"}])
    check(tmp_path, thread, [(f"{ROOT}/a.py", [INSERTED])])
