"""The differences between pairs of blobs, from git's own diff, many at a time.

Blame's lines follow git's diff down to its heuristics, so git makes the diffs, with blame's settings. No git
command compares a list of blobs; two trees that hold the old and the new ones under the same names do it, in a
throw-away object store.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from whence.evidence.origins import trees
from whence.repo import Repository
from whence.text import MAX_TEXT_BYTES

Pair = tuple[bytes, bytes]
"""The ids of an old and a new blob."""

Hunk = tuple[int, int, int]
"""Lines of the new text that are not of the old, and how the numbers shift behind them: (first, end, shift).

`first` up to but not including `end`; `shift` is old number minus new number of every line from `end` on, up to
the next hunk. A pure deletion has `first == end`.
"""

Hunks = tuple[Hunk, ...]

_DIFF = ("diff-tree", "-r", "-p", "-U0", "--inter-hunk-context=0", "--text", "--no-textconv", "--no-ext-diff",
         "--no-renames", "--indent-heuristic", "--diff-algorithm=default")  # fmt: skip

_FEW = 64

_KEPT = 20_000
_known: dict[Pair, Hunks] = {}
"""What was compared last, in all repositories (ids are of contents): sources ask for the same files in turn."""


def hunks(
    repository: Repository, pairs: Sequence[Pair], workers: int, check_cancelled: Callable[[], None]
) -> dict[Pair, Hunks | None]:
    """The hunks of each pair; None where a blob is missing or too large to be anybody's text.

    Needs a repository with a scratch store. Raises GitError.
    """
    found: dict[Pair, Hunks | None] = {pair: _known.get(pair) for pair in pairs}
    asked = [pair for pair, known in found.items() if known is None]
    if not asked:
        return found
    blobs = sorted({blob for pair in asked for blob in pair})
    sizes = repository.sizes(blob.decode() for blob in blobs)
    bad = {blob for blob, size in zip(blobs, sizes, strict=True) if size is None or size > MAX_TEXT_BYTES}
    good = [pair for pair in asked if bad.isdisjoint(pair)]
    check_cancelled()
    share = max(-(-len(good) // workers), _FEW)
    parts = [good[at : at + share] for at in range(0, len(good), share)]
    if len(parts) == 1:
        found.update(_compare(repository, parts[0]))
    elif parts:
        with ThreadPoolExecutor(workers) as pool:
            for part in pool.map(lambda part: dict(_compare(repository, part)), parts):
                found.update(part)
    if len(_known) + len(good) > _KEPT:
        _known.clear()
    _known.update((pair, known) for pair in good[:_KEPT] if (known := found[pair]) is not None)
    return found


def _compare(repository: Repository, pairs: Sequence[Pair]) -> Iterator[tuple[Pair, Hunks]]:
    sides = ([(b"100644", b"%08d" % n, pair[side]) for n, pair in enumerate(pairs)] for side in (0, 1))
    old, new = trees.write(repository, list(sides))
    out = repository.run(*_DIFF, old.decode(), new.decode())
    yield from ((pair, ()) for pair in pairs)
    for part in _files(out):
        yield pairs[int(part[:8])], tuple(_hunks(part))


def _files(out: bytes) -> Iterator[bytes]:
    """The part of each file: from its number to the next file. Lines of text never begin with `d`."""
    if out.startswith(b"diff --git a/"):
        yield from (b"\n" + out).split(b"\ndiff --git a/")[1:]


_AT = re.compile(rb"-(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def _hunks(patch: bytes) -> Iterator[Hunk]:
    """Read the places of a patch without context."""
    for part in patch.split(b"\n@@ ")[1:]:
        at = _AT.match(part)
        assert at is not None
        old, old_count, new, new_count = (1 if n is None else int(n) for n in at.groups())
        # Where a side has no lines git names the line before.
        old_end = old + (old_count or 1)
        first = new + (new_count == 0)
        end = first + new_count
        yield first, end, old_end - end
