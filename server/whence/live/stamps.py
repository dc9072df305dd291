"""Whether the files on which a snapshot rests have changed: a few `stat` calls, no content is read."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from whence.evidence.sessions.interface import Places
from whence.evidence.sessions.paths import posix
from whence.evidence.sessions.readers import READERS
from whence.policy import find
from whence.policy.files import NAME
from whence.repo import GitError, Repository
from whence.review import FOLDER
from whence.review.signatures import ALLOWED, REVOKED

RECENT = 60.0
"""Seconds. Transcripts that were last written longer before the first look than this are over and not compared."""

Stamp = tuple[str, int, int]
"""Path, modification time in ns, size in bytes."""


@dataclass(frozen=True, slots=True)
class Stamps:
    """The state of the disk at one moment."""

    files: frozenset[Stamp] = frozenset()
    sessions: frozenset[Stamp] = frozenset()
    since: float = 0.0
    """Unix seconds; transcripts that changed before are left out of `sessions`."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Where to look."""

    root: Path
    policy_path: Path | None
    environment: Mapping[str, str]
    repository: Repository | None

    @staticmethod
    def of(root: Path, policy_path: Path | None, environment: Mapping[str, str]) -> Watch:
        """Runs git once to find the repository."""
        try:
            repository = Repository.open(root, environment)
        except GitError:
            repository = None
        return Watch(root, policy_path, environment, repository)

    def look(self, before: Stamps | None = None) -> Stamps:
        """The state now, comparable with an earlier one."""
        since = before.since if before is not None else time.time() - RECENT
        return Stamps(frozenset(self._files()), frozenset(self._sessions(since)), since)

    def _files(self) -> Iterator[Stamp]:
        places = {self.policy_path or find(self.root) or self.root / NAME, self.root / FOLDER}
        places.update(self.root / name for name in (ALLOWED, REVOKED, "CODEOWNERS", ".github/CODEOWNERS"))
        if self.repository is not None:
            own, common = self.repository.git_dir, self.repository.common_dir
            places.update(own / name for name in ("HEAD", "logs/HEAD"))
            places.update(common / name for name in ("packed-refs", "refs/notes", "refs/notes/ai"))
        for place in places:
            with contextlib.suppress(OSError):
                status = place.stat()
                yield str(place), status.st_mtime_ns, status.st_size

    def _sessions(self, since: float) -> Iterator[Stamp]:
        folders = [posix(str(self.root))]
        if self.repository is not None:
            folders.append(posix(str(self.repository.top)))
        for reader in READERS:
            for transcript in reader.locate(Places(self.environment, self.root, self.repository)).transcripts:
                if transcript.changed > since and reader.nearness(transcript, tuple(folders)) < 2:
                    yield str(transcript.path), int(transcript.changed * 1e9), transcript.size
