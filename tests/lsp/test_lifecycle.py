"""Starting, misusing and leaving the server."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lsp.conftest import Start, uri_of
from support.git import Repo
from support.lsp_client import LspClient, ServerError, spawn_whence


def code_of(client: LspClient, method: str, params: object = None) -> int:
    with pytest.raises(ServerError) as error:
        client.request(method, params)
    return error.value.code


def test_misuse_is_answered_and_survived(workspace: Repo, serve: Start) -> None:
    """Unknown requests, bad parameters, a second initialize and unreadable JSON each cost one error."""
    client = serve(workspace)
    assert code_of(client, "whence/unknown 😀") == -32601
    assert code_of(client, "$/unknown", {}) == -32601
    assert code_of(client, "initialize", {"capabilities": {}, "processId": None, "rootUri": None}) == -32600
    assert code_of(client, "textDocument/hover", {"position": 1}) == -32602
    assert code_of(client, "workspace/executeCommand", {"command": "whence.nothing"}) == -32602
    client.notify("whence/unknownNotification", {"😀": 1})
    client.notify("$/cancelRequest", {"id": 4711})
    client.notify("textDocument/didChange", {"textDocument": {"uri": "file:///never", "version": 2}, "contentChanges": [{"text": ""}]})  # fmt: skip
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///never"}})
    client.notify("textDocument/didOpen", {"nonsense": True})
    client.send({"id": "nobody-asked", "result": 1})
    client.strict = False
    client.send_raw(b'{"jsonrpc": "2.0", "method": ')
    client.wait(lambda message: message.get("error", {}).get("code") == -32700, "a parse error")
    client.faults.clear()
    client.strict = True
    assert client.diagnostics(client.open_file(workspace.path / "tides.py"))
    assert not client.seen("window/showMessage")


@pytest.mark.parametrize(("said_goodbye", "status"), [(True, 0), (False, 1)])
def test_the_end_of_input_ends_the_server(serve: Start, said_goodbye: bool, status: int) -> None:
    """An editor that dies takes its server with it; after shutdown that is no failure."""
    client = serve(None)
    if said_goodbye:
        client.request("shutdown")
    client.left = True
    assert client.hang_up() == status


def test_a_lost_stream_ends_the_server(workspace: Repo) -> None:
    """A header without a length: the client is told, standard error says so, and the status is 1."""
    command = [sys.executable, "-m", "whence.cli.main", "lsp"]
    for header in (b"Content-Length: -5", b"X-Foo: 1"):
        done = subprocess.run(
            command, input=header + b"\r\n\r\n{}", capture_output=True, env=workspace.environment, timeout=60, check=False
        )  # fmt: skip
        assert done.returncode == 1
        assert b"can be read no more, so this server ends" in done.stderr
        assert b"Traceback" not in done.stderr
        assert b'"code":-32700' in done.stdout


def test_a_request_that_cannot_be_read_is_answered(workspace: Repo, serve: Start) -> None:
    """Too deep, or with a number without end: an error under its own id, and the next request is served."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    client.strict = False
    for number, params in ((901, b'{"a":' * 3000 + b"1" + b"}" * 3000), (902, b"[" + b"9" * 5000 + b"]")):
        client.send_raw(
            b'{"jsonrpc":"2.0","id":%d,"method":"textDocument/hover","params":%b}' % (number, params)
        )
        answer = client.wait(lambda message: message.get("id") == number, "an answer")  # noqa: B023
        assert answer["error"]["code"] == -32600
    client.faults.clear()
    client.strict = True
    assert client.diagnostics(uri)


