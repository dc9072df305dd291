"""A table of a policy file with its place, read key by key.

The structure has been checked and what was wrong taken out, so a key may be missing that the schema requires, and a
list may hold None where an entry was faulty: reading goes on, so that everything wrong is reported at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from whence.errors import Problem
from whence.model import EvidenceClass
from whence.policy import paths, people
from whence.policy.nearest import quoted, suggestion
from whence.policy.positions import Path, Positions
from whence.policy.values import Place
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """One policy file: its table as JSON-like values, and where things stand in it."""

    path: str
    table: Mapping[str, Any]
    positions: Positions
    prefix: Path = ()
    """Where the policy stands in the file: `("tool", "whence")` in pyproject.toml."""

    def place(self, path: Path, *, key: bool = False) -> Place:
        whole = not (self.prefix or path)
        line, column = (not whole and self.positions.of((*self.prefix, *path), value=not key)) or (1, 1)
        return Place(self.path, line, column)

    def problem(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> Problem:
        place = self.place(path, key=key)
        return Problem(self.path, message, place.line, place.column, hint)


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `problems` is where its readers put what is wrong."""

    file: File
    path: Path
    data: Mapping[str, Any]
    problems: list[Problem]

    def __contains__(self, key: str) -> bool:
        return key in self.data

    @property
    def place(self) -> Place:
        return self.file.place(self.path, key=True)

    def report(self, key: Path | str, message: str, hint: str = "", *, at_key: bool = False) -> None:
        below = (key,) if isinstance(key, str) else key
        self.problems.append(self.file.problem((*self.path, *below), message, hint, key=at_key))

    def text(self, key: str, default: str = "") -> str:
        return str(self.data.get(key, default))

    def number(self, key: str) -> int:
        return int(self.data.get(key, 0))

    def items(self, key: str) -> Iterator[tuple[int, Any]]:
        """The entries of a list with their indices."""
        return ((index, item) for index, item in enumerate(self.data.get(key, ())) if item is not None)

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(item for _, item in self.items(key))

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of an array of tables."""
        for index, item in self.items(key):
            yield Table(self.file, (*self.path, key, index), item, self.problems)

    def table(self, key: str) -> Table:
        """A table in this one; empty where there is none."""
        return Table(self.file, (*self.path, key), self.data.get(key, {}), self.problems)

    def children(self) -> Iterator[tuple[str, Table]]:
        """The tables by name of a table that holds nothing else."""
        return ((name, self.table(name)) for name in self.data)

    def day(self, key: str) -> date | None:
        return date.fromisoformat(self.data[key]) if key in self.data else None

    def classes(self, key: str) -> frozenset[EvidenceClass]:
        return frozenset(map(EvidenceClass, self.texts(key)))

    def paths(self, key: str) -> tuple[str, ...]:
        """Patterns in .gitignore syntax."""
        return self._checked(key, paths.fault)

    def people(self, key: str) -> tuple[str, ...]:
        """Patterns on people."""
        return self._checked(key, people.fault)

    def _checked(self, key: str, fault: Callable[[str], str]) -> tuple[str, ...]:
        for index, pattern in self.items(key):
            wrong = fault(pattern)
            if wrong:
                self.report((key, index), f"{quoted(pattern)} {wrong}")
        return self.texts(key)

    def known(self, key: str, what: str, names: Iterable[str]) -> tuple[str, ...]:
        """Names that must be among `names`: one string or a list of them."""
        known = list(names)
        one = isinstance(self.data.get(key), str)
        found = ((0, self.data[key]),) if one else tuple(self.items(key))
        for index, name in found:
            if name not in known:
                other = f"; known are {', '.join(known)}" if known else "; the policy defines none"
                near = suggestion(name, known) or other
                self.report(key if one else (key, index), f"unknown {what} {quoted(name)}{near}")
        return tuple(name for _, name in found)
