"""What stood before a thread of Codex in the thread that it was forked from (0.16x), which a fork only refers to.

    {"type": "session_meta", "payload": {..., "history_base": {"thread_id", "end_ordinal_exclusive", "end_byte_offset"}}}

Older forks, and those of subagents, copy that history instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from whence.evidence.sessions.interface import Faults, Transcript
from whence.evidence.sessions.stores.files import Record, parsed, raw_lines
from whence.evidence.sessions.stores.values import mapping, string
from whence.quick import dataclass

MAX_BASE = 16 * 1024 * 1024
"""Bytes of a parent's history that are read, its latest."""

MAX_GENERATIONS = 8

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def thread_of(name: str) -> str:
    """The thread's id in a rollout's name; empty where it has none."""
    found = _ID.findall(name)
    return found[-1] if found else ""


@dataclass(frozen=True, slots=True)
class Base:
    """What a fork stands on."""

    thread: str
    end: int
    """Bytes of that thread's rollout that stood before the fork."""


def base(meta: Mapping[str, Any]) -> Base | None:
    """What a thread was forked from; None where it has its whole history itself."""
    told = mapping(meta, "history_base")
    thread, end = string(told, "thread_id"), told.get("end_byte_offset")
    return Base(thread, end) if _ID.fullmatch(thread) and isinstance(end, int) and end > 0 else None


def records(path: Path, base: Base, worth: Callable[[bytes], bool]) -> Iterator[Record]:
    """The parent's first record and the last ones before the fork, as far as they are worth parsing."""
    parent, quiet = Transcript(path, 0, 0.0, ""), Faults("")
    start, number = 0, 0
    for line, offset, data in raw_lines(parent, quiet, lambda _: None):
        start, number = max(offset + len(data), base.end - MAX_BASE), line
        value = parsed(data, line, quiet)
        if value is not None:
            yield Record(line, offset, value)
        break
    for line, offset, data in raw_lines(parent, quiet, lambda _: None, start, number):
        if offset >= base.end:
            return
        value = parsed(data, line, quiet) if worth(data) else None
        if value is not None:
            yield Record(line, offset, value)


def rollout(near: Path, thread: str) -> Path | None:
    """The plain rollout of a thread beside another one's; None where it is not there.

    Ids hold the time at which the thread was made, as its folder does in the person's own time zone.
    """
    root = next((one.parent for one in near.parents if one.name in {"sessions", "archived_sessions"}), None)
    if root is None or not _ID.fullmatch(thread):
        return None
    try:
        made = datetime.fromtimestamp(int(thread[:8] + thread[9:13], 16) / 1000, UTC)
        days = [made + timedelta(days=shift) for shift in (0, -1, 1)]
    except (ValueError, OverflowError, OSError):
        return None
    folders = [root / "sessions" / day.strftime("%Y/%m/%d") for day in days]
    end = f"-{thread}.jsonl"
    for folder in (*folders, root / "archived_sessions"):
        for entry in _entries(folder):
            if entry.name.startswith("rollout-") and entry.name.endswith(end):
                return Path(entry.path)
    return None


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if entry.is_file(follow_symlinks=False))
    except OSError:
        return
