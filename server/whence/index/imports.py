"""Colleagues' files in the index: what is exported for them, and what was imported from them."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice, repeat
from pathlib import Path

from whence.index.keyed import Key
from whence.index.sharing import BadFile, Header, SharedWrite, header, keyed, read
from whence.index.values import all_signed, decoded, from_bytes, to_bytes
from whence.matching import prints
from whence.quick import dataclass

TOGETHER = 500
"""Writes that are kept in one transaction, some hundredth of a second."""

Wanted = Callable[[str, str], str | None]
"""Of a recorded path and folder: the name under which the write is shared, empty for none; None: it is not shared."""


def exported(
    connection: sqlite3.Connection, key: Key, wanted: Wanted, since: float | None
) -> Iterator[SharedWrite]:
    """Everything that is to be shared, the earliest write first; each block once."""
    query = """
        SELECT w.blocks, o.value, t.value, m.value, s.value, w.time, w.contributor, w.outcome, p.value, c.value
        FROM writings w JOIN transcripts x ON x.id = w.transcript JOIN names o ON o.id = x.source
        JOIN names t ON t.id = w.tool LEFT JOIN names m ON m.id = w.model JOIN names s ON s.id = w.session
        JOIN names p ON p.id = w.path JOIN names c ON c.id = w.cwd
        WHERE ?1 IS NULL OR w.time >= ?1 ORDER BY w.time IS NULL, w.time, w.id
    """
    done: set[int] = set()
    for packed, source, tool, model, session, time, contributor, outcome, path, cwd in connection.execute(
        query, (since,)
    ):
        name = wanted(decoded(path), decoded(cwd))
        if name is None:
            continue
        blocks = []
        for number in from_bytes("Q", packed):
            if number not in done:
                done.add(number)
                blocks += _keyed_block(connection, number, key)
        if blocks:
            yield SharedWrite(
                decoded(source),
                decoded(tool),
                None if model is None else decoded(model),
                decoded(session),
                time,
                contributor,
                outcome,
                name,
                tuple(blocks),
            )


def _keyed_block(connection: sqlite3.Connection, number: int, key: Key) -> list[prints.Print]:
    query = "SELECT print, keys FROM blocks WHERE id = ? AND version = ?"
    row = connection.execute(query, (number, prints.VERSION)).fetchone()
    if row is not None:
        with suppress(ValueError):
            made = replace(prints.unpack(row[0]), keys=from_bytes("Q", row[1]))
            return [keyed(made, key)]
    return []


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought."""

    header: Header
    writes: int
    lines: int


def check(path: Path, key: Key) -> Imported:
    """Read a whole file and keep nothing. Raises OSError and BadFile."""
    said = header(path)
    writes = lines = 0
    for one in read(path, key):
        writes += 1
        lines += sum(len(block.lines) for block in one.blocks)
    if said.prints != prints.VERSION:
        raise BadFile(
            f"its digests are of version {said.prints}, this version of Whence makes {prints.VERSION}: "
            "both sides need the same version"
        )
    return Imported(said, writes, lines)


Transaction = Callable[[Callable[[sqlite3.Connection], None]], None]
"""Does some writing in one transaction."""


def take(
    path: Path, key: Key, name: str, transaction: Transaction, now: float, progress: Callable[[int], None]
) -> Imported:
    """Check a file, then import it in place of what was imported under the same name. Raises OSError and BadFile."""
    found = check(path, key)
    number = 0

    def begin(connection: sqlite3.Connection) -> None:
        nonlocal number
        drop(connection, name)
        cursor = connection.execute(
            "INSERT INTO imports (name, label, ring, key, digest, at, made, writes, lines, prints) "
            "VALUES (?, ?, ?, ?, x'', ?, ?, 0, 0, ?)",
            (name, found.header.label, key.name, key.secret, now, found.header.made, found.header.prints),
        )
        number = int(cursor.lastrowid or 0)

    transaction(begin)
    rows = read(path, key)
    done = 0
    while some := list(islice(rows, TOGETHER)):

        def keep(connection: sqlite3.Connection, some: Sequence[SharedWrite] = some) -> None:
            for one in some:
                _keep(connection, number, key.name, one)

        transaction(keep)
        done += len(some)
        progress(done)

    def end(connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE imports SET writes = ?, lines = ? WHERE id = ?", (found.writes, found.lines, number)
        )
        changed(connection)

    transaction(end)
    return found


def _keep(connection: sqlite3.Connection, number: int, ring: bytes, one: SharedWrite) -> None:
    cursor = connection.execute(
        "INSERT INTO shared_writings (import, source, tool, model, session, time, contributor, outcome, path) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number, one.source, one.tool, one.model, one.session, one.time, one.contributor, one.outcome, one.path,
        ),
    )  # fmt: skip
    writing = cursor.lastrowid
    for block in one.blocks:
        query = "INSERT INTO shared_blocks (writing, print, keys) VALUES (?, ?, ?)"
        made = connection.execute(query, (writing, prints.pack(block), to_bytes(block.keys)))
        rows = zip(repeat(ring), all_signed(block.keys), repeat(made.lastrowid))
        connection.executemany("INSERT OR IGNORE INTO shared_postings VALUES (?, ?, ?)", rows)


def drop(connection: sqlite3.Connection, name: str) -> bool:
    """Forget an import, within the caller's transaction; whether there was one."""
    row = connection.execute("SELECT id, ring FROM imports WHERE name = ?", (name,)).fetchone()
    if row is None:
        return False
    number, ring = row
    mine = "SELECT b.id, b.keys FROM shared_blocks b JOIN shared_writings w ON w.id = b.writing WHERE w.import = ?"
    for block, keys in connection.execute(mine, (number,)).fetchall():
        rows: Iterator[tuple[bytes, int, int]] = zip(repeat(ring), _signed(keys), repeat(block))
        connection.executemany("DELETE FROM shared_postings WHERE ring = ? AND key = ? AND block = ?", rows)
        connection.execute("DELETE FROM shared_blocks WHERE id = ?", (block,))
    connection.execute("DELETE FROM shared_writings WHERE import = ?", (number,))
    connection.execute("DELETE FROM imports WHERE id = ?", (number,))
    changed(connection)
    return True


def _signed(keys: bytes) -> array[int]:
    return all_signed(from_bytes("Q", keys))


def changed(connection: sqlite3.Connection) -> None:
    """Any answer may be another from now on."""
    connection.execute("INSERT INTO changes (block) VALUES (0)")
