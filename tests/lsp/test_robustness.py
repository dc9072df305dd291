"""Whatever is opened, the server answers the next request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lsp.conftest import CLAUDE, HUMAN, TRAILER, Start
from support.git import Repo
from support.lsp_client import LspClient
from support.profiles import PROFILES
from whence.live.document import LiveDocument


def alive(client: LspClient, repo: Repo) -> None:
    uri = client.open_file(repo.path / "tides.py")
    assert [item["code"] for item in client.diagnostics(uri)] == ["review-missing"]


NASTY = {
    "binary.bin": "\0\1\2" * 1000,
    "huge.py": "x = 1\n" * 1_500_000,
    "one-line.js": "var a = '" + "😀" * 600_000 + "';",
    "deep.py": "(" * 20_000 + ")" * 20_000,
    "deep.json": "[" * 20_000,
    "broken.py": "def f(:\n  class\n'''😀\n" * 50,
    "surrogate.py": "x = '\ud800'\n",
    "mac.py": "def f():\r    return 1\r" * 20,
    "mixed.py": "a\r\n\rb\n\x0c\u2028c\r",
    "empty.py": "",
    "blank.py": "\n\n   \n",
    "tab\tand 'quote' 😀.py": "x = 1\n",
}


@pytest.mark.parametrize("profile", ["vscode", "neovim"])
def test_no_document_takes_the_server_down(workspace: Repo, serve: Start, profile: str) -> None:
    """Binary, giant, deeply nested, broken and undecodable texts each get an answer, and so does what follows."""
    client = serve(workspace, capabilities=PROFILES[profile]())
    for name, text in NASTY.items():
        uri = client.open((workspace.path / name).as_uri(), text, "plaintext")
        assert client.diagnostics(uri) == [], name
        client.edit(uri, (0, 0), (0, 1), "😀")
        client.request(
            "textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 3, "character": 99}}
        )
        client.close(uri)
    alive(client, workspace)


def test_findings_survive_odd_line_ends(repo: Repo, serve: Start) -> None:
    """Carriage returns alone, form feeds and U+2028 shift nothing: the mark is on the tool's own line."""
    human = "a = 1\r# \x0c 😀\u2028 b\r\n"
    repo.commit("Begin", {"tides.py": human})
    repo.commit("Go on" + TRAILER, {"tides.py": human + CLAUDE.replace("\n", "\r\n")})
    client = serve(repo)
    uri = client.open((repo.path / "tides.py").as_uri(), human + CLAUDE.replace("\n", "\r\n"))
    (item,) = client.diagnostics(uri)
    assert item["range"] == {"start": {"line": 4, "character": 0}, "end": {"line": 4, "character": 24}}


def test_an_analysis_that_fails_costs_one_answer(
    workspace: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours is an error to that request and a line in the log, never a crash or a pop-up."""
    real = LiveDocument.look

    def look(self: LiveDocument, *how: Any) -> Any:
        if "fault" in self.uri:
            raise ZeroDivisionError("ours 😀")
        return real(self, *how)

    monkeypatch.setattr(LiveDocument, "look", look)
    for profile in ("vscode", "neovim"):
        client = serve(workspace, capabilities=PROFILES[profile]())
        uri = client.open((workspace.path / "fault 😀.py").as_uri(), CLAUDE)
        request = client.start("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}})  # fmt: skip
        with pytest.raises(Exception, match="-32603: ZeroDivisionError"):
            client.answer(request)
        alive(client, workspace)
        assert not client.seen("window/showMessage")


def test_a_workspace_without_git_is_served(tmp_path: Path, serve: Start) -> None:
    """A plain folder has no history; what is measurable is shown, and the rest is named in the information."""
    folder = tmp_path / "plain 😀"
    folder.mkdir()
    (folder / "tides.py").write_text(HUMAN, "utf-8")
    client = serve(None, folders=[folder])
    assert client.diagnostics(client.open_file(folder / "tides.py")) == []
    (root,) = client.request("workspace/executeCommand", {"command": "whence.debugInformation"})["roots"]
    assert any("git" in text for text in root["notMeasured"])


def test_a_machine_without_git_is_served(workspace: Repo, serve: Start, tmp_path: Path) -> None:
    """Without the program there is no history and no crash."""
    empty = tmp_path / "bin"
    empty.mkdir()
    (tmp_path / "home").mkdir()
    from support.lsp_client import in_process
    from whence.lsp.server import WhenceServer

    client = in_process(
        WhenceServer({"PATH": str(empty), "HOME": str(tmp_path / "home")}, threads=True).serve
    )
    client.initialize(workspace.path)
    assert client.diagnostics(client.open_file(workspace.path / "tides.py")) == []
    assert client.shutdown() == 0


def test_a_repository_without_commits_is_served(repo: Repo, serve: Start) -> None:
    """The very first file of a new project."""
    repo.write({"tides.py": HUMAN})
    client = serve(repo)
    assert client.diagnostics(client.open_file(repo.path / "tides.py")) == []


def test_links_that_lead_out_are_not_followed(workspace: Repo, serve: Start, tmp_path: Path) -> None:
    """A link out of the workspace, and links in a circle, are looked at as the text that the editor shows."""
    outside = tmp_path / "outside.py"
    outside.write_text(HUMAN, "utf-8")
    (workspace.path / "link.py").symlink_to(outside)
    (workspace.path / "loop.py").symlink_to("loop.py")
    client = serve(workspace)
    for name in ("link.py", "loop.py"):
        assert client.diagnostics(client.open((workspace.path / name).as_uri(), HUMAN)) == []
    assert client.request("workspace/executeCommand", {"command": "whence.scanWorkspace"})["files"] == 2
    alive(client, workspace)


def test_a_file_that_is_gone_can_still_be_open(workspace: Repo, serve: Start) -> None:
    """Deleted under the editor, the text is still looked at; a folder that is gone is no workspace."""
    client = serve(workspace)
    uri = client.open_file(workspace.path / "tides.py")
    assert len(client.diagnostics(uri)) == 1
    workspace.write({"tides.py": None})
    client.edit(uri, (0, 0), (0, 0), "# 😀\n")
    assert len(client.diagnostics(uri)) == 1
    client.change(uri, HUMAN)
    assert client.diagnostics(uri) == []


def test_an_address_that_no_file_can_have_is_a_file_that_is_not_there(workspace: Repo, serve: Start) -> None:
    """Longer than the system allows, in one name or as a whole: looked at as text, and no fault."""
    client = serve(workspace)
    for path in (
        "/a" * 5000 + ".py",
        "/" + "n" * 5000 + ".py",
        workspace.path.as_uri()[7:] + "/" + "b" * 300 + ".py",
    ):
        uri = client.open(f"file://{path}", HUMAN)
        assert client.diagnostics(uri) == []
        asked = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
        client.request("textDocument/hover", asked)
        client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
        client.edit(uri, (0, 0), (0, 0), "# \n")
        assert client.diagnostics(uri) == []
        client.close(uri)
    alive(client, workspace)
