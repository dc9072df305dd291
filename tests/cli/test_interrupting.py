"""A scan that is stopped, killed or run beside others leaves no process behind and no broken cache. Real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import Done, whence
from support.git import Repo
from support.scans import known

CLAUDE = "Add\n\nCo-Authored-By: Claude <noreply@anthropic.com>"

STUCK = """
import os, sys, threading
from whence import workspace
from whence.cli.main import main

work = workspace._Work.__call__

def stuck(self, path):
    if path == "z.py":
        os.write(2, b"stuck\\n")
        threading.Event().wait()
    return work(self, path)

workspace._Work.__call__ = stuck
sys.exit(main(sys.argv[1:]))
"""
"""The command, but that one file never ends."""

IN_SCRATCH = """
import os, sys, threading
from whence.cli.main import main
from whence.evidence.origins import trace

def stuck(self):
    os.write(2, b"stuck\\n")
    threading.Event().wait()

trace.Trace.run = stuck
sys.exit(main(sys.argv[1:]))
"""
"""The command, but that lines' origins never end."""


@pytest.fixture
def marked(repo: Repo) -> Repo:
    repo.commit("Start", {"z.py": "z = 1\n"})
    text = "".join(f"def function_{number}():\n    return {number}\n\n\n" for number in range(20))
    repo.commit(CLAUDE, {f"file{number}.py": text for number in range(60)})
    return repo


def start(repo: Repo, program: str | None = None, **extra: str) -> subprocess.Popen[bytes]:
    """A scan in a session of its own, as a shell starts it."""
    how = ["-c", program] if program is not None else ["-m", "whence.cli.main"]
    environment = {**repo.environment, "PYTHONPATH": os.pathsep.join(sys.path), **extra}
    return subprocess.Popen(
        [sys.executable, *how, "scan", "--format", "json", "--jobs", "2"],
        cwd=repo.path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def stuck(repo: Repo) -> subprocess.Popen[bytes]:
    """A scan that has come to the file that never ends."""
    process = start(repo, STUCK)
    assert process.stderr is not None
    assert process.stderr.readline() == b"stuck\n"
    return process


def scan(repo: Repo, *arguments: str) -> Done:
    return whence(repo.path, repo.environment, "scan", "--format", "json", "--jobs", "1", *arguments)


def check_whole(repo: Repo) -> None:
    """What was kept is good, and the next scan says what one without a cache says."""
    expected = scan(repo, "--no-cache")
    assert scan(repo) == expected
    assert scan(repo) == expected


def test_ctrl_c_ends_everything(marked: Repo) -> None:
    """As a terminal sends it, to all processes of the command: exit status 130, and nobody is left to write to us."""
    process = stuck(marked)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)  # ends when the last process that holds our pipes has ended
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert err.endswith(b"whence: stopped\n")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    check_whole(marked)


def test_what_was_worked_out_before_ctrl_c_is_kept(marked: Repo) -> None:
    """Files that had ended need not be worked out again."""
    process = stuck(marked)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert "z.py" not in known(marked)
    assert len(known(marked)) > 20


def test_a_killed_scan_takes_its_workers_along(marked: Repo) -> None:
    """Even one that is stuck: it would use a processor for ever."""
    for _ in range(2):
        process = stuck(marked)
        process.kill()
        process.communicate(timeout=60)  # ends when the last process that holds our pipes has ended
        assert process.returncode == -signal.SIGKILL
    check_whole(marked)


def test_a_request_to_end_is_as_good_as_ctrl_c(marked: Repo) -> None:
    """SIGTERM, to the command alone and to all its processes: exit status 143, and nobody is left."""
    for send in (os.kill, os.killpg):
        process = stuck(marked)
        send(process.pid, signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (143, b"", b"whence: stopped\n")
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    assert "z.py" not in known(marked)
    assert len(known(marked)) > 20


def test_a_request_to_end_leaves_no_temporary_folder(marked: Repo, tmp_path: Path) -> None:
    """Wherever it comes: here while git compares versions in a folder of its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    process = start(marked, IN_SCRATCH, TMPDIR=str(folder))
    assert process.stderr is not None
    assert process.stderr.readline() == b"stuck\n"
    assert list(folder.iterdir())
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert not list(folder.iterdir())


def test_scans_at_the_same_time_say_the_same(marked: Repo) -> None:
    """Four of them, with one cache that none of them had before."""
    processes = [start(marked) for _ in range(4)]
    outputs = [process.communicate(timeout=120) for process in processes]
    expected = scan(marked, "--no-cache")
    assert {process.returncode for process in processes} == {expected.status}
    assert {out.decode() for out, _ in outputs} == {expected.out}
    assert {err for _, err in outputs} == {b""}
    check_whole(marked)
