"""What Kiro's editor kept of executions in its own storage, before version 1."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.hostile import spoilt
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import ODD, Faults, Located, Places, Transcript, Written
from whence.evidence.sessions.readers.kiro import KiroExecutions

CWD = "/home/u/proj"
READER = KiroExecutions()
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"


class Store:
    """The storage of the editor, with one execution."""

    def __init__(self, home: Path, cwd: str = CWD, padding: str = "") -> None:
        self.home, self.cwd = home, cwd
        self.root = home / ".config/Kiro/User/globalStorage/kiro.kiroagent"
        name = base64.urlsafe_b64encode(cwd.encode()).decode().replace("=", padding)
        (self.root / "workspace-sessions" / name).mkdir(parents=True, exist_ok=True)
        self.folder = self.root / hashlib.sha256(cwd.encode()).hexdigest()[:32]
        self.actions: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []

    def act(
        self, kind: str, old: str | None, new: str | None, *, state: str = "Accepted", path: str = "a.py"
    ) -> None:
        asked = {"file": path, "originalContent": old, "modifiedContent": new}
        action = {"actionId": f"act-{len(self.actions)}", "actionType": kind, "actionState": state}
        known = {key: value for key, value in asked.items() if value is not None}
        self.actions.append({**action, "emittedAt": 1_760_000_000_000 + len(self.actions), "input": known})

    def say(self, text: str) -> None:
        self.messages.append({"role": "human", "entries": [{"type": "text", "text": text}]})

    def call(self, name: str, asked: dict[str, Any], *, good: bool | None = True, said: str = "") -> None:
        call = f"toolu_{len(self.messages)}"
        use = {"type": "toolUse", "id": call, "name": name, "args": asked}
        self.messages.append({"role": "bot", "entries": [{"type": "text", "text": "On it."}, use]})
        if good is not None:
            back = {"type": "toolUseResponse", "id": call, "name": name, "message": said, "success": good}
            self.messages.append({"role": "tool", "entries": [back]})

    def document(self) -> dict[str, Any]:
        return {
            "executionId": "e-1",
            "chatSessionId": "c-1",
            "workflowType": "act",
            "status": "succeed",
            "startTime": 1_759_999_999_000,
            "endTime": 1_760_000_100_000,
            "actions": self.actions,
            "context": {"messages": self.messages},
        }

    def save(self, document: Any = None) -> Path:
        path = self.folder / "414d1636299d2b9e4ce7e17fb11f63e9" / "0a1b2c3d4e5f"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.document() if document is None else document), "utf-8")
        return path

    def located(self) -> Located:
        return READER.locate(Places({"HOME": str(self.home)}, Path(self.cwd)))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def written(store: Store, faults: Faults | None = None) -> list[Written]:
    store.save()
    located = store.located()
    assert located.problems == ()
    (transcript,) = located.transcripts
    quiet = Faults("x")
    found = list(own(READER.read(transcript, faults or quiet, lambda _: None), faults or quiet))
    assert quiet.count == 0, quiet.first
    return found


def check(store: Store, expected: list[tuple[str, list[str]]]) -> None:
    """The execution wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(written(store)) == expected


def test_an_action_says_who_when_and_where(store: Store) -> None:
    """By its effect: the file before and after."""
    store.act("replace", OLD, NEW)
    check(store, [("a.py", [INSERTED])])
    (item,) = written(store)
    assert (item.tool, item.model, item.session, item.cwd) == ("kiro", None, "c-1", CWD)
    assert item.locator.record == "c-1/act-0"
    assert item.time is not None
    assert item.time.timestamp() == 1_760_000_000


@pytest.mark.parametrize("kind", ["replace", "write", "append", "editCode", "smartRelocate"])
def test_every_kind_of_action_counts_what_it_added(store: Store, kind: str) -> None:
    """A new file is all the tool's; a moved one that stays as it is is nobody's."""
    store.act(kind, OLD, OLD + NEW)
    store.act("create", None, "third = made_of(three)\n", path="b.py")
    store.act("smartRelocate", None, None, path="c.py")
    check(store, [("a.py", [INSERTED]), ("b.py", ["third = made_of(three)"])])


