"""Count lines that are said to come from sessions which cannot have written them.

    python benchmarks/sessions_controls.py --sessions CLONE... --unrelated CLONE... [--before 2021-01-01] [--lines 1000000]
    python benchmarks/sessions_controls.py --written CLONE... --unrelated CLONE... --only .ts,.tsx
    python benchmarks/sessions_controls.py --beside --unrelated CLONE... [--show 100]

Everything that the sessions published by the first clones wrote is matched against every text file of the others, as
it stands at HEAD and at the last commit before a date. Time plays no part, which is harder than life: in life no line
that was committed before its session can be claimed. The workspace's own habits are learned as `whence scan` does:
what three of its files hold tells nothing. With --at-home the sessions pass for ones that worked in the unrelated
project, whose text stands nowhere any more. With --habits-lines 5500,15000,40000 each clone is cut into pieces of about so
many lines, files that stand together, and each piece passes for a repository of its own, whose habits are learned from
it alone: what everybody writes must be known without them.

Few repositories publish sessions, most of them in one language. With --written the files of a clone pass for ones that a
tool made, each in one go, and with --only files of some languages are looked at, here and there.

With --beside every second file of a clone (or of a piece) passes for one that a tool made and that stands there still, and
the others, which are people's, are looked at. What is claimed then was either copied, which is no mistake, or written
alike: nobody but a reader can tell (--show).

A false positive is a claimed line. A finding made of them alone is counted where a region of at least three claimed
lines stands together.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from operator import add
from pathlib import Path
from zlib import crc32

from sessions_data import blobs, corpus, passage, text, tree

from whence.matching.habits import learned
from whence.matching.lines import values_of
from whence.matching.matcher import match
from whence.matching.memory import MemoryStore
from whence.matching.passages import Block, Passage, Place
from whence.matching.values import Match
from whence.matching.workspace import Workspace
from whence.ranges import each
from whence.text import decode, is_binary, split

Texts = dict[str, tuple[str, ...]]
"""Path to lines."""

REGION = 3
"""Claimed lines in a row that count as a finding."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=Path, nargs="+", default=[])
    parser.add_argument("--written", type=Path, nargs="+", default=[])
    parser.add_argument("--written-lines", type=int, default=60_000, help="lines of all of these together")
    parser.add_argument("--only", default="", help="ends of files' names")
    parser.add_argument("--unrelated", type=Path, nargs="+", required=True)
    parser.add_argument("--before", default="2021-01-01")
    parser.add_argument(
        "--lines", type=int, default=1_000_000, help="lines of each clone and date that are looked at"
    )
    parser.add_argument("--at-home", action="store_true")
    parser.add_argument("--beside", action="store_true", help="a clone's own files pass for a tool's")
    parser.add_argument(
        "--habits-lines", default="", help="sizes of the small repositories that each clone is cut into"
    )
    parser.add_argument("--keep", type=Path, help="a folder in which what was read is kept for the next run")
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    ends = tuple(end for end in options.only.split(",") if end)
    passages = [
        passage(item) for clone in options.sessions for item in corpus(clone.resolve(), options.keep).writes
    ]
    for clone in options.written:
        most = options.written_lines // len(options.written)
        passages += [
            Passage((Block(lines),), path, tool="tool")
            for path, lines in files(clone.resolve(), "HEAD", most, ends).items()
        ]
    written = MemoryStore.of(passages)
    count = sum(len(block.lines) for item in passages for block in item.blocks)
    print(f"{count} written lines, {len(written.kept)} blocks\n")
    print(
        "| repository | at | habits of | files | lines | false positives | per million | findings | by kind |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    sizes = [int(size) for size in options.habits_lines.split(",") if size] or [0]
    total: dict[int, list[int]] = {size: [0, 0, 0] for size in sizes}
    for clone in options.unrelated:
        old = text(clone, "rev-list", "-1", f"--before={options.before}", "HEAD").strip()
        for at in ("HEAD", *([old] if old else [])):
            texts = files(clone.resolve(), at, options.lines, ends)
            for size in sizes:
                seen = look(label(clone, at, options.before, size), pieces(texts, size), written, options)
                total[size] = [*map(add, total[size], seen)]
    for size, (lines, wrong, findings) in total.items():
        part = size or "the whole"
        print(f"| all | | {part} | | {lines} | {wrong} | {1e6 * wrong / max(lines, 1):.1f} | {findings} | |")
    return 0


def files(clone: Path, at: str, most: int, ends: tuple[str, ...] = ()) -> Texts:
    """The text files of a tree, until they have so many lines; with `ends` only those whose names end so."""
    names = {path: name for path, name in tree(clone, at).items() if not ends or path.endswith(ends)}
    texts: Texts = {}
    count = 0
    for path, data in zip(names, blobs(clone, names.values()), strict=True):
        if data and not is_binary(data) and len(data) < 1_000_000 and count < most:
            texts[path] = split(decode(data))
            count += len(texts[path])
    return texts


def pieces(texts: Texts, size: int) -> Iterator[Texts]:
    """Files that stand together, about so many lines of them; 0: all. What is left at the end is no piece."""
    part: Texts = {}
    count = 0
    for path, lines in texts.items():
        part[path] = lines
        count += len(lines)
        if size and count >= size:
            yield part
            part, count = {}, 0
    if not size:
        yield part


def label(clone: Path, at: str, before: str, size: int) -> str:
    name = clone.parent.name if clone.name == "repo" else clone.name
    return f"{name} | {'HEAD' if at == 'HEAD' else f'before {before}'} | {size or 'the whole'}"


def look(
    name: str, parts: Iterable[Texts], written: MemoryStore, options: argparse.Namespace
) -> tuple[int, int, int]:
    """Lines, those that are claimed, and findings."""
    count = held = wrong = findings = shown = 0
    kinds: Counter[str] = Counter()
    for every in parts:
        tools = {path: text for path, text in every.items() if options.beside and crc32(path.encode()) % 2}
        part = {path: text for path, text in every.items() if path not in tools}
        lines = sum(map(len, part.values()))
        held, count = held + len(part), count + lines
        habits = learned((), part.values(), lines)
        workspace = Workspace(lambda _: Place(home=options.at_home), habits=habits)
        if options.beside:
            written = MemoryStore.of([Passage((Block(text),), path) for path, text in tools.items()])
            there = {path: frozenset(values_of(text)) for path, text in tools.items()}
            workspace = Workspace(lambda kept: Place(kept.path, home=True), there.get, habits)
        for path, content in part.items():
            matches = match(written, path, content, workspace)
            claimed = sorted({line for item in matches for line in each(item.lines)})
            wrong += len(claimed)
            findings += regions(claimed)
            for item in matches:
                kinds[f"{item.kind.name} {item.likeness.name}"] += sum(1 for _ in each(item.lines))
                if shown < options.show:
                    shown += 1
                    show(path, item, content)
    per = 1e6 * wrong / max(count, 1)
    most = ", ".join(f"{name}: {size}" for name, size in kinds.most_common(4))
    print(f"| {name} | {held} | {count} | {wrong} | {per:.1f} | {findings} | {most} |", flush=True)
    return count, wrong, findings


def regions(claimed: Sequence[int]) -> int:
    """How many stretches of claimed lines count as a finding."""
    run = found = 0
    for at, line in enumerate(claimed):
        run = run + 1 if at and claimed[at - 1] == line - 1 else 1
        found += run == REGION
    return found


def show(path: str, item: Match, content: Sequence[str]) -> None:
    print(
        f"  {path} {item.kind.name} {item.likeness.name} {item.similarity:.2f} {item.kept.path}",
        *(f"    {line}: {content[line - 1][:100]}" for line in each(item.lines)),
        sep="\n",
        file=sys.stderr,
    )


if __name__ == "__main__":
    sys.exit(main())
