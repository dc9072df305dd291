"""What looks at the history of a repository found, each under the commit that was HEAD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from whence.cache.codec import Codec, Unreadable
from whence.cache.database import Database

T = TypeVar("T")

VERSIONS = 6
"""Looks that are kept side by side: some branches, and a note or two that came late."""


class Lineages:
    """Implements `evidence.interface.Memory`. Good only while `ground`, a digest of what else they rest on, is the same."""

    def __init__(self, database: Database, ground: bytes) -> None:
        self._database = database
        self._ground = ground.hex()

    def recent(self, kind: str) -> Sequence[str]:
        """The commits that were HEAD, the last one first."""
        kept = (name.decode("ascii", "replace").split(" ") for name in self._database.latest(f"{kind} names"))
        return [name for ground, name in kept if ground == self._ground]

    def recall(self, kind: str, name: str, of: type[T]) -> T | None:
        """A look; None where it is gone or of another shape."""
        data = self._database.get(kind, self._key(name))
        try:
            return Codec[T](of).loads(data) if data is not None else None
        except Unreadable:
            return None

    def keep(self, kind: str, name: str, of: type[T], value: T) -> None:
        """Keep a look and forget those before the last few."""
        key = self._key(name)
        self._database.put(kind, key, Codec[T](of).dumps(value), VERSIONS)
        self._database.put(f"{kind} names", key, key, VERSIONS)

    def _key(self, name: str) -> bytes:
        return f"{self._ground} {name}".encode()
