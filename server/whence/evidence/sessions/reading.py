"""Make session evidence ready for one workspace: bring the index up to date, and learn what the workspace itself holds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Self
from urllib.parse import quote
from uuid import uuid4

from whence import files
from whence.errors import UserError
from whence.evidence.interface import Context
from whence.evidence.sessions.base import TOGETHER, Base
from whence.evidence.sessions.interface import Places, Reader, missing
from whence.evidence.sessions.paths import Placing, Roots, posix
from whence.evidence.sessions.prepared import Ground, PreparedSessions
from whence.evidence.sessions.stored import Agents, StoredSessions
from whence.evidence.sessions.updating import Survey, Updated, Updater
from whence.index import Database, DiskStore, Fault, Identity, faulty, file_of, purges, state, wrote
from whence.matching.habits import Habits
from whence.model import NotMeasured
from whence.repo import GitError

TIME_BUDGET = 20.0
"""Seconds for new transcripts before a workspace is looked at: some 2 GB of them. `whence index build` has no budget."""

PRESENT_BUDGET = 64 * 1024 * 1024
"""Bytes of the workspace in which present lines are counted, the files that tools wrote into first."""

LIVE = 60.0
"""Seconds since its last change in which a transcript may be in the middle of a line."""

RID = "move it away or delete it, and nothing more is said of it"
"""What to do about a damaged transcript, where nothing mends it."""

MAX_FAULTS = 20
"""Transcripts with faults that are listed one by one."""


@dataclass(frozen=True, slots=True)
class Written:
    """Where tools wrote, seen from a workspace."""

    placing: Placing
    files: frozenset[str]
    """Those of the workspace, as paths of it; some may be gone."""
    home: bool
    """Whether any of it concerns the workspace."""


class Reading:
    """One workspace's preparation: `survey`, `update`, `answer`, in this order. Close it, or use it as a context."""

    def __init__(self, context: Context, readers: Sequence[Reader], seconds: float | None = None) -> None:
        self.context = context
        self.seconds = TIME_BUDGET if seconds is None else seconds
        self.missing: list[NotMeasured] = []
        self.paths = all_paths(context)
        self.roots = roots_of(context, self.paths)
        self.said = ""
        """What changes with everything that the index and the transcripts have to say."""
        self.index, self.change = "", 0
        """Which index, and its latest change."""
        self.lasting = True
        """Whether the next run will find the same index."""
        self.complete = True
        """Whether there is nothing left to read, and nothing more to be told of what was."""
        self.found: frozenset[Identity] = frozenset()
        self.pages: set[str] = set()
        """Transcripts that are files of the workspace; that they repeat a line makes it no common one."""
        database = Database.open(context.environment, begin=False)
        places, cancelled = Places.of(context), context.check_cancelled
        self.updater = Updater(database, readers, places, self.roots.folders, cancelled, self._progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file; what is in memory belongs to the answer."""
        if self.updater.database.place is not None:
            self.updater.database.close()

    def survey(self) -> Survey:
        """Look for transcripts. Reads nothing but names and times."""
        return self.updater.survey()

    def update(self, survey: Survey) -> None:
        """Bring the index up to date, as far as the budget goes."""
        updated = self.updater.update(self.seconds, survey=survey)
        database = self.updater.database
        self.pages = {
            one.path[len(root) :]
            for root in (f"{self.context.root}/",)
            for one in updated.survey.found
            if one.path.startswith(root)
        }
        self.found = updated.survey.found
        self.complete = not updated.left
        self.missing += updated.survey.problems
        self._note_budget(updated)
        self._note_faults(database, updated)
        self._note_purged(database)
        self._note_place(database, updated)
        self.lasting = database.unbegun or database.place is not None
        self.index, self.change = (
            ("none", 0)
            if database.unbegun
            else state(database.connection)
            if self.lasting
            else (f"{uuid4()}", 0)
        )
        self.said = f"{self.index} {self.change} {self.missing}"

    @property
    def file(self) -> Path | None:
        """Where the index is, or would be."""
        return file_of(self.context.environment)

    @property
    def inside(self) -> bool:
        """Whether the workspace or its repository holds some of the transcripts."""
        repository = self.context.repository
        common = f"{repository.common_dir}/" if repository is not None else ""
        return bool(self.pages or (common and any(one.path.startswith(common) for one in self.found)))

    @property
    def wrote(self) -> bool:
        """Whether any tool ever wrote anything, as far as the index knows."""
        return wrote(self.updater.database.connection)

    def answer(self) -> PreparedSessions:
        """What sessions say of this workspace; also after the file was let go of."""
        prints = DiskStore.of(self.updater.database)
        writers = prints.writers()
        if not writers:
            return PreparedSessions(not_measured=tuple(self.missing))
        written = self.written
        held, habits, base = self._present(prints, written.files)
        cut_off = self._cut_off(written.home)
        store = StoredSessions(prints, Agents.of(writers, self.context.registry))
        ground = Ground(
            self._rest(base, written.placing, cut_off),
            self.change,
            base.log,
            frozenset(held),
            frozenset(self.pages),
            base.exact,
        )
        return PreparedSessions(store, written.placing, held, habits, tuple(self.missing), cut_off, ground)

    @cached_property
    def written(self) -> Written:
        """Where tools wrote."""
        pairs = DiskStore.of(self.updater.database).recorded(_names(self.roots))
        placing = Placing.learned(pairs, self.roots)
        places = [placing.place(*pair) for pair in pairs]
        found = frozenset(place.path for place in places if place.path)
        return Written(placing, found, any(place.home for place in places))

    @property
    def unlisted(self) -> Sequence[str]:
        """Files that are none of the workspace's own, ignored ones for instance, into which tools wrote all the same."""
        return sorted(self.written.files.difference(self.paths))

    def _rest(self, base: Base, placing: Placing, cut_off: Iterable[float]) -> str:
        """Tells apart what concerns every file."""
        here = placing.roots
        unlisted = [(path, _stamp(self.context.root / path)) for path in self.unlisted]
        said = (
            self.index, base.commit, here.folders, here.name, here.prefix, sorted(placing.aliases),
            sorted(cut_off), sorted(self.pages), unlisted,
        )  # fmt: skip
        return blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    def _progress(self, done: int, total: int) -> None:
        self.context.report(f"reading sessions: {done >> 20:,} of {total >> 20:,} MB")

    def _note_budget(self, updated: Updated) -> None:
        if not updated.left:
            return
        survey, left = updated.survey, updated.left
        near = sum(task.nearness < 2 for task in left)
        which = f", {near:,} of which may be of this workspace," if near else " of other projects"
        size = max(1, sum(task.bytes for task in left) >> 20)
        self.missing.append(
            missing(
                f"{len(left):,} of {survey.transcripts:,} transcripts{which} are not in the index yet ({size:,} MB)",
                "whence index build",
            )
        )

    def _note_faults(self, database: Database, updated: Updated) -> None:
        """What could not be read of the transcripts that are there and may be of this workspace.

        Those of other projects say nothing of this one; `whence index status` names them.
        """
        now, survey = time.time(), updated.survey
        found = [
            fault
            for fault in faulty(database.connection)
            if fault.identity in survey.all and survey.concerns(fault.identity, self.roots.folders)
        ]
        self.complete = self.complete and not any(
            fault.cut and now - fault.changed <= LIVE for fault in found
        )
        faults = [said for fault in found if (said := _said(fault, now)) is not None]
        self.missing += faults[:MAX_FAULTS]
        if len(faults) > MAX_FAULTS:
            self.missing.append(
                missing(f"{len(faults) - MAX_FAULTS} more transcripts could not be read in full")
            )

    def _note_purged(self, database: Database) -> None:
        """What the user had the index forget here is unknown, not absent."""
        here = self.roots.folders
        said: dict[str, None] = {}
        for at, which in purges(database.connection):
            if which.folder is not None and not any(which.touches(folder) for folder in here):
                continue
            until = datetime.fromtimestamp(at if which.before is None else min(at, which.before), UTC)
            who = (
                "tools"
                if which.tool is None
                else self.context.registry.display(self.context.registry.agent(which.tool))
            )
            said[f"what {who} wrote until {until:%Y-%m-%d} was purged from the index"] = None
        self.missing += [missing(why, "whence index build --purged") for why in said]

    def _note_place(self, database: Database, updated: Updated) -> None:
        """That the index is not where it should be costs time, and makes nothing unmeasured."""
        if not updated.survey.found:
            return
        if database.place is None:
            why = f"the index is kept in memory for this run: {database.problem}"
            self.missing.append(NotMeasured("index", why, hint="whence index status"))
        elif database.problem:
            self.missing.append(NotMeasured("index", database.problem))

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

    def _present(
        self, store: DiskStore, written: frozenset[str]
    ) -> tuple[dict[str, frozenset[int]], Habits, Base]:
        """What the files hold into which tools wrote, and what people write in this workspace."""
        held: dict[str, frozenset[int]] = {}
        sizes = min(_bytes(self.context.root, self.paths), PRESENT_BUDGET)
        base = Base(self.context, store, store.first(), sizes)
        left = PRESENT_BUDGET
        # The files that tools wrote into come first, should the budget not reach.
        listed = frozenset(self.paths)
        every = dict.fromkeys((*sorted(written), *self.paths))
        wanted = [
            path
            for path in every
            if (path in listed or _stands(self.context.root, path))
            and (path in written or path not in self.pages)
        ]
        for at in range(0, len(wanted), TOGETHER):
            self.context.check_cancelled()
            some = wanted[at : at + TOGETHER]
            texts: dict[str, bytes] = {}
            for path in some:
                data = files.read(self.context.root, path).data if left > 0 else None
                if data is not None:
                    left -= len(data)
                    texts[path] = data
            found = base.files(texts)
            for path in written.intersection(some):
                held[path] = found[path].lines if path in found else frozenset()
        base.complete = base.complete and left > 0
        habits = base.habits()
        self.missing.extend(base.problems)
        return held, habits, base


def _bytes(root: Path, paths: Iterable[str]) -> int:
    """How large files are together; those that are not there count nothing."""
    size = 0
    for path in paths:
        with contextlib.suppress(OSError, ValueError):
            size += (root / path).stat().st_size
    return size


def _stamp(place: Path) -> str:
    """A file's identity and when it changed, empty where there is none."""
    try:
        status = place.lstat()
    except (OSError, ValueError):
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino} {status.st_mode}"


def _said(fault: Fault, now: float) -> NotMeasured | None:
    """What is told of a transcript that was not read in full."""
    count, first = fault.count, fault.first
    if fault.cut and now - fault.changed > LIVE:
        count, first = count + 1, first or f"line {fault.cut}: cut off"
    if not count:
        return None
    more = f" (and {count - 1} more)" if count > 1 else ""
    return missing(f"{fault.shown}: {first}{more}", fault.hint or RID)


def _names(roots: Roots) -> set[str]:
    """Words of which a recorded path has one where it may mean a file of the workspace."""
    names = {roots.name, *(folder.rpartition("/")[2] for folder in roots.folders)}
    return names | set(map(quote, names))


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
    if context.everything is not None:
        return context.everything
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
