"""Completion and hover in the policy file, from its schema. Pure; positions are 1-based, columns in characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from whence.policy.offers import Known, Offer, values
from whence.policy.spots import Spot, header, spot
from whence.policy.structure import holds, resolve, schema
from whence.quick import dataclass

_OURS = "tool.whence"


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing that could stand there."""

    text: str
    """What is shown, and what the letters typed so far are compared with."""
    kind: str
    """`table`, `key` or `value`."""
    insert: str
    """What takes the place of the columns from `start` up to `end`."""
    start: int
    end: int
    holds: str = ""
    """What kind of value a key takes."""
    said: str = ""


def complete(
    text: str, line: int, column: int, known: Known, *, pyproject: bool = False
) -> tuple[Completion, ...]:
    """Everything that could stand at a place and begins as what is there, or else holds it; in the schema's order."""
    at = spot(text, line, column, pyproject=pyproject)
    if at is None:
        return ()
    if at.header:
        ours = not pyproject or f"[{_OURS}" in text or at.word.startswith("tool.")
        found = list(_headers(at, pyproject)) if ours else []
    elif at.key is None:
        found = [
            *_keys(at),
            *(_headers(at, pyproject) if not at.word and not text.split("\n")[line - 1].strip() else ()),
        ]
    else:
        found = [_value(at, offer) for offer in _offers(text, at, known) if offer.text not in at.taken]
    return _fitting(found, at.word.lower())


def _fitting(found: Sequence[Completion], word: str) -> tuple[Completion, ...]:
    best = tuple(item for item in found if item.text.lower().lstrip("[").startswith(word))
    if best or len(word) < 2:
        return best
    return tuple(item for item in found if word in item.text.lower())


def hover(text: str, line: int, column: int, known: Known, *, pyproject: bool = False) -> str | None:
    """What the key, header or value under the cursor means."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    path = header(lines[line - 1].removesuffix("\r"))
    if path is not None:
        if pyproject and path[:2] != ("tool", "whence"):
            return None
        node = _table(path[2:] if pyproject else path)
        return str(node["description"]) if node and "description" in node else None
    at = spot(text, line, column, pyproject=pyproject)
    if at is None:
        return None
    word = lines[line - 1][at.start - 1 : at.end - 1]
    if not word.strip():
        return None
    if at.key is None:
        table = _table(at.table) or {}
        child = table.get("properties", {}).get(word)
        if child is None:
            return None
        required = ", required" if word in table.get("required", ()) else ""
        return f"{_said(child)}\n\nHolds: {holds(resolve(child))}{required}."
    return next((offer.said for offer in _offers(text, at, known) if offer.text == word and offer.said), None)


def _keys(at: Spot) -> Iterator[Completion]:
    table = _table(at.table) or {}
    needed = table.get("required", ())
    listed = [key for key in table.get("properties", {}) if key not in at.present]
    for key in sorted(listed, key=lambda key: key not in needed):
        node = table["properties"][key]
        inner = resolve(node)
        if _is_table(inner):
            continue
        note = ", required" if key in needed else ""
        yield Completion(key, "key", f"{key} = ", at.start, at.end, holds(inner) + note, _said(node))


def _is_table(node: Mapping[str, Any]) -> bool:
    return bool(resolve(node.get("items", node)).get("type") == "object")


def _headers(at: Spot, pyproject: bool) -> Iterator[Completion]:
    for path, node in _tables(schema(), _OURS if pyproject else ""):
        left, right = ("[[", "]]") if node.get("type") == "array" else ("[", "]")
        name = f"{path}.NAME" if _named(node) else path
        yield Completion(
            f"{left}{name}{right}", "table", f"{left}{name}{right}", at.start, at.end, "", _said(node)
        )


def _named(node: Mapping[str, Any]) -> bool:
    """Whether the table holds tables by names of the user's own."""
    other = node.get("additionalProperties")
    return isinstance(other, dict) and resolve(other).get("type") == "object"


def _tables(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, child in node.get("properties", {}).items():
        described = resolve(child)
        if _is_table(described):
            name = f"{path}.{key}" if path else key
            yield name, described
            yield from _tables(resolve(described.get("items", described)), name)


def _value(at: Spot, offer: Offer) -> Completion:
    if at.quote:
        written = offer.text + ("" if at.closed else at.quote)
    elif offer.bare:
        written = offer.text
    else:
        written = f'"{offer.text}"'
        node = _node(at)
        written = f"[{written}]" if node.get("type") == "array" and not at.listed else written
    return Completion(offer.text, "value", written, at.start, at.end, "", offer.said)


def _offers(text: str, at: Spot, known: Known) -> Iterator[Offer]:
    assert at.key is not None
    yield from values(text, at.table, at.key, _node(at), known)


def _node(at: Spot) -> Mapping[str, Any]:
    """The schema of the value that is being written."""
    table = _table(at.table) or {}
    other = table.get("additionalProperties")
    return resolve(table.get("properties", {}).get(at.key) or (other if isinstance(other, dict) else {}))


def _table(path: Sequence[str]) -> Mapping[str, Any] | None:
    """The schema of a table; None where the format has no such table."""
    node: Mapping[str, Any] = schema()
    for key in path:
        other = node.get("additionalProperties")
        child = node.get("properties", {}).get(key) or (other if isinstance(other, dict) else None)
        if child is None:
            return None
        described = resolve(child)
        # A table is described where it is held, else by what holds it.
        said = described.get("description", node.get("description", ""))
        inner = resolve(described["items"]) if "items" in described else described
        node = {**inner, "description": said}
    return node


def _said(node: Mapping[str, Any]) -> str:
    return str(resolve(node).get("description", ""))
