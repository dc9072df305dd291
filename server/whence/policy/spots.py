"""Where a cursor stands in a policy file that is being typed. Pure; positions are 1-based, columns in characters.

The text is mostly not valid TOML, so it is read line by line and with patience: tables are opened by headers; inside
one, a key stands before `=`, and a value goes on until its brackets are closed. A list that nobody closed ends where
the next key or header begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field, replace

from whence import toml
from whence.quick import dataclass

_NAME = r"(?:\"[^\"\n]*\"|'[^'\n]*'|[\w-]+)"
_HEADER = re.compile(rf"\s*\[\[?\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_PART = re.compile(_NAME)
_BARE = re.compile(r"[\w:.*/@-]*$")
_REST = re.compile(r"[\w:.*/@-]*")


@dataclass(frozen=True, slots=True)
class Spot:
    """What stands at a place of the text."""

    table: tuple[str, ...]
    """The keys of the table: `("scope", "rule")`."""
    key: str | None
    """The key whose value is being written; None: a key or a header is."""
    word: str
    """What of it stands before the cursor."""
    start: int = 1
    """The column at which the word begins; of a header, at which its brackets do."""
    end: int = 1
    """The column behind the word, also behind what of it follows the cursor."""
    header: bool = False
    quote: str = ""
    """The quotation mark of the string that the word stands in."""
    closed: bool = False
    """Whether that string is closed behind the word."""
    listed: bool = False
    """Whether the word stands in a list."""
    present: frozenset[str] = frozenset()
    """The keys that the table already has."""
    taken: frozenset[str] = frozenset()
    """The other strings of the value."""


def header(row: str) -> tuple[str, ...] | None:
    """The keys of a header line, None for every other line."""
    found = _HEADER.fullmatch(row)
    return _parts(found[1]) if found else None


def spot(text: str, line: int, column: int, *, pyproject: bool = False) -> Spot | None:
    """What stands at a place; None in comments, in long strings, and outside the policy's part of a pyproject.toml."""
    lines = [row.removesuffix("\r") for row in text.split("\n")]
    if not 1 <= line <= len(lines) or toml.is_endless(text):
        return None
    reader = _Reader()
    for row in lines[: line - 1]:
        reader.read(row)
    row = lines[line - 1]
    before, after = row[: column - 1], row[column - 1 :]
    reader.read(before, cut=True)
    if reader.comment or reader.long:
        return None
    at = _written(reader, before, after)
    if at is None:
        return None
    if not at.header:
        later = _keys_below(lines[line:]) if at.key is None else ()
        at = replace(at, present=frozenset({*reader.present, *later}))
    return _within(at, pyproject)


@dataclass(slots=True)
class _Reader:
    """The state at the end of what was read."""

    table: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    """Before the last part of a dotted key."""
    key: str | None = None
    present: set[str] = field(default_factory=set)
    depth: int = 0
    long: str = ""
    """The three quotation marks of an open string of many lines."""
    opened: int | None = None
    """Where in the last line an open string of one line begins."""
    comment: bool = False
    items: list[str] = field(default_factory=list)

    def read(self, row: str, *, cut: bool = False) -> None:
        """Take one line; `cut` where it goes on behind the cursor."""
        at = 0
        if self.long:
            at = row.find(self.long)
            if at < 0:
                return
            at, self.long = at + 3, ""
        elif self.depth <= 0 or _KEY.match(row) or (not cut and header(row)):
            self.key, self.within, self.depth, self.items = None, (), 0, []
            opened = None if cut else header(row)
            if opened:
                self.table, self.present = opened, set()
                return
            found = _KEY.match(row)
            if found is None:
                self.comment = row.lstrip().startswith("#")
                return
            *within, self.key = _parts(found[1])
            self.within = tuple(within)
            if not cut and not within:
                self.present.add(self.key)
            at = found.end()
        self._value(row, at)

    def _value(self, row: str, at: int) -> None:
        self.comment, self.opened = False, None
        while at < len(row):
            character = row[at]
            if character == "#":
                self.comment = True
                return
            if character in "\"'":
                at = self._string(row, at)
                continue
            self.depth += (character in "[{") - (character in "]}")
            at += 1

    def _string(self, row: str, at: int) -> int:
        """Read on behind a string that begins here."""
        mark = row[at]
        if row.startswith(mark * 3, at):
            end = row.find(mark * 3, at + 3)
            if end < 0:
                self.long = mark * 3
            return end + 3 if end >= 0 else len(row)
        end = at + 1
        while end < len(row) and row[end] != mark:
            end += 2 if mark == '"' and row[end] == "\\" else 1
        if end >= len(row):
            self.opened = at
            return len(row)
        self.items.append(row[at + 1 : end])
        return end + 1


def _written(reader: _Reader, before: str, after: str) -> Spot | None:
    """The word at the cursor, in its place."""
    table = reader.table + reader.within
    rest = _REST.match(after)
    tail = rest[0] if rest else ""
    if reader.key is not None and reader.opened is not None:
        word, mark = before[reader.opened + 1 :], before[reader.opened]
        start, end = reader.opened + 2, len(before) + len(tail) + 1
        others = frozenset(reader.items) | _strings(after[len(tail) + 1 :] if reader.depth > 0 else "")
        closed = after[len(tail) :].startswith(mark)
        return Spot(table, reader.key, word, start, end, False, mark, closed, reader.depth > 0, taken=others)
    found = _BARE.search(before)
    word = found[0] if found else ""
    start, end = len(before) - len(word) + 1, len(before) + len(tail) + 1
    if reader.key is not None:
        others = frozenset(reader.items)
        return Spot(table, reader.key, word, start, end, listed=reader.depth > 0, taken=others)
    lead = before.lstrip()
    if lead.startswith("["):
        first = len(before) - len(lead) + 1
        close = re.match(r"[\w.\" -]*\]{0,2}", after)
        return Spot(
            (), None, lead.lstrip("[").lstrip(), first, len(before) + len(close[0] if close else "") + 1, True
        )
    if lead != word:
        return None
    *within, word = word.split(".")
    return Spot((*table, *within), None, word, len(before) - len(word) + 1, end)


def _strings(text: str) -> frozenset[str]:
    """The strings of the rest of a list."""
    return frozenset(a or b for a, b in re.findall(r"\"([^\"]*)\"|'([^']*)'", text.partition("]")[0]))


def _within(at: Spot, pyproject: bool) -> Spot | None:
    """The spot as the policy's own file would have it."""
    if not pyproject or at.header:
        return at
    if at.table[:2] != ("tool", "whence"):
        return None
    return replace(at, table=at.table[2:])


def _keys_below(lines: Sequence[str]) -> set[str]:
    """Keys of the same table that stand below."""
    out: set[str] = set()
    for row in lines:
        if header(row):
            break
        found = _KEY.match(row)
        if found and len(parts := _parts(found[1])) == 1:
            out.add(parts[0])
    return out


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
