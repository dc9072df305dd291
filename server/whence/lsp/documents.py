"""The documents that the editor has open, each with what was last found in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol.types import Diagnostic
from pygls.uris import to_fs_path

from whence.engine import Base, Snapshot
from whence.live.client_text import Change, ClientText
from whence.model import FileResult

if TYPE_CHECKING:
    from whence.lsp.roots import Root


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found in one version of a document. `snapshot` is None where nothing could be looked at."""

    version: int
    text: ClientText
    snapshot: Snapshot | None
    result: FileResult
    items: Sequence[Diagnostic] = ()
    """The same as the client is told it."""
    identifier: str | None = None
    """A digest of `items`, so that it means the same after a restart; None for nothing."""


@dataclass(slots=True)
class OpenDocument:
    """Mutable; owned by the loop."""

    uri: str
    version: int
    text: ClientText
    """The newest text that was looked at; `changes` lead to the present one."""
    path: Path | None
    """None for what is not a file (`untitled:`, `git:`)."""
    changes: list[Change] = field(default_factory=list, repr=False)
    """Not yet applied: that costs as much as the text is long, and is done where it is analysed."""
    root: Root | None = None
    located: bool = False
    name: str = ""
    """The path relative to its root."""
    base: Base | None = None
    based_on: Snapshot | None = None
    """The snapshot whose HEAD `base` was read from."""
    timed: bool = False
    """Whether who-wrote-first dates were looked up for `base`."""
    analysis: Analysis | None = None
    settling: asyncio.Task[Analysis] | None = field(default=None, repr=False)
    pushing: bool = False
    """Whether a task is about to publish its findings."""
    closed: bool = False

    def present(self) -> ClientText:
        """The text as it is now. Costs as much as the text is long: for small files, and for those who must not wait."""
        return self.text.after(self.changes)


def path_of(uri: str) -> Path | None:
    """The file that a URI names, None when it names none."""
    if not uri.startswith("file:"):
        return None
    try:
        path = to_fs_path(uri)
    except (ValueError, TypeError):
        return None
    return Path(path) if path and "\0" not in path and Path(path).is_absolute() else None
