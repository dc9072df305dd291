"""Print docs/policy.md with its generated parts, from the schema and the defaults. A test compares it.

To write them: `python docs/make_policy.py > page && mv page docs/policy.md`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from whence.policy.artifacts import CODE, ordered
from whence.policy.structure import holds, resolve, schema

PAGE = Path(__file__).with_name("policy.md")


def page() -> str:
    """The whole page."""
    text = PAGE.read_text("utf-8")
    for mark, written in (("reference", reference()), ("classes", classes())):
        begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
        parts = re.fullmatch(f"(.*{begin}).*({end}.*)", text, re.DOTALL)
        if parts is None:
            raise SystemExit(f"{PAGE} has no {begin.strip()} ... {end}")
        text = f"{parts[1]}{written.strip()}\n{parts[2]}"
    return text


def reference() -> str:
    """Every table with its keys, what they hold and what they mean."""
    return "\n".join((*_table("The file itself", schema()), *_nested(schema(), "")))


def classes() -> str:
    """The built-in classes of files with their patterns, in the order in which they are tried."""
    rows = [
        f"| `{name}` | {' '.join(f'`{pattern}`' for pattern in patterns)} |" for name, patterns in ordered(())
    ]
    return "\n".join(("| class | files |", "|---|---|", *rows, f"| `{CODE}` | everything else |"))


def _nested(node: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, child in node.get("properties", {}).items():
        inner = resolve(child)
        name = f"{path}.{key}" if path else key
        items = resolve(inner.get("items", {}))
        other = inner.get("additionalProperties")
        if "properties" in items:
            yield from _table(f"`[[{name}]]`", items, str(inner["description"]))
            yield from _nested(items, name)
        elif "properties" in inner:
            yield from _table(f"`[{name}]`", inner, str(inner["description"]))
            yield from _nested(inner, name)
        elif isinstance(other, dict):
            held = resolve(other)
            title = f"`[{name}.NAME]`" if "properties" in held else f"`[{name}]`, each key a name"
            if "properties" in held:
                yield from _table(title, held, str(inner["description"]))
            else:
                yield from ("", f"### {title}", "", f"{inner['description']} Each holds {holds(held)}.")


def _table(title: str, node: Mapping[str, Any], description: str = "") -> Iterator[str]:
    yield from ("", f"### {title}", "")
    if description:
        yield from (description, "")
    yield from ("| key | holds | meaning |", "|---|---|---|")
    for key, child in node["properties"].items():
        inner = resolve(child)
        required = " (required)" if key in node.get("required", ()) else ""
        yield f"| `{key}`{required} | {holds(inner)} | {inner['description']} |"


if __name__ == "__main__":
    sys.stdout.write(page())
