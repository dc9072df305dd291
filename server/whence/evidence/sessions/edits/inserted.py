"""Inserted text only: what a call added to what was there.

Two questions are answered here. `between` and `hunks` say what one call added to a file. `own` then goes through a
session in order and takes away what had been in front of the tool before and was not its own: lines of an edited
file's original, of a file that it read, of what a person typed. A tool that moves a person's function from one file
to another, or rewrites a whole file, contributes only its new lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from whence.evidence.sessions.edits.marks import marks
from whence.evidence.sessions.interface import Event, Faults, Odd, Read, Written
from whence.matching.idioms import informative, plain
from whence.matching.passages import Block, is_notebook
from whence.text import normal

MAX_DIFF_CELLS = 400_000_000
"""Old lines times new lines that are aligned (50 MB of working memory); beyond it, lines found anywhere in the old
text count as old."""

MAX_KNOWN = 2_000_000
"""Different lines remembered for one session, about 200 MB; the largest real session seen has under 200,000."""

MAX_SEEN = 200_000
"""Lines that are kept as they stood while a session is read, some 20 MB."""

_BLANK = frozenset(marks([""]))

PROPOSED = 60.0
"""Percent of alikeness from which a line that a person changed in a proposal still counts as changed, not as theirs."""


def between(old: Sequence[str], new: Sequence[str]) -> tuple[Block, ...]:
    """The lines of `new` that are not in `old`, in groups. White space makes no difference."""
    if not old:
        return grouped(new, [bool(line.strip()) for line in new])
    before = [normal(line) for line in old]
    after = [normal(line) for line in new]
    added = [True] * len(after)
    if len(before) * len(after) > MAX_DIFF_CELLS:
        there = set(before)
        added = [line not in there for line in after]
    else:
        for step in LCSseq.opcodes(before, after):
            if step.tag == "equal":
                added[step.dest_start : step.dest_end] = [False] * (step.dest_end - step.dest_start)
    return grouped(new, added)


def hunks(patch: Iterable[Sequence[str]]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """The added blocks and the removed lines of a patch; each line starts with ` `, `+` or `-`."""
    blocks: list[Block] = []
    removed: list[str] = []
    for hunk in patch:
        lines: list[str] = []
        added: list[bool] = []
        for line in hunk:
            if line.startswith("-"):
                removed.append(line[1:])
            elif not line.startswith("\\"):
                lines.append(line[1:])
                added.append(line.startswith("+"))
        blocks.extend(grouped(lines, added))
    return tuple(blocks), tuple(removed)


def grouped(lines: Sequence[str], added: Sequence[bool]) -> tuple[Block, ...]:
    """Runs of added lines; a blank line ends no run, and stands at the edge of none."""
    blocks: list[Block] = []
    run: list[int] = []
    before: int | None = None
    last: int | None = None

    def close(after: int | None) -> None:
        if run:
            text = tuple(lines[run[0] : run[-1] + 1])
            above, below = (None if at is None else lines[at] for at in (before, after))
            blocks.append(Block(text, above, below))
            run.clear()

    for index, line in enumerate(lines):
        if not line.strip():
            continue
        if added[index]:
            if not run:
                before = last
            run.append(index)
        else:
            close(index)
        last = index
    close(None)
    return tuple(blocks)


def accepted(
    effect: tuple[Block, ...], proposed: Iterable[str], *, exactly: bool = False
) -> tuple[Block, ...]:
    """What is left of a proposal that a person changed before accepting it: without the lines that they added.

    Lines that are only like a proposed one count as changed by the person, unless `exactly`.
    """
    offered = [text for line in proposed if (text := normal(line))]
    known = set(offered)

    def alike(line: str) -> bool:
        text = normal(line)
        if text in known or exactly:
            return text in known
        return any(fuzz.ratio(text, other, score_cutoff=PROPOSED) for other in offered)

    return tuple(
        part
        for block in effect
        for part in cut(block, [bool(line.strip()) and alike(line) for line in block.lines])
    )


def cut(block: Block, kept: Sequence[bool]) -> tuple[Block, ...]:
    """The parts of a block that are kept, each knowing its neighbours."""
    if all(keep or not line.strip() for keep, line in zip(kept, block.lines, strict=True)):
        return (block,)
    parts = grouped(block.lines, kept)
    if not parts:
        return ()
    first, last = parts[0], parts[-1]
    if first.before is None:
        parts = (replace(first, before=block.before), *parts[1:])
    if last.after is None:
        parts = (*parts[:-1], replace(parts[-1], after=block.after))
    return parts


class Memory:
    """Which lines a session met, and whose they were when it met them first. Lines are known by their marks."""

    def __init__(self, theirs: Iterable[int] = (), own: Iterable[int] = ()) -> None:
        """`theirs` and `own` are what an earlier reading of the session's beginning met."""
        self.theirs = set(theirs)
        self.own = set(own)
        self._new: tuple[list[int], list[int]] = ([], [])
        self._seen: set[str] = set()
        """Lines as they stood, only to spare work: originals come again with every edit of a file."""

    @property
    def full(self) -> bool:
        return len(self.theirs) + len(self.own) > MAX_KNOWN

    def taken(self) -> tuple[list[int], list[int]]:
        """The marks that came since this was asked last: theirs, own."""
        new, self._new = self._new, ([], [])
        return new

    def read(self, lines: Sequence[str], notebook: bool = False) -> None:
        """What stood in front of the tool; a notebook's lines also as their author sees them."""
        if notebook:
            lines = (*lines, *map(plain, lines))
        fresh = set(lines) - self._seen
        if not fresh:
            return
        if len(self._seen) > MAX_SEEN:
            self._seen.clear()
        self._seen |= fresh
        new = set(marks(list(fresh))) - self.own - self.theirs - _BLANK
        self.theirs |= new
        self._new[0].extend(new)

    def write(self, blocks: Iterable[Block], notebook: bool) -> tuple[Block, ...]:
        """The parts of the blocks that are new in this session or its own; they are its own from now on."""
        out: list[Block] = []
        for block in blocks:
            lines = block.lines
            values = marks([plain(line) for line in lines] if notebook else lines)
            if self.theirs.isdisjoint(values):
                out.append(block)
                new = set(values)
            else:
                foreign = [value in self.theirs for value in values]
                out.extend(cut(block, _kept(lines, foreign)))
                new = {value for value, other in zip(values, foreign, strict=True) if not other}
            new = new - self.own  # not in place: that would go through all of `own`
            self.own |= new
            self._new[1].extend(new)
        return tuple(out)


