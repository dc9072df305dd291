"""What a matcher is told of the workspace that a document belongs to."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import field

from whence.matching.habits import Habits
from whence.matching.passages import Place
from whence.matching.store import Kept
from whence.quick import dataclass


def _nowhere(_: Kept) -> Place:
    return Place()


def _gone(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Workspace:
    """What is known of the workspace that a document belongs to."""

    place: Callable[[Kept], Place] = _nowhere
    """Where a block went, seen from here."""
    held: Callable[[str], Collection[int] | None] = _gone
    """The digests of the lines that a file holds now; None: there is no such file."""
    habits: Habits = field(default_factory=Habits)
    gone: Callable[[str], bool] | None = None
    """Whether there is no such file, where somebody wants to know who asks only that."""

    def is_gone(self, path: str) -> bool:
        """Whether there is no such file."""
        return self.held(path) is None if self.gone is None else self.gone(path)
