"""What a verb may see of the world: streams, folder, environment. Tests make their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open for as long as the process is


def columns(environment: Mapping[str, str], usual: int = 80) -> int:
    """Columns of the terminal on standard output, as `shutil` has them: it brings the formats of archives with it."""
    given = environment.get("COLUMNS", "")
    if given.isdecimal() and len(given) < 9 and int(given):
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or usual  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return usual


class Console:
    """Standard output holds the result, standard error everything else. Not a dataclass: those take a while to load."""

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        # Python has no stream for what was closed before it started (`whence scan >&-`).
        self.out: TextIO = out or sys.stdout or _nowhere()
        self.err: TextIO = err or sys.stderr or _nowhere()
        self.folder = Path.cwd() if folder is None else folder
        self.environment: Mapping[str, str] = dict(os.environ) if environment is None else environment

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

    @property
    def width(self) -> int | None:
        """Columns of the terminal that the result goes to; None where it goes elsewhere, and is not folded."""
        if not self.out.isatty():
            return None
        return columns(self.environment)

    def say(self, text: str) -> None:
        """One line to standard error."""
        self.err.write(text + "\n")

    def write(self, text: str) -> None:
        """The result, whatever the terminal's encoding can show."""
        encoding = self.out.encoding or "utf-8"
        self.out.write(text.encode(encoding, "backslashreplace").decode(encoding))
