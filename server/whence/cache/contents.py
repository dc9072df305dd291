"""What each file of a workspace holds, as a digest, without reading those that have not changed since the last look.

A file counts as unchanged as it does for git: the same size, times of change (of content and of inode, in ns) and
inode. A file that changed so shortly before it was read that a later change could bear the same time is read again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from whence.blake import blake2b
from whence.cache.database import Database
from whence.cache.witness import RACY
from whence.files import Content, read

_KIND = "contents"

_Stat = tuple[int, int, int, int]
_Entry = tuple[str, int, int, int, int]
"""Digest, size, mtime and ctime in ns, inode. The digest is empty for a file that is not to be analysed."""


class Contents:
    """The files below one root. `digest` reads what must be read; `save` remembers it."""

    def __init__(self, database: Database, root: Path) -> None:
        self._database = database
        self._root = root
        self._prefix = f"{root}/"
        self._place = blake2b(os.fsencode(root), digest_size=16).digest()
        self._known = self._load()
        self._seen: dict[str, str] = {}
        self._changed = False
        self.unfit: dict[str, Content] = {}
        """Files that were looked at and are not to be analysed, each with why."""

    def digest(self, path: str) -> str | None:
        """What identifies the bytes of a file; None where there is nothing to analyse, with why in `unfit`."""
        if path in self._seen:
            return self._seen[path]
        if path in self.unfit:
            return None
        entry = self._known.get(path)
        stat = _stat(self._prefix + path)
        if entry is not None and stat == entry[1:]:
            if not entry[0]:
                self.unfit[path] = read(self._root, path)
                return None
            self._seen[path] = entry[0]
            return entry[0]
        return self._read(path, stat)

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The digests of all files that can be analysed."""
        found = ((path, self.digest(path)) for path in paths)
        return {path: digest for path, digest in found if digest is not None}

    def forget_others(self, paths: Collection[str]) -> None:
        """Forget files that are not among these: all that there are."""
        gone = self._known.keys() - set(paths)
        for path in gone:
            del self._known[path]
        self._changed = self._changed or bool(gone)

    def stat(self, path: str) -> tuple[int, int, int, int] | None:
        """Size, mtime and ctime in ns and inode that a file had when it was read; None where that does not settle it."""
        entry = self._known.get(path)
        return entry[1:] if entry is not None and (path in self._seen or path in self.unfit) else None

    def known(self, path: str) -> tuple[str, int] | None:
        """What identifies the bytes of a file, and how many there are; None where only reading it could tell."""
        entry = self._known.get(path)
        if entry is None or not entry[0]:
            return None
        if path not in self._seen:
            if _stat(self._prefix + path) != entry[1:]:
                return None
            self._seen[path] = entry[0]
        return entry[:2]

    def save(self) -> None:
        """Remember what was read, for the next process."""
        if self._changed:
            self._changed = False
            fields = [[path, *entry] for path, entry in self._known.items()]
            self._database.put(_KIND, self._place, json.dumps(fields).encode("ascii"), versions=16)

    def _load(self) -> dict[str, _Entry]:
        data = self._database.get(_KIND, self._place)
        try:
            return {path: (digest, *stat) for path, digest, *stat in json.loads(data)} if data else {}
        except (ValueError, TypeError):
            return {}

    def _read(self, path: str, before: _Stat | None) -> str | None:
        now = time.time_ns()
        content = read(self._root, path)
        if content.data is None:
            self.unfit[path] = content
        else:
            self._seen[path] = of(content.data)
        settled = before is not None and max(before[1], before[2]) < now - RACY
        if settled and (content.data is not None or content.lasting) and _stat(self._prefix + path) == before:
            assert before is not None
            self._known[path] = (self._seen.get(path, ""), *before)
            self._changed = True
        elif self._known.pop(path, None) is not None:
            self._changed = True
        return self._seen.get(path)


def of(data: bytes) -> str:
    """What identifies these bytes."""
    return blake2b(data, digest_size=16).hexdigest()


def _stat(file: str) -> _Stat | None:
    try:
        status = os.lstat(file)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
