"""Which transcripts the index knows, and what becomes of those that tools move, truncate or delete."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from whence.index.values import Identity, Known, Look, Position, decoded, encoded

_COLUMNS = (
    "t.id, n.value, t.path, t.part, t.size, t.changed, t.inode, t.head, t.head_size, t.seam, t.seam_size, t.offset, "
    "t.line, t.state, t.revision, t.readers, t.prints, t.whole, t.gone"
)


_FROM = f"SELECT {_COLUMNS} FROM transcripts t JOIN names n ON n.id = t.source WHERE NOT t.retired"  # noqa: S608


def known(connection: sqlite3.Connection) -> Mapping[Identity, Known]:
    """Every transcript that has not been replaced by another of its name."""
    return {one.identity: one for one in map(_known, connection.execute(_FROM))}


def again(connection: sqlite3.Connection, identity: Identity) -> Known | None:
    """One of them, as it is now."""
    query = f"{_FROM} AND n.value = ? AND t.path = ? AND t.part = ?"
    values = (encoded(identity.source), encoded(identity.path), encoded(identity.part))
    row = connection.execute(query, values).fetchone()
    return None if row is None else _known(row)


def _known(row: tuple[Any, ...]) -> Known:
    number, source, path, part, *look, offset, line, state, revision, readers, prints, whole, gone = row
    return Known(
        number,
        Identity(decoded(source), decoded(path), decoded(part)),
        Look(*look),
        Position(offset, line, state),
        revision,
        readers,
        prints,
        bool(whole),
        gone,
    )


def rename(connection: sqlite3.Connection, one: Known, path: str, shown: str) -> None:
    """The same file under another name."""
    connection.execute(
        "UPDATE transcripts SET path = ?, shown = ?, revision = revision + 1, gone = NULL WHERE id = ?",
        (encoded(path), encoded(shown), one.number),
    )
    query = "SELECT DISTINCT u.block FROM writings w JOIN uses u ON u.writing = w.id WHERE w.transcript = ?"
    connection.execute(f"INSERT INTO changes (block) {query}", (one.number,))


def miss(connection: sqlite3.Connection, numbers: Sequence[int], now: float) -> None:
    """Their files are gone. What they said stays."""
    for number in numbers:
        connection.execute(
            "UPDATE transcripts SET gone = coalesce(gone, ?), state = NULL, revision = revision + 1 WHERE id = ?",
            (now, number),
        )
        connection.execute("DELETE FROM marks WHERE transcript = ?", (number,))
