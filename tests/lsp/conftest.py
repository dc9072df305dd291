"""A workspace with findings, and a server of this process to ask about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.git import Repo
from support.lsp_client import LspClient, in_process
from support.tides import HUMAN
from support.tides import WRITTEN as CLAUDE
from whence.lsp import roots
from whence.lsp.server import WhenceServer

TRAILER = "\n\nCo-Authored-By: Claude <noreply@anthropic.com>"

REVIEW_POLICY = """version = 1
own_vendors = ["meta"]

[[scope]]
name = "everything"
paths = ["**"]

  [[scope.rule]]
  tools = ["rival"]
  require = "review"
  severity = "error"
  because = "Section 2 😀"
"""


@pytest.fixture
def workspace(repo: Repo) -> Repo:
    """A file that a person began and a commit of Claude Code continued, under a policy that asks for a review."""
    repo.commit("Begin", {"tides.py": HUMAN, "whence.toml": REVIEW_POLICY})
    repo.commit("Smooth the heights" + TRAILER, {"tides.py": HUMAN + CLAUDE})
    return repo


@pytest.fixture
def two_files(workspace: Repo) -> Repo:
    """The same, and one more file by Claude Code."""
    workspace.commit("More" + TRAILER, {"harbour 😀.py": CLAUDE.replace("smooth", "berth")})
    return workspace


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """First findings wait for everything that is to be known, however busy the machine is."""
    monkeypatch.setattr(roots, "GRACE", 60.0)


Start = Callable[..., LspClient]


@pytest.fixture
def serve() -> Iterator[Start]:
    """Start a server for a repository; every server is left properly, and its faults fail the test."""
    clients: list[LspClient] = []

    def start(
        repo: Repo | None, *, folders: Any = (), initialize: bool = True, options: Any = None, **how: Any
    ) -> LspClient:
        environment = repo.environment if repo is not None else {}
        client = in_process(WhenceServer(environment, threads=True).serve, **how)
        clients.append(client)
        if initialize:
            client.initialize(list(folders) or (repo.path if repo else None), options=options)
        return client

    yield start
    for client in clients:
        if not client.left:
            assert client.shutdown() == 0


def uri_of(repo: Repo, name: str = "tides.py") -> str:
    return (Path(repo.path) / name).as_uri()
