"""Which files a workspace has: what git ignores, what nobody wrote by hand, and nothing from outside."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from support.git import Repo
from whence import files
from whence.errors import UserError
from whence.repo import Repository


def found(repo: Repo, *wanted: str, root: Path | None = None) -> files.Survey:
    """The survey of a workspace that is a repository, or lies in one."""
    root = root or repo.path
    return files.survey(root, Repository.open(root, repo.environment), wanted)


def plain(tmp_path: Path, content: Mapping[str, str]) -> set[str]:
    """The files of a folder without git."""
    root = tmp_path / "plain"
    for name, text in content.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return {path for path in files.survey(root, None).paths if not path.endswith(".gitignore")}


def test_git_says_what_is_ignored(repo: Repo) -> None:
    """Nested and negated patterns, the repository's own exclude file, tracked files in ignored folders."""
    repo.commit("Start", {"build/kept.py": "", "a.py": ""})
    repo.write(
        {
            ".gitignore": "*.log\nbuild/\n",
            "sub/.gitignore": "!keep.log\n*.tmp\n",
            "sub/keep.log": "",
            "sub/drop.log": "",
            "sub/x.tmp": "",
            "x.tmp": "",
            "build/dropped.py": "",
            "secret.txt": "",
            ".git/info/exclude": "secret.txt\n",
        }
    )
    assert set(found(repo).paths) == {
        ".gitignore", "a.py", "build/kept.py", "sub/.gitignore", "sub/keep.log", "x.tmp"
    }  # fmt: skip


