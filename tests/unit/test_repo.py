"""git is run so that a hostile repository chooses no program, reaches no network and breaks no parser."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from support.git import Repo
from whence import git as module
from whence.repo import GitError, GitMissing, Repository


def opened(repo: Repo) -> Repository:
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    return repository


def test_a_folder_without_git_is_none(tmp_path: Path) -> None:
    """No repository is an answer, not an error."""
    assert (
        Repository.open(
            tmp_path, {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
        )
        is None
    )


def test_no_git_on_path_says_so(tmp_path: Path) -> None:
    """The user learns that git is what is missing."""
    with pytest.raises(GitMissing, match="git is not installed"):
        Repository.open(tmp_path, {"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("program", "mode", "why"),
    [
        ("#!/bin/sh\nexit 0\n", 0o755, "does not answer as git does"),
        ("#!/bin/sh\necho odd\n", 0o755, "does not answer as git does"),
        ("#!/bin/sh\nexit 3\n", 0o755, "git rev-parse failed"),
        ("#!/bin/sh\n", 0o644, "may not be run"),
    ],
)
def test_another_program_in_gits_place_is_named(tmp_path: Path, program: str, mode: int, why: str) -> None:
    """Whatever it says, it is no fault of ours."""
    (tmp_path / "git").write_text(program)
    (tmp_path / "git").chmod(mode)
    with pytest.raises(GitError, match=why):
        Repository.open(tmp_path, {"PATH": str(tmp_path)})


def test_a_work_tree_elsewhere_is_refused(repo: Repo, tmp_path: Path) -> None:
    """A configuration cannot have other folders looked at than the one that was meant."""
    repo.commit("start", {"a.txt": "x\n"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "way").symlink_to(repo.path)
    behind = Repository.open(tmp_path / "way", repo.environment)
    assert behind is not None
    assert behind.top.samefile(repo.path)
    repo.git("config", "core.worktree", str(tmp_path / "elsewhere"))
    with pytest.raises(GitError, match=r"core\.worktree names another folder"):
        opened(repo)


def torn(repo: Repo) -> None:
    """What a lost power supply leaves of the last write."""
    (repo.path / ".git/refs/heads/main").write_text("")


def packed(repo: Repo) -> None:
    repo.git("pack-refs", "--all")
    with (repo.path / ".git/packed-refs").open("a") as out:
        out.write("no ref\n")


@pytest.mark.parametrize("damage", [torn, packed])
def test_refs_that_cannot_be_read_are_no_new_repository(repo: Repo, damage: Callable[[Repo], None]) -> None:
    """Else damage would read as "there is nothing to find"."""
    repo.commit("start", {"a.txt": "x\n"})
    damage(repo)
    with pytest.raises(GitError):
        opened(repo).head()


def test_a_repository_without_commits_has_no_head(repo: Repo) -> None:
    """The first commit is not required."""
    assert opened(repo).head() is None


def test_a_workspace_below_the_top_knows_its_prefix(repo: Repo) -> None:
    """Paths are translated both ways, and what lies outside is None."""
    repo.commit("start", {"sub/a.txt": "x\n"})
    repository = Repository.open(repo.path / "sub", repo.environment)
    assert repository is not None
    assert (repository.prefix, repository.to_repository("a.txt")) == ("sub/", "sub/a.txt")
    assert repository.to_workspace("sub/a.txt") == "a.txt"
    assert repository.to_workspace("other.txt") is None


def test_the_environment_may_trust_folders_and_set_nothing_else(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's `safe.directory` counts for Whence as it does for git; a program named beside it never runs."""
    repo.commit("Start", {"a.py": "a = 1\n"})
    monkeypatch.setattr(module, "_KEEP", (*module._KEEP, "GIT_TEST_ASSUME_DIFFERENT_OWNER"))
    foreign = {**repo.environment, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    with pytest.raises(GitError, match="dubious ownership"):
        Repository.open(repo.path, foreign)
    settings = [
        ("user.name", "Mallory"),
        ("Safe.Directory", "/nowhere"),
        ("core.fsmonitor", "true"),
        ("safe.directory", str(repo.path)),
    ]
    foreign["GIT_CONFIG_COUNT"] = str(len(settings))
    for at, (key, value) in enumerate(settings):
        foreign |= {f"GIT_CONFIG_KEY_{at}": key, f"GIT_CONFIG_VALUE_{at}": value}
    trusted = Repository.open(repo.path, foreign)
    assert trusted is not None
    assert trusted.run("config", "user.name") == b"Dana Dev\n"
    assert trusted.run("config", "core.fsmonitor") == b"false\n"
    for count in ("-1", "x", "99999999999", "²"):
        with pytest.raises(GitError, match="dubious ownership"):
            Repository.open(repo.path, {**foreign, "GIT_CONFIG_COUNT": count})


def test_programs_that_the_repository_names_never_run(repo: Repo, tmp_path: Path) -> None:
    """fsmonitor, filters, textconv, external diff, hooks, pager and gpg stay unused."""
    ran = tmp_path / "ran"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    repo.commit("start", {"a.txt": "one\ntwo\n", ".gitattributes": "*.txt filter=evil diff=evil\n"})
    repo.commit("more", {"a.txt": "one\nthree\n"})
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv",
                "diff.evil.command", "diff.external", "core.pager", "gpg.program", "core.sshCommand"):  # fmt: skip
        repo.git("config", key, str(trap))
    repo.git("config", "log.showSignature", "true")
    repo.write({"a.txt": "changed\n"})
    repository = opened(repo)
    head = repository.head()
    assert head
    repository.run("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    repository.run("log", "-p", "--no-ext-diff", "--no-textconv", head)
    repository.run("diff-index", "--cached", "-M", "-z", "--name-status", head)
    repository.run("blame", "--porcelain", "--no-textconv", head, "--", "a.txt")
    assert list(repository.blobs([f"{head}:a.txt"])) == [b"one\nthree\n"]
    assert not ran.exists()


def test_revisions_cannot_be_options(repo: Repo) -> None:
    """A revision that looks like an option is only a revision that does not exist."""
    repo.commit("start", {"a.txt": "x\n"})
    with pytest.raises(GitError):
        opened(repo).resolve("--output=/tmp/whence-owned")


def test_missing_blobs_and_odd_names_keep_the_order(repo: Repo) -> None:
    """One missing object does not shift the answers of the others."""
    head = repo.commit("start", {"a b.txt": "x\n", "empty": ""})
    names = [f"{head}:nothing here", f"{head}:a b.txt", "a\nb", f"{head}:empty", head, f"{head}:"]
    assert list(opened(repo).blobs(names)) == [None, b"x\n", None, b"", None, None]


def test_leaving_a_stream_early_ends_git_quietly(repo: Repo) -> None:
    """A reader that has seen enough is no error, and leaves no process."""
    repo.commit("start", {"big.txt": "line\n" * 200_000})
    with opened(repo).stream("show", "HEAD:big.txt") as out:
        assert out.readline() == b"line\n"


def test_a_failed_stream_tells_gits_own_words(repo: Repo) -> None:
    """What git complains of is what the user reads."""
    repository = opened(repo)
    with (
        pytest.raises(GitError, match=r"unknown revision|ambiguous argument|bad revision"),
        repository.stream("log", "nonsense") as out,
    ):
        out.read()


def test_identity_is_the_one_git_would_commit_with(repo: Repo) -> None:
    """Reviews are recorded under the name that commits bear."""
    assert opened(repo).identity() == "Dana Dev <dana@example.org>"
