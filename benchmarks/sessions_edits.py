"""Change written text in known ways and see whether it is still recognised, at what price in false positives.

    python benchmarks/sessions_edits.py CLONE... [--regions 120] [--seed 1] [--formatters DIR] [--only NAME]

The files of each clone are dealt into four: from some, single functions, methods and sections are taken for a tool's
text ("written"); of some, everything is (the noise of a full store); some, with what is left of the first, are the
repository's text from before the tool; the rest are later human text, but for true copies of ten lines and more. A
written region is changed and looked for three times: in its own file, whose other lines are human, moved into a later
human file, and copied into it, while what the tool wrote stands in its place unchanged. It is found when at least half of its lines are attributed to it.
Every other attributed line that can be from then is a false positive: half of the other regions of its own file, and
all of the later human file, pass for uncommitted. Where the region was taken out, all that is left of its file does.

Formatters are run on whole files, with settings of another taste than the repository's. They are looked for in
DIR/bin, DIR/node_modules/.bin and on PATH; those that are missing are left out. To have them all:

    python3 -m venv DIR && DIR/bin/pip install black ruff clang-format && npm install --prefix DIR prettier@3
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from sessions_data import blobs, tree

from whence.matching.habits import Habits, learned
from whence.matching.lines import value_of
from whence.matching.matcher import match
from whence.matching.memory import MemoryStore
from whence.matching.passages import Block, Passage, Place
from whence.matching.store import Kept
from whence.matching.workspace import Workspace
from whence.ranges import each
from whence.syntax import language_of, regions
from whence.text import decode, is_binary, split

TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
SIZES = (5, 80)
"""Lines of a region that is taken for written."""
LEAST = 40
"""Tokens of such a region."""
FORMATTERS: dict[str, list[list[str]]] = {
    "python": [["black", "-q", "-l", "66", "-"], ["ruff", "format", "--line-length", "120", "--stdin-filename", "a.py", "-"]],
    "typescript": [["prettier", "--parser", "typescript", *["--use-tabs", "--print-width", "66", "--no-semi", "--single-quote", "--trailing-comma", "none", "--arrow-parens", "avoid"]]],
    "tsx": [["prettier", "--parser", "typescript", *["--use-tabs", "--print-width", "66", "--no-semi", "--single-quote", "--trailing-comma", "none", "--arrow-parens", "avoid"]]],
    "javascript": [["prettier", "--parser", "babel", *["--tab-width", "4", "--print-width", "66", "--single-quote", "--trailing-comma", "none"]]],
    "rust": [["rustfmt", "--edition", "2021", "--config", "max_width=66,tab_spaces=2"]],
    "c": [["clang-format", "--style=GNU"]],
    "cpp": [["clang-format", "--style=GNU"]],
    "java": [["clang-format", "--style=Google"]],
    "markdown": [["prettier", "--parser", "markdown", "--prose-wrap", "always", "--print-width", "66"]],
}  # fmt: skip

Lines = tuple[str, ...]
RUNS: dict[int, set[tuple[str, ...]]] = {}


@dataclass(frozen=True)
class Written:
    """A region taken for a tool's."""

    path: str
    lines: Lines
    start: int
    """0-based line of its file."""
    name: tuple[str, str | None]


@dataclass
class World:
    """One clone, dealt into its four parts."""

    name: str
    files: dict[str, Lines]
    written: list[Written]
    noise: list[str]
    before: list[str]
    later: list[str]
    store: MemoryStore = field(default_factory=MemoryStore)
    habits: Habits = field(default_factory=Habits)
    formatted: dict[tuple[str, str], Lines] = field(default_factory=dict)


@dataclass
class Tally:
    regions: int = 0
    found: int = 0
    lines: int = 0
    right: int = 0
    other: int = 0
    """Lines of the document that the tool did not write."""
    wrong: int = 0


