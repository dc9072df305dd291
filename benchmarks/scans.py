"""How long does `whence scan` take as its user runs it, and how much memory?

Everything runs in fresh processes, on a clone of the given clone, with a home folder of its own: no transcripts unless
they are asked for, no cache from before. Times are wall time and processor time (user and system, children included); each row tells the
median and the least of several runs. `git status` runs in between, so that a busy machine slows both. Memory is the
sum of the proportional set sizes (PSS) of the command and everything that it started, git's processes too, looked at
every 20 ms: pages that processes share count once.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import scans_sessions

SETTLED = 2.2
"""Seconds after which a file counts as old enough to be remembered; see `whence.cache.witness.RACY`."""

TRAILER = "Co-Authored-By: Claude <noreply@anthropic.com>"


@dataclass
class Times:
    """Runs of one command, in seconds."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.wall)

    def row(self, name: str) -> str:
        wall, processor = self.wall, self.processor
        return (
            f"| {name} | {1e3 * statistics.median(wall):.0f} | {1e3 * min(wall):.0f} "
            f"| {1e3 * statistics.median(processor):.0f} | {len(wall)} |"
        )


HEADER = "| | wall, median, ms | least, ms | processor, median, ms | runs |\n|---|---|---|---|---|"


class Place:
    """A folder for repositories, and a home that nobody else uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LANG": "C.UTF-8",
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _WHO},
        }

    def git(self, where: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(where), *arguments], capture_output=True, env=self.environment, check=False
        )
        return done.stdout.decode("utf-8", "replace")

    def run(self, where: Path, command: Sequence[str], into: Times | None = None) -> None:
        """Run a command and add its times."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        subprocess.run(command, cwd=where, env=self.environment, capture_output=True, check=False)
        wall = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if into is not None:
            into.wall.append(wall)
            into.processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def forget(self) -> None:
        """Throw away what was kept: the cache, and the index of what tools wrote."""
        for folder in (".cache", ".local"):
            for file in (self.home / folder).rglob("*.sqlite*"):
                file.unlink()


_WHO = (("NAME", "Dana Dev"), ("EMAIL", "dana@example.org"))


def whence(*arguments: str) -> list[str]:
    """The command as it is installed beside this Python."""
    script = Path(sys.executable).with_name("whence")
    return (
        [str(script), *arguments]
        if script.exists()
        else [sys.executable, "-m", "whence.cli.main", *arguments]
    )


class Memory:
    """The most memory that a process and its descendants held at once, in MB; Linux only."""

    def __init__(self, process: int) -> None:
        self.most = 0.0
        self._process = process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> float:
        self._over.set()
        self._thread.join()
        return self.most

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.most = max(self.most, sum(map(_held, _family(self._process))))


