"""Put what was read into the index, one transaction for many transcripts, and take back what was told only for now."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Collection, Iterable, Sequence
from itertools import repeat
from typing import Any

from whence.index.filters import Filter, purges
from whence.index.values import (
    Inserted,
    Known,
    Reading,
    Shown,
    Wrote,
    all_signed,
    encoded,
    from_bytes,
    signed,
    to_bytes,
)
from whence.matching import prints

MAX_CHANGES = 20_000
"""Changes of blocks that are remembered; who knows only older ones looks at everything again."""


class Names:
    """Words by their numbers, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}

    def number(self, word: str) -> int:
        number = self._numbers.get(word)
        if number is None:
            value = encoded(word)
            self._connection.execute("INSERT OR IGNORE INTO names (value) VALUES (?)", (value,))
            found = self._connection.execute("SELECT id FROM names WHERE value = ?", (value,)).fetchone()
            number = self._numbers[word] = int(found[0])
        return number


def keep(connection: sqlite3.Connection, readings: Iterable[Reading], now: float) -> list[Reading]:
    """Write readings down, within the caller's transaction; those that another process was quicker with are left out.

    Returns the ones that were left out.
    """
    names = Names(connection)
    purged = purges(connection)
    late: list[Reading] = []
    for reading in readings:
        if not _free(connection, names, reading, now) or not _complete(connection, reading):
            late.append(reading)
        elif reading.failed:
            _transcript(connection, names, reading, now)
        else:
            _keep(connection, names, reading, now, purged)
    _forget_changes(connection)
    return late


def _free(connection: sqlite3.Connection, names: Names, reading: Reading, now: float) -> bool:
    """Whether nobody else has read the same meanwhile. What had the name before is put aside for it."""
    known = reading.known
    if known is not None:
        query = "SELECT 1 FROM transcripts WHERE id = ? AND revision = ? AND NOT retired"
        return connection.execute(query, (known.number, known.revision)).fetchone() is not None
    if reading.retired is not None:
        retire(connection, reading.retired, now)
    one = reading.identity
    query = "SELECT 1 FROM transcripts WHERE source = ? AND path = ? AND part = ? AND NOT retired"
    place = (names.number(one.source), encoded(one.path), encoded(one.part))
    return connection.execute(query, place).fetchone() is None


def retire(connection: sqlite3.Connection, one: Known, now: float) -> None:
    """Its file holds another text now. What it said stays, and the name is free for the new one."""
    done = connection.execute(
        "UPDATE transcripts SET retired = id, gone = coalesce(gone, ?), revision = revision + 1, state = NULL "
        "WHERE id = ? AND revision = ? AND NOT retired",
        (now, one.number, one.revision),
    )
    if done.rowcount:
        connection.execute("DELETE FROM marks WHERE transcript = ?", (one.number,))


def _complete(connection: sqlite3.Connection, reading: Reading) -> bool:
    """Whether the blocks that were known, and so have no print with them, still are."""
    bare = {one.digest for wrote in reading.wrote for one in wrote.blocks if not one.print}
    mine = {one.digest for wrote in reading.wrote for one in wrote.blocks if one.print}
    return not bare - mine - known_digests(connection, bare - mine)


def _keep(
    connection: sqlite3.Connection,
    names: Names,
    reading: Reading,
    now: float,
    purged: Sequence[tuple[float, Filter]],
) -> None:
    known = reading.known
    before: dict[_Row, list[int]] = {}
    if known is not None:
        before = _told(connection, known.number, "" if reading.replace else "AND NOT settled")
        if reading.replace:
            connection.execute("DELETE FROM reads WHERE transcript = ?", (known.number,))
            connection.execute("DELETE FROM marks WHERE transcript = ?", (known.number,))
        else:
            connection.execute("DELETE FROM reads WHERE transcript = ? AND NOT settled", (known.number,))
    number = _transcript(connection, names, reading, now)
    for wrote in reading.wrote:
        if not any(_forgotten(at, which, wrote) for at, which in purged):
            _write(connection, names, number, wrote, before)
    connection.executemany(
        "INSERT INTO reads (transcript, path, cwd, time, session, line, offset, lines, sent, settled) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                number, names.number(one.path), names.number(one.cwd), one.time, names.number(one.session),
                one.line, one.offset, one.lines, one.sent, one.settled,
            )
            for one in reading.read
            if not any(which.tool is None and _forgotten(at, which, one) for at, which in purged)
        ),
    )  # fmt: skip
    # Last, so that a block which is told again stays as it is.
    drop(connection, [(number, row[-1]) for row, numbers in before.items() for number in numbers])
    _marks(connection, number, reading)
    if reading.retired is not None and reading.whole:
        _prune(connection, reading.retired.number, number)


def _forgotten(at: float, which: Filter, one: Wrote | Shown) -> bool:
    """Whether it was purged: what came later is kept."""
    if one.time is not None and one.time > at:
        return False
    return which.holds(one.tool if isinstance(one, Wrote) else "", one.time, one.path, one.cwd)


