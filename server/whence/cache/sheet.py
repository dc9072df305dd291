"""Files of which nothing is to be told but how many lines they have, all on one page.

Most files of a workspace are so. To read them one by one from the database takes longer than all else of a scan in which
nothing of theirs has changed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from whence.cache.database import Database
from whence.model import FileResult

_KIND = "sheet"

_SPARE = 1000
"""Files beyond those that there are which may stay on the page: of another branch, or of other folders."""


class Sheet:
    """One workspace's page. What stands there is good for the key that it stands under, and for no other."""

    def __init__(self, database: Database, place: bytes) -> None:
        self._database = database
        self._place = place
        self._changed = False
        data = database.get(_KIND, place)
        try:
            self._lines: dict[str, tuple[str, int]] = {
                path: (key, int(lines)) for path, (key, lines) in json.loads(data or b"{}").items()
            }
        except (ValueError, TypeError, AttributeError):
            self._lines = {}

    def results(self, keys: Mapping[str, bytes]) -> dict[str, FileResult]:
        """The results of files under these keys."""
        found: dict[str, FileResult] = {}
        for path, key in keys.items():
            known = self._lines.get(path)
            if known is not None and known[0] == key.hex():
                found[path] = FileResult(path, known[1])
        return found

    def add(self, path: str, key: bytes, lines: int) -> None:
        """Note a file that has so many lines and nothing else."""
        self._lines[path] = (key.hex(), lines)
        self._changed = True

    def save(self, paths: Collection[str]) -> None:
        """Keep the page, for the files that there are."""
        if not self._changed:
            return
        self._changed = False
        if len(self._lines) > len(paths) + _SPARE:
            self._lines = {path: self._lines[path] for path in paths if path in self._lines}
        self._database.put(_KIND, self._place, json.dumps(self._lines).encode("ascii"), versions=16)
