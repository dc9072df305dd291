"""Kiro's and Amazon Q's sessions, in their database and in both kinds of files."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.hostile import JUNK, places, replaced
from whence.evidence.sessions import resuming
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Event, Faults, Places, Reader, Transcript, Written
from whence.evidence.sessions.readers.kiro import AmazonQ, Kiro, KiroDatabase

CWD = "/home/u/proj"
FILE = f"{CWD}/a.py"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"
MORE = "def second(value):\n    return widened(value, highest=9.5)\n"
HERE = f"cat > a.py <<'EOF'\n{NEW}EOF"


class Store(Protocol):
    """A session as one of the programs keeps it."""

    reader: Reader
    cwd: str

    def prompt(self, text: str) -> None: ...
    def call(
        self, name: str, asked: dict[str, Any], said: object = "", *, good: bool | None = True
    ) -> str: ...
    def save(self) -> object: ...
    def document(self) -> Any: ...


class Rows:
    """A conversation in a database: of Kiro (`v2`), of its older versions, of Amazon Q, or in its oldest form, pairs."""

    def __init__(self, home: Path, cwd: str = CWD, *, kind: str = "v2") -> None:
        self.kind, self.cwd = kind, cwd
        self.reader: Reader = AmazonQ() if kind in {"q", "pairs"} else KiroDatabase()
        folder = "amazon-q" if kind in {"q", "pairs"} else "kiro-cli"
        self.path = home / ".local" / "share" / folder / "data.sqlite3"
        self.turns: list[dict[str, Any]] = []
        self.pending: dict[str, Any] | None = None
        self.calls = 0

    def prompt(self, text: str) -> None:
        self._turn({"Prompt": {"prompt": text}}, {"Response": {"message_id": None, "content": "ok"}})

    def call(self, name: str, asked: dict[str, Any], said: object = "", *, good: bool | None = True) -> str:
        self.calls += 1
        call = f"tooluse_{self.calls:04d}"
        use = {"id": call, "name": name, "orig_name": name, "args": asked, "orig_args": asked}
        self._turn(
            {"Prompt": {"prompt": "go"}}, {"ToolUse": {"message_id": None, "content": "", "tool_uses": [use]}}
        )
        if good is not None:
            block = {"Json": said} if isinstance(said, dict) else {"Text": said}
            result = {"tool_use_id": call, "content": [block], "status": "Success" if good else "Error"}
            self._turn({"ToolUseResults": {"tool_use_results": [result]}}, {"Response": {"content": "done"}})
        return call

    def document(self) -> Any:
        history: list[Any] = self.turns
        if self.kind == "pairs":
            history = [[turn["user"], turn["assistant"]] for turn in self.turns]
        return {
            "conversation_id": "c-1",
            "history": history,
            "next_message": None,
            "model_info": {"model_name": "claude-opus-4.6", "model_id": "claude-opus-4.6"},
        }

    def save(self, document: object = None) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        database = sqlite3.connect(self.path)
        value = json.dumps(self.document() if document is None else document)
        database.execute("CREATE TABLE conversations (key TEXT PRIMARY KEY, value TEXT)")
        if self.kind == "v2":
            database.execute(
                "CREATE TABLE conversations_v2 (key TEXT NOT NULL, conversation_id TEXT NOT NULL, value TEXT NOT NULL, "
                "created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (key, conversation_id))"
            )
            row = (self.cwd, "c-1", value, 1780462800000, 1780462805000)
            database.execute("INSERT INTO conversations_v2 VALUES (?, ?, ?, ?, ?)", row)
        else:
            database.execute("INSERT INTO conversations VALUES (?, ?)", (self.cwd, value))
        database.commit()
        database.close()
        return self.path

    def _turn(self, content: object, assistant: object) -> None:
        number = len(self.turns)
        user = {
            "additional_context": "",
            "env_context": {
                "env_state": {"operating_system": "linux", "current_working_directory": self.cwd}
            },
            "content": content,
            "timestamp": f"2026-06-01T10:00:{number:02d}.000-07:00",
            "images": None,
        }
        times = {"request_start_timestamp_ms": 1780333200000 + number * 1000, "model_id": "claude-opus-4.6"}
        self.turns.append({"user": user, "assistant": assistant, "request_metadata": times})


class Lines:
    """A session in files: of the command line (`cli`) or of the editor."""

    def __init__(self, home: Path, cwd: str = CWD, *, kind: str = "cli") -> None:
        self.kind, self.cwd = kind, cwd
        self.reader: Reader = Kiro()
        sessions = home / ".kiro" / "sessions"
        self.path = (
            sessions / "cli" / "s-1.jsonl"
            if kind == "cli"
            else sessions / "w0" / "sess_s-1" / "messages.jsonl"
        )
        self.records: list[Any] = []
        self.calls = 0

    def prompt(self, text: str) -> None:
        if self.kind == "cli":
            content = [{"kind": "text", "data": text}]
            self._add(
                {
                    "kind": "Prompt",
                    "data": {"message_id": "m", "content": content, "meta": {"timestamp": 1780333200}},
                }
            )
        else:
            self._add({"type": "user", "content": text})

    def call(self, name: str, asked: dict[str, Any], said: object = "", *, good: bool | None = True) -> str:
        self.calls += 1
        call = f"tooluse_{self.calls:04d}"
        if self.kind == "cli":
            use = {"kind": "toolUse", "data": {"toolUseId": call, "name": name, "input": asked}}
            self._add({"kind": "AssistantMessage", "data": {"message_id": "m", "content": [use]}})
            if good is not None:
                block = {"kind": "json" if isinstance(said, dict) else "text", "data": said}
                data = {"toolUseId": call, "content": [block], "status": "success" if good else "error"}
                self._add(
                    {"kind": "ToolResults", "data": {"content": [{"kind": "toolResult", "data": data}]}}
                )
        else:
            self._add({"type": "tool_call", "toolCallId": call, "toolName": name, "args": asked})
            if good is not None:
                text = said if isinstance(said, str) else json.dumps(said)
                self._add({"type": "tool_result", "toolCallId": call, "content": text, "success": good})
        return call

    def document(self) -> Any:
        return self.records

    def save(self, document: object = None) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        records = self.records if document is None else document
        assert isinstance(records, list)
        self.path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
        if self.kind == "cli":
            model = {"rts_model_state": {"model_info": {"model_id": "claude-opus-4.6"}}}
            about: dict[str, Any] = {"session_id": "c-1", "cwd": self.cwd, "session_state": model}
            self.path.with_suffix(".json").write_text(json.dumps(about))
        else:
            about = {"id": "c-1", "modelId": "claude-opus-4.6", "workspacePaths": [self.cwd]}
            self.path.with_name("session.json").write_text(json.dumps(about))
        return self.path

    def _add(self, record: dict[str, Any]) -> None:
        if self.kind == "cli":
            self.records.append({"version": "v1", **record})
        else:
            stamp = f"2026-06-01T17:00:{len(self.records) % 60:02d}.000Z"
            self.records.append({"id": str(len(self.records)), "timestamp": stamp, "payload": record})


STORES: dict[str, Callable[..., Any]] = {
    "v2": lambda home, cwd=CWD: Rows(home, cwd, kind="v2"),
    "v1": lambda home, cwd=CWD: Rows(home, cwd, kind="v1"),
    "q": lambda home, cwd=CWD: Rows(home, cwd, kind="q"),
    "pairs": lambda home, cwd=CWD: Rows(home, cwd, kind="pairs"),
    "cli": lambda home, cwd=CWD: Lines(home, cwd, kind="cli"),
    "editor": lambda home, cwd=CWD: Lines(home, cwd, kind="editor"),
}
EVERY = pytest.mark.parametrize("kind", STORES)


def written(home: Path, store: Store, faults: Faults | None = None) -> list[Written]:
    store.save()
    located = store.reader.locate(Places({"HOME": str(home)}))
    assert located.problems == ()
    (transcript,) = located.transcripts
    own_faults = faults or Faults("x")
    found = list(own(store.reader.read(transcript, own_faults, lambda _: None), own_faults))
    assert faults is not None or own_faults.count == 0, own_faults.first
    return found


def check(home: Path, store: Store, expected: list[tuple[str, list[str]]]) -> None:
    """The session wrote these lines into these files, and nothing else."""
    found = scenario.lines_by_path(written(home, store))
    assert found == expected


@EVERY
def test_a_write_says_who_when_and_where(tmp_path: Path, kind: str) -> None:
    """In each store."""
    store = STORES[kind](tmp_path)
    store.prompt("please")
    call = store.call("fs_write", {"command": "create", "path": FILE, "file_text": NEW})
    check(tmp_path, store, [(FILE, NEW.splitlines())])
    (item,) = written(tmp_path, store)
    tool = "amazon-q" if kind in {"q", "pairs"} else "kiro"
    assert (item.tool, item.model, item.session, item.cwd) == (tool, "claude-opus-4.6", "c-1", CWD)
    assert item.locator.record.endswith(call)
    assert item.time is not None
    assert item.time.isoformat().startswith("2026-06-01T17:00:0")


@EVERY
@pytest.mark.parametrize("good", [False, None])
def test_a_call_that_did_not_happen_wrote_nothing(tmp_path: Path, kind: str, good: bool | None) -> None:
    """Failed, refused, cancelled and unanswered calls."""
    store = STORES[kind](tmp_path)
    store.call("fs_write", {"command": "create", "path": FILE, "file_text": NEW}, "no", good=good)
    store.call(
        "fs_write", {"command": "str_replace", "path": FILE, "old_str": OLD, "new_str": NEW}, "no", good=good
    )
    store.call("execute_bash", {"command": HERE}, "no", good=good)
    check(tmp_path, store, [])


@EVERY
@pytest.mark.parametrize(
    ("name", "asked", "expected"),
    [
        ("fs_write", {"command": "str_replace", "path": FILE, "old_str": OLD, "new_str": NEW}, [INSERTED]),
        (
            "fs_write",
            {"command": "insert", "path": FILE, "insert_line": 3, "new_str": MORE},
            MORE.splitlines(),
        ),
        ("fs_write", {"command": "append", "path": FILE, "new_str": MORE}, MORE.splitlines()),
        ("fs_write", {"command": "create", "path": FILE, "new_str": MORE}, MORE.splitlines()),
        ("write", {"command": "create", "path": FILE, "content": MORE}, MORE.splitlines()),
        ("write", {"command": "strReplace", "path": FILE, "oldStr": OLD, "newStr": NEW}, [INSERTED]),
        ("write", {"command": "insert", "path": FILE, "content": MORE, "insertLine": 1}, MORE.splitlines()),
        ("fsWrite", {"path": FILE, "text": MORE}, MORE.splitlines()),
        ("fsAppend", {"path": FILE, "text": MORE}, MORE.splitlines()),
        ("strReplace", {"path": FILE, "oldStr": OLD, "newStr": NEW}, [INSERTED]),
    ],
)
def test_every_kind_of_write_is_understood(
    tmp_path: Path, kind: str, name: str, asked: dict[str, Any], expected: list[str]
) -> None:
    """Names and keys as versions have them."""
    store = STORES[kind](tmp_path)
    store.call(name, asked)
    check(tmp_path, store, [(FILE, expected)])


@EVERY
def test_a_rewrite_of_a_file_that_was_read_names_its_new_lines(tmp_path: Path, kind: str) -> None:
    """The whole of it; of a file that was read in part no line is named."""
    store = STORES[kind](tmp_path)
    store.call("readFile", {"path": FILE}, OLD)
    store.call("fs_write", {"command": "create", "path": FILE, "file_text": OLD + MORE})
    store.call("fs_read", {"mode": "Line", "path": f"{CWD}/b.py", "start_line": 1, "end_line": 9}, OLD)
    store.call("fs_write", {"command": "create", "path": f"{CWD}/b.py", "file_text": OLD + MORE})
    check(tmp_path, store, [(FILE, MORE.splitlines())])


@EVERY
@pytest.mark.parametrize(
    ("said", "count"),
    [
        ({"exit_status": "0", "stdout": "", "stderr": ""}, 1),
        ({"exit_status": "exit status: 0", "stdout": "", "stderr": ""}, 1),
        ({"exit_status": "1", "stdout": "", "stderr": "no"}, 0),
        ("Output:\n\n\nExit Code: 0", 1),
        ("Output:\nno\n\nExit Code: 2", 0),
    ],
)
def test_a_here_document_counts_when_its_command_succeeded(
    tmp_path: Path, kind: str, said: object, count: int
) -> None:
    """By the exit status in any form."""
    store = STORES[kind](tmp_path)
    store.call("execute_bash", {"command": HERE}, said)
    assert [(item.path, item.cwd) for item in written(tmp_path, store)] == [("a.py", CWD)] * count


@EVERY
def test_what_was_shown_or_typed_is_somebody_elses(tmp_path: Path, kind: str) -> None:
    """A person's words, a file that was read, a command's output."""
    store = STORES[kind](tmp_path)
    store.prompt("use this:\n" + MORE)
    store.call("fs_read", {"operations": [{"mode": "Line", "path": f"{CWD}/old.py"}]}, OLD)
    store.call(
        "execute_bash",
        {"command": "cat x"},
        {"exit_status": "0", "stdout": "shown_by_it = 1\n", "stderr": ""},
    )
    store.call(
        "fs_write", {"command": "create", "path": FILE, "file_text": MORE + OLD + "shown_by_it = 1\n" + NEW}
    )
    check(tmp_path, store, [(FILE, NEW.splitlines()[1:])])


@EVERY
def test_windows_and_unicode_come_through(tmp_path: Path, kind: str) -> None:
    """Paths as recorded, text as it was."""
    store = STORES[kind](tmp_path, "C:\\work\\proj")
    asked = {"command": "create", "path": "C:\\work\\proj\\ä.py", "file_text": "label = '🦀 日本語'\r\n"}
    store.call("fs_write", asked)
    (item,) = written(tmp_path, store)
    assert (item.path, item.cwd, item.lines) == (
        "C:\\work\\proj\\ä.py",
        "c:/work/proj",
        ("label = '🦀 日本語'",),
    )


@EVERY
def test_the_folder_tells_how_near_a_session_is(tmp_path: Path, kind: str) -> None:
    """It stands in the row, or beside the lines."""
    store = STORES[kind](tmp_path)
    store.save()
    (transcript,) = store.reader.locate(Places({"HOME": str(tmp_path)})).transcripts
    near = [store.reader.nearness(transcript, (folder,)) for folder in (CWD, CWD + "/sub", "/srv/no")]
    assert near == [0, 1, 2]


def test_a_cancelled_turn_wrote_nothing(tmp_path: Path) -> None:
    """Its results are errors; and calls without results in the next turn are over."""
    store = Rows(tmp_path)
    call = store.call("fs_write", {"command": "create", "path": FILE, "file_text": NEW}, good=None)
    result = {
        "tool_use_id": call,
        "content": [{"Text": "Tool use was cancelled by the user"}],
        "status": "Error",
    }
    store._turn(
        {"CancelledToolUses": {"prompt": "stop", "tool_use_results": [result]}},
        {"Response": {"content": "ok"}},
    )
    late = {"tool_use_id": call, "content": [{"Text": ""}], "status": "Success"}
    store._turn({"ToolUseResults": {"tool_use_results": [late]}}, {"Response": {"content": "ok"}})
    check(tmp_path, store, [])


def test_results_that_wait_to_be_sent_count(tmp_path: Path) -> None:
    """The last call's result may stand in `next_message`."""
    store = Rows(tmp_path)
    store.call("fs_write", {"command": "create", "path": FILE, "file_text": NEW})
    document = store.document()
    document["next_message"] = document["history"].pop()["user"]
    store.save(document)
    (transcript,) = store.reader.locate(Places({"HOME": str(tmp_path)})).transcripts
    assert len(list(own(store.reader.read(transcript, Faults(""), lambda _: None), Faults("")))) == 1


