"""A workspace that is served: its snapshot, how it is made anew, and the policy that stays in force meanwhile."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lsprotocol.types import Diagnostic

from whence.engine import Snapshot, prepare
from whence.errors import Cancelled, Problem, UserError
from whence.lsp.progress import Progress
from whence.lsp.stamps import Stamps, Watch
from whence.lsp.workers import Lane, Token
from whence.model import Finding
from whence.policy import Policy, find
from whence.policy.files import NAME

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""A workspace is looked at again after at least this many times what the last look took, unless somebody waits."""

NOTICEABLE = 1.0
"""Seconds of looking after which the user is shown that it goes on."""


class Root:
    """One workspace folder. Everything mutable is the loop's."""

    def __init__(
        self,
        path: Path,
        lane: Lane,
        environment: Mapping[str, str],
        changed: Callable[[Root], None],
        show_progress: Callable[[], Progress],
        began: Callable[[], None],
        *,
        wanted: tuple[str, ...] = (),
        policy_path: Path | None = None,
    ) -> None:
        self.path = path
        self.snapshot: Snapshot | None = None
        self.policy_path = policy_path
        """A policy file that the user's settings name."""
        self.problems: tuple[Problem, ...] = ()
        """Faults of the policy file as it stands on disk."""
        self.failure = ""
        """Why there is no snapshot, as a sentence."""
        self.closed = False
        self.alone = bool(wanted)
        """Whether it is served for single files only."""
        self.survey: tuple[Snapshot, dict[str, Sequence[Diagnostic]]] | None = None
        """Findings of all files on disk, by URI, and the snapshot that they were found with."""
        self.scanned: dict[str, Sequence[Finding]] = {}
        """What the last scan found, by URI; what was looked at again since is as it was seen then."""
        self._wanted = wanted
        self._lane = lane
        self._environment = environment
        self._changed = changed
        self._show_progress = show_progress
        self._began = began
        self._progress: Progress | None = None
        self._ready = asyncio.Event()
        self._token = Token()
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._watch: Watch | None = None
        self._stamps = Stamps()
        self._rested = 0.0
        self._answers = 0

    @property
    def preparing(self) -> bool:
        return self._task is not None

    async def current(self) -> Snapshot | None:
        """The newest snapshot; waits for the first one. None when there is none to be had."""
        if self._task is None and not self._ready.is_set():
            self.look_again()
        await self._ready.wait()
        return self.snapshot

    def look_again(self) -> None:
        """Make the snapshot anew; the present one serves until then. Asked while at it: once more afterwards."""
        if self.closed:
            return
        if self._task is not None:
            self._again = True
            return
        self._task = asyncio.ensure_future(self._prepare())
        self._began()

    def close(self) -> None:
        self.closed = True
        self._token.cancel()
        self._ready.set()

    async def reviewed(self) -> None:
        """Take up the ledger as it stands on disk now."""
        self._answers += 1
        while (before := self.snapshot) is not None:
            after = await self._lane.run(before.with_ledger)
            if self.snapshot is before:
                self.snapshot = after
                self._changed(self)
                return

    async def check(self, urgent: bool = False) -> None:
        """Look again if a file has changed on which the snapshot rests.

        Unless it is urgent, a workspace that takes long to look at is left in peace for a while.
        """
        if self._task is not None or self._watch is None or self.closed:
            return
        if not urgent and time.monotonic() < self._rested:
            return
        started = time.monotonic()
        stamps = await self._lane.run(self._watch.look, self._stamps)
        self._rested = max(self._rested, time.monotonic() + PATIENCE * (time.monotonic() - started))
        if stamps != self._stamps and self._task is None:
            log.info("%s has changed outside the editor", self.path)
            self.look_again()

    async def _prepare(self) -> None:
        self._again = False
        started, answers, before = time.monotonic(), self._answers, self.snapshot
        policy: Policy | None = before.policy if before else None
        bar = asyncio.get_running_loop().call_later(NOTICEABLE, self._begin_progress)
        try:
            self._watch = await self._lane.run(Watch.of, self.path, self.policy_path, self._environment)
            # Before the look, so that what changes during it is noticed.
            self._stamps = await self._lane.run(self._watch.look)
            snapshot = await self._lane.run(self._look, policy)
            if answers != self._answers:  # a review was recorded meanwhile
                snapshot = await self._lane.run(snapshot.with_ledger)
            self.snapshot = snapshot
            self.problems, self.failure = snapshot.policy_problems, ""
        except Cancelled:
            return
        except UserError as error:
            self.failure = error.message
            self.problems = error.problems or (Problem(self._policy_name(), error.message, hint=error.hint),)
            log.warning("%s: %s", self.path, error.message)
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
            log.exception("%s could not be prepared", self.path)
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

    def _begin_progress(self) -> None:
        self._progress = self._show_progress()

    def _report(self, text: str) -> None:
        """Called from the thread that looks."""
        progress = self._progress
        if progress is not None:
            progress.report_from_thread(lambda: text)

    def _policy_name(self) -> str:
        path = self.policy_path or self.path / NAME
        return path.relative_to(self.path).as_posix() if path.is_relative_to(self.path) else str(path)

    def _look(self, last_good: Policy | None) -> Snapshot:
        return prepare(
            self.path,
            policy_path=self.policy_path,
            wanted=self._wanted,
            environment=self._environment,
            report=self._report,
            check_cancelled=self._token.check,
            last_good=last_good,
        )


def locate(path: Path, folders: tuple[Path, ...], home: Path | None = None) -> tuple[Path, str, bool] | None:
    """The workspace root of a file, the file's name in it, and whether it is the file's alone.

    A folder that the editor opened, when it has a policy of its own; else the git work tree around the file, as on
    the command line; else the folder that the editor opened; else the file's own folder, looked at for this file only.
    None for a file that has none: a new one, or one that lies in the home folder.
    """
    resolved = path.parent.resolve() / path.name
    inside = sorted(
        (folder.resolve() for folder in folders if resolved.is_relative_to(folder.resolve())),
        key=lambda folder: len(folder.parts),
        reverse=True,
    )
    for folder in inside:
        if find(folder) is not None:
            return folder, resolved.relative_to(folder).as_posix(), False
    top = next((folder for folder in resolved.parents if (folder / ".git").exists()), None)
    if top is None and inside:
        top = inside[0]
    if top is not None:
        return top, resolved.relative_to(top).as_posix(), False
    # A folder that holds everything else is nobody's workspace, and walking it would take minutes.
    whole = resolved.parent.parent == resolved.parent or resolved.parent == home
    if whole or not resolved.is_file():
        return None
    return resolved.parent, resolved.name, True
