"""Files that anybody may have put there, opened only if they are files.

A named pipe keeps whoever opens it waiting for ever, a device can be read without end.
"""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

MOST_BYTES = 64 * 1024 * 1024
"""A larger file of patterns, names or settings is nobody's work."""

_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class NotAFileError(OSError):
    """Something else is there, or something else took its place."""

    def __init__(self, why: str = "it is not a file") -> None:
        super().__init__(None, why)


class LinkError(NotAFileError):
    """A symbolic link is there, and it is not to be followed."""

    def __init__(self) -> None:
        super().__init__("it is a symbolic link")


class TooLargeError(OSError):
    """A file is there that nobody needs to read whole."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(None, f"it is larger than {most:,} bytes")
        self.size = size


def opened(place: str | os.PathLike[str], *, links: bool = True, buffering: int = -1) -> BinaryIO:
    """A regular file, to be read. Raises OSError; NotAFileError and its child say what else is there.

    `links` says whether a symbolic link at the place itself is followed; those on the way to it are.
    """
    _check(os.stat(place, follow_symlinks=links))  # noqa: PTH116 - opening a device can set it going
    descriptor = os.open(place, _OPEN | (0 if links else _NO_LINK))
    try:
        _check(os.fstat(descriptor))
        return os.fdopen(descriptor, "rb", buffering)
    except BaseException:
        os.close(descriptor)
        raise


def _check(status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise LinkError
    if not stat.S_ISREG(status.st_mode):
        raise NotAFileError


def read(place: str | os.PathLike[str], most: int = MOST_BYTES, *, links: bool = True) -> bytes:
    """A regular file's bytes. Raises as `opened`, and TooLargeError."""
    with opened(place, links=links) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise TooLargeError(size, most)
        data = file.read(most + 1)
    if len(data) > most:
        raise TooLargeError(len(data), most)
    return data


def content(place: str | os.PathLike[str], most: int = MOST_BYTES, *, links: bool = True) -> bytes | None:
    """The same, None where there is no such file, or one that is larger or cannot be read."""
    try:
        return read(place, most, links=links)
    except (OSError, ValueError):
        return None


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
