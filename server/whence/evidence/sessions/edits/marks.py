"""What a session's lines are known by while it may grow: 64 bits of each line's normal form, the same in every process.

Marks only tell lines of one session apart, so a fast hash does; what is matched later are digests (`matching.prints`).
Whole texts go through at once, as most of a transcript is text that was shown to the tool.
"""

from __future__ import annotations

from collections.abc import Sequence

from xxhash import xxh3_64_intdigest

from whence.text import normals


def marks(lines: Sequence[str]) -> list[int]:
    """The mark of each line; lines that differ in white space only have the same."""
    return list(map(xxh3_64_intdigest, normals(lines)))
