"""What Claude Code's calls ask for, and whether they happened. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from whence.evidence.sessions.interface import Locator
from whence.evidence.sessions.stores.files import value_of
from whence.evidence.sessions.stores.values import items, lines, mapping, string
from whence.quick import dataclass

_CREATED = re.compile(r"\s*File created successfully")
_CELL = re.compile(r'^<cell id="([^"\n]{1,200})">', re.MULTILINE)
_FIRST = re.compile(r"\s*1(?:\t|→)")
_REFUSED = re.compile(
    r"\s*(?:<tool_use_error>|The user doesn't want to (?:proceed|take this action)|Permission to use \S+ .*denied"
    r"|\[?Request interrupted by user|Error: |Sibling tool call errored|InputValidationError)",
    re.IGNORECASE,
)

MAX_ROWS = 2000
"""Lines that a `Read` shows at most, unless told otherwise."""

MAX_COLUMNS = 2000
"""Characters of a line that a `Read` shows at most."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool_use that waits for its outcome."""

    name: str
    input: Mapping[str, Any]
    model: str | None
    cwd: str
    session: str
    time: datetime | None
    locator: Locator


def failed(block: Mapping[str, Any], value: Mapping[str, Any], text: str, effect: object) -> bool:
    """Whether a call did not happen: failed, refused, held back, stopped, or still running."""
    result = mapping(effect)
    return bool(
        block.get("is_error")
        or value.get("toolDenialKind")
        or isinstance(effect, str)
        or result.get("staged")
        or result.get("error")
        or result.get("interrupted")
        or result.get("backgroundTaskId")
        or _REFUSED.match(text)
    )


def asks(call: Call) -> bool:
    """Whether the input is of a form that is known."""
    if call.name == "MultiEdit":
        edits = items(call.input, "edits")
        return bool(edits) and all(isinstance(mapping(edit).get("new_string"), str) for edit in edits)
    key = {"Write": "content", "NotebookEdit": "new_source"}.get(call.name, "new_string")
    return isinstance(call.input.get(key), str) or call.input.get("edit_mode") == "delete"


def old_cell(call: Call, effect: Mapping[str, Any]) -> str | None:
    """What a notebook's cell held before it was replaced; None where that is not told."""
    if call.input.get("edit_mode") == "insert" or "old_source" in effect:
        return string(effect, "old_source")
    cell = string(call.input, "cell_id")
    try:
        cells = items(value_of(string(effect, "original_file") or "{}"), "cells")
    except (ValueError, RecursionError):
        return None
    for number, one in enumerate(cells):
        if cell and cell in (string(one, "id"), f"cell-{number}"):
            return string(one, "source") or "".join(
                part for part in items(one, "source") if isinstance(part, str)
            )
    return None


def is_whole(call: Call, text: str, file: Mapping[str, Any]) -> bool:
    """Whether a `Read` showed a whole file."""
    if file:
        return file.get("startLine") == 1 and file.get("numLines") == file.get("totalLines") is not None
    rows = text.split("\n")
    part = call.input.get("offset") or call.input.get("limit")
    first = _FIRST.match(rows[0])
    return bool(first) and not part and len(rows) < MAX_ROWS and max(map(len, rows)) < MAX_COLUMNS


def shown_cells(text: str, cells: Sequence[object]) -> Iterator[str]:
    """The ids of the cells that a `Read` of a notebook showed; each is shown whole."""
    yield from _CELL.findall(text)
    yield from (string(cell, "cell_id") for cell in cells)


def creates(effect: Mapping[str, Any], text: str) -> bool:
    """Whether a `Write` without an original made a new file."""
    kind = string(effect, "type")
    return kind == "create" or (not kind and _CREATED.match(text) is not None)


def proposed(call: Call) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """(old, new) lines of each replacement that the call asks for."""
    if call.name == "Write":
        return [((), lines(string(call.input, "content")))]
    if call.name == "NotebookEdit":
        return [((), lines(string(call.input, "new_source")))]
    edits: Sequence[object] = items(call.input, "edits") if call.name == "MultiEdit" else (call.input,)
    return [(lines(string(edit, "old_string")), lines(string(edit, "new_string"))) for edit in edits]
