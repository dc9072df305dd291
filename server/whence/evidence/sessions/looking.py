"""What a transcript looks like: whether it is the one that was read before, and whether it only grew."""

from __future__ import annotations

from enum import Enum
from hashlib import blake2b
from typing import IO

from whence.evidence.sessions.interface import Transcript
from whence.evidence.sessions.stores.streams import stored
from whence.index import Identity, Known, Look

HEAD = 4096
"""Bytes at the beginning by which a file is known again: a session's first record has its id and time."""

SEAM = 512
"""Bytes before the place where reading goes on: the end of the last record, with its id."""


class Fate(Enum):
    """What became of a file since it was read."""

    GROWN = "grown"
    REWRITTEN = "rewritten"
    """Its beginning is the same, but not all that was read."""
    REPLACED = "replaced"


def identity(source: str, transcript: Transcript) -> Identity:
    """Which transcript it is. One that a repository keeps is the repository's: its name is no path."""
    path = str(transcript.path)
    if transcript.blobs is not None:
        path = f"{transcript.blobs.repository.common_dir}/{path}"
    return Identity(source, path, transcript.part)


def inode(transcript: Transcript) -> str:
    """Device and inode, or the objects that hold it; empty where they say nothing."""
    if transcript.blobs is not None:
        return "objects:" + blake2b("\n".join(transcript.blobs.ids).encode(), digest_size=16).hexdigest()
    try:
        status = transcript.path.lstat()
    except (OSError, ValueError):
        return ""
    return f"{status.st_dev}:{status.st_ino}" if status.st_ino else ""


def same(transcript: Transcript, known: Known) -> bool:
    """Whether nothing can have been added since it was read, as far as names, sizes and times tell."""
    look = known.look
    if transcript.blobs is not None:
        return look.inode == inode(transcript)
    if known.gone is not None or (look.size, look.changed) != (transcript.size, transcript.changed):
        return False
    # Of a session whose tool keeps no times only the whole file's tell.
    return bool(transcript.changed) or look.inode == _stamp(transcript)


def look(transcript: Transcript, offset: int = 0) -> Look:
    """How it looks now, a file of its own with digests of its head and of what stands before `offset`.

    Raises OSError.
    """
    if transcript.part or transcript.blobs is not None:
        timeless = not transcript.changed and transcript.blobs is None
        name = _stamp(transcript) if timeless else inode(transcript)
        return Look(transcript.size, transcript.changed, name)
    with stored(transcript.path) as stream:
        head, size = _digest(stream, 0, HEAD)
        seam, width = _digest(stream, offset - min(offset, SEAM), min(offset, SEAM))
    return Look(transcript.size, transcript.changed, inode(transcript), head, size, seam, width)


def fate(transcript: Transcript, known: Known) -> Fate:
    """Compare a file of its own with what is known of it. Raises OSError."""
    before, offset = known.look, known.position.offset
    with stored(transcript.path) as stream:
        if _digest(stream, 0, before.head_size) != (before.head, before.head_size):
            return Fate.REPLACED
        seam = (before.seam, before.seam_size)
        if _digest(stream, offset - before.seam_size, before.seam_size) != seam:
            return Fate.REWRITTEN
    return Fate.GROWN


def _stamp(transcript: Transcript) -> str:
    try:
        status = transcript.path.stat()
    except (OSError, ValueError):
        return ""
    return f"at:{status.st_size}:{status.st_mtime_ns}"


def _digest(stream: IO[bytes], at: int, size: int) -> tuple[bytes, int]:
    """Of at most `size` bytes from `at` on, and how many there were."""
    stream.seek(max(0, at))
    data = stream.read(size)
    return blake2b(data, digest_size=16).digest(), len(data)
