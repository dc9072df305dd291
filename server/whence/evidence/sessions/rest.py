"""Keep what a line reader remembers, without a word of the transcript's text.

A state is kept only at rest: when nothing but names, numbers, times and sets of them is in it. A call that waits for
its outcome is not at rest. What comes back is plain JSON, and fits the reader's first state or is not used.
"""

from __future__ import annotations

import json
from collections.abc import Sized
from dataclasses import fields
from datetime import datetime
from typing import Any

LONGEST = 4096
"""Characters of a name or path in a state at rest; what is longer, or has a line feed in it, is text."""


def resting(state: Any) -> bool:
    """Whether a state may be at rest, as far as can be told without looking into its sets: nothing waits in it."""
    values = (getattr(state, entry.name) for entry in fields(state))
    return not any(isinstance(value, dict | list | tuple) and value for value in values)


def at_rest(state: Any) -> bytes | None:
    """A state that holds no text, as plain JSON; None where it is not at rest."""
    values: dict[str, object] = {}
    for entry in fields(state):
        value = getattr(state, entry.name)
        if isinstance(value, set):
            if not all(map(_plain, value)):
                return None
            values[entry.name] = {"set": _sorted(value)}
        elif isinstance(value, datetime):
            values[entry.name] = {"time": value.isoformat()}
        elif _plain(value):
            values[entry.name] = value
        elif not isinstance(value, Sized) or len(value):
            return None
    return json.dumps(values).encode("ascii")


def _sorted(values: set[Any]) -> list[Any]:
    """In an order that does not depend on hashes."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=repr)


def woken(state: Any, kept: bytes) -> Any:
    """The reader's first state with what `at_rest` kept of a later one; None where that is of another shape."""
    names = {entry.name for entry in fields(state)}
    try:
        for name, value in json.loads(kept).items():
            before = getattr(state, name) if name in names else ()
            made = _read(value)
            if not (isinstance(before, set) if isinstance(made, set) else _scalar(before) and _scalar(made)):
                return None
            setattr(state, name, made)
    except (ValueError, TypeError, AttributeError):
        return None
    return state


def _read(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    if kind not in ("set", "time"):
        raise ValueError(kind)
    return set(inner) if kind == "set" else datetime.fromisoformat(inner)


def _scalar(value: object) -> bool:
    return isinstance(value, datetime) or _plain(value)


def _plain(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST and "\n" not in value
    return value is None or isinstance(value, bool | int | float)
