"""What an editor's own views ask for: every finding with its scope, and how the server is."""

from __future__ import annotations

from typing import Any

import pytest

from lsp.conftest import Start
from support.git import Repo
from support.lsp_client import LspClient, ServerError

FINDINGS = {"command": "whence.findings"}
SCAN = {"command": "whence.scanWorkspace"}


def listed(client: LspClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.request("workspace/executeCommand", FINDINGS)["findings"]
    return found


def test_open_files_are_listed_as_they_stand(two_files: Repo, serve: Start) -> None:
    """Scope, tool, lines and what a reviewer would promise; an edit that takes the lines away takes the entry away."""
    client = serve(two_files)
    uri = client.open_file(two_files.path / "tides.py")
    (shown,) = client.diagnostics(uri)
    (entry,) = listed(client)
    assert (entry["uri"], entry["path"]) == (uri, "tides.py")
    assert (entry["code"], entry["severity"], entry["message"]) == (shown["code"], "error", shown["message"])
    assert entry["scope"]
    assert entry["tool"] == "Claude Code (Anthropic)"
    assert entry["name"] == "smooth"
    (run,) = entry["ranges"]
    assert run["start"]["line"] == shown["range"]["start"]["line"]
    assert run["end"]["line"] - run["start"]["line"] + 1 == entry["lineCount"]
    assert entry["reviewable"]
    client.change(uri, "")
    assert listed(client) == []


def test_closed_files_are_listed_after_a_scan_and_each_file_once(two_files: Repo, serve: Start) -> None:
    """An open file's own findings go before what the scan saw on disk."""
    client = serve(two_files)
    assert listed(client) == []
    client.request("workspace/executeCommand", SCAN)
    assert [entry["path"] for entry in listed(client)] == ["harbour 😀.py", "tides.py"]
    uri = client.open_file(two_files.path / "tides.py")
    client.diagnostics(uri)
    assert sorted(entry["path"] for entry in listed(client)) == ["harbour 😀.py", "tides.py"]
    client.change(uri, "x = 1\n")
    assert [entry["path"] for entry in listed(client)] == ["harbour 😀.py"]


def test_a_review_takes_an_entry_out_of_the_list(two_files: Repo, serve: Start) -> None:
    """Also that of a file which nobody has open."""
    client = serve(two_files)
    client.request("workspace/executeCommand", SCAN)
    first, _ = listed(client)
    argument = {"uri": first["uri"], "fingerprint": first["fingerprint"]}
    client.request("workspace/executeCommand", {"command": "whence.review", "arguments": [argument]})
    client.published(first["uri"])
    assert [entry["path"] for entry in listed(client)] == ["tides.py"]


def test_arguments_are_refused(workspace: Repo, serve: Start) -> None:
    """A filter that nobody knows is not taken for none."""
    client = serve(workspace)
    with pytest.raises(ServerError, match="takes no arguments"):
        client.request("workspace/executeCommand", {**FINDINGS, "arguments": [1]})


def test_the_status_is_told_to_who_asked_for_it(workspace: Repo, serve: Start) -> None:
    """Busy while the workspace is looked at, then the policy in force, and trouble when that breaks."""
    client = serve(workspace, options={"statusNotifications": True})
    client.diagnostics(client.open_file(workspace.path / "tides.py"))
    told = client.seen("whence/status")
    assert told[0]["busy"]
    assert told[-1] == {
        "busy": None,
        "trouble": None,
        "policies": [str(workspace.path / "whence.toml")],
        "notMeasured": told[-1]["notMeasured"],
    }
    assert told == [item for index, item in enumerate(told) if index == 0 or told[index - 1] != item]


def test_nobody_else_is_told(workspace: Repo, serve: Start) -> None:
    """It is no part of the protocol, and an editor that does not know it would complain."""
    client = serve(workspace)
    client.diagnostics(client.open_file(workspace.path / "tides.py"))
    assert not client.seen("whence/status")
