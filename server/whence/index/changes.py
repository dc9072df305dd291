"""What changed in the index, as keys: who holds none of them has nothing to look at again."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from whence.index.asking import SIGNS, asked
from whence.index.mending import telling
from whence.index.values import encoded, from_bytes, signed
from whence.quick import dataclass

MAX_BESIDE = 20_000
"""Blocks whose keys are told at once."""

_HOLDERS = f"SELECT DISTINCT block FROM postings WHERE key IN ({SIGNS})"  # noqa: S608 - only marks
_KEYS = f"SELECT keys FROM blocks WHERE id IN ({SIGNS})"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Changes:
    """Of one open index."""

    connection: sqlite3.Connection

    @telling
    def since(self, number: int) -> set[int] | None:
        """The keys of all blocks that changed after change `number`; None: that is too long ago to be told."""
        first, last = self.connection.execute("SELECT min(number), max(number) FROM changes").fetchone()
        if last is None or number >= last:
            return set()
        if first > number + 1:
            return None
        found: set[int] = set()
        told: set[int] = set()
        every: set[int] = set()
        query = "SELECT c.block, coalesce(c.keys, b.keys) FROM changes c LEFT JOIN blocks b ON b.id = c.block WHERE c.number > ?"
        for block, keys in self.connection.execute(query, (number,)):
            every.add(block)
            if keys is not None:
                told.add(block)
                found.update(from_bytes("Q", keys))
        return found if every == told else None

    @telling
    def beside(self, keys: Collection[int]) -> set[int] | None:
        """All keys of the blocks that hold one of these; None: there are too many."""
        found: set[int] = set()
        numbers: set[int] = set()
        for rows in asked(self.connection, _HOLDERS, [signed(key) for key in keys]):
            numbers.update(row[0] for row in rows)
            if len(numbers) > MAX_BESIDE:
                return None
        for rows in asked(self.connection, _KEYS, list(numbers)):
            for (packed,) in rows:
                found.update(from_bytes("Q", packed))
        return found

    @telling
    def written(self, pairs: Collection[tuple[str, str]]) -> set[int]:
        """The keys of everything that was written to these recorded paths and folders."""
        found: set[int] = set()
        query = """
            SELECT DISTINCT b.id, b.keys FROM writings w JOIN names p ON p.id = w.path JOIN names c ON c.id = w.cwd
            JOIN uses u ON u.writing = w.id JOIN blocks b ON b.id = u.block WHERE p.value = ? AND c.value = ?
        """
        for path, cwd in pairs:
            for _, packed in self.connection.execute(query, (encoded(path), encoded(cwd))):
                found.update(from_bytes("Q", packed))
        return found


@telling
def state(connection: sqlite3.Connection) -> tuple[str, int]:
    """Which index this is, and its latest change: as long as both are the same, so are all its answers."""
    identity = connection.execute("SELECT value FROM about WHERE name = 'identity'").fetchone()
    # Also when the last ones were forgotten.
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
    return bytes(identity[0]).hex() if identity else "", found[0] if found else 0


@telling
def wrote(connection: sqlite3.Connection) -> bool:
    """Whether there is any write in the index, or any import."""
    query = "SELECT EXISTS (SELECT 1 FROM writings) OR EXISTS (SELECT 1 FROM imports)"
    return bool(connection.execute(query).fetchone()[0])
