"""The syntax room: which language a text is in, and the regions a person would name in it.

Parsers are loaded at the first parse, so importing this costs nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from whence.model import Region
from whence.syntax.grammars import Table, builtin
from whence.syntax.nesting import nest
from whence.syntax.recognise import claimed, recognise
from whence.syntax.values import Language, Limits, Regions

__all__ = ["Language", "Limits", "Region", "Regions", "language_of", "languages", "owner", "regions"]


def languages() -> tuple[Language, ...]:
    """Every language known, by id."""
    return builtin().languages


def language_of(path: str, first_line: str = "") -> str | None:
    """The id of a file's language, None for plain text."""
    language = recognise(builtin(), path, first_line)
    return language.id if language is not None else None


def regions(path: str, lines: Sequence[str], *, table: Table | None = None) -> Regions:
    """Cut a text into regions. Never raises: what cannot be parsed is cut at its blank lines, and says so."""
    try:
        return _regions(path, lines, table if table is not None else builtin())
    except Exception as fault:
        return Regions(nest((), lines), None, False, f"regions failed ({type(fault).__name__}: {fault})")


def owner(regions: Sequence[Region], line: int) -> Region:
    """The innermost region of a line (1-based). A blank line outside every region is a block of its own."""
    at = bisect_right(regions, line, key=lambda region: region.start)
    while at:
        at -= 1
        if regions[at].end >= line:
            return regions[at]
    return Region("block", None, line, line)


def _regions(path: str, lines: Sequence[str], table: Table) -> Regions:
    language = recognise(table, path, lines[0] if lines else "")
    if language is None:
        return Regions(nest((), lines), None)
    language = claimed(table, path, language, lines)
    if language.reader == "notebook":
        from whence.syntax.notebook import spans as cells

        found = cells(lines)
        why = "" if found is not None else "not a readable notebook"
        return Regions(nest(found or (), lines), language.id, not why, why)
    if language.parser is None:
        return Regions(nest((), lines), language.id)
    from whence.syntax import tree
    from whence.syntax.outline import outline

    try:
        parsed = tree.parse(language, lines)
        spans = outline(tree.captures(parsed), lines, language)
    except tree.GaveUp as stop:
        return Regions(nest((), lines), language.id, False, str(stop))
    cut = nest(spans, lines, separator=language.separator, joined=tree.statements(parsed))
    return Regions(cut, language.id)