_Row = tuple[Any, ...]
"""All that a write says, its packed blocks last."""

_SAYS = (
    "tool", "model", "session", "path", "cwd", "time", "contributor", "outcome", "line", "offset", "record", "file",
    "person", "lines", "blocks",
)  # fmt: skip


def _told(connection: sqlite3.Connection, transcript: int, only: str) -> dict[_Row, list[int]]:
    """The writes of a transcript: what they say, and their numbers."""
    found: dict[_Row, list[int]] = {}
    query = f"SELECT id, {', '.join(_SAYS)} FROM writings WHERE transcript = ? {only} ORDER BY id DESC"  # noqa: S608
    for number, *row in connection.execute(query, (transcript,)):
        found.setdefault(tuple(row), []).append(number)
    return found


def _prune(connection: sqlite3.Connection, retired: int, now: int) -> None:
    """Of what a retired transcript said, keep what its successor does not say."""
    query = "SELECT id, record, blocks FROM writings WHERE transcript = ?"
    said = {(record, blocks) for _, record, blocks in connection.execute(query, (now,))}
    again = [
        (number, blocks)
        for number, record, blocks in connection.execute(query, (retired,)).fetchall()
        if (record, blocks) in said
    ]
    drop(connection, again)
    same = " AND ".join(
        f"n.{column} IS r.{column}" for column in ("path", "cwd", "time", "session", "lines", "sent")
    )
    query = f"DELETE FROM reads AS r WHERE transcript = ? AND EXISTS (SELECT 1 FROM reads n WHERE n.transcript = ? AND {same})"  # noqa: S608
    connection.execute(query, (retired, now))
    left = "SELECT 1 FROM writings WHERE transcript = ?1 UNION ALL SELECT 1 FROM reads WHERE transcript = ?1 LIMIT 1"
    if connection.execute(left, (retired,)).fetchone() is None:
        connection.execute("DELETE FROM transcripts WHERE id = ?", (retired,))


def _transcript(connection: sqlite3.Connection, names: Names, reading: Reading, now: float) -> int:
    """The transcript's row, as it was left by this reading."""
    one, seen, position, known = reading.identity, reading.look, reading.position, reading.known
    values: dict[str, object] = {
        "shown": encoded(reading.shown), "whole": reading.whole, "looked": now, "cut": reading.cut,
        "problems": reading.problems, "problem": encoded(reading.problem), "hint": encoded(reading.hint),
    }  # fmt: skip
    if not reading.failed or known is None:
        values |= {
            "size": seen.size, "changed": seen.changed, "inode": seen.inode, "head": seen.head, "head_size": seen.head_size,
            "seam": seen.seam, "seam_size": seen.seam_size, "offset": position.offset, "line": position.line,
            "state": position.state, "readers": reading.readers, "prints": prints.VERSION,
        }  # fmt: skip
    if known is None:
        values |= {
            "source": names.number(one.source), "path": encoded(one.path), "part": encoded(one.part), "revision": 1,
        }  # fmt: skip
        query = f"INSERT INTO transcripts ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"  # noqa: S608
        return int(connection.execute(query, tuple(values.values())).lastrowid or 0)
    if not reading.replace and not reading.failed and not reading.problems:
        del values["problems"], values["problem"], values["hint"]  # those of its beginning
    sets = ", ".join(f"{column} = ?" for column in values)
    query = f"UPDATE transcripts SET {sets}, revision = revision + 1, gone = NULL WHERE id = ?"  # noqa: S608
    connection.execute(query, (*values.values(), known.number))
    return known.number


def _write(
    connection: sqlite3.Connection, names: Names, transcript: int, wrote: Wrote, before: dict[_Row, list[int]]
) -> None:
    """One write and its blocks; where it was told `before`, the same row goes on and nothing has changed."""
    blocks = [_block(connection, one) for one in wrote.blocks]
    row: _Row = (
        names.number(wrote.tool),
        None if wrote.model is None else names.number(wrote.model),
        names.number(wrote.session),
        names.number(wrote.path),
        names.number(wrote.cwd),
        wrote.time,
        wrote.contributor,
        wrote.outcome,
        wrote.line,
        wrote.offset,
        encoded(wrote.record).decode("utf-8", "replace"),
        names.number(wrote.file) if wrote.file else None,
        None if wrote.person is None else names.number(wrote.person),
        sum(one.lines for one in wrote.blocks),
        to_bytes(array("Q", blocks)),
    )
    same = before.get(row)
    if same:
        connection.execute("UPDATE writings SET settled = ? WHERE id = ?", (wrote.settled, same.pop()))
        return
    columns = ", ".join(_SAYS)
    signs = ", ".join("?" * (len(_SAYS) + 2))
    query = f"INSERT INTO writings (transcript, settled, {columns}) VALUES ({signs})"  # noqa: S608
    cursor = connection.execute(query, (transcript, wrote.settled, *row))
    different = tuple(dict.fromkeys(blocks))
    uses = zip(different, repeat(cursor.lastrowid))
    connection.executemany("INSERT INTO uses (block, writing) VALUES (?, ?)", uses)
    connection.executemany("INSERT INTO changes (block) VALUES (?)", zip(different))


