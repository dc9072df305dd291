"""Load a policy: text in, a `Policy` out, or every problem at once with its place."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from whence import toml
from whence.errors import Problem, UserError
from whence.policy import structure
from whence.policy.building import Builder
from whence.policy.nearest import quoted
from whence.policy.positions import Positions, locate
from whence.policy.tables import File
from whence.policy.values import MAX_BYTES, Policy
from whence.text import display
from whence.tools import Registry

MAX_FILES = 32
"""That one policy may extend, all levels together."""

Read = Callable[[str], str]

_AT = re.compile(
    r"^(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL
)
_CONFLICT = re.compile(r"<{7} |={7}\s*$|>{7} |\|{7} ")
_WORDS = (
    ("Expected '=' after a key", "there is no `=` after the key"),
    (
        "Cannot declare",
        "this table is opened twice",
        "of a scope, rule or exception each has two brackets: [[scope]]",
    ),
    ("Invalid value", "this is no TOML value", "put text into double quotes"),
    ("Unclosed array", "this list is not closed"),
    (
        "Nested too deeply",
        "tables or lists are nested too deeply here",
        "nothing in a policy is deeper than five levels",
    ),
    ("This number is too long", "this number is too long"),
    ("Expected newline or end of document", "something is left over after the value"),
)

_KEY = re.compile(r"\s*((?:[\w.-]|\"[^\"]*\")+)\s*=")
_TYPOGRAPHIC = re.compile("[=\\[,]\\s*([\u201c\u201d\u201e\u2018\u2019\u00ab])")
_DATE = re.compile(r"=\s*(\d{4}-\d{1,2}-\d{1,2})(?![\w:-])\s*(?:#.*)?$")

_OPEN = (
    "Illegal character",
    "Unterminated string",
    'Expected "\'"',
    "Expected '\"'",
    "Found invalid character",
)
"""What tomllib says of a quoted text that does not end."""


def load(
    text: str, path: str, registry: Registry, *, pyproject: bool = False, read: Read | None = None
) -> Policy:
    """Load a policy file's text.

    `path` is what messages call the file. `read` gives the text of an extended file by its path relative to the
    policy's own folder; it may raise OSError or UnicodeDecodeError. Raises UserError with all problems.
    """
    loader = _Loader(path, read)
    loader.file(text, path, ("tool", "whence") if pyproject else ())
    problems = loader.problems
    builder = Builder(registry, loader.files)
    problems += builder.problems
    if problems:
        count = f"{len(problems)} problems" if len(problems) > 1 else "a problem"
        raise UserError(
            f"the policy has {count}", problems=tuple(sorted(problems, key=lambda p: _order(p, path)))
        )
    return builder.policy(path)


def _order(problem: Problem, path: str) -> tuple[bool, str, int, int]:
    return problem.path != path, problem.path, problem.line or 0, problem.column or 0


class _Loader:
    def __init__(self, path: str, read: Read | None) -> None:
        self.folder = posixpath.dirname(path.replace("\\", "/"))
        self.read = read
        self.files: list[File] = []
        self.problems: list[Problem] = []
        self.done: set[str] = set()

    def file(self, text: str, path: str, prefix: tuple[str, ...], within: tuple[str, ...] = ()) -> None:
        """Read one file after those that it extends. `within` are the names of the files that led here."""
        if len(text) > MAX_BYTES:
            self.problems.append(
                Problem(path, f"larger than {MAX_BYTES:,} characters; a policy is read by people")
            )
            return
        table, positions = self._parse(text, path, prefix)
        if table is None:
            return
        faults = structure.faults(table)
        file = File(path, structure.without(table, faults), positions, prefix)
        first, own = structure.FIRST, f"below [{'.'.join(prefix)}]"
        self.problems += [
            file.problem(f.path, f.message, f.hint.replace(first, own) if prefix else f.hint, key=f.at_key)
            for f in faults
        ]
        for index, entry in enumerate(file.table.get("extends", ())):
            if entry is not None:
                self._extend(file, index, entry, within or (posixpath.basename(path.replace("\\", "/")),))
        self.files.append(file)

    def _parse(self, text: str, path: str, prefix: tuple[str, ...]) -> tuple[Any, Positions]:
        try:
            document: Any = toml.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.problems.append(_syntax(str(error), text, path))
            return None, Positions({}, {})
        for key in prefix:
            document = document.get(key, {}) if isinstance(document, dict) else {}
        return structure.plain(document), locate(text)

    def _extend(self, file: File, index: int, entry: str, within: tuple[str, ...]) -> None:
        at = ("extends", index)
        wrong, hint = _refused(entry)
        name = posixpath.normpath(posixpath.join(posixpath.dirname(within[-1]), entry))
        if not wrong and (name == ".." or name.startswith("../")):
            wrong, hint = "lies outside the policy's folder", "move it next to the policy or below it"
        if not wrong and name in within:
            way = " → ".join((*within[within.index(name) :], name))
            wrong = f"extends in a circle: {display(way, 300)}"
        if not wrong and name not in self.done and len(self.done) >= MAX_FILES:
            wrong = f"is one file too many; a policy may extend {MAX_FILES}"
        if not wrong and name in self.done:
            return
        if not wrong:
            self.done.add(name)
            text, wrong = self._text(name)
            hint = "paths are relative to this file" if wrong else ""
        if wrong:
            self.problems.append(file.problem(at, f"{quoted(entry)} {wrong}", hint))
            return
        self.file(text, posixpath.join(self.folder, name), (), (*within, name))

    def _text(self, name: str) -> tuple[str, str]:
        """The text of an extended file, or why there is none."""
        if self.read is None:
            return "", "cannot be read: this policy has no folder"
        try:
            return self.read(name), ""
        except UnicodeDecodeError:
            return "", "is not UTF-8"
        except (OSError, ValueError) as error:
            return "", f"cannot be read: {display(getattr(error, 'strerror', None) or str(error))}"


def _refused(entry: str) -> tuple[str, str]:
    """Why an `extends` entry is not even a path that we would read."""
    if "://" in entry or re.match(r"[\w.-]+@[\w.-]+:", entry):
        return "is an address; only paths are extended, nothing is fetched", "keep a copy in the repository"
    if entry.startswith(("/", "~")) or "\\" in entry or re.match(r"[A-Za-z]:", entry):
        return "is not a relative path with forward slashes", "write it relative to this file"
    return "", ""


def _seen(what: str, row: str) -> Problem | None:
    """What is plain from the row itself, where tomllib only says that it cannot go on; without path and line."""
    if what.startswith("Cannot overwrite a value"):
        key = _KEY.match(row)
        twice = f"{quoted(key[1])} is set twice" if key else "this key is set twice"
        return Problem("", f"not TOML: {twice}", column=key.start(1) + 1 if key else None)
    if what.startswith("Invalid value") and (typographic := _TYPOGRAPHIC.search(row)):
        wrong, hint = "these quotes are typographic", 'TOML wants plain ones: "text"'
        return Problem("", f"not TOML: {wrong}", column=typographic.start(1) + 1, hint=hint)
    if what.startswith("Expected newline") and (date := _DATE.search(row)):
        wrong = f"{quoted(date[1])} is no date"
        hint = "a date is written 2026-05-01: year, month and day, with two digits each"
        return Problem("", f"not TOML: {wrong}", column=date.start(1) + 1, hint=hint)
    return None


def _syntax(message: str, text: str, path: str) -> Problem:
    """A tomllib error in our words, with its place."""
    found = _AT.match(message)
    what = found["what"] if found else message
    if found and found["line"]:
        line, column = int(found["line"]), int(found["column"])
    else:
        line = text.count("\n") + 1
        column = len(text) - (text.rfind("\n") + 1) + 1
    hint = ""
    row = text.split("\n")[line - 1]
    if _CONFLICT.match(row):
        return Problem(
            path, "not TOML: a merge conflict is left here", line, 1, "resolve it and take the marks out"
        )
    if seen := _seen(what, row):
        return replace(seen, path=path, line=line)
    quote = toml.unclosed(text) if what.startswith(_OPEN) else None
    if quote is not None:
        line = text.count("\n", 0, quote) + 1
        column = quote - text.rfind("\n", 0, quote)
        what, hint = "this text is not closed", "a quote may be missing on this line"
    for start, ours, *more in _WORDS:
        if what.startswith(start):
            what, hint = ours, more[0] if more else ""
            break
    return Problem(path, f"not TOML: {display(what)}", line, column, hint)
