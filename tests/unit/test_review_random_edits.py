"""Reviews under a thousand random histories: what changed loses its cover, what stayed keeps it.

Each line of the model remembers what it was when it was reviewed, so the test knows the truth without looking at any
text. Where text alone cannot tell (which of two equal `}` is the new one?), the numbers must still be right. Branches
are merged by git itself, which carries each line's identity along in front of its text.
"""

from __future__ import annotations

import random
import subprocess
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise
from pathlib import Path

import pytest

from whence.model import Region
from whence.ranges import each, from_lines
from whence.review import Draft, Ledger, Review
from whence.review.recording import compose
from whence.review.runs import ANCHOR, REACH, STRONG, STRONG_LINES
from whence.text import normal

HOME, AWAY = "models/attention.py", "models/moved.py"

COMMON = ("return None", "}", "else:", "pass", "break", "end", "});", "return x", "try:", "")
WORDS = (
    "value",
    "total",
    "shape",
    "mask",
    "heads",
    "query",
    "cache",
    "index",
    "batch",
    "weight",
    "loss",
    "token",
)


@dataclass(frozen=True)
class Line:
    text: str
    origin: int | None = None
    """Its place in the file when the review was made; None once it is a new or changed line."""
    identity: int = 0
    """Never shared by two lines of one file, but by the same line on two branches."""
    copy: bool = False
    """Two branches moved the same line to two places, and the merge kept both."""

    @property
    def weight(self) -> int:
        return sum(map(str.isalnum, self.text))


