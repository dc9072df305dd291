"""How the time for line origins grows with commits, files and marked commits: on made histories, one thing at a time."""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

TRAILER = b"\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n"

LINES = 60
"""Of a file, at first."""


def made(folder: Path, commits: int, files: int, marked: int, seed: int = 1) -> Path:
    """A repository whose commits each change some lines of one to three files; the marked ones are spread evenly."""
    chance = random.Random(seed)
    repository = folder / f"{commits}-{files}-{marked}"
    subprocess.run(["git", "init", "-q", "-b", "main", str(repository)], check=True)
    process = subprocess.Popen(
        ["git", "-C", str(repository), "fast-import", "--quiet", "--done"], stdin=subprocess.PIPE
    )
    assert process.stdin is not None
    out = process.stdin
    texts: list[list[bytes]] = [
        [b"line %d of file %d, as it was first" % (line, file) for line in range(LINES)]
        for file in range(files)
    ]
    every = max(commits // max(marked, 1), 1)
    for number in range(commits):
        words = b"Change %d" % number + (TRAILER if number % every == every - 1 else b"")
        out.write(
            b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\n" % (1_700_000_000 + 60 * number)
        )
        out.write(b"data %d\n%s\n" % (len(words), words))
        changed = range(files) if not number else sorted({chance.randrange(files) for _ in range(3)})
        for file in changed:
            text = texts[file]
            if number:
                at = chance.randrange(len(text))
                text[at : at + chance.randint(0, 2)] = [
                    b"line %d of change %d to file %d" % (line, number, file)
                    for line in range(chance.randint(1, 3))
                ]
                del text[LINES * 2 :]
            data = b"\n".join(text) + b"\n"
            out.write(b"M 100644 inline src/%d/file%d.py\ndata %d\n%s\n" % (file % 20, file, len(data), data))
    out.write(b"done\n")
    out.close()
    if process.wait():
        raise SystemExit("git fast-import failed")
    subprocess.run(["git", "-C", str(repository), "repack", "-q", "-a", "-d"], check=True)
    return repository


BASE = (8000, 400, 80)
STEPS = {
    "commits": [(commits, BASE[1], BASE[2]) for commits in (2000, 8000, 32000)],
    "files": [(BASE[0], files, BASE[2]) for files in (100, 400, 1600)],
    "marked commits": [(BASE[0], BASE[1], marked) for marked in (8, 80, 800, 8000)],
}


def report(measure: Callable[[Path], dict[str, Any]]) -> None:
    """Make histories, measure each in a fresh process, print."""
    with tempfile.TemporaryDirectory(prefix="whence-growth-") as name:
        known: dict[tuple[int, int, int], dict[str, Any]] = {}
        for what, steps in STEPS.items():
            print(f"growth with {what}\n")
            print(
                "| commits | files | marked commits | lines of theirs | messages, s | lines, s | memory, MB (PSS) |"
            )
            print("|---|---|---|---|---|---|---|")
            for step in steps:
                if step not in known:
                    known[step] = measure(made(Path(name), *step))
                row = known[step]
                print(
                    f"| {step[0]} | {step[1]} | {row['marked']} | {row['count']} | {row['walk']:.2f} "
                    f"| {row['origins']:.2f} | {row['memory']:.0f} |"
                )
            print()
