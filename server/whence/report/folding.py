"""Lines of a report folded to a terminal's width. Commands stay whole, to be copied; nothing is cut. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

NARROWEST = 40
"""Columns below which folding makes nothing more readable."""

_HANGING = re.compile(r" *(?:known from: |next: )?")
_COMMAND = re.compile(r" *whence ")


def folded(lines: Iterable[str], width: int | None) -> list[str]:
    """The lines, each in as many rows as it takes; None: as they are, for what is no terminal."""
    if width is None:
        return list(lines)
    return [row for line in lines for row in _rows(line, max(width, NARROWEST))]


def _rows(line: str, width: int) -> Iterator[str]:
    if len(line) <= width or "\x1b" in line or _COMMAND.match(line):
        yield line
        return
    hanging = _HANGING.match(line)
    indent = len(hanging[0]) if hanging else 0
    yield from textwrap.wrap(
        line[indent:],
        width,
        initial_indent=line[:indent],
        subsequent_indent=" " * (indent or 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def shortened(path: str, width: int) -> str:
    """A path in so many columns: its end is what tells it from others."""
    return path if len(path) <= width else "…" + path[len(path) - width + 1 :]
