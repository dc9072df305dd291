"""Which commits have git-ai notes, and where those are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from whence.quick import dataclass
from whence.repo import Repository

REF = "refs/notes/ai"
FALLBACKS = "refs/notes/ai-remote"
OLD_REFS = "refs/ai/authorship"
PLACES = (REF, FALLBACKS, OLD_REFS)
FETCH = f"git fetch origin '{REF}*:{REF}*', if the project keeps notes"
"""With a glob, which is no error where the remote has none."""


@dataclass(frozen=True, slots=True)
class Noted:
    """All notes of a repository, whatever commits they speak of."""

    blobs: Mapping[str, str] = field(default_factory=dict)
    """By commit, the first ref that has one wins."""
    has_ref: bool = False
    """Whether there is `refs/notes/ai`, which clones do not fetch by themselves."""


def noted(repository: Repository, listed: Mapping[str, str]) -> Noted:
    """List all notes; `listed` are the refs below PLACES with their objects. Raises GitError."""
    refs = dict(sorted(listed.items(), key=lambda pair: (pair[0] != REF, pair[0])))
    found: dict[str, str] = {}
    for ref in (ref for ref in refs if not ref.startswith(OLD_REFS)):
        for entry in repository.run("ls-tree", "-r", "-z", ref).split(b"\0"):
            meta, _, name = entry.partition(b"\t")
            if meta:
                found.setdefault(name.decode("ascii", "replace").replace("/", ""), meta.split()[2].decode())
    for ref, blob in refs.items():
        if ref.startswith(OLD_REFS):
            found.setdefault(ref.rpartition("/")[2], blob)
    return Noted(found, REF in refs)
