"""The values of a review: what a person answered for, what of it is still there, and what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date  # noqa: N812 - `date` is a field here
from enum import StrEnum

from whence.model import Region
from whence.quick import dataclass
from whence.ranges import Lines

CONTEXT_MARK = "~"
"""Before the digest of a line that was near, but not under review."""

BREAK = "..."
"""Where lines were left out between two stored stretches."""


class Result(StrEnum):
    """What the person answered."""

    APPROVED = "approved"
    REJECTED = "rejected"
    DISPUTED = "disputed"
    """Not AI-written, because ... (the note says why)."""


@dataclass(frozen=True, slots=True)
class Review:
    """One person's answer for exact lines. Never changed once written: its id is a digest of all the rest."""

    id: str
    path: str
    """Where the lines stood; a hint for finding them again, never their identity."""
    kind: str
    """Of the region: function, class, section, ..."""
    name: str | None
    """Of the region; None for plain blocks."""
    tools: tuple[str, ...]
    """Tool ids that the lines were attributed to, sorted."""
    reviewer: str
    """`Name <email>`"""
    result: Result
    digest: str
    """`sha256:` of the whole region's normal form, blank lines left out."""
    sequence: tuple[str, ...]
    """The lines in order: digests of lines under review, `~digest` for lines near them, `...` for a break."""
    criterion: str = ""
    purpose: str = ""
    note: str = ""
    depth: str = ""
    """How deep the person went: glanced, read, tested."""
    date: Date | None = None
    """The day of a signed answer, so that keys can expire and rotate; unsigned answers carry none."""
    replaces: tuple[str, ...] = ()
    """Ids of the same person's earlier answers for the same lines."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The hex digest of each non-blank line under review, in order."""
        return tuple(entry for entry in self.sequence if entry[0] not in "~.")

    @property
    def region(self) -> str:
        """For messages: `function flash_attention`, `block`."""
        return f"{self.kind} {self.name}" if self.name else self.kind


@dataclass(frozen=True, slots=True)
class Draft:
    """A review that is about to be recorded."""

    path: str
    region: Region
    text: Sequence[str]
    """Every present line of the file, as `whence.text.split` gives them."""
    lines: Lines
    """The lines under review, numbers into `text`."""
    reviewer: str
    """`Name <email>`"""
    tools: tuple[str, ...] = ()
    result: str = "approved"
    criterion: str = ""
    purpose: str = ""
    note: str = ""
    depth: str = ""
    date: Date | None = None
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Staleness:
    """What changed in reviewed text since its review."""

    gone: int
    """Reviewed lines that are no longer there (changed or removed)."""
    added: Lines
    """Present lines that stand among the reviewed ones and were not there, or were different, then."""


@dataclass(frozen=True, slots=True)
class Covered:
    """The wanted lines that one review answers for. `lines` is empty when all of them changed since."""

    lines: Lines
    review: Review
    stale: Staleness | None = None
    """None while every reviewed line is still there and nothing came between them."""
