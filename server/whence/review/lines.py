"""From text to what a review stores of it: a digest for each line under review and for the lines near them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from whence.ranges import Lines, each, intersect
from whence.review.values import BREAK, CONTEXT_MARK
from whence.text import digest, normal

CONTEXT = 4
"""Non-blank lines stored on either side of each reviewed run; enough to find a lone `return None` again."""

DIGEST_BYTES = 16
"""Whoever writes the lines could otherwise look for a harmless line that collides with a harmful one."""


@lru_cache(maxsize=65_536)
def fingerprint(line: str) -> str:
    """The hex digest of one line's normal form, `""` for a blank line."""
    return digest(line, DIGEST_BYTES).hex() if line and not line.isspace() else ""


@lru_cache(maxsize=65_536)
def weight(line: str) -> int:
    """How much a line says: its letters and digits, up to 60 (longer ones prove no more)."""
    return min(60, sum(map(str.isalnum, line[:400])))


def region_digest(text: Sequence[str]) -> str:
    """`sha256:` of the normal form of some lines, blank ones left out."""
    whole = "\n".join(form for form in map(normal, text) if form)
    return "sha256:" + hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def sequence(text: Sequence[str], lines: Lines) -> tuple[str, ...]:
    """The stored sequence for the lines under review; empty when all of them are blank or outside `text`."""
    digests = [(number, fingerprint(line)) for number, line in enumerate(text, start=1)]
    solid = [(number, value) for number, value in digests if value]
    asked = set(each(intersect(lines, ((1, len(text)),))))
    reviewed = [number in asked for number, _ in solid]
    keep = [False] * len(solid)
    for place, wanted in enumerate(reviewed):
        if wanted:
            first, last = max(0, place - CONTEXT), min(len(solid), place + CONTEXT + 1)
            keep[first:last] = [True] * (last - first)
    out: list[str] = []
    for place, (_, value) in enumerate(solid):
        if not keep[place]:
            if out and out[-1] != BREAK:
                out.append(BREAK)
            continue
        out.append(value if reviewed[place] else CONTEXT_MARK + value)
    while out and out[-1] == BREAK:
        out.pop()
    return tuple(out) if any(reviewed) else ()
