"""What may be lost for good since a file of the index was damaged: noted in the new one until somebody takes note of it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable

from whence.quick import dataclass

_NAME = "losses"
"""Of the fact in the table `about`."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One damaged file."""

    at: float
    """When that was noticed, Unix seconds."""
    kept: str
    """The name of the file that was set aside; empty: none was."""


def losses(connection: sqlite3.Connection) -> list[Loss]:
    """Every one that nobody has taken note of, the first one first. Raises sqlite3.Error."""
    row = connection.execute("SELECT value FROM about WHERE name = ?", (_NAME,)).fetchone()
    with contextlib.suppress(ValueError, TypeError):
        return [Loss(float(at), str(kept)) for at, kept in json.loads(row[0])] if row else []
    return [Loss(0.0, "")]  # there were some


def note(connection: sqlite3.Connection, loss: Loss) -> None:
    """Add one. Raises sqlite3.Error."""
    _put(connection, [*losses(connection), loss])


def carry(connection: sqlite3.Connection, before: Iterable[Loss], mine: Loss, *, lost: bool) -> None:
    """Go on with those of the file before this one, and with the last one if anything is lost by it."""
    _put(connection, [*before, *([mine] if lost else [])])


def forget(connection: sqlite3.Connection) -> None:
    """They are known."""
    _put(connection, [])


def _put(connection: sqlite3.Connection, found: list[Loss]) -> None:
    if found:
        value = json.dumps([[one.at, one.kept] for one in found]).encode("ascii")
        connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (_NAME, value))
    else:
        connection.execute("DELETE FROM about WHERE name = ?", (_NAME,))
