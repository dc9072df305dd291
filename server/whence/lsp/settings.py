"""The editor's settings for Whence, from `initializationOptions`, pulled, or pushed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from whence.quick import dataclass

SECTION = "whence"


@dataclass(frozen=True, slots=True)
class Settings:
    """None of them is required."""

    code_lens: bool = False
    """`whence.codeLens`: a line above each finding's region."""
    diagnostic_mode: str = "openFiles"
    """`whence.diagnosticMode`: `openFiles`, or `workspace` for findings of every file in clients that pull them.
    Read when the server starts."""
    attributed: str = "information"
    """`whence.attributed`: how lines are shown of which nothing is asked, as where there is no policy: `information`,
    `hint` or `off`."""
    finding_pages: str = ""
    """`whence.findingPages`: the address of a page about each kind of finding, with `{code}` in it."""
    policy: str = ""
    """`whence.policy`: another policy file, relative to the workspace's root."""
    status_notifications: bool = False
    """`whence.statusNotifications`: whether `whence/status` is sent. Read when the server starts."""


_KEYS: dict[str, tuple[str, type, tuple[object, ...]]] = {
    "codeLens": ("code_lens", bool, ()),
    "diagnosticMode": ("diagnostic_mode", str, ("openFiles", "workspace")),
    "attributed": ("attributed", str, ("information", "hint", "off")),
    "findingPages": ("finding_pages", str, ()),
    "policy": ("policy", str, ()),
    "statusNotifications": ("status_notifications", bool, ()),
}


_USUAL = Settings()


def read(raw: Any, before: Settings = _USUAL) -> tuple[Settings, tuple[str, ...]]:
    """Settings from what a client sent, and a sentence for each entry that is wrong; wrong entries keep `before`.

    A null or an absent entry keeps `before` too: clients send null for what the user did not set.
    """
    if raw is None:
        return before, ()
    if not isinstance(raw, Mapping):
        return before, (f"the settings are a {type(raw).__name__}, not an object",)
    if isinstance(raw.get(SECTION), Mapping):
        raw = raw[SECTION]
    wrong = []
    values: dict[str, Any] = {}
    for key, value in raw.items():
        if value is None:
            continue
        if key not in _KEYS:
            wrong.append(f"there is no setting whence.{key}; there are {', '.join(_KEYS)}")
            continue
        name, kind, choices = _KEYS[key]
        if not isinstance(value, kind):
            wrong.append(f"whence.{key} is {value!r}, not a {'boolean' if kind is bool else 'string'}")
        elif choices and value not in choices:
            wrong.append(f"whence.{key} is {value!r}; it can be {' or '.join(map(str, choices))}")
        else:
            values[name] = value
    return replace(before, **values), tuple(wrong)