class World:
    """Two files and the ways in which people change them."""

    def __init__(self, seed: int, scratch: Path) -> None:
        self.random = random.Random(seed)
        self.scratch = scratch
        self.done: Counter[str] = Counter()
        self.fresh = count()
        self.identities = count(1_000)
        size = self.random.randint(6, 40)
        head, tail = self.random.randint(0, 12), self.random.randint(0, 12)
        texts = [self.statement() for _ in range(head + size + tail)]
        if self.random.random() < 0.5:  # some statements stand twice
            for _ in range(3):
                texts[self.random.randrange(len(texts))] = self.random.choice(texts)
        self.original = texts
        self.region = Region("function", "attend", head + 1, head + size)
        wanted = [number for number in range(head + 1, head + size + 1) if self.random.random() < 0.95]
        if self.random.random() < 0.3:  # a human's part in the middle
            middle = head + size // 2
            wanted = [number for number in wanted if not middle <= number < middle + 4]
        reviewed = sorted(number - 1 for number in wanted if texts[number - 1].strip())
        cut = len(reviewed) // 2 if self.random.random() < 0.3 and len(reviewed) > 8 else len(reviewed)
        self.reviews = [set(part) for part in (reviewed[:cut], reviewed[cut:]) if part]
        """What each reviewer has read, as places in the original."""
        self.files = {
            HOME: [Line(text, place, place) for place, text in enumerate(texts)],
            AWAY: [self.new(self.statement()) for _ in range(self.random.randint(0, 15))],
        }

    def new(self, text: str) -> Line:
        return Line(text, identity=next(self.identities))

    def statement(self) -> str:
        """A line as code has them: some say nothing, the rest are like no other."""
        draw = self.random.random()
        if draw < 0.3:
            return self.random.choice(COMMON)
        words = self.random.choices(WORDS, k=self.random.randint(0, 6))
        return f"v{next(self.fresh)} = " + " + ".join([*words, str(self.random.randint(0, 9))])

    def step(self, lines: list[Line], away: list[Line] | None) -> None:
        """One random edit, in place."""
        pick = self.random
        at = pick.randrange(len(lines) + 1)
        kind = pick.choice(("change", "delete", "grow", "common", "move", "format", "repeat", "leave"))
        self.done[kind] += 1
        if kind == "change" and at < len(lines):
            lines[at] = self.new(self.statement() + f" # {next(self.fresh)}")
        elif kind == "delete":
            del lines[at : at + pick.randint(1, 3)]
        elif kind == "grow":
            lines[at:at] = [self.new(self.statement()) for _ in range(pick.randint(1, 5))]
        elif kind == "common":
            lines[at:at] = [self.new(pick.choice(COMMON))]
        elif kind == "move" or (kind == "leave" and away is not None):
            size = pick.randint(1, 8)
            block = lines[at : at + size]
            if weight_of(block) >= ANCHOR:
                del lines[at : at + size]
                goal = lines if kind == "move" or away is None else away
                to = pick.randrange(len(goal) + 1)
                goal[to:to] = block
        elif kind == "format":
            lines[:] = [replace(line, text=self.spaced(line.text)) for line in lines]
            lines.insert(at, self.new(pick.choice(("", "   ", "\t"))))
        elif kind == "repeat" and at < len(lines):
            lines.insert(pick.randrange(len(lines) + 1), self.new(lines[at].text))

    def spaced(self, text: str) -> str:
        """The same line as another formatter would write it."""
        if not text.strip():
            return text
        draw = self.random.random()
        body = text.strip()
        if draw < 0.3:
            body = body.replace(" + ", "+").replace(" = ", "=")
        elif draw < 0.6:
            body = body.replace("+", " +\t").replace("=", "  = ")
        return self.random.choice(("", "    ", "\t\t")) + body + self.random.choice(("", "  ", "\r"))

    def edit(self) -> None:
        """A random history: edits, blocks that leave for another file, a rename, branches that git merges."""
        home = self.files[HOME]
        for _ in range(self.random.randint(1, 12)):
            draw = self.random.random()
            if draw < 0.15 and home:
                self.merge(home)
            elif draw < 0.18 and home:
                self.files[AWAY][:0] = home
                home.clear()
                self.done["rename"] += 1
            elif home:
                self.step(home, self.files[AWAY])

    def merge(self, home: list[Line]) -> None:
        """Two branches change the same file, anywhere in it; git merges them, and a person takes one side of conflicts."""
        ours, theirs = list(home), list(home)
        for branch in (ours, theirs):
            for _ in range(self.random.randint(1, 3)):
                if branch:
                    self.step(branch, None)
        files = []
        for name, lines in (("ours", ours), ("base", home), ("theirs", theirs)):
            # A carriage return would be a line ending to git, and is one to nobody else here.
            text = "".join(f"{line.identity}\t{line.text}\n".replace("\r", "\x0b") for line in lines)
            files.append(self.scratch / name)
            files[-1].write_text(text, encoding="utf-8", newline="\n")
        side = self.random.choice(("--ours", "--theirs", "--union"))
        merged = subprocess.run(
            ["git", "merge-file", "-p", "-q", side, *map(str, files)], capture_output=True, check=True
        )
        known = {line.identity: line for line in (*home, *ours, *theirs)}
        seen: set[int] = set()
        home.clear()
        for row in merged.stdout.decode().replace("\x0b", "\r").splitlines(keepends=True):
            number, _, text = row.rstrip("\n").partition("\t")
            line = replace(known[int(number)], text=text)
            home.append(replace(line, copy=True) if line.identity in seen else line)
            seen.add(line.identity)
        self.done["merge"] += 1
        self.done["merged copies"] += sum(line.copy for line in home)


def weight_of(lines: list[Line]) -> int:
    return sum({normal(line.text): line.weight for line in lines}.values())


def runs(solid: list[Line], stored: list[int]) -> list[list[int]]:
    """Stretches of unchanged lines that still follow one another as they did in the review."""
    after = {place: stored[index + 1] for index, place in enumerate(stored[:-1])}
    out: list[list[int]] = []
    for index, line in enumerate(solid):
        if line.origin is None or line.origin not in set(stored):
            continue
        if out and out[-1][-1] == index - 1 and after.get(solid[index - 1].origin) == line.origin:
            out[-1].append(index)
        else:
            out.append([index])
    return out


