"""Read the databases in which tools keep their sessions, while the tools run, and leave no trace beside them.

Nothing is ever written: the file is opened read-only, without extensions, views or what a foreign schema would run.
Locks are held for one page of rows at a time. How a write-ahead log is read without making one:

- the header names no log (a rollback journal): `mode=ro`, under the usual shared lock;
- a log and its index (`-wal`, `-shm`) are there, so that a tool is running or was killed: `mode=ro&readonly_shm=1`,
  which reads the log through the index as it is, or through one in memory where no process holds it;
- no log, or an empty one: `mode=ro&immutable=1`, as a plain `mode=ro` would make both files. Should a tool begin to
  write meanwhile, the file's time shows it: the page is read again;
- a log without its index (a copied folder): only writing could recover it, so both files are copied into a private
  folder, up to `MAX_COPY` bytes.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

from whence import regular
from whence.evidence.sessions.interface import ODD_HINT, Faults, Tick
from whence.evidence.sessions.stores.files import MAX_RECORD

T = TypeVar("T")

PATIENCE = 0.25
"""Seconds to wait for a tool that is writing; tools hold their locks for milliseconds."""

PAGE = 500
"""Rows fetched under one lock."""

MAX_COPY = 256 * 1024 * 1024
"""Bytes of a database and its log that are copied to be read."""

MAX_STEPS = 200_000_000
"""Steps of SQLite's machine for one statement, some seconds: sorting a million rows takes fewer."""

MAX_REOPENED = 8
"""Times that one reading begins anew because somebody wrote."""

_STEPS = 100_000
_MAGIC = b"SQLite format 3\0"
_LOGGED = 2
_READ_VERSION = 19

Value = str | bytes | int | float | None


def _no_tick(_: int) -> None: ...


