"""What commands and patches insert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from whence.evidence.sessions.edits import apply_patch, shell
from whence.evidence.sessions.edits.inserted import between, hunks
from whence.evidence.sessions.paths import joined
from whence.evidence.sessions.stores.values import lines, mapping, string
from whence.matching.passages import Block
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Insertion:
    """What one call does to one file, were it to succeed."""

    path: str
    """As in the command or the patch."""
    cwd: str
    blocks: tuple[Block, ...]
    """Empty where a change only takes away."""
    removed: tuple[str, ...] = ()


def of_command(command: object, cwd: str) -> Iterator[Insertion]:
    """What a shell command writes through here-documents, and through patches in them."""
    for write in shell.writes(shell.command_of(command)):
        folder = joined(cwd, *write.folders)
        if isinstance(write, shell.PatchText):
            yield from of_patch(write.text, folder)
        else:
            yield Insertion(write.path, folder, write.blocks)


def of_patch(text: str, cwd: str) -> Iterator[Insertion]:
    """What an `apply_patch` does to each of its files."""
    changed = ((change.target, *hunks(change.hunks)) for change in apply_patch.parse(text))
    yield from ordered(Insertion(path, cwd, blocks, removed) for path, blocks, removed in changed)


def understood(text: str) -> bool:
    """Whether a text is an `apply_patch` that names a file."""
    return bool(apply_patch.parse(text))


def of_changes(changes: object, cwd: str) -> Iterator[Insertion]:
    """What Codex says that a patch did: `{path: {type, content | unified_diff, move_path}}`, or a list of
    `{path, kind: {type, move_path}, diff}`."""
    yield from ordered(_insertion(path, change, cwd) for path, change in _listed(changes))


_TEXTS = {"add": "content", "update": "unified_diff", "delete": "type"}
"""What such a change must have, by its type."""


def recorded(changes: object) -> bool:
    """Whether such changes are of a form that is known."""
    if not isinstance(changes, Mapping | list):
        return False
    known = sum(
        bool(path) and isinstance(change.get(_TEXTS.get(string(change, "type"), "")), str)
        for path, change in _listed(changes)
    )
    return known == len(changes)


def ordered(insertions: Iterable[Insertion]) -> Iterator[Insertion]:
    """First all that a call takes away: text that it moves from one file into another is not new."""
    made = tuple(insertions)
    yield from (replace(one, blocks=()) for one in made if one.removed)
    yield from (replace(one, removed=()) for one in made if one.blocks)


def _listed(changes: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(changes, Mapping):
        yield from ((path, mapping(change)) for path, change in changes.items() if isinstance(path, str))
    for entry in changes if isinstance(changes, list) else ():
        diff = string(entry, "diff")
        yield string(entry, "path"), {**mapping(entry, "kind"), "content": diff, "unified_diff": diff}


def _insertion(path: str, change: Mapping[str, Any], cwd: str) -> Insertion:
    kind = string(change, "type")
    content = lines(string(change, "content"))
    if kind == "add":
        return Insertion(path, cwd, between((), content))
    if kind == "update":
        blocks, removed = hunks(apply_patch.unified(string(change, "unified_diff")))
        return Insertion(string(change, "move_path") or path, cwd, blocks, removed)
    # What a deleted file held may come back elsewhere: it was there before.
    return Insertion(path, cwd, (), content)
