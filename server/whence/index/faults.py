"""What could not be read of the transcripts."""

from __future__ import annotations

import sqlite3

from whence.index.values import Identity, decoded
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be read of a transcript that is still there."""

    identity: Identity
    shown: str
    count: int
    first: str
    hint: str
    changed: float
    cut: int
    """The number of a last line that is no whole record; 0: none. While a tool writes it that is no fault."""


def faulty(connection: sqlite3.Connection) -> list[Fault]:
    """Transcripts of which something could not be read."""
    query = """
        SELECT n.value, t.path, t.part, t.shown, t.problems, t.problem, t.hint, t.changed, t.cut FROM transcripts t
        JOIN names n ON n.id = t.source WHERE (t.problems OR t.cut) AND NOT t.retired AND t.gone IS NULL
        ORDER BY t.shown, t.part
    """
    return [
        Fault(
            Identity(*map(decoded, row[:3])),
            decoded(row[3]),
            row[4],
            decoded(row[5]),
            decoded(row[6]),
            *row[7:],
        )
        for row in connection.execute(query)
    ]
