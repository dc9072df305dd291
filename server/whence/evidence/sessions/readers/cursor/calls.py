"""What one call of Cursor's agent inserted into a file. Pure.

Its versions record an edit in many ways: both texts, a diff in chunks, what was asked for, or the proposed text of the
whole file. The best one is taken: an effect before an intent, whole texts before parts.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from whence.evidence.sessions.edits import patches
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.inserted import between, hunks
from whence.evidence.sessions.paths import absolute
from whence.evidence.sessions.stores.values import items, lines, mapping, string
from whence.matching.passages import Block
from whence.quick import dataclass

EDITS = frozenset(
    {
        "edit_file", "edit_file_v2", "search_replace", "write", "multiedit", "apply_patch", "edit_notebook", "reapply",
        "strreplace", "applypatch", "edit", "editnotebook",
    }
)  # fmt: skip
"""Names of editing tools, in lower case: the editor's and the command line's."""

COMMANDS = frozenset(
    {"run_terminal_cmd", "run_terminal_command", "run_terminal_command_v2", "shell", "terminal"}
)
READS = frozenset({"read_file", "read_file_v2", "read"})
TOLD = frozenset(
    {
        "task", "task_v2", "todo_write", "todowrite", "create_plan", "ask_question", "update_current_step", "switch_mode",
        "create_diagram", "fetch_rules", "askquestion", "createplan", "update_memory",
    }
)  # fmt: skip
"""Tools whose result repeats what they were asked for, beside what the person answered or a subagent found."""

_ASKS = frozenset(
    {
        "edits", "old_string", "oldString", "old_str", "new_string", "newString", "new_str", "new_source",
        "new_cell_content", "contents", "content", "code_edit",
    }
)  # fmt: skip
"""What an edit's arguments have beside the file."""

_EXISTING = ("existing code", "rest of the code", "unchanged")
"""What stands for text of the file in a proposal that leaves some of it out."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a call did to one file."""

    path: str
    blocks: tuple[Block, ...]
    before: tuple[str, ...] = ()
    """Lines that it had in front of it there."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Whole texts of the file, as far as they are recorded; None: not recorded."""

    before: str | None = None
    after: str | None = None


def path_of(asked: Mapping[str, Any], raw: Mapping[str, Any]) -> str:
    names = ("relativeWorkspacePath", "targetFile", "file_path", "target_file", "target_notebook", "path")
    return string(asked, *names) or string(raw, *names)


def understood(
    asked: Mapping[str, Any], raw: Mapping[str, Any], result: Mapping[str, Any], texts: Texts, proposal: str
) -> bool:
    """Whether a call is recorded in one of these ways, or not at all; arguments as for `edits`."""
    patch = string(raw, "patch", "input", "patchText") or string(asked, "patch", "input")
    if patch.lstrip().startswith("*** Begin Patch"):
        return patches.understood(patch)
    if not path_of(asked, raw):
        return not (raw or asked)
    return bool(
        proposal
        or texts.after is not None
        or items(mapping(result, "diff"), "chunks")
        or any(key in raw or key in asked for key in _ASKS)
        or not raw
    )


def edits(
    asked: Mapping[str, Any],
    raw: Mapping[str, Any],
    result: Mapping[str, Any],
    texts: Texts,
    proposal: str,
    cwd: str,
    contents: Contents,
    met: Container[str] = (),
) -> tuple[Edit, ...]:
    """The edits of one call; `asked` and `raw` are its arguments as the program and as the model wrote them.

    `proposal` is a whole text that may leave parts of the file out. `met` are files that the session has looked into:
    a text for any other file is all new, as a model repeats no lines that it has not seen.
    """
    path = path_of(asked, raw)
    patch = string(raw, "patch", "input", "patchText") or string(asked, "patch", "input")
    if patch.lstrip().startswith("*** Begin Patch"):
        made = tuple(patches.of_patch(patch, cwd))
        for one in made:
            contents.forget(absolute(one.path, cwd))
        return tuple(Edit(one.path, one.blocks, one.removed) for one in made)
    if not path:
        return ()
    place = absolute(path, cwd)
    if texts.after is not None and texts.before is not None:
        before, after = lines(texts.before), lines(texts.after)
        contents.show(place, after)
        return (Edit(path, between(before, after), before),)
    chunks = items(mapping(result, "diff"), "chunks")
    if chunks:
        return (_chunked(path, place, chunks, raw, contents),)
    several = items(raw, "edits") or items(asked, "edits")
    pairs = [_pair(mapping(edit)) for edit in several or (raw, asked)]
    pairs = [pair for pair in pairs if any(pair)][: len(several) or 1]
    if pairs:
        return tuple(_replaced(path, place, old, new, contents) for old, new in pairs)
    text = string(raw, "contents", "content") or string(asked, "contents") or texts.after
    if isinstance(text, str) and text:
        shown = contents.overwritten(place, lines(text))
        if texts.before is not None:
            shown = between(lines(texts.before), lines(text))
        elif shown is None and place not in met:
            shown = between((), lines(text))
        return () if shown is None else (Edit(path, shown),)
    return _proposed(path, proposal or string(raw, "code_edit"), texts, contents, place)


def _chunked(
    path: str, place: str, chunks: Sequence[object], raw: Mapping[str, Any], contents: Contents
) -> Edit:
    """A diff whose lines have a prefix, and in some versions a blank after it."""
    old, new = _pair(raw)
    if contents.edited(place, old, new) is None:
        contents.forget(place)
    blocks, removed = hunks(string(chunk, "diffString").split("\n") for chunk in chunks)
    return Edit(path, blocks, (*removed, *lines(old)))


def _pair(edit: Mapping[str, Any]) -> tuple[str, str]:
    return string(edit, "old_string", "oldString", "old_str"), string(
        edit, "new_string", "newString", "new_str", "new_source", "new_cell_content"
    )


def _replaced(path: str, place: str, old: str, new: str, contents: Contents) -> Edit:
    shown = contents.edited(place, old, new)
    blocks = between(lines(old), lines(new)) if shown is None else shown
    return Edit(path, blocks, lines(old))


def _proposed(path: str, proposal: str, texts: Texts, contents: Contents, place: str) -> tuple[Edit, ...]:
    """A proposal that repeats the file around its changes tells its new lines only where the file is known."""
    before = lines(texts.before) if texts.before is not None else contents.text(place)
    contents.forget(place)
    if not proposal or before is None:
        return ()
    offered = tuple(
        line for line in lines(proposal) if not ("..." in line and any(word in line for word in _EXISTING))
    )
    return (Edit(path, between(before, offered), before),)