@pytest.mark.parametrize("state", ["Error", "Rejected", "PendingAction", "Canceled"])
def test_what_was_not_accepted_wrote_nothing(store: Store, state: str) -> None:
    """Nor did what was deleted."""
    store.act("replace", OLD, NEW, state=state)
    store.act("create", None, NEW, state=state)
    store.act("delete", OLD, "", state="Success")
    check(store, [])


def test_a_file_of_which_nothing_is_known_names_no_lines(store: Store) -> None:
    """What a write replaced must be recorded, or have been written before."""
    store.act("write", None, NEW)
    store.act("write", None, NEW + "more = value_of(it)\n")
    check(store, [("a.py", ["more = value_of(it)"])])


def test_calls_count_where_there_are_no_actions(store: Store) -> None:
    """By their responses."""
    store.say("please use\nline_of(the_person)")
    store.call("strReplace", {"path": "a.py", "oldStr": OLD, "newStr": NEW + "line_of(the_person)\n"})
    store.call("fsWrite", {"path": "b.py", "text": "second = made_of(two)\n"})
    store.call("fsWrite", {"path": "c.py", "text": "refused = made_of(two)\n"}, good=False)
    store.call("fsAppend", {"path": "d.py", "text": "waiting = made_of(two)\n"}, good=None)
    check(store, [("a.py", [INSERTED]), ("b.py", ["second = made_of(two)"])])
    store.act("create", None, "fourth = made_of(four)\n", path="e.py")
    check(store, [("e.py", ["fourth = made_of(four)"])])


@pytest.mark.parametrize(
    ("kind", "state", "new"),
    [
        ("replace", "Landed", NEW),
        ("patch", "Accepted", NEW),
        ("write", "Success", NEW),
        ("replace", "Accepted", None),
    ],
)
def test_what_is_not_understood_is_told(store: Store, kind: str, state: str, new: str | None) -> None:
    """Another state, another kind, another form."""
    store.act(kind, OLD, new, state=state)
    faults = Faults("x")
    assert written(store, faults) == []
    assert (faults.count, ODD in faults.first) == (1, True)


@pytest.mark.parametrize("padding", ["", "_"])
@pytest.mark.parametrize("cwd", ["/home/u/proj", "/home/u/projé", "c:\\Users\\u\\my_proj", "/x"])
def test_the_folder_is_known_by_its_digest(tmp_path: Path, cwd: str, padding: str) -> None:
    """However its name was written."""
    store = Store(tmp_path, cwd, padding)
    store.save()
    (transcript,) = store.located().transcripts
    assert transcript.folder == cwd
    here = "c:/Users/u/my_proj" if "\\" in cwd else cwd
    assert (READER.nearness(transcript, (here,)), READER.nearness(transcript, ("/srv/other",))) == (0, 2)


def test_without_its_sessions_the_folders_digest_tells(store: Store) -> None:
    """Sessions can be deleted."""
    store.save()
    for path in (store.root / "workspace-sessions").iterdir():
        path.rmdir()
    (transcript,) = store.located().transcripts
    assert transcript.folder == ""
    assert [READER.nearness(transcript, (folder,)) for folder in (CWD, "/srv/other")] == [0, 2]


def test_conversations_without_executions_are_said(store: Store, tmp_path: Path) -> None:
    """Only of this workspace, and only where nothing better is left."""
    store.folder.mkdir()
    (store.folder / "x.chat").write_text("{}")
    (problem,) = store.located().problems
    assert problem.why.endswith("conversations of an old Kiro (1), which tell of no edit what came of it")
    assert READER.locate(Places({"HOME": str(tmp_path)}, Path("/srv/other"))).problems == ()
    store.save()
    assert store.located().problems == ()


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_value_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """Nothing is raised."""
    store = Store(tmp_path)
    store.say("go")
    store.call("fsWrite", {"path": "b.py", "text": NEW})
    if data.draw(st.booleans()):
        store.act("replace", OLD, NEW)
    document = store.document()
    path = store.save(spoilt(data, document))
    transcript = Transcript(path, 0, 0.0, "x", CWD)
    list(own(READER.read(transcript, Faults("x"), lambda _: None), Faults("x")))
