"""Long work, each piece a function that another process can run: look at a workspace, scan it, read its reviews.

A job tells what is ready on the way by `tell`, and asks `check` now and then, which raises `Cancelled`. In a process of
its own it is simply ended.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from whence import wording, workspace
from whence.cache import Cache
from whence.cache.witness import Witness
from whence.engine import Snapshot, prepare, read_ledger
from whence.errors import Cancelled, Damaged, UserError
from whence.live.answering import Answer
from whence.live.answering import answer as record_answer
from whence.live.closed import closed
from whence.live.sealed import Sealed
from whence.live.stamps import Watch, sessions_since
from whence.live.values import Card, Face, Grounds, Preparation, Prepared, Scanned, Step
from whence.model import FileResult
from whence.repo import GitError, Repository
from whence.review import Ledger

log = logging.getLogger(__name__)

Tell = Callable[[Any], None]
Check = Callable[[], None]

TICK = 2.0
"""Seconds: the coarsest clock of a file system in use."""

PAUSE = 0.05
"""Seconds between two words about how far a job is."""


def prepare_workspace(tell: Tell, check: Check, ask: Preparation) -> Prepared:
    """Look at a workspace once; what was found out before and still holds is not looked for again.

    Tells its grounds, then sentences of progress. Raises UserError for a broken policy where there is no last good one.
    """
    try:
        return _look_at(tell, check, ask)
    except (UserError, Cancelled, OSError):
        raise
    except Exception as error:
        if not _mended(ask.environment, error):
            raise
    return _look_at(tell, check, ask)


def _mended(environment: Mapping[str, str], error: Exception) -> bool:
    """Whether something failed on a damaged index that has been begun anew since."""
    from whence.index import mend

    done = mend(environment, error)
    if done:
        log.warning("%s", done)
    return done is not None


def _look_at(tell: Tell, check: Check, ask: Preparation) -> Prepared:
    # Whoever is alone in its process may listen to what the file system is asked: that tells later, cheaply, whether
    # anything has changed. Elsewhere sessions are looked for again.
    witness = Witness() if threading.active_count() == 1 else None
    since = time.time() - TICK
    watch = Watch.of(ask.root, ask.policy_path, ask.environment)
    tell(Grounds(Sealed((watch, watch.look()))))
    cache = Cache.open(ask.root, watch.repository, ask.environment, witness)
    if cache is None:
        snapshot = _prepare(tell, check, ask, None)
    else:
        try:
            snapshot = _prepare(tell, check, ask, cache)
            for source in snapshot.prepared:
                _ = getattr(source, "answer", None)  # read back before the cache is closed
        finally:
            cache.close()
    facts = witness.facts if witness is not None and cache is not None else {}
    return Prepared(card_of(snapshot), Sealed(snapshot), Sealed(snapshot.policy), Sealed(facts), since)


def _prepare(tell: Tell, check: Check, ask: Preparation, cache: Cache | None) -> Snapshot:
    return prepare(
        ask.root,
        policy_path=ask.policy_path,
        wanted=ask.wanted,
        environment=ask.environment,
        report=tell,
        check_cancelled=check,
        last_good=ask.last_good.open(),
        cache=cache,
    )


def card_of(snapshot: Snapshot) -> Card:
    reviews = snapshot.ledger.not_measured
    return Card(
        policy=str(snapshot.policy_path) if snapshot.policy_path else None,
        policy_files=snapshot.policy.files if snapshot.policy else (),
        problems=snapshot.policy_problems,
        not_measured=tuple(wording.missing(gap) for gap in snapshot.not_measured if gap not in reviews),
        reviews=tuple(map(wording.missing, reviews)),
    )


def dates(
    tell: Tell, check: Check, root: Path, environment: Mapping[str, str], head: str, path: str
) -> tuple[float, ...] | None:
    """The author times of the lines of a file at a commit, None where git cannot tell."""
    from whence.cache.dates import remembered_times
    from whence.evidence.marks import AGENTS_BEGIN

    try:
        repository = Repository.open(root, environment)
        if repository is None:
            return None
        name = repository.to_repository(path)
        # What is typed later may ask for any of them.
        return remembered_times(repository, head, [name], AGENTS_BEGIN, environment, check).get(name)
    except GitError:
        return None


def reviews(
    tell: Tell, check: Check, whole: Sealed[Snapshot], environment: Mapping[str, str]
) -> tuple[Sealed[Ledger], tuple[str, ...]]:
    """The reviews as they stand on disk, and what is wrong with them."""
    snapshot = whole.open()
    ledger = read_ledger(snapshot.root, snapshot.policy, snapshot.settings.today, environment)
    return Sealed(ledger), tuple(map(wording.missing, ledger.not_measured))


def sessions(tell: Tell, check: Check, root: Path, environment: Mapping[str, str], since: float) -> bool:
    """Whether a tool has written a transcript of a session in this workspace after a moment (Unix seconds)."""
    return sessions_since(root, environment, since)


def answer(tell: Tell, check: Check, sealed: Sealed[Answer], environment: Mapping[str, str]) -> Path:
    """Record a user's answer; the review's file. Raises UserError where that cannot be."""
    given = sealed.open()
    return record_answer(given, environment)


def scan(
    tell: Tell, check: Check, whole: Sealed[Snapshot], ledger: Sealed[Ledger] | None, face: Face, jobs: int
) -> Scanned:
    """Analyse every file. Tells a `Closed` for each file with findings, and a `Step` now and then.

    `ledger` is what the reviews have become since the workspace was looked at.
    """
    snapshot = whole.open()
    if ledger is not None:
        snapshot = replace(snapshot, settings=replace(snapshot.settings, ledger=ledger.open()))
    told = 0.0

    def found(result: FileResult) -> None:
        if result.findings:
            tell(closed(snapshot, result, (snapshot.root / result.path).as_uri(), face))

    def progress(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= PAUSE or done == total:
            told = now
            tell(Step(done, total))

    try:
        result = workspace.scan(
            snapshot, workspace.Options(jobs=jobs), progress=progress, found=found, check_cancelled=check
        )
    except Damaged as error:
        if not _mended(snapshot.environment, error):
            raise
        why = "the index of what tools wrote was damaged, and has been begun anew"
        raise UserError(why, hint="scan once more") from error
    total = result.summary
    return Scanned(result.verdict.value, total.files, total.lines, total.attributed_lines, total.findings)


JOBS: Mapping[str, Callable[..., Any]] = {
    "prepare": prepare_workspace,
    "dates": dates,
    "reviews": reviews,
    "sessions": sessions,
    "answer": answer,
    "scan": scan,
}
