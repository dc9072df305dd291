"""What is kept of all sessions, and what it says of one document. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from functools import partial
from math import inf

from whence.evidence.sessions.noting import NotedHabits, NotedLines, file_key, there
from whence.evidence.sessions.paths import Placing, Roots
from whence.evidence.sessions.stored import StoredSessions, Writing
from whence.evidence.sessions.strength import strength, words
from whence.evidence.sessions.texts import packed_lines
from whence.index.store import Origin
from whence.matching.habits import Habits
from whence.matching.lines import CLOCK_SLACK
from whence.matching.matcher import match
from whence.matching.passages import Place
from whence.matching.store import Kept
from whence.matching.values import Kind, Match
from whence.matching.workspace import Workspace
from whence.model import Document, Evidence, EvidenceClass, NotMeasured
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Ground:
    """What an answer was made of, for whoever compares it with another one."""

    rest: str = ""
    """Tells apart what concerns every file: the index, where things lie, what was there before any tool wrote."""
    change: int = 0
    """The index's latest change."""
    log: str = ""
    """Names what was committed since the first write."""
    standing: frozenset[str] = frozenset()
    """The files into which tools wrote that are there."""
    pages: frozenset[str] = frozenset()
    """Files that are transcripts: what they hold makes nothing common."""
    counted: str = ""
    """Names the counts of what its files hold."""
    exact: bool = False
    """Whether nothing about the workspace was left out or only nearly counted."""
    unlisted: Mapping[str, str] = field(default_factory=dict)
    """What identifies the texts of those standing files that are none of the workspace's own."""


class Held(Mapping[str, frozenset[int]]):
    """The lines that files hold, unpacked when they are asked for. Picklable."""

    def __init__(self, packed: Mapping[str, bytes]) -> None:
        self._packed = dict(packed)
        self._known: dict[str, frozenset[int]] = {}

    def __getitem__(self, path: str) -> frozenset[int]:
        if path not in self._known:
            self._known[path] = packed_lines(self._packed[path])
        return self._known[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, path: object) -> bool:
        return path in self._packed


_noted: set[int] | None = None
"""Where to note what answers rest on, while somebody wants to know."""


@contextlib.contextmanager
def noting() -> Iterator[set[int]]:
    """Note meanwhile what the answers of this process rest on."""
    global _noted
    before, _noted = _noted, set()
    try:
        yield _noted
    finally:
        _noted = before


_nothing: tuple[PreparedSessions, Document] | None = None
"""Who was asked last for candidates in what, if there were none: then there are no claims."""


