"""Values that no tool writes, and every place of a record that they can be put into."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

PATCH = "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: a\n+x = 1\n*** End Patch\nEOF"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8)
    | st.sampled_from(["apply_patch", "user", "tool_use", PATCH, "cat > a <<E\nx\nE", '{"output":3}', "\ud800", "0"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["type", "content", "text", "path", "lines", "input", "x"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a nested value."""
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    children = [place for key in keys for place in places(value[key], (*path, key))]  # type: ignore[index]
    return [path, *children] if path else children


def replaced(record: dict[str, Any], place: tuple[Any, ...], junk: object) -> dict[str, Any]:
    copy = json.loads(json.dumps(record))
    target = copy
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = junk
    return copy


def spoilt(data: st.DataObject, record: dict[str, Any]) -> dict[str, Any]:
    """A record with something else than expected in one place."""
    return replaced(record, data.draw(st.sampled_from(places(record))), data.draw(JUNK))


def spoil(data: st.DataObject, records: list[dict[str, Any]], least: int = 1, most: int = 4) -> None:
    """Put something else than expected into some of the records."""
    for _ in range(data.draw(st.integers(least, most))):
        at = data.draw(st.integers(0, len(records) - 1))
        records[at] = spoilt(data, records[at])
