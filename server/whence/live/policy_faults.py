"""What is wrong with a policy file while it is typed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from whence.engine import Snapshot
from whence.errors import Problem, UserError
from whence.policy import Owners, Policy
from whence.policy.checking import warnings
from whence.policy.files import NAME, PYPROJECT, read_text, reader
from whence.policy.loading import load
from whence.tools import Registry

Faults = tuple[tuple[Problem, bool], ...]
"""Each with whether it keeps the policy from being loaded; else it is a warning of `whence policy check`."""


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
