"""Amp's threads: effects from the copies of changed files where they are, intent where not, nothing that was undone."""

from __future__ import annotations

import difflib
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import scenario
from support.hostile import JUNK, spoilt
from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Places, Transcript, Written
from whence.evidence.sessions.readers.amp import Amp

READER = Amp()
CWD = "/home/u/proj"
FILE = f"{CWD}/a.py"
OLD = "def first(value):\n    return value * scale_of(value)\n"
NEW = "def first(value):\n    return clipped(value, lowest=0.5)\n"
INSERTED = "    return clipped(value, lowest=0.5)"
MORE = "def second(value):\n    return widened(value, highest=9.5)\n"


class Thread:
    """One thread as Amp keeps it on this machine."""

    def __init__(self, home: Path, cwd: str = CWD) -> None:
        self.home = home
        self.name = "T-019ca1f6-7f21-77b5-a308-65416ebbdf48"
        self.messages: list[Any] = []
        self.cwd = cwd
        self.calls = 0

    def user(self, text: str) -> None:
        self._add("user", [{"type": "text", "text": text}], meta={"sentAt": 1772243812139 + self.calls})

    def call(self, name: str, asked: object, result: object = None, status: str | None = "done") -> str:
        """One call and its result; `status` None: none at all."""
        self.calls += 1
        call = f"toolu_{self.calls:04d}"
        use = {"type": "tool_use", "complete": True, "id": call, "name": name, "input": asked}
        usage = {"model": "claude-opus-4-6", "timestamp": f"2026-02-28T01:56:{self.calls:02d}.000Z"}
        self._add("assistant", [use], usage=usage, state={"type": "complete", "stopReason": "tool_use"})
        if status is not None:
            run: dict[str, Any] = {"status": status}
            if status == "done":
                run |= {"progress": {}, "result": result}
            elif status == "error":
                run["error"] = {"message": "no"}
            self._add("user", [{"type": "tool_result", "toolUseID": call, "run": run}])
        return call

    def edit(
        self, old: str, new: str, before: str = "", *, diff: bool = True, path: str = FILE, **more: Any
    ) -> str:
        before = before or old
        rows = difflib.unified_diff(
            before.splitlines(),
            before.replace(old, new, 1).splitlines(),
            f"{path}\toriginal",
            f"{path}\tmodified",
            lineterm="",
        )
        text = "```diff\nIndex: " + path + "\n" + "=" * 67 + "\n" + "\n".join(rows) + "\n```"
        result = {"diff": text, "lineRange": [1, 2]} if diff else {}
        return self.call("edit_file", {"path": path, "old_str": old, "new_str": new}, result, **more)

    def create(self, content: str, path: str = FILE, **more: Any) -> str:
        return self.call(
            "create_file", {"path": path, "content": content}, f"Successfully created file {path}", **more
        )

    def read(self, content: str, path: str = FILE, **asked: object) -> str:
        rows = "\n".join(f"{number}: {row}" for number, row in enumerate(content.rstrip("\n").split("\n"), 1))
        return self.call("Read", {"path": path, **asked}, {"absolutePath": path, "content": rows})

    def copy(self, call: str, before: str, after: Any, path: str = FILE, **more: object) -> None:
        """What Amp keeps of a file that a call changed."""
        change = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, call + path)),
            "uri": "file://" + path,
            "before": before,
            "after": after,
            "diff": "",
            "isNewFile": not before,
            "reverted": False,
            "timestamp": 1772243813000 + self.calls,
            **more,
        }
        folder = self.home / ".amp" / "file-changes" / self.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{call}.{uuid.uuid5(uuid.NAMESPACE_URL, call + path)}").write_text(
            json.dumps(change), "utf-8"
        )

    def document(self) -> dict[str, Any]:
        tree = {
            "displayName": "proj",
            "uri": f"file://{self.cwd}",
            "repository": {"type": "git", "sha": "0" * 40},
        }
        return {
            "v": 85,
            "id": self.name,
            "created": 1772243812131,
            "messages": self.messages,
            "agentMode": "smart",
            "env": {"initial": {"trees": [tree], "platform": {"os": "darwin"}}},
        }

    def save(self) -> Path:
        path = self.home / ".local" / "share" / "amp" / "threads" / f"{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.document(), indent=2, ensure_ascii=False), "utf-8")
        return path

    def written(self) -> list[Written]:
        self.save()
        located = READER.locate(Places({"HOME": str(self.home)}))
        assert located.problems == ()
        (transcript,) = located.transcripts
        faults = Faults("x")
        found = list(own(READER.read(transcript, faults, lambda _: None), faults))
        assert faults.count == 0, faults.first
        return found

    def _add(self, role: str, content: list[Any], **more: object) -> None:
        self.messages.append({"role": role, "messageId": len(self.messages), "content": content, **more})


