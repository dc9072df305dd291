"""The commits behind HEAD that can matter: the wanted ones and everything that came on top of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from whence.repo import Repository


@dataclass(frozen=True, slots=True)
class Walk:
    """Part of the history behind HEAD, children before parents."""

    order: tuple[bytes, ...]
    """Only commits that a wanted one is behind, and the wanted ones."""
    parents: dict[bytes, tuple[bytes, ...]]
    """All parents of those commits, also such as do not matter themselves."""


def walk(repository: Repository, head: str, wanted: Collection[bytes]) -> Walk:
    """Find the commits through which a wanted commit's lines can have come to `head`. Raises GitError.

    A line that goes back to any other commit was there before, or beside, all wanted ones.
    """
    parents = _parents(repository, head, _below_oldest(repository, wanted))
    if any(commit not in parents for commit in wanted):
        # Clocks differ: the oldest by date is not the oldest by descent. Or a wanted commit is not behind HEAD.
        parents = _parents(repository, head, ())
    matters: set[bytes] = set()
    for commit in reversed(parents):
        if commit in wanted or not matters.isdisjoint(parents[commit]):
            matters.add(commit)
    order = tuple(commit for commit in parents if commit in matters)
    return Walk(order, {commit: parents[commit] for commit in order})


def _below_oldest(repository: Repository, wanted: Collection[bytes]) -> tuple[bytes, ...]:
    """The parents of the oldest wanted commit: what is behind them is of no interest."""
    feed = b"".join(commit + b"\n" for commit in wanted)
    out = repository.run(
        "rev-list", "--no-walk=unsorted", "--timestamp", "--parents", "--ignore-missing", "--stdin", feed=feed
    )
    dated = [(int(fields[0]), fields[2:]) for fields in map(bytes.split, out.splitlines())]
    return tuple(min(dated)[1]) if dated else ()


def _parents(repository: Repository, head: str, below: Collection[bytes]) -> dict[bytes, tuple[bytes, ...]]:
    """The parents of each commit behind `head` and not behind `below`, children before parents."""
    out = repository.run("rev-list", "--topo-order", "--parents", head, "--not", *(c.decode() for c in below))
    found = (tuple(line.split()) for line in out.splitlines())
    return {commit: rest for commit, *rest_ in found for rest in [tuple(rest_)]}
