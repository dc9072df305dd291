"""The commits behind HEAD that can matter: the wanted ones and everything that came on top of them."""

from __future__ import annotations

from collections.abc import Collection

from whence.quick import dataclass
from whence.repo import GitError, Repository


@dataclass(frozen=True, slots=True)
class Walk:
    """Part of the history behind HEAD, children before parents."""

    order: tuple[bytes, ...]
    """Only commits that a wanted one is behind, and the wanted ones."""
    parents: dict[bytes, tuple[bytes, ...]]
    """All parents of those commits, also such as do not matter themselves."""
    edge: frozenset[bytes] = frozenset()
    """Parents at which lines wait for what an earlier look knows of everything behind them."""

    @property
    def start(self) -> bytes | None:
        """Where the lines at HEAD wait first."""
        return next(iter(self.order), None) or next(iter(self.edge), None)

    def goes_to(self, commit: bytes) -> bool:
        """Whether wanted lines can be at a commit or behind it."""
        return commit in self.parents or commit in self.edge


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


@dataclass(frozen=True, slots=True)
class Gap:
    """What lies between two commits."""

    ahead: Walk
    """What is behind the first and not behind the second; its edge is behind both."""
    behind: frozenset[bytes]
    """What is behind the second and not behind the first."""


def gap(repository: Repository, head: str, other: str, most: int) -> Gap | None:
    """The way between two commits; None where it has more than `most` commits, or one of the two is not there."""
    try:
        out = repository.run(
            "rev-list",
            "--left-right",
            "--topo-order",
            "--parents",
            f"--max-count={most + 1}",
            f"{head}...{other}",
            "--",
        )
    except GitError:
        return None
    lines = [(line[:1], line[1:].split()) for line in out.splitlines()]
    if len(lines) > most:
        return None
    behind = frozenset(commits[0] for side, commits in lines if side == b">")
    ahead = _with_edge({commits[0]: tuple(commits[1:]) for side, commits in lines if side == b"<"})
    return Gap(ahead if ahead.order else no_gap(head).ahead, behind)


def no_gap(head: str) -> Gap:
    """The way from a commit to itself."""
    return Gap(Walk((), {}, frozenset({head.encode()})), frozenset())


def down_to(repository: Repository, head: str, commit: str, most: int) -> Walk | None:
    """What is behind `head` and not behind `commit`; None where that is more than `most` commits. Raises GitError."""
    out = repository.run(
        "rev-list", "--topo-order", "--parents", f"--max-count={most + 1}", head, "--not", commit, "--"
    )
    found = [line.split() for line in out.splitlines()]
    return _with_edge({commits[0]: tuple(commits[1:]) for commits in found}) if len(found) <= most else None


def _with_edge(parents: dict[bytes, tuple[bytes, ...]]) -> Walk:
    edge = {parent for parents_ in parents.values() for parent in parents_} - parents.keys()
    return Walk(tuple(parents), parents, frozenset(edge))


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
