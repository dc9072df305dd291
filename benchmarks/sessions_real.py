"""How many of the lines that a session wrote are recognised in the commit that holds them, and how many wrongly?

    python benchmarks/sessions_real.py CLONE... [--half tune|report|all] [--without COMMIT...] [--keep DIR] [--show N]

The clones commit transcripts next to the code (Entire's branch `entire/checkpoints/v1`). For each commit whose message
names a checkpoint, the files that it changed are matched, as they stand in it, against everything that all sessions of
the repository wrote. Only lines that the commit added count, of 8 characters and more without white space; its other
lines are dated before every session. The link between commit and checkpoint is the truth and no evidence.

    contained    the line stands, white space aside, in text that a linked session wrote by a call that succeeded,
                 whoever had it first: what a perfect matcher could know
    new          of these, those that no earlier commit on any branch added anywhere: a line that was there before may have
                 been moved, repeated or restored, and who wrote it then is not known
    own          of the new ones, those that no linked session had been shown before it wrote them: what it read and
                 wrote again was there, whoever wrote it
    recall       of all three, those that are claimed
    right        of all added lines that are claimed, those that stand in a linked session's written text, exactly or
                 edited: of the others no truth is known, they are listed by kind

Every second checkpoint, by its id, belongs to the half on which thresholds were chosen ("tune"); the default is to
report the other half.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from math import inf
from pathlib import Path

from sessions_data import CHECKPOINT, Corpus, blobs, corpus, store, text, tree

from whence.evidence.sessions.paths import Placing, Roots
from whence.evidence.sessions.strength import band
from whence.matching.habits import Habits, learned
from whence.matching.lines import values_of
from whence.matching.matcher import match
from whence.matching.memory import MemoryStore
from whence.matching.passages import Place
from whence.matching.store import Kept
from whence.matching.values import Kind, Likeness
from whence.matching.workspace import Workspace
from whence.ranges import each
from whence.text import decode, is_binary, split

LEAST_CLAIMS = 30
"""Claims of a kind from which on its strength is measured."""
LEAST = 8
"""Characters of a line that counts."""
HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@")


Cell = tuple[str, str, float]
"""Kind, likeness, least similarity: what a strength is measured for."""


@dataclass
class Figures:
    commits: int = 0
    added: int = 0
    contained: int = 0
    found: int = 0
    new: int = 0
    new_found: int = 0
    own: int = 0
    own_found: int = 0
    claimed: int = 0
    right: int = 0
    by_commit: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    cells: Counter[Cell] = field(default_factory=Counter)
    right_cells: Counter[Cell] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    wrong_kinds: Counter[str] = field(default_factory=Counter)


def linked(clone: Path) -> list[tuple[str, float, set[str]]]:
    """(commit, author time, checkpoints) of each commit without merges on any branch, each patch once."""
    out = []
    seen = set()
    log = text(
        clone, "log", "--all", "--no-merges", "--grep=Entire-Checkpoint", "--format=%H%x00%at%x00%T%x00%B%x01"
    )
    for entry in log.split("\x01"):
        parts = entry.strip("\n").split("\x00")
        if len(parts) == 4 and (names := set(CHECKPOINT.findall(parts[3]))) and parts[2] not in seen:
            seen.add(parts[2])
            out.append((parts[0], float(parts[1]), names))
    return out


def added(clone: Path, commit: str) -> dict[str, set[int]]:
    """Path to the numbers of the lines that a commit added."""
    found: dict[str, set[int]] = {}
    path = ""
    for row in text(clone, "show", "-U0", "--no-renames", "--format=", "--no-color", commit).split("\n"):
        if row.startswith("+++ "):
            path = row[6:] if row.startswith("+++ b/") else ""
        elif path and (hunk := HUNK.match(row)):
            first, size = int(hunk[1]), int(hunk[2] or 1)
            found.setdefault(path, set()).update(range(first, first + size))
    return found


def first_seen(clone: Path, tips: list[str]) -> dict[int, float]:
    """When any commit behind these added a line first, by the hash of the line without white space."""
    found: dict[int, float] = {}
    moment = 0.0
    how = ("log", "--no-merges", "-p", "-U0", "--no-renames", "--no-color", "--format=%x00%at", "--stdin")
    with subprocess.Popen(
        ["git", "-C", str(clone), *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n".join(tips).encode() + b"\n")
        process.stdin.close()
        for row in process.stdout:
            if row.startswith(b"\0"):
                moment = float(row[1:])
            elif row.startswith(b"+") and not row.startswith(b"+++ "):
                mark = hash("".join(decode(row[1:]).split()))
                found[mark] = min(moment, found.get(mark, moment))
    return found


class Bench:
    def __init__(self, clone: Path, data: Corpus) -> None:
        self.clone = clone
        self.data = data
        self.store: MemoryStore = store(data.writes)
        name = clone.parent.name.rpartition("+")[2] if clone.name == "repo" else clone.name
        head = tree(clone, "HEAD")
        self.placing = Placing.learned(
            [(item.path, item.cwd) for item in data.writes], Roots(("/nowhere",), name, "", tuple(head))
        )
        self.places = {item.number: self.placing.place(item.path, item.cwd) for item in self.store.kept}
        first = min(item.time.timestamp() for item in data.writes if item.time)
        self.habits = self._habits(first)
        self.first = first_seen(clone, ["HEAD", *(commit for commit, _, _ in linked(clone))])

    def _habits(self, first: float) -> Habits:
        """The text before the first session, and what is common at HEAD."""
        commit = text(self.clone, "rev-list", "-1", f"--before={int(first)}", "HEAD").strip()
        before = self._texts(commit) if commit else []
        now = self._texts("HEAD")
        return learned(before, now, sum(map(len, before)) + sum(map(len, now)))

    def _texts(self, revision: str) -> list[tuple[str, ...]]:
        names = tree(self.clone, revision)
        return [split(decode(data)) for data in blobs(self.clone, names.values()) if not is_binary(data)]

    def run(self, half: str, without: Iterable[str] = ()) -> Figures:
        figures = Figures()
        for commit, moment, names in linked(self.clone):
            if commit.startswith(tuple(without)):
                continue
            known = {name for name in names if name in self.data.told}
            sessions = {session for name in known for session in self.data.told[name]}
            even = int(min(names), 16) % 2 == 0
            if sessions and half in ("all", "tune" if even else "report"):
                self._commit(commit, moment, sessions, figures)
        return figures

    def _commit(self, commit: str, moment: float, sessions: set[str], figures: Figures) -> None:
        contained = set().union(*(self.data.contained[session] for session in sessions))
        own = set().union(*(self.data.own.get(session, set()) for session in sessions))
        at = tree(self.clone, commit)
        files = {path: lines for path, lines in added(self.clone, commit).items() if path in at}

        @cache
        def held(path: str) -> frozenset[int] | None:
            if path not in at:
                return None
            (data,) = blobs(self.clone, [at[path]])
            return frozenset(values_of(split(decode(data))))

        def place(kept: Kept) -> Place:
            return self.places[kept.number]

        figures.commits += 1
        before = (figures.new, figures.new_found)
        for (path, new), data in zip(
            files.items(), blobs(self.clone, [at[path] for path in files]), strict=True
        ):
            lines = split(decode(data))
            if is_binary(data) or len(data) > 2_000_000:
                continue
            seen = [moment if number in new else -inf for number in range(1, len(lines) + 1)]
            matches = match(self.store, path, lines, Workspace(place, held, self.habits), first_seen=seen)
            claimed = {number: item for item in matches for number in each(item.lines)}
            for number in sorted(new):
                if number > len(lines):
                    continue
                plain = "".join(lines[number - 1].split())
                if len(plain) < LEAST:
                    continue
                figures.added += 1
                item = claimed.get(number)
                if item is not None:
                    kind = f"{item.kind.name} {item.likeness.name}"
                    figures.claimed += 1
                    figures.kinds[kind] += 1
                    near = {item.kept.session, *(other.session for other in item.also)} & sessions
                    cell = (item.kind.name, item.likeness.name, band(item.similarity))
                    figures.cells[cell] += 1
                    if plain in contained or near:
                        figures.right += 1
                        figures.right_cells[cell] += 1
                    else:
                        figures.wrong_kinds[kind] += 1
                        figures.doubtful.append(
                            f"{commit[:8]} {path}:{number} {kind} {lines[number - 1].strip()[:90]}"
                        )
                if plain in contained:
                    figures.contained += 1
                    figures.found += item is not None
                    if self.first.get(hash(plain), moment) < moment:
                        continue
                    figures.new += 1
                    figures.new_found += item is not None
                    figures.own += plain in own
                    figures.own_found += plain in own and item is not None
                    if item is None:
                        figures.missed.append(
                            f"{commit[:8]} {path}:{number} {'' if plain in own else 'shown first '}"
                            f"{lines[number - 1].strip()[:100]}"
                        )
        if figures.new > before[0]:
            figures.by_commit.append((figures.new_found - before[1]) / (figures.new - before[0]))


def write(place: Path, how: str, clones: Iterable[str], cells: Counter[Cell], right: Counter[Cell]) -> None:
    """The strengths file: of each cell with enough claims the lower end of the 95% interval of its precision."""
    out = [
        "# Written by benchmarks/sessions_real.py --strengths: how often a claim was right, by how its text was found.",
        f'benchmark = "benchmarks/sessions_real.py {how}, on {" and ".join(clones)}"',
        f"least_claims = {LEAST_CLAIMS}",
    ]
    for cell in sorted(cells, key=lambda cell: (Kind[cell[0]], Likeness[cell[1]], -cell[2])):
        if cells[cell] >= LEAST_CLAIMS:
            kind, likeness, least = cell
            out += [
                "",
                "[[strength]]",
                f'kind = "{kind}"',
                f'likeness = "{likeness}"',
                f"least_similarity = {least}",
                f"claimed = {cells[cell]}",
                f"right = {right[cell]}",
                f"confidence = {lower(right[cell], cells[cell]):.3f}",
            ]
    place.write_text("\n".join(out) + "\n", "utf-8")


def lower(right: int, claimed: int) -> float:
    """The lower end of Wilson's interval."""
    z, share = 1.96, right / claimed
    middle = share + z * z / (2 * claimed)
    spread: float = z * ((share * (1 - share) + z * z / (4 * claimed)) / claimed) ** 0.5
    return (middle - spread) / (1 + z * z / claimed)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clones", type=Path, nargs="+")
    parser.add_argument("--half", choices=("tune", "report", "all"), default="report")
    parser.add_argument("--keep", type=Path, help="a folder in which what was read is kept for the next run")
    parser.add_argument(
        "--without", nargs="+", default=[], metavar="COMMIT", help="commits that carry other sessions' text"
    )
    parser.add_argument("--show", type=int, default=0, help="so many missed and doubtful lines of each clone")
    parser.add_argument(
        "--strengths", type=Path, help="write the measured strengths of evidence into this file"
    )
    options = parser.parse_args()
    cells: Counter[Cell] = Counter()
    right: Counter[Cell] = Counter()
    names: list[str] = []
    print(
        "| repository | transcripts, MB | written lines | commits | added lines | contained | recall | new | recall | own | recall | median commit | claimed | right |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for clone in options.clones:
        data = corpus(clone.resolve(), options.keep)
        bench = Bench(clone.resolve(), data)
        seen = bench.run(options.half, options.without)
        cells += seen.cells
        right += seen.right_cells
        names.append(
            clone.resolve().parent.name.replace("+", "/")
            if clone.resolve().name == "repo"
            else clone.resolve().name
        )
        ranked = sorted(seen.by_commit)
        print(
            f"| {clone.resolve().parent.name if clone.resolve().name == 'repo' else clone.resolve().name} | {data.read}, {data.bytes >> 20} | "
            f"{sum(len(item.lines) for item in data.writes)} | {seen.commits} | {seen.added} | {seen.contained} | "
            f"{100 * seen.found / max(seen.contained, 1):.2f}% | {seen.new} | {100 * seen.new_found / max(seen.new, 1):.2f}% | {seen.own} | {100 * seen.own_found / max(seen.own, 1):.2f}% | {100 * ranked[len(ranked) // 2] if ranked else 0:.1f}% | {seen.claimed} | "
            f"{100 * seen.right / max(seen.claimed, 1):.2f}% |"
        )
        print(
            f"  claims: {dict(seen.kinds.most_common())}; of no known truth: {dict(seen.wrong_kinds.most_common())}",
            file=sys.stderr,
        )
        step = max(1, len(seen.missed) // options.show) if options.show else 0
        for line in seen.missed[::step] if step else ():
            print("  missed", line, file=sys.stderr)
        step = max(1, len(seen.doubtful) // options.show) if options.show else 0
        for line in seen.doubtful[::step] if step else ():
            print("  doubtful", line, file=sys.stderr)
    if options.strengths:
        how = " ".join([f"--half {options.half}", *(f"--without {commit}" for commit in options.without)])
        write(options.strengths, how, names, cells, right)
    return 0


if __name__ == "__main__":
    sys.exit(main())
