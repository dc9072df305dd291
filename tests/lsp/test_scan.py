"""The command that scans the workspace: progress, cancelling, findings of files that nobody has open."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lsp.conftest import Start
from support.git import Repo
from support.lsp_client import LspClient, ServerError
from support.profiles import PROFILES
from whence import workspace as engine_workspace
from whence.live import jobs

SCAN = {"command": "whence.scanWorkspace"}


def progress_of(client: LspClient) -> list[dict[str, Any]]:
    return [params["value"] for params in client.seen("$/progress")]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_scan_shows_findings_of_closed_files(two_files: Repo, serve: Start, profile: str) -> None:
    """Every client sees them as diagnostics of those files; of an open file nothing is shown twice."""
    client = serve(two_files, capabilities=PROFILES[profile]())
    uri = client.open_file(two_files.path / "tides.py")
    assert len(client.diagnostics(uri)) == 1
    client.skip()
    done = client.request("workspace/executeCommand", SCAN)
    assert done["verdict"] == "fail"
    assert done["files"] == 3
    assert done["findings"] == {"error": 2, "warning": 0, "info": 0}
    other = (two_files.path / "harbour 😀.py").as_uri()
    shown = [params for params in client.log if params.get("method") == "textDocument/publishDiagnostics"]
    assert [len(p["params"]["diagnostics"]) for p in shown if p["params"]["uri"] == other] == [1]
    # When it is opened it is shown once: pulled or pushed with its version, and no longer as a closed file.
    client.skip()
    client.open_file(two_files.path / "harbour 😀.py")
    if client.pulls:
        assert client.published(other)["diagnostics"] == []
    assert len(client.diagnostics(other)) == 1
    client.skip()
    client.close(other)
    assert len(client.published(other)["diagnostics"]) == 1


def test_progress_is_created_before_it_is_used(two_files: Repo, serve: Start) -> None:
    """A server-made token is a string that the client has agreed to; begin comes first and end last."""
    client = serve(two_files)
    client.request("workspace/executeCommand", SCAN)
    (created,) = client.seen("window/workDoneProgress/create")
    kinds = [value["kind"] for value in progress_of(client)]
    if kinds:  # a scan this short may be over before the client has answered
        assert kinds[0] == "begin"
        assert kinds[-1] == "end"
        assert progress_of(client)[0]["cancellable"]
    assert isinstance(created["token"], str)


def test_the_clients_own_token_is_used(two_files: Repo, serve: Start) -> None:
    """Where the client sent a token, numbers included, no other is made."""
    client = serve(two_files)
    client.request("workspace/executeCommand", {**SCAN, "workDoneToken": 7})
    values = progress_of(client)
    assert values[0]["kind"] == "begin"
    assert values[-1] == {"kind": "end", "message": "2 errors, 0 warnings, 0 hints in 3 files"}
    assert not client.seen("window/workDoneProgress/create")
    assert {params["token"] for params in client.seen("$/progress")} == {7}


def test_a_client_that_never_agrees_still_gets_its_scan(two_files: Repo, serve: Start) -> None:
    """The scan does not wait for the answer about its progress bar."""
    client = serve(two_files)
    client.silent.add("window/workDoneProgress/create")
    assert client.request("workspace/executeCommand", SCAN)["files"] == 3
    assert progress_of(client) == []


class Stuck:
    """A scan that runs until it is cancelled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()

        def scan(*_: Any, check_cancelled: Any, **__: Any) -> Any:
            self.begun.set()
            gate = threading.Event()
            try:
                while not gate.wait(0.005):
                    check_cancelled()
            finally:
                self.ended.set()

        monkeypatch.setattr(engine_workspace, "scan", scan)
        assert jobs.workspace is engine_workspace


@pytest.mark.parametrize("how", ["button", "request"])
def test_a_scan_can_be_cancelled(
    two_files: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The button on the bar and the cancelled request both stop the work itself, and the bar ends."""
    stuck = Stuck(monkeypatch)
    client = serve(two_files)
    request = client.start("workspace/executeCommand", {**SCAN, "workDoneToken": "bar 😀"})
    assert stuck.begun.wait(20)
    if how == "button":
        client.notify("window/workDoneProgress/cancel", {"token": "bar 😀"})
    else:
        client.cancel(request)
    with pytest.raises(ServerError, match="-32800"):
        client.answer(request)
    assert stuck.ended.wait(20)
    client.request("workspace/executeCommand", {"command": "whence.debugInformation"})
    assert progress_of(client)[-1] == {"kind": "end", "message": "stopped"}
    client.notify("window/workDoneProgress/cancel", {"token": "bar 😀"})  # too late, and no fault


def test_typing_is_answered_while_a_scan_runs(
    two_files: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Findings of what is being typed do not wait for the scan, and leaving stops it."""
    stuck = Stuck(monkeypatch)
    client = serve(two_files)
    uri = client.open_file(two_files.path / "tides.py")
    scan = client.start("workspace/executeCommand", SCAN)
    assert stuck.begun.wait(20)
    client.edit(uri, (0, 0), (0, 0), "# 😀\n")
    assert [item["range"]["start"]["line"] for item in client.diagnostics(uri)] == [8]
    assert client.shutdown() == 0
    assert stuck.ended.wait(20)
    with pytest.raises(ServerError, match="-32800"):
        client.answer(scan)


def test_the_next_scan_takes_back_what_is_gone(two_files: Repo, serve: Start) -> None:
    """Findings of closed files live until the next scan says otherwise."""
    client = serve(two_files)
    client.request("workspace/executeCommand", SCAN)
    other = (two_files.path / "harbour 😀.py").as_uri()
    two_files.write({"harbour 😀.py": None})
    client.skip()
    assert client.request("workspace/executeCommand", SCAN)["findings"]["error"] == 1
    assert client.published(other)["diagnostics"] == []


def test_a_scan_takes_no_arguments(serve: Start) -> None:
    """What it is called with by mistake is refused, not ignored; without a folder there is nothing to scan."""
    client = serve(None)
    with pytest.raises(ServerError, match="-32602"):
        client.request("workspace/executeCommand", {**SCAN, "arguments": ["😀"]})
    assert client.request("workspace/executeCommand", SCAN)["files"] == 0


def test_a_file_that_was_saved_and_closed_is_shown_as_it_is(two_files: Repo, serve: Start) -> None:
    """What a scan found in a file is looked at again once the editor has been in it."""
    client = serve(two_files, capabilities=PROFILES["neovim"]())
    client.request("workspace/executeCommand", SCAN)
    uri = client.open_file(two_files.path / "harbour 😀.py")
    assert len(client.published(uri, 1)["diagnostics"]) == 1
    two_files.write({"harbour 😀.py": "# by hand\n"})
    assert client.published(uri, client.change(uri, "# by hand\n"))["diagnostics"] == []
    client.save(uri)
    client.close(uri)
    while client.published(uri)["diagnostics"]:
        pass  # first what was known, then what is
