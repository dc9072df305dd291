"""The syntax room: which language a text is in, and the regions a person would name in it.

Parsers are loaded at the first parse, so importing this costs nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from whence.model import Region
from whence.syntax.cutting import cut
from whence.syntax.grammars import Table, builtin
from whence.syntax.recognise import recognise
from whence.syntax.values import Language, Regions

__all__ = [
    "Language",
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
    return cut(path, lines, table).regions


def owner(regions: Sequence[Region], line: int) -> Region:
    """The innermost region of a line (1-based). A blank line outside every region is a block of its own."""
    at = bisect_right(regions, line, key=lambda region: region.start)
    while at:
        at -= 1
        if regions[at].end >= line:
            return regions[at]
    return Region("block", None, line, line)
