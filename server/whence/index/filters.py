"""Which writes a purge means, and what was purged before."""

from __future__ import annotations

import sqlite3
from typing import Any

from whence.index.values import decoded
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Filter:
    """Which writes: all of these must hold; None: whatever."""

    tool: str | None = None
    before: float | None = None
    """Unix seconds; a write without a time is before everything."""
    folder: str | None = None
    """Absolute, with forward slashes: what was written below it, or by a session that worked there."""

    def holds(self, tool: str, time: float | None, path: str, cwd: str) -> bool:
        if self.tool is not None and tool != self.tool:
            return False
        if self.before is not None and time is not None and time >= self.before:
            return False
        return self.folder is None or any(_below(place, self.folder) for place in (path, cwd))

    def touches(self, folder: str) -> bool:
        """Whether a write in the folder, or below it, may be meant."""
        return self.folder is None or _below(folder, self.folder) or _below(self.folder, folder)


def _below(path: str, folder: str) -> bool:
    path = path.replace("\\", "/")
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def purges(connection: sqlite3.Connection) -> list[tuple[float, Filter]]:
    """What was purged before, and when."""
    rows: list[tuple[Any, ...]] = connection.execute("SELECT at, tool, before, folder FROM purges").fetchall()
    return [
        (at, Filter(tool, before, None if folder is None else decoded(folder)))
        for at, tool, before, folder in rows
    ]
