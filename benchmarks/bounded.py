"""Measure what a bound in time saves: `since` in a policy for marks, and the first write of a session for dates of lines.

    python benchmarks/bounded.py CLONE [--blamed 30]

For the last 30, 90 and 180 days and for everything from 2021 on: how many commits declare a tool or have a note, and how
much processor time their lines take; how much the dates of the lines of all files take together, of one file alone, and
by `git blame` for each file (scaled up from so many, chosen at random). Days are counted back from the last commit.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

from whence.evidence.declared import declared
from whence.evidence.marks import AGENTS_BEGIN
from whence.evidence.noted import PLACES, noted
from whence.evidence.origins import line_origins, line_times
from whence.repo import Repository
from whence.tools import Registry

DAYS = (30, 90, 180)
SEED = 1


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("clone", type=Path)
    parser.add_argument("--blamed", type=int, default=30)
    asked = parser.parse_args()
    repository = Repository.open(asked.clone.resolve())
    head = repository.head() if repository is not None else None
    if repository is None or head is None:
        raise SystemExit(f"{asked.clone} is no git repository with commits")
    log = (line.split() for line in repository.run("log", "--format=%H %at", head).decode().splitlines())
    came = {commit: float(time) for commit, time in log}
    marked = declared(repository, Registry.builtin(), head).keys() | (
        noted(repository, repository.refs(*PLACES)).blobs.keys() & came.keys()
    )
    listed = repository.run("ls-tree", "-r", "-z", "--name-only", head).decode("utf-8", "surrogateescape")
    files = [name for name in listed.split("\0") if name]
    some = random.Random(SEED).sample(files, min(asked.blamed, len(files)))
    last = came[head]
    print(
        f"{len(came):,} commits, {len(marked):,} marked or noted, {len(files):,} files; seconds of processor time\n"
    )
    print(
        "| since | marked | their lines | dates, all files | dates, one file | dates, blame for each file |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for days in (*DAYS, None):
        since = AGENTS_BEGIN if days is None else last - 86_400 * days
        young = {commit for commit in marked if came[commit] >= since}
        lines = _spent(lambda young=young: line_origins(repository, head, young))  # type: ignore[misc]
        dates = _spent(lambda since=since: line_times(repository, head, files, since))  # type: ignore[misc]
        one = _spent(lambda since=since: line_times(repository, head, some[:1], since))  # type: ignore[misc]
        blame = _spent(lambda since=since: _blame(asked.clone, head, some, since))  # type: ignore[misc]
        scaled = blame * len(files) / len(some)
        name = "2021" if days is None else f"{days} days"
        print(
            f"| {name} | {len(young):,} | {lines:.1f} | {dates:.1f} | {one:.2f} | {scaled:.1f} |", flush=True
        )
    return 0


def _spent(work: Callable[[], object]) -> float:
    """Processor time of this process and of those that it started."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _blame(clone: Path, head: str, files: list[str], since: float) -> None:
    how = ("blame", "-w", "-M60", "--incremental", f"--max-age={int(since)}", head, "--")
    for name in files:
        subprocess.run(["git", "-C", str(clone), *how, name], capture_output=True, check=False)


if __name__ == "__main__":
    raise SystemExit(main())