def load(clone: Path, wanted: int, chance: random.Random) -> World:
    names = tree(clone, "HEAD")
    usable = [
        path
        for path in sorted(names)
        if language_of(path) and not re.search(r"lock|generated|\.min\.|vendor/", path)
    ]
    chance.shuffle(usable)
    usable = usable[: wanted * 8]
    files: dict[str, Lines] = {}
    for path, data in zip(usable, blobs(clone, [names[path] for path in usable]), strict=True):
        lines = split(decode(data))
        if not is_binary(data) and 20 <= len(lines) <= 3000 and len(data) < 300_000:
            files[path] = lines
    parts: list[list[str]] = [[], [], [], []]
    for at, path in enumerate(files):
        parts[at % 4].append(path)
    parts[3] = [
        path
        for path in parts[3]
        if not copied(files[path], [files[other] for part in parts[:2] for other in part])
    ]
    written: list[Written] = []
    known = {"".join(line.split()) for path in parts[2] for line in files[path]}
    for path in parts[0]:
        # One a file, so that all else in it is a person's; none that stands in the older text already, which is also
        # what is left of its own file.
        found = [item for item in pick(path, files[path]) if fresh(item, known | rest(files[path], item))]
        written.extend(chance.sample(found, min(1, len(found))))
    world = World(clone.parent.name, files, written[:wanted], parts[1], parts[2], parts[3])
    passages = [
        Passage((Block(item.lines, *around(files[item.path], item)),), item.path, 1e9, "tool")
        for item in world.written
    ]
    passages += [Passage((Block(files[path]),), path, 1e9, "tool") for path in parts[1]]
    world.store = MemoryStore.of(passages)
    human = [files[path] for path in parts[2]] + [
        tuple(
            line
            for at, line in enumerate(files[path])
            if not any(
                item.start <= at < item.start + len(item.lines) for item in world.written if item.path == path
            )
        )
        for path in parts[0]
    ]
    count = sum(map(len, human))
    world.habits = learned(human, human, count)
    return world


def copied(lines: Lines, others: Sequence[Lines]) -> bool:
    """Whether a file shares ten lines in a row with another: then it is a copy, whoever wrote it."""
    full = ["".join(line.split()) for line in lines if line.strip()]
    runs = {tuple(full[at : at + 10]) for at in range(len(full) - 9)}
    if not RUNS.get(id(others[0])):
        RUNS[id(others[0])] = {
            tuple(text[at : at + 10])
            for other in others
            for text in [["".join(line.split()) for line in other if line.strip()]]
            for at in range(len(text) - 9)
        }
    return not runs.isdisjoint(RUNS[id(others[0])])


def pick(path: str, lines: Lines) -> list[Written]:
    """Regions of a file that can be taken for written; none within another."""
    found: list[Written] = []
    for region in regions(path, lines).regions:
        text = lines[region.start - 1 : region.end]
        if region.name is None or not SIZES[0] <= len(text) <= SIZES[1]:
            continue
        if len(re.findall(r"\w+|[^\w\s]", "\n".join(text))) < LEAST or (
            found and found[-1].start + len(found[-1].lines) >= region.start
        ):
            continue
        found.append(Written(path, text, region.start - 1, (region.kind, region.name)))
    return found


def rest(lines: Lines, item: Written) -> set[str]:
    """The lines of a region's file outside it."""
    others = (*lines[: item.start], *lines[item.start + len(item.lines) :])
    return {"".join(line.split()) for line in others}


def fresh(item: Written, known: set[str]) -> bool:
    """Whether most of a region's longer lines stand nowhere in the older text."""
    full = ["".join(line.split()) for line in item.lines]
    long = [line for line in full if len(line) >= 20]
    return sum(1 for line in long if line in known) <= len(long) / 3


def around(lines: Lines, item: Written) -> tuple[str | None, str | None]:
    above = next((line for line in reversed(lines[: item.start]) if line.strip()), None)
    below = next((line for line in lines[item.start + len(item.lines) :] if line.strip()), None)
    return above, below


# Changes of a region's lines. Each takes the lines, chance and words of the repository.


def edited(share: float) -> Callable[..., Lines]:
    """So many of the tokens replaced, left out, or followed by another."""

    def change(lines: Lines, chance: random.Random, pool: Sequence[str]) -> Lines:
        out = []
        for token in TOKEN.findall("\n".join(lines)):
            if token.isspace() or chance.random() >= share:
                out.append(token)
            else:
                how = chance.random()
                out.append(
                    chance.choice(pool)
                    if how < 0.5
                    else ""
                    if how < 0.75
                    else f"{token} {chance.choice(pool)}"
                )
        return tuple("".join(out).split("\n"))

    return change


def renamed(share: float) -> Callable[..., Lines]:
    """So many of the different names exchanged, each for one other everywhere."""

    def change(lines: Lines, chance: random.Random, pool: Sequence[str]) -> Lines:
        text = "\n".join(lines)
        names = sorted(set(re.findall(r"[A-Za-z_]\w{2,}", text)) - RESERVED)
        new = {
            name: f"{chance.choice(pool)}_{at}" for at, name in enumerate(names) if chance.random() < share
        }
        return tuple(re.sub(r"[A-Za-z_]\w{2,}", lambda found: new.get(found[0], found[0]), text).split("\n"))

    return change