def test_the_server_ends_with_the_editors_process(serve: Start) -> None:
    """Where the pipes outlive the editor (a wrapper holds them), its process id tells."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("this system cannot tell of the end of a process that is not ours")
    editor = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    client = serve(None, initialize=False)
    client.initialize(process_id=editor.pid)
    client.request("workspace/executeCommand", {"command": "whence.debugInformation"})
    client.left = True
    editor.communicate(b"\n")
    assert client.end() == 1


def test_a_process_that_cannot_be_seen_is_not_waited_for(serve: Start) -> None:
    """An editor in another container has a process id that means nothing here."""
    client = serve(None, initialize=False)
    client.initialize(process_id=2**22 - 1)
    assert client.request("workspace/executeCommand", {"command": "whence.debugInformation"})["roots"] == []


def test_the_command_serves_on_stdio(workspace: Repo) -> None:
    """`whence lsp --stdio` in a process of its own: findings, a review, a clean end, nothing else on the stream."""
    client = spawn_whence({**workspace.environment, "PYTHONPATH": ""}, "--stdio")
    result = client.initialize(workspace.path, process_id=os.getpid())
    assert result["serverInfo"]["name"] == "whence"
    (item,) = client.diagnostics(client.open_file(workspace.path / "tides.py"))
    assert item["code"] == "review-missing"
    assert client.shutdown() == 0


def test_the_command_serves_on_a_port_of_this_machine(workspace: Repo) -> None:
    """`whence lsp --tcp 0` says which port it took, and is bound to the loopback address alone."""
    command = [sys.executable, "-m", "whence.cli.main", "lsp", "--tcp", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=workspace.environment, text=True)
    assert process.stderr is not None
    address = re.search(r"listening on (127\.0\.0\.1):(\d+)", process.stderr.readline())
    assert address is not None
    with socket.create_connection((address[1], int(address[2])), timeout=20) as connection:
        stream = connection.makefile("rwb")
        client = LspClient(stream, stream, on_end=lambda: process.wait(20))
        client.initialize(workspace.path)
        assert len(client.diagnostics(client.open_file(workspace.path / "tides.py"))) == 1
        assert client.shutdown() == 0
    process.stderr.close()


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_must_be_one(port: str) -> None:
    """Wrong usage is status 2 and one clear line, before anything is imported."""
    command = [sys.executable, "-m", "whence.cli.main", "lsp", "--tcp", port]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"'{port}' is not a port" in done.stderr


def test_the_capabilities_are_those_of_the_client(serve: Start) -> None:
    """What the server offers follows from what the client stated, and is the same for the same client."""
    from support.profiles import PROFILES

    offered = {}
    for name, profile in PROFILES.items():
        client = serve(None, capabilities=profile())
        offered[name] = client.server_capabilities
    assert {name: caps["positionEncoding"] for name, caps in offered.items()} == {
        "vscode": "utf-16", "neovim": "utf-8", "eglot": "utf-32", "ale": "utf-16", "nothing": "utf-16",
    }  # fmt: skip
    assert {name for name, caps in offered.items() if "diagnosticProvider" in caps} == {"vscode"}
    assert {name for name, caps in offered.items() if caps["codeActionProvider"].get("resolveProvider")} == {"vscode", "neovim", "eglot"}  # fmt: skip
    for caps in offered.values():
        assert caps["textDocumentSync"] == {"openClose": True, "change": 2, "save": {"includeText": False}}
        assert caps["executeCommandProvider"]["commands"] == [
            "whence.review", "whence.scanWorkspace", "whence.explain", "whence.debugInformation",
            "whence.fix", "whence.showEvidence", "whence.showPolicy", "whence.findings",
        ]  # fmt: skip
        assert caps["codeActionProvider"]["codeActionKinds"] == ["quickfix"]


def test_debug_information_holds_no_text(workspace: Repo, serve: Start) -> None:
    """What is pasted into a bug report says how the server is, and nothing of what is in the files."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    client.diagnostics(uri)
    information = client.request(
        "workspace/executeCommand", {"command": "whence.debugInformation", "arguments": []}
    )
    (root,) = information["roots"]
    assert (root["path"], root["failure"], root["notMeasured"]) == (str(workspace.path), "", [])
    assert information["documents"][0]["uri"] == uri_of(workspace)
    assert "smooth" not in json.dumps(information)
    assert information["encoding"] == "utf-16"
    assert all(information[name][0].isdigit() for name in ("whence", "pygls", "python"))


def test_the_log_file_is_where_it_was_asked_for(workspace: Repo, tmp_path: Path) -> None:
    """`--log-file` keeps what happened, the client's capabilities first."""
    log = tmp_path / "whence.log"
    client = spawn_whence(workspace.environment, "--log-file", str(log), "--log-level", "info")
    client.initialize(workspace.path)
    assert client.shutdown() == 0
    assert "whence-tests: pull, related_information" in log.read_text("utf-8")
