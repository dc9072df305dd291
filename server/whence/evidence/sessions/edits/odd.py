"""What looks like an edit whatever tool and version wrote it, so that a reader can say what it does not understand. Pure.

Tools change their formats without a word. A reader knows the names of its tool's editing calls, the forms of their
inputs and the records that they stand in; where one of these three is new, it is recognised by the other two. Tools
that a person added (`mcp__...`) are left out: what becomes of a text that they are given is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whence.evidence.sessions.edits.inputs import NEW, OLD, PATHS, WHOLE
from whence.evidence.sessions.stores.values import items, mapping, string

MAX_VALUES = 10_000
"""Values of one record that are looked through."""

_SIGNS = (b'ath":', b"*** Begin Patch")
"""An edit is a patch, or names a file under a key that ends so, in all formats that are known."""

_NAMES = ("name", "toolName", "tool_name", "tool", "function")
_INPUTS = ("input", "args", "arguments", "parameters", "params", "toolInput", "tool_input")
_PATHS = (*PATHS, "filename", "file", "absolute_path", "absolutePath")
_LISTS = ("edits", "replacements", "changes")
_TEXTS = frozenset({*NEW, *OLD, *WHOLE, *_LISTS})


def signs(data: bytes) -> bool:
    """Whether a line that is not worth parsing may hold an edit all the same. Cheap: asked for each of them."""
    return any(map(data.__contains__, _SIGNS))


def unknown(name: str, asked: object) -> bool:
    """Whether a call of a tool that its reader takes for none that edits is asked to edit after all."""
    return not name.startswith("mcp") and "__" not in name and like(asked)


def like(asked: object) -> bool:
    """Whether a call's input has a form in which tools are asked to edit a file."""
    if isinstance(asked, str):
        return asked.lstrip().startswith("*** Begin Patch")
    if not isinstance(asked, dict):
        return False
    for value in asked.values():
        if isinstance(value, str) and value.startswith("*** Begin Patch"):
            return True
    if _TEXTS.isdisjoint(asked) or not string(asked, *_PATHS):
        return False
    return _replaces(asked) or any(isinstance(asked.get(name), str) for name in WHOLE)


def _replaces(asked: Mapping[str, Any]) -> bool:
    if any(isinstance(asked.get(name), str) for name in (*NEW, *OLD)):
        return True
    return any(_replaces(mapping(edit)) for name in _LISTS for edit in items(asked, name)[:1])


def call(value: Mapping[str, Any]) -> bool:
    """Whether a part of a record is a call that looks like an edit."""
    name = string(value, *_NAMES)
    return bool(name) and any(unknown(name, value[key]) for key in _INPUTS if key in value)


def carries(value: object) -> bool:
    """Whether there is such a call anywhere in a record."""
    left: list[object] = [value]
    for _ in range(MAX_VALUES):
        if not left:
            return False
        one = left.pop()
        if isinstance(one, Mapping):
            if call(one):
                return True
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return False
