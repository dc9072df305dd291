"""A text into regions, from the beginning: language, parser, outline, nesting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from whence.syntax.grammars import Table, builtin
from whence.syntax.nesting import nest
from whence.syntax.outline import outline
from whence.syntax.recognise import claimed, recognise
from whence.syntax.values import Language, Regions

if TYPE_CHECKING:
    from whence.syntax.tree import Parsed


class Cut(NamedTuple):
    """The regions, and what helps to find those of the next version of the text."""

    regions: Regions
    language: Language | None = None
    parsed: Parsed | None = None


def language_of(path: str, lines: Sequence[str], table: Table) -> Language | None:
    """The language, also where the text itself has a say."""
    language = recognise(table, path, lines[0] if lines else "")
    return claimed(table, path, language, lines) if language is not None else None


def cut(path: str, lines: Sequence[str], table: Table | None = None) -> Cut:
    """Cut a text. Never raises: what cannot be parsed is cut at its blank lines, and says so."""
    try:
        language = language_of(path, lines, table if table is not None else builtin())
        if language is None:
            return Cut(Regions(nest((), lines), None))
        if language.reader == "notebook":
            return Cut(_notebook(language, lines), language)
        if language.parser is None:
            return Cut(Regions(nest((), lines), language.id), language)
        return _parse(language, lines)
    except Exception as fault:
        why = f"regions failed ({type(fault).__name__}: {fault})"
        return Cut(Regions(nest((), lines), None, False, why))


def _notebook(language: Language, lines: Sequence[str]) -> Regions:
    from whence.syntax.notebook import spans

    found = spans(lines)
    why = "" if found is not None else "not a readable notebook"
    return Regions(nest(found or (), lines), language.id, not why, why)


def _parse(language: Language, lines: Sequence[str]) -> Cut:
    from whence.syntax import tree

    try:
        parsed = tree.parse(language, lines)
        return Cut(arranged(parsed, lines), language, parsed)
    except tree.GaveUp as stop:
        return Cut(Regions(nest((), lines), language.id, False, str(stop)), language)


def arranged(parsed: Parsed, lines: Sequence[str]) -> Regions:
    """The regions of a parsed text. Raises `tree.GaveUp` where a limit is met."""
    from whence.syntax import tree

    language = parsed.language
    spans = outline(tree.captures(parsed), lines, language)
    return Regions(
        nest(spans, lines, separator=language.separator, joined=tree.statements(parsed)), language.id
    )
