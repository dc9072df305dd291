"""Read one transcript for the index: from its beginning, or on from where the last reading rested.

What is told since the last rest (see `rest`) is kept too, but only for now: the next reading begins at the rest and
tells it again, for a call that is waiting may still fail, and a proposal may be followed by what came of it.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from typing import Any

from whence.evidence.sessions.edits.inserted import MAX_KNOWN, Memory
from whence.evidence.sessions.interface import Event, Faults, Odd, Read, Reader, Tick, Transcript, Written
from whence.evidence.sessions.keeping import shown, wrote
from whence.evidence.sessions.looking import Fate, fate, identity, look
from whence.evidence.sessions.rest import at_rest, resting, woken
from whence.evidence.sessions.resuming import LineReader, Progress, pending, steps
from whence.index import Identity, Known, Look, Position, Reading, Shown
from whence.matching import prints
from whence.matching.passages import is_notebook
from whence.quick import dataclass

READERS_VERSION = 7
"""Changes when any reader takes something else for written, or for damaged, than before: transcripts are read again then."""

REST_EVERY = 64 * 1024
"""Least bytes between two rests, those at the end of a file: about so much, and what waits, is read again when a transcript grows."""

AT_ONCE = 16 * 1024 * 1024
"""Bytes of a transcript after which what was read is kept, so that little is lost with the process."""

IDLE = 3 * 86_400.0
"""Seconds after which a session is not expected to grow: what it would go on with is not kept. If it does grow, it is
read from its beginning."""


class OverBudget(Exception):  # noqa: N818 - an outcome, not an error
    """No more time."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a reading asks of the index."""

    again: Callable[[Identity], Known | None]
    """What is known of a transcript now."""
    marks: Callable[[Known], tuple[array[int], array[int]]]
    """The marks of its lines: theirs, own."""
    known_blocks: Callable[[set[int]], set[int]]
    """Which of these blocks have a print already."""


@dataclass(slots=True)
class _Told:
    """What was told since something was kept last, in order."""

    writes: list[Written] = field(default_factory=list)
    reads: list[Shown] = field(default_factory=list)
    settled: tuple[int, int] = (0, 0)
    """How many of each stand before the last rest."""
    theirs: list[int] = field(default_factory=list)
    own: list[int] = field(default_factory=list)
    """Marks of the lines before the last rest. Most sessions will not be gone on with, and none of theirs is kept: so no array,
    which takes its time."""

    def take(self, event: Event, memory: Memory, faults: Faults) -> None:
        """Take away what was not the tool's own, and note the rest."""
        if isinstance(event, Odd):
            faults.odd(event)
            return
        if isinstance(event, Read):
            memory.read(event.lines, event.path is not None and is_notebook(event.path))
            if event.path and event.lines:
                self.reads.append(shown(event))
            return
        blocks = memory.write(event.blocks, is_notebook(event.path))
        if blocks:
            self.writes.append(event if blocks == event.blocks else replace(event, blocks=blocks))

    def settle(self, memory: Memory) -> None:
        """What was told so far will not be told again."""
        self.settled = (len(self.writes), len(self.reads))
        theirs, own = memory.taken()
        self.theirs.extend(theirs)
        self.own.extend(own)

    def unsettled(self) -> None:
        """Forget what was told since the last rest."""
        del self.writes[self.settled[0] :], self.reads[self.settled[1] :]


def on_lines(reader: Reader, transcript: Transcript) -> bool:
    """Whether it can be gone on with: a file of its own that only grows, a record a line."""
    plain = not transcript.part and transcript.blobs is None and transcript.path.suffix != ".zst"
    return plain and isinstance(reader, LineReader)


