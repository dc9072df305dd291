"""Measure what Whence knows of a clone's history, and how long that takes, against git's own blame in the same run.

    python benchmarks/history.py CLONE [--files 240] [--timed 200] [--seed 1]
    python benchmarks/history.py CLONE --scan [--runs 11] [--transcripts 300]
    python benchmarks/history.py --growth

The first form asks three questions. How long does it take to know which lines at HEAD marked commits wrote (the walk
over all messages, their lines' origins, and git-ai notes where the clone has them), against `git blame --porcelain` on
every file; with --timed only so many files are blamed, chosen at random, and the time is scaled up. How much memory, in
all processes together? And do the lines agree with blame's: same commit, same path and same number in it? For --files
sampled files (half of them files with marked lines) each line is compared with `git blame -w`. Where Whence has an older
origin, the line must stand in a block (three lines, sixty characters, white space aside) that the file had before that
commit at another place, or stand there once and have stood there once; all other differences are shown, and where they are more than 0.2% the exit status is 1.

The second form measures scans as their users run them: see `benchmarks/scans.py`. With --transcripts the home folder
has sessions that wrote what so many commits added, so that their text has to be found again. The third makes histories of growing
size: see `benchmarks/growth.py`. Each measurement of ours runs in a fresh process; nothing is cached between them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

import growth
import scans
from truth import Returns

from support.blame import unquote
from whence.evidence.declared import walk
from whence.evidence.history import History
from whence.evidence.interface import Context
from whence.evidence.marks import reader
from whence.evidence.notes import GitAiNotes
from whence.evidence.origins import line_origins
from whence.repo import Repository
from whence.tools import Registry

Line = tuple[str, str, int]
"""Commit, path in it, line in it."""

ENOUGH = 0.998

ALONE = 6
"""Bytes (white space aside) of a line that may have moved alone, where it stood once before and stands once after."""


def main() -> int:
    options = _options()
    if options.measure:
        json.dump(_measure(options.clone, options.measure, options.share), sys.stdout)
        return 0
    if options.growth:
        growth.report(lambda clone: _child(clone, "lines"))
        return 0
    clone = options.clone.resolve()
    if options.scan:
        scans.report(clone, options.runs, options.transcripts)
        return 0
    return _against_blame(clone, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("clone", type=Path, nargs="?")
    parser.add_argument("--files", type=int, default=240, help="compare so many files line by line (0: all)")
    parser.add_argument(
        "--timed", type=int, default=0, help="blame so many files for the time (default: all)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scan", action="store_true", help="measure scans as their users run them")
    parser.add_argument("--runs", type=int, default=11, help="of each quick command")
    parser.add_argument("--transcripts", type=int, default=0, help="sessions for so many commits, for --scan")
    parser.add_argument("--growth", action="store_true", help="measure on made histories of growing size")
    parser.add_argument("--measure", choices=["lines", "scan"], help=argparse.SUPPRESS)
    parser.add_argument("--share", type=float, default=1.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.clone is None and not options.growth:
        parser.error("which clone?")
    return options


def _against_blame(clone: Path, options: argparse.Namespace) -> int:
    files = _files(clone)
    rows = [_child(clone, "lines", share) for share in (0.01, 0.1, 1.0)]
    scan = _child(clone, "scan")
    full = rows[-1]
    print(f"{clone.name}: {full['commits']} commits since 2021, {len(files)} files at HEAD\n")
    print(
        "| marked commits | files with their lines | messages, s | lines, s | memory, MB (PSS, git included) |"
    )
    print("|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['marked']} | {row['files']} | {row['walk']:.2f} | {row['origins']:.2f} | {row['memory']:.0f} |"
        )

    chance = random.Random(options.seed)
    timed = chance.sample(files, options.timed) if 0 < options.timed < len(files) else files
    begin = time.perf_counter()
    for path in timed:
        _blame(clone, path)
    seconds = (time.perf_counter() - begin) * len(files) / len(timed)
    how = "" if len(timed) == len(files) else f" (scaled up from {len(timed)} files)"
    total = full["walk"] + full["origins"]
    print("\n| | seconds | |\n|---|---|---|")
    print(f"| git blame --porcelain on every file{how} | {seconds:.1f} | |")
    print(f"| marked commits and their lines | {total:.2f} | {seconds / total:.1f}x faster |")
    what = f"{scan['noted']} files with notes" if scan["noted"] else "there are none here"
    print(
        f"| evidence of history and notes as a scan has it ({what}) | {scan['all']:.2f} | {seconds / scan['all']:.1f}x faster |"
    )

    sample = _sample(files, full["lines"], options.files, options.seed)
    counts, shown = _compare(clone, sample, full["lines"], set(full["wanted"]))
    lines = counts.total()
    good = lines - counts[_OTHER]
    print(f"\nlines of marked commits in {len(sample)} files, for blame or for us: {lines}")
    for name in (_SAME, _WHITE, _MOVED, _BACK, _OTHER):
        print(f"  {counts[name]:8}  {name}")
    print(f"agreement: {100 * good / max(lines, 1):.3f}%")
    for path, line, theirs, ours in shown:
        print(f"  {path}:{line}: blame says {theirs}, here {ours}")
    return 0 if good >= ENOUGH * lines else 1


def _child(clone: Path, what: str, share: float = 1.0) -> dict[str, Any]:
    """Measure in a process of its own, and the most memory that it and git held together."""
    command = [sys.executable, __file__, str(clone), "--measure", what, "--share", str(share)]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        memory = scans.Memory(process.pid)
        status = process.wait()
        most = memory.end()
        if status:
            raise SystemExit(status)
        out.seek(0)
        found: dict[str, Any] = json.load(out)
    return {**found, "memory": most}


def _measure(clone: Path, what: str, share: float) -> dict[str, Any]:
    repository = Repository.open(clone)
    head = repository.head() if repository else None
    if repository is None or head is None:
        raise SystemExit(f"{clone} is no clone with commits")
    if what == "scan":
        context = Context(clone, repository, Registry.builtin(), _files(clone), {})
        begin = time.perf_counter()
        history, notes = History().prepare(context), GitAiNotes().prepare(context)
        return {"all": time.perf_counter() - begin, "marked": len(history.files), "noted": len(notes.files)}
    begin = time.perf_counter()
    marks = reader(Registry.builtin()).marks
    commits = [(commit.sha, bool(marks(commit))) for commit in walk(repository, head)]
    wanted = [commit for commit, marked in commits if marked]
    wanted = wanted[: max(round(len(wanted) * share), 1)]
    middle = time.perf_counter()
    found = line_origins(repository, head, wanted)
    out: dict[str, Any] = {"commits": len(commits), "marked": len(wanted), "files": len(found.files)}
    out |= {"walk": middle - begin, "origins": time.perf_counter() - middle}
    out["count"] = sum(run.length for runs in found.files.values() for run in runs)
    if share == 1.0:
        out["wanted"] = wanted
        out["lines"] = {
            path: [(run.start, run.length, run.commit, run.original_path, run.original_start) for run in runs]
            for path, runs in found.files.items()
        }
    return out


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
    some = chance.sample(marked, min(max(count // 2, count - len(others)), len(marked)))
    return some + chance.sample(others, min(count - len(some), len(others)))


_SAME = "the same as for `git blame`"
_WHITE = "the same as for `git blame -w`: a later commit changed only white space"
_MOVED = "older than for `git blame -w`: in a block that the file had at another place before"
_BACK = "older than for `git blame -w`: the commit brought back what the file had before"
_OTHER = "not explained"


def _compare(
    clone: Path, files: Sequence[str], lines: Mapping[str, Any], wanted: Collection[str]
) -> tuple[Counter[str], list[tuple[str, int, Line | None, Line | None]]]:
    """Lines by how they agree, and some of those that do not."""
    counts: Counter[str] = Counter()
    shown: list[tuple[str, int, Line | None, Line | None]] = []
    moves, returns = _Moves(clone), Returns(clone)
    for path in files:
        plain, white = _blame(clone, path), _blame(clone, path, "-w")
        if plain is None or white is None:
            # A clone may lack the blob itself.
            continue
        ours: dict[int, Line] = {}
        for start, length, commit, name, first in lines.get(path, ()):
            ours.update({start + n: (commit, name, first + n) for n in range(length)})
        for line in plain:
            answers = [found if found[0] in wanted else None for found in (plain[line], white[line])]
            here = ours.get(line)
            if not any(answers) and here is None:
                continue
            if here == answers[1]:
                counts[_SAME if here == answers[0] else _WHITE] += 1
            elif moves.stood(white[line]):
                counts[_MOVED] += 1
            elif returns.older(white[line], 1):
                counts[_BACK] += 1
            else:
                counts[_OTHER] += 1
                if len(shown) < 40:
                    shown.append((path, line, answers[1], here))
    return counts, shown


def _blame(clone: Path, path: str, *how: str, commit: str = "HEAD") -> dict[int, Line] | None:
    command = ["git", "-C", str(clone), "blame", "--porcelain", *how, commit, "--", path]
    done = subprocess.run(command, capture_output=True, check=False)
    return None if done.returncode else _blamed(done.stdout)


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


class _Moves:
    """Whether a file had a line, in a block or just once, before the commit that blame gives it to. Shares no code with Whence."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.texts: dict[tuple[str, str], list[bytes]] = {}
        self.before: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def stood(self, place: Line) -> bool:
        commit, path, line = place
        new = self.text(commit, path)
        for older in self.older(commit, path):
            old = self.text(*older)
            for at, text in enumerate(old):
                if text == new[line - 1] and _enough(_run(new, line - 1, old, at)):
                    return True
            if len(new[line - 1]) >= ALONE and new.count(new[line - 1]) == old.count(new[line - 1]) == 1:
                return True
        return False

    def text(self, commit: str, path: str) -> list[bytes]:
        if (commit, path) not in self.texts:
            done = subprocess.run(
                ["git", "-C", str(self.clone), "cat-file", "blob", os.fsencode(f"{commit}:{path}")],
                capture_output=True,
                check=False,
            )
            self.texts[commit, path] = [b"".join(row.split()) for row in done.stdout.split(b"\n")]
        return self.texts[commit, path]

    def older(self, commit: str, path: str) -> list[tuple[str, str]]:
        """The file in the commit's parents, under the name that it had there."""
        if (commit, path) not in self.before:
            shown = subprocess.run(
                ["git", "-C", str(self.clone), "diff-tree", "-r", "-z", "-m", "-M", "--root", commit],
                capture_output=True,
                check=False,
            )
            found: list[tuple[str, str]] = []
            parents = subprocess.run(
                ["git", "-C", str(self.clone), "rev-list", "--parents", "-n1", commit],
                capture_output=True,
                check=False,
            )
            parents_ = parents.stdout.decode().split()[1:]
            fields = shown.stdout.split(b"\0")
            names = [os.fsdecode(field) for field in fields]
            for at, name in enumerate(names):
                if name.startswith(":") and " R" in name and names[at + 2] == path:
                    found += [(parent, names[at + 1]) for parent in parents_]
            self.before[commit, path] = found + [(parent, path) for parent in parents_]
        return self.before[commit, path]


def _run(new: Sequence[bytes], at: int, old: Sequence[bytes], there: int) -> Sequence[bytes]:
    """The longest run of equal lines around two that are equal."""
    first, end = 0, 1
    while min(at, there) > first and new[at - first - 1] == old[there - first - 1]:
        first += 1
    while at + end < len(new) and there + end < len(old) and new[at + end] == old[there + end]:
        end += 1
    return new[at - first : at + end]


def _enough(lines: Sequence[bytes]) -> bool:
    return sum(1 for line in lines if line) >= 3 and sum(map(len, lines)) >= 60


if __name__ == "__main__":
    sys.exit(main())
