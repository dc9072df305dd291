"""A real VS Code (code-server in Chromium) with the packaged extension: what a user sees, does and keeps.

`make vscode` fetches the editor into `.cache/vscode` and builds the extension; it says what it needs. Without it these
tests are skipped, with the reason shown; where `CI` is set they fail instead. `WHENCE_SHOTS` names a folder for the
pictures, which is how those in `docs/images` are made.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from build import build

from support.git import Repo
from support.tides import FORBIDDEN, HUMAN, POLICY, WRITTEN

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = PROJECT / ".cache/vscode"
VSIX = PROJECT / "editors/vscode/dist/whence.vsix"
HERE = Path(__file__).with_name("vscode")

SECONDS = 480
"""For one visit; the longest takes 60 on an idle machine, and an installation downloads."""

MANY = 4000
"""Files, so that a scan lasts long enough to be stopped."""


@dataclass(frozen=True)
class Editor:
    node: Path
    chromium: str


@pytest.fixture(scope="module")
def editor() -> Editor:
    """The editor's programs, or why there are none."""
    node = TOOLS / "bin/node"
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    browser = os.environ.get("WHENCE_CHROMIUM", browser)
    if node.exists() and (TOOLS / "node_modules/code-server").exists() and VSIX.exists() and browser:
        return Editor(node, browser)
    why = "no VS Code here: `make vscode` fetches one (Linux, as root or with Chromium and libkrb5-dev installed)"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


class Workspace(Protocol):
    """A repository and a home: a test's own, or the demo."""

    @property
    def home(self) -> Path: ...

    @property
    def environment(self) -> dict[str, str]: ...


