"""Visits to real editors: run one with a script that writes down what it saw."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from support.git import Repo

PROJECT = Path(__file__).resolve().parents[2]

SECONDS = 180
"""For the whole of a visit; it takes some seconds on an idle machine."""

BIN = Path(sys.executable).parent
"""Where this environment's `whence` is."""


def absent(why: str) -> None:
    """Skip for want of an editor, with the reason shown; where `CI` is set, fail."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def needed(program: str, *probe: str) -> str:
    """A program on PATH that ends well when it is called with the probe's arguments."""
    found = shutil.which(program)
    done = found and subprocess.run([found, *probe], capture_output=True, check=False, timeout=60)
    if not done or done.returncode:
        absent(f"no {program} here that can do this: `make editors` installs it (Debian)")
    assert found
    return found


def visit(
    repo: Repo, tmp_path: Path, command: Sequence[str | Path], extra: Mapping[str, str] = {}
) -> dict[str, Any]:
    """Run an editor once, in the repository and a home of its own; what its script saw."""
    seen = tmp_path / "seen.json"
    environment = {
        **repo.environment,
        "PATH": os.pathsep.join([str(BIN), repo.environment["PATH"]]),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "LANG": "C.UTF-8",
        "WHENCE_SEEN": str(seen),
        **extra,
    }
    done = subprocess.run(
        command,
        cwd=repo.path,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    result: dict[str, Any] = json.loads(seen.read_text("utf-8")) if seen.exists() else {}
    logs = [file.read_text("utf-8", "replace")[-3000:] for file in (tmp_path / "state").rglob("lsp.log")]
    assert done.returncode == 0, "\n".join([str(result), done.stdout, done.stderr[-4000:], *logs])
    return result
