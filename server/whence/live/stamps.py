"""Whether what a workspace rests on has changed: a few `stat` calls, no content is read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from whence.policy import mailmap, owners
from whence.policy.files import NAME, find
from whence.quick import dataclass
from whence.repo import Repository
from whence.review import FOLDER

SIGNERS = (".whence/allowed_signers", ".whence/revoked_signers")
"""See `review.signatures`, which is not loaded for it."""

Stamp = tuple[str, int, int]
"""Path, modification time in ns, size in bytes."""


@dataclass(frozen=True, slots=True)
class Watch:
    """The files that a workspace rests on: policy, ledger, owners, HEAD, notes."""

    root: Path
    policy_path: Path | None
    repository: Repository | None

    @staticmethod
    def of(root: Path, policy_path: Path | None, environment: Mapping[str, str]) -> Watch:
        """Runs git once to find the repository."""
        return Watch(root, policy_path, Repository.around(root, environment))

    def look(self) -> frozenset[Stamp]:
        """Their state now."""
        return frozenset(self._files())

    def _files(self) -> Iterator[Stamp]:
        places = {self.policy_path or find(self.root) or self.root / NAME, self.root / FOLDER}
        places.update(self.root / name for name in (*SIGNERS, mailmap.NAME, *owners.PLACES))
        if self.repository is not None:
            own, common = self.repository.git_dir, self.repository.common_dir
            places.update(own / name for name in ("HEAD", "logs/HEAD"))
            places.update(common / name for name in ("packed-refs", "refs/notes", "refs/notes/ai"))
        for place in places:
            with contextlib.suppress(OSError):
                status = place.stat()
                yield str(place), status.st_mtime_ns, status.st_size


def sessions_since(root: Path, environment: Mapping[str, str], since: float) -> bool:
    """Whether a tool has written a transcript of a session in this workspace after a moment (Unix seconds).
    Loads the readers of all tools that were used here."""
    from whence.evidence.sessions.interface import Places
    from whence.evidence.sessions.paths import posix
    from whence.evidence.sessions.readers import here

    repository = Repository.around(root, environment)
    places = Places(environment, root, repository)
    folders = [posix(str(root))]
    if repository is not None:
        folders.append(posix(str(repository.top)))
    return any(
        transcript.changed > since and reader.nearness(transcript, tuple(folders)) < 2
        for reader in here(places)
        for transcript in reader.locate(places).transcripts
    )