RESERVED = frozenset({
    "def", "class", "return", "self", "for", "while", "else", "elif", "try", "except", "finally", "with",
    "import", "from", "lambda", "None", "True", "False", "func", "var", "let", "const", "type", "struct",
    "interface", "range", "package", "nil", "err", "string", "int", "bool", "error", "async", "await",
    "function", "new", "this", "export", "default", "public", "private", "static", "void", "null",
    "undefined", "true", "false", "impl", "pub", "mut", "use", "mod", "match", "enum", "trait", "where",
    "fn", "and", "not", "case", "switch",
})  # fmt: skip
"""Words that are never exchanged."""


def unchanged(lines: Lines, chance: random.Random, pool: Sequence[str]) -> Lines:
    return lines


def commentless(lines: Lines, chance: random.Random, pool: Sequence[str]) -> Lines:
    return tuple(
        re.sub(r"\s+(#|//) .*$", "", line) for line in lines if not re.match(r"\s*(#|//|/?\*)", line)
    )


def shuffled(lines: Lines, chance: random.Random, pool: Sequence[str]) -> Lines:
    """Pieces of three lines in another order."""
    pieces = [lines[at : at + 3] for at in range(0, len(lines), 3)]
    chance.shuffle(pieces)
    return tuple(line for piece in pieces for line in piece)


def thinned(lines: Lines, chance: random.Random, pool: Sequence[str]) -> Lines:
    """A quarter of the lines left out."""
    return tuple(line for line in lines if chance.random() > 0.25)


def fenced(lines: Lines, chance: random.Random, pool: Sequence[str]) -> Lines:
    """As a document quotes it."""
    return tuple("    > " + line for line in lines)


def cell(lines: Lines, chance: random.Random, pool: Sequence[str]) -> Lines:
    """As a notebook keeps it."""
    import json

    return tuple(f"    {json.dumps(line + chr(10))}," for line in lines)


CHANGES: dict[str, Callable[..., Lines]] = {
    "unchanged": unchanged,
    **{f"{share}% of tokens edited": edited(share / 100) for share in (10, 20, 30, 40, 60)},
    **{f"{share}% of names exchanged": renamed(share / 100) for share in (20, 60, 100)},
    "comments stripped": commentless,
    "a quarter of the lines left out": thinned,
    "pieces of three lines reordered": shuffled,
    "quoted in a document": fenced,
    "in a notebook": cell,
}
TAKEN_OUT = "taken out"
"""No change: nothing is left to be found, and what is like it in its file is a person's."""
SUFFIX = {"quoted in a document": ".md", "in a notebook": ".ipynb"}


def measure(
    world: World,
    only: str,
    formatters: Path | None,
    chance: random.Random,
    tallies: dict[tuple[str, str], Tally],
) -> None:
    pool = [
        token for path in world.later[:40] for line in world.files[path] for token in re.findall(r"\w+", line)
    ]
    for name, change in CHANGES.items():
        if only and only not in name:
            continue
        for item in world.written:
            lines = change(item.lines, chance, pool)
            look(world, item, lines, name, chance, tallies)
    if only in TAKEN_OUT:
        for item in world.written:
            old = world.files[item.path]
            text = (*old[: item.start], *old[item.start + len(item.lines) :])
            if sum(other.path == item.path for other in world.written) == 1:
                tally(world, item, item.path, text, item.start, (), tallies[TAKEN_OUT, "own file"], set())
    if formatters is not None and (not only or only in "reformatted"):
        for item in world.written:
            for command in FORMATTERS.get(language_of(item.path) or "", ()):
                text = formatted(world, item.path, command, formatters)
                twin = [other for other in all_regions(item.path, text) if other.name == item.name]
                if len(twin) == 1:
                    look(
                        world,
                        item,
                        twin[0].lines,
                        f"reformatted by {command[0]}",
                        chance,
                        tallies,
                        whole=(text, twin[0].start),
                    )


