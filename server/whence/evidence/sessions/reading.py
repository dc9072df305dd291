"""Make session evidence ready for one workspace: bring the index up to date, and learn what the workspace itself holds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Self
from uuid import uuid4

from whence.evidence.interface import Context
from whence.evidence.sessions.answering import Answering, Said, all_paths, roots_of
from whence.evidence.sessions.interface import Places, Reader, missing
from whence.evidence.sessions.prepared import PreparedSessions
from whence.evidence.sessions.updating import Survey, Updated, Updater
from whence.index import (
    Database,
    DiskStore,
    Fault,
    Identity,
    Loss,
    faulty,
    losses,
    purges,
    state,
    telling,
    wrote,
)
from whence.model import NotMeasured

TIME_BUDGET = 20.0
"""Seconds for new transcripts before a workspace is looked at: some 2 GB of them. `whence index build` has no budget."""

LIVE = 60.0
"""Seconds since its last change in which a transcript may be in the middle of a line."""

RID = "move it away or delete it, and nothing more is said of it"
"""What to do about a damaged transcript, where nothing mends it."""

MAX_FAULTS = 20
"""Transcripts with faults that are listed one by one."""


class Reading:
    """One workspace's preparation: `survey`, `update`, `answer`, in this order. Close it, or use it as a context."""

    def __init__(
        self, context: Context, readers: Sequence[Reader] | None = None, seconds: float | None = None
    ) -> None:
        self.context = context
        self.seconds = TIME_BUDGET if seconds is None else seconds
        self.missing: list[NotMeasured] = []
        self.roots = roots_of(context, all_paths(context))
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

    @telling
    def survey(self) -> Survey:
        """Look for transcripts. Reads nothing but names and times."""
        return self.updater.survey()

    @telling
    def update(self, survey: Survey) -> None:
        """Bring the index up to date, as far as the budget goes."""
        updated = self.updater.update(self.seconds, survey=survey)
        database = self.updater.database
        root = f"{self.context.root}/"
        found = updated.survey.found
        self.pages = {one.path.removeprefix(root) for one in found if one.path.startswith(root)}
        self.found = found
        self.complete = not updated.left
        self.missing += updated.survey.problems
        self._note_budget(updated)
        self._note_faults(database, updated)
        self._note_purged(database)
        self._note_losses(database)
        self._note_place(database, updated)
        self.lasting = database.unbegun or database.place is not None
        if database.unbegun:
            self.index, self.change = "none", 0
        elif self.lasting:
            self.index, self.change = state(database.connection)
        else:
            self.index, self.change = f"{uuid4()}", 0
        self.said = f"{self.index} {self.change} {self.missing}"

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

    @property
    def says(self) -> Said:
        """What an answer is made of, beside the index."""
        return Said(self.index, self.change, frozenset(self.pages), tuple(self.missing))

    @cached_property
    def answering(self) -> Answering:
        """What answers, once the index is up to date."""
        return Answering(self.context, DiskStore.of(self.updater.database), self.says)

    def answer(self) -> PreparedSessions:
        """What sessions say of this workspace; also after the file was let go of."""
        return self.answering.answer()

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

    def _note_losses(self, database: Database) -> None:
        """What was lost with a damaged file is unknown, not absent."""
        self.missing += [missing(*said) for said in told(losses(database.connection))]

    def _note_place(self, database: Database, updated: Updated) -> None:
        """That the index is not where it should be costs time, and makes nothing unmeasured."""
        if database.unbegun or (not updated.survey.found and not database.problem):
            return
        if database.place is None:
            why = f"the index is kept in memory for this run: {database.problem}"
            self.missing.append(NotMeasured("index", why, hint="whence index status"))
        elif database.problem:
            self.missing.append(NotMeasured("index", database.problem))


def told(found: Sequence[Loss]) -> list[tuple[str, str]]:
    """Why something is not measured since the index was damaged, and how to be rid of the message."""
    days = dict.fromkeys(
        f"on {datetime.fromtimestamp(loss.at, UTC):%Y-%m-%d}" if loss.at else "once" for loss in found
    )
    why = "the index was damaged {}: what it held of transcripts that are gone, and of imports, may be lost"
    hint = "whence index purge --damaged removes what was kept of it, and nothing more is said"
    return [(why.format(day), hint) for day in days]


def _said(fault: Fault, now: float) -> NotMeasured | None:
    """What is told of a transcript that was not read in full."""
    count, first = fault.count, fault.first
    if fault.cut and now - fault.changed > LIVE:
        count, first = count + 1, first or f"line {fault.cut}: cut off"
    if not count:
        return None
    more = f" (and {count - 1} more)" if count > 1 else ""
    return missing(f"{fault.shown}: {first}{more}", fault.hint or RID)
