"""A policy file in the editor: which documents are one, and the places in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lsprotocol import types

from whence.engine import Snapshot
from whence.errors import Problem, UserError
from whence.live.client_text import ClientText
from whence.lsp import words
from whence.lsp.documents import OpenDocument
from whence.policy import Owners, Policy, load
from whence.policy.checking import warnings
from whence.policy.editing import hover as meaning
from whence.policy.files import NAME, PYPROJECT, read_text, reader
from whence.policy.offers import Known
from whence.text import display
from whence.tools import Registry

Faults = tuple[tuple[Problem, bool], ...]
"""Each with whether it keeps the policy from being loaded; else it is a warning of `whence policy check`."""


def is_policy(document: OpenDocument) -> bool:
    """Whether the document is the policy of its workspace, a file that the policy extends, or named like one."""
    if document.path is None:
        return False
    if document.path.name in (NAME, PYPROJECT):
        return True
    root = document.root
    if root is None:
        return False
    policy = root.snapshot.policy if root.snapshot else None
    return document.path == root.policy_path or (policy is not None and document.name in policy.files)


def problems(text: str, path: Path, name: str, snapshot: Snapshot | None) -> Faults:
    """What is wrong with a policy file as it stands in the editor, saved or not; does input for what it extends.

    `name` is its path in the workspace, whose policy may extend it.
    """
    pyproject = path.name == PYPROJECT
    if pyproject and "[tool.whence" not in text:
        return ()
    main = snapshot.policy_path if snapshot else None
    alone = main is None or main == path or path.name in (NAME, PYPROJECT)
    try:
        if alone or main is None:
            policy = load(text, name, Registry.builtin(), pyproject=pyproject, read=reader(path.parent))
        else:
            policy = _load_within(text, path, name, main)
    except UserError as error:
        if not error.problems:
            return ((Problem(name, error.message, hint=error.hint), True),)
        here = [item for item in error.problems if item.path == name]
        # What is wrong in a file that this one extends is said here too; what extends this one shows its own.
        below = [Problem(name, str(item)) for item in error.problems if alone and item.path != name]
        return tuple((item, True) for item in (*here, *below))
    except OSError as error:
        return ((Problem(name, str(error)), True),)
    today = snapshot.settings.today if snapshot else datetime.now(UTC).date()
    # Without the workspace nobody knows who owns what; then nothing is said of owners.
    owners = snapshot.settings.surroundings.owners if snapshot else Owners("CODEOWNERS")
    return tuple((item, False) for item in warnings(policy, today, owners=owners) if item.path == name)


def _load_within(text: str, path: Path, name: str, main: Path) -> Policy:
    """Load the policy that extends a file, with the file as it stands in the editor."""
    folder, stored = main.parent, reader(main.parent)
    depth = len(path.relative_to(folder).parts) if path.is_relative_to(folder) else 0
    top = "/".join(name.split("/")[: -depth or None])
    shown = f"{top}/{main.name}" if top else main.name

    def read(wanted: str) -> str:
        return text if folder / wanted == path else stored(wanted)

    return load(
        read_text(main, folder), shown, Registry.builtin(), pyproject=main.name == PYPROJECT, read=read
    )


def is_pyproject(document: OpenDocument) -> bool:
    return document.path is not None and document.path.name == PYPROJECT


def known(document: OpenDocument) -> Known:
    """What the workspace knows besides the text; the built-in tools alone while it is still looked at."""
    snapshot = document.root.snapshot if document.root else None
    today = datetime.now(UTC).date()
    if snapshot is None:
        return Known(Registry.builtin(), today=today)
    return Known(snapshot.registry, snapshot.policy, snapshot.settings.surroundings.owners, today)


def hover(document: OpenDocument, position: types.Position, markdown: bool) -> types.Hover | None:
    """What the key, table or value at a position of a policy file means; None for every other document."""
    if not is_policy(document):
        return None
    text = document.present()
    line, column = own_place(text, position)
    said = meaning(text.text, line, column, known(document), pyproject=is_pyproject(document))
    if said is None:
        return None
    return types.Hover(content(said, markdown))


def content(said: str, markdown: bool) -> types.MarkupContent:
    """Words of the schema and of the policy, which is foreign text, for the client to show."""
    shown = "\n\n".join(display(part, 600) for part in said.split("\n\n"))
    if markdown:
        return types.MarkupContent(types.MarkupKind.Markdown, words.escape(shown))
    return types.MarkupContent(types.MarkupKind.PlainText, shown)


def own_place(text: ClientText, position: types.Position) -> tuple[int, int]:
    """The 1-based line and column, in characters, of a client's position."""
    before = text.text[: text.offset((position.line, position.character))]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def client_range(text: ClientText, line: int, start: int, end: int) -> types.Range:
    """The client's range of some columns of a line, as `own_place` counts them."""
    first, last = text.column(line, start), text.column(line, end)
    return types.Range(types.Position(*first), types.Position(*last))
