"""The text of an open document, edited in place: lines in, splices out.

Whence's lines end at LF only; the client's at CR as well (see `client_text`). Where no CR stands alone, which is
nearly everywhere, the two count alike and an edit costs what the edited lines cost. A text with a lone CR is edited as
a whole.
"""

from __future__ import annotations

from collections.abc import Iterable

from whence.live.client_text import Change, ClientText, Place, characters, units
from whence.splice import Splice, between


class Buffer:
    """One document's text. Mutable; for one thread."""

    def __init__(self, text: str, encoding: str) -> None:
        self.encoding = encoding
        self._lines: tuple[str, ...] | None = None
        self._whole: ClientText | None = None
        self._load(text)

    def _load(self, text: str) -> None:
        self._parts = text.split("\n")
        self._own = (
            [part[:-1] if part.endswith("\r") else part for part in self._parts] if "\r" in text else None
        )
        self._odd = self._lone(0, len(self._parts))
        self.size = len(text)

    @property
    def text(self) -> str:
        return "\n".join(self._parts)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines without their endings, as `whence.text.split` gives them."""
        if self._lines is None:
            own = self._parts if self._own is None else self._own
            self._lines = tuple(own[: self._count()])
        return self._lines

    def head(self, characters: int) -> str:
        """The first characters of the text."""
        out: list[str] = []
        size = 0
        for part in self._parts:
            out.append(part)
            size += len(part) + 1
            if size > characters:
                break
        return "\n".join(out)[:characters]

    def _count(self) -> int:
        return len(self._parts) - (not self._parts[-1])

    def _lone(self, first: int, last: int) -> int:
        """How many of some parts hold a CR that ends a line of the client's and none of ours."""
        end = len(self._parts) - 1
        return sum(
            1
            for at in range(first, last)
            if "\r" in self._parts[at] and (at == end or "\r" in self._parts[at][:-1])
        )

    def edit(self, changes: Iterable[Change]) -> Splice | None:
        """Apply changes in order; the lines that became others. None: none did."""
        done: Splice | None = None
        for change in changes:
            splice = self._edit(change)
            if splice.removed or splice.added:
                done = done.then(splice) if done else splice
        return done

    def _edit(self, change: Change) -> Splice:
        if len(change) == 1:
            return self._replace(change[0])
        start, end, text = change
        if end < start:
            start, end = end, start
        if self._odd:
            return self._replace(self._client().edited(start, end, text).text)
        parts = self._parts
        first, last = min(start[0], len(parts)), min(end[0], len(parts))
        if first == len(parts):  # behind the text
            first = last = len(parts) - 1
            head, tail = parts[-1] + text, ""
        else:
            head = parts[first][: self._character(first, start[1])] + text
            if last == len(parts):
                last, tail = len(parts) - 1, ""
            else:
                tail = parts[last][self._character(last, end[1]) :]
        return self._splice(first, last + 1, (head + tail).split("\n"))

    def _character(self, at: int, column: int) -> int:
        """The offset of a column in a part; past the end of its text: that end."""
        part = self._parts[at]
        visible = part[:-1] if part.endswith("\r") else part
        return characters(visible, column, self.encoding)

    def _splice(self, first: int, last: int, new: list[str]) -> Splice:
        """Put new parts in place of some."""
        before = self._count()
        old = self._parts[first:last]
        self.size += sum(map(len, new)) + len(new) - sum(map(len, old)) - len(old)
        self._odd -= self._lone(first, last)
        self._parts[first:last] = new
        end = first + len(new)
        self._odd += self._lone(first, end)
        if self._own is not None:
            self._own[first:last] = [part[:-1] if part.endswith("\r") else part for part in new]
        elif any("\r" in part for part in new):
            self._own = [part[:-1] if part.endswith("\r") else part for part in self._parts]
        self._lines = self._whole = None
        removed, added = min(last, before) - first, min(end, self._count()) - first
        return _narrowed(Splice(first + 1, removed, added), old, new)

    def _replace(self, text: str) -> Splice:
        before = self.lines
        self._lines = self._whole = None
        self._load(text)
        return between(before, self.lines)

    # -- places ----------------------------------------------------------------------------------------------

    def _client(self) -> ClientText:
        if self._whole is None:
            self._whole = ClientText(self.text, self.encoding)
        return self._whole

    def whole(self) -> ClientText:
        """The text as a value."""
        return self._client()

    @property
    def plain(self) -> bool:
        """Whether the client's lines are ours."""
        return not self._odd

    def own_line(self, line: int) -> int:
        """The 1-based Whence line that holds a client's line."""
        return min(line + 1, len(self._parts)) if not self._odd else self._client().own_line(line)

    def span(self, line: int) -> tuple[Place, Place]:
        """A 1-based Whence line from its first to its last visible character."""
        if self._odd or not 1 <= line <= len(self._parts):
            return self._client().span(line)
        text = self._parts[line - 1].rstrip("\r")
        begin = len(text) - len(text.lstrip())
        return (line - 1, self._column(text, begin)), (
            line - 1,
            self._column(text, max(begin, len(text.rstrip()))),
        )

    def column(self, line: int, column: int) -> Place:
        """A 1-based character of a 1-based Whence line; past its end: the end."""
        return self._client().column(line, column)

    def extent(self, first: int, last: int) -> tuple[Place, Place]:
        """From the start of one Whence line to the end of another, endings left out."""
        if self._odd or not 1 <= first <= last <= len(self._parts):
            return self._client().extent(first, last)
        text = self._parts[last - 1].rstrip("\r")
        return (first - 1, 0), (last - 1, self._column(text, len(text)))

    def _column(self, text: str, character: int) -> int:
        return units(text[:character], self.encoding)


def _narrowed(splice: Splice, old: list[str], new: list[str]) -> Splice:
    """Without the lines at both ends that stayed as they were."""
    first, removed, added = splice
    at = 0
    while at < min(removed, added) and old[at] == new[at]:
        at += 1
    last = 0
    while last < min(removed, added) - at and old[removed - 1 - last] == new[added - 1 - last]:
        last += 1
    return Splice(first + at, removed - at - last, added - at - last)
