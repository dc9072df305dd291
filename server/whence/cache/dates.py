"""When the lines of files at HEAD came, kept from earlier looks: a file that no commit touched since has them from then.

To look for the dates of one file takes git nearly as long as to look for those of all, as a line may have come from a
file of any other name. What was found out serves all later looks that ask no further back.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Collection, Mapping

from whence.cache import place
from whence.cache.between import touching
from whence.cache.database import Database
from whence.cache.inputs import History
from whence.cache.lineages import Lineages
from whence.evidence import origins
from whence.repo import GitError, Repository
from whence.standing import Standing

_KIND = "dates of lines"


def remembered_times(
    repository: Repository,
    head: str,
    paths: Collection[str],
    since: float,
    environment: Mapping[str, str],
    check_cancelled: Callable[[], None],
) -> dict[str, tuple[float, ...]]:
    """As `evidence.origins.line_times`, but that lines that came earlier may have their own times. Raises GitError.

    An `environment` without a place for the user's cache has nothing remembered.
    """
    database = Database(place.file(environment, repository.common_dir))
    try:
        past = _past(repository, head) if database.usable else None
        if past is None:
            return origins.line_times(repository, head, paths, since, check_cancelled)
        memory = Lineages(database, past)
        names = {path: f"{past.hex()} {os.fsencode(path).hex()}" for path in paths}
        rows = memory.rows(_KIND, names.values())
        touched = touching(repository.whole(), head)
        found: dict[str, tuple[float, ...]] = {}
        for path, name in names.items():
            times = _times(rows[name], path, head, since, touched) if name in rows else None
            if times is not None:
                found[path] = times
        left = names.keys() - found.keys()
        troubles = GitError.made
        looked = origins.line_times(repository, head, left, since, check_cancelled) if left else {}
        if troubles == GitError.made:
            memory.keep_rows(_KIND, {names[path]: _row(head, since, looked[path]) for path in looked})
        return {**found, **looked}
    finally:
        database.close()


def _past(repository: Repository, head: str) -> bytes | None:
    """What git's answers about old commits rest on; None where git cannot tell."""
    try:
        return History.of(Standing.of(repository), head).past
    except GitError:
        return None


def _row(head: str, since: float, times: tuple[float, ...]) -> bytes:
    return f"{head} {since!r}\n".encode() + array("d", times).tobytes()


def _times(
    row: bytes, path: str, head: str, since: float, touched: Callable[[str], Collection[str] | None]
) -> tuple[float, ...] | None:
    """What was kept, where it holds at `head` as far back as is asked."""
    about, _, times = row.partition(b"\n")
    before, _, known = about.decode("ascii", "replace").partition(" ")
    try:
        if float(known) > since:
            return None
        if before != head:
            changed = touched(before)
            if changed is None or path in changed:
                return None
        found = array("d")
        found.frombytes(times)
        return tuple(found)
    except ValueError:
        return None
