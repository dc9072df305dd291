"""Messages are cut from the stream however it arrives, and a bad one costs only itself."""

from __future__ import annotations

import io
import json

import pytest

from whence.lsp import framing
from whence.lsp.framing import BadBody, Frames, Lost, Writer, frame

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
        (b"\r\n\r\n" + frame(BODY) + b"\r\n" + frame(BODY), [MESSAGE, MESSAGE]),
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


@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("header", "why"),
    [
        (b"Content-Length: -5", "a message of Content-Length b'-5', which is no length"),
        (b"Content-Length: nonsense", "a message of Content-Length b'nonsense', which is no length"),
        (b"Content-Length:", "a message of Content-Length b'', which is no length"),
        (b"Content-Length: 99999999999999999999", "a message of Content-Length 99999999999999999999 is more than anybody sends"),
        (b"Content-Length: " + b"9" * 5000, f"a message of Content-Length {'9' * 40} is more than anybody sends"),
        (b"X-Foo: 1", "a header without Content-Length: b'X-Foo: 1'"),
        (b"n" * 70_000, "65536 bytes without an empty line are no header"),
    ],
)  # fmt: skip
def test_a_header_without_a_length_loses_the_stream(header: bytes, why: str, step: int) -> None:
    """Where the next message begins is not guessed; what came before is read, nothing after."""
    step = max(step, len(header) // 500)
    data = frame(BODY) + header + b"\r\n\r\n{}" + frame(BODY)
    assert read(data, step) == [MESSAGE, why]
    frames = Frames()
    lost = [item for item in frames.feed(data) if isinstance(item, Lost)]
    assert len(lost) == 1
    assert not list(frames.feed(frame(BODY)))
    assert not frames._buffer


def test_what_claims_to_be_large_is_passed_over_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that some editor may well have sent costs only itself."""
    monkeypatch.setattr(framing, "MAX_BODY_BYTES", 100)
    monkeypatch.setattr(framing, "MAX_SKIPPED_BYTES", 200)
    assert read(frame(b"x" * 200) + frame(BODY), 50)[-1] == MESSAGE
    assert read(frame(b"x" * 201) + frame(BODY), 50) == [
        "a message of Content-Length 201 is more than anybody sends"
    ]


DEEP = b'{"a":' * 3000 + b"1" + b"}" * 3000
LONG = b'{"line":' + b"9" * 5000 + b"}"


@pytest.mark.parametrize(
    ("body", "request_id"),
    [
        (b'{"jsonrpc":"2.0","id":99,"method":"x","params":%b}' % DEEP, 99),
        (b'{"params":%b,"method":"x" , "id" : "a-1"}' % LONG, "a-1"),
        (b'{"params":{"id":3,"s":"}\\"{"},"x":"id","method":"x","id":-4,"more":%b}' % LONG, -4),
        (b'{"id":5,"result":%b}' % DEEP, None),
        (b'{"id":5,"result":%b,"x":"method"}' % LONG, None),
        (b'{"method":"x","params":%b}' % DEEP, None),
        (b'{"id":5,"method":"x","params":%b' % LONG, None),
        (b'{"id":5,"method":"x"}}', None),
        (b'{"id":[5],"method":"x","params":%b}' % LONG, None),
        (b'{"id":%b,"method":"x"}' % (b"7" * 5000), None),
    ],
)  # fmt: skip
def test_a_request_that_is_too_deep_is_known_by_its_id(body: bytes, request_id: object) -> None:
    """Whoever waits for its answer gets one; an id that may be another's is left alone."""
    (bad,) = Frames().feed(frame(body))
    assert isinstance(bad, BadBody)
    assert bad.request == request_id


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
