"""A pipe or a device where git looks for a file keeps nobody waiting: the file is named, with what to do."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.cli import Done, whence
from support.git import Repo
from whence import git as module
from whence import obstacles, regular
from whence.repo import GitStuck, Repository, in_git_folder

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")

ZERO = "/dev/zero"


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """What hangs fails, and holds nobody up."""

    def late(*_: object) -> None:
        raise AssertionError("this would wait for ever")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(30)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        module._met.clear()


def pipe(repo: Repo, name: str) -> Path:
    place = repo.path / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    return place


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit, which each test copies."""
    repo = Repo(tmp_path_factory.mktemp("base") / "repo")
    files = {"a.py": "a = 1\n", "sub/b.py": "b\n"}
    repo.commit("Start\n\nCo-Authored-By: Claude <noreply@anthropic.com>", files)
    return repo.path


@pytest.fixture
def repo(base: Path, tmp_path: Path) -> Repo:
    shutil.copytree(base, tmp_path / "repo")
    return Repo(tmp_path / "repo", init=False)


@contextmanager
def refused(*words: str) -> Iterator[None]:
    """git is not started, and the reason has these words."""
    with pytest.raises(GitStuck) as caught:
        yield
    said = f"{caught.value} | {caught.value.hint}"
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    "name",
    [".gitignore", ".gitattributes", ".gitmodules", "sub/.gitignore", "sub/.gitattributes", "sub/HEAD",
     ".git/HEAD", ".git/config", ".git/commondir", ".git/index", ".git/shallow", ".git/packed-refs", ".git/info/exclude",
     ".git/info/attributes", ".git/info/grafts", ".git/info/sparse-checkout", ".git/objects/info/alternates"],
)  # fmt: skip
def test_a_pipe_where_git_looks_for_a_file_is_named_before_git_is_started(
    repo: Repo, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a folder below as well; and once it is gone all is well."""
    place = pipe(repo, name)
    inside = repo.path / "sub"
    with monkeypatch.context() as without:
        without.setattr(module.subprocess, "Popen", None)
        with refused(str(place), "is a named pipe and no file", "remove it"):
            Repository.open(inside, repo.environment)
        assert not in_git_folder(inside, repo.environment)
    if name.startswith("sub/"):
        place.unlink()
        assert Repository.open(inside, repo.environment)


CONFIGURED = [
    ("[core]\n\tattributesFile = /dev/zero\n", ("/dev/zero", "names as core.attributesFile, is a device")),
    ("[core] attributesFile=/dev/zero ; said\n", ("names as core.attributesFile",)),
    ('[CORE]\n\tx = "a#b"\n\tExcludesFile = "/dev/z\\\nero" # said\n', ("names as core.excludesFile",)),
    ("[core]\n\texcludesFile = ~/here\n", ("here", "named pipe")),
    ("[include]\n\tpath = ../here\n", ("here, which", "config includes, is a named pipe", "take it out of")),
    ('[includeIf "gitdir:**/\\"x"] path = ../here\n', ("here",)),
    ("[include]\n\tpath = more\n", ("names as core.excludesFile", "more")),
]


@pytest.mark.parametrize(("settings", "words"), CONFIGURED)
def test_a_device_that_the_settings_name_is_told_with_the_setting(
    repo: Repo, settings: str, words: tuple[str, ...]
) -> None:
    """In any of the forms that settings have, and in files that others include."""
    pipe(repo, "here")
    os.mkfifo(repo.home / "here")
    (repo.path / ".git/more").write_text("[include]\npath = config\n[core]\nexcludesFile = /dev/zero\n")
    with (repo.path / ".git/config").open("a") as config:
        config.write(settings)
    with refused(*words):
        Repository.open(repo.path, repo.environment)


def test_what_is_common_is_no_obstacle(repo: Repo) -> None:
    """The null device, a folder, a missing file, words in a comment, links to files, a linked work tree."""
    repo.git("config", "core.excludesFile", "/dev/null")
    repo.git("config", "core.attributesFile", "~/nowhere")
    repo.git("config", "include.path", "nowhere")
    with (repo.path / ".git/config").open("a") as config:
        config.write('# [core] excludesFile = /dev/zero\n[alias]\n\tfile = "/dev/zero"\n')
    (repo.path / ".gitmodules").mkdir()
    (repo.path / ".gitattributes").symlink_to("a.py")
    (repo.path / ".gitignore").symlink_to("/dev/null")
    repo.git("worktree", "add", "-q", "--detach", str(repo.path.parent / "other"))
    for place in (repo.path, repo.path.parent / "other"):
        found = Repository.open(place, repo.environment)
        assert found is not None
        assert obstacles.found(place) == (str(found.top), str(found.git_dir), str(found.common_dir))
    pipe(repo, ".git/info/grafts")
    with refused("grafts"):
        Repository.open(repo.path.parent / "other", repo.environment)


def test_a_pipe_deep_in_the_tree_is_found_when_git_only_waits(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git is ended and the file named; it is not waited for again until the pipe is gone."""
    place = pipe(repo, "deep/er/.gitignore")
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    monkeypatch.setattr(module, "LOOK", 0.1)
    monkeypatch.setattr(module, "LONGEST", 0.5)
    question = ("ls-files", "-z", "--others", "--exclude-standard")
    with refused(str(place), "is a named pipe and no file"):
        repository.run(*question)
    with monkeypatch.context() as without:
        without.setattr(module.subprocess, "Popen", None)
        with refused(str(place)):
            repository.run("rev-parse", "HEAD")
    place.unlink()
    assert repository.run(*question) == b""


def test_a_git_that_works_is_never_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes, as long as it computes."""
    program = "#!/bin/sh\ni=0; while [ $i -lt 20000 ]; do i=$((i+1)); done\necho done\n"
    (tmp_path / "git").write_text(program)
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setattr(module, "LOOK", 0.01)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert module.start(tmp_path, environment, ["rev-parse"]).result() == b"done\n"


def test_a_work_tree_that_is_the_whole_disk_is_refused(repo: Repo) -> None:
    """It holds the folder, but is not the one that was meant."""
    for elsewhere in ("/", ".."):
        repo.git("config", "core.worktree", f"../{elsewhere}" if elsewhere == ".." else elsewhere)
        with pytest.raises(module.GitError, match=r"core\.worktree names another folder"):
            Repository.open(repo.path / "sub", repo.environment)


def test_stores_that_name_each_other_are_followed_once(tmp_path: Path) -> None:
    """By any of their names, to a bounded depth and number."""
    first, second = tmp_path / "one", tmp_path / "two"
    for store in (first, second):
        (store / "info").mkdir(parents=True)
    (tmp_path / "again").symlink_to(first)
    lines = [str(first)] * 60 + [str(tmp_path / "again"), "../two", "# said", ""]
    (first / "info/alternates").write_text("\n".join(lines))
    (second / "info/alternates").write_text(f"{first}\n{second}\n" * 60)
    assert obstacles.stores(str(first)) == [str(first), f"{first}/../two"]
    (first / "info/alternates").write_text("".join(f"/nowhere/{n}\n" for n in range(5000)))
    assert len(obstacles.stores(str(first))) == 500


def test_only_regular_files_of_bounded_size_are_read(tmp_path: Path) -> None:
    """Anything else is as good as no file."""
    file = tmp_path / "file"
    file.write_bytes(b"x" * 10)
    os.mkfifo(tmp_path / "pipe")
    assert regular.content(file) == b"x" * 10
    assert regular.content(file, 9) is None
    for place in (tmp_path / "pipe", tmp_path, tmp_path / "none", "a\0b", "n" * 5000, ZERO, os.devnull):
        assert regular.content(place) is None, place


def test_a_scan_ends_with_the_file_named(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be measured is said: the file, what is wrong, what to do; deep in the tree the scan stops with that."""

    def scan() -> Done:
        return whence(repo.path, repo.environment, "scan")

    place = pipe(repo, ".git/info/exclude")
    said = scan().out
    assert f"not measured: git history (git is not started, for {place} is a named pipe and no file" in said
    assert f"put a plain file in its place, or remove it: {place}" in said
    place.unlink()
    assert "not measured" not in scan().out
    monkeypatch.setattr(module, "LOOK", 0.1)
    monkeypatch.setattr(module, "LONGEST", 0.5)
    for name, status in ((".gitattributes", 2), (".gitignore", 0)):
        place = pipe(repo, f"deep/{name}")
        repo.write({"deep/c.py": "c\n"})
        done = scan()
        assert done.status == status
        assert f"{place} is a named pipe and no file" in done.out + done.err
        assert f"put a plain file in its place, or remove it: {place}" in done.out + done.err
        place.unlink()


def test_a_mailmap_that_git_is_never_asked_for_is_no_matter(repo: Repo) -> None:
    """A pipe or a device in its place takes no evidence away, under a policy as well."""
    pipe(repo, ".mailmap")
    repo.git("config", "mailmap.file", ZERO)
    policy = 'version = 1\n[[scope]]\nname = "all"\npaths = ["**"]\n[[scope.rule]]\nrequire = "review"\nreviewers = 1\n'
    repo.write({"whence.toml": policy})
    done = whence(repo.path, repo.environment, "scan", "--format", "json")
    assert done.status == 1
    assert {finding["path"] for finding in done.json["findings"]} == {"a.py", "sub/b.py"}
