"""Where Agent Trace records are: `.agent-trace/traces.jsonl` in any folder of the workspace."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from whence.evidence.interface import Context
from whence.repo import GitError

FOLDER, FILE = ".agent-trace", "traces.jsonl"


def nothing_here(context: Context) -> bool:
    """Whether there is no such file; where git cannot tell there may be one."""
    try:
        return not trace_files(context)
    except GitError:
        return False


def trace_files(context: Context) -> list[str]:
    """The trace files below the workspace's folders; they are often ignored by git, so no listing names them.

    Raises GitError.
    """
    folders = {""}
    listed = list(context.paths)
    if context.at_head is not None:
        listed += context.at_head
    elif context.repository is not None and context.repository.head() is not None:
        out = context.repository.run("ls-tree", "-r", "-d", "-z", "--name-only", "HEAD")
        places = (
            context.repository.to_workspace(os.fsdecode(name) + "/") for name in out.split(b"\0") if name
        )
        listed += (place for place in places if place)
    for path in listed:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    found = (f"{folder}/{FOLDER}/{FILE}".lstrip("/") for folder in folders)
    return sorted(path for path in found if _is_inside(context.root, path))


def _is_inside(root: Path, path: str) -> bool:
    """A regular file that no symbolic link leads to."""
    full = root / path
    try:
        return stat.S_ISREG(full.lstat().st_mode) and full.resolve() == full
    except OSError:
        return False
