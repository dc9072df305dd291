"""Workspaces for `benchmarks/editor.py`: repositories in which a tool's commit wrote functions that ruff objects to, too."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

TRAILER = "\n\nCo-Authored-By: Claude <noreply@anthropic.com>"

POLICY = """version = 1

[[scope]]
name = "everything"
paths = ["**"]

  [[scope.rule]]
  tools = ["any"]
  require = "review"
  severity = "warning"
  because = "agreed in May"
"""

HEAD = '"""Handlers, begun by hand."""\n\nLIMIT = 12\n\n\n'

FUNCTION = '''def handler_{n}(request, payload=None):
    """Answer request number {n}."""
    total = 0
    for index, item in enumerate(payload or []):
        if item % 2 == {n} % 2:
            total += index * item
    unused_{n} = total
    return {{"id": {n}, "total": total}}


'''
"""Ten lines in which ruff finds one fault (F841) and Whence one finding."""


def source(functions: int, first: int = 0) -> str:
    return HEAD + "".join(FUNCTION.format(n=n) for n in range(first, first + functions)).rstrip("\n") + "\n"


def environment(home: Path) -> dict[str, str]:
    """A user's, with a home of its own and no configuration of the machine's."""
    home.mkdir(parents=True, exist_ok=True)
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
           for what, value in (("NAME", "Dana Dev"), ("EMAIL", "dana@example.org"))}  # fmt: skip
    return {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", **who}


def git(root: Path, env: Mapping[str, str], *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], env=env, check=True, stdout=subprocess.DEVNULL)


def build(root: Path, env: Mapping[str, str], files: Mapping[str, int]) -> list[Path]:
    """A repository with these files of so many functions; people wrote their heads, a tool's commit the rest."""
    root.mkdir(parents=True)
    git(root, env, "init", "-q", "-b", "main", ".")
    (root / "whence.toml").write_text(POLICY, "utf-8")
    paths = [root / name for name in files]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD, "utf-8")
    git(root, env, "add", "-A")
    git(root, env, "commit", "-q", "-m", "Begin")
    for number, (path, functions) in enumerate(zip(paths, files.values(), strict=True)):
        path.write_text(source(functions, 1000 * number), "utf-8")
    git(root, env, "add", "-A")
    git(root, env, "commit", "-q", "-m", "Handlers" + TRAILER)
    return paths


def clone(origin: Path, root: Path, env: Mapping[str, str]) -> None:
    """A work tree of a repository that shares its objects."""
    subprocess.run(
        ["git", "clone", "-q", "--shared", "-c", "core.fsmonitor=false", str(origin), str(root)], env=env, check=True
    )  # fmt: skip


def throw_away(folder: Path, packages: Sequence[str]) -> Path:
    """Install packages from the user's package index into an environment of their own; its folder of programs."""
    subprocess.run(["python3", "-m", "venv", str(folder)], check=True)
    programs = folder / "bin"
    command = [
        str(programs / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        *packages,
    ]
    subprocess.run(command, check=True)
    return programs
