"""What differs from a revision is found without letting git at the work tree, and renames keep their past."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from support.git import Repo
from whence import changes as module
from whence.changes import Changes, since, staged
from whence.repo import Repository

LINES = "".join(f"line {number} of a file that is long enough\n" for number in range(20))


@pytest.fixture
def started(repo: Repo) -> Repo:
    repo.commit("Start", {"a.py": LINES, "b.py": "b\n", "sub/c.py": "c\n"})
    return repo


def opened(repo: Repo, folder: str = "") -> Repository:
    repository = Repository.open(repo.path / folder, repo.environment)
    assert repository is not None
    return repository


def blob(repo: Repo, name: str) -> str:
    return repo.git("rev-parse", name)


def changed(repo: Repo, revision: str = "main") -> dict[str, str | None]:
    repository = opened(repo)
    return dict(since(repository, repo.path, repository.resolve(revision)).before)


def nothing(repo: Repo) -> dict[str, str | None]:
    return {}


def touched(repo: Repo) -> dict[str, str | None]:
    """New times, the same bytes."""
    os.utime(repo.path / "a.py", (1, 1))
    return {}


def edited(repo: Repo) -> dict[str, str | None]:
    repo.write({"a.py": LINES + "more\n"})
    return {"a.py": blob(repo, "HEAD:a.py")}


def edited_at_once(repo: Repo) -> dict[str, str | None]:
    """The same size and time as when git looked, in the same moment in which the index was written."""
    status = (repo.path / "b.py").stat()
    repo.write({"b.py": "x\n"})
    os.utime(repo.path / "b.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    return {"b.py": blob(repo, "HEAD:b.py")}


def added(repo: Repo) -> dict[str, str | None]:
    repo.write({"new.py": "x\n", "ignored.log": "", ".gitignore": "*.log\n"})
    return {"new.py": None, ".gitignore": None}


def deleted(repo: Repo) -> dict[str, str | None]:
    repo.write({"b.py": None})
    return {}


def forgotten(repo: Repo) -> dict[str, str | None]:
    """Out of the index, still in the work tree: not new."""
    repo.git("rm", "-q", "--cached", "b.py")
    return {"b.py": blob(repo, "HEAD:b.py")}


def renamed(repo: Repo) -> dict[str, str | None]:
    repo.git("mv", "a.py", "sub/moved.py")
    return {"sub/moved.py": blob(repo, "HEAD:a.py")}


def renamed_and_edited(repo: Repo) -> dict[str, str | None]:
    repo.git("mv", "a.py", "sub/moved.py")
    repo.write({"sub/moved.py": LINES + "more\n"})
    return {"sub/moved.py": blob(repo, "HEAD:a.py")}


def committed(repo: Repo) -> dict[str, str | None]:
    """Several commits after the revision count together."""
    old = blob(repo, "HEAD:a.py")
    repo.git("checkout", "-q", "-b", "work")
    repo.git("mv", "a.py", "z.py")
    repo.commit("Move", {"b.py": "other\n"})
    repo.commit("Back", {"b.py": "b\n", "d.py": "d\n", "z.py": LINES + "more\n"})
    return {"d.py": None, "z.py": old}


def replaced_by_a_link(repo: Repo) -> dict[str, str | None]:
    (repo.path / "b.py").unlink()
    (repo.path / "b.py").symlink_to("a.py")
    return {}


def in_conflict(repo: Repo) -> dict[str, str | None]:
    old = blob(repo, "HEAD:b.py")
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("Side", {"b.py": "side\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("Main", {"b.py": "main\n"})
    with pytest.raises(AssertionError):
        repo.git("merge", "-q", "side")
    return {"b.py": blob(repo, "main:b.py")} if old else {}


CASES = [
    nothing, touched, edited, edited_at_once, added, deleted, forgotten, renamed, renamed_and_edited, committed,
    replaced_by_a_link, in_conflict,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_what_changed_since_a_revision(started: Repo, case: Callable[[Repo], dict[str, str | None]]) -> None:
    """Each changed file with what it was; nothing that only looks changed."""
    expected = case(started)
    assert changed(started) == expected


def test_an_unchanged_file_is_not_read(started: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index knows when it last looked; and a form of it that is not known only costs reading."""
    index = started.path / ".git" / "index"
    for name in ("a.py", "b.py", "sub/c.py"):
        os.utime(started.path / name, (1_700_000_000, 1_700_000_000))
    started.git("update-index", "--refresh")
    assert index.stat().st_mtime > 1_700_000_000
    read: list[str] = []
    real = module.files.read
    monkeypatch.setattr(module.files, "read", lambda root, path: read.append(path) or real(root, path))
    assert changed(started) == {}
    assert read == []
    monkeypatch.setattr(module, "_STAT", module.re.compile(b"another form"))
    assert changed(started) == {}
    assert sorted(read) == ["a.py", "b.py", "sub/c.py"]


def test_a_workspace_inside_a_repository_sees_its_own_part(started: Repo) -> None:
    """By its own names."""
    started.write({"sub/c.py": "x\n", "a.py": "x\n", "sub/new.py": ""})
    repository = opened(started, "sub")
    found = since(repository, started.path / "sub", repository.resolve("HEAD"))
    assert dict(found.before) == {"c.py": blob(started, "HEAD:sub/c.py"), "new.py": None}


def test_what_is_staged(started: Repo) -> None:
    """The index against HEAD: edits, additions and renames, whatever the work tree holds by now."""
    old = blob(started, "HEAD:a.py")
    started.git("mv", "a.py", "moved.py")
    started.write(
        {"moved.py": LINES + "more\n", "b.py": "staged\n", "new.py": "n\n", "sub/c.py": "not staged\n"}
    )
    started.git("add", "moved.py", "b.py", "new.py")
    started.git("rm", "-q", "--cached", "sub/c.py")
    started.write({"b.py": "later\n", "new.py": None})
    assert staged(opened(started)) == Changes(
        {"moved.py": old, "b.py": blob(started, "HEAD:b.py"), "new.py": None},
        {name: blob(started, f":{name}") for name in ("moved.py", "b.py", "new.py")},
    )


def test_what_is_staged_before_the_first_commit(repo: Repo) -> None:
    """Everything is new."""
    repo.write({"a.py": "a\n"})
    repo.git("add", "-A")
    assert staged(opened(repo)) == Changes({"a.py": None}, {"a.py": blob(repo, ":a.py")})


def test_links_and_submodules_are_not_staged_text(started: Repo) -> None:
    """And a file that is only announced has no text yet."""
    (started.path / "link").symlink_to("a.py")
    started.write({"later.py": "x\n"})
    started.git("add", "link")
    started.git("add", "-N", "later.py")
    started.git("update-index", "--add", "--cacheinfo", f"160000,{blob(started, 'HEAD')},module")
    assert staged(opened(started)).paths == ()


def test_no_program_of_the_repository_runs(started: Repo, tmp_path: Path) -> None:
    """A clean filter would run if git compared the work tree."""
    ran = tmp_path / "ran"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    started.git("config", "filter.evil.clean", str(trap))
    started.git("config", "core.fsmonitor", str(trap))
    started.write({".gitattributes": "* filter=evil\n", "a.py": "x\n", "b.py": "y\n"})
    assert set(changed(started)) == {".gitattributes", "a.py", "b.py"}
    staged(opened(started))
    assert not ran.exists()
