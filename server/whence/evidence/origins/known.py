"""What an earlier look knew, and where it holds: line origins at one commit serve for every commit near it.

Origins of a file's lines are a matter of the commits behind it alone. So what is known at one commit holds at another
for each file that the first has from the second as it is; which these are `versions` can tell without a look at a line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from whence.evidence.origins.lines import Piece
from whence.evidence.origins.model import Known, Run
from whence.evidence.origins.versions import versions
from whence.evidence.origins.walk import Walk, down_to
from whence.repo import Repository

MOST = 4000
"""Commits between two that are near each other; over more of them a look at everything costs no more."""


class There:
    """What is known at one commit near the known one."""

    def __init__(
        self,
        repository: Repository,
        known: Known,
        head_files: Callable[[str], Mapping[bytes, bytes]],
        commit: bytes,
        check_cancelled: Callable[[], None],
    ) -> None:
        self._known = known
        self._names: Mapping[bytes, str] | None = None
        """By path at the commit: what the file is called at the known commit; None: the same."""
        if commit.decode() != known.commit:
            self._names = _unchanged(repository, known, head_files(known.commit), commit, check_cancelled)

    def name(self, path: bytes) -> str | None:
        """The file's path at the known commit; None where it is not the same file there."""
        if self._names is None:
            return os.fsdecode(path)
        return self._names.get(path)


def _unchanged(
    repository: Repository,
    known: Known,
    files: Mapping[bytes, bytes],
    commit: bytes,
    check_cancelled: Callable[[], None],
) -> dict[bytes, str]:
    """The files that the known commit has from another as they are, by their paths there."""
    walk: Walk | None = down_to(repository, known.commit, commit.decode(), MOST)
    if walk is None or commit not in walk.edge:
        return {}
    before = {os.fsencode(path) for path in known.reached}
    made = versions(repository, walk, (), files, check_cancelled, before, None)
    out: dict[bytes, str] = {}
    for path, slots in made.arrived.get(commit, {}).items():
        own = next((slot for slot in slots if slot < len(made.files)), None)
        if own is not None:
            out[path] = os.fsdecode(made.files[own])
    return out


def through(pieces: Sequence[Piece], runs: Sequence[Run]) -> list[tuple[int, Run]]:
    """Lines that came to a file of which the runs are known: (file at HEAD, run) for what of them is wanted.

    Both are sorted and do not overlap.
    """
    found: list[tuple[int, Run]] = []
    at = 0
    for start, count, file, head in pieces:
        while at < len(runs) and runs[at].end < start:
            at += 1
        for number in range(at, len(runs)):
            run = runs[number]
            low, high = max(run.start, start), min(run.end + 1, start + count)
            if low >= high:
                break
            shift = low - run.start
            found.append(
                (
                    file,
                    Run(
                        head + low - start,
                        high - low,
                        run.commit,
                        run.original_path,
                        run.original_start + shift,
                    ),
                )
            )
    return found
