"""`whence doctor`, and what other commands say, where git or the transcripts give less than was hoped for."""

from __future__ import annotations

import pytest

from support.cli import whence
from support.git import Repo
from support.transcripts import Claude
from whence import repo as git

CODE = "".join(
    f"    total_{number} = sum_of(column_{number}, where=condition_{number})\n" for number in range(12)
)


def test_a_folder_of_somebody_else_is_told_once_with_the_way_out(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told to clone what is a clone, nor that there is no repository."""
    repo.commit("Start", {"a.py": CODE})
    monkeypatch.setattr(git, "_KEEP", (*git._KEEP, "GIT_TEST_ASSUME_DIFFERENT_OWNER"))
    environment = {**repo.environment, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    out = whence(repo.path, environment, "doctor").out
    assert "1 file, no git repository that can be read" in out
    assert out.count("not measured") == 1
    assert "dubious ownership" in out
    assert f"git config --global --add safe.directory {repo.path}" in out
    assert "whence doctor" in whence(repo.path, environment, "scan", "--staged").err
    assert "whence doctor" in whence(repo.path, environment, "disclose").err
    trusted = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    out = whence(repo.path, {**environment, **trusted}, "doctor").out
    assert "1 file, git at" in out
    assert "not measured" not in out


@pytest.mark.parametrize("branches", [False, True], ids=["no commit at all", "a new branch beside others"])
def test_before_the_first_commit_nothing_was_there(repo: Repo, branches: bool) -> None:
    """Sessions are measured, and git's own words about HEAD are nobody's business."""
    if branches:
        repo.commit("Start", {"old.py": "old = 1\n"})
        repo.git("checkout", "-q", "--orphan", "fresh")
        repo.git("rm", "-rfq", ".")
    session = Claude(repo.home, str(repo.path))
    session.write(str(repo.path / "a.py"), CODE)
    session.save()
    repo.write({"a.py": CODE})
    for command in ("scan", "doctor", "disclose"):
        done = whence(repo.path, repo.environment, command)
        assert done.status == 0
        assert "sessions: what was" not in done.out + done.err
        assert "HEAD" not in done.out + done.err
    doctor = whence(repo.path, repo.environment, "doctor").out
    assert "1 file, git, no commit yet\n" in doctor
    assert "sessions: 12 lines in 1 file\n" in doctor
