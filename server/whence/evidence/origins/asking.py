"""Questions about lines at HEAD, and what is missing to answer them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection

from whence import regular
from whence.evidence.origins.model import Base, Known, Origins
from whence.evidence.origins.patches import differences
from whence.evidence.origins.trace import WORKERS, Question, Trace
from whence.evidence.origins.walk import Walk
from whence.linemap import MOVED_LINES
from whence.model import EvidenceClass, NotMeasured
from whence.repo import GitError, Repository

UNSHALLOW = "git fetch --unshallow"


def _nothing() -> None: ...


def line_origins(
    repository: Repository,
    head: str,
    commits: Collection[str],
    paths: Collection[str] | None = None,
    check_cancelled: Callable[[], None] = _nothing,
    *,
    moves: bool = True,
    based: Collection[str] = (),
    known: Known | None = None,
    ahead: Walk | None = None,
) -> Origins:
    """Find the lines at `head` (a full id) that `commits` (full ids) wrote, in all files or only in `paths`.

    What a commit only re-indented or converted was there before, as for `git blame -w`; with `moves` so is what it
    moved within the file, and what one of `commits` copied there. For those `based` the answer has the blobs that
    they changed. `known` is what an earlier look found for the same commits, as far as they are behind its own, and
    `ahead` what came since. Never raises GitError: what git cannot tell is listed as not measured.
    """
    wanted = set(commits)
    missing: list[NotMeasured] = []
    cut = wanted & boundaries(repository)
    if cut:
        missing.append(_boundary(cut))
        wanted -= cut
    if not wanted:
        return Origins({}, tuple(missing))
    question = Question(
        head,
        frozenset(commit.encode() for commit in wanted),
        MOVED_LINES if moves else 0,
        frozenset(commit.encode() for commit in based),
        None if paths is None else frozenset(map(os.fsencode, paths)),
        check_cancelled,
    )
    try:
        with repository.scratch() as scratch:
            trace = Trace(scratch, question, known, ahead)
            trace.run()
    except (GitError, OSError) as error:
        missing.append(NotMeasured("git-history", str(error), evidence_class=EvidenceClass.DECLARED))
        return Origins({}, tuple(missing))
    missing += trace.not_measured()
    return Origins(trace.origins(), tuple(missing), trace.bases, trace.to_keep() if not missing else None)


def added(
    repository: Repository,
    bases: Collection[Base],
    check_cancelled: Callable[[], None] = _nothing,
) -> dict[Base, int]:
    """How many lines each new blob has that the old one has not, white space counted. Raises GitError."""
    if not bases:
        return {}
    pairs = [(base.old, base.new) for base in bases]
    with repository.scratch() as scratch:
        found = differences(scratch, pairs, WORKERS, check_cancelled, blanks=True)
    return {
        base: difference.added
        for base, pair in zip(bases, pairs, strict=True)
        if (difference := found[pair]) is not None
    }


def boundaries(repository: Repository) -> frozenset[str]:
    """The commits at which a shallow clone was cut. All lines there seem theirs: none can be believed."""
    listed = regular.content(repository.common_dir / "shallow") or b""
    return frozenset(listed.decode("ascii", "replace").split())


def _boundary(cut: Collection[str]) -> NotMeasured:
    some = ", ".join(sorted(commit[:12] for commit in cut)[:3])
    return NotMeasured(
        "git-history",
        f"shallow clone: the lines of {len(cut)} marked commit(s) at its edge cannot be told ({some})",
        hint=UNSHALLOW,
        evidence_class=EvidenceClass.DECLARED,
    )
