"""What files hold is known without reading those that did not change, and never wrongly."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from whence.cache import contents as module
from whence.cache.contents import Contents
from whence.cache.database import Database


class Workspace:
    """A folder, its cache, and which files a look at them really read."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = tmp_path / "work"
        self.root.mkdir()
        self.file = tmp_path / "caches" / "a.sqlite"
        self.reads: list[str] = []
        real = module.read

        def read(root: Path, path: str) -> object:
            self.reads.append(path)
            return real(root, path)

        monkeypatch.setattr(module, "read", read)

    def write(self, name: str, text: str | bytes) -> Path:
        file = self.root / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def look(self, *names: str) -> tuple[dict[str, str], list[str]]:
        """The digests that a new process tells, and what it read for them."""
        self.reads.clear()
        database = Database(self.file)
        contents = Contents(database, self.root)
        found = dict(contents.digests(names))
        contents.save()
        database.close()
        return found, sorted(self.reads)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(
        module, "RACY", -1_000_000_000_000
    )  # the clock has moved on since the files were written
    return Workspace(tmp_path, monkeypatch)


def test_unchanged_files_are_not_read_again(work: Workspace) -> None:
    """The second look reads nothing and says the same."""
    work.write("a", "one\n")
    work.write("b", "two\n")
    first, read = work.look("a", "b")
    assert read == ["a", "b"]
    assert work.look("a", "b") == (first, [])
    assert first["a"] == module.of(b"one\n") != first["b"]


def test_every_kind_of_change_is_seen(work: Workspace) -> None:
    """New content of the same size and time, another file in its place, a longer one, and back again."""
    file = work.write("a", "one\n")
    before, _ = work.look("a")
    status = file.stat()
    file.write_text("two\n")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert work.look("a")[0]["a"] == module.of(b"two\n")
    other = work.write("other", "six\n")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(file)
    assert work.look("a")[0]["a"] == module.of(b"six\n")
    file.write_text("one\n")
    assert work.look("a")[0] == before


def test_what_is_known_of_a_file_nobody_asked_for_holds_as_long_as_it_does(work: Workspace) -> None:
    """Without reading it; of a file that changed, went or was never looked at nothing is known."""
    names = ("same", "changed", "gone", "binary")
    for name in names:
        work.write(name, b"\0" if name == "binary" else f"{name}\n")
    digests, _ = work.look(*names)
    work.write("changed", "other\n")
    (work.root / "gone").unlink()
    work.write("new", "new\n")
    work.reads.clear()
    contents = Contents(Database(work.file), work.root)
    assert {name: contents.known(name) for name in (*names, "new")} == {
        "same": (digests["same"], len("same\n")),
        **dict.fromkeys(("changed", "gone", "binary", "new")),
    }
    assert contents.digest("same") == digests["same"]
    assert work.reads == []
    assert contents.digest("changed") != digests["changed"]


def test_a_file_that_was_just_written_is_read_again(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next change could bear the same time."""
    monkeypatch.setattr(module, "RACY", 2_000_000_000)
    work.write("a", "one\n")
    assert work.look("a")[1] == ["a"]
    assert work.look("a")[1] == ["a"]


def test_what_cannot_be_analysed_has_no_digest(work: Workspace) -> None:
    """Binary files, links, folders and missing files say why, each time."""
    work.write("binary", b"\0\1")
    (work.root / "link").symlink_to("binary")
    (work.root / "folder").mkdir()
    names = ("binary", "link", "folder", "gone")
    for _ in range(2):
        database = Database(work.file)
        contents = Contents(database, work.root)
        assert contents.digests(names) == {}
        assert {path: content.missing.why for path, content in contents.unfit.items() if content.missing} == {
            "binary": "binary file",
            "link": "a symbolic link is not followed",
            "folder": "not a regular file",
            "gone": "the file went away during the scan",
        }
        contents.save()
        database.close()
    work.write("binary", "text\n")
    assert work.look("binary")[0] == {"binary": module.of(b"text\n")}


def test_files_that_are_gone_are_forgotten(work: Workspace) -> None:
    """What a branch long left held does not pile up."""
    work.write("a", "one\n")
    work.write("b", "two\n")
    work.look("a", "b")
    database = Database(work.file)
    contents = Contents(database, work.root)
    contents.forget_others(("a",))
    contents.save()
    database.close()
    assert work.look("a", "b")[1] == ["b"]


def test_folders_of_one_repository_do_not_mix(work: Workspace, tmp_path: Path) -> None:
    """Two work trees share a cache file; `a` in one is not `a` in the other."""
    work.write("a", "one\n")
    work.look("a")
    work.root = tmp_path / "second"
    work.root.mkdir()
    work.write("a", "two\n")
    assert work.look("a") == ({"a": module.of(b"two\n")}, ["a"])
