"""One line as a digest, and what is known of a written one."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from hashlib import blake2b

from whence.text import MAX_LINE_CHARACTERS, digest, normals

INFORMATIVE, COMMON, BLANK_BEFORE, IDIOM, OLD, BEFORE_TELLS, AFTER_TELLS = 1, 2, 4, 8, 32, 64, 128
"""What is known of a written line. INFORMATIVE, BLANK_BEFORE and IDIOM are kept in prints, and so is of a block's first
line whether the line before it tells something, of its last whether the one after it does. The others are learned from
the workspace: COMMON, many of its files hold the line; OLD, the repository had it before the tool wrote it."""

NO_LINE = 0
"""The digest that equals none, of lines too long to be compared."""


def value_of(line: str) -> int:
    """The digest of one line."""
    return NO_LINE if len(line) > MAX_LINE_CHARACTERS else int.from_bytes(digest(line), "little")


def values_of(lines: Sequence[str], forms: Sequence[bytes] | None = None) -> array[int]:
    """The digests of many lines, sooner than one by one; `forms` are their `text.normals`, where these are known."""
    known = normals(lines) if forms is None else forms
    found: array[int] = array("Q")
    found.frombytes(b"".join([blake2b(form, digest_size=8).digest() for form in known]))
    if sys.byteorder == "big":
        found.byteswap()
    if max(map(len, lines), default=0) > MAX_LINE_CHARACTERS:
        for at, line in enumerate(lines):
            if len(line) > MAX_LINE_CHARACTERS:
                found[at] = NO_LINE
    return found


CLOCK_SLACK = 300.0
"""Seconds by which a commit may seem older than the text in it: clocks of two machines, a commit while writing."""
