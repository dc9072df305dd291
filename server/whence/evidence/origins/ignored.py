"""Commits that a project wants blame to look through: mass reformatting, listed in `.git-blame-ignore-revs`."""

from __future__ import annotations

import re

from whence.repo import Repository

FILE = ".git-blame-ignore-revs"
"""At the top of the repository, as committed: the name that forges read too."""

_ID = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")

MOST = 2000


def ignored(repository: Repository, head: str) -> frozenset[bytes]:
    """The commits to look through, as full ids; entries that name no commit of this clone are left out."""
    content = next(iter(repository.blobs([f"{head}:{FILE}"])), None)
    if not content:
        return frozenset()
    lines = (line.partition(b"#")[0].strip().lower() for line in content.splitlines())
    listed = list(dict.fromkeys(line for line in lines if _ID.fullmatch(line)))[:MOST]
    feed = b"".join(commit + b"\n" for commit in listed)
    out = repository.run("cat-file", "--batch-check", feed=feed) if listed else b""
    return frozenset(line.split()[0] for line in out.splitlines() if line.split()[1:2] == [b"commit"])
