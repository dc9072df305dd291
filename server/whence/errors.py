"""What a user is told when something they gave us is wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a file that the user wrote: where (1-based line and column, when known), what, and the fix."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None
    hint: str = ""

    def __str__(self) -> str:
        where = self.path
        if self.line is not None:
            where += f":{self.line}"
            if self.column is not None:
                where += f":{self.column}"
        text = f"{where}: {self.message}"
        return f"{text} ({self.hint})" if self.hint else text


class UserError(Exception):
    """Something the user can mend. Caught once in `cli.main` and once a request in `lsp`; exit status 2."""

    def __init__(self, message: str, *, hint: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = problems


class Cancelled(Exception):  # noqa: N818 - an outcome, not an error
    """The user took the work back."""
