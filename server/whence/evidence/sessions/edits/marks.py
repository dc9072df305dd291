"""What a session's lines are known by while it may grow: 64 bits of each line's normal form, the same in every process.

Marks only tell lines of one session apart, so a fast hash does; what is matched later are digests (`matching.prints`).
Whole texts go through at once, as most of a transcript is text that was shown to the tool.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import filterfalse

from xxhash import xxh3_64_intdigest

from whence.text import normal

_WHITE = b" \t\r\x0b\x0c\x1c\x1d\x1e\x1f"
"""The white space among ASCII characters, as `str.split` has it, without the line feed."""

_WIDE = re.compile("[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
"""All other white space."""


def marks(lines: Sequence[str]) -> list[int]:
    """The mark of each line; lines that differ in white space only have the same."""
    text = "\n".join(lines)
    if not text.isascii() and _WIDE.search("".join(filterfalse(str.isascii, lines))):
        text = _WIDE.sub("", text)
    plain = text.encode("utf-8", "surrogatepass").translate(None, _WHITE).split(b"\n")
    if len(plain) != len(lines):  # a line feed inside a line
        plain = [normal(line).encode("utf-8", "surrogatepass") for line in lines]
    return list(map(xxh3_64_intdigest, plain))