@pytest.fixture
def thread(tmp_path: Path) -> Thread:
    return Thread(tmp_path)


def check(thread: Thread, expected: list[tuple[str, list[str]]]) -> None:
    """The thread wrote these lines into these files, and nothing else."""
    assert scenario.lines_by_path(thread.written()) == expected


def test_an_edit_says_who_when_and_where(thread: Thread) -> None:
    """From the thread alone, as older ones have no copies."""
    thread.user("clip it")
    call = thread.edit(OLD, NEW)
    check(thread, [(FILE, [INSERTED])])
    (item,) = thread.written()
    assert (item.tool, item.model, item.session, item.cwd) == ("amp", "claude-opus-4-6", thread.name, CWD)
    assert item.time is not None
    assert (item.time.isoformat(), item.locator.record) == ("2026-02-28T01:56:01+00:00", call)


@pytest.mark.parametrize("diff", [True, False])
def test_an_edits_effect_or_else_its_strings_count(thread: Thread, diff: bool) -> None:
    """The diff has whole lines; without it the strings are compared."""
    thread.edit("value * scale_of(value)", "clipped(value, lowest=0.5)", OLD, diff=diff)
    check(thread, [(FILE, [INSERTED if diff else "clipped(value, lowest=0.5)"])])


@pytest.mark.parametrize(
    "status", ["error", "cancelled", "rejected-by-user", "blocked-on-user", "in-progress", None]
)
@pytest.mark.parametrize("kind", ["edit", "create", "bash"])
def test_a_call_that_did_not_happen_wrote_nothing(thread: Thread, kind: str, status: str | None) -> None:
    """Only `done` counts."""
    if kind == "edit":
        thread.edit(OLD, NEW, status=status)
    elif kind == "create":
        thread.create(NEW, status=status)
    else:
        thread.call(
            "Bash", {"cmd": f"cat > a.py <<'EOF'\n{NEW}EOF"}, {"output": "", "exitCode": 0}, status=status
        )
    check(thread, [])


def test_a_copy_of_the_file_beats_the_intent(thread: Thread) -> None:
    """What was there before is known: a whole-file write names its new lines only."""
    call = thread.create(OLD + MORE)
    thread.copy(call, OLD, OLD + MORE)
    check(thread, [(FILE, MORE.splitlines())])


def test_a_change_that_was_put_back_never_counts(thread: Thread) -> None:
    """The person reverted it, or Amp undid it; an undo takes back the last edit only."""
    call = thread.edit(OLD, NEW)
    thread.copy(call, OLD, NEW, reverted=True)
    check(thread, [])
    thread.edit("x = 1", "x = limit_of(rows)", path=f"{CWD}/b.py")
    thread.edit("y = 1", "y = limit_of(columns)", path=f"{CWD}/b.py")
    thread.call("undo_edit", {"path": f"{CWD}/b.py"}, {"diff": "..."})
    check(thread, [(f"{CWD}/b.py", ["x = limit_of(rows)"])])


def test_an_undo_that_failed_takes_nothing_back(thread: Thread) -> None:
    """Its result says so."""
    thread.edit(OLD, NEW)
    thread.call("undo_edit", {"path": FILE}, status="error")
    check(thread, [(FILE, [INSERTED])])


def test_what_a_subagent_changed_is_kept_all_the_same(thread: Thread) -> None:
    """Its calls stand in no message, its copies with the thread's."""
    thread.call("Task", {"prompt": "write it"}, "Done: " + MORE)
    thread.copy("toolu_of_the_subagent", "", NEW + MORE)
    check(thread, [(FILE, (NEW + MORE).splitlines())])


def test_what_was_answered_is_somebody_elses(thread: Thread) -> None:
    """Why an edit was rejected, and what a subagent handed on; what the tool had asked for is its own."""
    thread.call("Task", {"prompt": "find it"}, f"Here it is:\n{OLD}")
    thread.create(MORE, status="rejected-by-user")
    thread.messages[-1]["content"][0]["run"]["reason"] = f"No, put this there:\n{NEW}"
    thread.create(OLD + NEW + MORE)
    check(thread, [(FILE, MORE.splitlines())])