def _family(process: int) -> list[int]:
    """A process and all that it started, and those, and so on."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                status = Path(entry.path, "stat").read_text()
            except OSError:
                continue
            parent = int(status.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found = [process]
    for one in found:
        found += children.get(one, [])
    return found


def _held(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")), 0.0)


def peak(place: Place, where: Path, command: Sequence[str]) -> float:
    """The most memory (MB) of one run."""
    process = subprocess.Popen(
        command, cwd=where, env=place.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    memory = Memory(process.pid)
    process.wait()
    return memory.end()


def report(clone: Path, runs: int, sessions: int = 0) -> None:
    """Measure and print; with the transcripts of so many commits."""
    with tempfile.TemporaryDirectory(prefix="whence-benchmark-", ignore_cleanup_errors=True) as name:
        place = Place(Path(name))
        _large(place, clone, runs, sessions)
        _small(place, runs)


def _large(place: Place, clone: Path, runs: int, sessions: int) -> None:
    work = place.folder / "work"
    # Hard links and alternates would make the clone part of what is measured; a branch is needed for commits.
    place.git(place.folder, "clone", "-q", "--no-checkout", "--shared", str(clone), str(work))
    place.git(work, "checkout", "-q", "-f", "-B", "benchmark", "HEAD")
    notes = place.git(clone, "for-each-ref", "--format=%(refname)", "refs/notes")
    if "refs/notes/ai\n" in notes:
        place.git(work, "fetch", "-q", "origin", "refs/notes/ai:refs/notes/ai")
    place.git(work, "reset", "-q", "--hard")
    files = [name for name in place.git(work, "ls-files").splitlines() if (work / name).is_file()]
    commits = place.git(work, "rev-list", "--count", "HEAD").strip()
    edits = scans_sessions.write(work, place.home, sessions) if sessions else 0
    print(f"{clone.name}: {commits} commits, {len(files)} files, {edits} edits in transcripts\n")

    place.run(work, whence("--version"))  # Python compiles what it has not yet
    scan = whence("scan", "--format", "json")
    time.sleep(SETTLED)
    cold = Times()
    most = 0.0
    for number in range(4):
        place.forget()
        if number % 2:
            place.run(work, scan, cold)
        else:
            most = max(most, peak(place, work, scan))
    # What one scan has no time left for the next one reads: transcripts and the text before them have a budget.
    settling = Times()
    place.run(work, scan, settling)
    while sessions and len(settling.wall) < 6 and settling.wall[-1] > settling.wall[0] / 10:
        place.run(work, scan, settling)
    status, warm, other = Times(), Times(), Times()
    place.git(work, "status")
    for _ in range(runs):
        place.run(work, ["git", "status"], status)
        place.run(work, scan, warm)
    for number in range(3):
        # Another exit rule is another report: all of its parts are kept, but it is put together anew.
        place.run(work, [*scan, "--fail-on", ("warning", "info", "never")[number]], other)

    chosen = [name for name in files if name.endswith((".py", ".rs", ".go", ".ts", ".c", ".java"))] or files
    one = Times()
    for name in chosen[:: max(len(chosen) // runs, 1)][:runs]:
        place.run(work, whence("blame", name), one)

    commit, checkout, rebase = Times(), Times(), Times()
    for number in range(5):
        for name in chosen[number :: max(len(chosen) // 10, 1)][:10]:
            with (work / name).open("a") as out:
                out.write(f"# touched {number}\n")
        place.git(work, "commit", "-q", "-a", "-m", f"Touch ten files\n\n{TRAILER}")
        place.run(work, scan, commit)
    for _ in range(2):
        for where in ("benchmark~40", "benchmark"):
            place.git(work, "checkout", "-q", "-f", where)
            place.run(work, scan, checkout)
    for number in range(3):
        place.git(work, "checkout", "-q", "-f", "-B", f"side{number}", f"benchmark~{20 + number}")
        for name in chosen[number + 7 :: max(len(chosen) // 3, 1)][:3]:
            with (work / name).open("a") as out:
                out.write(f"# on the side {number}\n")
            place.git(work, "commit", "-q", "-a", "-m", f"Aside\n\n{TRAILER}")
        place.run(work, scan)
        place.git(work, "rebase", "-q", "-X", "theirs", "benchmark")
        place.run(work, scan, rebase)

    print(HEADER)
    print(cold.row("first scan, nothing kept"))
    print(status.row("`git status`"))
    print(warm.row("scan again, nothing changed"))
    print(other.row("scan with another exit rule, nothing changed"))
    print(one.row("`whence blame` of a file, after a scan"))
    print(commit.row("scan after a commit that touches 10 files"))
    print(checkout.row("scan after a checkout of 40 commits back, and forth"))
    print(rebase.row("scan after a rebase of 3 commits onto 20 and more"))
    ratio = statistics.median(warm.processor) / statistics.median(status.processor)
    print(
        f"\nnothing changed: {warm.median / status.median:.1f} times `git status` ({ratio:.1f} times its processor time)"
    )
    print(f"after a commit: {commit.median - warm.median:+.2f} s against nothing changed")
    print(f"most memory in all processes together, first scan: {most:.0f} MB (PSS)\n")


def _small(place: Place, runs: int) -> None:
    work = place.folder / "small"
    work.mkdir()
    place.git(work, "init", "-q", "-b", "main", ".")
    for number in range(10):
        lines = [
            f"def function_{number}_{line}(value):\n    return value * {line}\n\n\n" for line in range(15)
        ]
        (work / f"file_{number}.py").write_text("".join(lines))
    place.git(work, "add", "-A")
    place.git(work, "commit", "-q", "-m", f"Start\n\n{TRAILER}")
    time.sleep(SETTLED)
    start, version, first, again = Times(), Times(), Times(), Times()
    for _ in range(runs):
        place.run(work, [sys.executable, "-c", "pass"], start)
        place.run(work, whence("--version"), version)
        place.forget()
        place.run(work, whence("scan"), first)
        place.run(work, whence("scan"), again)
    print("a repository of 10 files\n")
    print(HEADER)
    print(start.row("Python starts and ends (part of all below)"))
    print(version.row("`whence --version`"))
    print(first.row("`whence scan`, nothing kept"))
    print(again.row("`whence scan` again"))