def _block(connection: sqlite3.Connection, one: Inserted) -> int:
    """The number of a block, which is kept now if it was not before."""
    query = "SELECT id, version FROM blocks WHERE digest = ?"
    found = connection.execute(query, (signed(one.digest),)).fetchone()
    if found is not None and (found[1] == prints.VERSION or not one.print):
        return int(found[0])
    if found is not None:
        number = int(found[0])
        unpost(connection, number)
        connection.execute(
            "UPDATE blocks SET version = ?, print = ?, keys = ? WHERE id = ?",
            (prints.VERSION, one.print, to_bytes(one.keys), number),
        )
        connection.execute("INSERT INTO changes (block) VALUES (?)", (number,))
    else:
        cursor = connection.execute(
            "INSERT INTO blocks (digest, version, print, keys) VALUES (?, ?, ?, ?)",
            (signed(one.digest), prints.VERSION, one.print, to_bytes(one.keys)),
        )
        number = int(cursor.lastrowid or 0)
    pairs = zip(all_signed(one.keys), repeat(number))
    connection.executemany("INSERT OR IGNORE INTO postings (key, block) VALUES (?, ?)", pairs)
    return number


def unpost(connection: sqlite3.Connection, block: int) -> bytes:
    """Take a block out of the postings; returns its keys."""
    (keys,) = connection.execute("SELECT keys FROM blocks WHERE id = ?", (block,)).fetchone()
    pairs = zip(all_signed(from_bytes("Q", keys)), repeat(block))
    connection.executemany("DELETE FROM postings WHERE key = ? AND block = ?", pairs)
    return bytes(keys)


def drop(connection: sqlite3.Connection, writings: Sequence[tuple[int, bytes]]) -> None:
    """Forget writes, given with their packed blocks, and blocks that nothing else wrote."""
    for writing, packed in writings:
        connection.execute("DELETE FROM writings WHERE id = ?", (writing,))
        for block in dict.fromkeys(from_bytes("Q", packed)):
            connection.execute("DELETE FROM uses WHERE block = ? AND writing = ?", (block, writing))
            query = "SELECT 1 FROM uses WHERE block = ? LIMIT 1"
            if connection.execute(query, (block,)).fetchone() is None:
                keys = unpost(connection, block)
                connection.execute("DELETE FROM blocks WHERE id = ?", (block,))
                connection.execute("INSERT INTO changes (block, keys) VALUES (?, ?)", (block, keys))
            else:
                connection.execute("INSERT INTO changes (block) VALUES (?)", (block,))


MAX_MARKS = 8
"""Rows of marks of one session before they are put together into one."""


def _marks(connection: sqlite3.Connection, transcript: int, reading: Reading) -> None:
    if reading.position.state is None:
        connection.execute("DELETE FROM marks WHERE transcript = ?", (transcript,))
        return
    query = "SELECT coalesce(max(number), 0) FROM marks WHERE transcript = ?"
    (number,) = connection.execute(query, (transcript,)).fetchone()
    for own, values in ((0, reading.theirs), (1, reading.own)):
        if values:
            number += 1
            row = (transcript, number, own, to_bytes(array("Q", sorted(values))))
            connection.execute("INSERT INTO marks (transcript, number, own, data) VALUES (?, ?, ?, ?)", row)
    if number > MAX_MARKS:
        theirs, own_ = marks(connection, transcript)
        connection.execute("DELETE FROM marks WHERE transcript = ?", (transcript,))
        for number, values in enumerate((theirs, own_)):
            row = (transcript, number, number, to_bytes(array("Q", sorted(values))))
            connection.execute("INSERT INTO marks (transcript, number, own, data) VALUES (?, ?, ?, ?)", row)


def marks(connection: sqlite3.Connection, transcript: int) -> tuple[array[int], array[int]]:
    """The marks of the lines that a session met: those that were not its own, and its own."""
    out = (array("Q"), array("Q"))
    query = "SELECT own, data FROM marks WHERE transcript = ?"
    for own, data in connection.execute(query, (transcript,)):
        out[bool(own)].extend(from_bytes("Q", data))
    return out


def known_digests(connection: sqlite3.Connection, digests: Collection[int]) -> set[int]:
    """Which of these blocks have a print of today's kind."""
    found: set[int] = set()
    wanted = list(digests)
    for at in range(0, len(wanted), 500):
        some = [signed(one) for one in wanted[at : at + 500]]
        signs = ",".join("?" * len(some))
        query = f"SELECT digest FROM blocks WHERE version = ? AND digest IN ({signs})"  # noqa: S608
        rows = connection.execute(query, (prints.VERSION, *some))
        found.update(row[0] & ((1 << 64) - 1) for row in rows)
    return found


def _forget_changes(connection: sqlite3.Connection) -> None:
    connection.execute(
        "DELETE FROM changes WHERE number <= (SELECT max(number) FROM changes) - ?", (MAX_CHANGES,)
    )
