"""Run the command in this process, with streams, folder and environment under the test's control."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whence.cli.console import Console
from whence.cli.main import main


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def whence(folder: Path, environment: Mapping[str, str], *arguments: str) -> Done:
    """One command, run in `folder`."""
    out, err = io.StringIO(), io.StringIO()
    status = main(list(arguments), Console(out, err, folder, environment))
    return Done(status, out.getvalue(), err.getvalue())