def test_databases_are_found_where_each_system_keeps_them(tmp_path: Path) -> None:
    """macOS keeps them elsewhere; no database is no problem."""
    path = Rows(tmp_path).save()
    moved = tmp_path / "Library" / "Application Support" / "kiro-cli" / "data.sqlite3"
    moved.parent.mkdir(parents=True)
    path.rename(moved)
    assert [item.path for item in KiroDatabase().locate(Places({"HOME": str(tmp_path)})).transcripts] == [
        moved
    ]
    assert AmazonQ().locate(Places({"HOME": str(tmp_path)})).transcripts == ()
    assert Kiro().locate(Places({})).transcripts == ()


@pytest.mark.parametrize("kind", ["cli", "editor"])
def test_a_growing_session_is_read_on(tmp_path: Path, kind: str) -> None:
    """In two readings nothing is lost or told twice."""
    store = STORES[kind](tmp_path)
    store.prompt("go")
    store.call("readFile", {"path": FILE}, OLD)
    store.call("fs_write", {"command": "create", "path": FILE, "file_text": OLD + MORE})
    data = store.save().read_bytes()
    reader = Kiro()
    transcript = Transcript(store.path, len(data), 0.0, "x")
    whole = list(reader.read(transcript, Faults(""), lambda _: None))
    assert len(whole) >= 3
    for cut in range(0, len(data), 97):
        progress = resuming.Progress(reader.begin(transcript))
        events: list[Event] = []
        for end in (cut, len(data)):
            store.path.write_bytes(data[:end])
            events += scenario.since(reader, transcript, progress)
        assert events == whole


