"""Lines and tables of a report folded to a terminal's width. Commands stay whole, to be copied. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

NARROWEST = 40
"""Columns below which folding makes nothing more readable."""

_LAST = 24
"""Columns that the last column of a table gets on a narrow terminal, and the first at least."""

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


def table(rows: Sequence[tuple[str, str, str]], width: int | None) -> list[str]:
    """Three columns, the middle one of numbers. In a terminal's `width` the last takes several rows, and what stands in
    the first loses its beginning."""
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    if width is None:
        return [f"  {row[0]:{first}}  {row[1]:>{second}}  {row[2]}".rstrip() for row in rows]
    third = min(max(len(row[2]) for row in rows), _LAST)
    first = min(first, max(width - second - third - 6, _LAST))
    left = first + second + 6
    out = []
    for row in rows:
        start = f"  {shortened(row[0], first):{first}}  {row[1]:>{second}}  "
        out += textwrap.wrap(
            row[2],
            max(width, left + _LAST),
            initial_indent=start,
            subsequent_indent=" " * left,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return out
