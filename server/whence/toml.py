"""TOML that anybody can have written: one kind of error for whatever is wrong with it, and in little time. Pure.

`tomllib` takes time by the square of a dotted key's length, and fails in three other ways: too deep for the stack, a
number too long for Python, and by what the reader of its result does with depth.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

MAX_DEPTH = 60
"""Levels of tables and lists; people need five."""

_LONG_KEY = re.compile(
    rf"""(?<![\w."'-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MAX_DEPTH}}}"""
)
_WORDS = re.compile(
    r"""\"{3}(?:[^"\\]|\\.|"(?!""))*+(?:\"{3})?|'{3}(?:[^']|'(?!''))*+(?:'{3})?"""
    r"""|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|\#[^\n]*+""",
    re.DOTALL,
)
"""Texts and comments: what stands in them is neither a key nor a number."""
_LONG_NUMBER = re.compile(r"(?<!\w)(?:0[box])?[0-9a-fA-F_]{4000}")


_UNCLOSED = re.compile(
    r"""(?P<closed>\"{3}(?:[^"\\]|\\.|"(?!""))*+\"{3,5}|'{3}(?:[^']|'(?!''))*+'{3,5}"""
    r"""|"(?!"")(?:[^"\\\n]|\\.)*+"|'(?!'')[^'\n]*+'|\#[^\n]*+)|["']""",
    re.DOTALL,
)


def unclosed(text: str) -> int | None:
    """Where a quoted text begins that does not end on its line (or, between three quotes, at all); None: none does."""
    return next((found.start() for found in _UNCLOSED.finditer(text) if found["closed"] is None), None)


def is_endless(text: str) -> bool:
    """Whether a key of a text has more parts than anybody means, and takes long to be read by whatever reads it."""
    return _LONG_KEY.search(_bare(text)) is not None


def _bare(text: str) -> str:
    """The text with every quoted text and comment made blank, at the same places."""
    return _WORDS.sub(lambda found: found[0][:1] + "x" * (len(found[0]) - 2) + found[0][1:][-1:], text)


def loads(text: str) -> dict[str, Any]:
    """The table of a text. Raises tomllib.TOMLDecodeError, with the place in its message where that is known."""
    bare = _bare(text)
    for pattern, what in ((_LONG_KEY, "Nested too deeply"), (_LONG_NUMBER, "This number is too long")):
        if found := pattern.search(bare):
            raise _error(what, text, found.start())
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except (RecursionError, ValueError) as error:
        what = "Nested too deeply" if isinstance(error, RecursionError) else "A value cannot be read"
        raise _error(what, text, 0) from None
    if _depth_exceeds(table, MAX_DEPTH):
        raise _error("Nested too deeply", text, 0)
    return table


def _error(what: str, text: str, at: int) -> tomllib.TOMLDecodeError:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return tomllib.TOMLDecodeError(f"{what} (at line {line}, column {column})")


def _depth_exceeds(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below += item.values()
            elif isinstance(item, list):
                below += item
        if not below:
            return False
        level = below
    return True