@EVERY
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_survived(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    """A session with something else than expected in it."""
    store = STORES[kind](tmp_path)
    store.prompt("go")
    store.call("fs_read", {"path": FILE}, OLD)
    store.call("fs_write", {"command": "create", "path": FILE, "file_text": NEW})
    store.call("execute_bash", {"command": HERE}, {"exit_status": "0", "stdout": "x"})
    document = {"it": store.document()}
    for _ in range(data.draw(st.integers(1, 3))):
        spots = [place for place in places(document) if len(place) > 1]
        if spots:
            document = replaced(document, data.draw(st.sampled_from(spots)), data.draw(JUNK))
    store.save(document["it"])
    for transcript in store.reader.locate(Places({"HOME": str(tmp_path)})).transcripts:
        faults = Faults("x")
        for item in own(store.reader.read(transcript, faults, lambda _: None), faults):
            assert isinstance(item.path, str)


@pytest.mark.parametrize("kind", ["v2", "cli"])
def test_what_was_answered_is_somebody_elses(tmp_path: Path, kind: str) -> None:
    """Why an edit was held back, and what a subagent handed on; what the tool had asked for is its own."""
    store: Store = Rows(tmp_path) if kind == "v2" else Lines(tmp_path)
    store.call("use_subagent", {"prompt": INSERTED}, f"Found:\n{OLD}")
    asked = {"command": "create", "path": FILE, "file_text": INSERTED}
    store.call("fs_write", asked, f"Rather this:\n{MORE}", good=False)
    store.call("fs_write", {**asked, "file_text": f"{OLD}{MORE}{INSERTED}\n"}, "done")
    assert scenario.lines_by_path(written(tmp_path, store)) == [(FILE, [INSERTED])]
