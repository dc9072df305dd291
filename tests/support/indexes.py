"""Look into an index: what it says, whatever numbers it gives to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from whence.evidence.sessions.interface import Places, Reader
from whence.evidence.sessions.updating import Updated, Updater
from whence.index import Database
from whence.index.values import all_signed, decoded, from_bytes

Said = Mapping[tuple[int, bytes], frozenset[tuple[object, ...]]]
"""(digest, keys) of a block to the writes that inserted it."""


def opened(home: Path) -> Database:
    """The index of a home folder."""
    return Database.open({"HOME": str(home)})


def update(
    home: Path, readers: Sequence[Reader] | None = None, seconds: float = 1e9, *, verify: bool = False
) -> Updated:
    """Bring a home folder's index up to date, as a process of its own would."""
    updater = Updater(opened(home), readers, Places({"HOME": str(home)}))
    try:
        return updater.update(seconds, verify=verify)
    finally:
        updater.database.close()


def said(home: Path) -> Said:
    """Everything that the index of a home folder says of writes, and that it agrees with itself."""
    with opened(home) as database:
        assert database.place is not None, database.problem
        return said_by(database)


def said_by(database: Database) -> Said:
    """The same of an open index."""
    ask = database.connection.execute
    assert ask("PRAGMA integrity_check").fetchone() == ("ok",)
    names = {number: decoded(value) for number, value in ask("SELECT id, value FROM names")}
    names[None] = None
    blocks = {number: (digest, keys) for number, digest, keys in ask("SELECT id, digest, keys FROM blocks")}
    uses: dict[int, set[int]] = {}
    for block, writing in ask("SELECT block, writing FROM uses"):
        uses.setdefault(writing, set()).add(block)
    posted = set(ask("SELECT key, block FROM postings"))
    assert posted == {
        (key, number) for number, (_, keys) in blocks.items() for key in all_signed(from_bytes("Q", keys))
    }
    found: dict[tuple[int, bytes], set[tuple[object, ...]]] = {one: set() for one in blocks.values()}
    transcripts = {number for (number,) in ask("SELECT id FROM transcripts")}
    query = (
        "SELECT id, transcript, tool, model, session, path, cwd, time, contributor, outcome, record, lines, blocks "
        "FROM writings"
    )
    for writing, transcript, tool, model, session, path, cwd, *rest, packed in ask(query):
        assert transcript in transcripts
        mine = list(from_bytes("Q", packed))
        assert uses.pop(writing) == set(mine)
        words = tuple(names[one] for one in (tool, model, session, path, cwd))
        for block in mine:
            found[blocks[block]].add((*words, *rest, tuple(blocks[one][0] for one in mine)))
    assert not uses
    assert all(found.values())
    return {block: frozenset(writes) for block, writes in found.items()}


def reads(home: Path) -> set[tuple[object, ...]]:
    """Which files were shown to tools."""
    with opened(home) as database:
        query = (
            "SELECT p.value, c.value, s.value, r.time, r.lines, r.sent FROM reads r JOIN names p ON p.id = r.path "
            "JOIN names c ON c.id = r.cwd JOIN names s ON s.id = r.session"
        )
        return set(database.connection.execute(query))


def started(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A Python process that sees the package as this one does."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
