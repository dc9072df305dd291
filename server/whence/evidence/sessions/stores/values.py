"""Take values out of foreign JSON without trusting its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from whence.text import split

_NOTHING: Mapping[str, Any] = {}

_EARLIEST = 978_307_200.0
"""2001: a smaller number of seconds is no time of a tool's session."""


def mapping(value: object, *keys: str) -> Mapping[str, Any]:
    """The object at the end of a path of keys; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else _NOTHING


def items(value: object, *keys: str) -> Sequence[Any]:
    """The list at the end of a path of keys; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else ()


def string(value: object, *keys: str) -> str:
    """The first string among some keys of an object, else empty."""
    if isinstance(value, dict):
        for key in keys:
            found = value.get(key)
            if isinstance(found, str):
                return found
    return ""


def content_text(value: object) -> str:
    """The text of a message's or a result's content: a string, or a list of `{"type": "text", "text": ...}`."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(
            text for part in value if (text := part if isinstance(part, str) else string(part, "text"))
        )
    return ""


def when(value: object) -> datetime | None:
    """A time from ISO 8601 text or Unix (milli)seconds; None where it is none."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if value > 1e11 else float(value)
            return datetime.fromtimestamp(seconds, UTC) if seconds > _EARLIEST else None
    except (ValueError, OverflowError, OSError):
        pass
    return None


def lines(text: str) -> tuple[str, ...]:
    return split(text)
