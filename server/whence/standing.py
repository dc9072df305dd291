"""How a repository stands right now, in git's words: everything short that a scan asks of it, asked at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from whence.repo import Repository


class Standing(NamedTuple):
    """git's answers. As long as they are the same, so is everything that git says of this work tree's past."""

    head: bytes
    """HEAD's commit, and the branch's full name (`HEAD` where it is detached)."""
    references: bytes
    """Every ref with what it points to."""
    configuration: bytes
    files: bytes
    """The index's entries, and the files that are neither in it nor ignored."""
    start: int
    """How many bytes of a path are the workspace's place in the repository."""

    @staticmethod
    def of(repository: Repository) -> Standing:
        """Ask. Raises GitError, also before the first commit."""
        asked = [
            repository.start("rev-parse", "HEAD", "--symbolic-full-name", "HEAD", "--"),
            repository.start("for-each-ref", "--format=%(refname) %(objectname)"),
            repository.start("config", "--list", "-z"),
            repository.start(*_FILES, repository.prefix or "."),
        ]
        answers = [one.result() for one in asked]
        return Standing(answers[0], answers[1], answers[2], answers[3], len(os.fsencode(repository.prefix)))

    @property
    def paths(self) -> Iterator[str]:
        """The files by their workspace paths; those of a conflict are named more than once."""
        for entry in self.files.split(b"\0"):
            if entry:
                name = entry[2:] if entry.startswith(b"? ") else entry.partition(b"\t")[2]
                yield os.fsdecode(name[self.start :])


_FILES = ("ls-files", "-t", "-s", "-z", "--others", "--exclude-standard", "--")


def paths(repository: Repository) -> Iterator[str]:
    """The files that git tracks, and those that it neither tracks nor ignores, by their workspace paths.

    Raises GitError.
    """
    files = repository.run(*_FILES, repository.prefix or ".")
    return Standing(b"", b"", b"", files, len(os.fsencode(repository.prefix))).paths
