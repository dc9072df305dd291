"""What the index holds, in figures."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace

from whence.index.values import decoded
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Holding:
    """What is kept of one reader's transcripts, or of one tool's."""

    sessions: int = 0
    writes: int = 0
    lines: int = 0
    first: float | None = None
    last: float | None = None
    """When the first and the last of the writes were made."""
    reads: int = 0
    """Showings of files."""
    transcripts: int = 0
    bytes: int = 0
    """Of the transcripts that are still there."""
    gone: int = 0
    """Transcripts that the tool has deleted or replaced, and that are still known here."""


@dataclass(frozen=True, slots=True)
class Shared:
    """One import."""

    name: str
    label: str
    ring: str
    """Names the team's key."""
    at: float
    made: float
    writes: int
    lines: int
    usable: bool
    """Whether this version's matcher knows its prints."""


def holdings(connection: sqlite3.Connection) -> Mapping[str, Holding]:
    """By the readers' sources."""
    found: dict[str, Holding] = {}
    query = """
        SELECT n.value, count(*) FILTER (WHERE t.gone IS NULL), sum(CASE WHEN t.gone IS NULL THEN t.size ELSE 0 END),
            count(*) FILTER (WHERE t.gone IS NOT NULL)
        FROM transcripts t JOIN names n ON n.id = t.source GROUP BY n.value
    """
    for source, here, size, gone in connection.execute(query):
        found[decoded(source)] = Holding(transcripts=here, bytes=size, gone=gone)
    # Forks and resumed sessions tell the same call again.
    query = """
        SELECT n.value, count(DISTINCT w.session), min(w.time), max(w.time) FROM writings w
        JOIN transcripts t ON t.id = w.transcript JOIN names n ON n.id = t.source GROUP BY n.value
    """
    for source, sessions, first, last in connection.execute(query):
        one = found[decoded(source)]
        found[decoded(source)] = replace(one, sessions=sessions, first=first, last=last)
    query = """
        SELECT source, count(*), sum(lines) FROM (
            SELECT DISTINCT n.value AS source, w.tool, w.path, w.record, w.lines, w.blocks FROM writings w
            JOIN transcripts t ON t.id = w.transcript JOIN names n ON n.id = t.source
        ) GROUP BY source
    """
    for source, writes, lines in connection.execute(query):
        found[decoded(source)] = replace(found[decoded(source)], writes=writes, lines=lines)
    query = """
        SELECT n.value, count(*) FROM reads r JOIN transcripts t ON t.id = r.transcript
        JOIN names n ON n.id = t.source WHERE r.sent GROUP BY n.value
    """
    for source, reads in connection.execute(query):
        found[decoded(source)] = replace(found[decoded(source)], reads=reads)
    return found


def shares(connection: sqlite3.Connection, prints: int) -> list[Shared]:
    """Everything that was imported."""
    query = "SELECT name, label, ring, at, made, writes, lines, prints FROM imports ORDER BY name"
    return [
        Shared(name, label, bytes(ring).hex(), at, made, writes, lines, version == prints)
        for name, label, ring, at, made, writes, lines, version in connection.execute(query)
    ]


def pages(connection: sqlite3.Connection) -> int:
    """Bytes of the database."""
    (count,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int(count) * int(size)
