"""Jupyter notebooks (nbformat 4 and 3): the cells, with their places in the file's own JSON text.

Regions speak of lines as they are on disk, so the JSON is scanned for positions; whether it is valid, and
what it says, is left to `json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from whence.quick import dataclass
from whence.syntax.values import Span

MAX_BYTES = 32 * 1024 * 1024

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]:,]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a notebook."""

    number: int
    """1-based, all kinds of cells counted."""
    kind: str
    """code, markdown, raw"""
    language: str | None
    """The kernel's language for code cells, in lower case; None for other cells and where it is not said."""
    start: int
    end: int
    """First and last line of the cell's JSON object."""
    source: tuple[str, ...]
    """The cell's own lines."""
    source_start: int
    """The line of its first source line; equal to `source_end` where the JSON stands on one line."""
    source_end: int
    identifier: str | None = None
    """The cell's `id` (nbformat 4.5)."""


def cells(lines: Sequence[str]) -> tuple[Cell, ...] | None:
    """Find the cells of a notebook; None where the text is no readable notebook."""
    text = "\n".join(lines)
    if len(text) > MAX_BYTES:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    listed = _listed(data)
    if listed is None:
        return None
    places = list(_places(text))
    if len(places) != len(listed):
        return None
    language = _language(data)
    return tuple(
        _cell(number, cell, place, language)
        for number, (cell, place) in enumerate(zip(listed, places, strict=True), 1)
    )


def spans(lines: Sequence[str]) -> tuple[Span, ...] | None:
    """The cells as spans named `cell 1`, `cell 2`, ...; None where the text is no readable notebook."""
    found = cells(lines)
    if found is None:
        return None
    return tuple(
        Span("cell", f"cell {cell.number}", cell.start, cell.end, 2 * cell.number, 2 * cell.number + 1)
        for cell in found
    )


def _listed(data: Any) -> list[dict[str, Any]] | None:
    """The cells, of all worksheets where there are such (nbformat 3)."""
    if not isinstance(data, dict):
        return None
    sheets = data.get("worksheets")
    parts = [data] if "cells" in data or not isinstance(sheets, list) else sheets
    out: list[dict[str, Any]] = []
    for part in parts:
        found = part.get("cells") if isinstance(part, dict) else None
        if not isinstance(found, list) or not all(isinstance(cell, dict) for cell in found):
            return None
        out.extend(found)
    return out


def _language(data: dict[str, Any]) -> str | None:
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        return None
    for key, field in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(key)
        if isinstance(part, dict) and isinstance(part.get(field), str):
            return str(part[field]).lower()
    return None


def _cell(number: int, data: dict[str, Any], place: _Place, language: str | None) -> Cell:
    kind = data.get("cell_type")
    source = data.get("source", data.get("input", ""))
    whole = "".join(part for part in source if isinstance(part, str)) if isinstance(source, list) else source
    identifier = data.get("id")
    return Cell(
        number=number,
        kind=kind if isinstance(kind, str) else "raw",
        language=(str(data["language"]).lower() if isinstance(data.get("language"), str) else language)
        if kind == "code"
        else None,
        start=place.start,
        end=place.end,
        source=tuple(whole.split("\n")) if isinstance(whole, str) and whole else (),
        source_start=place.source_start or place.start,
        source_end=place.source_end or place.start,
        identifier=identifier if isinstance(identifier, str) else None,
    )


@dataclass(slots=True)
class _Place:
    start: int
    end: int = 0
    source_start: int = 0
    source_end: int = 0


def _places(text: str) -> Iterator[_Place]:
    """The line span of every object in a `cells` array, and of its source, in valid JSON.

    One pass over the tokens with a stack of open brackets; a key is a string with a colon behind it.
    """
    line, at = 1, 0
    path: list[str] = []
    """For each open bracket the key it is the value of."""
    key = last = ""
    place: _Place | None = None
    place_depth = 0
    for matched in _PIECE.finditer(text):
        piece, begin = matched[0], matched.start()
        line += text.count("\n", at, begin)
        at = begin
        depth = len(path)
        if piece in "{[":
            if piece == "{" and depth in (2, 4) and path[-1] == "cells" and _top(path):
                place, place_depth = _Place(line), depth
            path.append(key)
            if place is not None and depth == place_depth + 1 and key in ("source", "input"):
                place.source_start = line
            key = ""
        elif piece in "}]":
            closed = path.pop()
            if place is not None and len(path) == place_depth:
                place.end = line
                yield place
                place = None
            elif place is not None and len(path) == place_depth + 1 and closed in ("source", "input"):
                place.source_end = line
            key = ""
        elif piece == ":":
            key = json.loads(last)
        elif piece == ",":
            key = ""
        else:
            last = piece
            if place is not None and depth == place_depth + 1 and key in ("source", "input"):
                place.source_start = place.source_end = line


def _top(path: list[str]) -> bool:
    """Is this the `cells` of the notebook itself, or of one of its worksheets?"""
    return path == ["", "cells"] or path == ["", "worksheets", "", "cells"]
