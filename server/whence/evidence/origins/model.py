"""What line origins are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from whence.model import NotMeasured
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """Adjacent HEAD lines that one commit brought in as adjacent lines."""

    start: int
    """First line at HEAD."""
    length: int
    commit: str
    original_path: str
    """What the file was called in `commit`."""
    original_start: int
    """First line in the file as `commit` left it."""

    @property
    def end(self) -> int:
        """Last line at HEAD, inclusive."""
        return self.start + self.length - 1


class Base(NamedTuple):
    """A file before and after a commit."""

    old: bytes
    new: bytes
    """Blobs."""
    added: int
    """How many lines only the new one has, white space aside."""


@dataclass(frozen=True, slots=True)
class Known:
    """All line origins at one commit."""

    commit: str
    files: Mapping[str, tuple[Run, ...]] = field(default_factory=dict)
    """By repository path; files that have no wanted lines are left out."""
    reached: frozenset[str] = frozenset()
    """All paths that may ever have held a wanted line."""
    bases: Mapping[tuple[str, str], Base] = field(default_factory=dict)
    """As in `Origins`."""
    ignored: frozenset[str] = frozenset()
    """The commits that were looked through."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Runs by repository path at HEAD, ascending; only runs of the commits that were asked for."""

    files: Mapping[str, tuple[Run, ...]] = field(default_factory=dict)
    not_measured: tuple[NotMeasured, ...] = ()
    bases: Mapping[tuple[str, str], Base] = field(default_factory=dict)
    """By commit and original path what a commit had before it, where it had something; only for commits and files that
    have runs, and that were asked for. Not for merges."""
    known: Known | None = None
    """What serves a later look near `head`; None where something was left out."""
