"""The patch format of OpenAI's `apply_patch`, which many tools took over; read as leniently as the tool itself does.

    *** Begin Patch
    *** Add File: P            then lines that start with +
    *** Delete File: P
    *** Update File: P         optionally *** Move to: P2, then chunks:
    @@ [context line]          optional before the first chunk
     context / +added / -removed; an empty line is empty context
    *** End of File            optional
    *** End Patch

No line numbers. White space around the markers and a here-document around the whole are tolerated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from whence.quick import dataclass

_MARK = re.compile(
    r"\*\*\*\s+(Add File|Delete File|Update File|Move to|End of File|Begin Patch|End Patch)(?::\s*(.*))?"
)


@dataclass(frozen=True, slots=True)
class Change:
    """What a patch does to one file."""

    kind: str
    """`add`, `update` or `delete`"""
    path: str
    hunks: tuple[tuple[str, ...], ...] = ()
    """Each line with its prefix: space, `+` or `-`."""
    moved_to: str | None = None

    @property
    def target(self) -> str:
        """Where the text is after the change."""
        return self.moved_to or self.path


def parse(text: str) -> tuple[Change, ...]:
    """The changes of the first patch in a text, in order; empty where there is none. Never raises."""
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    start = next((at for at, line in enumerate(lines) if line.strip() == "*** Begin Patch"), None)
    return tuple(_changes(lines[start + 1 :])) if start is not None else ()


def _changes(lines: Sequence[str]) -> Iterator[Change]:
    kind = path = ""
    moved: str | None = None
    hunks: list[list[str]] = [[]]

    def done() -> Iterator[Change]:
        if kind and path:
            yield Change(kind, path, tuple(tuple(hunk) for hunk in hunks if hunk), moved)

    for line in lines:
        mark = _MARK.fullmatch(line.rstrip()) if line.startswith("***") else None
        # An added line may itself speak of patches: only unprefixed lines are markers.
        if mark is not None:
            name, value = mark[1], (mark[2] or "").strip()
            if name == "End Patch":
                break
            if name == "Move to":
                moved = value or None
            elif name == "End of File":
                hunks.append([])
            elif name != "Begin Patch":
                yield from done()
                kind, path, moved, hunks = name.split()[0].lower(), value, None, [[]]
        elif line.startswith("@@"):
            hunks.append([])
            context = line[2:].strip()
            if context:
                # The named line stands somewhere above the chunk: it is context, but no neighbour.
                continue
        elif line[:1] in {"+", "-", " "}:
            if kind != "add" or line[0] == "+":
                hunks[-1].append(line)
        elif not line and kind == "update":
            hunks[-1].append(" ")
    yield from done()


def unified(diff: str) -> tuple[tuple[str, ...], ...]:
    """The hunks of a unified diff of one or more files, with or without file headers."""
    hunks: list[list[str]] = []
    inside = False
    rows = diff.replace("\r\n", "\n").rstrip("\n").split("\n")
    for at, line in enumerate(rows):
        if line.startswith("@@"):
            hunks.append([])
            inside = True
        elif line.startswith(("Moved to: ", "diff --git ", "Index: ")) or _begins_file(rows, at):
            inside = False
        elif inside and line[:1] in {"+", "-", " "}:
            hunks[-1].append(line)
        elif inside and not line:
            hunks[-1].append(" ")
    return tuple(tuple(hunk) for hunk in hunks if hunk)


def _begins_file(rows: Sequence[str], at: int) -> bool:
    """Whether the two lines that name a file come next, not removed and added text that looks like them."""
    return rows[at].startswith("--- ") and [row[:4] for row in rows[at + 1 : at + 3]] in (
        ["+++ ", "@@"],
        ["+++ ", "@@ -"],
    )
