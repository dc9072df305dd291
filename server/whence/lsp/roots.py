"""A workspace that is served: what is known of it, how that is made anew, and the policy in force meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from whence.errors import UserError
from whence.live.sealed import Sealed
from whence.live.values import Card, Closed, Grounds, Preparation, Prepared
from whence.lsp.hands import Died
from whence.lsp.progress import Progress
from whence.lsp.workshop import Workshop

if TYPE_CHECKING:
    from whence.engine import Snapshot
    from whence.policy import Policy
    from whence.problems import Problem
    from whence.review import Ledger

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""A workspace is looked at again after at least this many times what the last look took, unless somebody waits."""

GRACE = 0.03
"""Seconds that a file's first findings wait for the whole workspace to be looked at."""

SESSIONS = 60.0
"""Seconds between two looks for sessions that nobody waits for: finding them takes some hundred readers' folders."""

NOTICEABLE = 1.0
"""Seconds of looking after which the user is shown that it goes on."""

POLICY_NAME = "whence.toml"


class Root:
    """One workspace folder. Everything mutable is the loop's."""

    def __init__(
        self,
        path: Path,
        workshop: Workshop,
        environment: Mapping[str, str],
        changed: Callable[[Root], None],
        show_progress: Callable[[], Progress],
        began: Callable[[], None] = lambda: None,
        *,
        wanted: tuple[str, ...] = (),
        policy_path: Path | None = None,
    ) -> None:
        self.path = path
        self.key = str(path)
        """Its name at the desk."""
        self.card: Card | None = None
        """What is known of it; None before the first look, and where there was nothing to be had."""
        self.generation = 0
        """Counts what the desk was told of it."""
        self.whole: Sealed[Snapshot] | None = None
        self.ledger: Sealed[Ledger] | None = None
        """What the reviews have become since the last look."""
        self.policy_path = policy_path
        """A policy file that the user's settings name."""
        self.problems: tuple[Problem, ...] = ()
        """Faults of the policy file as it stands on disk."""
        self.failure = ""
        """Why nothing is known of it, as a sentence."""
        self.closed = False
        self.alone = bool(wanted)
        """Whether it is served for single files only."""
        self.survey: tuple[int, dict[str, Closed]] | None = None
        """What the last scan found, by URI, and the generation in which; what was looked at again since is as it was
        seen then."""
        self._wanted = wanted
        self._workshop = workshop
        self._environment = environment
        self._changed = changed
        self._show_progress = show_progress
        self._began = began
        self._progress: Progress | None = None
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._watched = False
        self._glanced = False
        self._since = 0.0
        """What tools wrote after this moment (Unix seconds) may be news."""
        self._perhaps = False
        """Whether something has changed that may be a session of this workspace."""
        self._sessions_seen = 0.0
        """When that was looked at last (`time.monotonic`)."""
        self._rested = 0.0
        self._answers = 0
        self._policy: Sealed[Policy | None] = Sealed(None)

    @property
    def known(self) -> bool:
        """Whether the first look is over, whatever came of it."""
        return self._ready.is_set()

    @property
    def preparing(self) -> bool:
        return self._task is not None

    async def current(self) -> Card | None:
        """What is known of it now; waits for the first look. None when there is nothing to be had."""
        self.begin()
        await self._ready.wait()
        return self.card

    def begin(self) -> None:
        """Begin to look at it, if nobody has."""
        if self._task is None and not self.known:
            self.look_again()

    async def glimpse(self, name: str) -> None:
        """Wait for the first look or, where that takes its time, for a glance at what is at hand for one file."""
        self.begin()
        if not self.known:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ready.wait(), GRACE)
        if not self.known and not self._glanced:
            self._glanced = True
            if await self._workshop.ask("glance", self.key, self.policy_path, self._environment, name):
                self.generation += 1

    def look_again(self) -> None:
        """Look at it anew; what is known serves until then. Asked while at it: once more afterwards."""
        if self.closed:
            return
        if self._task is not None:
            self._again = True
            return
        self._task = asyncio.ensure_future(self._prepare())
        self._began()

    def close(self) -> None:
        self.closed = True
        if self._task is not None:
            self._task.cancel()
        self._ready.set()

    def retell(self) -> None:
        """Tell a new desk what is known."""
        if self.whole is not None:
            self._adopt()

    def _adopt(self) -> None:
        self._workshop.tell("adopt", self.key, self.whole)
        if self.ledger is not None:
            self._workshop.tell("reviewed", self.key, self.ledger)
        self.generation += 1

    async def reviewed(self) -> None:
        """Take up the ledger as it stands on disk now."""
        self._answers += 1
        if self.whole is not None:
            await self._read_reviews()
            self._changed(self)

    async def _read_reviews(self) -> None:
        while (whole := self.whole) is not None:
            ledger, said = await self._workshop.job("reviews", whole, self._environment)
            if self.whole is whole:
                from dataclasses import replace

                self.ledger = ledger
                if self.card is not None:
                    self.card = replace(self.card, reviews=said)
                self._workshop.tell("reviewed", self.key, ledger)
                self.generation += 1
                return

    async def check(self, urgent: bool = False) -> None:
        """Look again if something has changed on which the snapshot rests.

        Unless it is urgent, a workspace that takes long to look at is left in peace for a while, and sessions are
        looked for only now and then.
        """
        if self._task is not None or not self._watched or self.closed:
            return
        started = time.monotonic()
        if not urgent and started < self._rested:
            return
        try:
            moved = await self._workshop.ask("moved", self.path)
            self._perhaps = self._perhaps or moved is None
            if not moved and self._perhaps and (urgent or started - self._sessions_seen >= SESSIONS):
                self._perhaps, self._sessions_seen = False, started
                moved = await self._workshop.job("sessions", self.path, self._environment, self._since)
        except Died:
            return
        self._rested = max(self._rested, time.monotonic() + PATIENCE * (time.monotonic() - started))
        if moved and self._task is None:
            log.info("%s has changed outside the editor", self.path)
            self.look_again()

    async def _prepare(self) -> None:
        self._again = False
        started, answers = time.monotonic(), self._answers
        bar = asyncio.get_running_loop().call_later(NOTICEABLE, self._begin_progress)
        try:
            prepared = await self._look()
            self.whole, self.ledger, self._policy = prepared.whole, None, prepared.policy
            self.card, self._since = prepared.card, prepared.since
            self._perhaps, self._sessions_seen = False, time.monotonic()
            self._workshop.tell("rests_on", self.path, prepared.facts)
            self._adopt()
            if answers != self._answers:  # a review was recorded meanwhile
                await self._read_reviews()
            self.problems, self.failure = prepared.card.problems, ""
        except asyncio.CancelledError:
            return
        except UserError as error:
            from whence.problems import Problem

            self.failure = error.message
            self.problems = error.problems or (Problem(self._policy_name(), error.message, hint=error.hint),)
            log.warning("%s: %s", self.path, error.message)
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
            log.exception("%s could not be looked at", self.path)
        finally:
            bar.cancel()
            if self._progress is not None:
                self._progress.end("stopped" if self.closed else "ready")
                self._progress = None
            self._task = None
            took = time.monotonic() - started
            self._rested = time.monotonic() + PATIENCE * took
            self._ready.set()
        if self.closed:
            return
        log.info("%s prepared in %.2f s", self.path, took)
        self._changed(self)
        if self._again:
            self.look_again()

    async def _look(self) -> Prepared:
        ask = Preparation(self.path, self.policy_path, self._wanted, self._environment, self._policy)
        prepared: Prepared = await self._workshop.job("prepare", ask, told=self._told)
        return prepared

    def _begin_progress(self) -> None:
        self._progress = self._show_progress()

    def _told(self, said: Grounds | str) -> None:
        if isinstance(said, Grounds):
            self._workshop.tell("watch", self.path, said)
            self._watched = True
        elif self._progress is not None:
            self._progress.report(said)

    def _policy_name(self) -> str:
        path = self.policy_path or self.path / POLICY_NAME
        return path.relative_to(self.path).as_posix() if path.is_relative_to(self.path) else str(path)
