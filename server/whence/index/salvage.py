"""Save what can still be read of a damaged index: what its transcripts' tools have deleted stands nowhere else."""

from __future__ import annotations

import contextlib
import sqlite3
from array import array
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from urllib.parse import quote

from whence.index.values import all_signed, from_bytes, to_bytes

_TABLES = ("names", "transcripts", "writings", "blocks", "uses", "reads")
"""Postings are made anew from the blocks; marks and changes are only there to spare work."""

_ORPHANS = (
    "DELETE FROM uses WHERE block NOT IN (SELECT id FROM blocks) OR writing NOT IN (SELECT id FROM writings)",
    "DELETE FROM blocks WHERE id NOT IN (SELECT block FROM uses)",
    "DELETE FROM writings WHERE id NOT IN (SELECT writing FROM uses)",
    # All that there still are are read again.
    "UPDATE transcripts SET state = NULL, readers = 0, revision = revision + 1",
)


def salvage(damaged: Path, into: sqlite3.Connection) -> str:
    """Copy every row that can be read into an empty index; says how it went."""
    rows = 0
    try:
        source = sqlite3.connect(f"file:{quote(str(damaged))}?mode=ro", uri=True)
    except sqlite3.Error:
        return "nothing of it can be read"
    with contextlib.closing(source):
        into.execute("BEGIN IMMEDIATE")
        try:
            for table in _TABLES:
                for row in _rows(source, into, table):
                    with contextlib.suppress(sqlite3.Error):
                        marks = ",".join("?" * len(row))
                        into.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608
                        rows += 1
            for statement in _ORPHANS:
                into.execute(statement)
            _mend_lists(into)
            for block, keys in into.execute("SELECT id, keys FROM blocks").fetchall():
                if len(keys) % 8 == 0:
                    pairs = zip(all_signed(from_bytes("Q", keys)), repeat(block))
                    into.executemany("INSERT OR IGNORE INTO postings VALUES (?, ?)", pairs)
            into.execute("COMMIT")
        except (sqlite3.Error, ValueError, TypeError):
            with contextlib.suppress(sqlite3.Error):
                into.execute("ROLLBACK")
            return "nothing of it can be read"
    return f"{rows:,} rows were saved" if rows else "nothing of it can be read"


def _mend_lists(into: sqlite3.Connection) -> None:
    """Let no write name a block that is lost."""
    left: dict[int, array[int]] = {}
    for writing, block in into.execute("SELECT writing, block FROM uses ORDER BY block"):
        left.setdefault(writing, array("Q")).append(block)
    for writing, packed in into.execute("SELECT id, blocks FROM writings").fetchall():
        if set(from_bytes("Q", packed[: len(packed) // 8 * 8])) != set(left[writing]):
            into.execute("UPDATE writings SET blocks = ? WHERE id = ?", (to_bytes(left[writing]), writing))


def _rows(source: sqlite3.Connection, into: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    """The rows of a table up to the first fault, then those from its end."""
    width = len(into.execute(f"SELECT * FROM {table} LIMIT 0").description or ())  # noqa: S608 - our own names
    for order in ("", " ORDER BY rowid DESC" if table != "uses" else " ORDER BY block DESC"):
        try:
            for row in source.execute(f"SELECT * FROM {table}{order}"):  # noqa: S608
                if len(row) == width:
                    yield row
        except sqlite3.Error:
            continue
        return
