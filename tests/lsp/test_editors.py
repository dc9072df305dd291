"""One visit as each editor makes it, by what it states that it can do: what it gets is what docs/editors.md says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lsp.conftest import CLAUDE, TRAILER, Start, uri_of
from lsp.test_policy import codes, findings_when
from lsp.test_review import actions, apply
from support.git import Repo
from support.lsp_client import LspClient, Message, place
from support.profiles import EDITORS
from whence.lsp import lookout

PAGE = Path(__file__).resolve().parents[2] / "docs" / "editors.md"

NAMES = {
    "vscode": "VS Code", "neovim": "Neovim 0.11", "eglot": "eglot", "lsp-mode": "lsp-mode", "ale": "ALE",
    "vim-lsp": "vim-lsp", "coc": "coc", "kate": "Kate", "helix": "Helix", "zed": "Zed", "sublime": "Sublime Text",
    "lsp4ij": "LSP4IJ", "nothing": "states nothing",
}  # fmt: skip

HEAD = ["editor", "positions", "findings", "hover", "quick fix", "links to evidence", "changes on disk", "settings", "progress"]  # fmt: skip


def table() -> dict[str, list[str]]:
    """The rows of the page's table of what each editor gets, by its first column."""
    lines = PAGE.read_text("utf-8").splitlines()
    start = lines.index("| " + " | ".join(HEAD) + " |") + 2
    rows: dict[str, list[str]] = {}
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        rows[name] = cells
    return rows


def form(action: Message) -> str:
    """In which form a fix was offered."""
    if "command" not in action:
        return "action, in two steps"
    return "command" if isinstance(action["command"], str) else "action"


def hover(client: LspClient, uri: str, line: int) -> Any:
    return client.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": place((line, 0))})


def test_the_page_speaks_of_every_editor() -> None:
    """No row without a profile behind it, and no profile without a row."""
    assert set(table()) == {NAMES[name] for name in EDITORS}


def test_the_neovim_page_tells_how_each_version_starts_the_server() -> None:
    """Neovim itself does so since 0.11; before, the plugin does."""
    page = (PAGE.parents[1] / "editors/neovim/README.md").read_text("utf-8")
    assert "vim.lsp.enable" in page
    assert "require('whence').setup()" in page.split("Neovim 0.7 to 0.10")[-1]


@pytest.mark.parametrize("editor", EDITORS)
def test_a_visit_from_opening_to_review(workspace: Repo, serve: Start, monkeypatch: pytest.MonkeyPatch, editor: str) -> None:  # fmt: skip
    """Findings, hover, fix, edit, a policy that changes outside, a scan: each by the road that the editor can take.

    The test client refuses whatever the editor did not state, so that every step here checks that, too.
    """
    monkeypatch.setattr(lookout, "POLL", 0.05)
    workspace.commit("More" + TRAILER, {"harbour.py": CLAUDE.replace("smooth", "berth")})
    client = serve(workspace, capabilities=EDITORS[editor]())
    uri = client.open_file(workspace.path / "tides.py")
    (item,) = client.diagnostics(uri)
    assert (item["code"], item["range"]["start"]) == ("review-missing", place((7, 0)))
    pushed = [
        p for p in client.seen("textDocument/publishDiagnostics") if p["uri"] == uri and p["diagnostics"]
    ]
    assert all(params["version"] == 1 for params in pushed)
    assert bool(pushed) != client.pulls

    shown = hover(client, uri, 9)["contents"]
    assert "Section 2 😀" in shown["value"]

    client.edit(uri, (0, 0), (0, 0), "# 😀\n")
    client.texts[uri] = "# 😀\n" + client.texts[uri]
    (item,) = client.diagnostics(uri)
    assert item["range"]["start"] == place((8, 0))
    (action,) = actions(client, uri, item)
    client.skip()
    assert apply(client, action)["settled"]
    findings_when(client, uri, [])

    policy = (workspace.path / "whence.toml").read_text("utf-8")
    workspace.write({"whence.toml": policy.replace('"review"', '"forbid"')})
    watchers = [
        one for one in client.registered.values() if one["method"] == "workspace/didChangeWatchedFiles"
    ]
    client.skip()
    if watchers:
        change = {"uri": uri_of(workspace, "whence.toml"), "type": 2}
        client.notify("workspace/didChangeWatchedFiles", {"changes": [change]})
    findings_when(client, uri, ["rival-forbidden"])

    client.skip()
    client.request("workspace/executeCommand", {"command": "whence.scanWorkspace"})
    other = client.published(uri_of(workspace, "harbour.py"))
    assert codes(other["diagnostics"]) == ["rival-forbidden"]

    assert table()[NAMES[editor]] == [
        client.encoding.upper(),
        "asked for" if client.pulls else "sent",
        {"markdown": "Markdown", "plaintext": "plain text"}[shown["kind"]],
        form(action),
        "yes" if "relatedInformation" in item else "no",
        "told" if watchers else "looked for",
        "asked for" if client.seen("workspace/configuration") else "sent",
        "yes" if client.seen("window/workDoneProgress/create") else "no",
    ]
