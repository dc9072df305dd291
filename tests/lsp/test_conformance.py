"""Where pygls departs from the protocol, and that we do not.

Every case runs twice. On bare pygls it must fail: the day it passes, an upgrade has made a mend in `lsp/protocol.py`
unnecessary, and the strict expected failure says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable

import pytest

from lsp import conformance_server
from support.lsp_client import DEADLINE, LspClient, ServerError, in_process, spawn

URI = "file:///fault.txt"


def refused(client: LspClient, method: str, params: object, code: int) -> None:
    """The request is answered with this error, and before anything that was asked after it."""
    request = client.start(method, params)
    follower = client.start("workspace/executeCommand", {"command": "echo", "arguments": []})
    with contextlib.suppress(ServerError):
        client.answer(follower)
    assert client.answered(request), f"{method} was not answered"
    assert error_of(client, request) == code


def error_of(client: LspClient, request: int) -> int | None:
    try:
        client.answer(request)
    except ServerError as error:
        return error.code
    return None


def documents_follow_the_editor_below_odd_separators(client: LspClient) -> None:
    """1: a form feed, VT, NEL and U+2028 are characters, not line ends; the edit is behind an astral character."""
    client.initialize()
    client.open(URI, "a\x0cb\x0bc\x85d\u2028e\n😀 x\n")
    client.edit(URI, (1, 3), (1, 4), "Y")
    hover = client.request("textDocument/hover", {"textDocument": {"uri": URI}, "position": _ORIGIN})
    assert hover["contents"] == "a\x0cb\x0bc\x85d\u2028e\n😀 Y\n"
    client.shutdown()


def requests_before_initialize_are_refused(client: LspClient) -> None:
    """2: ServerNotInitialized."""
    refused(client, "workspace/executeCommand", {"command": "echo", "arguments": []}, -32002)
    client.initialize()
    client.shutdown()


def requests_after_shutdown_are_refused(client: LspClient) -> None:
    """3: InvalidRequest."""
    client.initialize()
    client.request("shutdown")
    request = client.start("workspace/executeCommand", {"command": "echo", "arguments": []})
    client.notify("exit")
    assert error_of(client, request) == -32600
    assert client.end() == 0


def exit_without_shutdown_is_status_one(client: LspClient) -> None:
    """4: the client crashed or misbehaved, and whoever started the server may know."""
    client.initialize()
    client.notify("exit")
    assert client.end() == 1


def invalid_params_are_answered(client: LspClient) -> None:
    """5: InvalidParams, instead of silence and a pop-up."""
    client.initialize()
    refused(client, "textDocument/hover", {"textDocument": "nonsense 😀"}, -32602)
    assert not client.seen("window/showMessage")
    client.shutdown()


def payloads_may_hold_any_key(client: LspClient) -> None:
    """6: an argument with the key `jsonrpc` is an argument."""
    client.initialize()
    odd = {"jsonrpc": "2.0", "id": 1, "method": "😀"}
    request = client.start("workspace/executeCommand", {"command": "echo", "arguments": [odd]})
    client.request("workspace/executeCommand", {"command": "echo", "arguments": []})
    assert client.answered(request)
    assert client.answer(request) == ["dict"]
    client.shutdown()


def header_names_ignore_case(client: LspClient) -> None:
    """7: `content-length` is as good as `Content-Length`."""
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"capabilities": {}, "processId": None},
    }
    client._asked[1] = "initialize"
    client.send_raw(
        json.dumps({**body, "params": {**body["params"], "rootUri": None}}).encode(), b"content-length"
    )
    client._to.close()
    client.answer(1)


def busy_workers_do_not_stop_reading(client: LspClient) -> None:
    """8: with every worker taken, the message that frees them is still read."""
    client.initialize()
    blocked = [
        client.start("workspace/executeCommand", {"command": "block", "arguments": []}) for _ in range(2)
    ]
    client.notify("$/setTrace", {"value": "off"})  # the read that waits for a free worker
    request = client.start("workspace/executeCommand", {"command": "release", "arguments": []})
    client.wait(lambda message: message.get("id") == request, "answer while the workers are busy")
    assert [client.answer(each) for each in blocked] == ["released", "released"]
    client.shutdown()


def exit_does_not_wait_for_threads(client: LspClient) -> None:
    """9: the process ends although a worker is busy for another minute."""
    client.initialize()
    client.start("workspace/executeCommand", {"command": "block", "arguments": []})
    client.request("shutdown")
    client.notify("exit")
    assert client.process is not None
    assert client.process.wait(client.patience) == 0


_ORIGIN = {"line": 0, "character": 0}

FAULTS: list[Callable[[LspClient], None]] = [
    documents_follow_the_editor_below_odd_separators,
    requests_before_initialize_are_refused,
    requests_after_shutdown_are_refused,
    exit_without_shutdown_is_status_one,
    invalid_params_are_answered,
    payloads_may_hold_any_key,
    header_names_ignore_case,
    busy_workers_do_not_stop_reading,
    exit_does_not_wait_for_threads,
]


OWN_PROCESS = {exit_without_shutdown_is_status_one, exit_does_not_wait_for_threads}
"""What shows only in a process of its own."""


PATIENCE = {"strict": DEADLINE, "bare": 1.5}
"""Seconds until an answer that does not come is a fault; bare pygls is known to be at fault."""


def run(kind: str, fault: Callable[[LspClient], None]) -> None:
    if fault in OWN_PROCESS:
        client = spawn(
            [sys.executable, conformance_server.__file__, kind],
            dict(os.environ),
            strict=False,
            patience=PATIENCE[kind],
        )
    else:
        serve = {"bare": conformance_server.bare, "strict": conformance_server.strict}[kind]
        client = in_process(serve, strict=False, patience=PATIENCE[kind])
    try:
        fault(client)
    finally:
        client.kill()
        for event in conformance_server.released:
            event.set()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_strict_server_keeps_to_the_protocol(fault: Callable[[LspClient], None]) -> None:
    """What pygls gets wrong, the server that we build on it gets right."""
    run("strict", fault)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.xfail(
    strict=True, reason="pygls 2.1 departs from the protocol here; a pass means the mend can go"
)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_bare_pygls_still_needs_the_mend(fault: Callable[[LspClient], None]) -> None:
    """Each mend is still needed with the installed pygls."""
    run("bare", fault)
