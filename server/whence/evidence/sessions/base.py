"""What the repository had before tools wrote in it, and what its files hold now: the habits that matching subtracts.

The tree of the last commit before the first write is read whole; of what was committed after it, on any local branch,
the lines that tools wrote as well are dated by their author's clock. What was learned of a file's text, of that tree
and of those commits is remembered, and learned again only for what has changed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import islice

from whence import files
from whence.evidence.interface import Context
from whence.evidence.sessions.commits import Unfinished, log
from whence.evidence.sessions.counted import KIND as COUNTED
from whence.evidence.sessions.counted import Counted, Counts
from whence.evidence.sessions.interface import missing
from whence.evidence.sessions.memory import PROCESS
from whence.evidence.sessions.texts import MAX_BLOB, Texts, fit, name_of, packed_habits, packed_keys
from whence.index.store import DiskStore
from whence.matching import habits
from whence.matching.habits import Counting, Habits, Seen
from whence.model import NotMeasured
from whence.quick import dataclass
from whence.repo import GitError, Repository

BYTE_BUDGET = 64 * 1024 * 1024
"""Bytes of the tree before tools that are read."""

TIME_BUDGET = 20.0
"""Seconds of computing for all of it, at some 100,000 lines a second; what other programs do meanwhile counts nothing."""

CLOCK_BUDGET = 120.0
"""Seconds by the clock."""

LINE_BYTES = 40
"""Of a usual line with its end."""

PRESENT_BUDGET = 64 * 1024 * 1024
"""Bytes of the workspace in which present lines are counted, the files that tools wrote into first."""

TOGETHER = 256
"""Files that are looked at in one go."""

_BEFORE = "habits before"
_BITS = "bits of habits"
_NOT_WHOLE = "the repository's text from before tools wrote in it was not read in full"


@dataclass(frozen=True, slots=True)
class Before:
    """The text of a tree."""

    seen: Seen
    whole: bool
    """Whether the bytes that are read of one reached to its end."""
    texts: tuple[str, ...] = ()
    """What the texts are remembered by of which it is."""


@dataclass(frozen=True, slots=True)
class KeptBefore:
    """The same as it is remembered: the bits, many megabytes, apart and as they are."""

    bits: str
    """What they are remembered by: their digest."""
    whole: bool
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Present:
    """A file of the workspace."""

    text: str
    """What its text is remembered by."""
    size: int
    """Bytes."""


class Base:
    """Learns a workspace's habits. `first` is when the first tool wrote, Unix seconds; None: unknown."""

    def __init__(self, context: Context, store: DiskStore, first: float | None) -> None:
        self.problems: list[NotMeasured] = []
        self._context = context
        self._store = store
        self._first = first
        self._memory = context.memory or PROCESS
        self._until = time.process_time() + TIME_BUDGET
        self._end = time.monotonic() + CLOCK_BUDGET
        self._texts = Texts(self._memory, self._late)
        self.whole = True
        """Whether every file that there is was learned from, as far as there was time."""
        self.passing = False
        """Whether there was not enough time: another look gets further."""
        self.commit = ""
        """The last one before the first write."""
        self.log = ""
        """Names the log of the commits after it."""
        self.counted = ""
        """Names the counts of what the files hold."""

    def present(self, paths: Sequence[str]) -> Mapping[str, Present]:
        """What identifies the texts of files; those that cannot be read are missing, as is what no budget is left for."""
        found: dict[str, Present] = {}
        left = PRESENT_BUDGET
        for at in range(0, len(paths), TOGETHER):
            self._context.check_cancelled()
            read: dict[str, bytes] = {}
            for path in paths[at : at + TOGETHER]:
                if left <= 0:
                    break
                known = self._context.known(path)
                if known is not None:
                    found[path] = Present(name_of(path, known[0]), known[1])
                    left -= known[1]
                    continue
                data = files.read(self._context.root, path).data
                if data is not None:
                    read[path] = data
                    left -= len(data)
            for path, text, _ in self._texts.learned(read):
                found[path] = Present(text, len(read[path]))
        self.whole = left > 0
        return found

    def packed(self, present: Mapping[str, Present]) -> dict[str, bytes]:
        """The packed texts of files, by name of the text; what no time is left for is missing."""
        names = {file.text: path for path, file in present.items()}
        found = self._texts.known(names)
        left = [path for name, path in names.items() if name not in found]
        for at in range(0, len(left), TOGETHER):
            read = {path: files.read(self._context.root, path).data for path in left[at : at + TOGETHER]}
            texts = {path: data for path, data in read.items() if data is not None}
            found.update((text, packed) for _, text, packed in self._texts.learned(texts))
        return found

    @property
    def exact(self) -> bool:
        """Whether what is common is known exactly, and everything was read."""
        return self.whole and bool(self.counted) and not self.passing and not self.problems

    def habits(self, present: Mapping[str, Present]) -> Habits:
        """What was learned of the workspace's files, with what only git has."""
        before, since = Before(Seen.of_lines(0), True), dict[int, float]()
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
        common = self._common(before, present)
        self.passing = self.passing or not self._texts.complete
        return Habits(before.seen, common, since)

    def _common(self, before: Before, present: Mapping[str, Present]) -> Seen | frozenset[int]:
        """What many files hold and the repository did not have before."""
        known = frozenset(before.texts)
        fresh = {path: file for path, file in present.items() if file.text not in known}
        lines = sum(file.size for file in fresh.values()) // LINE_BYTES
        if lines > habits.MAX_EXACT:
            return self._nearly(before.seen, fresh, lines)
        repository = self._context.repository
        name = f"{self.commit} {repository.prefix if repository is not None else ''}"
        last = None if self.problems else self._memory.recall(COUNTED, name, Counted)
        texts = Counter(file.text for file in fresh.values())
        kept = last or Counted()
        old = Counter(kept.texts)
        gone = self._texts.known(old - texts)
        if len(gone) < len(old - texts) or (old - texts).total() > texts.total():
            kept, old, gone = Counted(), Counter[str](), {}
        counts = Counts(before.seen, kept)
        less = {text: -number for text, number in (old - texts).items()}
        new = {path: file for path, file in fresh.items() if file.text not in kept.texts}
        more = texts - old
        some = list(new)
        for at in range(0, len(some), TOGETHER):
            packed = self.packed({path: new[path] for path in some[at : at + TOGETHER]})
            counts.change(
                {**less, **{text: more.pop(text) for text in packed if text in more}}, {**gone, **packed}
            )
            less = {}
        # Further files with texts that others have already.
        packed = self._texts.known(more)
        counts.change({**less, **{text: more.pop(text) for text in packed}}, {**gone, **packed})
        if not more and not self.problems:
            self.counted = name
            if last is None or old != texts:
                self._memory.keep(COUNTED, name, Counted, counts.kept())
        return counts.common

    def _nearly(self, before: Seen, fresh: Mapping[str, Present], lines: int) -> Seen | frozenset[int]:
        """The same where counting all of it takes too much memory."""
        counting, every = Counting(lines), list(fresh)
        for at in range(0, len(every), TOGETHER):
            some = {path: fresh[path] for path in every[at : at + TOGETHER]}
            packed = self.packed(some)
            for file in some.values():
                keys = packed_habits(packed.get(file.text, b""))
                counting.add([key for key in keys if key not in before])
        return counting.common

    def _commit(self, repository: Repository, first: float) -> str:
        """The last one before the first write; empty: there is none.

        Rather one that HEAD came from along first parents: that is the same for branches and before and after a rebase.
        """
        asked = (f"--before={int(first)}", "HEAD")
        try:
            found = repository.run("rev-list", "-1", "--first-parent", *asked)
            return (found or repository.run("rev-list", "-1", *asked)).decode().strip()
        except GitError:
            if repository.head() is None:
                return ""
            raise

    def _before(self, repository: Repository, commit: str) -> Before:
        """The text of a commit's tree."""
        name = f"{commit} {repository.prefix}"
        known = self._recalled(name)
        if known is not None:
            if not known.whole:
                self._gap(_NOT_WHOLE)
            return known
        blobs = _blobs(repository, commit)
        sizes = dict(zip(blobs, repository.sizes(list(blobs)), strict=True))
        wanted = [blob for blob, size in sizes.items() if size is not None and size <= MAX_BLOB]
        left = BYTE_BUDGET
        size = min(sum(sizes[blob] or 0 for blob in wanted), BYTE_BUDGET)
        found, whole, names = Seen.of_lines(size // LINE_BYTES + 1), True, list[str]()
        texts = ((blobs[blob], data) for blob, data in zip(wanted, repository.blobs(wanted), strict=False))
        fitting = ((path, data) for path, data in texts if data is not None and fit(data))
        while whole and (some := dict(islice(fitting, TOGETHER))):
            left -= sum(map(len, some.values()))
            whole = left >= 0
            # As files of now: most are still the same, and what no time was left for now is not begun anew then.
            learned = list(self._texts.learned(some))
            for _, text, packed in learned:
                names.append(text)
                found.update(packed_keys(packed))
            if len(learned) < len(some):
                self._gap(_NOT_WHOLE)
                return Before(found, False, tuple(names))
        if not whole:
            self._gap(_NOT_WHOLE)
        made = Before(found, whole, tuple(names))
        bits = bytes(found.bits)
        kept = KeptBefore(blake2b(bits, digest_size=16).hexdigest(), whole, made.texts)
        self._memory.keep_rows(_BITS, {kept.bits: bits})
        self._memory.keep(_BEFORE, name, KeptBefore, kept)
        return made

    def _recalled(self, name: str) -> Before | None:
        kept = self._memory.recall(_BEFORE, name, KeptBefore)
        bits = self._memory.rows(_BITS, [kept.bits]).get(kept.bits) if kept is not None else None
        if kept is None or bits is None:
            return None
        return Before(Seen(bytearray(bits)), kept.whole, kept.texts)

    def _since(self, repository: Repository, commit: str) -> dict[int, float]:
        """Lines and pairs of lines that tools wrote, and when they were committed first. Raises Unfinished."""

        def check() -> None:
            if self._late():
                self.passing = True
                raise Unfinished

        self.log, found = log(repository, commit, self._memory, check)
        return found.since(self._store.held(set(found.lines)))

    def _late(self) -> bool:
        self._context.check_cancelled()
        return time.process_time() > self._until or time.monotonic() > self._end

    def _gap(self, why: str) -> None:
        self.problems.append(missing(why))


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
