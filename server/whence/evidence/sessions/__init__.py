"""Session evidence: text in the workspace that stands in a tool's own transcript as text that it wrote.

The strongest proof that needs no cooperation: no trailer, no note, no hook. `Sessions.prepare` finds the transcripts of
every reader, those of sessions in this workspace first, reads them within a budget, keeps only digests of what was
inserted, and answers for any document from memory.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from pathlib import Path

from whence.evidence.interface import Context
from whence.evidence.sessions.claude_code import ClaudeCode
from whence.evidence.sessions.codex import Codex
from whence.evidence.sessions.inserted import own
from whence.evidence.sessions.interface import Faults, Outcome, Reader, Transcript, Written, missing
from whence.evidence.sessions.paths import Roots, places, posix
from whence.matching.idioms import MIN_ALPHANUMERICS, plain
from whence.matching.index import Index, value_of
from whence.matching.passages import Passage, is_notebook
from whence.matching.runs import Kind, Match, match
from whence.model import Agent, Contributor, Document, Evidence, EvidenceClass, NotMeasured
from whence.text import MAX_TEXT_BYTES, decode, split

READERS: tuple[Reader, ...] = (ClaudeCode(), Codex())
"""Every reader. A new tool is a new module and one entry here."""

BYTE_BUDGET = 256 * 1024 * 1024
"""Transcript bytes read in one go; some three seconds' worth of one core's work per 100 MB."""

TIME_BUDGET = 60.0
"""Seconds for one go; a background task of the editor must end."""

LINE_BUDGET = 2_000_000
"""Written lines kept in memory, 23 bytes each."""

PRESENT_BUDGET = 64 * 1024 * 1024
"""Bytes of the workspace in which present lines are counted, the files that tools wrote into first."""

COMMON_FILES = 3
"""Files of the workspace that hold a line, from which on it proves nothing outside the file it was written into."""

MAX_FAULTS = 20
"""Transcripts with faults that are listed one by one."""

CONFIDENCE = {
    Kind.SAME_FILE: 0.98,
    Kind.IN_PLACE: 0.95,
    Kind.SAME_PROJECT: 0.95,
    Kind.OTHER_PROJECT: 0.85,
}
"""Strength by how the text was found: into this very file, in its old place, elsewhere in the project, elsewhere."""

UNKNOWN_OUTCOME = 0.8
"""Factor where the tool's transcripts do not say whether a call succeeded: 4.7% of edits fail or are refused, and
who reads such a transcript cannot tell an accepted proposal from one that a person typed anew."""

_KINDS = {
    Kind.SAME_FILE: "written into this file",
    Kind.IN_PLACE: "written in this place",
    Kind.SAME_PROJECT: "written elsewhere in this project",
    Kind.OTHER_PROJECT: "written in another project",
}


@dataclass(frozen=True, slots=True)
class Writing:
    """What is kept of one `Written`: everything but its text."""

    agent: Agent
    source: str
    reference: str
    session: str
    path: str
    time: datetime | None
    contributor: Contributor
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class PreparedSessions:
    """The answer for one workspace. Picklable."""

    index: Index
    writings: tuple[Writing, ...]
    not_measured: tuple[NotMeasured, ...] = ()

    def candidates(self, document: Document) -> bool:
        """Whether any text of a session stands in the document, whoever wrote it first.

        Cheap. Where this is true and the document has committed lines, who wrote first decides: look up the lines'
        dates, fill `document.committed`, and ask `claims` then. Without dates no committed line is claimed.
        """
        return bool(self._match(document, None))

    def claims(self, document: Document) -> Sequence[Evidence]:
        """Evidence for lines that a session wrote, none for lines that were committed before it did."""
        return [self._evidence(found) for found in self._match(document, _first_seen(document))]

    def _match(self, document: Document, first_seen: Sequence[float] | None) -> tuple[Match, ...]:
        return match(
            self.index, document.path, document.lines, head_path=document.head_path, first_seen=first_seen
        )

    def _evidence(self, match: Match) -> Evidence:
        writing = self.writings[match.passage]
        confidence = CONFIDENCE[match.kind]
        if writing.outcome is Outcome.UNKNOWN:
            confidence *= UNKNOWN_OUTCOME
        return Evidence(
            lines=match.lines,
            agent=writing.agent,
            evidence_class=EvidenceClass.SESSION,
            source=writing.source,
            reference=writing.reference,
            confidence=confidence,
            time=writing.time,
            similarity=1.0,
            contributor=writing.contributor,
            detail=self._detail(match, writing),
            signal=f"session:{writing.agent.tool}",
        )

    def _detail(self, match: Match, writing: Writing) -> str:
        detail = _KINDS[match.kind]
        if match.kind >= Kind.SAME_PROJECT:
            detail += f", as {writing.path}"
        others = {self.writings[number].session for number in match.also} - {writing.session}
        if others:
            detail += "; also in session " + ", ".join(sorted(name[:8] for name in others))
        return detail


def _first_seen(document: Document) -> Sequence[float] | None:
    """For each line when it was committed first: `inf` not at all, `-inf` nobody looked."""
    if document.head_lines is None:
        return None
    if document.committed is None:
        return [-inf if line else inf for line in document.head_lines]
    return [
        (moment or -inf) if line else inf
        for line, moment in zip(document.head_lines, document.committed, strict=True)
    ]


class Sessions:
    """All tools' sessions on this machine."""

    name = "sessions"
    evidence_class = EvidenceClass.SESSION

    def __init__(self, readers: Sequence[Reader] = READERS) -> None:
        self._readers = readers

    def prepare(self, context: Context) -> PreparedSessions:
        return _Reading(context, self._readers).prepared()


