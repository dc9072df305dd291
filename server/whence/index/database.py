"""The file of the index: private, shared between processes, and never lost for a fault of the moment.

Any process may be killed at any time: SQLite's write-ahead log keeps what was committed. Where the file cannot be
written (a full disk, a home that is read-only, another user's file) its content is taken into memory, and the run goes
on with that. A damaged file is set aside, not deleted: it may hold what no transcript holds any more.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import quote

from whence.errors import Damaged
from whence.folders import index_file, owned, private
from whence.index.losses import Loss, carry, note
from whence.index.salvage import salvage
from whence.index.tables import Foreign, Newer, current, prepare

PATIENCE = 5.0
"""Seconds to wait for another process's write; one takes a tenth of a second at most."""

LARGEST_COPY = 512 * 1024 * 1024
"""Bytes of a file that are taken into memory where it cannot be written."""

ASIDE = ".damaged-"
"""What the name of a damaged file has after the index's own, before the moment."""

_CACHE = 32 * 1024
"""Kilobytes of pages that a connection remembers."""


class Unwritable(Exception):  # noqa: N818 - says what was met
    """The database cannot be written now. The message says why."""


class Database:
    """An open index. For one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, place: Path | None, problem: str = "") -> None:
        self.connection = connection
        self.place = place
        """None: in memory, for this run."""
        self.problem = problem
        """Why it is in memory, or what happened to the file before it."""
        self._file = _named(place)

    @property
    def unbegun(self) -> bool:
        """Whether there is no index yet, and nothing in the way of one."""
        return self.place is None and not self.problem

    @staticmethod
    def open(environment: Mapping[str, str], *, begin: bool = True) -> Database:
        """The user's index, begun where there is none if that is wanted. Never fails: see `problem`."""
        file = index_file(environment)
        if file is None:
            return in_memory("the environment names no home folder")
        if not begin and not os.path.lexists(file):
            return in_memory("")
        folder = file.parent
        if not private(folder):
            return in_memory(f"{folder} cannot be made a folder of yours alone")
        if not owned(file):
            return in_memory(f"{file} is not a file that only you may write")
        try:
            return Database(_opened(file), file)
        except Newer as error:
            return in_memory(f"{file} was written by a newer Whence (layout {error})")
        except Unwritable as error:
            return in_memory(f"{file}: {error}", copy_of=file)
        except (Damaged, Foreign):
            return _set_aside(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self.connection.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction. Raises Unwritable and Damaged; then nothing of it was kept."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _kind(error) from error

    def verify(self, now: float, *, anyway: bool = False, wholly: bool = False) -> None:
        """Look at every page, once a day or anyway; `wholly`: also whether all agree. Raises Damaged."""
        day = str(int(now // 86_400)).encode()
        try:
            found = self.connection.execute("SELECT value FROM about WHERE name = 'verified'").fetchone()
            if not anyway and found is not None and found[0] == day:
                return
            said = _checked(self.connection, wholly)
        except sqlite3.Error as error:
            raise _kind(error) from error
        if said != "ok":
            raise Damaged(said)
        with contextlib.suppress(Unwritable), self.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO about VALUES ('verified', ?)", (day,))

    def shown(self, *, smaller: bool = False) -> None:
        """Show in the file that it says something else now, to those who only look at its time.

        `smaller`: also give back the room of what was forgotten. Where others use the file now, that is left to them.
        """
        with contextlib.suppress(sqlite3.Error):
            if smaller:
                self.connection.execute("VACUUM")
        with contextlib.suppress(sqlite3.Error, OSError):
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if self.place is not None:
                self.place.touch()

    def transaction(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do some writing in one transaction. Raises Unwritable and Damaged."""
        with self.writing() as connection:
            work(connection)

    def without_file(self, problem: str) -> Database:
        """The same in memory, once the file cannot be written any more; this one is closed."""
        made = in_memory(problem, copy_of=self.place)
        self.close()
        return made

    def begun_anew(self) -> Database:
        """A new file in the place of a damaged one, with what could be saved of it; this one is closed."""
        self.close()
        if self.place is None:
            made = in_memory("the index was damaged")
            made.transaction(lambda connection: note(connection, Loss(time.time(), "")))
            return made
        if _named(self.place) != self._file:  # another process was quicker
            with contextlib.suppress(Unwritable, Damaged, Newer, Foreign):
                return Database(_opened(self.place), self.place)
        return _set_aside(self.place)


def reading(place: Path) -> sqlite3.Connection:
    """A connection that only reads. Raises sqlite3.Error."""
    connection = sqlite3.connect(place, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = 1")
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")
    return connection


def in_memory(problem: str, copy_of: Path | None = None) -> Database:
    """A database for this run, with what the file holds, as far as it can be read."""
    connection = _connect(":memory:")
    damaged = None
    if copy_of is not None:
        try:
            if copy_of.stat().st_size <= LARGEST_COPY:
                _copied(copy_of, connection)
                damaged = None if _checked(connection) == "ok" else copy_of
        except OSError:
            connection = _connect(":memory:")
        except sqlite3.Error as error:
            connection, damaged = _connect(":memory:"), copy_of if isinstance(_kind(error), Damaged) else None
    try:
        if damaged is not None:
            connection = _connect(":memory:")
        prepare(connection)
    except (sqlite3.Error, Newer, Foreign):
        connection = _connect(":memory:")
        prepare(connection)
    if damaged is not None:
        problem = f"{problem}; it is damaged: {_saved(damaged, connection, '')}"
    return Database(connection, None, problem)


def _connect(place: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(place, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")
    connection.execute("PRAGMA secure_delete = 1")  # what is forgotten is overwritten
    return connection


def _opened(file: Path) -> sqlite3.Connection:
    """Raises Unwritable, Damaged, Newer, Foreign."""
    try:
        if not file.exists():
            # SQLite would make it readable for everybody; its log and index take over this file's mode.
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        connection = _connect(file)
    except OSError as error:
        raise Unwritable(error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise _kind(error) from error
    try:
        with contextlib.suppress(sqlite3.OperationalError):
            # It stays so once it is; two processes that begin a file at once get in each other's way here.
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if not current(connection):
            connection.execute("BEGIN IMMEDIATE")
            prepare(connection)
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        connection.close()
        raise _kind(error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _kind(error: sqlite3.Error) -> Unwritable | Damaged:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Damaged(str(error))
    return Unwritable(str(error))


def _copied(file: Path, into: sqlite3.Connection) -> None:
    """Take over what a file holds that can only be read."""
    for more in ("mode=ro", "mode=ro&immutable=1"):
        with contextlib.suppress(sqlite3.Error):
            source = sqlite3.connect(f"file:{quote(str(file))}?{more}", uri=True, timeout=PATIENCE)
            with contextlib.closing(source):
                source.backup(into)
            return


def _checked(connection: sqlite3.Connection, wholly: bool = False) -> str:
    """`ok`, or the first fault. Raises sqlite3.Error."""
    check = "integrity_check" if wholly else "quick_check"
    (said,) = connection.execute(f"PRAGMA {check}(1)").fetchone()
    return str(said)


def _named(place: Path | None) -> tuple[int, int] | None:
    """Which file has a name now."""
    if place is None:
        return None
    with contextlib.suppress(OSError):
        status = place.stat()
        return status.st_dev, status.st_ino
    return None


def _set_aside(file: Path) -> Database:
    """Begin a file anew and keep the damaged one beside it; what can still be read of it is taken over."""
    moment = int(time.time())
    while os.path.lexists(aside := file.with_name(f"{file.name}{ASIDE}{moment}")):
        moment += 1
    try:
        for suffix in ("-shm", "-wal", ""):
            part = file.with_name(file.name + suffix)
            if part.exists():
                part.replace(aside.with_name(aside.name + suffix))
        connection = _opened(file)
    except (OSError, Unwritable, Damaged, Newer, Foreign) as error:
        damaged = aside if aside.exists() else file
        made = in_memory(f"{file} is damaged, and no new one could be begun: {error}")
        made.problem += f"; {_saved(damaged, made.connection, damaged.name)}"
        return made
    return Database(
        connection,
        file,
        f"{file} was damaged: {_saved(aside, connection, aside.name)}; it was kept as {aside.name}",
    )


def _saved(damaged: Path, connection: sqlite3.Connection, kept: str) -> str:
    """Take over what can be read of a damaged file; says how much. What may be lost is noted for good, and that first:
    whoever looks meanwhile must not take the new index for a whole one."""
    mine = Loss(time.time(), kept)
    note(connection, mine)
    saved = salvage(damaged, connection)
    carry(connection, saved.losses, mine, lost=not saved.whole)
    if kept:  # what SQLite made beside it to read it
        log, shared = (damaged.with_name(damaged.name + suffix) for suffix in ("-wal", "-shm"))
        with contextlib.suppress(OSError):
            shared.unlink(missing_ok=True)
            if log.exists() and not log.stat().st_size:
                log.unlink()
    return saved.said


def set_aside(file: Path) -> list[Path]:
    """The damaged files that were set aside, each with its log."""
    return sorted(file.parent.glob(f"{file.name}{ASIDE}*"))


def set_aside_times(files: Sequence[Path]) -> int:
    """How many there are without their logs."""
    return sum(not file.name.endswith(("-wal", "-shm")) for file in files)
