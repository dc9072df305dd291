"""What a call asks a tool to write, told by the shape of its input: tools differ in names, hardly in shapes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from whence.evidence.sessions.edits.inserted import between
from whence.evidence.sessions.stores.values import items, lines, mapping, string
from whence.matching.passages import Block
from whence.quick import dataclass

PATHS = ("file_path", "filePath", "path", "notebook_path", "target_file")
OLD = ("old_string", "oldString", "old_str", "oldStr", "oldText", "old_text")
NEW = ("new_string", "newString", "new_str", "newStr", "newText", "new_text", "new_source")
WHOLE = ("content", "contents", "file_text", "fileText")
_LISTS = ("edits", "replacements")

MAX_EDITS = 10_000
"""Replacements of one call."""


@dataclass(frozen=True, slots=True)
class Change:
    """One replacement, or a file's whole text."""

    path: str
    """As in the call."""
    old: str
    """Empty where text is put in and none is taken out."""
    new: str
    whole: bool = False
    """`new` is all that the file holds afterwards."""

    def blocks(self) -> tuple[Block, ...]:
        """The lines that are in `new` and not in `old`."""
        return between(lines(self.old), lines(self.new))


def path_of(asked: object) -> str:
    return string(asked, *PATHS)


def changes(asked: Mapping[str, Any]) -> Iterator[Change]:
    """The changes that an input of an edit or a write asks for; none of one of any other shape."""
    path = path_of(asked)
    for name in _LISTS:
        for edit in items(asked, name)[:MAX_EDITS]:
            yield from _one(mapping(edit), path_of(edit) or path)
    yield from _one(asked, path)


def _one(asked: Mapping[str, Any], path: str) -> Iterator[Change]:
    if not path:
        return
    if any(isinstance(asked.get(name), str) for name in NEW):
        yield Change(path, string(asked, *OLD), string(asked, *NEW))
    elif any(isinstance(asked.get(name), str) for name in WHOLE) and not any(name in asked for name in OLD):
        yield Change(path, "", string(asked, *WHOLE), whole=True)
