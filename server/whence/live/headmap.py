"""From the present lines of an edited text to those at HEAD: `linemap.line_map`, kept in step."""

from __future__ import annotations

from collections.abc import Sequence

from whence.linemap import line_map
from whence.splice import Splice
from whence.text import normal


class HeadMap:
    """The map for one text at HEAD. Not for several threads at once."""

    def __init__(self, head: tuple[str, ...]) -> None:
        self._head = head
        self._forms: frozenset[str] | None = None
        self._lines: tuple[str, ...] | None = None
        self._map: tuple[int, ...] = ()

    def map(self, lines: tuple[str, ...], splice: Splice | None = None) -> tuple[int, ...]:
        """For each present line its line at HEAD, 0 for none; `splice` made these lines of the last ones asked about.

        A line that HEAD does not have anywhere leads nowhere, and one that becomes another such line changes nothing.
        """
        before = self._lines
        self._lines = lines
        if before is not None and splice is not None and not splice.shift:
            window = slice(splice.first - 1, splice.new_end)
            if self._foreign(before[window]) and self._foreign(lines[window]):
                return self._map
        self._map = line_map(self._head, lines)
        return self._map

    def _foreign(self, lines: Sequence[str]) -> bool:
        if self._forms is None:
            self._forms = frozenset(map(normal, self._head))
        return not any(normal(line) in self._forms for line in lines)
