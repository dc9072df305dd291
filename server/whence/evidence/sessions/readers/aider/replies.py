"""What a model's reply asks Aider to change, in the formats in which Aider lets models answer. Pure.

    diff, diff-fenced   a path, a fence, blocks of SEARCH and REPLACE; in the fenced form the path stands inside
    udiff               a fence named `diff` with hunks; the line numbers are not used
    patch               the text of an `apply_patch`
    whole               a path, a fence, the whole file

The reply is read as Aider reads it (0.86), leniently; what came of it is told elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from whence.evidence.sessions.edits import apply_patch, search_replace
from whence.evidence.sessions.edits.inserted import between
from whence.evidence.sessions.edits.search_replace import AIDER
from whence.matching.passages import Block, file_name
from whence.quick import dataclass
from whence.text import normal

_TICKS = "```"
_TAG = re.compile(r"<(/?)(source|code|pre|codename|sourcecode)>")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one file."""

    path: str
    """As in the reply, without decoration."""
    at: int
    """The index of the line of the reply where it begins."""
    old: tuple[str, ...]
    """Lines that were there: those to look for, or a hunk's context and removed lines."""
    new: tuple[str, ...]
    """Lines in their place; the whole file's if `whole`."""
    whole: bool = False
    target: str = ""
    """Where the file was moved to."""

    def blocks(self) -> tuple[Block, ...]:
        """The lines that it inserts; of a whole file, all of them. A patch may take away what it adds again."""
        return between(self.old, self.new)

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells edits apart, whatever became of their white space on the way into a message."""
        return self.path, normal("".join(self.old)), normal("".join(self.new))


def edits(lines: Sequence[str], form: str, applied: Collection[str]) -> tuple[Edit, ...]:
    """The edits of one reply. `form` is the chat's edit format, `applied` names the files that were changed."""
    form = form.removeprefix("editor-")
    if form in _FORMS:
        return tuple(_FORMS[form](lines))
    for reader in () if form == "whole" else (_blocks, _patch, _hunks):
        found = tuple(reader(lines))
        if found:
            return found
    return tuple(_whole(lines, applied))


def failed(lines: Sequence[str]) -> Iterator[Edit]:
    """The SEARCH/REPLACE blocks that a complaint of Aider's says it could not apply."""
    path, seen = "", 0
    for block in search_replace.blocks(lines, AIDER):
        for line in lines[seen : block.at]:
            named = _FAILED.search(line)
            path = named[1] if named else path
        seen = block.at
        yield Edit(path, block.at, block.old, block.new)


_FAILED = re.compile(r"This SEARCH block failed to exactly match lines in (.+?)\s*$")


def file_named(line: str) -> str:
    """The path that a line before an edit holds, without a fence and decoration; empty where it holds none."""
    text = line.strip()
    if text == "...":
        return ""
    if text.startswith(_TICKS):
        name = text.lstrip("`")
        return name if "." in name or "/" in name else ""
    return text.rstrip(":").lstrip("#").strip().strip("`").strip("*")


def meant(applied: Collection[str]) -> Callable[[str], str]:
    """What tells which of the changed files a path in a reply means; empty where it means none of them."""
    whole = set(applied)
    by_name: dict[str, str] = {}
    for path in applied:
        name = file_name(path)
        by_name[name] = "" if name in by_name else path

    def answer(path: str) -> str:
        return path if path in whole else by_name.get(file_name(path), "") if path else ""

    return answer


def _blocks(lines: Sequence[str]) -> Iterator[Edit]:
    path = ""
    for block in search_replace.blocks(lines, AIDER):
        path = _path_above(lines, block.at) or path
        yield Edit(path, block.at, block.old, block.new)


def _path_above(lines: Sequence[str], at: int) -> str:
    """The name in the three lines above a block: the nearest that looks like a file's, past any fences."""
    names: list[str] = []
    for line in reversed(lines[max(0, at - 3) : at]):
        name = file_named(line)
        if name:
            names.append(name)
        if not line.startswith(_TICKS) and not _TAG.match(line):
            break
    return next((name for name in names if "." in name), names[0] if names else "")


def _patch(lines: Sequence[str]) -> Iterator[Edit]:
    at = next((at for at, line in enumerate(lines) if line.strip() == "*** Begin Patch"), 0)
    for change in apply_patch.parse("\n".join(lines)):
        for hunk in change.hunks:
            yield Edit(change.path, at, *_sides(hunk), target=change.moved_to or "")


def _sides(hunk: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of a hunk before and after."""
    return tuple(line[1:] for line in hunk if line[0] != "+"), tuple(
        line[1:] for line in hunk if line[0] != "-"
    )


def _hunks(lines: Sequence[str]) -> Iterator[Edit]:
    at = 0
    path = ""
    while at < len(lines):
        at += 1
        if not lines[at - 1].startswith(_TICKS + "diff"):
            continue
        end = next((end for end in range(at, len(lines)) if lines[end].startswith(_TICKS)), len(lines))
        for edit in _fenced_hunks(lines, at, end):
            path = edit.path or path
            yield replace(edit, path=path)
        at = end + 1


def _fenced_hunks(lines: Sequence[str], start: int, end: int) -> Iterator[Edit]:
    path = ""
    hunk: list[str] = []
    begun = start

    def done() -> Iterator[Edit]:
        if any(line[0] in "+-" for line in hunk):
            yield Edit(path, begun, *_sides(hunk))
        hunk.clear()

    at = start
    while at < end:
        line = lines[at]
        if line.startswith("--- ") and at + 1 < end and lines[at + 1].startswith("+++ "):
            yield from done()
            before, after = line[4:].strip(), lines[at + 1][4:].strip()
            plain = not (before.startswith("a/") or before == "/dev/null") or not after.startswith("b/")
            path, begun, at = after if plain else after[2:], at + 2, at + 2
            continue
        if line.startswith("@"):
            yield from done()
            begun = at + 1
        elif line[:1] in {"+", "-", " "} and line:
            hunk.append(line)
        elif not line.strip():
            hunk.append(" ")
        at += 1
    yield from done()


def _whole(lines: Sequence[str], applied: Collection[str]) -> Iterator[Edit]:
    """Whole files that a fence holds, for files that were changed; of each the first one counts."""
    names = meant(applied)
    seen: set[str] = set()
    at = 0
    while at < len(lines):
        end_mark = closing(lines[at])
        at += 1
        if not end_mark:
            continue
        end = next((end for end in range(at, len(lines)) if lines[end].startswith(end_mark)), len(lines))
        named = file_named(lines[at - 2]) if at > 1 and len(lines[at - 2]) <= 250 else ""
        path = names(named)
        if not path and not named and len(applied) == 1:
            path = next(iter(applied))
        if path and path not in seen:
            seen.add(path)
            yield Edit(path, at - 1, (), tuple(lines[at:end]), whole=True)
        at = end + 1


def closing(line: str) -> str:
    """What closes the fence that a line opens; empty where it opens none."""
    if line.startswith(_TICKS):
        return "````" if line.startswith("````") else _TICKS
    tag = _TAG.match(line)
    return f"</{tag[2]}>" if tag and not tag[1] else ""


_FORMS: dict[str, Callable[[Sequence[str]], Iterator[Edit]]] = {
    "diff": _blocks,
    "diff-fenced": _blocks,
    "udiff": _hunks,
    "udiff-simple": _hunks,
    "patch": _patch,
}
"""The formats that show what changes. Where none of them is named, the reply itself shows which it is in."""
