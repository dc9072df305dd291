"""The structure of a policy: the packaged JSON Schema, read by a small interpreter that words its own messages.

The schema that editors use and the structure that the loader accepts are one file, so they cannot differ. Only
the keywords below are understood; another one in the schema is a fault of ours and fails loudly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache
from typing import Any

from whence.policy.nearest import quoted, suggestion
from whence.policy.positions import Path
from whence.quick import dataclass
from whence.text import display

KEYWORDS = frozenset(
    {
        "$schema", "$id", "$ref", "$defs", "title", "description",
        "type", "const", "enum", "pattern", "format", "minimum", "minItems", "uniqueItems", "items",
        "required", "properties", "additionalProperties", "propertyNames",
    }
)  # fmt: skip

_NAMES = {
    "object": "a table",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "boolean": "true or false",
}
_SAY = {
    r"\S": "must not be empty",
    r"^[^:]+:.+$": "must be written as `kind:tool`, such as `trailer:copilot`",
}
FIRST = "as the first line"
"""Of a hint about the whole file; in a pyproject.toml that is elsewhere."""

_NAME_RULE = "may hold letters, digits, dots, dashes and underscores, and starts with a letter or digit"
_ID_RULE = (
    "may hold lower-case letters, digits, dots, dashes and underscores, and starts with a letter or digit"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at a path of the document."""

    path: Path
    message: str
    hint: str = ""
    at_key: bool = False
    missing: bool = False
    """The table at `path` lacks a key; the table itself is in order."""


@cache
def schema() -> Mapping[str, Any]:
    """The packaged schema, read once."""
    loaded: Mapping[str, Any] = json.loads(schema_text())
    return loaded


def schema_text() -> str:
    from importlib.resources import files  # takes a while to load

    return (files("whence") / "schemas" / "policy.schema.json").read_text("utf-8")


def plain(value: Any) -> Any:
    """A TOML value as the JSON value that the schema speaks of: dates and times become ISO 8601 strings."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return value


def faults(document: Any) -> tuple[Fault, ...]:
    """Everything in which a plain document differs from the schema, in document order."""
    return tuple(_check(document, schema(), ()))


def without(document: Any, found: Sequence[Fault]) -> dict[str, Any]:
    """The document without what is faulty, so that the rest can be looked at too; a faulty list entry becomes None."""
    if not isinstance(document, dict):
        return {}
    copy: dict[str, Any] = _copy(document)
    for fault in found:
        if not fault.path or fault.missing:
            continue
        node: Any = copy
        for step in fault.path[:-1]:
            # What was taken out before has nothing more to take out.
            node = _get(node, step)
        last = fault.path[-1]
        if isinstance(node, list):
            node[int(last)] = None
        elif isinstance(node, dict):
            node.pop(last, None)
    return copy


def _get(node: Any, step: str | int) -> Any:
    if isinstance(node, list):
        return node[int(step)]
    return node.get(step) if isinstance(node, dict) else None


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def resolve(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema node with its reference followed; what stands beside the reference wins."""
    reference = node.get("$ref")
    if reference is None:
        return node
    target = schema()["$defs"][reference.removeprefix("#/$defs/")]
    return {**resolve(target), **{key: value for key, value in node.items() if key != "$ref"}}


