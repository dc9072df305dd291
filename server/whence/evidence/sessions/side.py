"""Read back what a session wrote, from the tool's own transcript, and lay it beside what stands in a file now.

The index keeps no text: only where each write stands in its transcript. So this works for as long as the transcript is
there, and says why where it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rapidfuzz.distance import LCSseq

from whence.evidence.sessions.edits.inserted import own
from whence.evidence.sessions.interface import Faults, Places, Reader, Transcript, Written
from whence.evidence.sessions.looking import identity
from whence.evidence.sessions.readers import here
from whence.index import Identity, Origin
from whence.matching.idioms import plain
from whence.matching.passages import is_notebook
from whence.quick import dataclass
from whence.repo import GitError
from whence.text import normal

AROUND = 8
"""Pairs of lines that are shown above and below the one that was asked for."""

MAX_LINES = 20_000
"""Lines of one write that are compared."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A written line and a present one; one of them may be missing."""

    written: str | None
    number: int | None
    """Of the present line, 1-based."""
    present: str | None
    same: bool
    """White space aside."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What was read back."""

    pairs: tuple[Pair, ...] = ()
    why: str = ""
    """Why there is nothing to show; empty where there is."""


def beside(
    origin: Origin,
    present: Mapping[int, str],
    line: int,
    path: str,
    places: Places,
    readers: Sequence[Reader] | None = None,
) -> Beside:
    """What a write inserted beside the present lines (by number) that come from it, around one of these."""
    if origin.shared:
        return Beside(why="what colleagues share holds no text")
    found = _found(origin, places, here(places) if readers is None else readers)
    if isinstance(found, str):
        return Beside(why=found)
    reader, transcript = found
    lines = _written(origin, reader, transcript)
    if not lines:
        return Beside(why=f"{origin.locator.shown} does not hold it any more; the index keeps no text")
    if is_notebook(path):
        lines = [plain(one) for one in lines]
        present = {number: plain(text) for number, text in present.items()}
    return Beside(tuple(_near(list(_pairs(lines[:MAX_LINES], present)), line)))


def _found(origin: Origin, places: Places, readers: Sequence[Reader]) -> tuple[Reader, Transcript] | str:
    """The transcript behind a write, or why it is not there."""
    locator = origin.locator
    wanted = Identity(locator.source, locator.path, locator.part)
    for reader in readers:
        if reader.source != locator.source:
            continue
        try:
            for transcript in reader.locate(places).transcripts:
                if identity(reader.source, transcript) == wanted:
                    return reader, transcript
        except (OSError, GitError) as error:
            return f"{locator.shown} cannot be read: {error}"
    return f"its transcript is gone ({locator.shown}), but the index remembers it; the index keeps no text"


def _written(origin: Origin, reader: Reader, transcript: Transcript) -> list[str]:
    """The lines that a write inserted, of whatever can be read."""
    locator = origin.locator
    faults = Faults(transcript.shown)
    out: list[str] = []
    try:
        for one in own(reader.read(transcript, faults, lambda _: None), faults):
            if _is(one, origin):
                out += [text for block in one.blocks for text in block.lines]
            elif out and locator.line and one.locator.line > locator.line:
                break
    except (OSError, GitError):
        pass
    return out


def _is(one: Written, origin: Origin) -> bool:
    there, locator = one.locator, origin.locator
    return (
        (there.line, there.offset, there.record) == (locator.line, locator.offset, locator.record)
        and one.path == origin.path
        and one.session == origin.session
    )


def _pairs(written: Sequence[str], present: Mapping[int, str]) -> Iterator[Pair]:
    """Both sides in order: equal lines beside each other, and between them what became of the others."""
    there = [text for text in written if text.strip()]
    here = [(number, text) for number, text in sorted(present.items()) if text.strip()]
    steps = LCSseq.opcodes([normal(text) for text in there], [normal(text) for _, text in here])
    left: list[str] = []
    right: list[tuple[int, str]] = []
    for step in steps:
        if step.tag == "equal":
            yield from _unlike(left, right)
            left, right = [], []
            rows = zip(
                there[step.src_start : step.src_end], here[step.dest_start : step.dest_end], strict=True
            )
            for one, (number, text) in rows:
                yield Pair(one, number, text, same=True)
        else:
            left += there[step.src_start : step.src_end]
            right += here[step.dest_start : step.dest_end]
    yield from _unlike(left, right)


def _unlike(left: Sequence[str], right: Sequence[tuple[int, str]]) -> Iterator[Pair]:
    """Lines between equal ones: where there are as many on both sides, each beside what became of it."""
    if len(left) == len(right):
        for one, (number, text) in zip(left, right, strict=True):
            yield Pair(one, number, text, same=False)
        return
    yield from (Pair(one, None, None, same=False) for one in left)
    yield from (Pair(None, number, text, same=False) for number, text in right)


def _near(pairs: Sequence[Pair], line: int) -> Sequence[Pair]:
    """Those around a present line."""
    at = next((at for at, pair in enumerate(pairs) if (pair.number or 0) >= line), 0)
    return pairs[max(0, at - AROUND) : at + AROUND + 1]
