"""Which lines were committed after a commit, and when first by their authors' clocks: read once, then only what is new."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import field, replace
from itertools import pairwise
from typing import IO

from whence.evidence.interface import Memory
from whence.matching.lines import CLOCK_SLACK, value_of
from whence.matching.prints import edge
from whence.quick import dataclass
from whence.repo import GitError, Repository
from whence.text import decode

LOG_BUDGET = 512 * 1024 * 1024
"""Bytes of patches that are read."""

MAX_KEPT = 2_000_000
"""Lines of a log that is kept for the next time, 16 MB."""

KIND = "added lines"

_LOG = (
    "log", "-p", "-U0", "--no-merges", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--diff-filter=AM",
    "--format=%x00%at %H",
)  # fmt: skip


class Unfinished(Exception):  # noqa: N818 - an outcome, not an error
    """No more time or bytes."""


@dataclass(frozen=True, slots=True)
class Log:
    """The lines that commits added, commit after commit. "Line" is one that is not blank."""

    names: tuple[str, ...] = ()
    """The commits (full ids); those that added nothing are not named."""
    moments: array[float] = field(default_factory=lambda: array("d"))
    """Author time of each commit, Unix seconds."""
    counts: array[int] = field(default_factory=lambda: array("I"))
    """Lines of each."""
    lines: array[int] = field(default_factory=lambda: array("Q"))
    """Digests."""

    def commits(self) -> Iterator[tuple[float, array[int]]]:
        """The author time of each, and its lines."""
        at = 0
        for moment, count in zip(self.moments, self.counts, strict=True):
            yield moment, self.lines[at : at + count]
            at += count

    def without(self, names: Collection[str]) -> Log:
        """The same without some commits."""
        if not names:
            return self
        made = Log()
        kept = tuple(name for name in self.names if name not in names)
        for name, (moment, lines) in zip(self.names, self.commits(), strict=True):
            if name not in names:
                made._add(moment, lines)
        return Log(kept, made.moments, made.counts, made.lines)

    def _add(self, moment: float, lines: array[int]) -> None:
        self.moments.append(moment)
        self.counts.append(len(lines))
        self.lines.extend(lines)

    def apart(self, other: Log, latest: float) -> set[int]:
        """The lines and pairs of lines of the commits that only one of two logs has.

        Left out are commits that were made when the `latest` of all writes had been made: they were first to nothing.
        """
        both = set(self.names) & set(other.names)
        own, its = (
            {
                (moment, lines.tobytes())
                for name, (moment, lines) in zip(log.names, log.commits(), strict=True)
                if name not in both and moment + CLOCK_SLACK < latest
            }
            for log in (self, other)
        )
        found: set[int] = set()
        for _, packed in own ^ its:  # a commit that was made again elsewhere says the same
            lines = array("Q", packed)
            found.update(lines)
            found.update(edge(upper, lower) for upper, lower in pairwise(lines))
        return found

    def since(self, held: set[int]) -> dict[int, float]:
        """When lines that are held, and pairs of lines of which one is, were committed first."""
        found: dict[int, float] = {}
        for moment, values in self.commits():
            if held.isdisjoint(values):
                continue
            keys = [value for value in values if value in held]
            keys += [
                edge(upper, lower) for upper, lower in pairwise(values) if upper in held or lower in held
            ]
            for key in keys:
                known = found.get(key)
                if known is None or moment < known:
                    found[key] = moment
        return found


def log(repository: Repository, base: str, memory: Memory, check: Callable[[], None]) -> tuple[str, Log]:
    """The lines that came after a commit, on HEAD and every branch, and the name under which they are kept.

    `check` may raise Unfinished, as this does. Raises GitError.
    """
    tips = sorted(set(repository.run("rev-parse", "HEAD", "--branches").decode().split()))
    name = " ".join((base, *tips))
    known = memory.recall(KIND, name, Log)
    if known is not None:
        return name, known
    before, old = _earlier(repository, base, tips, memory)
    names = list(before.names)
    found = Log((), before.moments[:], before.counts[:], before.lines[:])
    exclude = [f"^{tip}" for tip in (base, *old)]
    with repository.stream(*_LOG, *tips, *exclude) as out:
        for commit, moment, lines in _added(out, check):
            names.append(commit)
            found._add(moment, lines)
    found = replace(found, names=tuple(names))
    if len(found.lines) <= MAX_KEPT:
        memory.keep(KIND, name, Log, found)
    return name, found


def _earlier(
    repository: Repository, base: str, tips: Sequence[str], memory: Memory
) -> tuple[Log, Sequence[str]]:
    """What is known of commits behind the tips, and the tips that it was learned at."""
    for name in memory.recent(KIND):
        start, *old = name.split()
        if start != base:
            continue
        try:
            lost = repository.run("rev-list", *old, "--not", *tips).decode().split()
        except GitError:
            continue  # a commit that is no more
        known = memory.recall(KIND, name, Log)
        if known is not None:
            return known.without(frozenset(lost)), old
    return Log(), ()


def _added(out: IO[bytes], check: Callable[[], None]) -> Iterator[tuple[str, float, array[int]]]:
    """(commit, author time, digests of added lines) of the patches."""
    commit, moment, lines, left = "", 0.0, array("Q"), LOG_BUDGET
    for row in out:
        left -= len(row)
        if row.startswith(b"\0"):
            if lines:
                yield commit, moment, lines
            at, _, name = row[1:].partition(b" ")
            commit, moment, lines = name.strip().decode(), float(at), array("Q")
            check()
            if left < 0:
                raise Unfinished
        elif row.startswith(b"+") and not row.startswith(b"+++ "):
            line = decode(row[1:]).rstrip("\r\n")
            if line.strip():
                lines.append(value_of(line))
    if lines:
        yield commit, moment, lines
