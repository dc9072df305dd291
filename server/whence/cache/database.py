"""What was found out before, by key, in one file of an embedded database for each repository.

Everything in it can be had again, so nothing here ever fails: a file that is damaged, foreign or of another program is
begun anew, and where none can be written there is none. Several processes may use one file at once, and any of them
may be killed: SQLite's write-ahead log keeps what was committed, and every value carries its own checksum.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from whence.blake import blake2b
from whence.cache.program import stamp
from whence.folders import owned, private

LAYOUT = 1
"""Of the tables below."""

PATIENCE = 2.0
"""Seconds to wait for another process's write; then this one's is given up."""

KEPT_DAYS = 30
"""What was not asked for so long is dropped."""

LARGEST = 1 << 30
"""Bytes of a file above which it is begun anew."""

VERSIONS = 4
"""Values of one kind that are kept side by side: so many branches can be gone back to for nothing."""

_CHECK = 8
_AT_ONCE = 500
_DAY = 86_400

_TABLES = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, UNIQUE (kind, key));
CREATE TABLE IF NOT EXISTS results (
    key BLOB PRIMARY KEY, condition BLOB NOT NULL, day INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
"""

_KEEP = "INSERT OR REPLACE INTO results (key, condition, day, value) VALUES (?, ?, ?, ?)"
_TOUCH = "UPDATE results SET day = ? WHERE key = ?"


class Row(NamedTuple):
    """One file's result as it is kept."""

    key: bytes
    condition: bytes
    """What else must hold for the value to be good; who asks compares."""
    value: bytes


class Database:
    """The open file, or nothing that looks like one. For one thread."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._today = int(time.time()) // _DAY
        if path is not None and private(path.parent) and owned(path):
            self._open(path)

    @property
    def usable(self) -> bool:
        return self._connection is not None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def get(self, kind: str, key: bytes) -> bytes | None:
        """A value of a kind."""
        rows = self._read("SELECT value FROM kept WHERE kind = ? AND key = ?", (kind, _own(key)))
        return self._checked(rows[0][0]) if rows else None

    def latest(self, kind: str) -> Iterator[bytes]:
        """All values of a kind, the newest first."""
        for (value,) in self._read("SELECT value FROM kept WHERE kind = ? ORDER BY number DESC", (kind,)):
            found = self._checked(value)
            if found is not None:
                yield found

    def put(self, kind: str, key: bytes, value: bytes, versions: int = VERSIONS) -> None:
        """Keep a value, and the newest `versions` of its kind."""
        sealed = _sealed(zlib.compress(value, 1))

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO kept (kind, key, value) VALUES (?, ?, ?)", (kind, _own(key), sealed)
            )
            connection.execute(
                "DELETE FROM kept WHERE kind = ? AND number NOT IN "
                "(SELECT number FROM kept WHERE kind = ? ORDER BY number DESC LIMIT ?)",
                (kind, kind, versions),
            )

        self._write(work)

    def results(self, keys: Sequence[bytes]) -> Mapping[bytes, Row]:
        """The kept results among those asked for, by key."""
        found: dict[bytes, Row] = {}
        old: list[bytes] = []
        asked = {_own(key): key for key in keys}
        names = list(asked)
        for at in range(0, len(names), _AT_ONCE):
            some = names[at : at + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, condition, day, value FROM results WHERE key IN ({marks})"  # noqa: S608 - only marks
            for name, condition, day, sealed in self._read(query, some):
                value = _unsealed(sealed)
                if value is None:
                    self._begin_anew()
                    return {}
                found[asked[name]] = Row(asked[name], condition, value)
                if day < self._today - KEPT_DAYS // 4:
                    old.append(name)
        if old:
            touched = [(self._today, name) for name in old]
            self._write(lambda connection: connection.executemany(_TOUCH, touched))
        return found

    def keep(self, rows: Iterable[Row]) -> None:
        """Keep results, in one transaction."""
        ready = [(_own(row.key), row.condition, self._today, _sealed(row.value)) for row in rows]
        self._write(lambda connection: connection.executemany(_KEEP, ready))

    def _open(self, path: Path, again: bool = True) -> None:
        try:
            if not path.exists():
                # SQLite would make it readable for everybody; its log and index take over this file's mode.
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            elif path.stat().st_size > LARGEST:
                _remove(path)
                return self._open(path, again=False) if again else None
            connection = sqlite3.connect(
                path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error):
            return None
        self._connection = connection
        try:
            with contextlib.suppress(sqlite3.OperationalError):
                # It stays so once it is; two processes that begin a file at once get in each other's way here.
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            self._prepare(connection)
        except sqlite3.OperationalError:
            # No room, no right to write, no patience left: no cache.
            self.close()
        except sqlite3.DatabaseError:
            self.close()
            if again and _remove(path):
                self._open(path, again=False)
        return None

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables where they are missing or were another program's; once a day, drop what is old."""
        day = self._today.to_bytes(4, "big")
        if _about(connection) == (stamp(), day):
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            program, _ = _about(connection)  # another process may have been quicker
            if program != stamp():
                for table in ("about", "kept", "results"):
                    connection.execute(f"DROP TABLE IF EXISTS {table}")
                for statement in _TABLES.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {LAYOUT}")
            connection.execute("DELETE FROM results WHERE day < ?", (self._today - KEPT_DAYS,))
            connection.executemany(
                "INSERT OR REPLACE INTO about VALUES (?, ?)", (("program", stamp()), ("day", day))
            )
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _read(self, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        if self._connection is None:
            return []
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.OperationalError:
            self.close()
        except sqlite3.DatabaseError:
            self._begin_anew()
        return []

    def _write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do some writing in one transaction; what cannot be written is forgotten."""
        connection = self._connection
        if connection is None:
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            work(connection)
            connection.execute("COMMIT")
        except sqlite3.OperationalError:
            self.close()
        except sqlite3.DatabaseError:
            self._begin_anew()
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def _checked(self, sealed: bytes) -> bytes | None:
        value = _unsealed(sealed)
        try:
            if value is not None:
                return zlib.decompress(value)
        except zlib.error:
            pass
        self._begin_anew()
        return None

    def _begin_anew(self) -> None:
        self.close()
        if self._path is not None and _remove(self._path):
            self._open(self._path, again=False)


def _about(connection: sqlite3.Connection) -> tuple[bytes | None, bytes | None]:
    """The program that made the tables, and the day on which old rows were last dropped."""
    if connection.execute("PRAGMA user_version").fetchone() != (LAYOUT,):
        return None, None
    about = dict(connection.execute("SELECT name, value FROM about"))
    return about.get("program"), about.get("day")


def _own(key: bytes) -> bytes:
    """A key that no other program's process, still at work on the same file, would use."""
    return blake2b(stamp() + key, digest_size=16).digest()


def _sealed(value: bytes) -> bytes:
    return blake2b(value, digest_size=_CHECK).digest() + value


def _unsealed(sealed: bytes) -> bytes | None:
    value = sealed[_CHECK:]
    return value if blake2b(value, digest_size=_CHECK).digest() == sealed[:_CHECK] else None


def _remove(path: Path) -> bool:
    """Remove a database; its log first, so that no new file ever meets an old log."""
    try:
        for suffix in ("-wal", "-shm", ""):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError:
        return False
    return True
