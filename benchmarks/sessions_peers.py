"""Whence beside copydetect, jscpd and ai-blame on the same files in one run: which lines are found, and how fast.

    python3 -m venv PEERS && PEERS/bin/pip install copydetect ai-blame && npm install --prefix PEERS jscpd@4
    python benchmarks/sessions_peers.py CLONE --peers PEERS [--regions 40] [--seed 1]

Functions, methods and sections of the clone pass for written by a tool; each is changed in one of several known ways
and put back into its file, and moved into another (see sessions_edits.py). Every program is given the same written
text, the same documents, and, where it has a place for it (Whence, copydetect), the same older text of the repository.
No dates are given. ai-blame reads transcripts: it gets one Claude Code session that made each write as an edit of the
document's own path. Counted are lines with text: F1 of "this line comes from the tool".

copydetect's own noise and guarantee thresholds (25 tokens) are kept and its display threshold is 0; jscpd looks for its
usual 5 lines and 50 tokens, and only clones between a document and the written text count.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from sessions_edits import CHANGES, Lines, World, Written, load

from support.transcripts import Claude
from whence.matching.lines import values_of
from whence.matching.matcher import match
from whence.matching.memory import MemoryStore
from whence.matching.passages import Block, Passage, Place
from whence.matching.store import Kept
from whence.matching.workspace import Workspace
from whence.ranges import each

WAYS = (
    "unchanged", "10% of tokens edited", "20% of tokens edited", "20% of names exchanged", "comments stripped",
    "a quarter of the lines left out",
)  # fmt: skip

COPYDETECT = """
import json, sys, time
from copydetect import CopyDetector
folder = sys.argv[1]
began = time.process_time()
detector = CopyDetector(test_dirs=[folder + "/docs"], ref_dirs=[folder + "/written"], boilerplate_dirs=[folder + "/before"],
    extensions=["*"], display_t=0, silent=True, autoopen=False)
detector.run()
seconds = time.process_time() - began
out = {}
for (test, ref), slices in detector.slice_matrix.items():
    code = detector.file_data[test].raw_code
    lines = out.setdefault(test, [])
    for start, end in zip(*slices[0]):
        lines.append([code.count("\\n", 0, start) + 1, code.count("\\n", 0, max(start, end - 1)) + 1])
