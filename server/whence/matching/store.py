"""What the matcher asks of whoever keeps the prints. The matcher is pure: it gets a store as an argument.

There is one store in memory, for tests and benchmarks, and the index on disk. A store may also hold prints that were
imported under a key of their owner's; it translates, so that the matcher sees digests of one kind only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from whence.matching.prints import Print
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds a key."""

    count: int
    """Blocks that hold it: how common it is; of one that more hold than the store lists, at least so many."""
    blocks: tuple[int, ...]
    """Their numbers; empty where there are more than the store lists."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A block that a tool inserted, and the write that it was part of."""

    number: int
    print: Print
    """Without keys. Of an imported one only the lines are known that the question named."""
    writing: int
    """The write's number: the blocks of one call share it."""
    path: str
    """As recorded: absolute or relative, POSIX or Windows."""
    cwd: str
    """What a relative path is relative to."""
    tool: str
    session: str
    time: float | None
    """Unix seconds; None: unknown."""


class Store(Protocol):
    """Everything that tools wrote, as digests. Block numbers mean something only within one store."""

    def holders(self, keys: Collection[int]) -> Mapping[int, Holders]:
        """Who holds which of these keys; keys that nobody holds are left out. One question for a whole document."""
        ...

    def blocks(self, numbers: Collection[int], keys: Collection[int]) -> Mapping[int, Kept]:
        """These blocks. `keys` are the ones that the document was asked about, lines included."""
        ...
