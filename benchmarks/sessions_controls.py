"""Count lines that are said to come from sessions which cannot have written them.

    python benchmarks/sessions_controls.py --sessions CLONE... --unrelated CLONE... [--before 2021-01-01] [--lines 1000000]

Everything that the sessions published by the first clones wrote is matched against every text file of the others, as
it stands at HEAD and at the last commit before a date. Time plays no part, which is harder than life: in life no line
that was committed before its session can be claimed. The workspace's own habits are learned as `whence scan` does:
what three of its files hold tells nothing. With --at-home the sessions pass for ones that worked in the unrelated
project, whose text stands nowhere any more.

A false positive is a claimed line. A finding made of them alone is counted where a region of at least three claimed
lines stands together.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from sessions_data import blobs, corpus, store, text, tree

from whence.evidence.sessions.interface import Written
from whence.matching.habits import learned
from whence.matching.matcher import match
from whence.matching.memory import MemoryStore
from whence.matching.passages import Place
from whence.matching.workspace import Workspace
from whence.ranges import each
from whence.text import decode, is_binary, split

REGION = 3
"""Claimed lines in a row that count as a finding."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=Path, nargs="+", required=True)
    parser.add_argument("--unrelated", type=Path, nargs="+", required=True)
    parser.add_argument("--before", default="2021-01-01")
    parser.add_argument(
        "--lines", type=int, default=1_000_000, help="lines of each clone and date that are looked at"
    )
    parser.add_argument("--at-home", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder in which what was read is kept for the next run")
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    writes: list[Written] = []
    for clone in options.sessions:
        writes += corpus(clone.resolve(), options.keep).writes
    written = store(writes)
    print(f"{sum(len(item.lines) for item in writes)} written lines, {len(written.kept)} blocks\n")
    print(
        "| repository | at | files | lines | false positives | per million | findings | by kind |\n|---|---|---|---|---|---|---|---|"
    )
    total = wrong = 0
    for clone in options.unrelated:
        old = text(clone, "rev-list", "-1", f"--before={options.before}", "HEAD").strip()
        for at in ("HEAD", *([old] if old else [])):
            lines, bad = look(clone.resolve(), at, written, options)
            total, wrong = total + lines, wrong + bad
    print(f"| all | | | {total} | {wrong} | {1e6 * wrong / max(total, 1):.1f} | | |")
    return 0


def look(clone: Path, at: str, written: MemoryStore, options: argparse.Namespace) -> tuple[int, int]:
    names = tree(clone, at)
    texts: dict[str, tuple[str, ...]] = {}
    count = 0
    for path, data in zip(names, blobs(clone, names.values()), strict=True):
        if data and not is_binary(data) and len(data) < 1_000_000 and count < options.lines:
            texts[path] = split(decode(data))
            count += len(texts[path])
    habits = learned((), texts.values(), count)
    place = Place("", home=options.at_home)
    workspace = Workspace(lambda _: place, habits=habits)
    wrong = findings = shown = 0
    kinds: Counter[str] = Counter()
    for path, lines in texts.items():
        matches = match(written, path, lines, workspace)
        claimed = sorted({line for item in matches for line in each(item.lines)})
        wrong += len(claimed)
        run = 0
        for line in claimed:
            run = run + 1 if line - 1 in claimed else 1
            findings += run == REGION
        for item in matches:
            kinds[f"{item.kind.name} {item.likeness.name}"] += sum(1 for _ in each(item.lines))
            if shown < options.show:
                shown += 1
                first = next(iter(each(item.lines)))
                print(
                    f"  {path}:{first} {item.kind.name} {item.likeness.name} {item.similarity:.2f} {item.kept.path} {lines[first - 1].strip()[:80]}",
                    file=sys.stderr,
                )
    label = "HEAD" if at == "HEAD" else f"before {options.before}"
    print(
        f"| {clone.parent.name if clone.name == 'repo' else clone.name} | {label} | {len(texts)} | {count} | {wrong} | "
        f"{1e6 * wrong / max(count, 1):.1f} | {findings} | {', '.join(f'{name}: {size}' for name, size in kinds.most_common(4))} |",
        flush=True,
    )
    return count, wrong


if __name__ == "__main__":
    sys.exit(main())
