"""How fast transcripts are read into the index, how large it is, and how long it takes to ask it.

    python benchmarks/index.py CLONE [--real] [--megabytes 300] [--written 1000000] [--lines 1000] [--folder DIR]

Transcripts are made from the clone's text in the shapes of real ones (see `index_corpus.py`), or with --real are those
that the clone commits on Entire's branch. All but every tenth are aged, as most are. Each measurement runs in a process
of its own: CPU seconds of one core, and the most memory that it ever held. "Floor" is a program that only reads the
same lines and parses those that are worth it. Then --written lines are put into an index, and files of --lines
lines are looked for in it: CPU milliseconds, the least of five; 0 leaves this out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from index_corpus import CWD, _Claude, aged, dense, made, real
from sessions_speed import BLOCK, texts

from whence.evidence.interface import Context
from whence.evidence.sessions.interface import Places
from whence.evidence.sessions.readers import every
from whence.evidence.sessions.updating import Updated, Updater
from whence.folders import index_file
from whence.index import Database, DiskStore
from whence.matching import agreement
from whence.matching.matcher import match
from whence.matching.passages import Place
from whence.matching.workspace import Workspace
from whence.tools import Registry

REPEAT = 5


def updater(home: Path) -> Updater:
    environment = {"HOME": str(home)}
    places = Places.of(Context(home, None, Registry.builtin(), (), environment))
    return Updater(Database.open(environment), every(), places)


def update(home: Path) -> Updated:
    work = updater(home)
    try:
        return work.update()
    finally:
        work.database.close()


def ingest(home: Path) -> dict[str, Any]:
    began = time.process_time()
    done = update(home)
    seconds = time.process_time() - began
    return {"bytes": done.bytes, "transcripts": done.survey.transcripts, "seconds": seconds}


def floor(home: Path) -> dict[str, Any]:
    began = time.process_time()
    for path in home.rglob("*.jsonl"):
        worth = (b'"user"', b'"tool_', b'"attachment"') if ".claude" in path.parts else (b"_call", b"message")
        with path.open("rb") as file:
            for line in file:
                if any(map(line.__contains__, worth)):
                    orjson.loads(line)
    return {"seconds": time.process_time() - began}


def again(home: Path) -> dict[str, Any]:
    """Nothing is new; then the largest transcript has grown by one edit."""
    still, grown = [], []
    largest = max((home / ".claude").rglob("*.jsonl"), key=lambda path: path.stat().st_size)
    for turn in range(REPEAT + 1):
        began = time.process_time()
        update(home)
        still.append(time.process_time() - began)
        session = _Claude(largest.stem)
        session.calls = 900_000 + 10 * turn
        with largest.open("ab") as file:
            file.writelines(
                session.write(f"{CWD}/grown{turn}.py", [f"grown_{turn} = value_of(turn={turn})"] * 3)
            )
        began = time.process_time()
        done = update(home)
        grown.append(time.process_time() - began)
        assert done.bytes
    return {"still": min(still[1:]), "grown": min(grown[1:]), "size": largest.stat().st_size}


def ask(home: Path, lines: int, clone: Path) -> dict[str, Any]:
    """The times for three files: one that no tool wrote, one of which a tenth was written, one that was written whole."""
    every = _shuffled(clone)
    human = [line for _, rows in every[: len(every) // 4] for line in rows]
    tool = [line for _, rows in every[len(every) // 4 :] for line in rows]
    mixed = human[:lines]
    mixed[lines // 2 : lines // 2 + lines // 10] = tool[: lines // 10]
    files = {"nobody's": human[-lines:], "a tenth written": mixed, "written whole": tool[:lines]}
    with Database.open({"HOME": str(home)}) as database:
        store = DiskStore.of(database)
    workspace = Workspace(lambda kept: Place("", home=True))
    out: dict[str, Any] = {}
    for name, rows in files.items():
        best = [float("inf"), float("inf")]
        for _ in range(REPEAT):
            agreement.forget_lines()
            for second in range(2):
                began = time.process_time()
                found = match(store, "x.py", rows, workspace)
                best[second] = min(best[second], time.process_time() - began)
        claimed = sum(last - first + 1 for item in found for first, last in item.lines)
        out[name] = (len(rows), claimed, 1000 * best[0], 1000 * best[1])
    return out


def _shuffled(clone: Path) -> list[tuple[str, list[str]]]:
    every = list(texts(clone))
    random.Random(1).shuffle(every)
    return every


def blocks(clone: Path, wanted: int) -> Iterator[list[str]]:
    """Blocks of the clone's text, then the same with half of the words of each line exchanged for others of it."""
    every = _shuffled(clone)
    lines = [line for _, rows in every[len(every) // 4 :] for line in rows]
    pool = [word for line in lines[:20_000] for word in line.split()]
    chance = random.Random(1)
    count = 0
    while count < wanted:
        first = count < len(lines)
        for at in range(0, len(lines), BLOCK):
            block = lines[at : at + BLOCK]
            if not first:
                block = [
                    " ".join(chance.choice(pool) if chance.random() < 0.5 else word for word in line.split())
                    for line in block
                ]
            yield block
            count += sum(1 for line in block if line.strip())
            if count >= wanted:
                return


def size(home: Path) -> tuple[int, dict[str, int], int]:
    """Bytes of the index, of its largest parts, and the lines in it."""
    place = index_file({"HOME": str(home)})
    assert place is not None
    with Database.open({"HOME": str(home)}) as database:
        ask = database.connection.execute
        (pages,) = ask("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()
        (lines,) = ask("SELECT total(lines) FROM writings").fetchone()
        try:
            parts = dict(ask("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 5"))
        except Exception:  # this SQLite was built without the table
            parts = {}
    return pages, parts, int(lines)


def apart(home: Path, what: str, *more: str) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, __file__, str(home), "--only", what, *more]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def memory() -> int:
    """The most that this process ever held, in MB. On Linux `getrusage` also counts what its parent held."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) >> 10
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def only(options: argparse.Namespace) -> int:
    home = options.clone
    if options.only == "ask":
        found = ask(home, options.lines, options.text)
    else:
        found = {"ingest": ingest, "floor": floor, "again": again}[options.only](home)
    found["memory"] = memory()
    print(json.dumps(found))
    return 0


def told(home: Path, name: str) -> None:
    read, bare = apart(home, "ingest"), apart(home, "floor")
    pages, parts, lines = size(home)
    total = sum(path.stat().st_size for path in home.rglob("*.jsonl"))
    print(f"{name}: {read['transcripts']} transcripts, {total / 1e6:.0f} MB, {lines} written lines")
    print(
        f"  ingest {read['seconds']:.1f} s, {read['bytes'] / 1e6 / read['seconds']:.1f} MB/s, {read['memory']} MB resident; "
        f"floor {bare['seconds']:.1f} s"
    )
    shares = ", ".join(f"{part} {100 * number / total:.1f}%" for part, number in parts.items())
    print(f"  index {pages / 1e6:.1f} MB, {100 * pages / total:.1f}% of the transcripts ({shares})")
    then = apart(home, "again")
    print(
        f"  nothing new {1000 * then['still']:.0f} ms; the largest, {then['size'] / 1e6:.1f} MB, grown by an edit {1000 * then['grown']:.0f} ms"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path)
    parser.add_argument("--real", action="store_true", help="the transcripts that the clone commits")
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--written", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="where to put all of it (default: a temporary folder)")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--text", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        return only(options)
    clone = options.clone.resolve()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        home = Path(folder, "real" if options.real else "made")
        if options.real:
            real(clone, home)
        else:
            made(home, _shuffled(clone), options.megabytes, random.Random(1))
        aged(home, 10, time.time())
        told(home, "transcripts of the clone" if options.real else "made transcripts")
        shutil.rmtree(home)
        if options.written:
            home = Path(folder, "dense")
            dense(home, blocks(clone, options.written))
            os.sync()
            told(home, "nothing but new files")
            print("| file | lines | claimed | first look, ms | again, ms |\n|---|---|---|---|---|")
            found = apart(home, "ask", "--lines", str(options.lines), "--text", str(clone))
            found.pop("memory")
            for name, (lines, claimed, first, second) in found.items():
                print(f"| {name} | {lines} | {claimed} | {first:.1f} | {second:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
