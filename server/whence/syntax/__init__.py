"""The syntax room: which language a text is in, and the regions a person would name in it.

Parsers are loaded at the first parse, so importing this costs nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from whence.model import Region
from whence.syntax.grammars import Table, builtin
from whence.syntax.nesting import nest
from whence.syntax.outline import outline
from whence.syntax.recognise import claimed, recognise
from whence.syntax.values import Language, Limits, Regions

if TYPE_CHECKING:
    from whence.syntax.tree import Parsed

__all__ = [
    "Follower",
    "Language",
    "Limits",
    "Region",
    "Regions",
    "language_of",
    "languages",
    "owner",
    "regions",
]


def languages() -> tuple[Language, ...]:
    """Every language known, by id."""
    return builtin().languages


def language_of(path: str, first_line: str = "") -> str | None:
    """The id of a file's language, None for plain text."""
    language = recognise(builtin(), path, first_line)
    return language.id if language is not None else None


def regions(path: str, lines: Sequence[str], *, table: Table | None = None) -> Regions:
    """Cut a text into regions. Never raises: what cannot be parsed is cut at its blank lines, and says so."""
    return _cut(path, lines, table, None)[1]


def owner(regions: Sequence[Region], line: int) -> Region:
    """The innermost region of a line (1-based). A blank line outside every region is a block of its own."""
    at = bisect_right(regions, line, key=lambda region: region.start)
    while at:
        at -= 1
        if regions[at].end >= line:
            return regions[at]
    return Region("block", None, line, line)


class Follower:
    """One text as it is edited: the same answers as `regions`, for less work from version to version.

    Not for several threads at once.
    """

    def __init__(self, path: str, *, table: Table | None = None) -> None:
        self._path = path
        self._table = table
        self._lines: Sequence[str] | None = None
        self._last = Regions((), None)
        self._parsed: Parsed | None = None

    def regions(self, lines: Sequence[str]) -> Regions:
        """Cut the present version of the text into regions. Never raises, like `regions`."""
        if self._lines is None or self._lines != lines:
            self._parsed, self._last = _cut(self._path, lines, self._table, self._parsed)
            self._lines = lines
        return self._last


def _cut(
    path: str, lines: Sequence[str], table: Table | None, before: Parsed | None
) -> tuple[Parsed | None, Regions]:
    """The regions, and what helps to find those of the next version of the text."""
    try:
        known = table if table is not None else builtin()
        language = recognise(known, path, lines[0] if lines else "")
        if language is None:
            return None, Regions(nest((), lines), None)
        language = claimed(known, path, language, lines)
        if language.reader == "notebook":
            return None, _notebook(language, lines)
        if language.parser is None:
            return None, Regions(nest((), lines), language.id)
        return _parse(language, lines, before)
    except Exception as fault:
        return None, Regions(
            nest((), lines), None, False, f"regions failed ({type(fault).__name__}: {fault})"
        )


def _notebook(language: Language, lines: Sequence[str]) -> Regions:
    from whence.syntax.notebook import spans

    found = spans(lines)
    why = "" if found is not None else "not a readable notebook"
    return Regions(nest(found or (), lines), language.id, not why, why)


def _parse(language: Language, lines: Sequence[str], before: Parsed | None) -> tuple[Parsed | None, Regions]:
    from whence.syntax import tree

    try:
        parsed = tree.parse(language, lines, before)
        spans = outline(tree.captures(parsed), lines, language)
    except tree.GaveUp as stop:
        return None, Regions(nest((), lines), language.id, False, str(stop))
    cut = nest(spans, lines, separator=language.separator, joined=tree.statements(parsed))
    return parsed, Regions(cut, language.id)
