"""What of a workspace is in git: its repository, the commit that is checked out, the files there.

What cannot be had is named in a list of what was not measured; nothing raises.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from whence.model import EvidenceClass, NotMeasured
from whence.repo import GitError, GitMissing, Repository, together


def repository_of(
    root: Path, environment: Mapping[str, str], missing: list[NotMeasured]
) -> Repository | None:
    """The repository that holds a workspace; None where there is none, or none that git lets us read."""
    try:
        repository = Repository.open(root, environment)
    except GitError as error:
        hint = "install git" if isinstance(error, GitMissing) else getattr(error, "hint", "")
        if "dubious ownership" in str(error):
            hint = "if you trust it: git config --global --add safe.directory " + shlex.quote(str(root))
        missing.append(
            NotMeasured("git-history", str(error), hint=hint, evidence_class=EvidenceClass.DECLARED)
        )
        return None
    if repository is None and os.path.lexists(root / ".git"):
        why = "there is a .git here that git does not take for a repository"
        missing.append(NotMeasured("git-history", why, evidence_class=EvidenceClass.DECLARED))
    return repository


def commit_of(repository: Repository | None, missing: list[NotMeasured]) -> str | None:
    """The id of HEAD's commit; None before the first one, or where it cannot be read."""
    try:
        return repository.head() if repository else None
    except GitError as error:
        missing.append(
            NotMeasured("git-history", str(error), hint="git fsck", evidence_class=EvidenceClass.DECLARED)
        )
        return None


def tree_of(
    repository: Repository, head: str, missing: list[NotMeasured]
) -> tuple[dict[str, str], dict[str, str | None]]:
    """The blobs at HEAD, and for what was renamed or added since (in the index) its name there."""
    blobs: dict[str, str] = {}
    names: dict[str, str | None] = {}
    scope = repository.prefix or "."
    try:
        tree, index = together(
            repository.start("ls-tree", "-r", "-z", "--full-tree", head, "--", scope),
            repository.start("diff-index", "--cached", "-M", "-z", "--name-status", head, "--", scope),
        )
        for entry in tree.split(b"\0"):
            meta, _, name = entry.partition(b"\t")
            path = repository.to_workspace(os.fsdecode(name)) if name else None
            if path and meta.split()[1] == b"blob":
                blobs[path] = meta.split()[2].decode()
            elif path:
                hint = f"whence scan --root {shlex.quote(path)}"
                missing.append(NotMeasured("submodule", "a repository of its own", path=path, hint=hint))
    except GitError as error:
        missing.append(NotMeasured("git-history", str(error), evidence_class=EvidenceClass.DECLARED))
        return {}, {}
    fields = iter(os.fsdecode(field) for field in index.split(b"\0") if field)
    for status in fields:
        before = repository.to_workspace(next(fields))
        if status.startswith(("R", "C")):
            after = repository.to_workspace(next(fields))
            if after:
                names[after] = before
    return blobs, names
