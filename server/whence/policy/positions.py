"""Where each key and value of a TOML text stands, which `tomllib` does not tell.

The text is known to be valid: `tomllib` has read it. So this is a scanner over TOML 1.0, not a second parser,
and it keeps no values. A path is a tuple of keys and array indices: `("scope", 0, "rule", 1, "tools", 2)`.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from contextlib import suppress

from whence.quick import dataclass

Path = tuple[str | int, ...]

_BARE_END = frozenset(" \t.=]\"'\r\n")
_SCALAR_END = frozenset(",]}#\r\n")


@dataclass(frozen=True, slots=True)
class Positions:
    """1-based (line, column) pairs, columns in characters."""

    keys: dict[Path, tuple[int, int]]
    """Of the key, the array item, or the header that opens a table."""
    values: dict[Path, tuple[int, int]]
    """Of the value after a key's `=`, or of the array item."""

    def of(self, path: Path, *, value: bool = True) -> tuple[int, int] | None:
        """The nearest known position: of the value, else of the key, else of what holds it."""
        while True:
            found = (self.values.get(path) if value else None) or self.keys.get(path) or self.values.get(path)
            if found or not path:
                return found
            path = path[:-1]


def locate(text: str) -> Positions:
    """Scan a valid TOML text; on a text that is not, return what was found before the fault."""
    scanner = _Scanner(text)
    # Only text that tomllib refuses can fail: what stands before the fault is still right.
    with suppress(IndexError, ValueError):
        scanner.document()
    return Positions(scanner.keys, scanner.values)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[Path, tuple[int, int]] = {}
        self.values: dict[Path, tuple[int, int]] = {}
        self.tables: dict[Path, int] = {}
        """Arrays of tables and how many tables each has so far."""
        self.starts = [0, *(i + 1 for i, character in enumerate(text) if character == "\n")]

    def document(self) -> None:
        table: Path = ()
        while self.gap():
            start = self.at
            if self.text.startswith("[[", start):
                self.at += 2
                path = self.entered(self.key())
                count = self.tables.get(path, 0)
                self.tables[path] = count + 1
                self.keys.setdefault(path, self.place(start))
                table = (*path, count)
                self.keys[table] = self.place(start)
                self.at = self.text.index("]]", self.at) + 2
            elif self.text[start] == "[":
                self.at += 1
                table = self.entered(self.key())
                self.keys.setdefault(table, self.place(start))
                self.at = self.text.index("]", self.at) + 1
            else:
                self.pair(table)

    def entered(self, keys: list[tuple[str, int]]) -> Path:
        """The path of a header: each array of tables on the way is entered at its latest table."""
        path: Path = ()
        for key, start in keys:
            self.keys.setdefault(path, self.place(start))
            if path in self.tables:
                path = (*path, self.tables[path] - 1)
            path = (*path, key)
        return path

    def pair(self, table: Path) -> None:
        path = table
        for key, start in self.key():
            path = (*path, key)
            self.keys.setdefault(path, self.place(start))
        self.at = self.text.index("=", self.at) + 1
        self.blank()
        self.value(path)

    def key(self) -> list[tuple[str, int]]:
        """A dotted key: its parts with their offsets. Stops after the last part."""
        parts: list[tuple[str, int]] = []
        while True:
            self.blank()
            start = self.at
            quote = self.text[start]
            if quote in "\"'":
                self.string()
                parts.append((tomllib.loads("key = " + self.text[start : self.at])["key"], start))
            else:
                while self.text[self.at] not in _BARE_END:
                    self.at += 1
                parts.append((self.text[start : self.at], start))
            self.blank()
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def value(self, path: Path) -> None:
        start = self.at
        self.values[path] = self.place(start)
        first = self.text[start]
        if first in "\"'":
            self.string()
        elif first == "[":
            self.at += 1
            index = 0
            while self.gap() and self.text[self.at] != "]":
                item = (*path, index)
                self.keys[item] = self.place(self.at)
                self.value(item)
                index += 1
                if self.gap() and self.text[self.at] == ",":
                    self.at += 1
            self.at += 1
        elif first == "{":
            self.at += 1
            while self.gap() and self.text[self.at] != "}":
                self.pair(path)
                if self.gap() and self.text[self.at] == ",":
                    self.at += 1
            self.at += 1
        else:
            while self.at < len(self.text) and self.text[self.at] not in _SCALAR_END:
                self.at += 1

    def string(self) -> None:
        quote = self.text[self.at]
        if self.text.startswith(quote * 3, self.at):
            self.at += 3
            while not self.text.startswith(quote * 3, self.at):
                self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
            self.at += 3
            # Up to two quotes may stand before the closing three.
            while self.text.startswith(quote, self.at):
                self.at += 1
            return
        self.at += 1
        while self.text[self.at] != quote:
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += 1

    def blank(self) -> None:
        while self.text[self.at] in " \t":
            self.at += 1

    def gap(self) -> bool:
        """Go over white space, line ends and comments; False at the end of the text."""
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in " \t\r\n":
                self.at += 1
            elif character == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return True
        return False

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1
