"""Faults in files that the user wrote."""

from __future__ import annotations

from whence.quick import dataclass


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
        return f"{where}: {self.said}"

    @property
    def said(self) -> str:
        """What is wrong and the fix, for whoever shows the place otherwise."""
        return f"{self.message} ({self.hint})" if self.hint else self.message
