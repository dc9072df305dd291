"""The README's commands, run as they stand there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

ELSEWHERE = {
    "make demo": "tests/packaging/test_demo.py",
    "python3 -m pip install .": "tests/packaging/test_install.py",
}
"""Commands that a test of their own runs."""

STATUS = {
    "whence scan": 1,
    "whence scan --since main": 1,
    "whence scan --format sarif --output ../whence.sarif": 1,
    "whence scan --format github": 1,
    "whence scan --format html --output ../whence.html": 1,
}
"""What commands answer in the demo's repository; 0 where nothing is said. Its policy is not met."""


def commands(page: str) -> list[str]:
    """Every line of every `sh` block."""
    text = (PROJECT / page).read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A demo repository of the test's own, and the environment in which `whence` is the one under test."""
    folder = tmp_path_factory.mktemp("readme") / "out"
    subprocess.run([sys.executable, str(PROJECT / "demo/build.py"), str(folder)], check=True)
    home = folder / "home"
    programs = folder / "bin"
    programs.mkdir()
    # The command under test is the one that this interpreter imports, installed or not.
    (programs / "whence").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m whence.cli.main "$@"\n')
    (programs / "whence").chmod(0o755)
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home / ".claude"),
        "CODEX_HOME": str(home / ".codex"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return folder / "workspace", environment


@pytest.mark.parametrize("command", [c for c in commands("README.md") if c not in ELSEWHERE])
def test_every_command_of_the_readme_does_what_it_says(
    demo: tuple[Path, dict[str, str]], command: str, tmp_path: Path
) -> None:
    """Each command runs in the demo's repository with the status that the page leads one to expect."""
    workspace, environment = demo
    copy = tmp_path / "workspace"
    shutil.copytree(workspace, copy)
    if command == "whence policy init":
        (copy / "whence.toml").unlink()
    done = subprocess.run(shlex.split(command), cwd=copy, env=environment, capture_output=True, check=False)
    told = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == STATUS.get(command, 0), told
    assert "Traceback" not in told


@pytest.mark.parametrize("command", ELSEWHERE)
def test_commands_that_run_elsewhere_have_their_test(command: str) -> None:
    """No command is left out silently."""
    assert command in commands("README.md")
    assert (PROJECT / ELSEWHERE[command]).exists()


def test_the_picture_in_the_readme_is_real(demo: tuple[Path, dict[str, str]]) -> None:
    """Every line of the README's first picture is a line that the demo's scan prints."""
    text = (PROJECT / "README.md").read_text("utf-8")
    shown = re.findall(r"^```text\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[0].splitlines()
    workspace, environment = demo
    done = subprocess.run(
        ["whence", "scan"], cwd=workspace, env=environment, capture_output=True, check=False
    )
    said = done.stdout.decode().splitlines()
    assert [line for line in shown if line not in said] == []


def script(heading: str) -> str:
    """The shell commands of a job on docs/ci.md, but for the installation."""
    page = (PROJECT / "docs/ci.md").read_text("utf-8")
    block = re.split(r"^```\w+\n|^```$", page.partition(f"## {heading}\n")[2], flags=re.MULTILINE)[1]
    found = re.search(r"^( *)(?:run|script): \|\n((?:\1  +.*\n)+)", block, re.MULTILINE)
    lines = (found[2] if found else block).splitlines()
    return "\n".join(line.strip() for line in lines if "pip install" not in line)


@pytest.fixture(scope="module")
def origin(demo: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What CI clones: the demo's history, and a branch with what a tool wrote and declared since."""
    workspace, environment = demo
    place = tmp_path_factory.mktemp("ci") / "origin"
    for command in (
        ["git", "clone", "-q", str(workspace), str(place)],
        ["git", "-C", str(place), "checkout", "-q", "-b", "feature"],
    ):
        subprocess.run(command, env=environment, check=True)
    (place / "models/waves.py").write_text(
        "def crest(height, trough):\n    return height - trough\n", "utf-8"
    )
    said = "Waves\n\nCo-authored-by: Claude <noreply@anthropic.com>"
    person = ["-c", "user.name=Ada", "-c", "user.email=ada@tidewater.example"]
    for arguments in (["add", "-A"], [*person, "commit", "-q", "-m", said]):
        subprocess.run(["git", "-C", str(place), *arguments], env=environment, check=True)
    return place


@pytest.mark.parametrize(
    ("heading", "clone", "variables", "report"),
    [
        ("GitHub", [], {"BASE": "main"}, "../temporary/whence.sarif"),
        ("GitLab", ["--branch", "feature", "--single-branch"], {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"},
         "gl-code-quality-report.json"),
        ("Anywhere else", ["--branch", "feature", "--depth", "1"], {"TARGET": "main"}, ""),
    ],
)  # fmt: skip
def test_the_jobs_for_ci_find_what_a_change_brings(
    demo: tuple[Path, dict[str, str]],
    origin: Path,
    tmp_path: Path,
    heading: str,
    clone: list[str],
    variables: dict[str, str],
    report: str,
) -> None:
    """Each job on docs/ci.md, in such a clone as that CI makes, fails for the new lines and for nothing older."""
    copy, temporary = tmp_path / "copy", tmp_path / "temporary"
    temporary.mkdir()
    environment = {**demo[1], **variables, "RUNNER_TEMP": str(temporary), "HOME": str(temporary)}
    environment = {
        name: value for name, value in environment.items() if name not in ("CLAUDE_CONFIG_DIR", "CODEX_HOME")
    }
    subprocess.run(["git", "clone", "-q", *clone, f"file://{origin}", str(copy)], env=environment, check=True)
    done = subprocess.run(
        ["sh", "-e", "-c", script(heading)], cwd=copy, env=environment, capture_output=True, check=False
    )
    told = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 1, told
    said = (copy / report).read_text("utf-8") if report else told
    assert "models/waves.py" in said
    assert "models/tides.py" not in said
    assert "git history" not in told


def test_a_baseline_leaves_out_what_is_there_today(demo: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """As docs/ci.md says: the first report fails, the same workspace with it as its baseline passes."""
    copy = tmp_path / "workspace"
    shutil.copytree(demo[0], copy)
    status = [
        subprocess.run(shlex.split(line), cwd=copy, env=demo[1], capture_output=True, check=False).returncode
        for line in commands("docs/ci.md")
        if "baseline.json" in line
    ]
    assert status == [1, 0]
