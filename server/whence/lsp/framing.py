"""The base protocol's framing: JSON bodies behind `Content-Length` headers.

Source of the format: Language Server Protocol 3.17, "Base Protocol". Header names ignore case, as in HTTP.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

MAX_BODY_BYTES = 256 * 1024 * 1024
"""A larger body is skipped: no editor sends one, and it would be held twice."""

MAX_HEADER_BYTES = 64 * 1024
"""More than this without an empty line is no header block."""


class BadBody(Exception):  # noqa: N818 - named for what was read
    """A body that is no JSON object. `str()` says why."""


class Frames:
    """Cuts a stream into messages, however its bytes arrive. What cannot be read is a value; the stream goes on."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None
        self._skip = 0

    def feed(self, data: bytes) -> Iterator[dict[str, Any] | BadBody]:
        """The messages that these bytes complete, in order."""
        self._buffer += data
        while True:
            if self._skip:
                cut = min(self._skip, len(self._buffer))
                del self._buffer[:cut]
                self._skip -= cut
                if self._skip:
                    return
            if self._length is None and not self._header():
                return
            assert self._length is not None
            if self._length > MAX_BODY_BYTES:
                self._skip, self._length = self._length, None
                yield BadBody(
                    f"a message of {self._skip} bytes is more than the {MAX_BODY_BYTES} that are read"
                )
                continue
            if len(self._buffer) < self._length:
                return
            body = bytes(self._buffer[: self._length])
            del self._buffer[: self._length]
            self._length = None
            yield _parsed(body)

    def _header(self) -> bool:
        """Take header blocks off the buffer until one states a length."""
        while True:
            end, width = _blank_line(self._buffer)
            if end < 0:
                if len(self._buffer) > MAX_HEADER_BYTES:
                    del self._buffer[:-MAX_HEADER_BYTES]
                return False
            block = bytes(self._buffer[:end])
            del self._buffer[: end + width]
            for line in block.splitlines():
                name, _, value = line.partition(b":")
                if name.strip().lower() == b"content-length" and value.strip().isdigit():
                    self._length = int(value)
                    return True


def _blank_line(buffer: bytearray) -> tuple[int, int]:
    """Where the empty line that ends a header block starts, and its width; (-1, 0) while there is none."""
    found = buffer.find(b"\r\n\r\n")
    bare = buffer.find(b"\n\n", 0, None if found < 0 else found)
    return (bare, 2) if bare >= 0 else (found, 4 if found >= 0 else 0)


def _parsed(body: bytes) -> dict[str, Any] | BadBody:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        return BadBody(f"not JSON: {error}")
    return message if isinstance(message, dict) else BadBody("not a JSON object")


def frame(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Writer:
    """Writes frames from a thread of its own, so that a client that does not read never stops the loop."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="whence-writer", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        self._queue.put(data)

    def close(self, timeout: float = 5.0) -> None:
        """Let what is queued go out, for at most `timeout` seconds."""
        self._queue.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self._sink.write(data)
                self._sink.flush()
            except (OSError, ValueError):  # the client is gone; the end of its stream stops the server
                return
