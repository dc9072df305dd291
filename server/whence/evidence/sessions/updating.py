"""Bring the index up to date with the transcripts on this machine, those of one workspace first, within a budget."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from math import inf

from whence.errors import Cancelled
from whence.evidence.sessions.harvest import READERS_VERSION, Harvest, OverBudget, Shelf
from whence.evidence.sessions.interface import Places, Reader, Transcript
from whence.evidence.sessions.looking import Fate, fate, identity, inode, same
from whence.evidence.sessions.readers import here
from whence.index import (
    Damaged,
    Database,
    Identity,
    Known,
    Reading,
    Unwritable,
    again,
    keep,
    known,
    known_digests,
    marks,
    miss,
    rename,
)
from whence.matching import prints
from whence.model import NotMeasured
from whence.quick import dataclass

TOGETHER = 16 * 1024 * 1024
"""Bytes of transcripts that are kept in one transaction."""

TOGETHER_MOST = 500
"""Transcripts that are."""

SELDOM = 2.0
"""Seconds after which what was read is kept in any case: no more than that is lost with a killed process."""

ROUNDS = 3
"""Looks for what another process was quicker with, or what a damaged index lost."""


@dataclass(frozen=True, slots=True)
class Task:
    """A transcript that is to be read."""

    reader: Reader
    transcript: Transcript
    known: Known | None
    nearness: int = 2

    @property
    def bytes(self) -> int:
        """About how many there are to read."""
        before = self.known.position.offset if self.known and self.known.position.state else 0
        return max(self.transcript.size - before, 1)


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is on this machine, and what of it is not in the index."""

    tasks: tuple[Task, ...]
    """Those of the workspace first, then the latest."""
    all: Mapping[Identity, tuple[Reader, Transcript]]
    """All transcripts that there are."""
    bytes: int
    problems: tuple[NotMeasured, ...]
    gone: tuple[Known, ...]
    """In the index, and no longer on disk."""

    @property
    def found(self) -> frozenset[Identity]:
        """All transcripts that there are."""
        return frozenset(self.all)

    @property
    def transcripts(self) -> int:
        return len(self.all)

    def concerns(self, one: Identity, folders: tuple[str, ...]) -> bool:
        """Whether a transcript that there is may be of one of the folders."""
        reader, transcript = self.all[one]
        return reader.nearness(transcript, folders) < 2


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did."""

    survey: Survey
    bytes: int
    """Read."""
    read: int
    """Transcripts."""
    left: tuple[Task, ...]
    """What the budget did not reach."""


def _nothing() -> None: ...


def _ignore(*_: object) -> None: ...


@dataclass(slots=True)
class Updater:
    """Updates one open index; `database` is another one after the first became unusable."""

    database: Database
    readers: Sequence[Reader] | None
    """None: those that may find something at the places."""
    places: Places
    folders: tuple[str, ...] = ()
    """The workspace's, absolute and POSIX: whose sessions come first."""
    check_cancelled: Callable[[], None] = _nothing
    progress: Callable[[int, int], None] = _ignore
    """Told the bytes read and the bytes to read."""
    _bytes: int = 0
    _done: set[Identity] = field(default_factory=set)
    _total: int = 0
    _until: float = inf

    def update(self, seconds: float = inf, *, survey: Survey | None = None, verify: bool = False) -> Updated:
        """Read what is new, and keep it. What cannot be kept on disk is kept in memory, see `Database.problem`.

        `survey`: one that was just made. `verify`: look first whether the whole database is sound, which else happens
        once a day.
        """
        self._until = time.monotonic() + seconds
        left: tuple[Task, ...] = ()
        for last in (*[False] * ROUNDS, True):
            try:
                survey = survey or self.survey()
                if self.database.unbegun:
                    if not survey.tasks:
                        return Updated(survey, 0, 0, ())
                    self.database = Database.open(self.places.environment)
                self.database.verify(time.time(), anyway=verify)
                self._notice(survey)
                late, left = self._read(survey.tasks)
            except (Damaged, sqlite3.DatabaseError) as error:
                if last or isinstance(error, sqlite3.OperationalError):
                    raise
                self.database = self.database.begun_anew()
                survey = None
            else:
                if not late:
                    break
                survey = None if not last else survey
        return Updated(survey or self.survey(), self._bytes, len(self._done), left)

    def survey(self) -> Survey:
        """Compare what is on disk with what is known; reads nothing but names and times."""
        before = known(self.database.connection)
        tasks: list[Task] = []
        problems: list[NotMeasured] = []
        found: dict[Identity, tuple[Reader, Transcript]] = {}
        size = 0
        for reader in here(self.places) if self.readers is None else self.readers:
            located = reader.locate(self.places)
            problems.extend(located.problems)
            for transcript in located.transcripts:
                self.check_cancelled()
                one = identity(reader.source, transcript)
                found[one] = reader, transcript
                size += transcript.size
                row = before.get(one)
                if row is None or not _current(row) or not same(transcript, row):
                    tasks.append(Task(reader, transcript, row, reader.nearness(transcript, self.folders)))
        tasks.sort(key=lambda task: (task.nearness, -task.transcript.changed, task.transcript.shown))
        gone = tuple(row for one, row in before.items() if one not in found and _vanished(row, found))
        return Survey(tuple(tasks), found, size, tuple(problems), gone)

    def _notice(self, survey: Survey) -> None:
        """Transcripts that were moved or deleted."""
        missing = {row.look.inode: row for row in survey.gone if row.look.inode and not row.identity.part}
        moved: list[tuple[Known, Transcript]] = []
        for task in survey.tasks:
            if task.known is None and missing:
                row = missing.get(inode(task.transcript))
                if row is not None and row.identity.source == task.reader.source and _same_head(task, row):
                    moved.append((row, task.transcript))
        lost = [row.number for row in survey.gone if row.gone is None]
        if not moved and not lost:
            return

        def work() -> None:
            with self.database.writing() as connection:
                for row, transcript in moved:
                    rename(connection, row, str(transcript.path), transcript.shown)
                miss(
                    connection,
                    [number for number in lost if number not in {row.number for row, _ in moved}],
                    time.time(),
                )

        self._kept(work)

    def _read(self, tasks: Sequence[Task]) -> tuple[bool, tuple[Task, ...]]:
        """Whether somebody was quicker with some, and what is left."""
        late = False
        batch: list[Reading] = []
        size, kept = 0, time.monotonic()
        self._total = self._bytes + sum(task.bytes for task in tasks)
        left: list[Task] = []
        for number, task in enumerate(tasks):
            if time.monotonic() > self._until:
                left.extend(tasks[number:])
                break
            begun = self._bytes
            row = task.known or again(self.database.connection, identity(task.reader.source, task.transcript))
            if row is not task.known and row is not None and _current(row) and same(task.transcript, row):
                self._total -= task.bytes
                continue  # another process was quicker
            self._done.add(identity(task.reader.source, task.transcript))
            unfinished = False
            harvest = Harvest(task.reader, task.transcript, row, self._shelf(batch), self._tick, time.time())
            try:
                for reading in harvest.readings():
                    batch.append(reading)
                    if not reading.whole and not reading.failed:
                        late |= self._flush(batch)
                        unfinished |= time.monotonic() > self._until
            except OverBudget:
                unfinished = True
            except (KeyboardInterrupt, Cancelled):
                self._flush(batch)
                raise
            if unfinished:
                left.append(task)
            size += self._bytes - begun
            if size >= TOGETHER or len(batch) >= TOGETHER_MOST or time.monotonic() > kept + SELDOM:
                late |= self._flush(batch)
                size, kept = 0, time.monotonic()
        late |= self._flush(batch)
        return late, tuple(left)

    def _shelf(self, batch: Sequence[Reading]) -> Shelf:
        connection = self.database.connection

        def blocks(digests: set[int]) -> set[int]:
            made = {
                one.digest
                for reading in batch
                for wrote in reading.wrote
                for one in wrote.blocks
                if one.print
            }
            return digests & made | known_digests(connection, digests - made)

        return Shelf(
            lambda one: again(self.database.connection, one),
            lambda row: marks(self.database.connection, row.number),
            blocks,
        )

    def _tick(self, size: int) -> None:
        self.check_cancelled()
        self._bytes += size
        self.progress(self._bytes, max(self._total, self._bytes))
        if time.monotonic() > self._until:
            raise OverBudget

    def _flush(self, batch: list[Reading]) -> bool:
        """Keep a batch, and empty it. Whether another process was quicker with a part of it."""
        if not batch:
            return False
        late: list[Reading] = []

        def work() -> None:
            with self.database.writing() as connection:
                late.extend(keep(connection, batch, time.time()))

        self._kept(work)
        batch.clear()
        return bool(late)

    def _kept(self, work: Callable[[], None]) -> None:
        """Write; in memory from now on where the disk does not take it. Raises Damaged."""
        try:
            work()
        except Unwritable as error:
            self.database = self.database.without_file(str(error))
            work()


def _current(row: Known) -> bool:
    return row.whole and (row.readers, row.prints) == (READERS_VERSION, prints.VERSION)


def _vanished(row: Known, found: Collection[Identity]) -> bool:
    """Whether a transcript that no reader names is no more. Where only the reader's folders changed it is not gone."""
    one = row.identity
    if row.look.inode.startswith("objects:"):
        return False  # another repository's
    if one.part and any(other.path == one.path for other in found):
        return True
    return not os.path.lexists(one.path)


def _same_head(task: Task, row: Known) -> bool:
    """Whether a file is the one that was known under another name."""
    try:
        return fate(task.transcript, row) is Fate.GROWN
    except OSError:
        return False