def findable(
    solid: list[Line], stored: list[int], original: list[str], places: set[int], *, home: bool
) -> set[int]:
    """Unchanged lines whose identity can be told from the text: they stand in a stretch that says enough."""
    often = Counter(normal(original[place]) for place in stored)
    here = Counter(normal(line.text) for line in solid)
    stretches = runs(solid, stored)
    telling = []
    for run in stretches:
        part = [solid[index] for index in run]
        alone = [line for line in part if often[normal(line.text)] == 1 == here[normal(line.text)]]
        if weight_of(alone) >= ANCHOR:
            telling.append(run)
    if home:
        found = sum(map(len, telling))
        weight = sum(weight_of([solid[index] for index in run]) for run in telling)
        alive = found >= len(stored) / 3 or weight >= 40
        return (
            {index for run in telling for index in run} | between(solid, telling, stored, original, places)
            if alive
            else set()
        )
    return {
        index
        for run in telling
        for index in run
        if len(run) >= STRONG_LINES and weight_of([solid[index] for index in run]) >= STRONG
    }


def between(
    solid: list[Line], telling: list[list[int]], stored: list[int], original: list[str], places: set[int]
) -> set[int]:
    """Unchanged lines, however little they say, that stand in order between two stretches that are sure.

    Not those of which an equal line that was not under review stood there too and is gone: which of the two it was,
    the text does not tell.
    """
    out: set[int] = set()
    for before, after in pairwise(telling):
        gap = solid[before[-1] + 1 : after[0]]
        first, last = solid[before[-1]].origin, solid[after[0]].origin
        known = {normal(original[place]) for place in stored}
        kept = [line.origin for line in gap if line.origin in stored]
        in_order = kept == sorted(kept) and all(first < place < last for place in kept)
        lookalikes = [line for line in gap if line.origin not in stored and normal(line.text) in known]
        lost = {
            normal(original[place])
            for place in stored
            if first < place < last and place not in kept and place not in places
        }
        if first < last and in_order and not lookalikes:
            out.update(
                index
                for index in range(before[-1] + 1, after[0])
                if solid[index].origin in stored and normal(solid[index].text) not in lost
            )
    return out


def check(seed: int, scratch: Path) -> tuple[int, int, int, Counter[str]]:
    """One history; how many reviewed lines stayed, changed, and are covered, and what was done to them."""
    world = World(seed, scratch)
    people = ("Ann <ann@example.org>", "Bob <bob@example.org>")
    reviews = [
        compose(Draft(HOME, world.region, world.original, from_lines(place + 1 for place in places), who))
        for places, who in zip(world.reviews, people, strict=False)
    ]
    ledger = Ledger.of(reviews)
    world.edit()
    kept = changed = covered = 0
    for review, places in zip(reviews, world.reviews, strict=True):
        one = check_review(f"seed {seed}, {review.reviewer}", world, ledger, review, places)
        kept, changed, covered = kept + one[0], changed + one[1], covered + one[2]
    return kept, changed, covered, world.done


