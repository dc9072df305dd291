"""What prints are made of: text that was inserted into one file in one go."""

from __future__ import annotations

from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """Inserted lines that stood together, with the lines that were around them."""

    lines: tuple[str, ...]
    before: str | None = None
    """The nearest line above that is not blank, as it stood right after the insertion; None: unknown or none."""
    after: str | None = None
    """The same below."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One write."""

    blocks: tuple[Block, ...]
    path: str
    """As recorded."""
    time: float | None = None
    """Unix seconds; None: unknown."""
    tool: str = ""
    """Of one tool the same block of the same file is kept once: forks and resumed sessions repeat themselves."""
    cwd: str = ""
    """What a relative path is relative to."""
    session: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage went, seen from the workspace."""

    path: str = ""
    """The workspace's name for the file, when the recorded path certainly means it; else empty."""
    home: bool = False
    """Whether the session worked in this project."""


def file_name(path: str) -> str:
    """The last part of a recorded path, POSIX or Windows."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def is_notebook(path: str) -> bool:
    return path.lower().endswith(".ipynb")
