"""`make fuzz`: edits at random over real files; after every rest the editor's findings equal a cold scan's.

    python tests/fuzz.py [--steps 100000] [--seed S] [--files FOLDER] [--round N]

The files are those of a git work tree, this project's unless told otherwise; who wrote which of their lines is drawn
from the dice, and so are policies, sessions and reviews, anew for each round. A disagreement ends it with status 1 and
says how to see that round again.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests"))

from support.fuzzing import Disagreement, Fuzz, Tally, Way  # noqa: E402
from support.git import Repo  # noqa: E402

ROUND = 1000
"""Steps in one workspace."""

FILES = 6
LARGEST = 16_000
"""Bytes: a cold analysis after each step is what takes the time."""


def candidates(folder: Path) -> list[Path]:
    """Text files of a work tree that are not too large, in a stable order."""
    done = subprocess.run(["git", "-C", folder, "ls-files", "-z"], capture_output=True, check=True)
    files = [folder / name for name in done.stdout.decode("utf-8", "surrogateescape").split("\0") if name]
    return [
        file for file in files if file.is_file() and 200 < file.stat().st_size <= LARGEST and _is_text(file)
    ]


def _is_text(file: Path) -> bool:
    data = file.read_bytes()
    try:
        return b"\0" not in data and b"\r" not in data and bool(data.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def drawn(files: list[Path], folder: Path, dice: random.Random) -> dict[str, str]:
    """Some files with their texts, which end with a line's end."""
    chosen = dice.sample(files, min(FILES, len(files)))
    return {f"src/{file.relative_to(folder).as_posix()}": file.read_text("utf-8").rstrip("\n") + "\n" for file in chosen}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", default=str(time.time_ns()))
    parser.add_argument("--files", type=Path, default=PROJECT)
    parser.add_argument("--round", type=int, help="this round only")
    asked = parser.parse_args()
    files = candidates(asked.files.resolve())
    print(f"seed {asked.seed}, {asked.steps:,} steps over {len(files):,} files of {asked.files}", flush=True)
    total = Tally()
    started = time.process_time()
    rounds = range(-(-asked.steps // ROUND)) if asked.round is None else [asked.round]
    for number in rounds:
        dice = random.Random(f"{asked.seed} {number}")
        steps = min(ROUND, asked.steps - number * ROUND) if asked.round is None else ROUND
        way = Way.drawn(dice)
        with tempfile.TemporaryDirectory() as folder:
            texts = drawn(files, asked.files.resolve(), dice)
            try:
                tally = Fuzz(Repo(Path(folder) / "repo"), texts, f"{asked.seed} {number}", way).run(steps)
            except Exception as error:
                print(f"round {number}, {way}: {type(error).__name__}: {error}", file=sys.stderr)
                print(f"again: python tests/fuzz.py --seed {asked.seed} --files {asked.files} --round {number}", file=sys.stderr)  # fmt: skip
                if not isinstance(error, Disagreement):
                    raise
                return 1
        total.add(tally)
        print(
            f"{total.steps:>8,} steps, {total.compared:,} comparisons of {total.findings:,} findings, "
            f"{total.commits:,} commits, {time.process_time() - started:,.0f} s of CPU",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
