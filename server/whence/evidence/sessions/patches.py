"""What commands and patches insert, as (path, folder that it is relative to, inserted blocks, removed lines)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from whence.evidence.sessions import apply_patch, shell
from whence.evidence.sessions.inserted import hunks
from whence.evidence.sessions.paths import joined
from whence.matching.passages import Block


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
    for change in apply_patch.parse(text):
        blocks, removed = hunks(change.hunks)
        if blocks or removed:
            yield Insertion(change.target, cwd, blocks, removed)
