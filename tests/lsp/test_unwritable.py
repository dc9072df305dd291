"""A disk that takes nothing, and places that cannot be written: the server lives, and says what it could not do.

A real server each, with its helpers in processes of their own: what it keeps it keeps there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from lsp.test_policy import findings_when
from support.git import Repo
from support.lsp_client import LspClient, ServerError, spawn

SERVER = ["-m", "whence.cli.main", "lsp"]

FULL = """import os, resource, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # it would be cut off, and loaded by whoever comes next
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
"""No file may grow beyond some bytes, of this process and all that it starts: the write fails, as on a full disk."""

A_LITTLE = 4096
"""Bytes: enough for what git is told on the way in temporary files, too little for a database or for a review with `NOTE`."""

NOTE = "I have read this 😀. " * 190


@pytest.fixture(params=["full", "read-only"])
def client(workspace: Repo, request: pytest.FixtureRequest) -> Iterator[LspClient]:
    if sys.platform == "win32":
        pytest.skip("there is no such limit, and no such place, on Windows")
    environment, command = dict(workspace.environment), SERVER
    if request.param == "full":
        command = ["-c", FULL, str(A_LITTLE), *SERVER]
    else:  # below what is no folder nobody can make one, root included
        environment |= {f"XDG_{kind}_HOME": f"/dev/null/{kind}" for kind in ("CACHE", "DATA", "STATE")}
        workspace.write({".whence": "in the way 😀\n"})
    client = spawn([sys.executable, *command], environment)
    yield client
    client.kill()


def command(client: LspClient, name: str, *arguments: Any) -> Any:
    return client.request("workspace/executeCommand", {"command": name, "arguments": list(arguments)})


def files(repo: Repo) -> set[str]:
    """Everything in the workspace with something in it, but for git's own."""
    found = (file for file in repo.path.rglob("*") if ".git" not in file.parts)
    return {file.name for file in found if file.is_file() and file.stat().st_size}


def test_the_server_lives_and_says_what_it_could_not_do(workspace: Repo, client: LspClient) -> None:
    """Findings, hover and scans as ever; a review is refused with its reason, nothing half-written is left, and the
    finding stays."""
    before = files(workspace)
    client.initialize(workspace.path)
    uri = client.open_file(workspace.path / "tides.py")
    findings_when(client, uri, ["review-missing"])
    (item,) = client.diagnostics(uri)
    answer = {"uri": uri, "fingerprint": item["data"]["fingerprint"], "note": NOTE}
    for _ in range(2):
        with pytest.raises(ServerError, match=r"-32803: .*\.whence") as refused:
            command(client, "whence.review", answer)
        assert refused.value.text.strip()
    client.edit(uri, (0, 0), (0, 0), "# 😀\n")
    assert [one["range"]["start"]["line"] for one in client.diagnostics(uri)] == [8]
    assert command(client, "whence.scanWorkspace")["findings"]["error"] == 1
    (root,) = command(client, "whence.debugInformation")["roots"]
    assert root["failure"] == ""
    assert files(workspace) == before
    assert not list(workspace.path.rglob("*.part"))
    assert client.shutdown() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit on Windows")
def test_where_nothing_at_all_can_be_written_that_is_said(workspace: Repo) -> None:
    """Not even a temporary file: who declared the lines cannot be asked, so nothing is claimed, and that has a name."""
    client = spawn([sys.executable, "-c", FULL, "0", *SERVER], workspace.environment)
    try:
        client.initialize(workspace.path)
        uri = client.open_file(workspace.path / "tides.py")
        assert client.diagnostics(uri) == []
        client.wait_for("workspace/diagnostic/refresh")
        assert client.diagnostics(uri) == []
        (root,) = command(client, "whence.debugInformation")["roots"]
        assert any("git-history" in gap and "temporary" in gap for gap in root["notMeasured"])
        assert client.shutdown() == 0
    finally:
        client.kill()
