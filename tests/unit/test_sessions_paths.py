"""What a recorded path means in this workspace."""

from __future__ import annotations

import pytest

from whence.evidence.sessions.paths import Placing, Roots, absolute, nearness, posix
from whence.matching.passages import Place

ROOTS = Roots(
    ("/home/u/proj", "/home/u/worktrees/fix"), "proj", "", ("app/a.py", "app/b.py", "README.md", "c.py")
)


def places(recorded: list[tuple[str, str]], roots: Roots) -> tuple[Place, ...]:
    """Where each (path, cwd) of what was written went."""
    placing = Placing.learned(recorded, roots)
    return tuple(placing.place(path, cwd) for path, cwd in recorded)


def check(path: str, cwd: str, expected: str, home: bool, roots: Roots = ROOTS) -> None:
    """The path means this file of the workspace (empty: another or none), written by a session of this project."""
    assert places([(path, cwd)], roots) == (Place(expected, home),)


@pytest.mark.parametrize(
    ("path", "cwd", "expected"),
    [
        ("/home/u/proj/app/a.py", "/anywhere", "app/a.py"),
        ("app/a.py", "/home/u/proj", "app/a.py"),
        ("./app/../app/a.py", "/home/u/proj/", "app/a.py"),
        ("../README.md", "/home/u/proj/app", "README.md"),
        ("/home/u/worktrees/fix/app/a.py", "", "app/a.py"),
        ("file:///home/u/proj/app/a%20b.py", "", "app/a b.py"),
        ("/home/u/proj/new/file.py", "", "new/file.py"),
    ],
)
def test_paths_of_this_machine_are_certain(path: str, cwd: str, expected: str) -> None:
    """Below the workspace or another work tree of it, absolute or relative."""
    check(path, cwd, expected, home=True)


@pytest.mark.parametrize(
    ("path", "cwd", "home"),
    [
        ("/home/u/project2/app/a.py", "/home/u/project2", False),
        ("/home/u/proj-old/app/a.py", "/home/u/proj-old", False),
        ("/tmp/scratch/a.py", "/home/u/proj", True),
        ("/tmp/scratch/a.py", "/tmp/scratch", False),
        ("../../etc/passwd", "/home/u/proj", True),
        ("", "", False),
        ("a.py", "", False),
    ],
)
def test_paths_elsewhere_are_elsewhere(path: str, cwd: str, home: bool) -> None:
    """A similar prefix is another folder; a session of this project stays one."""
    check(path, cwd, "", home)


WINDOWS = Roots(("c:/Users/u/proj",), "proj", "", ("app/a.py",))


@pytest.mark.parametrize(
    ("path", "cwd"),
    [
        ("C:\\Users\\u\\proj\\app\\a.py", ""),
        ("c:/Users/u/proj/app/a.py", ""),
        ("app\\a.py", "C:\\Users\\u\\proj"),
        ("file:///C:/Users/u/proj/app/a.py", ""),
        ("\\\\?\\C:\\Users\\u\\proj\\app\\a.py", ""),
    ],
)
def test_windows_paths_in_all_spellings(path: str, cwd: str) -> None:
    """Back-slashes, drives in either case, file URLs."""
    check(path, cwd, "app/a.py", home=True, roots=WINDOWS)


def test_the_same_project_on_another_machine_needs_two_files() -> None:
    """A folder of the same name counts as this project when enough of its files are here too."""
    there = "/Users/someone/src/proj"
    one = [(f"{there}/app/a.py", there)]
    assert places(one, ROOTS) == (Place("", home=True),)
    both = [*one, (f"{there}/app/b.py", there)]
    assert places(both, ROOTS) == (Place("app/a.py", home=True), Place("app/b.py", home=True))


def test_another_project_of_the_same_name_is_not_this_one() -> None:
    """When most of what was written there does not exist here, the name alone proves nothing."""
    there = "/Users/someone/src/proj"
    names = ["app/a.py", "app/b.py", "x.py", "y.py", "z.py"]
    assert {place.path for place in places([(f"{there}/{name}", there) for name in names], ROOTS)} == {""}


