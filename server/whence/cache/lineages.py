"""What looks at the history of a repository found, each under the commit that was HEAD."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from whence.cache.codec import Codec, Unreadable
from whence.cache.database import Database, Row
from whence.cache.inputs import digest

T = TypeVar("T")

VERSIONS = 6
"""Looks that are kept side by side: some branches, and a note or two that came late."""

_SMALL = b"\xff"
"""The condition of rows that are no results."""


class Lineages:
    """Implements `evidence.interface.Memory`. Good only while `ground`, a digest of what else they rest on, is the same."""

    def __init__(self, database: Database, ground: bytes) -> None:
        self._database = database
        self._ground = ground.hex()

    def recent(self, kind: str) -> Sequence[str]:
        """The names of looks, such as the commit that was HEAD; the last one first."""
        kept = (name.decode("ascii", "replace") for name in self._database.latest(f"{kind} names"))
        return [name for ground, _, name in (one.partition(" ") for one in kept) if ground == self._ground]

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

    def rows(self, kind: str, names: Collection[str]) -> Mapping[str, bytes]:
        """What was kept of many small things, whatever the ground: their names say all that they rest on."""
        keys = {digest(kind, name): name for name in names}
        found = self._database.results(list(keys))
        return {keys[key]: row.value for key, row in found.items() if row.condition == _SMALL}

    def keep_rows(self, kind: str, rows: Mapping[str, bytes]) -> None:
        self._database.keep(Row(digest(kind, name), _SMALL, value) for name, value in rows.items())

    def _key(self, name: str) -> bytes:
        return f"{self._ground} {name}".encode()
