"""Which files the commits between two heads touched: the lines of all others have the dates that they had.

A file that a commit has from its first parent as it is has all of its lines from there. So along first parents nothing
is new in a file that nobody touched, through merges too: down from one commit to the other, or from both to where their
ways meet, as those of two branches do, and of a branch before and after its rebase.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping

from whence.evidence.origins.changes import changes
from whence.evidence.origins.ignored import FILE as IGNORED
from whence.repo import GitError, Repository

MOST = 500
"""Commits of a way; over a longer one the files are looked at again."""

HEADS = 4
"""Heads from which the way is asked for: some 10 ms for each."""


def touching(repository: Repository, head: str) -> Callable[[str], frozenset[str] | None]:
    """Answers as `touched` for the way to `head`, and for a few others only."""
    known: dict[str, frozenset[str] | None] = {}

    def ask(other: str) -> frozenset[str] | None:
        if other not in known:
            known[other] = touched(repository, head, other) if len(known) < HEADS else None
        return known[other]

    return ask


def touched(repository: Repository, one: str, other: str) -> frozenset[str] | None:
    """The files (workspace paths) that changed on the way between two commits (full ids).

    None where their first parents do not meet near by, or where how lines are followed has changed.
    """
    try:
        way = (
            _down(repository, one, other) or _down(repository, other, one) or _across(repository, one, other)
        )
        if way is None:
            return None
        paths = {os.fsdecode(path) for found in changes(repository, way, _never) for _, path in found}
    except GitError:
        return None
    if IGNORED in paths:
        return None
    return frozenset(path for name in paths if (path := repository.to_workspace(name)) is not None)


def _down(repository: Repository, head: str, commit: str) -> list[tuple[bytes, bytes]] | None:
    """Each commit from `head` down to `commit`, which is left out, with its first parent."""
    how = ("rev-list", "--first-parent", "--parents", f"--max-count={MOST + 1}")
    way = list(_pairs(repository.run(*how, "--end-of-options", head, f"^{commit}", "--")))
    return way if way and len(way) <= MOST and way[-1][1] == commit.encode() else None


def _across(repository: Repository, one: str, other: str) -> list[tuple[bytes, bytes]] | None:
    """The same for each commit from two commits down to the first one that both come to."""
    how = ("rev-list", "--first-parent", "--parents", f"--max-count={2 * MOST}")
    before = dict(_pairs(repository.run(*how, "--end-of-options", one, other, "--")))
    own, its = (_chain(before, commit.encode()) for commit in (one, other))
    both = own.keys() & its.keys()
    meeting = next((commit for commit in own if commit in both), None)
    if meeting is None or one == other:
        return None
    found = [pair for chain in (own, its) for pair in chain.items() if pair[0] not in both]
    return found if len(found) <= MOST else None


def _chain(before: Mapping[bytes, bytes], commit: bytes) -> dict[bytes, bytes]:
    """A commit with its first parent, that one with its own, and so on."""
    found: dict[bytes, bytes] = {}
    while commit in before:
        found[commit] = before[commit]
        commit = before[commit]
    return found


def _pairs(out: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in out.splitlines():
        commit, *parents = line.split()
        yield commit, parents[0] if parents else b""


def _never() -> None: ...