@dataclass(frozen=True, slots=True)
class PreparedSessions:
    """The answer for one workspace. Picklable."""

    store: StoredSessions | None = None
    """None: nothing was ever written."""
    placing: Placing = field(default_factory=lambda: Placing(Roots((), "")))
    held: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """The digests of the lines that files hold into which tools wrote; a file that is not named is gone."""
    habits: Habits = field(default_factory=Habits)
    not_measured: tuple[NotMeasured, ...] = ()
    cut_off: frozenset[float] = frozenset()
    """Author times of the commits where a shallow clone begins: what is dated so may be any older."""
    ground: Ground = field(default_factory=Ground, compare=False)
    passing: bool = False
    """Whether time ran out: another look may say more."""

    def candidates(self, document: Document) -> bool:
        """Whether any text of a session stands in the document, whoever wrote it first.

        Cheap. Where this is true and the document has committed lines, who wrote first decides: look up the lines'
        dates, fill `document.committed`, and ask `claims` then. Without dates no committed line is claimed.
        """
        global _nothing
        found = bool(self._match(document, None, either=True))
        _nothing = None if found else (self, document)
        return found

    def dates_from(self, document: Document) -> float:
        """What was committed before the first of all writes comes from none of them."""
        first = self.store.prints.oldest() if self.store is not None else inf
        return -inf if first is None else first - 2 * CLOCK_SLACK

    def quick(self, document: Document) -> bool:
        """Where there is nothing to be found."""
        return self.store is None

    def claims(self, document: Document) -> Sequence[Evidence]:
        """Evidence for lines that a session wrote, none for lines that were committed before it did."""
        return [claim for claim, _ in self.sessions(document)]

    def sessions(self, document: Document) -> Sequence[tuple[Evidence, str]]:
        """The same with the id of the session behind each claim."""
        if _nothing is not None and _nothing[0] is self and _nothing[1] is document:
            return []
        found = self._match(document, self._first_seen(document))
        if not found or self.store is None:
            return []
        wanted = {kept.writing for match in found for kept in (match.kept, *match.also)}
        writings = self.store.writings(wanted)
        return [
            (self._evidence(match, writings), writings[match.kept.writing].session)
            for match in found
            if match.kept.writing in writings
        ]

    def origins(self, document: Document) -> Sequence[tuple[Evidence, Origin]]:
        """The same with what the index knows of the write behind each claim."""
        found = self._match(document, self._first_seen(document))
        if not found or self.store is None:
            return []
        numbers = {match.kept.writing for match in found}
        writings, origins = self.store.writings(numbers), self.store.prints.origins(numbers)
        return [
            (self._evidence(match, writings), origins[match.kept.writing])
            for match in found
            if match.kept.writing in origins
        ]

    def _first_seen(self, document: Document) -> Sequence[float] | None:
        """For each line when it was committed first: `inf` not at all, `-inf` nobody knows."""
        if document.head_lines is None:
            # In HEAD, yet its text there could not be read: any line may be old.
            return None if document.head_path is None else [-inf] * len(document.lines)
        if document.committed is None:
            return [-inf if line else inf for line in document.head_lines]
        return [
            inf if not line else -inf if not moment or moment in self.cut_off else moment
            for line, moment in zip(document.head_lines, document.committed, strict=True)
        ]

    def _match(
        self, document: Document, first_seen: Sequence[float] | None, *, either: bool = False
    ) -> tuple[Match, ...]:
        if self.store is None:
            return ()
        workspace = Workspace(self._place, self.held.get, self.habits)
        if _noted is not None:
            held, gone = partial(self._noted_lines, _noted), partial(self._noted_gone, _noted)
            workspace = Workspace(self._place, held, NotedHabits(self.habits, _noted), gone)
        return match(
            self.store,
            document.path,
            document.lines,
            workspace,
            head_path=document.head_path,
            first_seen=first_seen,
            either=either,
        )

    def noting(self) -> AbstractContextManager[set[int]]:
        """See `evidence.interface.Prepared`."""
        return noting()

    def _noted_lines(self, noted: set[int], path: str) -> Collection[int]:
        return NotedLines(self.held.get(path, ()), file_key(path), noted)

    def _noted_gone(self, noted: set[int], path: str) -> bool:
        noted.add(there(path))
        return path not in self.held

    def _place(self, kept: Kept) -> Place:
        return self.placing.place(kept.path, kept.cwd)

    def _evidence(self, match: Match, writings: Mapping[int, Writing]) -> Evidence:
        writing = writings[match.kept.writing]
        return Evidence(
            lines=match.lines,
            agent=writing.agent,
            evidence_class=EvidenceClass.SESSION,
            source=writing.source,
            reference=writing.reference,
            confidence=strength(match, writing.outcome),
            time=writing.time,
            similarity=round(match.similarity, 3),
            contributor=writing.contributor,
            detail=self._detail(match, writing),
            signal=f"session:{writing.agent.tool}",
            person=writing.person,
        )

    def _detail(self, match: Match, writing: Writing) -> str:
        detail = words(match)
        if match.kind not in (Kind.SAME_FILE, Kind.IN_PLACE) and writing.path:
            detail += f", as {writing.path}"
        others = {kept.session for kept in match.also} - {writing.session}
        if others:
            detail += "; also in session " + ", ".join(sorted(name[:8] for name in others))
        return detail
