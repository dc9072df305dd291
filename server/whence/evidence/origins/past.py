"""What the commits of a walk changed, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from whence.evidence.origins import changes as raw
from whence.evidence.origins import renames
from whence.evidence.origins.changes import Change, Combined
from whence.evidence.origins.named import Named, named
from whence.evidence.origins.walk import Walk
from whence.quick import dataclass
from whence.repo import Repository


@dataclass(slots=True)
class Past:
    """What the commits of a walk changed."""

    plain: dict[bytes, list[Change]]
    """Of commits with at most one parent: the changes."""
    merges: dict[bytes, list[dict[bytes, Change]]]
    """Of merges: the changes to each parent but the last, by path. What differs from none of those..."""
    combined: dict[bytes, dict[bytes, Combined]]
    """...and what differs from all parents; anything else is as the last parent has it."""
    gone: dict[tuple[bytes, bytes], list[Change]]
    """What merges deleted from a parent, for those where a file that differs from all is new to that parent."""
    named: dict[bytes, tuple[Named, ...]] = field(default_factory=dict)
    """The commits that commits with at most one parent take back or repeat, where they say so."""
    renamed: renames.Answers = field(default_factory=dict)


def read(repository: Repository, walk: Walk, check_cancelled: Callable[[], None]) -> Past:
    """Raises GitError."""
    plain = [commit for commit in walk.order if len(walk.parents[commit]) < 2]
    merges = [commit for commit in walk.order if len(walk.parents[commit]) > 1]
    asked = [(merge, parent) for merge in merges for parent in walk.parents[merge][:-1]]
    said: list[bytes] = []
    lists = raw.changes(repository, [(commit,) for commit in plain], check_cancelled, said)
    history = Past(dict(zip(plain, lists, strict=True)), {}, {}, {})
    history.named = {
        commit: names for commit, message in zip(plain, said, strict=True) if (names := named(message))
    }
    for (merge, _), found in zip(asked, raw.changes(repository, asked, check_cancelled), strict=True):
        history.merges.setdefault(merge, []).append({change[1]: change for change in found})
    for merge, paths in raw.combined(repository, merges, check_cancelled).items():
        history.combined[merge] = {entry.path: entry for entry in paths}
    new = [
        (merge, parent)
        for merge, paths in history.combined.items()
        for number, parent in enumerate(walk.parents[merge])
        if any(entry.statuses[number] == b"A" for entry in paths.values())
    ]
    for pair, found in zip(new, raw.changes(repository, new, check_cancelled), strict=True):
        history.gone[pair] = [change for change in found if raw.status(change) == b"D"]
    return history
