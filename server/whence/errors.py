"""What a user is told when something they gave us is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whence.problems import Problem

__all__ = ["Cancelled", "Damaged", "Problem", "UserError"]


def __getattr__(name: str) -> Any:
    # Most commands have no faults of files to tell, and dataclasses take a while to load.
    if name == "Problem":
        from whence.problems import Problem

        return Problem
    raise AttributeError(name)


class UserError(Exception):
    """Something the user can mend. Caught once in `cli.main` and once a request in `lsp`; exit status 2."""

    def __init__(self, message: str, *, hint: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = problems


class Cancelled(Exception):  # noqa: N818 - an outcome, not an error
    """The user took the work back."""


class Damaged(Exception):  # noqa: N818 - says what was met
    """The database of the index is no whole one. Whoever has it mended (`index.mend`) may begin anew."""
