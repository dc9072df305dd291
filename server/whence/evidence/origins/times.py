"""When the lines of files came: the author time of the commit that wrote each."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection

from whence.evidence.origins.trace import Question, Trace, files_at
from whence.repo import GitError, Repository


def _nothing() -> None: ...


def line_times(
    repository: Repository,
    head: str,
    paths: Collection[str],
    since: float,
    check_cancelled: Callable[[], None] = _nothing,
) -> dict[str, tuple[float, ...]]:
    """The author time (Unix seconds) of each line of some files (repository paths) at `head` (a full id).

    Only lines that came at `since` (Unix seconds) or later are followed, so the work is that of the commits since
    then; all others have one time just before it. A long line that moved within its file keeps its time even where it
    moved alone: an older time accuses nobody. Files that are not at `head`, or of which some lines cannot be followed,
    have no answer. What a shallow clone cuts off seems to come with the commit at its edge. Raises GitError.
    """
    names = {os.fsencode(path): path for path in paths}
    blobs = {path: blob for path, blob in files_at(repository, head).items() if path in names}
    contents = repository.blobs(blob.decode() for blob in blobs.values())
    counts = {
        names[path]: content.count(b"\n") + (content[-1:] not in (b"\n", b""))
        for path, content in zip(blobs, contents, strict=True)
        if content is not None
    }
    came = _authored(repository, head, since)
    if not came or not counts:
        return {path: (_before(since),) * count for path, count in counts.items()}
    wanted = frozenset(came)
    question = Question(head, wanted, 1, frozenset(), frozenset(blobs), check_cancelled)
    try:
        with repository.scratch() as scratch:
            trace = Trace(scratch, question, None, None)
            trace.run()
    except OSError as error:
        raise GitError(str(error)) from error
    lost = {os.fsdecode(trace.versions.files[file]) for file in trace.lost}
    origins = trace.origins()
    found: dict[str, tuple[float, ...]] = {}
    for path, count in counts.items():
        times = [_before(since)] * count
        for run in origins.get(path, ()):
            times[run.start - 1 : run.end] = [came[run.commit.encode()]] * run.length
        if path not in lost:
            found[path] = tuple(times)
    return found


_CLEAR = 1e9
"""Unix seconds; git takes a much smaller number for something else than a moment."""


def _before(since: float) -> float:
    return max(since - 1.0, 1.0)


def _authored(repository: Repository, head: str, since: float) -> dict[bytes, float]:
    """The author times of the commits behind `head` that were authored at a moment or later.

    Nothing is committed before it is authored, so git stops where commits are older: not reading all of a long history
    is worth that lines behind a commit whose clock was wrong can seem older than they are.
    """
    bound = [f"--since={int(since)}"] if since >= _CLEAR else []
    out = repository.run(
        "log", "--no-decorate", "--format=tformat:%H %at", *bound, "--end-of-options", head, "--"
    )
    fields = (line.split() for line in out.splitlines())
    times = {commit: float(rest[0]) for commit, *rest in fields if rest}
    return {commit: time for commit, time in times.items() if time >= since}
