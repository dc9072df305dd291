"""The work is done in processes of its own: one that dies, or never ends, costs its own answer and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from lsp.conftest import CLAUDE, HUMAN, TRAILER
from support.git import Repo
from support.lsp_client import LspClient, ServerError, in_process
from support.profiles import PROFILES
from whence.lsp import workshop
from whence.lsp.hands import ProcessHand
from whence.lsp.server import WhenceServer

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process")


class Served:
    """A server of this process whose desk and jobs are processes of their own."""

    def __init__(self, repo: Repo, profile: str = "vscode") -> None:
        self.server = WhenceServer(repo.environment)
        self.client = in_process(self.server.serve, capabilities=PROFILES[profile]())
        self.client.initialize(repo.path)

    @property
    def desk(self) -> ProcessHand:
        hand = self.server.session.workshop._desk
        assert isinstance(hand, ProcessHand)
        return hand


@pytest.fixture
def served(workspace: Repo) -> Iterator[Served]:
    one = Served(workspace)
    yield one
    if not one.client.left:
        assert one.client.shutdown() == 0


def lines(client: LspClient, uri: str) -> list[int]:
    return [item["range"]["start"]["line"] for item in client.diagnostics(uri)]


def test_a_killed_desk_is_replaced_and_told_everything(workspace: Repo, served: Served) -> None:
    """Unsaved edits, the workspace and the way of telling are all there again; the next answer is as if nothing was."""
    client = served.client
    uri = client.open_file(workspace.path / "tides.py")
    other = client.open((workspace.path / "new 😀.py").as_uri(), HUMAN)
    client.edit(uri, (0, 0), (0, 0), "# 😀\n")
    assert lines(client, uri) == [8]
    before = client.diagnostics(uri)
    first = served.desk.pid
    os.kill(first, signal.SIGKILL)
    client.edit(uri, (0, 0), (0, 0), "# é\n")
    assert lines(client, uri) == [9]
    client.edit(uri, (0, 0), (1, 0), "")
    assert client.diagnostics(uri) == before
    assert lines(client, other) == []
    assert served.desk.pid != first
    assert not client.seen("window/showMessage")


def test_a_desk_that_never_ends_is_ended(
    workspace: Repo, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text that it was at is left alone from then on, which is said in the log; all others are looked at."""
    client = served.client
    uri = client.open_file(workspace.path / "tides.py")
    assert lines(client, uri) == [7]
    other = client.open((workspace.path / "twin.py").as_uri(), HUMAN)
    assert lines(client, other) == []
    monkeypatch.setattr(workshop, "PATIENCE", 0.2)
    os.kill(served.desk.pid, signal.SIGSTOP)
    client.edit(other, (0, 0), (0, 0), "# 😀\n")
    pull = client.start("textDocument/diagnostic", {"textDocument": {"uri": other}})
    said = client.wait_for("window/logMessage")
    monkeypatch.setattr(workshop, "PATIENCE", 20.0)
    assert "twin.py is left alone: it took longer than 0.2 s" in said["message"]
    assert client.answer(pull)["items"] == []
    assert lines(client, uri) == [7]
    client.edit(other, (0, 0), (0, 0), "# é\n")
    assert lines(client, other) == []
    client.close(other)
    client.open(other, HUMAN)  # opened anew it gets another chance
    assert lines(client, other) == []


def test_a_scan_whose_process_dies_is_an_error_and_no_more(
    workspace: Repo, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is answered, the bar ends, the next scan runs."""
    client = served.client
    client.diagnostics(client.open_file(workspace.path / "tides.py"))
    real = ProcessHand.call

    def call(self: ProcessHand, name: str, *arguments: Any, **how: Any) -> Any:
        future = real(self, name, *arguments, **how)
        if name == "scan":
            os.kill(self.pid, signal.SIGKILL)
        return future

    monkeypatch.setattr(ProcessHand, "call", call)
    scan = {"command": "whence.scanWorkspace", "workDoneToken": "bar 😀"}
    with pytest.raises(ServerError, match="its process has ended"):
        client.request("workspace/executeCommand", scan)
    assert client.seen("$/progress")[-1]["value"]["kind"] == "end"
    monkeypatch.setattr(ProcessHand, "call", real)
    assert client.request("workspace/executeCommand", {"command": "whence.scanWorkspace"})["files"] == 2


def test_everything_works_in_processes(workspace: Repo) -> None:
    """Findings, hover, a review, a scan and the list, over real pipes."""
    workspace.commit("More" + TRAILER, {"harbour 😀.py": CLAUDE.replace("smooth", "berth")})
    served = Served(workspace, "neovim")
    client = served.client
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    assert item["code"] == "review-missing"
    position = {"line": 12, "character": 0}
    hover = client.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})
    assert "declares Claude Code" in hover["contents"]["value"]
    assert client.request("workspace/executeCommand", {"command": "whence.scanWorkspace"})["files"] == 3
    listed = client.request("workspace/executeCommand", {"command": "whence.findings"})["findings"]
    assert {entry["path"] for entry in listed} == {"tides.py", "harbour 😀.py"}
    argument = {"uri": uri, "fingerprint": item["data"]["fingerprint"]}
    done = client.request("workspace/executeCommand", {"command": "whence.review", "arguments": [argument]})
    assert done["settled"]
    with pytest.raises(ServerError, match="-32803: these lines are not as they were shown"):
        client.request("workspace/executeCommand", {"command": "whence.review", "arguments": [argument]})
    assert client.shutdown() == 0
    assert served.server.session.workshop._desk is not None
    assert not served.server.session.workshop._desk.alive


def test_what_a_desk_has_started_ends_with_it(workspace: Repo, served: Served) -> None:
    """A git that waits for something outlives nobody."""
    assert lines(served.client, served.client.open_file(workspace.path / "tides.py")) == [7]
    waits = [sys.executable, "-c", "input()"]
    child = subprocess.Popen(waits, stdin=subprocess.PIPE, process_group=served.desk.pid)
    assert served.client.shutdown() == 0
    assert child.wait(30) == -signal.SIGKILL
    assert child.stdin is not None
    child.stdin.close()
