"""Find the text that an Agent Trace record speaks of.

A record's line numbers are those of a work tree that nobody kept: somewhere between the commit that was checked
out and the next one. A content hash settles it: where the text with that hash stands, there the claim holds, also
when it has moved. Without one, the numbers are believed only for lines that the next commit of that file added
(or, before there is one, for lines that are not committed yet), and only when most of the range is such lines.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

from whence.evidence.murmur3 import murmur3_32, murmur3_x64_128
from whence.quick import dataclass
from whence.ranges import Lines, from_lines, intersect

Check = Callable[[bytes], bool]

MOST = 0.5
"""The share of an unverified range that must be new; less means that the numbers have shifted."""

MOVED_CHARACTERS = 30
"""Shorter text is found by chance in many places: it counts only where the record says."""


@dataclass
class Budget:
    """Bytes that may still be hashed to find moved text: murmur3 does 12 MB/s here."""

    left: int = 24_000_000
    spent: bool = False
    """Whether a search was cut short."""


def checker(content_hash: str | None) -> tuple[Check | None, bool]:
    """A test of text against a recorded hash, and whether a mismatch proves that the text is another.

    None where the notation is not known. The specification names no algorithm and no normal form of the text:
    proof takes the two notations that are known to be made of lines joined by line feeds.
    """
    found = re.fullmatch(
        r"(murmur3|sha256):([0-9a-f]{8}|[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64})", content_hash or ""
    )
    if found is None:
        return None, False
    kind, digest = found.groups()
    if kind == "murmur3" and len(digest) == 32:
        return lambda text: f"{murmur3_x64_128(text):032x}" == digest, True
    if kind == "murmur3" and len(digest) == 8:
        return lambda text: f"{murmur3_32(text):08x}" == digest, False
    if kind == "sha256" and len(digest) >= 16:
        return lambda text: hashlib.sha256(text).hexdigest().startswith(digest), len(digest) == 64
    return None, False


def find(
    check: Check, text: Sequence[bytes], start: int, end: int, new: Lines, budget: Budget
) -> tuple[int, int] | None:
    """Where lines with the recorded hash stand in `text`: as recorded, else nearest to it; None: nowhere.

    `new` are the lines that the tool can have written at all; a place without any of them is none.
    """
    size = end - start + 1
    for first in _places(start, size, len(text), new):
        window = text[first - 1 : first - 1 + size]
        cost = sum(map(len, window))
        if cost > budget.left:
            budget.spent = True
            return None
        if first != start:
            budget.left -= cost
        joined = b"\n".join(window)
        if first != start and len(b"".join(joined.split())) < MOVED_CHARACTERS:
            continue
        if check(joined) or (b"\r" in joined and check(joined.replace(b"\r\n", b"\n").removesuffix(b"\r"))):
            return first, first + size - 1
    return None


def _places(start: int, size: int, count: int, new: Lines) -> list[int]:
    """First lines of the windows of `size` lines that hold a new line, nearest to `start` first."""
    places = {
        first for low, high in new for first in range(max(low - size + 1, 1), min(high, count - size + 1) + 1)
    }
    return sorted(places, key=lambda first: abs(first - start))


def mostly(start: int, end: int, new: Lines) -> Lines:
    """The new lines of an unverified range; nothing when they are not most of it."""
    here = intersect(((start, end),), new)
    count = sum(last - first + 1 for first, last in here)
    return here if count >= MOST * (end - start + 1) else ()


def resolve(path: str, known: Sequence[str], roots: Sequence[str]) -> str | None:
    """The path among `known` (sorted) that an absolute path of another machine means; None: none of ours.

    The longest tail counts, when the folder before it is called as one of `roots` or it has three parts.
    """
    parts = [part for part in path.split("/") if part]
    for at in range(len(parts)):
        tail = "/".join(parts[at:])
        place = bisect_left(known, tail)
        if place < len(known) and known[place] == tail:
            named = at > 0 and parts[at - 1] in roots
            return tail if named or len(parts) - at >= 3 else None
    return None


def added(patch: bytes) -> Lines:
    """The lines that a patch of one file without context adds, by their new numbers."""
    found: list[int] = []
    for match in re.finditer(rb"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", patch, re.MULTILINE):
        first, count = int(match[1]), int(match[2] or 1)
        found.extend(range(first, first + count))
    return from_lines(found)