def _kept(lines: Sequence[str], foreign: Sequence[bool]) -> list[bool]:
    """Drop lines that were there before.

    A line that everybody writes proves nothing either way: it goes with its neighbours, and stays only when neither
    the nearest telling line above nor the one below was there before.
    """
    if all(foreign):
        return [False] * len(lines)
    telling = [informative(line) for line in lines]
    size = len(lines)
    above, below = [False] * size, [False] * size
    last = False
    for index in range(size):
        if telling[index]:
            last = foreign[index]
        above[index] = last
    last = False
    for index in reversed(range(size)):
        if telling[index]:
            last = foreign[index]
        below[index] = last
    some = any(tell and not other for tell, other in zip(telling, foreign, strict=True))
    return [
        bool(line.strip()) and (not other or (some and not tell and not above[at] and not below[at]))
        for at, (line, other, tell) in enumerate(zip(lines, foreign, telling, strict=True))
    ]


def handed_on(rows: Sequence[str], told: Iterable[Event]) -> tuple[str, ...]:
    """Those of a subagent's words that stood in front of it before they were its own. `told` are its session's events."""
    memory = Memory()
    for event in told:
        if memory.full:
            break
        if isinstance(event, Read):
            memory.read(event.lines, event.path is not None and is_notebook(event.path))
        elif isinstance(event, Written):
            memory.write(event.blocks, is_notebook(event.path))
    return tuple(row for row, mark in zip(rows, marks(rows), strict=True) if mark in memory.theirs)


def own(events: Iterable[Event], faults: Faults) -> Iterator[Written]:
    """Go through one session's events in order and yield what it wrote itself."""
    memory = Memory()
    for event in events:
        if memory.full:
            faults.add(f"more than {MAX_KNOWN:,} different lines; the rest of the session was left out")
            return
        if isinstance(event, Odd):
            faults.odd(event)
            continue
        if isinstance(event, Read):
            memory.read(event.lines, event.path is not None and is_notebook(event.path))
            continue
        blocks = memory.write(event.blocks, is_notebook(event.path))
        if blocks:
            yield event if blocks == event.blocks else replace(event, blocks=blocks)
