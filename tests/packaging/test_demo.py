"""`make demo`, as a newcomer meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def run(folder: Path) -> tuple[int, str]:
    """Run the demo in a folder of the test's own, in an environment where reading real sessions would show."""
    environment = {**os.environ, "NO_COLOR": "1"}
    command = [sys.executable, str(PROJECT / "demo/run.py"), str(folder)]
    done = subprocess.run(command, cwd=folder.parent, env=environment, capture_output=True, check=False)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    status, text = run(tmp_path_factory.mktemp("demo") / "out")
    assert status == 0, text
    return text


def test_the_demo_shows_one_finding_of_each_kind(said: str) -> None:
    """One forbidden, one unreviewed, one undisclosed; nothing else."""
    headers = [
        line
        for line in said.splitlines()
        if line.startswith(("models/", "service/", "scripts/")) and ":" in line
    ]
    assert [header.split("  ")[1:] for header in headers] == [
        ["error", "rival-forbidden"],
        ["warning", "disclosure-missing"],
        ["error", "review-missing"],
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Claude Code (Anthropic) wrote all 20 lines of `next_high_water`.",
        "Codex (OpenAI) wrote all 8 lines of `table`.",
        "declares Claude Code (Anthropic).",
        "model-building forbids rival tools: our models are built without other vendors' coding agents",
        "2 errors, 1 warning in",
    ],
)
def test_the_demo_says_who_how_and_which_rule(said: str, sentence: str) -> None:
    """The sentences that a newcomer must meet are there."""
    assert sentence in said


@pytest.mark.parametrize(
    "innocent", ["requirements.txt:", "`height`", "`parse_station`", "height_in_feet", "not measured"]
)
def test_the_demo_accuses_nobody_else(said: str, innocent: str) -> None:
    """Neither the bot nor the lines of 2019, nor what was reviewed or refused, and nothing is left unmeasured."""
    assert innocent not in said


def test_the_demo_ends_with_the_way_into_an_editor(said: str) -> None:
    """The exact commands, with the demo's own session folders, close the output."""
    end = said[said.index("Look closer") :]
    for wanted in (
        "export CLAUDE_CONFIG_DIR=",
        "CODEX_HOME=",
        "XDG_DATA_HOME=",
        "XDG_CACHE_HOME=",
        "whence explain models/tides.py:17",
        "nvim -u ",
        "whence lsp",
    ):
        assert wanted in end


def test_what_the_demo_suggests_keeps_out_of_the_users_own_index(said: str, tmp_path: Path) -> None:
    """The printed exports lead to the demo's home: nothing of its made-up sessions gets into the reader's folders."""
    end = said[said.index("Look closer") :]
    script = "\n".join(line for line in end.splitlines() if line.startswith("  ") and "nvim" not in line)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["sh", "-e", "-c", script], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Claude Code" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_the_same_every_time(tmp_path: Path) -> None:
    """Two builds in two places have the same commits and the same reviews."""
    heads = []
    for name in ("one", "two"):
        command = [sys.executable, str(PROJECT / "demo/build.py"), str(tmp_path / name)]
        subprocess.run(command, check=True, capture_output=True)
        head = ["git", "-C", str(tmp_path / name / "workspace"), "rev-parse", "HEAD"]
        heads.append(subprocess.run(head, check=True, capture_output=True).stdout)
    assert heads[0] == heads[1]


def test_the_demo_does_not_lean_on_the_tests() -> None:
    """The demo builds its transcripts itself: what it shows is independent of what the tests assume."""
    for file in (PROJECT / "demo").glob("*.py"):
        assert "support" not in file.read_text("utf-8")