WITHOUT_GIT: list[tuple[str, dict[str, str], set[str]]] = [
    ("nested", {".gitignore": "*.log\n", "a.log": "", "sub/.gitignore": "*.tmp", "sub/a.tmp": "", "sub/b": "", "c.tmp": ""},
     {"sub/b", "c.tmp"}),
    ("negated below", {".gitignore": "*.log\n", "sub/.gitignore": "!keep.log\n", "sub/keep.log": "", "keep.log": ""},
     {"sub/keep.log"}),
    ("negated in place", {".gitignore": "*.log\n!keep.log\n", "keep.log": "", "a.log": ""}, {"keep.log"}),
    ("last match wins", {".gitignore": "!a.log\n*.log\n", "a.log": "", "b": ""}, {"b"}),
    ("a folder stays shut", {".gitignore": "out/\n!out/a\n", "out/a": "", "out/.gitignore": "!a\n", "b": ""}, {"b"}),
    ("anchored", {".gitignore": "/a\n", "a": "", "sub/a": ""}, {"sub/a"}),
    ("folders only", {".gitignore": "x/\n", "x/a": "", "sub/x": ""}, {"sub/x"}),
    ("deep", {".gitignore": "docs/**/draft\n", "docs/a/b/draft": "", "docs/draft": "", "draft": ""}, {"draft"}),
    ("relative to its folder", {"sub/.gitignore": "/a\nb/c\n", "sub/a": "", "sub/d/a": "", "sub/b/c": "", "b/c": ""},
     {"sub/d/a", "b/c"}),
    ("inside, but not all", {".gitignore": "out/**\n!out/a\n", "out/a": "", "out/b": "", "out/c/a": ""}, {"out/a"}),
    ("what a folder kept says nothing of its files",
     {".gitignore": "*.log\n", "s/.gitignore": "!t/\n", "s/t/a.log": "", "s/t/b": ""}, {"s/t/b"}),
    ("a byte order mark", {".gitignore": "\ufeff/a\n", "a": "", "b": ""}, {"b"}),
    ("never a person's", {"node_modules/a.js": "", ".venv/b.py": "", ".hg/c": "", "d": ""}, {"d"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "expected"), WITHOUT_GIT, ids=[case[0] for case in WITHOUT_GIT])
def test_without_git_the_same_rules_hold(
    tmp_path: Path, repo: Repo, name: str, content: dict[str, str], expected: set[str]
) -> None:
    """And git itself agrees."""
    assert plain(tmp_path, content) == expected
    repo.write(content)
    by_git = {path for path in found(repo).paths if not path.endswith(".gitignore")}
    left = {path for path in by_git if path.split("/")[0] not in files.OFTEN_LEFT_OUT}
    assert left == expected


ATTRIBUTES: list[tuple[str, str, dict[str, str]]] = [
    ("generated", "gen/**/*.py linguist-generated\n", {"gen/a.py": "generated", "gen/sub/b.py": "generated"}),
    ("with a value", "gen/*.py linguist-generated=true\n", {"gen/a.py": "generated"}),
    ("vendored", "gen/**/*.py linguist-vendored\n", {"gen/a.py": "vendored", "gen/sub/b.py": "vendored"}),
    ("taken back", "gen/**/*.py linguist-generated\ngen/a.py linguist-generated=false\n", {"gen/sub/b.py": "generated"}),
    ("unset", "gen/**/*.py linguist-vendored\ngen/a.py -linguist-vendored\n", {"gen/sub/b.py": "vendored"}),
    ("binary", "*.dat binary\n", {"x.dat": "not text", "gen/y.dat": "not text"}),
    ("no text", "*.dat -text\n", {"x.dat": "not text", "gen/y.dat": "not text"}),
    ("line endings of everything", "* -text\n", {}),
    ("line endings of one folder", "gen/** -text\n", {}),
    ("both", "* -text\n*.dat binary\n", {"x.dat": "not text", "gen/y.dat": "not text"}),
    ("other attributes", "*.py diff=python eol=lf merge=union\n", {}),
    ("kept elsewhere", "*.dat filter=lfs diff=lfs merge=lfs -text\n", {}),
    ("not said", "*.py linguist-generated=maybe\n", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), ATTRIBUTES, ids=[case[0] for case in ATTRIBUTES])
def test_gitattributes_set_files_apart(repo: Repo, name: str, text: str, expected: dict[str, str]) -> None:
    """Generated and vendored files and such as are no text are left out, and told."""
    every = {"a.py", "x.dat", "gen/a.py", "gen/sub/b.py", "gen/y.dat", ".gitattributes"}
    repo.commit("Start", {**dict.fromkeys(every, "text\n"), ".gitattributes": text})
    survey = found(repo)
    assert dict(survey.left_out) == expected
    assert set(survey.paths) == every - expected.keys()


def test_a_nested_gitattributes_wins(repo: Repo) -> None:
    """As in git, and also while it is not committed; the repository's own info file wins over both."""
    repo.commit(
        "Start", {".gitattributes": "*.py linguist-generated\n", "a.py": "", "sub/b.py": "", "c.py": ""}
    )
    repo.write(
        {
            "sub/.gitattributes": "*.py -linguist-generated\n",
            ".git/info/attributes": "c.py -linguist-generated\n",
        }
    )
    assert set(found(repo).left_out) == {"a.py"}
    assert found(repo, root=repo.path / "sub").paths == (".gitattributes", "b.py")


def test_a_file_that_is_named_is_taken_in_any_case(repo: Repo) -> None:
    """Generated or ignored; a folder that is named stays without them."""
    repo.commit(
        "Start", {".gitattributes": "gen/** linguist-generated\n", ".gitignore": "out/\n", "gen/a.py": ""}
    )
    repo.write({"out/b.py": ""})
    assert found(repo, "gen/a.py", "out/b.py").paths == ("gen/a.py", "out/b.py")
    assert found(repo, "gen") == files.Survey((), {"gen/a.py": "generated"})


def test_what_the_policy_excludes_is_left_out(repo: Repo) -> None:
    """The caller says what that is."""
    repo.commit("Start", {"a.py": "", "third/b.py": ""})
    repository = Repository.open(repo.path, repo.environment)
    survey = files.survey(repo.path, repository, (), excluded=lambda path: path.startswith("third/"))
    assert survey == files.Survey(("a.py",), {"third/b.py": "excluded"})
    named = files.survey(
        repo.path, repository, ("third/b.py",), excluded=lambda path: path.startswith("third/")
    )
    assert named.paths == ("third/b.py",)


def test_submodules_and_nested_repositories_are_not_entered(repo: Repo, tmp_path: Path) -> None:
    """They are repositories of their own."""
    other = Repo(tmp_path / "other")
    other.commit("Start", {"inner.py": ""})
    repo.commit("Start", {"a.py": ""})
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.path), "module")
    Repo(repo.path / "nested").commit("Start", {"b.py": ""})
    survey = found(repo)
    assert (set(survey.paths), survey.nested) == ({".gitmodules", "a.py"}, ("nested",))
    assert found(repo, "nested").nested == ("nested",)
    repository = Repository.open(repo.path, repo.environment)
    assert files.survey(repo.path, repository, excluded=lambda path: path.startswith("nested/")).nested == ()


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("", "*.py linguist-generated"),
        ("", "a.py linguist-vendored"),
        ("sub/", "a.* -text"),
        ("sub/", "* linguist-generated"),
    ],
)
def test_no_change_leaves_itself_out(repo: Repo, line: str, place: str) -> None:
    """Of what changed since a commit only that is left out which that commit's .gitattributes leave out, too."""
    repo.commit("Start", {".gitattributes": "*.lock linguist-generated\n", f"{place}a.py": "", "b.lock": ""})
    before = repo.git("rev-parse", "HEAD").strip()
    repo.commit("Change", {f"{place}.gitattributes": f"*.lock linguist-generated\n{line}\n", f"{place}a.py": "x\n",
                           "b.lock": "y\n"})  # fmt: skip
    repository = Repository.open(repo.path, repo.environment)
    among = {f"{place}a.py", "b.lock"}
    assert files.survey(repo.path, repository, among=among).paths == ()
    survey = files.survey(repo.path, repository, among=among, as_of=before)
    assert (survey.paths, dict(survey.left_out)) == ((f"{place}a.py",), {"b.lock": "generated"})