class _OverBudget(Exception):  # noqa: N818 - an outcome, not an error
    """No more bytes, time or lines."""


@dataclass(frozen=True, slots=True)
class _Task:
    reader: Reader
    transcript: Transcript
    nearness: int


class _Reading:
    """One go through the transcripts: order, budget, faults, index."""

    def __init__(self, context: Context, readers: Sequence[Reader]) -> None:
        self.context = context
        self.readers = readers
        self.missing: list[NotMeasured] = []
        self.faults: list[NotMeasured] = []
        self.writings: list[Writing] = []
        self.recorded: list[tuple[str, str]] = []
        self.agents: dict[tuple[str, str | None], Agent] = {}
        self.bytes = 0
        self.lines = 0
        self.until = time.monotonic() + TIME_BUDGET
        self.left = 0

    def prepared(self) -> PreparedSessions:
        roots = roots_of(self.context)
        tasks = self._tasks(roots)
        index = Index.build(self._passages(tasks))
        self._note_budget(tasks)
        if index.size:
            index = index.placed(places(self.recorded, roots))
            index = index.with_workspace(*self._present(index))
        return PreparedSessions(index, tuple(self.writings), (*self.missing, *_shortened(self.faults)))

    def _tasks(self, roots: Roots) -> list[_Task]:
        """What there is to read: sessions of this workspace first, then the latest."""
        tasks: list[_Task] = []
        for reader in self.readers:
            located = reader.locate(self.context.environment)
            self.missing.extend(located.problems)
            for transcript in located.transcripts:
                self.context.check_cancelled()
                tasks.append(_Task(reader, transcript, reader.nearness(transcript, roots.folders)))
        tasks.sort(key=lambda task: (task.nearness, -task.transcript.changed, task.transcript.shown))
        return tasks

    def _passages(self, tasks: Sequence[_Task]) -> Iterator[Passage]:
        seen: set[tuple[str, str, str, int]] = set()
        for number, task in enumerate(tasks):
            self.context.report(f"reading sessions: {number + 1} of {len(tasks)}")
            faults = Faults(task.transcript.shown)
            try:
                for written in own(task.reader.read(task.transcript, faults, self._tick), faults):
                    # Forks, resumed sessions and subagents' wrappers repeat whole calls.
                    call = written.locator.record
                    key = (task.reader.tool, call, written.path, hash(written.blocks))
                    if call and key in seen:
                        continue
                    seen.add(key)
                    yield self._kept(written, task.reader)
            except _OverBudget:
                self.left = len(tasks) - number
                return
            finally:
                fault = faults.result()
                if fault is not None:
                    self.faults.append(fault)

    def _kept(self, written: Written, reader: Reader) -> Passage:
        self.lines += len(written.lines)
        who = (written.tool, written.model)
        agent = self.agents.get(who)
        if agent is None:
            agent = self.agents[who] = self.context.registry.agent(*who)
        session = written.session
        place = written.locator.line or written.locator.offset
        self.writings.append(
            Writing(
                agent,
                reader.source,
                f"session {session[:8]} {written.locator.file}:{place}",
                session,
                written.path,
                written.time,
                written.contributor,
                written.outcome,
            )
        )
        self.recorded.append((written.path, written.cwd))
        return Passage(written.blocks, written.path, written.time.timestamp() if written.time else None)

    def _tick(self, size: int) -> None:
        self.context.check_cancelled()
        self.bytes += size
        if self.bytes > BYTE_BUDGET or self.lines > LINE_BUDGET or time.monotonic() > self.until:
            raise _OverBudget

    def _note_budget(self, tasks: Sequence[_Task]) -> None:
        if not self.left:
            return
        total = sum(task.transcript.size for task in tasks) >> 20
        self.missing.append(
            missing(
                f"read {self.bytes >> 20} MB of {total} MB of transcripts, those of this workspace first; "
                f"{self.left} of {len(tasks)} files were not read to their end",
                "move transcripts of finished projects out of the tools' folders",
            )
        )

    def _present(self, index: Index) -> tuple[set[int], dict[str, frozenset[int]]]:
        """Which written lines the workspace holds: those common in it, and those of the files written into."""
        counts: Counter[int] = Counter()
        held: dict[str, frozenset[int]] = {}
        known = frozenset(index.keys)
        left = PRESENT_BUDGET
        # The files that tools wrote into come first, should the budget not reach.
        for path in sorted(self.context.paths, key=lambda path: path not in index.blocks_of):
            self.context.check_cancelled()
            data = _content(self.context.root, path, left)
            left -= len(data)
            lines = split(decode(data))
            if is_notebook(path):
                lines = tuple(map(plain, lines))
            telling = {line for line in lines if len(line) >= MIN_ALPHANUMERICS}
            values = known.intersection(map(value_of, telling))
            counts.update(values)
            if path in index.blocks_of:
                held[path] = values
            if left <= 0:
                break
        return {value for value, number in counts.items() if number >= COMMON_FILES}, held