def formatted(world: World, path: str, command: Sequence[str], folder: Path) -> Lines:
    key = (path, command[0])
    if key not in world.formatted:
        places = os.pathsep.join(
            map(str, (folder / "bin", folder / "node_modules" / ".bin", os.environ.get("PATH", "")))
        )
        program = shutil.which(command[0], path=places)
        text = "\n".join(world.files[path]) + "\n"
        done = None
        if program:
            done = subprocess.run(
                [program, *command[1:]],
                input=text.encode("utf-8", "surrogateescape"),
                capture_output=True,
                check=False,
            )
        world.formatted[key] = split(decode(done.stdout)) if done and done.returncode == 0 else ()
    return world.formatted[key]


def all_regions(path: str, lines: Lines) -> list[Written]:
    return [
        Written(path, lines[region.start - 1 : region.end], region.start - 1, (region.kind, region.name))
        for region in regions(path, lines).regions
    ]


def look(
    world: World, item: Written, lines: Lines, name: str, chance: random.Random, tallies: dict[tuple[str, str], Tally],
    whole: tuple[Lines, int] | None = None,
) -> None:  # fmt: skip
    if not any(line.strip() for line in lines):
        return
    if name not in SUFFIX:
        old = world.files[item.path]
        text, start = whole or (
            (*old[: item.start], *lines, *old[item.start + len(item.lines) :]),
            item.start,
        )
        seen = [0.0] * len(text)
        seen[start : start + len(lines)] = [inf] * len(lines)
        others = [
            other
            for other in all_regions(item.path, text)
            if not start - len(other.lines) < other.start < start + len(lines)
        ]
        for other in others[::2]:
            seen[other.start : other.start + len(other.lines)] = [inf] * len(other.lines)
        written = {other.name for other in world.written if other.path == item.path and other is not item}
        skip = {
            line
            for other in others
            if other.name in written
            for line in range(other.start + 1, other.start + len(other.lines) + 1)
        }
        tally(world, item, item.path, text, start, lines, tallies[name, "own file"], skip, seen)
    host = chance.choice(world.later)
    human = world.files[host]
    at = chance.randrange(len(human))
    path = host + SUFFIX.get(name, "")
    text = (*human[:at], *lines, *human[at:])
    tally(world, item, path, text, at, lines, tallies[name, "moved"], set())
    tally(world, item, path, text, at, lines, tallies[name, "copied"], set(), stands=True)


def tally(
    world: World, item: Written, path: str, text: Lines, start: int, lines: Lines, into: Tally, skip: set[int],
    seen: Sequence[float] | None = None, *, stands: bool = False,
) -> None:  # fmt: skip
    here = set(range(start + 1, start + len(lines) + 1))

    def held(name: str) -> set[int] | None:
        kept = world.files.get(name, ())
        if name == item.path and not stands:
            kept = (*kept[: item.start], *kept[item.start + len(item.lines) :])
        return set(map(value_of, kept))

    def place(kept: Kept) -> Place:
        return Place(kept.path, home=True)

    matches = match(world.store, path, text, Workspace(place, held, world.habits), first_seen=seen)
    claimed = {line: found.kept.path for found in matches for line in each(found.lines)}
    mine = {line for line in here if text[line - 1].strip()}
    right = sum(1 for line in mine if claimed.get(line) == item.path)
    into.regions += 1
    into.found += bool(mine) and right * 2 >= len(mine)
    into.lines += len(mine)
    into.right += right
    human = [
        line for line in range(1, len(text) + 1) if line not in here | skip and (not seen or seen[line - 1])
    ]
    into.other += len(human)
    into.wrong += sum(1 for line in human if line in claimed)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clones", type=Path, nargs="+")
    parser.add_argument("--regions", type=int, default=120, help="written regions a clone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--formatters", type=Path, help="the folder that has them")
    parser.add_argument("--only", default="", help="only changes with this in their name")
    options = parser.parse_args()
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for clone in options.clones:
        chance = random.Random(options.seed)
        world = load(clone.resolve(), options.regions, chance)
        lines = sum(len(item.print.lines) for item in world.store.kept)
        print(
            f"{world.name}: {len(world.written)} regions, {lines} written lines, {len(world.later)} later files",
            file=sys.stderr,
        )
        measure(world, options.only, options.formatters, chance, tallies)
    print(
        "| change | where | regions | found | lines attributed | false positives per million lines |\n|---|---|---|---|---|---|"
    )
    for (name, where), item in tallies.items():
        print(
            f"| {name} | {where} | {item.regions} | {100 * item.found / item.regions:.1f}% | "
            f"{100 * item.right / max(item.lines, 1):.1f}% | {1e6 * item.wrong / max(item.other, 1):.0f} ({item.wrong} of {item.other}) |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
