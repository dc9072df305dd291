"""Read transcripts that only ever grow, a record a line, and go on later where the last reading ended.

A `LineReader` says what one record means; everything that it must remember from one record to the next is its state: a
dataclass of plain values, which the index keeps between two readings of a file that a tool is still writing.

The index holds no text, so a state is kept only at rest: where nothing but names, numbers, times and sets of them is in
it. A call that waits for its outcome is not at rest; what came since the last rest is read again the next time.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from whence.evidence.sessions.edits.odd import carries, signs
from whence.evidence.sessions.interface import Event, Faults, Locator, Odd, Tick, Transcript
from whence.evidence.sessions.stores.files import Record, parsed, raw_lines
from whence.quick import dataclass

S = TypeVar("S")


@runtime_checkable
class LineReader(Protocol[S]):
    """A reader whose transcripts are lines of JSON objects; of other text where it is a `Parser` as well."""

    def worth(self, data: bytes) -> bool:
        """Whether a line needs parsing: a cheap test on its bytes. Most of a transcript's bytes do not."""
        ...

    def begin(self, transcript: Transcript) -> S:
        """The state before the first record."""
        ...

    def step(self, record: Record, state: S) -> Iterable[Event]:
        """What one record tells. Changes the state; never raises for what the record holds."""
        ...

    def end(self, state: S) -> Iterable[Event]:
        """What is still to be told when nothing follows."""
        ...


@runtime_checkable
class Parser(Protocol):
    """A line reader that makes its records itself."""

    def parsed(self, data: bytes, line: int, faults: Faults) -> dict[str, Any] | None:
        """What a line holds; None, and a fault, where that cannot be told. `data` has the line's end."""
        ...


@dataclass(slots=True)
class Progress(Generic[S]):
    """How far a file was read. Picklable."""

    state: S
    offset: int = 0
    """Bytes of whole lines that were taken, of the decompressed file."""
    line: int = 0
    """Their number."""


def read(reader: LineReader[S], transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
    """Everything that the file holds, a last line without its end included."""
    state = reader.begin(transcript)
    step = stepping(reader, transcript.shown, faults)
    for line, offset, data in raw_lines(transcript, faults, tick):
        yield from step(line, offset, data, state) or ()
    yield from reader.end(state)


def steps(
    reader: LineReader[S], transcript: Transcript, progress: Progress[S], faults: Faults, tick: Tick
) -> Iterator[list[Event]]:
    """What came since, whole lines only, one list for each line that was worth parsing.

    `progress` is behind that line when its list comes, and behind the last line in the end.
    """
    step = stepping(reader, transcript.shown, faults)
    for line, offset, data in raw_lines(transcript, faults, tick, progress.offset, progress.line):
        if not data.endswith(b"\n"):
            return
        told = step(line, offset, data, progress.state)
        events = None if told is None else list(told)
        progress.offset, progress.line = offset + len(data), line
        if events is not None:
            yield events


def pending(
    reader: LineReader[S], transcript: Transcript, progress: Progress[S], faults: Faults, tick: Tick
) -> Iterator[Event]:
    """What would be told if nothing followed. The progress stays as it is, so the same may be told again later.

    A last line without its end counts where it is a whole record, else it is told to `faults`.
    """
    step = stepping(reader, transcript.shown, faults)
    state = copy.deepcopy(progress.state)
    for line, offset, data in raw_lines(transcript, faults, tick, progress.offset, progress.line):
        yield from step(line, offset, data, state) or ()
    yield from reader.end(state)


def stepping(
    reader: LineReader[S], shown: str, faults: Faults
) -> Callable[[int, int, bytes, S], Iterable[Event] | None]:
    """What one line (its number, offset, bytes) tells; None where it was not parsed, or cannot be.

    A line that is not worth parsing is parsed all the same where it is no JSON object at all, as parsing tells what is
    wrong, or where it has the signs of an edit: an edit in it is one that the reader does not know.
    """
    worth, step = reader.worth, reader.step
    json = not isinstance(reader, Parser)
    parse = reader.parsed if isinstance(reader, Parser) else parsed
    quiet = Faults(shown)

    def told(line: int, offset: int, data: bytes, state: S) -> Iterable[Event] | None:
        if worth(data) or (json and _no_object(data)):
            value = parse(data, line, faults)
            return None if value is None else step(Record(line, offset, value), state)
        if json and signs(data) and carries(parsed(data, line, quiet)):
            return (Odd(Locator(shown, offset, line)),)
        return None

    return told


def _no_object(data: bytes) -> bool:
    return not data.startswith(b"{") and data.lstrip()[:1] not in (b"", b"{")
