"""The base protocol's framing: JSON bodies behind `Content-Length` headers.

Source of the format: Language Server Protocol 3.17, "Base Protocol". Header names ignore case, as in HTTP.
"""

from __future__ import annotations

import contextlib
import json
import queue
import re
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

MAX_BODY_BYTES = 256 * 1024 * 1024
"""A larger body is skipped: no editor sends one, and it would be held twice."""

MAX_SKIPPED_BYTES = 4 * 1024 * 1024 * 1024
"""A message that claims more than this is none: passing it over would swallow everything that follows."""

MAX_HEADER_BYTES = 64 * 1024
"""More than this without an empty line is no header block."""


class BadBody(Exception):  # noqa: N818 - named for what was read
    """A body that is no JSON object. `str()` says why."""

    def __init__(self, why: str, request: int | str | None = None) -> None:
        super().__init__(why)
        self.request = request
        """The id, where it is surely a request."""


class Lost(BadBody):
    """A header that does not say how long its message is: where the next one begins cannot be known."""


class Frames:
    """Cuts a stream into messages, however its bytes arrive. What cannot be read is a value; the stream goes on.

    After a `Lost` nothing follows, whatever arrives.
    """

    def __init__(self) -> None:
        self._lost = False
        self._buffer = bytearray()
        self._length: int | None = None
        self._skip = 0

    def feed(self, data: bytes) -> Iterator[dict[str, Any] | BadBody]:
        """The messages that these bytes complete, in order."""
        if self._lost:
            return
        self._buffer += data
        while True:
            if self._skip:
                cut = min(self._skip, len(self._buffer))
                del self._buffer[:cut]
                self._skip -= cut
                if self._skip:
                    return
            if self._length is None:
                try:
                    self._length = self._header()
                except Lost as lost:
                    self._lost = True
                    self._buffer.clear()
                    yield lost
                    return
                if self._length is None:
                    return
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

    def _header(self) -> int | None:
        """Take a header block off the buffer; the length that it states, None while it is not whole. Raises Lost."""
        while True:
            end, width = _blank_line(self._buffer)
            if (end if end >= 0 else len(self._buffer)) > MAX_HEADER_BYTES:
                raise Lost(f"{MAX_HEADER_BYTES} bytes without an empty line are no header")
            if end < 0:
                return None
            block = bytes(self._buffer[:end])
            del self._buffer[: end + width]
            if block.strip():  # empty lines between messages do no harm
                return _length(block)


def _length(block: bytes) -> int:
    """What a header block says of the length of its message, in bytes. Raises Lost."""
    for line in block.splitlines():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            said = value.strip()
            if not said.isdigit():
                raise Lost(f"a message of Content-Length {said[:40]!r}, which is no length")
            if len(said) > 19 or int(said) > MAX_SKIPPED_BYTES:
                raise Lost(f"a message of Content-Length {said[:40].decode()} is more than anybody sends")
            return int(said)
    raise Lost(f"a header without Content-Length: {block[:80]!r}")


def _blank_line(buffer: bytearray) -> tuple[int, int]:
    """Where the empty line that ends a header block starts, and its width; (-1, 0) while there is none."""
    found = buffer.find(b"\r\n\r\n")
    bare = buffer.find(b"\n\n", 0, None if found < 0 else found)
    return (bare, 2) if bare >= 0 else (found, 4 if found >= 0 else 0)


def _parsed(body: bytes) -> dict[str, Any] | BadBody:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        return BadBody(f"not JSON: {error}", _request(body))
    return message if isinstance(message, dict) else BadBody("not a JSON object")


_TOKEN = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([{\[])|([}\]])', re.DOTALL)
_COLON = re.compile(rb"\s*:")
_VALUE = re.compile(rb'\s*:\s*(-?\d{1,15}|"[^"\\\x00-\x1f]{0,200}")\s*[,}]')


def _request(body: bytes) -> int | str | None:
    """The id of a request that our parser refuses (for its depth, say), where its outermost object shows it clearly."""
    found: int | str | None = None
    asks, depth = False, 0
    for token in _TOKEN.finditer(body):
        text, opened, closed = token.groups()
        if opened or closed:
            depth += 1 if opened else -1
            if depth < 1 and token.end() != len(body.rstrip()):
                return None
        elif depth == 1 and text == b"method":
            asks = asks or _COLON.match(body, token.end()) is not None
        elif depth == 1 and text == b"id" and (value := _VALUE.match(body, token.end())) is not None:
            with contextlib.suppress(ValueError):
                found = json.loads(value[1])
    return found if asks and not depth else None


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
