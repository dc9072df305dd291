"""How long it takes to match a file against a million written lines, and how much memory and room that takes.

    python benchmarks/sessions_speed.py CLONE [--written 1000000] [--lines 1000] [--repeat 5]

The clone's own text is what tools wrote, cut into blocks of 40 lines; where it has too little, its words are mixed anew
until there is enough. Three files of --lines lines are then looked for: one that no tool wrote, one of which a tenth
was written, and one that was written whole. Times are the least of several runs, CPU seconds of one core; the store is
the one in memory, so what a database adds is not in them. "Again" is the same file a second time, as editors ask.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sessions_data import blobs, tree

from whence.matching import agreement
from whence.matching.matcher import match
from whence.matching.memory import MemoryStore
from whence.matching.passages import Block, Passage, Place
from whence.matching.prints import pack
from whence.matching.workspace import Workspace
from whence.syntax import language_of
from whence.text import decode, is_binary, split

BLOCK = 40


def texts(clone: Path) -> Iterator[tuple[str, list[str]]]:
    names = {path: blob for path, blob in tree(clone, "HEAD").items() if language_of(path)}
    for path, data in zip(names, blobs(clone, names.values()), strict=True):
        if data and not is_binary(data) and len(data) < 500_000:
            yield path, list(split(decode(data)))


def written(lines: list[str], wanted: int, chance: random.Random) -> Iterator[Passage]:
    """Blocks of the text, then the same with half of the words of each line exchanged for others of the text."""
    pool = [word for line in lines[:20_000] for word in line.split()]
    count = 0
    while count < wanted:
        for at in range(0, len(lines), BLOCK):
            block = lines[at : at + BLOCK]
            if count >= len(lines):
                block = [
                    " ".join(chance.choice(pool) if chance.random() < 0.5 else word for word in line.split())
                    for line in block
                ]
            yield Passage((Block(tuple(block)),), f"/w/proj/file{count // 400}.py", 1e9)
            count += len(block)
            if count >= wanted:
                return


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clone", type=Path)
    parser.add_argument("--written", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    chance = random.Random(1)
    every = list(texts(options.clone.resolve()))
    chance.shuffle(every)
    human = [line for _, lines in every[: len(every) // 4] for line in lines]
    tool = [line for _, lines in every[len(every) // 4 :] for line in lines]
    began = time.process_time()
    store = MemoryStore.of(written(tool, options.written, chance))
    build = time.process_time() - began
    kept = sum(len(item.print.lines) for item in store.kept)
    keys = sum(len(item.print.keys) for item in store.kept)
    packed = sum(len(pack(item.print)) for item in store.kept)
    store.holders([1])
    gc.freeze()  # a database's prints are no objects of the collector either
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{kept} written lines that are not blank in {len(store.kept)} blocks")
    print(
        f"prints: {1e6 * build / kept:.1f} us and {packed / kept:.0f} bytes a line, {keys / kept:.1f} keys a line; {memory} MB resident\n"
    )
    size = options.lines
    whole = tool[:size]
    mixed = human[:size]
    mixed[size // 2 : size // 2 + size // 10] = tool[: size // 10]
    files = {"nobody's": human[-size:], "a tenth written": mixed, "written whole": whole}
    workspace = Workspace(lambda kept: Place("", home=True))
    print("| file | lines | claimed | first look, ms | again, ms |\n|---|---|---|---|---|")
    for name, lines in files.items():
        best = [float("inf"), float("inf")]
        for _ in range(options.repeat):
            agreement.forget_lines()
            for again in range(2):
                began = time.process_time()
                found = match(store, "x.py", lines, workspace)
                best[again] = min(best[again], time.process_time() - began)
        claimed = sum(last - first + 1 for item in found for first, last in item.lines)
        print(f"| {name} | {len(lines)} | {claimed} | {1000 * best[0]:.1f} | {1000 * best[1]:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
