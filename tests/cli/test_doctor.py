"""`whence doctor`, and what other commands say, where git or the transcripts give less than was hoped for."""

from __future__ import annotations

import os
import random

import pytest

from support.cli import whence
from support.git import Repo
from support.transcripts import Claude, Codex
from whence import git

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


DAMAGE = {
    "random bytes": random.Random(4).randbytes(20_000),
    "brackets": b'{"type": "note"}\n' + b"[" * 100_000 + b"\n",
    "a list": b"[1, 2]\n",
    "zeros": bytes(5_000),
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("tool", ["claude", "codex"])
def test_a_damaged_transcript_is_told_where_it_may_matter(repo: Repo, name: str, tool: str) -> None:
    """The project's own in its scans, another project's only where all are looked at; gone it is told no more."""
    repo.commit("Start", {"a.py": CODE})
    session = Claude(repo.home, str(repo.path)) if tool == "claude" else Codex(repo.home, str(repo.path))
    file = session.save()
    file.write_bytes(session.text().encode() + DAMAGE[name])
    os.utime(file, (1_780_000_000, 1_780_000_000))
    far = Claude(repo.home, "/srv/far", session="00000000-0000-4000-8000-000000000009").save()
    far.write_bytes(DAMAGE[name])
    os.utime(far, (1_780_000_000, 1_780_000_000))
    scan = whence(repo.path, repo.environment, "scan").out
    assert scan.count("not measured") == 1
    assert file.name in scan
    assert "move it away or delete it" in scan
    doctor = whence(repo.path, repo.environment, "doctor").out
    assert "2 transcripts not read in full (whence index status)" in doctor
    status = whence(repo.path, repo.environment, "index", "status").out
    assert status.count("not readable: ") == 2
    assert "move a file away or delete it" in status
    file.unlink()
    far.unlink()
    assert "not measured" not in whence(repo.path, repo.environment, "scan").out
    assert "not readable" not in whence(repo.path, repo.environment, "index", "status").out


def test_what_says_nothing_of_writes_is_no_damage(repo: Repo) -> None:
    """Blank lines, indented records and records of other kinds."""
    repo.commit("Start", {"a.py": CODE})
    session = Claude(repo.home, str(repo.path))
    session.write(str(repo.path / "a.py"), CODE)
    file = session.save()
    file.write_text('\n  {"type": "summary", "summary": "tides"}\n' + session.text() + "\n\n")
    assert "not measured" not in whence(repo.path, repo.environment, "scan").out
