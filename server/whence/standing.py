"""How a repository stands right now, in git's words: everything short that a scan asks of it, asked at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from whence.repo import REFS, Repository, refs_in, together


class Standing(NamedTuple):
    """git's answers. As long as they are the same, so is everything that git says of this work tree's past."""

    repository: Repository
    head: bytes
    """HEAD's commit, and the branch's full name (`HEAD` where it is detached); empty where no commit can be read."""
    references: bytes
    """Every ref with what it points to."""
    configuration: bytes
    files: bytes
    """The index's entries, and the files that are neither in it nor ignored."""

    @staticmethod
    def of(repository: Repository) -> Standing:
        """Ask. Raises GitError."""
        head = repository.start("rev-parse", "HEAD^{commit}", "--symbolic-full-name", "HEAD", "--")
        others = (
            repository.start("for-each-ref", REFS),
            repository.start("config", "--list", "-z"),
            repository.start(*_FILES, repository.prefix or "."),
        )
        return Standing(repository, head.answer() or b"", *together(*others))

    @property
    def commit(self) -> str | None:
        """HEAD's commit; None where none can be read."""
        return self.head.split(b"\n")[0].decode() or None

    @property
    def branch(self) -> str | None:
        """The branch that is checked out, without `refs/heads/`; None where none is, or no commit can be read."""
        names = [os.fsdecode(name) for name in self.head.split(b"\n")[1:2]]
        return next((name.removeprefix(_BRANCHES) for name in names if name.startswith(_BRANCHES)), None)

    @property
    def refs(self) -> dict[str, str]:
        """Every ref with its object."""
        return refs_in(self.references)

    @property
    def packs(self) -> Path | None:
        """Where objects arrive that a partial clone did not have; None where all are there from the start."""
        partial = b"extensions.partialclone\n" in self.configuration or b".promisor\n" in self.configuration
        return self.repository.common_dir / "objects" / "pack" if partial else None

    @property
    def settings(self) -> bytes:
        """The configuration without what it only remembers of branches: that changes daily, and shows nothing."""
        entries = self.configuration.split(b"\0")
        return b"\0".join(entry for entry in entries if not entry.startswith(b"branch."))

    def named(self, setting: bytes) -> Iterator[Path]:
        """The files that a setting of git's names."""
        for entry in self.configuration.split(b"\0"):
            name, _, value = entry.partition(b"\n")
            if name == setting:
                place = os.fsdecode(value)
                home = dict(self.repository.environment).get("HOME", "")
                yield Path(home, place[2:]) if place.startswith("~/") else self.repository.top / place

    @property
    def attributes(self) -> Iterator[str]:
        """The files of attributes that lie outside of the workspace, whether they are there or not."""
        top, folder = self.repository.top, self.repository.prefix.rstrip("/")
        while folder:
            folder = folder.rpartition("/")[0]
            yield str(top / folder / ".gitattributes")
        yield str(self.repository.common_dir / "info" / "attributes")
        environment = dict(self.repository.environment)
        home = environment.get("HOME", "")
        yield f"{environment.get('XDG_CONFIG_HOME') or home + '/.config'}/git/attributes"
        yield "/etc/gitattributes"
        yield from map(str, self.named(b"core.attributesfile"))

    @property
    def paths(self) -> list[str]:
        """The files by their workspace paths; those of a conflict are named more than once."""
        start = len(self.repository.prefix)
        entries = os.fsdecode(self.files).split("\0")[:-1]
        names = (entry[2:] if entry.startswith("? ") else entry.partition("\t")[2] for entry in entries)
        return [name[start:] for name in names] if start else list(names)


_BRANCHES = "refs/heads/"
_FILES = ("ls-files", "-t", "-s", "-z", "--others", "--exclude-standard", "--")
