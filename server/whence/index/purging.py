"""Forget what the user wants forgotten, now and for good: no transcript that is still there brings it back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from whence.index.filters import Filter
from whence.index.values import decoded, encoded
from whence.index.writing import drop
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Purged:
    """What was, or would be, forgotten."""

    writes: int
    lines: int
    sessions: int
    reads: int


def matching(connection: sqlite3.Connection, which: Filter) -> Purged:
    """How much a filter means."""
    rows = list(_writes(connection, which))
    sessions = {row[3] for row in rows}
    reads = sum(1 for _ in _reads(connection, which))
    return Purged(len(rows), sum(row[2] for row in rows), len(sessions), reads)


def purge(connection: sqlite3.Connection, which: Filter, now: float) -> Purged:
    """Forget these writes and readings, within the caller's transaction, and remember that they are to stay so."""
    rows = list(_writes(connection, which))
    reads = [(number,) for number in _reads(connection, which)]
    drop(connection, [(row[0], row[1]) for row in rows])
    connection.executemany("DELETE FROM reads WHERE id = ?", reads)
    folder = None if which.folder is None else encoded(which.folder)
    connection.execute(
        "INSERT INTO purges (at, tool, before, folder) VALUES (?, ?, ?, ?)",
        (now, which.tool, which.before, folder),
    )
    # What readers go on with names files, too: transcripts that grow are read from their beginning.
    connection.execute("UPDATE transcripts SET state = NULL, revision = revision + 1 WHERE state IS NOT NULL")
    connection.execute("DELETE FROM marks")
    forget_the_gone(connection)
    forget_names(connection)
    return Purged(len(rows), sum(row[2] for row in rows), len({row[3] for row in rows}), len(reads))


def _writes(connection: sqlite3.Connection, which: Filter) -> Iterator[tuple[int, bytes, int, str]]:
    query = """
        SELECT w.id, w.blocks, w.lines, t.value, s.value, w.time, p.value, c.value FROM writings w
        JOIN names t ON t.id = w.tool JOIN names s ON s.id = w.session
        JOIN names p ON p.id = w.path JOIN names c ON c.id = w.cwd
    """
    for number, blocks, lines, tool, session, time, path, cwd in connection.execute(query):
        if which.holds(decoded(tool), time, decoded(path), decoded(cwd)):
            yield number, blocks, lines, decoded(session)


def _reads(connection: sqlite3.Connection, which: Filter) -> Iterator[int]:
    """Of one tool only its readers know the readings: they go where the tool is not asked for."""
    if which.tool is not None:
        return
    query = """
        SELECT r.id, r.time, p.value, c.value FROM reads r JOIN names p ON p.id = r.path JOIN names c ON c.id = r.cwd
    """
    for number, time, path, cwd in connection.execute(query):
        if which.holds("", time, decoded(path), decoded(cwd)):
            yield number


def forget_the_gone(connection: sqlite3.Connection) -> None:
    """Transcripts that are no more and of which nothing is left."""
    connection.execute(
        "DELETE FROM transcripts WHERE gone IS NOT NULL AND id NOT IN (SELECT transcript FROM writings) "
        "AND id NOT IN (SELECT transcript FROM reads)"
    )


def forget_names(connection: sqlite3.Connection) -> None:
    """Words that nothing is called by any more: they are paths and sessions of what was forgotten."""
    used = " UNION ".join(
        f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608 - our own names
        for table, columns in (
            ("writings", ("tool", "model", "session", "path", "cwd", "file", "person")),
            ("reads", ("path", "cwd", "session")),
            ("transcripts", ("source",)),
        )
        for column in columns
    )
    connection.execute(f"DELETE FROM names WHERE id NOT IN ({used})")  # noqa: S608


def pardon(connection: sqlite3.Connection) -> None:
    """Let transcripts bring back what was purged: those that are still there are read again."""
    connection.execute("DELETE FROM purges")


def read_again(connection: sqlite3.Connection) -> None:
    """Have every transcript that is still there read from its beginning."""
    connection.execute(
        "UPDATE transcripts SET readers = 0, state = NULL, revision = revision + 1 WHERE NOT retired AND gone IS NULL"
    )
    connection.execute(
        "DELETE FROM marks WHERE transcript IN (SELECT id FROM transcripts WHERE state IS NULL)"
    )
