"""Build Codex's databases: the index of threads, and the histories of them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

THREADS = (
    "CREATE TABLE threads (id TEXT PRIMARY KEY, rollout_path TEXT NOT NULL, cwd TEXT NOT NULL, model TEXT)"
)
ITEMS = (
    "CREATE TABLE thread_items (thread_id TEXT NOT NULL, turn_id TEXT NOT NULL, item_id TEXT NOT NULL,"
    " rollout_ordinal INTEGER NOT NULL, created_at_ms INTEGER NOT NULL, item_json TEXT NOT NULL,"
    " item_type TEXT NOT NULL DEFAULT '', PRIMARY KEY (thread_id, turn_id, item_id))"
)
STATES = (
    "CREATE TABLE thread_history_projection_state (thread_id TEXT PRIMARY KEY,"
    " next_rollout_byte_offset INTEGER NOT NULL, next_rollout_ordinal INTEGER NOT NULL)"
)
MADE = 1_780_000_000_000
"""Milliseconds since 1970 at which the first item of a thread was made."""


def index(path: Path, *threads: tuple[str, str, str, str | None]) -> Path:
    """An index of threads: (id, rollout, folder, model)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(THREADS)
        database.executemany("INSERT INTO threads VALUES (?, ?, ?, ?)", threads)
    return path


def history(path: Path, thread: str, *items: Any, size: int = 4711) -> Path:
    """A database with one thread's items in order; an item that is a string is put down as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(ITEMS)
        database.execute(STATES)
        database.execute("INSERT INTO thread_history_projection_state VALUES (?, ?, ?)", (thread, size, 99))
        for number, item in enumerate(items):
            text = item if isinstance(item, str) else json.dumps(item)
            row = (thread, "t1", f"i{number}", number, MADE + number * 1000, text)
            database.execute("INSERT INTO thread_items VALUES (?, ?, ?, ?, ?, ?, '')", row)
    return path


def file_change(path: str, diff: str, kind: str = "update", **more: Any) -> dict[str, Any]:
    """An applied patch of one file."""
    change = {"path": path, "kind": {"type": kind, "move_path": None}, "diff": diff}
    return {"type": "fileChange", "id": "c1", "changes": [change], "status": "completed", **more}


def command(script: str, output: str = "", code: int | None = 0, cwd: str = "/home/u/proj") -> dict[str, Any]:
    """A command that ended."""
    quoted = script.replace("'", "'\"'\"'")
    return {
        "type": "commandExecution",
        "id": "c2",
        "command": f"/bin/bash -lc '{quoted}'",
        "cwd": cwd,
        "status": "completed" if code == 0 else "failed",
        "aggregatedOutput": output,
        "exitCode": code,
    }
