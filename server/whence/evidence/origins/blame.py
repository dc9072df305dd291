"""git's own blame of single files: for the times of all lines of one file, for files that a commit went over which
the project wants ignored (git guesses lines there in a way of its own), and as the reference in tests.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from whence.evidence.origins.ignored import ignored
from whence.evidence.origins.model import Run
from whence.linemap import MOVED_CHARACTERS
from whence.repo import Repository

_BLAME = ("-c", "blame.ignoreRevsFile=", "-c", "diff.indentHeuristic=true", "blame", "-w")


def blame(
    repository: Repository,
    head: str,
    path: str,
    ignored: Collection[bytes] = (),
    *,
    moves: bool = True,
    since: float | None = None,
) -> Iterator[tuple[Run, float]]:
    """The runs of one file as `git blame -w` sees them, in no order, each with its commit's author time.

    `ignored` commits are looked through where git can guess what their lines were before. `moves`: lines that moved
    within the file keep their origin, by git's own rule for them. `since` (Unix seconds): lines that were there before
    have that time at most, and some commit or other that is as old.
    """
    times: dict[str, float] = {}
    commit, original, start, length = "", 0, 0, 0
    through = (f"--ignore-rev={commit.decode()}" for commit in ignored)
    how = (*_BLAME, "--incremental", "--root", "--no-textconv", *through)
    if moves:
        how += (f"-M{MOVED_CHARACTERS}",)
    if since is not None:
        how += (f"--max-age={max(int(since), 0)}",)
    with repository.stream(*how, head, "--", path) as out:
        for line in out:
            key, _, value = line.rstrip(b"\n").partition(b" ")
            if key == b"filename":
                name = os.fsdecode(unquote(value))
                yield Run(start, length, commit, name, original), times[commit]
            elif key == b"author-time":
                times[commit] = float(value)
            elif key == b"boundary" and since is not None:
                times[commit] = min(times[commit], since)
            elif len(key) >= 40 and not key.strip(b"0123456789abcdef"):
                commit = key.decode()
                original, start, length = (int(number) for number in value.split())


_ESCAPES = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}


def unquote(name: bytes) -> bytes:
    """A path as git prints it in text output (C quoting inside double quotes when it needs any)."""
    if len(name) < 2 or not (name.startswith(b'"') and name.endswith(b'"')):
        return name
    out = bytearray()
    at, end = 1, len(name) - 1
    while at < end:
        byte = name[at : at + 1]
        if byte != b"\\":
            out += byte
            at += 1
            continue
        follow = name[at + 1 : at + 2]
        if follow in _ESCAPES:
            out.append(_ESCAPES[follow])
            at += 2
        else:
            out.append(int(name[at + 1 : at + 4], 8) & 0xFF)
            at += 4
    return bytes(out)


def line_times(repository: Repository, head: str, path: str, since: float | None = None) -> tuple[float, ...]:
    """The author time (Unix seconds) of each line of one file (repository path) at `head`.

    Where it only matters which lines came after a moment, `since` keeps git from looking any further back: all other
    lines then have that time at most, which in a long history takes a hundredth of the work. Raises GitError when the
    file is not there or its history cannot be read.
    """
    through = ignored(repository, head)
    found = [
        (run.start, run.length, time) for run, time in blame(repository, head, path, through, since=since)
    ]
    found.sort()
    return tuple(time for _, length, time in found for _ in range(length))
