"""Open a transcript's bytes, wherever they are: a file, a compressed file, objects of a git repository."""

from __future__ import annotations

import io
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, cast

from whence import regular
from whence.evidence.sessions.interface import Blobs, Faults, Transcript
from whence.repo import GitError

_ZSTD_WINDOW = 1 << 27
"""Bytes that a compressed file may ask for, zstd's own default limit for streams."""

_BUFFER = 1 << 20


class BrokenError(Exception):
    """A compressed file that cannot be decompressed."""


UNREAD = (OSError, GitError, BrokenError)
"""What opening and reading raise."""


def tell(error: Exception, faults: Faults, offset: int = 0) -> None:
    """Note why bytes could not be had; `offset` is how many were."""
    if isinstance(error, OSError):
        faults.unread(error)
    elif isinstance(error, GitError):
        faults.add(str(error), hint="git fsck")
    else:
        faults.add(f"broken compression{f' after {offset:,} bytes' if offset else ''} ({error})")


def opened(place: Path | Transcript) -> IO[bytes]:
    """The bytes, decompressed, from their start; `skip` moves on in any stream.

    Opening and reading raise what UNREAD lists. No link, pipe or device is opened.
    """
    path = place if isinstance(place, Path) else place.path
    if isinstance(place, Transcript) and place.blobs is not None:
        return cast(IO[bytes], io.BufferedReader(_Joined(place.blobs), _BUFFER))
    raw = stored(path)
    if path.suffix != ".zst":
        return raw
    return cast(IO[bytes], io.BufferedReader(_Decompressed(raw), _BUFFER))


def skip(stream: IO[bytes], offset: int) -> None:
    """Go to an offset, in a stream that was just opened."""
    if stream.seekable():
        stream.seek(offset)
        return
    while offset and (data := stream.read(min(offset, _BUFFER))):
        offset -= len(data)


def stored(path: Path) -> IO[bytes]:
    """A plain file as it lies on disk. Raises OSError."""
    return regular.opened(path, links=False, buffering=_BUFFER)


class _Decompressed(io.RawIOBase):
    """A zstd stream that reports damage as one kind of error."""

    def __init__(self, raw: IO[bytes]) -> None:
        import zstandard

        super().__init__()
        self._raw = raw
        self._error = zstandard.ZstdError
        self._stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(
            raw, read_across_frames=True
        )

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except self._error as error:
            raise BrokenError(str(error)) from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Joined(io.RawIOBase):
    """The contents of git objects one after the other, read through one process; each ends with a line feed."""

    def __init__(self, blobs: Blobs) -> None:
        super().__init__()
        self._stack = ExitStack()
        feed = [name.encode("ascii", "replace") + b"\n" for name in blobs.ids]
        self._out = self._stack.enter_context(blobs.repository.stream("cat-file", "--batch", feed=feed))
        self._objects = len(feed)
        self._left = -1
        """Bytes of the present object that are still to come; -1 between two."""
        self._ended = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._left <= 0:
            if self._left == 0:
                self._out.read(1)
                self._left = -1
                if not self._ended:
                    self._ended = True
                    buffer[:1] = b"\n"
                    return 1
            if not self._objects:
                return 0
            self._objects -= 1
            self._left = self._next()
        data = self._out.read(min(len(buffer), self._left))
        if not data:
            raise GitError("git ended before the object did")
        self._left -= len(data)
        self._ended = data.endswith(b"\n")
        buffer[: len(data)] = data
        return len(data)

    def _next(self) -> int:
        fields = self._out.readline().split()
        if len(fields) != 3 or fields[1] != b"blob" or not fields[2].isdigit():
            name = fields[0].decode("ascii", "replace")[:12] if fields else "an object"
            raise GitError(f"{name} is not in this clone")
        return int(fields[2])

    def close(self) -> None:
        try:
            self._stack.close()
        finally:
            super().close()
