"""Completion and hover in the policy file, from its schema. Pure; positions are 1-based, columns in characters.

The text is being typed, so it is mostly not valid: the place is worked out from the lines above alone. Tables are
opened by headers; inside one, a key stands before `=`, and a value goes on until its brackets are closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whence.policy import artifacts, terms
from whence.policy.structure import resolve, schema
from whence.tools import Registry

_HEADER = re.compile(r"\s*\[\[?\s*([\w.\" -]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*(?:\"([^\"]+)\"|([\w-]+))\s*=")
_WORD = re.compile(r"[\w:.*/@-]*$")
_STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"?|'[^']*'?|#.*")


@dataclass(frozen=True, slots=True)
class Spot:
    """What stands at a place of the text."""

    table: tuple[str, ...]
    """The keys of the table: `("scope", "rule")`."""
    key: str | None
    """The key whose value is being written; None: a key or a header is."""
    word: str
    """What of it stands before the cursor."""
    header: bool = False
    present: frozenset[str] = frozenset()
    """The keys that the table already has."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing that could stand there."""

    text: str
    kind: str
    """`table`, `key` or `value`."""
    detail: str = ""


def spot(text: str, line: int, column: int, *, pyproject: bool = False) -> Spot | None:
    """What stands at a place; None outside the policy's part of a pyproject.toml."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    before = lines[line - 1][: column - 1]
    if _in_comment(before):
        return None
    table: tuple[str, ...] = ()
    present: set[str] = set()
    key: str | None = None
    depth = 0
    for number, raw in enumerate(lines[:line], 1):
        current = before if number == line else raw
        if depth <= 0:
            header = _HEADER.fullmatch(raw) if number < line else None
            if header:
                table, present, key, depth = (
                    tuple(part.strip(' "') for part in header[1].split(".")),
                    set(),
                    None,
                    0,
                )
                continue
            found = _KEY.match(current)
            key = (found[1] or found[2]) if found else None
            if key and number < line:
                present.add(key)
            current = current[found.end() :] if found else current
        depth += _depth(current) if key else 0
    later = _keys_below(lines[line:])
    typed = _WORD.search(before)
    word = typed[0] if typed else ""
    if key is None and before.lstrip().startswith("["):
        return _within(Spot((), None, before.strip().lstrip("[").strip(), header=True), pyproject)
    return _within(Spot(table, key, word, present=frozenset(present | later)), pyproject)


def complete(
    text: str, line: int, column: int, registry: Registry, *, pyproject: bool = False
) -> tuple[Completion, ...]:
    """Everything that could stand at a place and begins as what is there, in the order of the schema."""
    at = spot(text, line, column, pyproject=pyproject)
    if at is None:
        return ()
    if at.header:
        found: Iterator[Completion] = (
            Completion(name, "table", said) for name, said in _headers(schema(), "")
        )
    elif at.key is None:
        known = (_table(at.table) or {}).get("properties", {})
        found = (Completion(key, "key", _said(node)) for key, node in known.items() if key not in at.present)
    else:
        found = iter(_values(text, at, registry))
    return tuple(item for item in found if item.text.lower().startswith(at.word.lower()))


def hover(text: str, line: int, column: int, registry: Registry, *, pyproject: bool = False) -> str | None:
    """What the key, header or value under the cursor means."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    row = lines[line - 1]
    header = _HEADER.fullmatch(row)
    if header:
        at = _within(Spot(tuple(part.strip(' "') for part in header[1].split(".")), None, ""), pyproject)
        node = _table(at.table) if at else None
        return str(node["description"]) if node and "description" in node else None
    end = column - 1
    while end < len(row) and re.match(r"[\w:.*/@-]", row[end]):
        end += 1
    at = spot(text, line, end + 1, pyproject=pyproject)
    if at is None or not at.word:
        return None
    node = _table(at.table)
    if at.key is None:
        child = (node or {}).get("properties", {}).get(at.word)
        return _said(child) if child else None
    for item in _values(text, at, registry):
        if item.text == at.word and item.detail:
            return item.detail
    return None


def _within(at: Spot, pyproject: bool) -> Spot | None:
    """The spot as the policy's own file would have it."""
    if not pyproject or at.header:
        return at
    if at.table[:2] != ("tool", "whence"):
        return None
    return Spot(at.table[2:], at.key, at.word, at.header, at.present)


