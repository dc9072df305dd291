"""Read every transcript within a budget, those of this workspace first, and index what was written."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from whence import files
from whence.errors import UserError
from whence.evidence.interface import Context
from whence.evidence.sessions.base import Base
from whence.evidence.sessions.inserted import own
from whence.evidence.sessions.interface import Faults, Places, Reader, Transcript, Written, missing
from whence.evidence.sessions.paths import Placing, Roots, posix
from whence.evidence.sessions.prepared import PreparedSessions, Writing
from whence.matching.habits import Habits
from whence.matching.idioms import plain
from whence.matching.lines import value_of
from whence.matching.memory import MemoryStore
from whence.matching.passages import Passage, is_notebook
from whence.model import Agent, NotMeasured
from whence.repo import GitError
from whence.text import decode, split

BYTE_BUDGET = 256 * 1024 * 1024
"""Transcript bytes read in one go, at 30 to 50 MB a second on one core (33 MB of real sessions)."""

TIME_BUDGET = 60.0
"""Seconds for one go; a background task of the editor must end."""

LINE_BUDGET = 2_000_000
"""Written lines kept in memory, 23 bytes each."""

PRESENT_BUDGET = 64 * 1024 * 1024
"""Bytes of the workspace in which present lines are counted, the files that tools wrote into first."""

MAX_FAULTS = 20
"""Transcripts with faults that are listed one by one."""


class _OverBudget(Exception):  # noqa: N818 - an outcome, not an error
    """No more bytes, time or lines."""


@dataclass(frozen=True, slots=True)
class _Task:
    reader: Reader
    transcript: Transcript
    nearness: int


class Reading:
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
        self.pages: set[str] = set()
        """Transcripts that are files of the workspace; that they repeat a line makes it no common one."""
        self.paths: Sequence[str] = ()

    def prepared(self) -> PreparedSessions:
        self.paths = all_paths(self.context)
        roots = roots_of(self.context, self.paths)
        tasks = self._tasks(roots)
        store = MemoryStore.of(self._passages(tasks))
        self._note_budget(tasks)
        placing = Placing.learned(self.recorded, roots)
        cut_off: frozenset[float] = frozenset()
        held: dict[str, frozenset[int]] = {}
        habits = Habits()
        if store.kept:
            places = [placing.place(*item) for item in dict.fromkeys(self.recorded)]
            held, habits = self._present(store, {place.path for place in places if place.path})
            cut_off = self._cut_off(any(place.home for place in places))
        not_measured = (*self.missing, *_shortened(self.faults))
        return PreparedSessions(store, tuple(self.writings), placing, held, habits, not_measured, cut_off)

    def _cut_off(self, at_home: bool) -> frozenset[float]:
        """When the commits at the edge of a shallow clone were made; they seem to have written all older lines."""
        repository = self.context.repository
        if repository is None or not repository.shallow:
            return frozenset()
        if at_home:
            self.missing.append(
                missing(
                    "shallow clone: nobody can tell who wrote first the lines that are older than it; sessions claim none",
                    "git fetch --unshallow",
                )
            )
        try:
            edge = (repository.common_dir / "shallow").read_bytes()
            times = repository.run("log", "--no-walk=unsorted", "--format=%at", "--stdin", feed=edge)
        except (OSError, GitError):
            return frozenset()
        return frozenset(map(float, times.split()))

    def _tasks(self, roots: Roots) -> list[_Task]:
        """What there is to read: sessions of this workspace first, then the latest."""
        tasks: list[_Task] = []
        for reader in self.readers:
            located = reader.locate(Places.of(self.context))
            self.missing.extend(located.problems)
            for transcript in located.transcripts:
                self.context.check_cancelled()
                if transcript.path.is_relative_to(self.context.root):
                    self.pages.add(transcript.path.relative_to(self.context.root).as_posix())
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
                    key = (written.tool, call, written.path, hash(written.blocks))
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
                written.person,
            )
        )
        self.recorded.append((written.path, written.cwd))
        moment = written.time.timestamp() if written.time else None
        return Passage(written.blocks, written.path, moment, written.tool, written.cwd, session)

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

    def _present(
        self, store: MemoryStore, written: Collection[str]
    ) -> tuple[dict[str, frozenset[int]], Habits]:
        """What the files hold into which tools wrote, and what people write in this workspace."""
        held: dict[str, frozenset[int]] = {}
        first = min((item.time.timestamp() for item in self.writings if item.time), default=None)
        base = Base(self.context, store, first, min(_bytes(self.context.root, self.paths), PRESENT_BUDGET))
        left = PRESENT_BUDGET
        # The files that tools wrote into come first, should the budget not reach.
        listed = frozenset(self.paths)
        for path in dict.fromkeys((*sorted(written), *self.paths)):
            self.context.check_cancelled()
            if path not in listed and not _stands(self.context.root, path):
                continue
            if path in self.pages and path not in written:
                continue
            data = files.read(self.context.root, path).data if left > 0 else None
            if data is None:
                if path in written:
                    held[path] = frozenset()
                continue
            left -= len(data)
            base.file(path, data)
            if path in written:
                lines = split(decode(data))
                held[path] = frozenset(map(value_of, map(plain, lines) if is_notebook(path) else lines))
        habits = base.habits()
        self.missing.extend(base.problems)
        return held, habits


def _bytes(root: Path, paths: Iterable[str]) -> int:
    """How large files are together; those that are not there count nothing."""
    size = 0
    for path in paths:
        with contextlib.suppress(OSError, ValueError):
            size += (root / path).stat().st_size
    return size


def _stands(root: Path, path: str) -> bool:
    """Whether a recorded path is a file here, reached through no symbolic link."""
    place = root
    try:
        for part in path.split("/"):
            place = place / part
            if place.is_symlink():
                return False
        return place.is_file()
    except (OSError, ValueError):
        return False


def all_paths(context: Context) -> Sequence[str]:
    """Every file of the workspace: what is common in it, and which file moved, one wanted file cannot tell."""
    try:
        return files.discover(context.root, context.repository)
    except (GitError, UserError, OSError):
        return context.paths


def roots_of(context: Context, paths: Sequence[str]) -> Roots:
    """The workspace's own folder and the same folder in the repository's other work trees."""
    folders = [posix(str(context.root))]
    repository = context.repository
    if repository is None:
        return Roots(tuple(folders), context.root.name, "", paths)
    prefix = repository.prefix.rstrip("/")
    tops = [repository.top, *_worktrees(repository.common_dir)]
    folders += [posix(str(top / prefix)) for top in tops]
    name = repository.common_dir.parent.name if repository.common_dir.name == ".git" else repository.top.name
    return Roots(tuple(dict.fromkeys(folders)), name, repository.prefix, paths)


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
