"""Ask the database about very many numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

AT_ONCE = 256
"""Numbers of one question: always as many, so that SQLite prepares it once."""

SIGNS = ",".join("?" * AT_ONCE)
"""Their places in it."""


def asked(
    connection: sqlite3.Connection, query: str, values: Sequence[int], *before: int | bytes
) -> Iterator[Iterable[tuple[Any, ...]]]:
    """The rows of a query for many numbers, `AT_ONCE` at a time."""
    for at in range(0, len(values), AT_ONCE):
        some = values[at : at + AT_ONCE]
        some = [*some, *([some[-1]] * (AT_ONCE - len(some)))]
        yield connection.execute(query, (*before, *some)).fetchall()