def test_a_workspace_inside_a_repository() -> None:
    """The repository's name leads to the workspace's files by the prefix."""
    roots = Roots(("/home/u/mono/web",), "mono", "web/", ("a.ts", "b.ts"))
    there = [
        ("/ci/mono/web/a.ts", "/ci/mono"),
        ("/ci/mono/web/b.ts", "/ci/mono"),
        ("/ci/mono/api/c.go", "/ci/mono"),
    ]
    assert [place.path for place in places(there, roots)] == ["a.ts", "b.ts", ""]


@pytest.mark.parametrize(
    ("path", "cwd", "expected"),
    [
        ("a\\b.py", "/home/u", "/home/u/a/b.py"),
        ("a/odd\\name.py", "/home/u", "/home/u/a/odd\\name.py"),
        ("C:\\x", "D:\\y", "c:/x"),
        ("", "", ""),
    ],
)
def test_paths_are_made_absolute_without_a_disk(path: str, cwd: str, expected: str) -> None:
    """As the recording machine would have read them; a POSIX name may hold a back-slash."""
    assert absolute(path, cwd) == expected


def test_a_drive_keeps_its_letter_in_lower_case() -> None:
    """Both spellings occur in one session."""
    assert posix("C:\\X") == posix("c:/X") == "c:/X"


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ("/home/u/proj", 0),
        ("/home/u/proj/sub", 0),
        ("/home/u", 1),
        ("/", 1),
        ("/somewhere/proj/sub", 1),
        ("/home/u/proj2", 2),
        ("", 2),
    ],
)
def test_nearness_orders_sessions(recorded: str, expected: int) -> None:
    """Sessions in the workspace come first, those that may be about it next."""
    assert nearness(recorded, ("/home/u/proj",)) == expected


def test_nearness_knows_windows_paths() -> None:
    """Whatever slashes the tool recorded."""
    assert nearness("C:\\work\\proj", ("c:/work/proj",)) == 0


@pytest.mark.parametrize(
    ("folder", "files", "place"),
    [
        ("/home/x/proj/.worktrees/7", ["app/a.py", "b.py"], "app/a.py"),
        ("/srv/fix-of-proj", ["app/a.py", "b.py"], "app/a.py"),
        ("/srv/anything", ["app/core/deep/c.py", "app/core/deep/d.py"], "app/core/deep/c.py"),
        ("/srv/anything", ["app/a.py", "b.py"], ""),
        ("/srv/fix-of-proj", ["app/a.py", "x.py", "y.py", "z.py"], ""),
    ],
)
def test_a_copy_elsewhere_is_known_by_its_files(folder: str, files: list[str], place: str) -> None:
    """A work tree that is gone, a container: by its name or its place, or by paths that no other project has."""
    there = ("app/a.py", "b.py", "app/core/deep/c.py", "app/core/deep/d.py")
    placing = Placing.learned(
        [(f"{folder}/{name}", folder) for name in files], Roots(("/w/proj",), "proj", "", there)
    )
    assert placing.place(f"{folder}/{files[0]}", folder).path == place


def test_a_work_tree_within_the_workspace_is_a_copy_of_it() -> None:
    """Its files are those of the workspace, not files of a folder in it."""
    there = ("app/a.py", "b.py", "notes/.trees/x.md")
    recorded = [(f"/w/proj/.worktrees/7/{name}", "/w/proj/.worktrees/7") for name in ("app/a.py", "b.py")]
    placing = Placing.learned(recorded, Roots(("/w/proj",), "proj", "", there))
    assert placing.place(*recorded[0]) == Place("app/a.py", home=True)
    assert placing.place("/w/proj/notes/.trees/x.md", "/w/proj") == Place("notes/.trees/x.md", home=True)
