"""A real Neovim with the plugin from `editors/neovim`: the warning is there, the quick fix takes it away for good.

`make neovim` fetches one into `.cache`; `WHENCE_NVIM` names another. Without either the test is skipped, with the
reason shown; where `CI` is set it fails instead.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.git import Repo
from support.tides import FORBIDDEN, HUMAN, POLICY, WRITTEN
from support.transcripts import Claude

PROJECT = Path(__file__).resolve().parents[2]

SECONDS = 120
"""For the whole visit; it takes three on an idle machine."""


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
    why = "no Neovim 0.11 here: `make neovim` fetches one, or set WHENCE_NVIM"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture
def visited(repo: Repo, tmp_path: Path) -> Repo:
    """Two uncommitted edits in one file, of which the policy forbids the first and wants the second reviewed."""
    repo.commit("Begin", {"tides.py": HUMAN, "whence.toml": POLICY}, date="2026-01-05T10:00:00+00:00")
    repo.commit(
        "Add the surge\n\nCo-authored-by: Codex <noreply@openai.com>",
        {"tides.py": HUMAN + FORBIDDEN, "harbour.py": FORBIDDEN.replace("surge", "swell")},
        date="2026-02-05T10:00:00+00:00",
    )
    session = Claude(repo.home, str(repo.path))
    session.prompt("Add a running mean.")
    session.edit(
        str(repo.path / "tides.py"),
        "    return [height for height in shifted if height > 0]\n",
        "    return [height for height in shifted if height > 0]\n" + WRITTEN,
        original=HUMAN + FORBIDDEN,
    )
    session.save()
    repo.write({"tides.py": HUMAN + FORBIDDEN + WRITTEN})
    return repo


def visit(repo: Repo, tmp_path: Path) -> dict[str, Any]:
    """Run the editor once; what it saw."""
    seen = tmp_path / "seen.json"
    environment = {
        **repo.environment,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), repo.environment["PATH"]]),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "WHENCE_SEEN": str(seen),
        "WHENCE_SERVER": json.dumps([sys.executable, "-m", "whence.cli.main", "lsp"]),
    }
    script = Path(__file__).with_name("neovim_session.lua")
    command = [
        neovim(), "--headless", "--clean", "-n",
        "--cmd", f"set runtimepath^={PROJECT / 'editors/neovim'}",
        "-c", f"luafile {script}",
        "tides.py",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=repo.path, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    result: dict[str, Any] = json.loads(seen.read_text("utf-8")) if seen.exists() else {}
    log = "\n".join(
        file.read_text("utf-8", "replace")[-3000:] for file in (tmp_path / "state").rglob("lsp.log")
    )
    assert done.returncode == 0, f"{result}\n{done.stdout}\n{done.stderr}\n{log}"
    return result


def test_the_warning_is_shown_answered_and_stays_answered(visited: Repo, tmp_path: Path) -> None:
    """An uncommitted edit of Claude Code is warned of; the quick fix records a review that outlives the server."""
    seen = visit(visited, tmp_path)
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
    assert "claude-code-session" in seen["explained"]
    assert seen["reviewed"] == [forbidden]
    (record,) = (visited.path / ".whence/reviews").glob("*.toml")
    assert "Dana Dev <dana@example.org>" in record.read_text("utf-8")
    assert seen["restarted"] == [forbidden]
    assert {item["file"] for item in seen["quickfix"]} == {"tides.py", "harbour.py"}
    assert "ERROR" not in seen["health"]
    assert "it runs for" in seen["health"]


def test_the_plugin_is_whole() -> None:
    """Every command of the plugin is in its README."""
    readme = (PROJECT / "editors/neovim/README.md").read_text("utf-8")
    plugin = (PROJECT / "editors/neovim/plugin/whence.lua").read_text("utf-8")
    names = [line.split("'")[1] for line in plugin.splitlines() if line.startswith("command('")]
    assert len(names) == 5
    for name in names:
        assert f":{name}" in readme
    assert shutil.which("git"), "the tests need git"