def _in_comment(before: str) -> bool:
    return any(found[0].startswith("#") for found in _STRING.finditer(before))


def _depth(text: str) -> int:
    bare = _STRING.sub("", text)
    return sum((character in "[{") - (character in "]}") for character in bare)


def _keys_below(lines: Sequence[str]) -> set[str]:
    """Keys of the same table that stand below."""
    out: set[str] = set()
    for raw in lines:
        if _HEADER.fullmatch(raw):
            break
        found = _KEY.match(raw)
        if found:
            out.add(found[1] or found[2])
    return out


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
        node = {"description": said, **(resolve(described["items"]) if "items" in described else described)}
    return node


def _headers(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for key, child in node.get("properties", {}).items():
        described = resolve(child)
        inner = resolve(described.get("items", described))
        if inner.get("type") == "object":
            name = f"{path}.{key}" if path else key
            yield name, _said(described)
            yield from _headers(inner, name)


def _said(node: Mapping[str, Any]) -> str:
    return str(resolve(node).get("description", ""))


def _values(text: str, at: Spot, registry: Registry) -> Iterator[Completion]:
    """What may stand as a value of a key, with what it means."""
    table = _table(at.table) or {}
    other = table.get("additionalProperties")
    node = table.get("properties", {}).get(at.key) or (other if isinstance(other, dict) else {})
    inner = resolve(node)
    items = resolve(inner.get("items", inner))
    for choice in items.get("enum", ()):
        yield Completion(choice, "value", _said(node))
    if items.get("type") == "boolean":
        yield from (Completion(choice, "value", _said(node)) for choice in ("true", "false"))
    if at.key == "tools" or at.table == ("groups",):
        yield from _terms(text, registry)
    elif at.key in ("own_vendors", "vendor"):
        yield from (
            Completion(vendor, "value", registry.vendors.get(vendor, ""))
            for vendor in sorted(terms.vendors(registry))
        )
    elif at.key == "artifacts":
        named = re.findall(r"^\s*([\w-]+)\s*=", _part(text, "artifacts"), re.MULTILINE)
        yield from (
            Completion(name, "value", "a class of files")
            for name in dict.fromkeys((*named, *artifacts.NAMES))
        )
    elif at.key in ("criterion", "implies"):
        names = re.findall(
            r"^\s*\[(?:tool\.whence\.)?review\.criteria\.\"?([\w.-]+)\"?\]", text, re.MULTILINE
        )
        yield from (Completion(name, "value", "a criterion of this policy") for name in names)
    elif at.key == "purposes":
        named = re.findall(r"^\s*([\w-]+)\s*=", _part(text, "review.purposes"), re.MULTILINE)
        yield from (Completion(name, "value", "a purpose of this policy") for name in named)
    elif at.key == "scopes":
        names = re.findall(
            r"^\s*\[\[(?:tool\.whence\.)?scope\]\]\s*\n\s*name\s*=\s*\"([^\"]+)\"", text, re.MULTILINE
        )
        yield from (Completion(name, "value", "a scope of this policy") for name in names)


def _terms(text: str, registry: Registry) -> Iterator[Completion]:
    yield Completion("any", "value", "every AI tool")
    yield Completion("own", "value", "tools and models of the vendors in own_vendors")
    yield Completion("rival", "value", "tools or models of every other vendor")
    own = re.findall(
        r"^\s*\[\[(?:tool\.whence\.)?tool\]\]\s*\n(?:[^\[]*?\n)?\s*id\s*=\s*\"([\w.-]+)\"", text, re.MULTILINE
    )
    yield from (Completion(name, "value", "a tool of this policy") for name in own)
    for tool in registry.tools.values():
        yield Completion(tool.id, "value", registry.display(registry.agent(tool.id)))
    for vendor in sorted(terms.vendors(registry)):
        yield Completion(
            f"vendor:{vendor}", "value", f"tools and models of {registry.vendors.get(vendor, vendor)}"
        )
    for name in re.findall(r"^\s*([\w-]+)\s*=", _part(text, "groups"), re.MULTILINE):
        yield Completion(f"group:{name}", "value", "a group of this policy")


def _part(text: str, table: str) -> str:
    """The lines of one table."""
    found = re.search(
        rf"^\s*\[(?:tool\.whence\.)?{re.escape(table)}\][^\n]*\n(.*?)(?=^\s*\[|\Z)",
        text,
        re.MULTILINE | re.DOTALL,
    )
    return found[1] if found else ""