def _check(value: Any, node: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    node = resolve(node)
    unknown = node.keys() - KEYWORDS
    if unknown:
        raise AssertionError(f"the policy schema uses keywords that nothing checks: {sorted(unknown)}")
    kind = node.get("type")
    if kind is not None and not _is(value, kind):
        yield Fault(
            path,
            f"{_subject(path)} must be {_NAMES[kind]}, not {_describe(value)}",
            _type_hint(value, kind, path),
        )
        return
    if "const" in node and (isinstance(value, bool) or value != node["const"]):
        hint = "without quotes" if value == str(node["const"]) else ""
        yield Fault(path, f"{_subject(path)} must be {node['const']}, not {_describe(value)}", hint)
        return
    if "enum" in node and (not isinstance(value, str) or value not in node["enum"]):
        near = suggestion(value, node["enum"]) if isinstance(value, str) else ""
        yield Fault(
            path, f"{_subject(path)} must be one of {', '.join(node['enum'])}, not {_describe(value)}{near}"
        )
        return
    if isinstance(value, str):
        yield from _check_string(value, node, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < node.get("minimum", value):
            yield Fault(path, f"{_subject(path)} must be at least {node['minimum']}, not {value}")
    elif isinstance(value, list):
        yield from _check_list(value, node, path)
    elif isinstance(value, dict):
        yield from _check_table(value, node, path)


def _check_string(value: str, node: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    pattern = node.get("pattern")
    if pattern is not None and not re.search(pattern, value):
        found = f"; it is {_describe(value)}" if value.strip() else ""
        yield Fault(path, f"{_subject(path)} {_SAY.get(pattern, _ID_RULE)}{found}")
    if node.get("format") == "date" and not _is_date(value):
        yield Fault(path, f"{_subject(path)} must be a date such as 2026-05-01, not {_describe(value)}")


def _check_list(value: list[Any], node: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    if len(value) < node.get("minItems", 0):
        yield Fault(path, f"{_subject(path)} is empty", "name at least one, or leave the key out")
    seen: list[Any] = []
    for index, item in enumerate(value):
        if node.get("uniqueItems") and isinstance(item, str):
            if item in seen:
                yield Fault((*path, index), f"{quoted(item)} stands twice in {_subject(path)}")
            seen.append(item)
        yield from _check(item, node.get("items", {}), (*path, index))


def _check_table(value: dict[str, Any], node: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    known: Mapping[str, Any] = node.get("properties", {})
    other = node.get("additionalProperties", {})
    names = node.get("propertyNames", {}).get("pattern")
    for key, item in value.items():
        here = (*path, key)
        if names is not None and not re.search(names, key):
            yield Fault(here, f"the name {quoted(key)} {_NAME_RULE}", at_key=True)
        elif key in known:
            yield from _check(item, known[key], here)
        elif other is False:
            yield Fault(
                here,
                f"unknown key {quoted(key)} in {table(path)}{_near_key(key, known)}",
                _whole_header(key, item, known),
                at_key=True,
            )
        else:
            yield from _check(item, other, here)
    for key in node.get("required", ()):
        if key not in value:
            one = known.get(key, {}).get("const")
            hint = (
                f"write `{key} = {one}` {FIRST}" if one is not None else _first_sentence(known.get(key, {}))
            )
            yield Fault(path, f"{table(path)} has no `{key}`", hint, at_key=True, missing=True)


def table(path: Path) -> str:
    """How a table is written in TOML: `[[scope.rule]]`, `[review]`, `the policy`."""
    keys = ".".join(part for part in path if isinstance(part, str))
    if not keys:
        return "the policy"
    return f"[[{keys}]]" if isinstance(path[-1], int) else f"[{keys}]"


def places(key: str) -> tuple[str, ...]:
    """The tables in which a key is known."""
    return tuple(dict.fromkeys(table(path) for path in _places(key, schema(), ())))


def _places(key: str, node: Mapping[str, Any], path: Path) -> Iterator[Path]:
    node = resolve(node)
    if key in node.get("properties", {}):
        yield path
    for name, child in node.get("properties", {}).items():
        yield from _places(key, child, (*path, name))
    if "items" in node:
        yield from _places(key, node["items"], (*path, 0))


def holds(node: Mapping[str, Any]) -> str:
    """What kind of value a schema takes, in words: `list of text`, `date`, the choices there are."""
    node = resolve(node)
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{choice}`" for choice in node["enum"])
    if node.get("type") == "array":
        items = resolve(node.get("items", {}))
        return "tables" if "properties" in items else f"list of {holds(items)}"
    if node.get("format") == "date":
        return "date"
    return _HOLDS[str(node["type"])]


_HOLDS = {"string": "text", "integer": "number", "boolean": "true or false", "object": "table"}


def _near_key(key: str, known: Mapping[str, Any]) -> str:
    near = suggestion(key, list(known))
    if near:
        return near
    elsewhere = places(key)
    return f"; it belongs in {' or '.join(elsewhere)}" if elsewhere else ""


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return not isinstance(value, bool) and (
                isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            )
    raise AssertionError(f"the policy schema uses a type that nothing checks: {kind}")


def _is_date(value: str) -> bool:
    try:
        return len(value) == 10 and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _subject(path: Path) -> str:
    if not path:
        return "the policy"
    if isinstance(path[-1], int):
        return f"each entry of `{path[-2]}`" if len(path) > 1 else "the entry"
    return f"`{display(path[-1], 60)}`"


def _describe(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (int, float)):
        return f"`{value}`"
    return "a list" if isinstance(value, list) else "a table"


def _whole_header(key: str, value: Any, known: Mapping[str, Any]) -> str:
    """The header to write for a table that was written without the one that holds it: ``write `[[scope.rule]]` ``."""
    headed = isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(item, dict) for item in value)
    )
    if not headed or suggestion(key, list(known)):
        return ""
    for path in _places(key, schema(), ()):
        node: Mapping[str, Any] = schema()
        for step in path:
            node = resolve(node)
            node = node["items"] if isinstance(step, int) else node["properties"][step]
        kind = resolve(resolve(node)["properties"][key]).get("type")
        if kind in ("array", "object"):
            last: Path = (key, 0) if kind == "array" else (key,)
            return f"write `{table((*path, *last))}`"
    return ""


def _type_hint(value: Any, kind: str, path: Path) -> str:
    if kind == "array" and isinstance(value, str):
        return f'write ["{display(value, 60)}"]'
    if kind == "array" and isinstance(value, dict):
        return f"write the header with two brackets: {table((*path, 0))}"
    if kind == "object" and isinstance(value, list):
        return f"write the header with one bracket: {table(path)}"
    return ""


def _first_sentence(node: Mapping[str, Any]) -> str:
    text = str(resolve(node).get("description", "")) if node else ""
    return text.split(". ")[0].rstrip(".")
