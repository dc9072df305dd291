"""What the repository had before tools wrote in it, and what its files hold now: the habits that matching subtracts.

The tree of the last commit before the first write is read whole; of what was committed after it, on any local branch,
the lines that tools wrote as well are dated by their author's clock. What was learned of a file's text, of that tree
and of those commits is remembered, and learned again only for what has changed.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from whence.evidence.interface import Context
from whence.evidence.sessions.commits import Unfinished, log
from whence.evidence.sessions.interface import missing
from whence.evidence.sessions.memory import PROCESS
from whence.index import DiskStore, from_bytes, to_bytes
from whence.matching.habits import Counting, Habits, Seen, keys_of
from whence.matching.idioms import plain
from whence.matching.lines import value_of
from whence.matching.passages import is_notebook
from whence.model import NotMeasured
from whence.repo import GitError, Repository
from whence.text import decode, is_binary, split

BYTE_BUDGET = 64 * 1024 * 1024
"""Bytes of the tree before tools that are read."""

TIME_BUDGET = 20.0
"""Seconds of computing for all of it, at some 100,000 lines a second; what other programs do meanwhile counts nothing."""

CLOCK_BUDGET = 120.0
"""Seconds by the clock."""

MAX_BLOB = 1024 * 1024
"""A larger file is data: nobody's habit of writing."""

LINE_BYTES = 40
"""Of a usual line with its end."""

TOGETHER = 256
"""Files that are looked at in one go."""

TEXTS = "habits of a text"
"""Under which packed texts are remembered."""

UNFIT = b""
"""Of a text from which nothing is learned."""


_BEFORE = "habits before"
_NOT_WHOLE = "the repository's text from before tools wrote in it was not read in full"


@dataclass(frozen=True, slots=True)
class Before:
    """The text of a tree."""

    seen: Seen
    whole: bool
    """Whether the bytes that are read of one reached to its end."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is learned of one text."""

    lines: frozenset[int]
    """Digests of its lines."""
    triples: array[int]
    pairs: array[int]
    """Keys of neighbouring lines."""

    @staticmethod
    def of(path: str, data: bytes) -> Text:
        rows = split(decode(data))
        shown = [plain(row) for row in rows] if is_notebook(path) else rows
        found, pairs = keys_of(shown)
        lines = frozenset(value_of(row) for row in shown if row.strip())
        return Text(lines, array("Q", found - lines), array("Q", pairs))

    def pack(self) -> bytes:
        sizes = array("Q", (len(self.lines), len(self.triples)))
        return to_bytes(sizes) + b"".join(map(to_bytes, (array("Q", self.lines), self.triples, self.pairs)))

    @staticmethod
    def unpack(data: bytes) -> Text:
        """Raises ValueError for what is damaged."""
        values = from_bytes("Q", data)
        lines, triples = values[0], values[1]
        if len(values) < 2 + lines + triples:
            raise ValueError("cut off")
        return Text(
            frozenset(values[2 : 2 + lines]),
            values[2 + lines : 2 + lines + triples],
            values[2 + lines + triples :],
        )


def packed_keys(data: bytes) -> array[int]:
    """All keys of a packed text: lines, triples, pairs."""
    return from_bytes("Q", data[16:])


