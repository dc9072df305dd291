"""The differences between pairs of blobs, from git's own diff, many at a time.

Blame's lines follow git's diff down to its heuristics, so git makes the diffs, with the settings of `git blame -w`:
a line that only got other white space, or another line ending, is the same line. No git command compares a list of
blobs; two trees that hold the old and the new ones under the same names do it, in a throw-away object store.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from functools import partial

from whence.evidence.origins import trees
from whence.evidence.origins.prints import BLANKS, Prints, prints
from whence.quick import dataclass
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


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new text has in place of an old one."""

    hunks: Hunks = ()
    gone: Prints = field(default_factory=partial(prints, b""))
    """The old lines that the hunks took away, in order."""
    foreign: bool = False
    """Whether something else than ASCII has changed, so that a line may only have got another encoding."""

    def older(self, new: Prints) -> Prints:
        """The old text, from the new one."""
        out = prints(b"")
        at = taken = shift = 0
        for first, end, following in self.hunks:
            out += new[at : first - 1]
            count = end + following - first - shift
            out += self.gone[taken : taken + count]
            at, taken, shift = end - 1, taken + count, following
        return out + new[at:]

    @property
    def removed(self) -> list[tuple[int, int]]:
        """The numbers in the old text of the lines that are gone: (first, end) of each run, end exclusive."""
        out: list[tuple[int, int]] = []
        shift = 0
        for first, end, following in self.hunks:
            if first + shift < end + following:
                out.append((first + shift, end + following))
            shift = following
        return out

    @property
    def added(self) -> int:
        """How many lines only the new text has."""
        return sum(end - first for first, end, _ in self.hunks)


_SAME = Difference()


def differences(
    repository: Repository,
    pairs: Sequence[Pair],
    workers: int,
    check_cancelled: Callable[[], None],
    *,
    blanks: bool = False,
) -> dict[Pair, Difference | None]:
    """The difference of each pair; None where a blob is missing or too large to be anybody's text.

    `blanks`: white space counts. Needs a repository with a scratch store. Raises GitError.
    """
    found: dict[Pair, Difference | None] = dict.fromkeys(pairs)
    if not found:
        return found
    how = _DIFF if blanks else (*_DIFF, "-w")
    blobs = sorted({blob for pair in found for blob in pair})
    sizes = repository.sizes(blob.decode() for blob in blobs)
    bad = {blob for blob, size in zip(blobs, sizes, strict=True) if size is None or size > MAX_TEXT_BYTES}
    good = [pair for pair in found if bad.isdisjoint(pair)]
    check_cancelled()
    share = max(-(-len(good) // workers), _FEW)
    parts = [good[at : at + share] for at in range(0, len(good), share)]
    if len(parts) == 1:
        found.update(_compare(repository, how, parts[0]))
    elif parts:
        from concurrent.futures import ThreadPoolExecutor  # takes a while to load

        with ThreadPoolExecutor(workers) as pool:
            for part in pool.map(lambda part: dict(_compare(repository, how, part)), parts):
                found.update(part)
    return found


def _compare(
    repository: Repository, how: Sequence[str], pairs: Sequence[Pair]
) -> Iterator[tuple[Pair, Difference]]:
    sides = ([(b"100644", b"%08d" % n, pair[side]) for n, pair in enumerate(pairs)] for side in (0, 1))
    old, new = trees.write(repository, list(sides))
    out = repository.run(*how, old.decode(), new.decode()).translate(None, BLANKS)
    yield from ((pair, _SAME) for pair in pairs)
    for part in _files(out):
        yield pairs[int(part[:8])], _difference(part)


_FILE = b"diff--gita/"


def _files(out: bytes) -> Iterator[bytes]:
    """The part of each file: from its number to the next file. Lines of text never begin with `d`."""
    if out.startswith(_FILE):
        yield from (b"\n" + out).split(b"\n" + _FILE)[1:]


_AT = re.compile(rb"@@-(\d+)(?:,(\d+))?\+(\d+)(?:,(\d+))?@@")


def _difference(patch: bytes) -> Difference:
    """Read a patch that has no context, and no blanks either."""
    begin = patch.find(b"\n@@-")
    if begin < 0:
        return _SAME  # only white space differs
    lines = patch[begin + 1 :].split(b"\n")
    hunks: list[Hunk] = []
    gone: list[bytes] = []
    at = 0
    while at < len(lines) and (place := _AT.match(lines[at])):
        old, old_count, new, new_count = (1 if n is None else int(n) for n in place.groups())
        at += 1
        gone += lines[at : at + old_count]
        for count in (old_count, new_count):
            at += count
            at += lines[at : at + 1] != [] and lines[at].startswith(b"\\")  # no line feed at the file's end
        # Where a side has no lines git names the line before.
        first = new + (new_count == 0)
        end = first + new_count
        hunks.append((first, end, old + (old_count or 1) - end))
    lost = prints(b"\n".join(line[1:] for line in gone) + b"\n" if gone else b"")
    return Difference(tuple(hunks), lost, not patch.isascii() or b"\0" in patch)
