"""Edit blocks in a model's text: lines to look for and lines to put in their place, between three marks.

    <<<<<<< SEARCH          Aider: five to nine signs; older versions wrote ORIGINAL and UPDATED
    old lines
    =======
    new lines
    >>>>>>> REPLACE

    ------- SEARCH          Cline; before 3.13 the marks were Aider's. Three signs are enough
    old lines
    =======
    new lines
    +++++++ REPLACE

    <<<<<<< SEARCH          Roo Code and Kilo Code: where the lines stand may be told first
    :start_line:12
    -------
    old lines
    =======
    new lines
    >>>>>>> REPLACE

Each tool is read as it reads itself, so that a line of text that looks like a mark misleads both in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Marks:
    """The lines that open, divide and close a block."""

    opens: re.Pattern[str]
    divides: re.Pattern[str]
    closes: re.Pattern[str]
    stripped: bool = False
    """Whether marks may be indented."""
    places: bool = False
    """Whether the line numbers may come first, and marks in the text are escaped with a backslash."""

    def _line(self, line: str) -> str:
        return line.strip() if self.stripped else line.rstrip()

    def opened(self, line: str) -> bool:
        return self.opens.fullmatch(self._line(line)) is not None

    def divided(self, line: str) -> bool:
        return self.divides.fullmatch(self._line(line)) is not None

    def closed(self, line: str) -> bool:
        return self.closes.fullmatch(self._line(line)) is not None


AIDER = Marks(
    re.compile(r"<{5,9} (?:SEARCH>?|ORIGINAL|HEAD)"),
    re.compile(r"={5,9}"),
    re.compile(r">{5,9} (?:REPLACE|UPDATED)|={5,9}"),
    stripped=True,
)
CLINE = Marks(
    re.compile(r"(?:-{3,}|<{3,}) SEARCH>?"),
    re.compile(r"={3,}"),
    re.compile(r"(?:\+{3,}|>{3,}) REPLACE>?"),
)
ROO = Marks(
    re.compile(r"<{7} SEARCH>?"),
    re.compile(r"={7}"),
    re.compile(r">{7} REPLACE"),
    places=True,
)


@dataclass(frozen=True, slots=True)
class Replacement:
    """One block."""

    at: int
    """The index of the line that opens it."""
    old: tuple[str, ...]
    new: tuple[str, ...]


_PLACE = re.compile(r":(?:start|end)_line:\s*\d+\s*")
_RULE = re.compile(r"-{7}\s*")
_ESCAPED = re.compile(r"\\(?=[<=>-]{7}|:(?:start|end)_line:)")
_NUMBERED = re.compile(r"\s*\d+\s+\|(?!\|)\s?")


def blocks(lines: Sequence[str], marks: Marks) -> Iterator[Replacement]:
    """The blocks that are whole, in order; one that is cut off is left out."""
    start = -1
    old: list[str] = []
    new: list[str] = []
    side = ""
    for at, line in enumerate(lines):
        if not side:
            if marks.opened(line):
                start, old, new, side = at, [], [], "old"
        elif side == "old":
            if marks.divided(line):
                side = "new"
            else:
                old.append(line)
        elif marks.closed(line):
            yield _replacement(start, old, new, marks)
            side = ""
        else:
            new.append(line)


def _replacement(start: int, old: list[str], new: list[str], marks: Marks) -> Replacement:
    if marks.places:
        while old and _PLACE.fullmatch(old[0]):
            old = old[1:]
        if old and _RULE.fullmatch(old[0]):
            old = old[1:]
        old, new = ([_ESCAPED.sub("", line, count=1) for line in side] for side in (old, new))
        if old and all(_NUMBERED.match(line) for line in (*old, *filter(str.strip, new))):
            old, new = ([_NUMBERED.sub("", line, count=1) for line in side] for side in (old, new))
    return Replacement(start, tuple(old), tuple(new))
