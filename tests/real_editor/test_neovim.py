"""A real Neovim with the plugin from `editors/neovim`: the warning is there, the quick fix takes it away for good.

`make neovim` fetches one into `.cache`; `WHENCE_NVIM` names another. Without either the test is skipped, with the
reason shown; where `CI` is set it fails instead.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tomllib
from pathlib import Path

from support.editors import PROJECT, absent, needed, visit
from support.git import Repo
from support.tides import FORBIDDEN, HUMAN, POLICY, WRITTEN

TOLD = (
    POLICY.replace('["**"]', '["**", "!harbour.py"]')
    + """
[[scope]]
name = "told"
paths = ["harbour.py"]

  [[scope.rule]]
  tools = ["codex"]
  require = "disclose"
  disclosure = ["Assisted-by:*"]
"""
)


def neovim() -> str:
    """The program, or why there is none."""
    named = os.environ.get("WHENCE_NVIM")
    if named:
        return named
    # The package's own launcher takes 60 ms longer than the program behind it.
    fetched = sorted((PROJECT / ".cache/neovim").glob("lib/python*/site-packages/*/install/bin/nvim"))
    fetched += sorted((PROJECT / ".cache/neovim").glob("bin/nvim"))
    if fetched:
        return str(fetched[0])
    absent("no Neovim 0.11 here: `make neovim` fetches one, or set WHENCE_NVIM")
    raise AssertionError


def test_the_warning_is_shown_answered_and_stays_answered(visited: Repo, tmp_path: Path) -> None:
    """An uncommitted edit of Claude Code is warned of; the quick fix records a review that outlives the server. All
    other quick fixes do in the editor what they say."""
    visited.write({"whence.toml": TOLD})
    command = [
        neovim(), "--headless", "--clean", "-n",
        "--cmd", f"set runtimepath^={PROJECT / 'editors/neovim'}",
        "-c", f"luafile {Path(__file__).with_name('neovim_session.lua')}",
        "tides.py",
    ]  # fmt: skip
    server = json.dumps([sys.executable, "-m", "whence.cli.main", "lsp"])
    seen = visit(visited, tmp_path, command, {"WHENCE_SERVER": server})
    forbidden, asked = seen["first"]
    assert (forbidden["code"], forbidden["severity"], forbidden["text"]) == (
        "rival-forbidden" if "rival" in forbidden["code"] else "tool-forbidden", "ERROR", "def surge(rows, wind):"
    )  # fmt: skip
    assert (asked["code"], asked["severity"], asked["text"]) == (
        "review-missing", "WARN", "def smooth(rows, width):"
    )  # fmt: skip
    assert asked["message"].startswith(
        "Claude Code (Anthropic) wrote all 8 lines of `smooth`; models asks for "
    )
    assert asked["source"] == "whence"
    assert seen["statusline"] == "whence 1E 1W"
    assert "claude-code-session" in seen["explained"]
    assert seen["reviewed"] == [forbidden]
    (record,) = (visited.path / ".whence/reviews").glob("*.toml")
    assert "Dana Dev <dana@example.org>" in record.read_text("utf-8")
    assert seen["restarted"] == [forbidden]
    assert {item["file"] for item in seen["quickfix"]} == {"tides.py", "harbour.py"}
    assert seen["evidence"].startswith("### tides.py:")
    assert "Co-authored-by: Codex" in seen["evidence"]
    (exception,) = tomllib.loads(seen["drafted"])["exception"]
    assert (exception["paths"], exception["tools"]) == (["/tides.py"], ["codex"])
    assert [message.split("`")[1] for message in seen["faults"]] == ["reason", "approver"]
    assert (visited.path / "whence.toml").read_text("utf-8") == TOLD
    assert seen["removed"] == (HUMAN + "\n\n" + WRITTEN).rstrip("\n")  # blank lines are nobody's
    head, *rest = seen["disclosed"].split("\n")
    assert head.startswith("# Assisted-by: ")
    assert rest == FORBIDDEN.replace("surge", "swell").rstrip("\n").split("\n")
    assert "ERROR" not in seen["health"]
    assert "it runs for" in seen["health"]


def test_an_old_neovim_is_served_too(visited: Repo, tmp_path: Path) -> None:
    """Neovim 0.7 has no `vim.lsp.enable`: the plugin starts the server, and its commands work alike."""
    nvim = needed("nvim", "--headless", "--clean", "-c", "exe has('nvim-0.11') ? 'cquit!' : 'qall!'")
    command = [
        nvim, "--headless", "--clean", "-n",
        "--cmd", f"set runtimepath^={PROJECT / 'editors/neovim'}",
        "tides.py",
        "-c", f"luafile {Path(__file__).with_name('neovim_older.lua')}",
    ]  # fmt: skip
    seen = visit(visited, tmp_path, command)
    assert [item[0] for item in seen["first"]] == [8, 15]
    assert seen["statusline"] == "whence 1E 1W"
    assert "claude-code-session" in seen["explained"]
    assert seen["reviewed"] == seen["first"][:1]
    assert {item["file"] for item in seen["quickfix"]} == {"tides.py", "harbour.py"}
    assert "it runs for" in seen["health"]
    assert len(list((visited.path / ".whence/reviews").glob("*.toml"))) == 1


def test_the_plugin_is_whole() -> None:
    """Every command of the plugin is in its README."""
    readme = (PROJECT / "editors/neovim/README.md").read_text("utf-8")
    plugin = (PROJECT / "editors/neovim/plugin/whence.lua").read_text("utf-8")
    names = [line.split("'")[1] for line in plugin.splitlines() if line.startswith("command('")]
    assert len(names) == 5
    for name in names:
        assert f":{name}" in readme
    assert shutil.which("git"), "the tests need git"
