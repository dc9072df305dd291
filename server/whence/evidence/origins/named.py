"""The commits that a message names because its commit takes them back, or repeats them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from whence.evidence.origins import changes as raw
from whence.repo import Repository

_ID = rb"\b([0-9a-f]{7,64})\b"
_SAYS = re.compile(
    rb"\breverts\s+(?:the\s+)?commits?\s+" + _ID + rb"(?:\.?,?\s+reversing\s+changes\s+made\s+to\s+" + _ID + rb")?"
    rb"|\bcherry[- ]picked\s+from\s+commit\s+" + _ID,
    re.IGNORECASE,
)  # fmt: skip
"""As `git revert` (of a commit, of a merge, of a revert) and `git cherry-pick -x` write it, and people by hand."""


_LONGEST = 1 << 20
"""Bytes of a message that are read: more is a pasted log."""


class Named(NamedTuple):
    """A commit as a message names it: the beginning of its id, at least seven digits."""

    commit: bytes
    parent: bytes = b""
    """For the revert of a merge the parent that is gone back to."""
    repeated: bool = False
    """Picked once more, not taken back."""


class Before(NamedTuple):
    """A state of some files that a commit may have lines from."""

    commit: bytes
    """The commit that brings lines back."""
    older: bytes
    """The commit that has them."""
    files: dict[bytes, bytes]
    """Their blobs in the older commit, by path."""


def named(message: bytes) -> tuple[Named, ...]:
    """What a message says."""
    if b"everts" not in message and b"picked" not in message:
        return ()
    found = (match.groups(b"") for match in _SAYS.finditer(message, 0, _LONGEST))
    return tuple(Named(back or again, parent, not back) for back, parent, again in found)


def states(
    repository: Repository,
    asked: Mapping[bytes, Iterable[Named]],
    is_behind: Callable[[bytes, bytes], bool],
    check_cancelled: Callable[[], None],
) -> Iterator[Before]:
    """The states that commits go back to, as far as the named commits are behind them. Raises GitError.

    Of a commit that was taken back it is the state before it, of one that was repeated that after it; only files that
    it changed. `is_behind` says of a commit whether it is behind another.
    """
    every = {name for some in asked.values() for one in some for name in one[:2] if name}
    if not every:
        return
    ids = _ids(repository, sorted(every))
    parents = _parents(repository, set(ids.values()))
    made: list[tuple[bytes, bytes, bytes, bool]] = []
    for commit, some in asked.items():
        for one in dict.fromkeys(some):
            own = ids.get(one.commit, b"")
            before = parents.get(own, ())
            if before and own != commit and is_behind(own, commit):
                parent = ids.get(one.parent, b"")
                made.append((commit, own, parent if parent in before else before[0], one.repeated))
    pairs = [(own, parent) for _, own, parent, _ in made]
    for (commit, own, parent, again), found in zip(
        made, raw.changes(repository, pairs, check_cancelled), strict=True
    ):
        if again:
            there = {
                one[1]: raw.new_blob(one) for one in found if raw.status(one) != b"D" and raw.is_file(one)
            }
        else:
            there = {one[1]: raw.old_blob(one) for one in found if raw.was_file(one)}
        yield Before(commit, own if again else parent, there)


def _ids(repository: Repository, names: list[bytes]) -> dict[bytes, bytes]:
    """The full ids of commits; other objects, and what is not there or not the only one of its name, are left out."""
    out = repository.run("cat-file", "--batch-check", feed=b"".join(name + b"\n" for name in names))
    lines = (line.split() for line in out.splitlines())
    return {name: line[0] for name, line in zip(names, lines, strict=True) if line[1:2] == [b"commit"]}


def _parents(repository: Repository, commits: set[bytes]) -> dict[bytes, list[bytes]]:
    feed = b"".join(commit + b"\n" for commit in sorted(commits))
    out = (
        repository.run("rev-list", "--no-walk=unsorted", "--parents", "--stdin", feed=feed)
        if commits
        else b""
    )
    return {commit: parents for commit, *parents in map(bytes.split, out.splitlines())}


def accounted(
    repository: Repository, commits: Collection[bytes], check_cancelled: Callable[[], None]
) -> dict[bytes, Collection[bytes] | None]:
    """The files in which what commits brought back can be told from what they added; None: in all that they changed.

    That is where the commits that they name were looked at, or in none if one of these is not behind them; and in all
    if each file that those changed is under the name that it had. Only for commits with one parent. Raises GitError.
    """
    asked = sorted(commits)
    said: list[bytes] = []
    lists = list(raw.changes(repository, [(commit,) for commit in asked], check_cancelled, said))
    names = {commit: dict.fromkeys(named(message)) for commit, message in zip(asked, said, strict=True)}
    found: dict[bytes, list[Before]] = {}
    for state in states(repository, names, partial(is_behind, repository), check_cancelled):
        found.setdefault(state.commit, []).append(state)
    out: dict[bytes, Collection[bytes] | None] = {}
    for commit, changes in zip(asked, lists, strict=True):
        known = found.get(commit, [])
        files = {path for state in known for path in state.files}
        if not known or len(known) < len(names[commit]):
            out[commit] = ()
        else:
            out[commit] = None if files <= {path for _, path in changes} else files
    return out


def is_behind(repository: Repository, older: bytes, newer: bytes) -> bool:
    """Whether a commit is behind another. Raises GitError."""
    return not repository.run("rev-list", "--max-count=1", older.decode(), f"^{newer.decode()}", "--")
