"""A text as the client counts it: lines that end at LF, CRLF or CR, columns in UTF-8, UTF-16 or UTF-32 units.

Whence's own lines end at LF only (`whence.text`); a lone CR parts two lines for the client and none for us. This is
the one place where the two meet. A value: an edit makes a new one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate

from whence.quick import dataclass

_ENDING = re.compile(r"\r\n|\n|\r")
_CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}

Place = tuple[int, int]
"""(line, column) as the client counts, both from 0."""


def units(text: str, encoding: str) -> int:
    """How many code units of `encoding` (`utf-8`, `utf-16`, `utf-32`) a text has."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    codec, width = _CODECS[encoding]
    return len(text.encode(codec, "surrogatepass")) // width


def characters(text: str, column: int, encoding: str) -> int:
    """How many characters of `text` lie before a column; past the end: all. Inside a character: before it."""
    if encoding == "utf-32" or text.isascii():
        return min(column, len(text))
    codec, width = _CODECS[encoding]
    head = text[:column].encode(codec, "surrogatepass")[: column * width]
    try:
        whole = head.decode(codec, "surrogatepass")
    except UnicodeDecodeError as error:
        whole = head[: error.start].decode(codec, "surrogatepass")
    return (
        len(whole) if text.startswith(whole) else len(whole) - 1
    )  # half of a surrogate pair decodes, but is not there


Change = tuple[str] | tuple[Place, Place, str]
"""A whole new text, or what stands in place of a range."""


@dataclass(frozen=True)
class ClientText:
    """One version of a document's text."""

    text: str
    encoding: str = "utf-16"

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        """Where each of the client's lines starts."""
        if "\r" in self.text:
            return (0, *(match.end() for match in _ENDING.finditer(self.text)))
        return self._own_starts

    @cached_property
    def _own_starts(self) -> tuple[int, ...]:
        """Where each of Whence's lines starts (and, after a final LF, where one would)."""
        return (0, *accumulate(len(line) + 1 for line in self.text.split("\n")[:-1]))

    @property
    def line_count(self) -> int:
        return len(self._starts)

    def line(self, number: int) -> str:
        """One of the client's lines without its ending."""
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def offset(self, place: Place) -> int:
        """The offset of a place; past a line's end it is that end, past the last line the end of the text."""
        line, column = place
        if line >= len(self._starts):
            return len(self.text)
        return self._starts[line] + characters(self.line(line), column, self.encoding)

    def place(self, offset: int) -> Place:
        line = bisect_right(self._starts, offset) - 1
        return line, units(self.text[self._starts[line] : offset], self.encoding)

    def edited(self, start: Place, end: Place, text: str) -> ClientText:
        """The text after an incremental change."""
        first, last = self.offset(start), self.offset(end)
        if last < first:
            first, last = last, first
        return ClientText(self.text[:first] + text + self.text[last:], self.encoding)

    def after(self, changes: Iterable[Change]) -> ClientText:
        """The text after a client's changes, whole or incremental, in order."""
        text = self
        for change in changes:
            text = text.edited(*change) if len(change) == 3 else ClientText(change[0], self.encoding)
        return text

    def own_line(self, line: int) -> int:
        """The 1-based Whence line that holds a client's line."""
        if line >= len(self._starts):
            return len(self._own_starts)
        return bisect_right(self._own_starts, self._starts[line])

    def span(self, line: int) -> tuple[Place, Place]:
        """A 1-based Whence line from its first to its last visible character (its first part if a CR parts it)."""
        if not 1 <= line <= len(self._own_starts):
            last = self.place(len(self.text))
            return last, last
        start = self._own_starts[line - 1]
        end = self._own_starts[line] - 1 if line < len(self._own_starts) else len(self.text)
        whole = self.text[start:end]
        visible = whole.split("\r", 1)[0]
        begin = start + len(visible) - len(visible.lstrip())
        return self.place(begin), self.place(max(begin, start + len(visible.rstrip())))

    def column(self, line: int, column: int) -> Place:
        """A 1-based character of a 1-based Whence line; past its end: the end."""
        start, end = (self.offset(place) for place in self.extent(line, line))
        return self.place(min(start + max(column - 1, 0), end))

    def whole_lines(self, first: int, last: int) -> tuple[Place, Place]:
        """Some of Whence's lines from the start of the first to the start of the line behind the last."""
        starts = self._own_starts
        end = starts[last] if last < len(starts) else len(self.text)
        return self.place(starts[first - 1]), self.place(end)

    def extent(self, first: int, last: int) -> tuple[Place, Place]:
        """From the start of one Whence line to the end of another, endings left out."""
        count = len(self._own_starts)
        start = self._own_starts[min(max(first, 1), count) - 1]
        end = self._own_starts[last] - 1 if last < count else len(self.text)
        return self.place(start), self.place(max(start, end - (self.text[end - 1 : end] == "\r")))