class Harvest:
    """One transcript being read."""

    def __init__(
        self,
        reader: Reader,
        transcript: Transcript,
        known: Known | None,
        shelf: Shelf,
        tick: Tick,
        now: float,
    ) -> None:
        """`tick` may raise OverBudget. `now`: Unix seconds."""
        self._reader, self._transcript, self._known = reader, transcript, known
        self._shelf, self._tick, self._now = shelf, tick, now
        self._identity = identity(reader.source, transcript)
        self._faults = Faults(transcript.shown)
        self._retired: Known | None = None
        self._memory = Memory()
        self._counted = 0
        """Faults that were told."""
        self._cut = 0

    def readings(self) -> Iterator[Reading]:
        """What is to be kept, in parts; each must be kept before the next is asked for.

        Over its budget a transcript that grows by lines gives what it has, not `whole`; any other raises OverBudget.
        """
        lines = on_lines(self._reader, self._transcript)
        try:
            found = self._fate()
            if self._known is not None and self._retires(found, lines):
                self._known, self._retired = None, self._known
            yield from self._on_lines(found is Fate.GROWN) if lines else self._whole()
        except OSError as error:
            self._faults.unread(error)
            yield self._failure()

    def _fate(self) -> Fate | None:
        own = not self._transcript.part and self._transcript.blobs is None
        known = self._known
        return fate(self._transcript, known) if own and known is not None and known.look.head_size else None

    def _retires(self, found: Fate | None, lines: bool) -> bool:
        """Whether the file lost something that it said, which is kept; else what it says now replaces that."""
        if found is None or self._known is None:
            return False
        if lines:
            return found is not Fate.GROWN
        return self._transcript.size < self._known.look.size

    def _whole(self) -> Iterator[Reading]:
        told = _Told()
        for event in self._reader.read(self._transcript, self._faults, self._tick):
            if self._over():
                break
            told.take(event, self._memory, self._faults)
        told.settle(self._memory)
        yield self._part(told, Position(), whole=True, replace=self._known is not None)

    def _on_lines(self, grown: bool) -> Iterator[Reading]:
        reader: Any = self._reader
        progress, resumed = self._begin(reader, grown)
        rest, told = _position(progress), _Told()
        begun, kept_at = rest.offset, rest.offset
        next_rest = self._next_rest(rest.offset)
        whole, faults = True, 0
        try:
            for events in steps(reader, self._transcript, progress, self._faults, self._tick):
                for event in events:
                    told.take(event, self._memory, self._faults)
                if self._over():
                    break
                if progress.offset < next_rest or not resting(progress.state):
                    continue
                position = _position(progress)
                if position.state is None:
                    continue
                rest, next_rest = position, self._next_rest(position.offset)
                faults = self._faults.count
                told.settle(self._memory)
                if rest.offset - kept_at >= AT_ONCE:
                    first = kept_at == begun
                    yield self._part(told, rest, whole=False, replace=first and not resumed)
                    self._known = self._shelf.again(self._identity)
                    if self._known is None or self._known.position != rest:
                        return  # somebody else reads the same
                    kept_at, told, resumed = rest.offset, _Told(), True
        except OverBudget:
            whole = False
            told.unsettled()
        if whole:
            position = _position(progress)
            if position.state is not None:
                rest = position
                faults = self._faults.count
                told.settle(self._memory)
            last = Faults(self._transcript.shown)
            for event in pending(reader, self._transcript, progress, last, self._tick):
                told.take(event, self._memory, self._faults)
            self._cut = progress.line + 1 if last.count else 0
            # A fault after the rest may be mended: where reading went on from there, nobody would see that it is gone.
            if self._now - self._transcript.changed > IDLE or self._faults.count > faults:
                rest = Position(rest.offset, rest.line)
        yield self._part(told, rest, whole=whole, replace=not resumed)

    def _next_rest(self, offset: int) -> int:
        """Where to rest next: the closer to the end, the sooner, for only the last rest is gone on from."""
        return offset + max(REST_EVERY, min((self._transcript.size - offset) // 4, AT_ONCE))

    def _begin(self, reader: Any, grown: bool) -> tuple[Progress[Any], bool]:
        """Where to go on, or the beginning; and which."""
        known = self._known
        versions = (READERS_VERSION, prints.VERSION)
        if known is not None and grown and known.position.state and (known.readers, known.prints) == versions:
            later = woken(reader.begin(self._transcript), known.position.state)
            if later is not None:
                self._memory = Memory(*self._shelf.marks(known))
                return Progress(later, known.position.offset, known.position.line), True
        return Progress(reader.begin(self._transcript)), known is None

    def _over(self) -> bool:
        if not self._memory.full:
            return False
        self._faults.add(f"more than {MAX_KNOWN:,} different lines; the rest of the session was left out")
        return True

    def _part(self, told: _Told, position: Position, *, whole: bool, replace: bool) -> Reading:
        faults = self._faults
        part = Reading(
            self._identity,
            self._transcript.shown,
            self._known,
            look(self._transcript, position.offset),
            position,
            READERS_VERSION,
            whole=whole,
            replace=replace,
            retired=self._retired,
            wrote=wrote(told.writes, self._transcript.shown, told.settled[0], self._shelf.known_blocks),
            read=[_unsettled(one, at >= told.settled[1]) for at, one in enumerate(told.reads)],
            theirs=array("Q", told.theirs if position.state is not None else ()),
            own=array("Q", told.own if position.state is not None else ()),
            problems=faults.count - self._counted,
            problem=faults.first,
            hint="; ".join(faults.hints),
            cut=self._cut,
        )
        self._counted = faults.count
        return part

    def _failure(self) -> Reading:
        """It cannot be read now; what it said before stays."""
        seen = Look(self._transcript.size, self._transcript.changed)
        faults = self._faults
        return Reading(
            self._identity, self._transcript.shown, self._known, seen, Position(), READERS_VERSION, whole=False, failed=True,
            problems=faults.count, problem=faults.first, hint="; ".join(faults.hints),
        )  # fmt: skip


def _position(progress: Progress[Any]) -> Position:
    return Position(progress.offset, progress.line, at_rest(progress.state))


def _unsettled(one: Shown, yes: bool) -> Shown:
    return replace(one, settled=False) if yes else one