def _content(root: Path, path: str, limit: int) -> bytes:
    """A file of the workspace, or nothing: this only learns what is common."""
    file = root / path
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > min(MAX_TEXT_BYTES, limit):
            return b""
        return file.read_bytes()
    except OSError:
        return b""


def roots_of(context: Context) -> Roots:
    """The workspace's own folder and the same folder in the repository's other work trees."""
    folders = [posix(str(context.root))]
    repository = context.repository
    if repository is None:
        return Roots(tuple(folders), context.root.name, "", context.paths)
    prefix = repository.prefix.rstrip("/")
    tops = [repository.top, *_worktrees(repository.common_dir)]
    folders += [posix(str(top / prefix)) for top in tops]
    name = repository.common_dir.parent.name if repository.common_dir.name == ".git" else repository.top.name
    return Roots(tuple(dict.fromkeys(folders)), name, repository.prefix, context.paths)


def _worktrees(common: Path) -> Iterator[Path]:
    """The main work tree and the linked ones, as git's own files name them."""
    if common.name == ".git":
        yield common.parent
    try:
        for entry in sorted((common / "worktrees").iterdir()):
            yield Path((entry / "gitdir").read_text("utf-8", "surrogateescape").strip()).parent
    except OSError:
        return


def _shortened(faults: Sequence[NotMeasured]) -> tuple[NotMeasured, ...]:
    if len(faults) <= MAX_FAULTS:
        return tuple(faults)
    rest = missing(f"{len(faults) - MAX_FAULTS} more transcripts could not be read in full")
    return (*faults[:MAX_FAULTS], rest)
