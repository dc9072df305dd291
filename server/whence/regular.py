"""Files that anybody may have put there, opened only if they are files.

A named pipe keeps whoever opens it waiting for ever, a device can be read without end.
"""

from __future__ import annotations

import os
import stat

MOST_BYTES = 64 * 1024 * 1024
"""A larger file of patterns, names or settings is nobody's work."""

_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)


def content(place: str | os.PathLike[str], most: int = MOST_BYTES) -> bytes | None:
    """A regular file's bytes, links to it followed; None where there is none, or one that is larger or cannot be read."""
    try:
        descriptor = os.open(place, _OPEN)
    except (OSError, ValueError):
        return None
    try:
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > most:
                return None
            data = file.read(most + 1)
    except OSError:
        return None
    return data if len(data) <= most else None


def fault(place: str | os.PathLike[str], most: int | None = MOST_BYTES) -> str:
    """What is at a place where others will look for a file, if they would not get away from it; else empty.

    Nothing at all, a folder, and the null device are no trouble. `most` is in bytes, None for any number.
    """
    try:
        status = os.stat(place)  # noqa: PTH116 - a score of them before each command
    except (OSError, ValueError):
        return ""
    if stat.S_ISREG(status.st_mode):
        if most is not None and status.st_size > most:
            return f"is larger than {most // (1024 * 1024)} MB"
        return ""
    if stat.S_ISFIFO(status.st_mode):
        return "is a named pipe and no file"
    if stat.S_ISBLK(status.st_mode) or (stat.S_ISCHR(status.st_mode) and not _is_null(status)):
        return "is a device and no file"
    return ""


def _is_null(status: os.stat_result) -> bool:
    try:
        return status.st_rdev == os.stat(os.devnull).st_rdev  # noqa: PTH116
    except OSError:
        return False
