"""What the matcher answers."""

from __future__ import annotations

from enum import IntEnum

from whence.matching.store import Kept
from whence.quick import dataclass
from whence.ranges import Lines


class Kind(IntEnum):
    """Where a match was written, the strongest first."""

    SAME_FILE = 0
    RENAMED = 1
    """Into this file under another name."""
    IN_PLACE = 2
    """A short write between the lines that were around it."""
    SAME_PROJECT = 3
    OTHER_PROJECT = 4


class Likeness(IntEnum):
    """How much of it is left, the most first."""

    IDENTICAL = 0
    """The same but for white space."""
    REFORMATTED = 1
    """The same words and signs in the same order: other quotes, commas, line ends."""
    RENAMED = 2
    """The same but for names, each exchanged for one and the same other."""
    EDITED = 3


@dataclass(frozen=True, slots=True)
class Match:
    """Present lines that one write explains."""

    kept: Kept
    """The block; with others of the same write where more than one explains the lines."""
    lines: Lines
    kind: Kind
    likeness: Likeness = Likeness.IDENTICAL
    similarity: float = 1.0
    """Mean over the lines: the share of a line's tokens, there and here, that agree."""
    also: tuple[Kept, ...] = ()
    """Other writes that hold (some of) the same lines."""
