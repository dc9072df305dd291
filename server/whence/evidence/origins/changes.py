"""What commits changed, as git's raw diff output says it (`git diff-tree --raw -z`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from whence.repo import Repository

Change = tuple[bytes, bytes]
"""git's words on one changed path, and the path."""

_RAW = ("diff-tree", "--stdin", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--root", "--always")
_WORDS = "--format=%H%x00 %B"
"""The blank stands before a message that is empty. An empty line follows, before what has changed."""


def status(change: Change) -> bytes:
    """`A`, `M`, `D` or `T` (another kind of file)."""
    return change[0][-1:]


def old_blob(change: Change) -> bytes:
    meta = change[0]
    return meta[15 : 15 + (len(meta) - 18 >> 1)]


def new_blob(change: Change) -> bytes:
    meta = change[0]
    return meta[16 + (len(meta) - 18 >> 1) : -2]


def is_file(change: Change) -> bool:
    """Whether the newer side (for a deletion the older) is a regular file."""
    meta = change[0]
    return (meta[1:3] if meta[-1:] == b"D" else meta[8:10]) == b"10"


def was_file(change: Change) -> bool:
    """Whether the older side is a regular file."""
    return change[0][1:3] == b"10"


def changes(
    repository: Repository,
    asked: Sequence[tuple[bytes, ...]],
    check_cancelled: Callable[[], None],
    said: list[bytes] | None = None,
    *,
    paths: Collection[bytes] = (),
) -> Iterator[list[Change]]:
    """For each `(commit,)` its changes to its parent, for each `(commit, parent)` those to that parent, in order.

    `said` gains the message of each commit, if all are asked alone. With `paths` only those to them.
    """
    if not asked:
        return
    feed = (b" ".join(line) + b"\n" for line in asked)
    how = [*_RAW, *([] if said is None else [_WORDS])]
    with repository.stream(*how, "--", *map(os.fsdecode, paths), feed=feed) as out:
        current: list[Change] | None = None
        for number, token in enumerate(tokens := _tokens(iter(lambda: out.read(1 << 16), b""))):
            if number % 4096 == 0:
                check_cancelled()
            if token.startswith((b":", b"\n:")):
                assert current is not None
                current.append((token.lstrip(b"\n"), next(tokens)))
            else:
                if current is not None:
                    yield current
                current = []
                if said is not None:
                    said.append(next(tokens))
        if current is not None:
            yield current


def combined(
    repository: Repository, merges: Sequence[bytes], check_cancelled: Callable[[], None]
) -> dict[bytes, list[Combined]]:
    """The paths of each merge that differ from all of its parents; merges without any are left out."""
    found: dict[bytes, list[Combined]] = {}
    if not merges:
        return found
    feed = (merge + b"\n" for merge in merges)
    with repository.stream(*_RAW, "-c", feed=feed) as out:
        merge = b""
        for number, token in enumerate(tokens := _tokens(iter(lambda: out.read(1 << 16), b""))):
            if number % 4096 == 0:
                check_cancelled()
            if token.startswith(b":"):
                found.setdefault(merge, []).append(Combined(token, next(tokens)))
            else:
                merge = token
    return found


class Combined:
    """A path that differs from all parents of a merge."""

    __slots__ = ("blob", "is_file", "old", "path", "statuses")

    def __init__(self, meta: bytes, path: bytes) -> None:
        parents = len(meta) - len(meta.lstrip(b":"))
        fields = meta[parents:].split(b" ")
        self.path = path
        self.blob = fields[2 * parents + 1]
        self.old = fields[parents + 1 : 2 * parents + 1]
        """The blob in each parent."""
        self.is_file = fields[parents].startswith(b"10")
        self.statuses = [
            b"T" if kind == ord("M") and mode[:2] != fields[parents][:2] else bytes([kind])
            for mode, kind in zip(fields, fields[-1], strict=False)
        ]
        """For each parent a letter as in a `Change`."""

    def as_new(self) -> Change:
        """The path as if it were new."""
        mode = b"100644" if self.is_file else b"120000"
        return b":000000 %s %s %s A" % (mode, b"0" * len(self.blob), self.blob), self.path


def _tokens(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The parts between NUL bytes; empty ones are left out (no path is empty)."""
    rest: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\0")
        rest.append(first)
        if others:
            yield from filter(None, (b"".join(rest), *others[:-1]))
            rest = others[-1:]
    if last := b"".join(rest):
        yield last