json.dump([seconds, out], sys.stdout)
"""


@dataclass(frozen=True)
class Document:
    name: str
    """Below the folder of documents; numbered, so that it is unique."""
    path: str
    lines: Lines
    truth: frozenset[int]
    item: Written
    own: bool


Claims = dict[str, set[int]]
"""Document to lines."""


def documents(world: World, chance: random.Random) -> list[Document]:
    pool = [word for path in world.later[:40] for line in world.files[path] for word in line.split()]
    made = []
    for at, item in enumerate(world.written):
        lines = CHANGES[WAYS[at % len(WAYS)]](item.lines, chance, pool)
        old = world.files[item.path]
        host = world.files[chance.choice(world.later)]
        place = chance.randrange(len(host))
        suffix = Path(item.path).suffix
        for own, text, start in (
            (True, (*old[: item.start], *lines, *old[item.start + len(item.lines) :]), item.start),
            (False, (*host[:place], *lines, *host[place:]), place),
        ):
            path = item.path if own else f"moved/new_{at}{suffix}"
            truth = frozenset(
                line for line in range(start + 1, start + len(lines) + 1) if text[line - 1].strip()
            )
            made.append(Document(f"{at}{'o' if own else 'm'}/{path}", path, text, truth, item, own))
    return made


def lay_out(folder: Path, world: World, made: list[Document]) -> None:
    for at, item in enumerate(world.written):
        write(folder / "written" / f"{at}{Path(item.path).suffix}", item.lines)
    for at, path in enumerate(world.before):
        write(folder / "before" / f"{at}{Path(path).suffix}", world.files[path])
    for document in made:
        write(folder / "docs" / document.name, document.lines)


def write(path: Path, lines: Lines) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8", "surrogateescape")


def at_home(kept: Kept) -> Place:
    return Place(kept.path, home=True)


def held(standing: frozenset[int], _: str) -> frozenset[int]:
    return standing


def whence(world: World, made: list[Document]) -> tuple[float, Claims]:
    began = time.process_time()
    store = MemoryStore.of([Passage((Block(item.lines),), item.path, 1e9, "tool") for item in world.written])
    out: Claims = {}
    for document in made:
        standing = frozenset(values_of(document.lines)) if document.own else frozenset()
        workspace = Workspace(at_home, partial(held, standing), world.habits)
        found = match(store, document.path, document.lines, workspace)
        out[document.name] = {line for item in found for line in each(item.lines)}
    return time.process_time() - began, out


def copydetect(folder: Path, peers: Path) -> tuple[float, Claims]:
    done = subprocess.run(
        [peers / "bin" / "python", "-c", COPYDETECT, folder], capture_output=True, check=True
    )
    seconds, found = json.loads(done.stdout[done.stdout.index(b"[") :])
    return seconds, {
        os.path.relpath(name, folder / "docs"): {line for a, b in spans for line in range(a, b + 1)}
        for name, spans in found.items()
    }


def jscpd(folder: Path, peers: Path) -> tuple[float, Claims]:
    program = peers / "node_modules" / ".bin" / "jscpd"
    began = os.times()
    subprocess.run(
        [program, "--silent", "--reporters", "json", "--output", folder / "jscpd", folder / "docs", folder / "written"],
        capture_output=True, check=False, cwd=folder,
    )  # fmt: skip
    ended = os.times()
    out: Claims = {}
    for found in json.loads((folder / "jscpd" / "jscpd-report.json").read_text())["duplicates"]:
        sides = [found["firstFile"], found["secondFile"]]
        names = [os.path.relpath(folder / side["name"], folder) for side in sides]
        for name, other, side in ((names[0], names[1], sides[0]), (names[1], names[0], sides[1])):
            if name.startswith("docs/") and other.startswith("written/"):
                out.setdefault(name[5:], set()).update(range(side["start"], side["end"] + 1))
    return ended.children_user + ended.children_system - began.children_user - began.children_system, out


def ai_blame(folder: Path, peers: Path, world: World, made: list[Document]) -> tuple[float, Claims]:
    home = folder / "home"
    session = Claude(home, str(folder / "docs"))
    for document in made:
        # The write as it was made: below the line above it, into this very document, before anybody changed it.
        start = min(document.truth) - 1
        above = document.lines[start - 1] + "\n" if start else ""
        written = "\n".join(document.item.lines) + "\n"
        session.edit(str(folder / "docs" / document.name), above, above + written)
    session.save()
    out: Claims = {}
    began = os.times()
    for document in made:
        done = subprocess.run(
            [peers / "bin" / "ai-blame", "blame", "--no-header", "--columns", "ML", "--home", home, "-d", folder / "docs", folder / "docs" / document.name],
            capture_output=True, check=False, cwd=folder / "docs",
        )  # fmt: skip
        rows = [row.split() for row in done.stdout.decode("utf-8", "replace").split("\n")]
        out[document.name] = {
            int(row[1]) for row in rows if len(row) >= 2 and row[1].isdigit() and row[0] != "-"
        }
    ended = os.times()
    return ended.children_user + ended.children_system - began.children_user - began.children_system, out


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--regions", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    world = load(options.clone.resolve(), options.regions, chance)
    # One region a file: all else in it is a person's.
    world.written = list({item.path: item for item in world.written}.values())
    made = documents(world, chance)
    peers = options.peers.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        lay_out(folder, world, made)
        runs: dict[str, Callable[[], tuple[float, Claims]]] = {
            "Whence": lambda: whence(world, made),
            "copydetect": lambda: copydetect(folder, peers),
            "jscpd": lambda: jscpd(folder, peers),
            "ai-blame": lambda: ai_blame(folder, peers, world, made),
        }
        lines = sum(len(document.lines) for document in made)
        print(f"{len(made)} documents, {lines} lines, {len(world.written)} written regions\n")
        print(
            "| program | precision | recall | F1 | F1 in its own file | F1 moved | CPU seconds |\n|---|---|---|---|---|---|---|"
        )
        for program, run in runs.items():
            seconds, claims = run()
            whole, own, moved = (
                score([d for d in made if wanted is None or d.own is wanted], claims)
                for wanted in (None, True, False)
            )
            print(
                f"| {program} | {whole[0]:.3f} | {whole[1]:.3f} | {whole[2]:.3f} | {own[2]:.3f} | {moved[2]:.3f} | {seconds:.2f} |",
                flush=True,
            )
    return 0


def score(made: list[Document], claims: Claims) -> tuple[float, float, float]:
    right = said = true = 0
    for document in made:
        found = {
            line
            for line in claims.get(document.name, set())
            if line <= len(document.lines) and document.lines[line - 1].strip()
        }
        right += len(found & document.truth)
        said += len(found)
        true += len(document.truth)
    precision, recall = right / max(said, 1), right / max(true, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


if __name__ == "__main__":
    sys.exit(main())