def link_file(repo: Repo, outside: Path) -> None:
    (repo.path / "link.py").symlink_to(outside / "secret.py")


def link_folder(repo: Repo, outside: Path) -> None:
    (repo.path / "linked").symlink_to(outside)


def link_for_tracked_folder(repo: Repo, outside: Path) -> None:
    """git still lists the files of a folder in whose place a link has come."""
    repo.commit("Folder", {"deep/linked/secret.py": "mine\n"})
    (repo.path / "deep/linked/secret.py").unlink()
    (repo.path / "deep/linked").rmdir()
    (repo.path / "deep/linked").symlink_to(outside)


@pytest.mark.parametrize("link", [link_file, link_folder, link_for_tracked_folder])
def test_no_link_leads_out_of_the_workspace(
    repo: Repo, tmp_path: Path, link: Callable[[Repo, Path], None]
) -> None:
    """Neither by looking around nor by naming, and no byte is read."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("secret\n")
    repo.commit("Start", {"a.py": ""})
    link(repo, outside)
    assert set(found(repo).paths) == {"a.py"}
    for path in ("linked/secret.py", "deep/linked/secret.py", "link.py"):
        if not os.path.lexists(repo.path / path):
            continue
        content = files.read(repo.path, path)
        assert content.data is None
        assert content.missing is not None
        assert "link" in content.missing.why
        if path != "link.py":
            with pytest.raises(UserError, match="outside the workspace"):
                found(repo, path)


def test_a_link_inside_the_workspace_leads_to_the_real_name(repo: Repo) -> None:
    """One file has one name."""
    repo.commit("Start", {"real/a.py": "x\n"})
    (repo.path / "alias").symlink_to("real")
    assert found(repo, "alias/a.py").paths == ("real/a.py",)
    assert files.read(repo.path, "alias/a.py").data is None


def test_a_workspace_behind_a_link_is_read(repo: Repo, tmp_path: Path) -> None:
    """Only links below its root matter."""
    repo.commit("Start", {"sub/a.py": "x\n"})
    (tmp_path / "way").symlink_to(repo.path)
    assert files.read(tmp_path / "way", "sub/a.py").data == b"x\n"


def test_only_the_head_of_a_binary_file_is_read(tmp_path: Path) -> None:
    """It cannot become text further down."""
    (tmp_path / "image").write_bytes(b"\x89PNG\0" + b"x" * 1_000_000)
    content = files.read(tmp_path, "image")
    assert (content.data, content.lasting) == (None, True)
    (tmp_path / "text").write_bytes(b"line\n" * 100_000)
    assert files.read(tmp_path, "text").data == b"line\n" * 100_000
