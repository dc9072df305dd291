"""What the repository had before tools wrote in it, and what its files hold now: the habits that matching subtracts.

The tree of the last commit before the first write is read whole; of what was committed after it, on any local branch,
the lines that tools wrote as well are dated by their author's clock. A file that did not change since then is read
once for both.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import IO

from whence.evidence.interface import Context
from whence.evidence.sessions.interface import missing
from whence.matching.habits import Counting, Habits, Seen, keys_of
from whence.matching.idioms import plain
from whence.matching.lines import value_of
from whence.matching.passages import is_notebook
from whence.matching.prints import edge
from whence.matching.store import Store
from whence.model import NotMeasured
from whence.repo import GitError, Repository
from whence.text import blob_id, decode, is_binary, split

BYTE_BUDGET = 64 * 1024 * 1024
"""Bytes of the tree before tools that are read."""

LOG_BUDGET = 512 * 1024 * 1024
"""Bytes of patches of later commits that are read."""

TIME_BUDGET = 20.0
"""Seconds for all of it, at some 100,000 lines a second."""

MAX_BLOB = 1024 * 1024
"""A larger file is data: nobody's habit of writing."""

LINE_BYTES = 40
"""Of a usual line with its end."""

_LOG = (
    "log", "-p", "-U0", "--no-merges", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--diff-filter=AM",
    "--format=%x00%at",
)  # fmt: skip


class Base:
    """Learns a workspace's habits file by file. `first` is when the first tool wrote, Unix seconds; None: unknown."""

    def __init__(self, context: Context, store: Store, first: float | None, bytes_now: int) -> None:
        self.problems: list[NotMeasured] = []
        self._context = context
        self._store = store
        self._until = time.monotonic() + TIME_BUDGET
        self._commit = ""
        self._blobs: dict[str, str] = {}
        """Blob before the first write to a path of it."""
        repository = context.repository
        if repository is not None and first is not None:
            try:
                self._look_back(repository, first)
            except GitError as error:
                self._gap(f"what was there before tools wrote could not be read: {error}")
        size = len(self._blobs) * 200 * LINE_BYTES + bytes_now
        self._before = Seen.of_lines(size // LINE_BYTES if self._blobs else 0)
        self._counting = Counting(bytes_now // LINE_BYTES)

    def _look_back(self, repository: Repository, first: float) -> None:
        self._commit = repository.run("rev-list", "-1", f"--before={int(first)}", "HEAD").decode().strip()
        if not self._commit:
            return
        scope = repository.prefix or "."
        for entry in repository.run("ls-tree", "-r", "-z", "--full-tree", self._commit, "--", scope).split(
            b"\0"
        ):
            meta, _, name = entry.partition(b"\t")
            kind = meta.split()
            if name and kind[1] == b"blob" and kind[0] != b"120000":
                self._blobs[kind[2].decode()] = name.decode("utf-8", "surrogateescape")

    def file(self, path: str, data: bytes) -> None:
        """Learn from a file of the workspace as it is now."""
        if len(data) > MAX_BLOB or is_binary(data) or self._late():
            return
        found, pairs = keys_of(_lines(path, data))
        self._counting.add(found)
        name = blob_id(data, len(self._commit) or 40)
        if self._blobs.pop(name, None) is not None:
            self._before.update(found, pairs)

    def habits(self) -> Habits:
        """What was learned, with what only git has."""
        since: dict[int, float] = {}
        repository = self._context.repository
        if repository is not None and self._commit:
            try:
                self._earlier(repository)
                since = self._later(repository)
            except GitError as error:
                self._gap(f"who wrote first could not be read in full: {error}")
        return Habits(self._before, self._counting.common, since)

    def _earlier(self, repository: Repository) -> None:
        """Text of the tree before tools that is not in the workspace as it was."""
        left = BYTE_BUDGET
        names = list(self._blobs)
        sizes = repository.sizes(names)
        wanted = [
            name for name, size in zip(names, sizes, strict=True) if size is not None and size <= MAX_BLOB
        ]
        for name, data in zip(wanted, repository.blobs(wanted), strict=False):
            if data is None or is_binary(data):
                continue
            left -= len(data)
            if left < 0 or self._late():
                self._gap("the repository's text from before tools wrote in it was not read in full")
                return
            self._before.update(*keys_of(_lines(self._blobs[name], data)))

    def _later(self, repository: Repository) -> dict[int, float]:
        """Lines and pairs of lines that tools wrote, and when they were committed first."""
        since: dict[int, float] = {}
        with repository.stream(*_LOG, "HEAD", "--branches", f"^{self._commit}") as out:
            for moment, lines in self._added(out):
                values = [value_of(line) for line in lines if line.strip()]
                held = self._store.holders(set(values))
                keys = [value for value in values if value in held]
                keys += [
                    edge(upper, lower) for upper, lower in pairwise(values) if upper in held or lower in held
                ]
                for key in keys:
                    since[key] = min(moment, since.get(key, moment))
        return since

    def _added(self, out: IO[bytes]) -> Iterator[tuple[float, Sequence[str]]]:
        """(author time, added lines) of the patches."""
        moment, lines, left = 0.0, list[str](), LOG_BUDGET
        for row in out:
            left -= len(row)
            if row.startswith(b"\0"):
                yield from ((moment, lines),) if lines else ()
                moment, lines = float(row[1:]), []
                if left < 0 or self._late():
                    self._gap(
                        "commits made since tools wrote here were not read in full: who wrote first is not known of all"
                    )
                    return
            elif row.startswith(b"+") and not row.startswith(b"+++ "):
                lines.append(decode(row[1:]).rstrip("\r\n"))
        if lines:
            yield moment, lines

    def _late(self) -> bool:
        self._context.check_cancelled()
        return time.monotonic() > self._until

    def _gap(self, why: str) -> None:
        self.problems.append(missing(why))


def _lines(path: str, data: bytes) -> Iterable[str]:
    lines = split(decode(data))
    return map(plain, lines) if is_notebook(path) else lines
