"""Which lines were committed after a commit, and when first by their authors' clocks: read once, then only what is new."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO

from whence.evidence.interface import Memory
from whence.matching.lines import value_of
from whence.matching.prints import edge
from whence.repo import GitError, Repository
from whence.text import decode

LOG_BUDGET = 512 * 1024 * 1024
"""Bytes of patches that are read."""

MAX_KEPT = 2_000_000
"""Lines of a log that is kept for the next time, 16 MB."""

KIND = "added lines"

_LOG = (
    "log", "-p", "-U0", "--no-merges", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--diff-filter=AM",
    "--format=%x00%at",
)  # fmt: skip


class Unfinished(Exception):  # noqa: N818 - an outcome, not an error
    """No more time or bytes."""


@dataclass(frozen=True, slots=True)
class Log:
    """The lines that commits added, commit after commit. "Line" is one that is not blank."""

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

    def apart(self, other: Log) -> set[int]:
        """The lines and pairs of lines of the commits that only one of two logs has."""
        own, its = ({(moment, lines.tobytes()) for moment, lines in log.commits()} for log in (self, other))
        found: set[int] = set()
        for _, packed in own ^ its:
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
    found = Log(array("d", before.moments), array("I", before.counts), array("Q", before.lines))
    exclude = [f"^{tip}" for tip in (base, *old)]
    with repository.stream(*_LOG, *tips, *exclude) as out:
        for moment, lines in _added(out, check):
            found.moments.append(moment)
            found.counts.append(len(lines))
            found.lines.extend(lines)
    if len(found.lines) <= MAX_KEPT:
        memory.keep(KIND, name, Log, found)
    return name, found


def _earlier(
    repository: Repository, base: str, tips: Sequence[str], memory: Memory
) -> tuple[Log, Sequence[str]]:
    """What is known of commits that are all still behind the tips, and the tips that it was learned at."""
    for name in memory.recent(KIND):
        start, *old = name.split()
        if start != base:
            continue
        try:
            lost = repository.run("rev-list", "-1", *old, "--not", *tips)
        except GitError:
            continue  # a commit that is no more
        known = None if lost.strip() else memory.recall(KIND, name, Log)
        if known is not None:
            return known, old
    return Log(), ()


def _added(out: IO[bytes], check: Callable[[], None]) -> Iterator[tuple[float, array[int]]]:
    """(author time, digests of added lines) of the patches."""
    moment, lines, left = 0.0, array("Q"), LOG_BUDGET
    for row in out:
        left -= len(row)
        if row.startswith(b"\0"):
            if lines:
                yield moment, lines
            moment, lines = float(row[1:]), array("Q")
            check()
            if left < 0:
                raise Unfinished
        elif row.startswith(b"+") and not row.startswith(b"+++ "):
            line = decode(row[1:]).rstrip("\r\n")
            if line.strip():
                lines.append(value_of(line))
    if lines:
        yield moment, lines
