"""A team's key, and what digests become under it.

Digests of lines are not secret by themselves: whoever guesses a line can compute its digest. What leaves the machine is
therefore keyed: HMAC-SHA256 of the digest's eight bytes (little-endian) under the team's key, cut to eight bytes. Who has
the key can test guesses; nobody else can.
"""

from __future__ import annotations

import hashlib
import hmac
from array import array
from collections.abc import Iterable

from whence.quick import dataclass
from whence.text import counted

SHORTEST, LONGEST = 16, 4096
"""Bytes of a key. A shorter one can be tried out."""

_PURPOSE = b"whence.index-export/1 "


class BadKey(ValueError):  # noqa: N818 - says what was met
    """Not a key. The message says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was derived from what a team shares."""

    secret: bytes

    @staticmethod
    def of(shared: bytes) -> Key:
        """From the content of a key file or variable; white space at its ends counts nothing. Raises BadKey."""
        text = shared.strip()
        if len(text) < SHORTEST:
            raise BadKey(f"the key is too short: it has {counted(len(text), 'byte')}, and needs {SHORTEST}")
        if len(text) > LONGEST:
            raise BadKey(f"the key is too long: it has {len(text):,} bytes, and may have {LONGEST:,}")
        return Key(hashlib.sha256(_PURPOSE + text).digest())

    @property
    def name(self) -> bytes:
        """Eight bytes that tell this key from others, and nothing else of it."""
        return hmac.digest(self.secret, b"name", "sha256")[:8]

    def keyed(self, value: int) -> int:
        """A digest under the key."""
        return int.from_bytes(hmac.digest(self.secret, value.to_bytes(8, "little"), "sha256")[:8], "little")

    def all_keyed(self, values: Iterable[int]) -> array[int]:
        digest, secret = hmac.digest, self.secret
        return array(
            "Q",
            (
                int.from_bytes(digest(secret, value.to_bytes(8, "little"), "sha256")[:8], "little")
                for value in values
            ),
        )

    def seal(self) -> hmac.HMAC:
        """What a file is sealed with, piece by piece."""
        return hmac.new(self.secret, b"file ", "sha256")