def test_a_rewrite_of_a_file_that_was_read_names_its_new_lines(thread: Thread) -> None:
    """The numbered text of a whole read is the file; of a part of it nothing is known."""
    thread.read(OLD)
    thread.create(OLD + MORE)
    check(thread, [(FILE, MORE.splitlines())])
    thread.messages.clear()
    thread.read(OLD, read_range=[1, 2])
    thread.create(OLD + MORE)
    check(thread, [])


def test_what_was_shown_or_typed_is_somebody_elses(thread: Thread) -> None:
    """A file that was read, a command's output, a person's own words."""
    thread.user(MORE)
    thread.read(OLD, f"{CWD}/old.py")
    thread.call("Bash", {"cmd": "cat x"}, {"output": "shown_by_the_command = 1\n", "exitCode": 0})
    thread.create(MORE + OLD + "shown_by_the_command = 1\n" + NEW)
    check(thread, [(FILE, NEW.splitlines()[1:])])


@pytest.mark.parametrize(("code", "count"), [(0, 1), (1, 0)])
def test_a_here_document_counts_when_its_command_succeeded(thread: Thread, code: int, count: int) -> None:
    """By the exit code; relative to the command's folder."""
    asked = {"cmd": f"cat > a.py <<'EOF'\n{NEW}EOF", "cwd": f"{CWD}/lib"}
    thread.call("Bash", asked, {"output": "", "exitCode": code})
    assert [(item.path, item.cwd) for item in thread.written()] == [("a.py", f"{CWD}/lib")] * count


def test_masked_lines_are_nobodys(thread: Thread) -> None:
    """Amp replaces what might be a secret."""
    thread.create("token = '[REDACTED:amp-token]'\n" + NEW)
    check(thread, [(FILE, NEW.splitlines())])


def test_windows_carriage_returns_and_unicode(tmp_path: Path) -> None:
    """Paths as recorded."""
    thread = Thread(tmp_path, "/c%3A/code/proj")
    thread.create("label = '🦀 日本語'\r\n", path="C:\\work\\proj\\ä.py")
    (item,) = thread.written()
    assert (item.path, item.cwd, item.lines) == (
        "C:\\work\\proj\\ä.py",
        "c:/code/proj",
        ("label = '🦀 日本語'",),
    )


@pytest.mark.parametrize(("folder", "expected"), [(CWD, 0), (CWD + "/sub", 1), ("/srv/other", 2)])
def test_the_threads_folder_tells_how_near_it_is(thread: Thread, folder: str, expected: int) -> None:
    """It stands at the file's end."""
    thread.save()
    (transcript,) = READER.locate(Places({"HOME": str(thread.home)})).transcripts
    assert READER.nearness(transcript, (folder,)) == expected


def test_xdg_data_home_is_respected(thread: Thread, tmp_path: Path) -> None:
    """The folder of threads moves with it."""
    path = thread.save()
    moved = tmp_path / "data" / "amp" / "threads" / path.name
    moved.parent.mkdir(parents=True)
    path.rename(moved)
    environment = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    assert [item.path for item in READER.locate(Places(environment)).transcripts] == [moved.resolve()]


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_place_is_survived(tmp_path: Path, data: st.DataObject) -> None:
    """A thread with something else than expected in it, and copies of changes likewise."""
    thread = Thread(tmp_path)
    thread.user("go")
    thread.read(OLD)
    call = thread.edit(OLD, NEW)
    thread.create(NEW)
    thread.call("undo_edit", {"path": FILE}, {})
    thread.call("Bash", {"cmd": "cat > a <<E\nx\nE"}, {"output": "", "exitCode": 0})
    document = thread.document()
    for _ in range(data.draw(st.integers(1, 3))):
        document = spoilt(data, document)
    field = data.draw(st.sampled_from(["uri", "isNewFile", "reverted", "timestamp", "id"]))
    thread.copy(call, OLD, data.draw(st.just(NEW) | JUNK), **{field: data.draw(JUNK)})
    path = thread.save()
    path.write_text(json.dumps(document))
    (transcript,) = READER.locate(Places({"HOME": str(tmp_path)})).transcripts
    faults = Faults("x")
    for item in own(READER.read(transcript, faults, lambda _: None), faults):
        assert isinstance(item.path, str)
    path.write_bytes(data.draw(st.binary(max_size=40)))
    list(READER.read(Transcript(path, 1, 0.0, "x"), faults, lambda _: None))