def visit(editor: Editor, script: str, repo: Workspace, base: Path, **given: Any) -> dict[str, Any]:
    """Run one visit in an editor of its own; what it saw."""
    environment = {
        **repo.environment,
        "PATH": os.pathsep.join([str(editor.node.parent), given.pop("path", ""), repo.environment["PATH"]]),
        "HOME": str(repo.home),
        "LANG": "C.UTF-8",
        "SHELL": "/bin/bash",
    }
    base.mkdir()
    # VS Code takes the environment of a login shell.
    names = ("PATH", "CLAUDE_CONFIG_DIR", "CODEX_HOME")
    profile = "".join(f'export {name}="{environment[name]}"\n' for name in names if name in environment)
    (repo.home / ".profile").write_text(profile, "utf-8")
    extensions = base / "extensions"
    install = [
        TOOLS / "node_modules/.bin/code-server", "--user-data-dir", base / "user", "--extensions-dir", extensions,
        "--install-extension", VSIX,
    ]  # fmt: skip
    subprocess.run(install, env=environment, check=True, capture_output=True, timeout=120)
    parameters = {
        "tools": str(TOOLS),
        "chromium": editor.chromium,
        "base": str(base),
        "environment": environment,
        "settings": {"whence.install": "never"},
        "shots": os.environ.get("WHENCE_SHOTS"),
        "seen": str(base / "seen.json"),
        **given,
    }
    (base / "given.json").write_text(json.dumps(parameters), "utf-8")
    command = [editor.node, HERE / script, base / "given.json"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    seen: dict[str, Any] = json.loads((base / "seen.json").read_text("utf-8"))
    logs = [file.read_text("utf-8", "replace")[-3000:] for file in base.rglob("*Whence*.log")]
    assert done.returncode == 0, "\n".join([json.dumps(seen, indent=1), done.stderr, *logs])
    return seen


@pytest.fixture
def workspace(repo: Repo) -> Repo:
    """A commit that declares Codex, which the policy forbids, and one of Claude Code's that it wants reviewed."""
    policy = POLICY.replace('severity = "warning"', 'severity = "error"')
    repo.commit("Begin", {"tides.py": HUMAN, "whence.toml": policy}, date="2026-01-05T10:00:00+00:00")
    repo.commit(
        "Smooth\n\nCo-authored-by: Claude Opus 4.8 <noreply@anthropic.com>",
        {"tides.py": HUMAN + WRITTEN},
        date="2026-02-05T10:00:00+00:00",
    )
    repo.commit(
        "Add the surge\n\nCo-authored-by: Codex <noreply@openai.com>",
        {"harbour.py": FORBIDDEN.lstrip()},
        date="2026-02-06T10:00:00+00:00",
    )
    return repo


def bin_of_whence() -> str:
    return str(Path(sys.executable).parent)


def test_a_finding_is_shown_explained_and_answered(editor: Editor, tmp_path: Path) -> None:
    """Squiggle, problem, hover, view, quick fix, ledger, explanation, and a broken policy in its own file."""
    demo = build(tmp_path / "demo")
    before = set((demo.workspace / ".whence/reviews").iterdir())
    seen = visit(
        editor,
        "answer.mjs",
        demo,
        tmp_path / "editor",
        workspace=str(demo.workspace),
        path=bin_of_whence(),
        file="service/stations.py",
        line=24,
        region="nearest_station",
        message="declares Claude Code",
        forbidden={
            "file": "models/tides.py",
            "region": "next_high_water",
            "line": 17,
            "message": "wrote all 20 lines",
            "evidence": "3f2a91c4",
        },
    )
    assert "all 12 lines of `nearest_station`" in seen["problems"]
    assert "noreply@anthropic.com" in seen["hover"]
    assert "a person answers for what customers run" in seen["hover"]
    assert "customer-service" in seen["tree"]
    assert "model-building" in seen["tree"]
    assert "Claude Code (Anthropic): 12 lines" in seen["tree"]
    assert "Claude Code (Anthropic): 20 lines" in seen["tree"]
    (record,) = set((demo.workspace / ".whence/reviews").iterdir()) - before
    assert "nearest_station" in record.read_text("utf-8")
    assert "Claude Code" in seen["explained"]
    assert "Claude Code" in seen["evidence"]
    assert "def height" in seen["removed"]
    assert "next_high_water" not in seen["removed"]
    assert "models/tides.py" in seen["exception"]
    assert "version" in seen["policy"]


def test_a_scan_shows_its_progress_and_can_be_stopped(
    editor: Editor, workspace: Repo, tmp_path: Path
) -> None:
    """Stopped, it shows nothing of closed files; run to its end, it shows all."""
    many = {f"many/m{number}.py": HUMAN.replace("low", f"low{number}") * 25 for number in range(MANY)}
    workspace.commit("Much", many, date="2026-02-07T10:00:00+00:00")
    seen = visit(
        editor,
        "scan.mjs",
        workspace,
        tmp_path / "editor",
        workspace=str(workspace.path),
        path=bin_of_whence(),
        file="whence.toml",
        region="surge",
        message="declares Codex",
    )
    assert f"of {MANY + 3} files" in seen["progress"]
    assert "declares Codex" not in seen["stopped"]
    assert "Codex (OpenAI)" in seen["tree"]


def test_nothing_runs_before_the_workspace_is_trusted(
    editor: Editor, workspace: Repo, tmp_path: Path
) -> None:
    """The program on PATH is started when trust is given, and not before."""
    started, programs = tmp_path / "started", tmp_path / "programs"
    programs.mkdir()
    whence = programs / "whence"
    whence.write_text(f'#!/bin/sh\ntouch "{started}"\nexec "{bin_of_whence()}/whence" "$@"\n', "utf-8")
    whence.chmod(0o755)
    seen = visit(
        editor,
        "trust.mjs",
        workspace,
        tmp_path / "editor",
        workspace=str(workspace.path),
        path=str(programs),
        trust="ask",
        file="tides.py",
        started=str(started),
    )
    assert not seen["startedUntrusted"]
    assert seen["started"]


def test_a_machine_without_whence_gets_one_on_request(
    editor: Editor, workspace: Repo, tmp_path: Path
) -> None:
    """The extension asks, makes an environment of its own, checks hashes, and the finding is there."""
    seen = visit(
        editor,
        "install.mjs",
        workspace,
        tmp_path / "editor",
        workspace=str(workspace.path),
        settings={"whence.install": "ask", "whence.interpreter": sys.executable},
        file="tides.py",
        message="declares Claude Code",
    )
    assert "checked against its hash" in seen["question"]
    assert "all 8 lines of `smooth`" in seen["problems"]
