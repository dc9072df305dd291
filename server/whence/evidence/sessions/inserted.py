"""Inserted text only: what a call added to what was there.

Two questions are answered here. `between` and `hunks` say what one call added to a file. `own` then goes through a
session in order and takes away what had been in front of the tool before and was not its own: lines of an edited
file's original, of a file that it read, of what a person typed. A tool that moves a person's function from one file
to another, or rewrites a whole file, contributes only its new lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from whence.evidence.sessions.interface import Event, Faults, Read, Written
from whence.matching.idioms import informative, plain
from whence.matching.passages import Block, is_notebook
from whence.text import normal

MAX_DIFF_CELLS = 400_000_000
"""Old lines times new lines that are aligned (50 MB of working memory); beyond it, lines found anywhere in the old
text count as old."""

MAX_KNOWN = 2_000_000
"""Different lines remembered for one session, about 200 MB; the largest real session seen has under 200,000."""

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


@dataclass(slots=True)
class Memory:
    """Which lines a session met, and whose they were when it met them first.

    Lines are told apart by `hash`, three times cheaper than a digest: nothing of this outlives the session's reading.
    """

    theirs: set[int] = field(default_factory=set)
    own: set[int] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)
    """Lines as they stood: originals come again with every edit of a file."""

    @property
    def full(self) -> bool:
        return len(self._seen) + len(self.own) > MAX_KNOWN

    def read(self, lines: Iterable[str]) -> None:
        seen, own = self._seen, self.own
        for line in lines:
            quick = hash(line)
            if quick not in seen:
                seen.add(quick)
                mark = hash(normal(line))
                if mark not in own:
                    self.theirs.add(mark)

    def write(self, blocks: Iterable[Block], notebook: bool) -> tuple[Block, ...]:
        """The parts of the blocks that are new in this session or its own; they are its own from now on."""
        out: list[Block] = []
        for block in blocks:
            lines = block.lines
            marks = [hash(normal(plain(line) if notebook else line)) for line in lines]
            foreign = [mark in self.theirs for mark in marks]
            out.extend(cut(block, _kept(lines, foreign)) if any(foreign) else (block,))
            self.own.update(mark for mark, other in zip(marks, foreign, strict=True) if not other)
        return tuple(out)


def _kept(lines: Sequence[str], foreign: Sequence[bool]) -> list[bool]:
    """Drop lines that were there before.

    A line that everybody writes proves nothing either way: it goes with its neighbours, and stays only when neither
    the nearest telling line above nor the one below was there before.
    """
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


_NUMBERED = re.compile(r"\s*\d+(?:→|\t|: ?| ?\| ?)|[^\s:]{1,200}:\d+[:-]|\d+-(?=\s)")
"""What tools put in front of lines that they show: `cat -n`, `grep -n`, editors' numbers."""


def as_shown(text: str) -> tuple[str, ...]:
    """The lines of a tool's output, and those same lines without line numbers or a patch's first column."""
    out: list[str] = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        out.append(line)
        number = _NUMBERED.match(line)
        if number:
            out.append(line[number.end() :])
        elif line[0] in "+-":
            out.append(line[1:])
    return tuple(out)


def own(events: Iterable[Event], faults: Faults) -> Iterator[Written]:
    """Go through one session's events in order and yield what it wrote itself."""
    memory = Memory()
    for event in events:
        if memory.full:
            faults.add(f"more than {MAX_KNOWN:,} different lines; the rest of the session was left out")
            return
        if isinstance(event, Read):
            memory.read(event.lines)
            continue
        blocks = memory.write(event.blocks, is_notebook(event.path))
        if blocks:
            yield event if blocks == event.blocks else replace(event, blocks=blocks)
