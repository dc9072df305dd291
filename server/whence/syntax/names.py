"""Names as a person would say them, from the source text that stands for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_NAME = 120
"""Characters of a name that are kept."""

_SPACE = re.compile(r"\s+")
_CLOSING = re.compile(r"\s#+$")
_SYMBOL = re.compile(r":(\w+[?!]?)")


def qualified(scope: Sequence[str], name: Sequence[str]) -> str | None:
    """The parts of a name put together, behind its scope and a dot: `Queue.push`, `operator+`, `~Queue`."""
    said = "".join(map(spoken, name))
    before = "".join(map(spoken, scope))
    return (f"{before}.{said}" if before and said else said)[:MAX_NAME] or None


def heading(parts: Sequence[str]) -> str | None:
    """The words of a heading on one line, without a closing run of `#`."""
    words = _SPACE.sub(" ", "".join(parts)).strip()
    return _CLOSING.sub("", words)[:MAX_NAME] or None


def spoken(source: str) -> str:
    """One name on one line: without quotes, without the colon of a symbol, with a dot for `::`."""
    if source.isidentifier():
        return source
    name = _SPACE.sub(" ", source).strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'`" and name.count(name[0]) == 2:
        return name[1:-1]
    if (symbol := _SYMBOL.fullmatch(name)) is not None:
        return symbol[1]
    return name.removeprefix("::").replace("::", ".")