def check_review(
    title: str, world: World, ledger: Ledger, review: Review, places: set[int]
) -> tuple[int, int, int]:
    """One review after one history."""
    texts = world.original
    solid_places = [place for place, text in enumerate(texts) if text.strip()]
    near = {
        other
        for index, place in enumerate(solid_places)
        if place in places
        for other in solid_places[max(0, index - 4) : index + 5]
    }
    stored = [place for place in solid_places if place in near]
    kept = changed = covered_count = 0
    reviewed_often = Counter(normal(texts[place]) for place in places)
    for path, lines in world.files.items():
        present = [line.text.removesuffix("\r") for line in lines]
        numbers = [number for number, line in enumerate(lines, start=1) if line.text.strip()]
        solid = [lines[number - 1] for number in numbers]
        asked = [
            number
            for number, line in enumerate(lines, start=1)
            if line.origin is None or line.origin in places
        ]
        answer = [
            item for item in ledger.cover(path, present, from_lines(asked)) if item.review.id == review.id
        ]
        covered = {number for item in answer for number in each(item.lines)}
        in_cover = {index for index, number in enumerate(numbers) if number in covered}
        by_text: dict[str, list[int]] = defaultdict(list)
        for index, line in enumerate(solid):
            if line.origin is None or line.origin in places:
                by_text[normal(line.text)].append(index)
        certain = {
            index
            for index in findable(solid, stored, texts, places, home=path == HOME)
            if solid[index].origin in places
        }
        for form, indexes in by_text.items():
            mine = in_cover.intersection(indexes)
            where = f"{title}, {path}, {form!r}"
            if form not in reviewed_often:
                assert not mine, f"{where}: covered, but nobody reviewed such a line"
                continue
            sure = certain.intersection(indexes)
            # Of a line that a merge kept twice, one has to stay covered.
            lines_sure = {solid[index].identity for index in sure}
            assert len(mine) >= len(lines_sure), f"{where}: unchanged, but lost its cover"
            copies = sum(solid[index].copy for index in indexes)
            if len(indexes) == len(sure) and not copies:
                assert mine == sure, where
            assert len(mine) <= reviewed_often[form] + copies, f"{where}: covered {len(mine)} times"
        check_neighbours(title, solid, in_cover, {normal(texts[place]) for place in near})
        kept += len(certain)
        changed += sum(line.origin is None for line in solid)
        covered_count += len(in_cover)
    return kept, changed, covered_count


def check_neighbours(title: str, solid: Sequence[Line], in_cover: set[int], near: set[str]) -> None:
    """A new line that says little is covered only where it took the place of an equal one among reviewed lines.

    `near` are the normal forms of the stored lines: text that reads the same is the same to everybody.
    """
    for index in in_cover:
        if solid[index].origin is None and solid[index].weight < ANCHOR:
            around = [*solid[max(0, index - REACH - 1) : index], *solid[index + 1 : index + REACH + 2]]
            between = any(normal(line.text) in near for line in solid[:index]) and any(
                normal(line.text) in near for line in solid[index + 1 :]
            )
            assert between or any(normal(line.text) in near for line in around), (
                f"{title}: covered by accident"
            )


OFTEN = {
    "change": 300, "delete": 300, "grow": 300, "common": 300, "move": 300, "format": 300, "repeat": 300, "leave": 300,
    "merge": 500, "rename": 100,
}  # fmt: skip


@pytest.fixture(scope="module")
def counted() -> Counter[str]:
    """What the histories of this module did to their files."""
    return Counter()


@pytest.mark.parametrize("block", range(10))
def test_random_histories_never_cover_changed_lines_and_never_drop_unchanged_ones(
    block: int, tmp_path: Path, counted: Counter[str]
) -> None:
    """A hundred histories a block, a thousand in all, each with up to twelve edits, moves and merges by git."""
    kept = changed = covered = 0
    for seed in range(block * 100, block * 100 + 100):
        one = check(seed, tmp_path)
        kept, changed, covered = kept + one[0], changed + one[1], covered + one[2]
        counted.update(one[3])
        counted["histories"] += 1
    assert kept > 800
    assert changed > 500
    assert covered >= kept


@pytest.mark.parametrize("seed", [1153, 1211, 1576, 4875, 6050, 7401, 10528, 29310])
def test_an_equal_line_elsewhere_takes_nobodys_place(seed: int, tmp_path: Path) -> None:
    """Histories beyond the thousand in which it would, if lines were not given back to their old neighbours."""
    check(seed, tmp_path)


def test_the_histories_held_everything_that_people_do(counted: Counter[str]) -> None:
    """Moves, reformatting, growth, renames and merges by git, each hundreds of times in the thousand histories."""
    if counted["histories"] < 1000:
        pytest.skip("only some of the blocks were run")
    short = {kind: counted[kind] for kind, often in OFTEN.items() if counted[kind] < often}
    assert not short
    assert counted["merged copies"] > 0