class Base:
    """Learns a workspace's habits. `first` is when the first tool wrote, Unix seconds; None: unknown."""

    def __init__(self, context: Context, store: DiskStore, first: float | None, bytes_now: int) -> None:
        self.problems: list[NotMeasured] = []
        self._context = context
        self._store = store
        self._first = first
        self._memory = context.memory or PROCESS
        self._until = time.process_time() + TIME_BUDGET
        self._end = time.monotonic() + CLOCK_BUDGET
        self._counting = Counting(bytes_now // LINE_BYTES)
        self.complete = True
        """Whether every file was learned from."""
        self.commit = ""
        """The last one before the first write."""
        self.log = ""
        """Names the log of the commits after it."""

    def files(self, texts: Mapping[str, bytes]) -> Mapping[str, Text]:
        """Learn from files of the workspace as they are now, by path; each path once."""
        found = self._learned(texts)
        for text in found.values():
            self._counting.add({*text.lines, *text.triples})
        return found

    def _learned(self, texts: Mapping[str, bytes]) -> Mapping[str, Text]:
        """What is learned of texts, by path; what nothing is learned from, and what no time is left for, is missing."""
        names = {path: _name(path, data) for path, data in texts.items()}
        known: dict[str, Text] = {}
        for name, packed in self._memory.rows(TEXTS, set(names.values())).items():
            try:
                known[name] = Text.unpack(packed)
            except (ValueError, IndexError):
                continue
        new: dict[str, bytes] = {}
        found: dict[str, Text] = {}
        for path, name in names.items():
            if not _fit(texts[path]):
                new[name] = UNFIT
                continue
            if name not in known:
                if self._late():
                    self.complete = False
                    continue
                known[name] = Text.of(path, texts[path])
                new[name] = known[name].pack()
            found[path] = known[name]
        self._memory.keep_rows(TEXTS, new)
        return found

    @property
    def exact(self) -> bool:
        """Whether what is common is known exactly, and everything was read."""
        return self.complete and self._counting.exact and not self.problems

    def habits(self) -> Habits:
        """What was learned, with what only git has."""
        before, since = Seen.of_lines(0), dict[int, float]()
        repository = self._context.repository
        if repository is not None and self._first is not None:
            try:
                self.commit = self._commit(repository, self._first)
                if self.commit:
                    before = self._before(repository, self.commit)
                    since = self._since(repository, self.commit)
            except GitError as error:
                self._gap(f"what was there before tools wrote could not be read: {error}")
            except Unfinished:
                self._gap(
                    "commits made since tools wrote here were not read in full: who wrote first is not known of all"
                )
        return Habits(before, self._counting.common, since)

    def _commit(self, repository: Repository, first: float) -> str:
        """The last one before the first write; empty: there is none."""
        try:
            return repository.run("rev-list", "-1", f"--before={int(first)}", "HEAD").decode().strip()
        except GitError:
            if repository.head() is None:
                return ""
            raise

    def _before(self, repository: Repository, commit: str) -> Seen:
        """The text of a commit's tree."""
        name = f"{commit} {repository.prefix}"
        known = self._memory.recall(_BEFORE, name, Before)
        if known is not None:
            if not known.whole:
                self._gap(_NOT_WHOLE)
            return known.seen
        blobs = _blobs(repository, commit)
        sizes = dict(zip(blobs, repository.sizes(list(blobs)), strict=True))
        wanted = [blob for blob, size in sizes.items() if size is not None and size <= MAX_BLOB]
        left = BYTE_BUDGET
        size = min(sum(sizes[blob] or 0 for blob in wanted), BYTE_BUDGET)
        found, whole = Seen.of_lines(size // LINE_BYTES + 1), True
        texts = ((blobs[blob], data) for blob, data in zip(wanted, repository.blobs(wanted), strict=False))
        fit = ((path, data) for path, data in texts if data is not None and _fit(data))
        while whole and (some := dict(islice(fit, TOGETHER))):
            left -= sum(map(len, some.values()))
            whole = left >= 0
            # As files of now: most are still the same, and what no time was left for now is not begun anew then.
            learned = self._learned(some)
            for text in learned.values():
                found.update(text.lines, text.triples, text.pairs)
            if len(learned) < len(some):
                self._gap(_NOT_WHOLE)
                return found
        if not whole:
            self._gap(_NOT_WHOLE)
        self._memory.keep(_BEFORE, name, Before, Before(found, whole))
        return found

    def _since(self, repository: Repository, commit: str) -> dict[int, float]:
        """Lines and pairs of lines that tools wrote, and when they were committed first. Raises Unfinished."""

        def check() -> None:
            if self._late():
                raise Unfinished

        self.log, found = log(repository, commit, self._memory, check)
        return found.since(self._store.held(set(found.lines)))

    def _late(self) -> bool:
        self._context.check_cancelled()
        return time.process_time() > self._until or time.monotonic() > self._end

    def _gap(self, why: str) -> None:
        self.problems.append(missing(why))


def _fit(data: bytes) -> bool:
    return len(data) <= MAX_BLOB and not is_binary(data)


def _name(path: str, data: bytes) -> str:
    return name_of(path, blake2b(data, digest_size=16).hexdigest())


def name_of(path: str, content: str) -> str:
    """What tells a text's habits from all others; `content` is the digest of its bytes."""
    return f"{'notebook' if is_notebook(path) else 'text'} {content}"


def _blobs(repository: Repository, commit: str) -> Mapping[str, str]:
    """The files of a commit's tree: object to path."""
    found: dict[str, str] = {}
    scope = repository.prefix or "."
    for entry in repository.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", scope).split(b"\0"):
        meta, _, name = entry.partition(b"\t")
        kind = meta.split()
        if name and kind[1] == b"blob" and kind[0] != b"120000":
            found[kind[2].decode()] = name.decode("utf-8", "surrogateescape")
    return found
