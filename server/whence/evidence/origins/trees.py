"""Trees of our own, to put questions to git that it only answers about trees.

They go into a repository's scratch store as one pack: a file for each would cost more than the answers.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Sequence

from whence.repo import Repository

Entry = tuple[bytes, bytes, bytes]
"""Mode (`100644` a file, `40000` a folder), name, object id in hexadecimal."""


def write(repository: Repository, trees: Sequence[Sequence[Entry]]) -> list[bytes]:
    """Write trees, each with its entries in git's order; their ids in hexadecimal. Raises GitError.

    Needs a repository with a scratch store. The objects that entries name need not be there.
    """
    bodies = [
        b"".join(b"%s %s\0%s" % (mode, name, bytes.fromhex(id_.decode())) for mode, name, id_ in tree)
        for tree in trees
    ]
    digest = hashlib.sha256 if _length(trees) == 64 else hashlib.sha1
    ids = [digest(b"tree %d\0" % len(body) + body).hexdigest().encode() for body in bodies]
    unique = dict(zip(ids, bodies, strict=True))
    pack = b"PACK" + struct.pack(">II", 2, len(unique)) + b"".join(map(_packed, unique.values()))
    repository.run("index-pack", "--stdin", feed=pack + digest(pack).digest())
    return ids


def _length(trees: Iterable[Sequence[Entry]]) -> int:
    return next((len(entry[2]) for tree in trees for entry in tree), 40)


def _packed(body: bytes) -> bytes:
    """A tree as packs hold it: kind and size in groups of seven bits, the lowest four first; then deflated."""
    size = len(body)
    head = bytearray([2 << 4 | size & 15])
    size >>= 4
    while size:
        head[-1] |= 0x80
        head.append(size & 0x7F)
        size >>= 7
    return bytes(head) + zlib.compress(body, 1)
