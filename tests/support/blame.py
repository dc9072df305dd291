"""git's own blame of single files: what line origins are held against."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterator

from support.git import Repo

Line = tuple[str, int, str, str, int]
"""Path and line at HEAD, commit, path and line there."""


def blame(
    repo: Repo, head: str, path: str, ignored: Collection[str] = (), *how: str
) -> Iterator[tuple[Line, float]]:
    """Each line of a file as `git blame -w` sees it, in no order, with its commit's author time (Unix seconds).

    `ignored` commits are looked through where git can guess what their lines were before.
    """
    times: dict[str, float] = {}
    commit, original, start, length = "", 0, 0, 0
    command = [
        *("git", "-C", str(repo.path), "-c", "diff.indentHeuristic=true", "-c", "core.quotePath=false"),
        *("blame", "-w", "--incremental", "--root", "--no-textconv", *how),
        *(f"--ignore-rev={one}" for one in ignored),
    ]
    done = subprocess.run([*command, head, "--", path], capture_output=True, env=repo.environment, check=True)
    for line in done.stdout.split(b"\n"):
        key, _, value = line.partition(b" ")
        if key == b"filename":
            name = os.fsdecode(unquote(value))
            for n in range(length):
                yield (path, start + n, commit, name, original + n), times[commit]
        elif key == b"author-time":
            times[commit] = float(value)
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