class Database:
    """One open database, or nothing that looks like one: then its fault was told and it holds no rows.

    For one thread. Use it as a context.
    """

    def __init__(self, path: Path, faults: Faults, tick: Tick = _no_tick) -> None:
        """`tick` is told of every value's size and may raise, also while SQLite works."""
        self.path = path
        self._faults, self._tick = faults, tick
        self._connection: sqlite3.Connection | None = None
        self._copy: Path | None = None
        self._stamp: object = None
        self._steps = 0
        self._raised: BaseException | None = None
        self._columns: dict[str, frozenset[str]] = {}
        self._guarded(self._open)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def usable(self) -> bool:
        return self._connection is not None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
        if self._copy is not None:
            shutil.rmtree(self._copy, ignore_errors=True)
            self._copy = None

    def columns(self, table: str) -> frozenset[str]:
        """The stored columns of a real table; empty where there is no such table, or only a view of that name."""
        if table not in self._columns:
            real = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
            made = self._asked(real, (table,))
            found: list[tuple[Any, ...]] = []
            if made and not str(made[0][0]).upper().lstrip().startswith("CREATE VIRTUAL"):
                found = self._asked("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", (table,))
            self._columns[table] = frozenset(str(row[0]) for row in found)
        return self._columns[table]

    def has(self, table: str, *columns: str) -> bool:
        """Whether a real table has all of these columns."""
        return self.usable and set(columns) <= self.columns(table)

    def knows(self, table: str, *columns: str, own: bool = False) -> bool:
        """The same; where the tool has changed the form of its table, that is told as a fault.

        `own`: a database of nothing else, so that where there are other tables this one has another name now.
        """
        if self.has(table, *columns):
            return True
        others = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        if self.usable and (self.columns(table) or (own and self.row(others))):
            self._faults.add(
                f"its table {table} has a form that this version of Whence does not know", hint=ODD_HINT
            )
        return False

    def rows(self, query: str, after: Value = "", **parameters: Value) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, page by page and without a lock between pages. For small columns only.

        The query must be of the form `SELECT key, ... WHERE key > :after ORDER BY key LIMIT :limit`: its first column
        says where the next page begins.
        """
        while True:
            page = self._asked(query, {**parameters, "after": after, "limit": PAGE})
            yield from page
            if len(page) < PAGE or page[-1][0] == after:
                return
            after = page[-1][0]

    def value(self, query: str, *parameters: Value) -> str | bytes | None:
        """The one cell that a query asks for, text or bytes; None where it is missing, empty or over `MAX_RECORD`."""
        found = self._asked(query, parameters, 1)
        value = found[0][0] if found else None
        if not isinstance(value, str | bytes):
            return None
        self._tick(len(value))
        return value or None

    def row(self, query: str, *parameters: Value) -> tuple[Any, ...] | None:
        """The first row of a query."""
        found = self._asked(query, parameters, 1)
        return found[0] if found else None

    def _asked(self, query: str, parameters: Any, most: int = PAGE) -> list[tuple[Any, ...]]:
        return self._guarded(lambda: self._steady(query, parameters, most)) or []

    def _steady(self, query: str, parameters: Any, most: int) -> list[tuple[Any, ...]]:
        """The rows, read while nobody wrote the file; where it was opened as immutable nothing else holds them still."""
        for _ in range(MAX_REOPENED):
            connection = self._connection
            if connection is None:
                return []
            self._steps = 0
            try:
                rows = connection.execute(query, parameters).fetchmany(most)
            except sqlite3.Error:
                if self._stamp is None or self._stamp == _stamp(self.path):
                    raise
            else:
                if self._stamp is None or self._stamp == _stamp(self.path):
                    return rows
            self.close()
            self._open()
        self._faults.add(
            "changes faster than it can be read", hint="try again when the tool has come to rest"
        )
        self.close()
        return []

    def _guarded(self, work: Callable[[], T]) -> T | None:
        """Do something with the file; what goes wrong becomes a fault, never an exception, save those of `tick`."""
        try:
            return work()
        except sqlite3.DataError:
            self._faults.add(f"a value is longer than {MAX_RECORD >> 20} MB")
        except sqlite3.Error as error:
            if self._raised is not None:
                raise self._raised from None
            why, hint = _explained(error)
            self._faults.add(why, hint=hint)
            self.close()
        except OSError as error:
            self._faults.unread(error)
            self.close()
        except (UnicodeEncodeError, OverflowError):
            # A foreign id with half a character in it, or a number too large, names no row.
            pass
        return None

    def _open(self) -> None:
        path, query = self.path, "mode=ro"
        self._stamp = None
        logged = _logged(path)
        if logged is None:
            return  # made a moment ago, and nothing is in it yet
        if logged:
            log, index = _beside(path, "-wal"), _beside(path, "-shm")
            if log is not None and index is not None:
                query += "&readonly_shm=1"
            elif log:
                path = self._copied(log)
            else:
                self._stamp = _stamp(path)
                query += "&immutable=1"
        uri = f"file:{quote(_absolute(path))}?{query}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        self._connection = connection
        connection.text_factory = _text
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_RECORD)
        connection.set_progress_handler(self._going, _STEPS)
        for setting in (
            "query_only = ON",
            "trusted_schema = OFF",
            "cell_size_check = ON",
            "mmap_size = 0",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {setting}")
        try:
            connection.execute("PRAGMA cache_size = -4096")  # reads the schema
        except sqlite3.DatabaseError as error:
            if "unsafe use of" not in str(error):
                raise
            # An index on a function that a foreign schema may not call makes all of the schema count as malformed.
            # With this, SQLite passes over what it cannot use; writing is ruled out all the same.
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("PRAGMA cache_size = -4096")

    def _going(self) -> bool:
        """Asked every `_STEPS` steps; true ends the statement."""
        self._steps += _STEPS
        try:
            self._tick(0)
        except BaseException as error:
            self._raised = error
            return True
        return self._steps > MAX_STEPS

    def _copied(self, log: int) -> Path:
        size = self.path.stat().st_size + log
        if size > MAX_COPY:
            raise sqlite3.OperationalError(
                f"its write-ahead log has no index, and {size >> 20} MB are too many to copy"
            )
        self._copy = Path(tempfile.mkdtemp(prefix="whence-"))
        before = _stamp(self.path)
        for end in ("", "-wal"):
            shutil.copyfile(f"{self.path}{end}", self._copy / f"copy{end}", follow_symlinks=False)
        if before != _stamp(self.path):
            raise sqlite3.OperationalError("it changed while it was copied")
        return self._copy / "copy"


def newest(path: Path) -> tuple[int, float]:
    """Bytes and the time of the last change of a database with its log; zeros where there is none."""
    size, changed = 0, 0.0
    for end in ("", "-wal"):
        with contextlib.suppress(OSError):
            status = Path(f"{path}{end}").lstat()
            size, changed = size + status.st_size, max(changed, status.st_mtime)
    return size, changed


def _logged(path: Path) -> bool | None:
    """Whether the header says that a write-ahead log is in use; None where the file is empty.

    A file that is no database raises.
    """
    with regular.opened(path, links=False, buffering=0) as file:
        header = file.read(_READ_VERSION + 1)
    if not header:
        return None
    if len(header) <= _READ_VERSION or not header.startswith(_MAGIC):
        raise sqlite3.DatabaseError("not an SQLite database, or encrypted")
    return header[_READ_VERSION] == _LOGGED


def _beside(path: Path, end: str) -> int | None:
    """Bytes of a file beside the database; None where there is none."""
    try:
        return Path(f"{path}{end}").lstat().st_size
    except OSError:
        return None


def _stamp(path: Path) -> object:
    """Changes whenever somebody writes the file or begins a log."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, bool(_beside(path, "-wal"))


def _absolute(path: Path) -> str:
    text = path.absolute().as_posix()
    return text if text.startswith("/") else f"/{text}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _explained(error: sqlite3.Error) -> tuple[str, str]:
    """What to tell a person: why, and the way out."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "locked by the tool that writes it", "try again in a moment"
    if name == "SQLITE_READONLY_ROLLBACK":
        return "a write was interrupted, which only the tool can undo", "start the tool once and quit it"
    if name == "SQLITE_INTERRUPT":
        return "a question to it took too long", ""
    return str(error), ""
