"""Which workspace a file belongs to."""

from __future__ import annotations

import os
from pathlib import Path

from whence.policy import find


def locate(path: Path, folders: tuple[Path, ...], home: Path | None = None) -> tuple[Path, str, bool] | None:
    """The workspace root of a file, the file's name in it, and whether it is the file's alone.

    A folder that the editor opened, when it has a policy of its own; else the git work tree around the file, as on
    the command line; else the folder that the editor opened; else the file's own folder, looked at for this file only.
    None for a file that has none: a new one, or one that lies in the home folder.
    """
    resolved = path.parent.resolve() / path.name
    inside = sorted(
        (folder.resolve() for folder in folders if resolved.is_relative_to(folder.resolve())),
        key=lambda folder: len(folder.parts),
        reverse=True,
    )
    for folder in inside:
        if find(folder) is not None:
            return folder, resolved.relative_to(folder).as_posix(), False
    top = next((folder for folder in resolved.parents if os.path.exists(folder / ".git")), None)  # noqa: PTH110
    if top is None and inside:
        top = inside[0]
    if top is not None:
        return top, resolved.relative_to(top).as_posix(), False
    # A folder that holds everything else is nobody's workspace, and walking it would take minutes.
    whole = resolved.parent.parent == resolved.parent or resolved.parent == home
    if whole or not os.path.isfile(resolved):  # noqa: PTH113 - of a name that is too long pathlib raises
        return None
    return resolved.parent, resolved.name, True
