"""The documents that the editor has open, as far as the loop knows them; what is in them the desk knows."""

from __future__ import annotations

import asyncio
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from pygls.uris import to_fs_path

from whence.quick import dataclass

if TYPE_CHECKING:
    from whence.live.client_text import Change
    from whence.live.values import Look
    from whence.lsp.roots import Root

POLICIES = ("whence.toml", "pyproject.toml")
"""Names of files that are a policy, or may be one; the same as in `policy.files`."""


@dataclass(slots=True)
class OpenDocument:
    """Mutable; owned by the loop."""

    uri: str
    version: int
    text: str = field(repr=False)
    """A version of the text, from which `changes` lead to the present one: what a new desk has to be told."""
    path: Path | None = None
    """None for what is not a file (`untitled:`, `git:`)."""
    changes: list[Change] = field(default_factory=list, repr=False)
    root: Root | None = None
    located: bool = False
    name: str = ""
    """The path relative to its root."""
    why: str = ""
    """Why it must not be looked at; empty when it may."""
    deaths: int = 0
    """Desks that died over it."""
    look: Look | None = None
    """What was last found in it."""
    looked_in: int = -1
    """The generation of its root's knowledge in which that was."""
    dated: bool = False
    """Whether the dates of its lines at HEAD were asked for, in this generation."""
    settling: asyncio.Task[Look] | None = field(default=None, repr=False)
    resting: asyncio.TimerHandle | None = field(default=None, repr=False)
    """Looks again at everything once the typing rests."""
    pushing: bool = False
    """Whether a task is about to publish its findings."""
    closed: bool = False

    @property
    def is_policy(self) -> bool:
        """Whether it is the policy of its workspace, a file that the policy extends, or named like one."""
        if self.path is None:
            return False
        if self.path.name in POLICIES:
            return True
        root = self.root
        if root is None:
            return False
        files = root.card.policy_files if root.card is not None else ()
        return self.path == root.policy_path or self.name in files


def path_of(uri: str) -> Path | None:
    """The file that a URI names, None when it names none."""
    if not uri.startswith("file:"):
        return None
    try:
        path = to_fs_path(uri)
    except (ValueError, TypeError):
        return None
    return Path(path) if path and "\0" not in path and Path(path).is_absolute() else None
