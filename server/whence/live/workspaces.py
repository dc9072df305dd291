"""What a desk knows of the workspaces of its documents, and whether that still is what the disk says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from whence.engine import Snapshot
from whence.errors import UserError
from whence.live.sealed import Sealed
from whence.review import Ledger

if TYPE_CHECKING:
    from whence.live.stamps import Stamp, Watch
    from whence.live.values import Grounds


class Workspaces:
    """By the name that the asker gives them. Mutable; for one thread."""

    def __init__(self) -> None:
        self._snapshots: dict[str, Snapshot] = {}
        self._watches: dict[Path, tuple[Watch, frozenset[Stamp]]] = {}
        self._facts: dict[Path, Mapping[str, str]] = {}

    def get(self, key: str | None) -> Snapshot | None:
        return self._snapshots.get(key) if key is not None else None

    def adopt(self, key: str, sealed: Sealed[Snapshot]) -> None:
        """Take up what is known of it now."""
        self._snapshots[key] = sealed.open()

    def glance(self, key: str, policy_path: Path | None, environment: Mapping[str, str], name: str) -> bool:
        """Take up what is at hand of a workspace of which nothing is known, for one file; whether there was
        anything."""
        if key in self._snapshots:
            return False
        from whence.live.glancing import glance

        try:
            self._snapshots[key] = glance(Path(key), policy_path, environment, name)
        except UserError:
            return False
        return True

    def reviewed(self, key: str, sealed: Sealed[Ledger]) -> bool:
        """Take up the reviews as they are now; whether there is somewhere to."""
        snapshot = self._snapshots.get(key)
        if snapshot is None:
            return False
        settings = replace(snapshot.settings, ledger=sealed.open())
        self._snapshots[key] = replace(snapshot, settings=settings)
        return True

    def drop(self, key: str) -> None:
        self._snapshots.pop(key, None)

    # -- the disk --------------------------------------------------------------------------------------------

    def watch(self, root: Path, grounds: Grounds) -> None:
        """Remember the state of the files that a workspace rests on."""
        self._watches[root] = grounds.files.open()
        self._facts.pop(root, None)

    def rests_on(self, root: Path, facts: Mapping[str, str]) -> None:
        """Remember what the file system said to whoever looked at it, see `cache.witness`."""
        self._facts[root] = facts

    def moved(self, root: Path) -> bool | None:
        """Whether any of that has changed since; true also where nobody remembers. None: only something outside of the
        workspace has, perhaps a session of it; the same change is told once."""
        known = self._watches.get(root)
        if known is None or known[0].look() != known[1]:
            return True
        facts = self._facts.get(root)
        if not facts:
            return None
        from whence.cache.witness import present

        now = present(facts)
        changed = [path for path, fact in facts.items() if now[path] != fact]
        if not changed:
            return False
        self._facts[root] = now
        return True if any(Path(path).is_relative_to(root) for path in changed) else None
