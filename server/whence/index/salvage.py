"""Save what can still be read of a damaged index: what its transcripts' tools have deleted stands nowhere else."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from array import array
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from urllib.parse import quote

from whence.index.losses import Loss, losses
from whence.index.values import all_signed, decoded, from_bytes, to_bytes
from whence.matching import prints
from whence.quick import dataclass

_TABLES = (
    "names", "transcripts", "writings", "blocks", "uses", "reads",
    "imports", "shared_writings", "shared_blocks", "purges",
)  # fmt: skip
"""Postings are made anew from the blocks; marks and changes are only there to spare work."""

_NAMELESS = " OR ".join(
    f"{column} IS NOT NULL AND {column} NOT IN (SELECT id FROM names)"  # noqa: S608 - our own names
    for column in ("tool", "model", "session", "path", "cwd", "file", "person")
)

# A number that is free again would be given to something else, and what is left would be said of that.
_ORPHANS = (
    "DELETE FROM transcripts WHERE source NOT IN (SELECT id FROM names)",
    f"DELETE FROM writings WHERE transcript NOT IN (SELECT id FROM transcripts) OR {_NAMELESS}",  # noqa: S608
    "DELETE FROM reads WHERE transcript NOT IN (SELECT id FROM transcripts) OR path NOT IN (SELECT id FROM names) "
    "OR cwd NOT IN (SELECT id FROM names) OR session NOT IN (SELECT id FROM names)",
    "DELETE FROM uses WHERE block NOT IN (SELECT id FROM blocks) OR writing NOT IN (SELECT id FROM writings)",
    "DELETE FROM blocks WHERE id NOT IN (SELECT block FROM uses)",
    "DELETE FROM writings WHERE id NOT IN (SELECT writing FROM uses)",
    "DELETE FROM shared_writings WHERE import NOT IN (SELECT id FROM imports)",
    "DELETE FROM shared_blocks WHERE writing NOT IN (SELECT id FROM shared_writings)",
    # All that there still are are read again.
    "UPDATE transcripts SET state = NULL, readers = 0, revision = revision + 1",
)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a damaged file's content."""

    said: str
    whole: bool
    """Whether nothing can be lost: every row was read, or stands in a transcript that is there."""
    losses: tuple[Loss, ...] = ()
    """What was lost before."""


def salvage(damaged: Path, into: sqlite3.Connection) -> Saved:
    """Copy every row that can be read into an empty index."""
    nothing = Saved("nothing of it can be read", False)
    try:
        source = sqlite3.connect(f"file:{quote(str(damaged))}?mode=ro", uri=True)
    except sqlite3.Error:
        return nothing
    rows = 0
    torn: set[str] = set()
    before: tuple[Loss, ...] = ()
    with contextlib.closing(source):
        into.execute("BEGIN IMMEDIATE")
        try:
            for table in _TABLES:
                for row in _rows(source, into, table, torn):
                    try:
                        marks = ",".join("?" * len(row))
                        into.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608
                        rows += 1
                    except sqlite3.Error:
                        torn.add(table)
            if _unpackable(into):
                torn.add("blocks")
            for statement in _ORPHANS:
                into.execute(statement)
            _mend_lists(into)
            _post(into)
            into.execute("COMMIT")
        except (sqlite3.Error, ValueError, TypeError):
            with contextlib.suppress(sqlite3.Error):
                into.execute("ROLLBACK")
            return nothing
        try:
            before = tuple(losses(source))
        except sqlite3.Error:
            torn.add("about")
    whole = not torn or (torn <= {"writings", "blocks", "uses", "reads"} and _all_there(into))
    return Saved(f"{rows:,} rows were saved" if rows else nothing.said, whole, before)


def _all_there(connection: sqlite3.Connection) -> bool:
    """Whether every transcript that the index knew is on disk, and is read again: then nothing of it is lost."""
    return all(
        gone is None and not part and os.path.lexists(decoded(path))
        for path, part, gone in connection.execute("SELECT path, part, gone FROM transcripts")
    )


def _unpackable(into: sqlite3.Connection) -> bool:
    """Forget blocks whose print is none, and say whether there were any."""
    bad = []
    for number, version, packed, keys in into.execute("SELECT id, version, print, keys FROM blocks"):
        try:
            if version == prints.VERSION:
                prints.unpack(packed)
            from_bytes("Q", keys)
        except (ValueError, TypeError):
            bad.append((number,))
    into.executemany("DELETE FROM blocks WHERE id = ?", bad)
    return bool(bad)


def _post(into: sqlite3.Connection) -> None:
    """Say of each block which keys it holds."""
    for block, keys in into.execute("SELECT id, keys FROM blocks").fetchall():
        pairs = zip(all_signed(from_bytes("Q", keys)), repeat(block))
        into.executemany("INSERT OR IGNORE INTO postings VALUES (?, ?)", pairs)
    query = """
        SELECT b.id, b.keys, i.ring FROM shared_blocks b JOIN shared_writings w ON w.id = b.writing
        JOIN imports i ON i.id = w.import
    """
    for block, keys, ring in into.execute(query).fetchall():
        rows = zip(repeat(ring), all_signed(from_bytes("Q", keys[: len(keys) // 8 * 8])), repeat(block))
        into.executemany("INSERT OR IGNORE INTO shared_postings VALUES (?, ?, ?)", rows)


def _mend_lists(into: sqlite3.Connection) -> None:
    """Let no write name a block that is lost."""
    left: dict[int, array[int]] = {}
    for writing, block in into.execute("SELECT writing, block FROM uses ORDER BY block"):
        left.setdefault(writing, array("Q")).append(block)
    for writing, packed in into.execute("SELECT id, blocks FROM writings").fetchall():
        if set(from_bytes("Q", packed[: len(packed) // 8 * 8])) != set(left[writing]):
            into.execute("UPDATE writings SET blocks = ? WHERE id = ?", (to_bytes(left[writing]), writing))


def _rows(
    source: sqlite3.Connection, into: sqlite3.Connection, table: str, torn: set[str]
) -> Iterator[tuple[object, ...]]:
    """The rows of a table up to the first fault, then those from its end; a table with faults is `torn`."""
    width = len(into.execute(f"SELECT * FROM {table} LIMIT 0").description or ())  # noqa: S608 - our own names
    for order in ("", " ORDER BY rowid DESC" if table != "uses" else " ORDER BY block DESC"):
        try:
            for row in source.execute(f"SELECT * FROM {table}{order}"):  # noqa: S608
                if len(row) == width:
                    yield row
                else:
                    torn.add(table)
        except sqlite3.Error:
            torn.add(table)
            continue
        return
