"""What VS Code's chat keeps of one session: a JSON object, or the log of changes that make it.

A log has an entry a line, and each changes what the ones before it made: `{"kind": 0, "v": whole}` begins,
`{"kind": 1, "k": path, "v": value}` sets, `{"kind": 2, "k": path, "v": items, "i": length}` shortens a list and appends,
`{"kind": 3, "k": path}` deletes. A path is keys and indices.

Text edits replace ranges of lines and columns, both 1-based, columns in UTF-16 units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whence.evidence.sessions.interface import Faults, Tick, Transcript
from whence.evidence.sessions.stores.files import document, parsed, raw_lines
from whence.evidence.sessions.stores.values import mapping

MAX_SESSION = 32 * 1024 * 1024
"""Bytes of one session, which must be had as a whole; real ones have a few MB."""

MAX_ITEMS = 100_000
"""Of one list in a log."""


def session(transcript: Transcript, faults: Faults, tick: Tick) -> Mapping[str, Any]:
    """The session as it is now; what its file is not understood of is told as a fault."""
    if transcript.path.suffix == ".json":
        return mapping(document(transcript, faults, tick, MAX_SESSION))
    whole: object = None
    size = 0
    for line, _, data in raw_lines(transcript, faults, tick):
        size += len(data)
        if size > MAX_SESSION:
            faults.add(f"longer than {MAX_SESSION >> 20} MB", line)
            return {}
        entry = parsed(data, line, faults)
        if entry is None:
            continue
        kind, path = entry.get("kind"), entry.get("k")
        if kind == 0:
            whole = entry.get("v")
        elif not isinstance(path, list) or not path or not _changed(whole, path, entry):
            faults.add("changes something that is not there", line)
    return mapping(whole)


def _changed(whole: object, path: Sequence[Any], entry: Mapping[str, Any]) -> bool:
    """Carry one change out; false where there is nothing at its path."""
    place = whole
    for key in path[:-1]:
        place = _at(place, key)
    last, kind, value = path[-1], entry.get("kind"), entry.get("v")
    if kind == 2:
        items = _at(place, last)
        if items is None and isinstance(place, dict) and isinstance(last, str):
            items = place[last] = []
        return isinstance(items, list) and _pushed(items, value, entry.get("i"))
    if kind not in (1, 3):
        return False
    if isinstance(place, dict) and isinstance(last, str):
        if kind == 1:
            place[last] = value
        else:
            place.pop(last, None)
        return True
    if isinstance(place, list) and isinstance(last, int) and 0 <= last <= min(len(place), MAX_ITEMS):
        place[last : last + 1] = [value if kind == 1 else None]
        return True
    return False


def _at(place: object, key: object) -> Any:
    if isinstance(place, dict) and isinstance(key, str):
        return place.get(key)
    if isinstance(place, list) and isinstance(key, int) and 0 <= key < len(place):
        return place[key]
    return None


def _pushed(items: list[Any], more: object, length: object) -> bool:
    if isinstance(length, int) and not isinstance(length, bool) and length >= 0:
        del items[length:]
    if isinstance(more, list) and len(items) + len(more) <= MAX_ITEMS:
        items.extend(more)
        return True
    return more is None


def edited(text: str, edits: Sequence[object]) -> str | None:
    """A text after edits that were made at once; None where one of them does not fit it."""
    rows = text.replace("\r\n", "\n").split("\n")
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)
    whole = "\n".join(rows)
    spans: list[tuple[int, int, str]] = []
    for edit in edits:
        place, new = mapping(edit, "range"), mapping(edit).get("text")
        begin = _offset(rows, starts, place.get("startLineNumber"), place.get("startColumn"))
        end = _offset(rows, starts, place.get("endLineNumber"), place.get("endColumn"))
        if begin is None or end is None or begin > end or not isinstance(new, str):
            return None
        spans.append((begin, end, new.replace("\r\n", "\n")))
    out: list[str] = []
    at = 0
    for begin, end, new in sorted(spans, key=lambda span: span[:2]):
        if begin < at:
            return None
        out += (whole[at:begin], new)
        at = end
    return "".join([*out, whole[at:]])


def _offset(rows: Sequence[str], starts: Sequence[int], line: object, column: object) -> int | None:
    """Where a position is, moved into the text as editors do where it lies beyond."""
    if not isinstance(line, int) or not isinstance(column, int) or line < 1 or column < 1:
        return None
    if line > len(rows):
        return max(starts[-1] - 1, 0)
    row, units = rows[line - 1], column - 1
    if row.isascii() or max(row, default="") <= "\uffff":
        return starts[line - 1] + min(units, len(row))
    at = 0
    while at < len(row) and units > 0:
        units -= 2 if row[at] > "\uffff" else 1
        at += 1
    return starts[line - 1] + at
