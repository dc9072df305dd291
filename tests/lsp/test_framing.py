"""Messages are cut from the stream however it arrives, and a bad one costs only itself."""

from __future__ import annotations

import io
import json

import pytest

from whence.lsp import framing
from whence.lsp.framing import BadBody, Frames, Writer, frame

MESSAGE = {"jsonrpc": "2.0", "method": "x", "params": {"text": "😀"}}
BODY = json.dumps(MESSAGE, ensure_ascii=False).encode()


def read(data: bytes, step: int) -> list[object]:
    frames = Frames()
    out: list[object] = []
    for at in range(0, len(data), step):
        out += frames.feed(data[at : at + step])
    return [str(item) if isinstance(item, BadBody) else item for item in out]


@pytest.mark.parametrize("step", [1, 2, 7, 10_000])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (frame(BODY), [MESSAGE]),
        (frame(BODY) * 3, [MESSAGE] * 3),
        (b"content-length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n" % len(BODY) + BODY, [MESSAGE]),
        (b"CONTENT-LENGTH:%d\n\n" % len(BODY) + BODY, [MESSAGE]),
        (b"Content-Type: x\r\n\r\n" + frame(BODY), [MESSAGE]),
        (b"Content-Length: nonsense\r\n\r\n" + frame(BODY), [MESSAGE]),
        (frame(b"{nonsense") + frame(BODY), ["not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)", MESSAGE]),
        (frame(b"[1]") + frame(BODY), ["not a JSON object", MESSAGE]),
        (frame(b"[" * 200_000) + frame(BODY), ["not JSON: maximum recursion depth exceeded while decoding a JSON array from a unicode string", MESSAGE]),
        (frame(BODY)[:-1], []),
        (b"Content-Length: 5", []),
    ],
)  # fmt: skip
def test_messages_come_out_whole(data: bytes, expected: list[object], step: int) -> None:
    """Split or joined, with any header, after anything unreadable."""
    if step == 1 and len(data) > 10_000:
        step = 1000
    assert read(data, step) == expected


def test_a_message_that_is_too_large_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is larger than any editor sends is told and passed over; the next message is read."""
    monkeypatch.setattr(framing, "MAX_BODY_BYTES", 100)
    data = frame(b"x" * 101) + frame(BODY)
    told = ["a message of 101 bytes is more than the 100 that are read", MESSAGE]
    assert read(data, 7) == told
    assert read(data, 10_000) == told


def test_a_stream_of_nonsense_is_not_kept() -> None:
    """Bytes without an empty line are no header, and do not fill the memory."""
    frames = Frames()
    for _ in range(100):
        assert not list(frames.feed(b"n" * 10_000))
    assert len(frames._buffer) <= framing.MAX_HEADER_BYTES + 10_000
    assert list(frames.feed(b"\r\n\r\n" + frame(BODY))) == [MESSAGE]


def test_the_writer_sends_what_is_queued_before_it_closes() -> None:
    """Nothing that was written is lost at the end, and a client that is gone is no fault."""
    sink = io.BytesIO()
    writer = Writer(sink)
    for number in range(100):
        writer.write(b"%d\n" % number)
    writer.close()
    assert sink.getvalue().split() == [b"%d" % number for number in range(100)]
    broken = io.BytesIO()
    writer = Writer(broken)
    broken.close()
    writer.write(b"x")
    writer.close()
