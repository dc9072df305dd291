"""What a reader holds of a session between two lines: calls that wait for their result, and what is known of files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from whence.evidence.sessions.edits.calls import Files
from whence.evidence.sessions.interface import Written
from whence.quick import dataclass

MAX_PENDING = 4096
"""Calls that wait for their result."""


@dataclass(slots=True)
class State:
    """Plain values, so that reading can go on later where it ended. Some models' servers use a call's id again."""

    shown: str
    session: str
    cwd: str = ""
    model: str | None = None
    time: datetime | None = None
    """Of the session or of its last line, where calls have no time of their own."""
    calls: dict[str, tuple[str, Mapping[str, Any], Written]] = field(default_factory=dict)
    answered: bool = False
    """Whether any of them was."""
    files: Files = field(default_factory=Files)


UNANSWERED = 16
"""Calls without any result before them that no session has: a model waits for results."""


def unanswered(calls: Collection[object], answered: object) -> bool:
    """Whether results are passed over: many calls wait, and none was ever answered."""
    return len(calls) >= UNANSWERED and not answered


def make_room(calls: dict[str, Any]) -> None:
    """Forget the oldest call where too many wait: a hostile file must not fill the memory."""
    if len(calls) >= MAX_PENDING:
        del calls[next(iter(calls))]
