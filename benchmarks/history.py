"""Measure whole-repository attribution against `git blame --porcelain` on every file, in the same run.

    python benchmarks/history.py CLONE [--files N] [--seed 1]

Three questions. How long does it take to know which lines at HEAD marked commits wrote (the walk over all
messages, their lines' origins, and git-ai notes where the clone has them), and how much memory? How does that grow
with the marked commits? And do the lines agree with blame's: same commit, same path and same number in it? With
--files only so many files are blamed (half of them files with marked lines) and blame's time is scaled up, which
the table then says. Each measurement of ours runs in a fresh process; nothing is cached between them. Exits with 1
when fewer than 99.8% of the lines agree.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from whence.evidence.declared import walk
from whence.evidence.interface import Context
from whence.evidence.marks import reader
from whence.evidence.notes import GitAiNotes
from whence.evidence.origins import line_origins
from whence.evidence.origins.blame import unquote
from whence.repo import Repository
from whence.tools import Registry

Line = tuple[str, str, int]
"""Commit, path in it, line in it."""

ENOUGH = 0.998


def main() -> int:
    options = _options()
    if options.measure:
        json.dump(_measure(options.clone, options.measure, options.share), sys.stdout)
        return 0
    clone = options.clone.resolve()
    files = _files(clone)
    rows = [_child(clone, "lines", share) for share in (0.01, 0.1, 1.0)]
    both = _child(clone, "both")
    full = rows[-1]
    print(f"{clone.name}: {full['commits']} commits since 2021, {len(files)} files at HEAD\n")
    print("| marked commits | files with their lines | walk, s | origins, s | memory, MB (of one git) |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['marked']} | {row['files']} | {row['walk']:.2f} | {row['origins']:.2f} | {_memory(row)} |"
        )
    if both["noted"]:
        print(
            f"| and git-ai notes | {both['noted']} | {both['walk']:.2f} | {both['both']:.2f} | {_memory(both)} |"
        )

    sample = _sample(files, full["lines"], options.files, options.seed)
    same, different, seconds = _compare(clone, sample, full["lines"], set(full["wanted"]))
    scaled = seconds * len(files) / max(len(sample), 1)
    how = "" if len(sample) == len(files) else f" (scaled up from {len(sample)})"
    total = full["walk"] + full["origins"]
    print("\n| | seconds | |\n|---|---|---|")
    print(f"| git blame --porcelain on every file{how} | {scaled:.1f} | |")
    print(f"| marked commits and their lines | {total:.2f} | {scaled / total:.1f}x faster |")
    if both["noted"]:
        total = both["walk"] + both["both"]
        print(f"| the same, and git-ai notes | {total:.2f} | {scaled / total:.1f}x faster |")
    share = same / max(same + len(different), 1)
    print(f"\nagreement with blame on lines of marked commits: {same} of {same + len(different)}", end=" ")
    print(f"({100 * share:.3f}%) in {len(sample)} files")
    for path, line, theirs, ours in different[:40]:
        print(f"  {path}:{line}: blame says {theirs}, here {ours}")
    return 0 if share >= ENOUGH or not different else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("clone", type=Path)
    parser.add_argument("--files", type=int, default=0, help="blame only so many files (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--measure", choices=["lines", "both"], help=argparse.SUPPRESS)
    parser.add_argument("--share", type=float, default=1.0, help=argparse.SUPPRESS)
    return parser.parse_args()


def _child(clone: Path, what: str, share: float = 1.0) -> dict[str, Any]:
    command = [sys.executable, __file__, str(clone), "--measure", what, "--share", str(share)]
    found: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return found


def _measure(clone: Path, what: str, share: float) -> dict[str, Any]:
    repository = Repository.open(clone)
    head = repository.head() if repository else None
    if repository is None or head is None:
        raise SystemExit(f"{clone} is no clone with commits")
    begin = time.perf_counter()
    marks = reader(Registry.builtin()).marks
    commits = [(commit.sha, bool(marks(commit))) for commit in walk(repository, head)]
    wanted = [commit for commit, marked in commits if marked]
    wanted = wanted[: max(round(len(wanted) * share), 1)]
    middle = time.perf_counter()
    found = line_origins(repository, head, wanted)
    out: dict[str, Any] = {"commits": len(commits), "marked": len(wanted), "files": len(found.files)}
    out |= {"walk": middle - begin, "origins": time.perf_counter() - middle}
    if what == "both":
        # In one process, as a scan does it: what git compared for the commits serves the notes too.
        context = Context(clone, repository, Registry.builtin(), _files(clone), {})
        out["noted"] = len(GitAiNotes().prepare(context).files)
        out["both"] = time.perf_counter() - middle
    elif share == 1.0:
        out["wanted"] = wanted
        out["lines"] = {
            path: [(run.start, run.length, run.commit, run.original_path, run.original_start) for run in runs]
            for path, runs in found.files.items()
        }
    out["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out["git"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return out


def _memory(row: Mapping[str, Any]) -> str:
    return f"{row['memory']:.0f} ({row['git']:.0f})"


def _files(clone: Path) -> list[str]:
    """Regular files at HEAD."""
    out = subprocess.run(
        ["git", "-C", str(clone), "ls-tree", "-r", "-z", "HEAD"], capture_output=True, check=True
    )
    entries = (entry.partition(b"\t") for entry in out.stdout.split(b"\0"))
    return [os.fsdecode(path) for meta, _, path in entries if meta.startswith(b"100")]


def _sample(files: Sequence[str], lines: Mapping[str, Any], count: int, seed: int) -> list[str]:
    """All files, or `count` of them, half of them with marked lines as far as there are so many."""
    if not 0 < count < len(files):
        return list(files)
    chance = random.Random(seed)
    marked = [path for path in files if path in lines]
    others = [path for path in files if path not in lines]
    some = chance.sample(marked, min(count // 2, len(marked)))
    return some + chance.sample(others, min(count - len(some), len(others)))


def _compare(
    clone: Path, files: Sequence[str], lines: Mapping[str, Any], wanted: Collection[str]
) -> tuple[int, list[tuple[str, int, Line | None, Line | None]], float]:
    """Lines that agree, those that do not, and the seconds that blame took."""
    same, seconds = 0, 0.0
    different: list[tuple[str, int, Line | None, Line | None]] = []
    for path in files:
        begin = time.perf_counter()
        command = ["git", "-C", str(clone), "blame", "--porcelain", "HEAD", "--", path]
        done = subprocess.run(command, capture_output=True, check=False)
        seconds += time.perf_counter() - begin
        if done.returncode:
            # A clone may lack the blob itself.
            continue
        theirs = {line: what for line, what in _blamed(done.stdout).items() if what[0] in wanted}
        ours: dict[int, Line] = {}
        for start, length, commit, name, first in lines.get(path, ()):
            ours.update({start + n: (commit, name, first + n) for n in range(length)})
        for line in sorted(theirs.keys() | ours.keys()):
            if theirs.get(line) == ours.get(line):
                same += 1
            else:
                different.append((path, line, theirs.get(line), ours.get(line)))
    return same, different, seconds


def _blamed(out: bytes) -> dict[int, Line]:
    """By line what `git blame --porcelain` says; names come once a commit and path."""
    found: dict[int, Line] = {}
    names: dict[str, str] = {}
    commit, original, line = "", 0, 0
    for row in out.split(b"\n"):
        if row.startswith(b"\t"):
            found[line] = (commit, names[commit], original)
        elif row.startswith(b"filename "):
            names[commit] = os.fsdecode(unquote(row[9:]))
        elif re.match(rb"[0-9a-f]{40,64} \d+ \d+", row):
            first, second, third = row.split()[:3]
            commit, original, line = first.decode(), int(second), int(third)
    return found


if __name__ == "__main__":
    sys.exit(main())
