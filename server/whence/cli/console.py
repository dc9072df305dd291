"""What a verb may see of the world: streams, folder, environment. Tests make their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Console:
    """Standard output holds the result, standard error everything else."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    folder: Path = field(default_factory=Path.cwd)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def interactive(self) -> bool:
        """Whether a person watches standard error, so that a progress bar makes sense."""
        return self.err.isatty() and "CI" not in self.environment

    @property
    def colour(self) -> bool:
        """Whether the result may be coloured (https://no-color.org)."""
        return (
            self.out.isatty()
            and not self.environment.get("NO_COLOR")
            and self.environment.get("TERM") != "dumb"
        )

    def say(self, text: str) -> None:
        """One line to standard error."""
        self.err.write(text + "\n")

    def write(self, text: str) -> None:
        """The result, whatever the terminal's encoding can show."""
        encoding = self.out.encoding or "utf-8"
        self.out.write(text.encode(encoding, "backslashreplace").decode(encoding))
