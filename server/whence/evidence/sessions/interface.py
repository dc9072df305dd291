"""What every reader of a tool's own transcripts yields, and the one protocol behind which all readers live.

A transcript has three layers: intent (the call that the model made), outcome (what came back) and effect (what
landed on disk). Readers keep them apart: a call yields a `Written` only when its outcome says that it happened, made
from the effect where one is recorded and from the intent where not. Everything that stood in front of the tool
before is a `Read`, so that text which a person wrote first can be told from text that the tool inserted. An edit that
a reader does not understand is an `Odd`: tools change their formats, and what they wrote then is not measured, which
is another thing than nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from whence.evidence.interface import Context
from whence.matching.passages import Block
from whence.model import Contributor, EvidenceClass, NotMeasured
from whence.quick import dataclass
from whence.repo import Repository


class Outcome(StrEnum):
    """How sure it is that the text reached the disk. Calls known to have failed are never yielded."""

    DONE = "done"
    UNKNOWN = "unknown"
    """The tool's transcripts record no outcomes at all."""


@dataclass(frozen=True, slots=True)
class Locator:
    """Where in which file a record stands."""

    file: str
    offset: int = 0
    """Bytes from the start of the (decompressed) file."""
    line: int = 0
    """1-based; 0 where the file has no lines."""
    record: str = ""
    """The tool's own id of the call; a database's key."""

    @property
    def place(self) -> str:
        """For people: the line, or the record where there are no lines."""
        if self.line:
            return f"{self.file}:{self.line}"
        return f"{self.file} {self.record}".rstrip()


@dataclass(frozen=True, slots=True)
class Written:
    """Text that a tool inserted into one file by one call."""

    blocks: tuple[Block, ...]
    """The inserted lines only, in groups that stood together."""
    path: str
    """As recorded: absolute or relative, POSIX or Windows."""
    cwd: str
    """What a relative path is relative to; the session's folder."""
    tool: str
    """The id of the tool in the registry."""
    model: str | None
    session: str
    time: datetime | None
    locator: Locator
    contributor: Contributor = Contributor.AI
    """MIXED where a person changed the proposal before accepting it."""
    outcome: Outcome = Outcome.DONE
    person: str | None = None
    """Who prompted the tool, `Name <email>`, where the transcript came with the repository; None: this machine's user."""

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(line for block in self.blocks for line in block.lines)


@dataclass(frozen=True, slots=True)
class Read:
    """Text that was there before the tool: a file's content, a command's output, what a person typed."""

    lines: tuple[str, ...]
    path: str | None = None
    """The file, where one is named."""
    cwd: str = ""
    time: datetime | None = None
    session: str = ""
    locator: Locator | None = None
    sent: bool = True
    """False: kept in the transcript only (an edit's original); the model may not have seen it."""


@dataclass(frozen=True, slots=True)
class Odd:
    """An edit, or what looks like one, of a form that the reader does not know: what it wrote cannot be told."""

    locator: Locator


Event = Written | Read | Odd


@dataclass(frozen=True, slots=True)
class Blobs:
    """Objects of a git repository."""

    repository: Repository
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """One file that holds (part of) a session."""

    path: Path
    """Where the file is; a name for it where `blobs` hold it."""
    size: int
    """Bytes on disk."""
    changed: float
    """Time of the last change, Unix seconds."""
    shown: str
    """The path as a person reads it, `~` for the home folder."""
    folder: str = ""
    """What the tool says about the folder that the session worked in, in the tool's own notation; may be empty."""
    part: str = ""
    """The session's key in a file that holds many (a database, a document of many chats); `size` and `changed` are
    then the session's own, as far as the tool keeps them. Empty: the whole file is the session."""
    blobs: Blobs | None = None
    """What a repository keeps instead of a file: these contents, one after the other, each with its last line ended.
    They never change: more of the session means more ids."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where transcripts may be looked for."""

    environment: Mapping[str, str]
    """HOME and the tools' own variables."""
    root: Path | None = None
    """The workspace: some tools keep their transcripts inside it."""
    repository: Repository | None = None
    """Its git repository: some recorders commit transcripts."""
    refs: Collection[str] | None = None
    """The names of the repository's refs; None: nobody has listed them."""

    @staticmethod
    def of(context: Context) -> Places:
        return Places(context.environment, context.root, context.repository, context.refs)


@dataclass(frozen=True, slots=True)
class Located:
    """What a reader found on this machine. No folder at all is no problem: the tool was never used here."""

    transcripts: tuple[Transcript, ...] = ()
    problems: tuple[NotMeasured, ...] = ()


ODD = "an edit of a form that this version of Whence does not know"
ODD_HINT = "update Whence; if this is its latest version, report it"


@dataclass(slots=True)
class Faults:
    """Collects what could not be read of one file."""

    shown: str
    count: int = 0
    first: str = ""
    hints: dict[str, None] = field(default_factory=dict)

    def add(self, why: str, line: int = 0, hint: str = "") -> None:
        self.count += 1
        if not self.first:
            self.first = f"line {line}: {why}" if line else why
        if hint:
            self.hints[hint] = None

    def odd(self, event: Odd) -> None:
        """An edit that the reader did not understand."""
        locator = event.locator
        where = "" if locator.line or not locator.record else f"record {locator.record}: "
        self.add(f"{where}{ODD}", locator.line, ODD_HINT)

    def unread(self, error: OSError) -> None:
        """Its bytes could not be had."""
        self.add(error.strerror or str(error), hint=f"check the permissions of {self.shown}")

    @property
    def problems(self) -> tuple[NotMeasured, ...]:
        """All of it as one problem; none where there was no fault."""
        if not self.count:
            return ()
        more = f" (and {self.count - 1} more)" if self.count > 1 else ""
        return (missing(f"{self.shown}: {self.first}{more}", "; ".join(self.hints)),)


def missing(why: str, hint: str = "") -> NotMeasured:
    """Session evidence that could not be had."""
    return NotMeasured("sessions", why, hint=hint, evidence_class=EvidenceClass.SESSION)


Tick = Callable[[int], None]
"""Told how many bytes were read; may raise to stop the work (cancelled, budget passed)."""


class Reader(Protocol):
    """A reader of one tool's transcripts. Stateless, no-argument constructor.

    Where the transcripts only ever grow, a record a line, the reader is a `resuming.LineReader` as well.
    """

    tool: str
    """The id in the registry."""
    source: str
    """What `Evidence.source` says."""

    def locate(self, places: Places) -> Located:
        """Find transcripts without reading them whole. Never raises; follows no symbolic link below its folders.

        A database is opened read-only and asked for its sessions, each of which is a transcript (`Transcript.part`).
        """
        ...

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        """How likely it is that the session worked in one of the folders: 0 yes, 1 maybe, 2 no sign. Cheap."""
        ...

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        """Yield what was written and read, in the order in which it happened, with bounded memory.

        Never raises for what a file holds: what cannot be understood is told to `faults`. Only `tick` may raise.
        """
        ...
