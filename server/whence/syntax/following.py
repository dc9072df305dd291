"""One text as it is edited: the regions that reading it afresh would give, for less work from version to version.

Most edits change no region but by moving what is below. Whether an edit is of that kind is found out from its
surroundings alone: the tree is parsed anew where it changed, the query looks at the bytes of the edit before and
after, and the few rules that look at lines (blank ones, comments above, indentation) are asked about the lines that
were replaced. Where anything of that differs the regions are arranged anew from the whole tree.

While a text is broken (half of the time that somebody types) a fresh look would have to parse all of it. Then the
regions of before are carried along, and `settle` makes them exact once the typing rests. It reads the text afresh in any
case: a few grammars leave it to chance which of two readings they find, and parsed piece by piece they may find the
other one (Kotlin's annotations, once in some thousand random edits).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from whence.model import Region
from whence.splice import Splice, between
from whence.syntax.cutting import arranged, cut, language_of
from whence.syntax.grammars import Table, builtin
from whence.syntax.outline import LONGEST_COMMENT
from whence.syntax.source import encode, indents
from whence.syntax.values import Captured, Language, Regions

if TYPE_CHECKING:
    from whence.syntax.tree import Following, Parsed

BUDGET = 0.05
"""Seconds of processor time for parsing what an edit changed. A text that takes longer waits for `settle`."""

Lines = tuple[str, ...]


class Follower:
    """Regions of one text through its edits. Not for several threads at once."""

    def __init__(self, path: str, *, table: Table | None = None) -> None:
        self.path = path
        self.exact = False
        """Whether `found` is what a fresh look gives; where a grammar is ambiguous only `settled` is sure."""
        self.settled = False
        """Whether `found` comes from a fresh look."""
        self.found = Regions((), None)
        self.alike = False
        """Whether these are the regions of before the last edit, moved at most."""
        self._table = table
        self._lines: Lines | None = None
        self._language: Language | None = None
        self._sound: _Sound | None = None

    def regions(self, lines: Sequence[str]) -> Regions:
        """The regions of the present version of the text, exactly. Never raises, like `syntax.regions`."""
        now = tuple(lines)
        if self._lines is None:
            self.begin(now)
        elif self._lines != now:
            self.follow(now, between(self._lines, now))
        self.settle()
        return self.found

    def begin(self, lines: Lines) -> None:
        """Read a text that is not the last one's next version."""
        self._lines = lines
        self.exact = self.settled = False
        self.settle()

    def forget(self) -> None:
        """Let go of the tree, which takes some twenty times the text's memory; the next edit begins with a parse."""
        if self._sound is not None:
            self._sound.sleep()

    def follow(self, lines: Lines, splice: Splice) -> Regions:
        """The regions after an edit that made `lines` of the last version; where `exact` is false, nearly."""
        before = self._lines
        assert before is not None
        last = self.found
        self._lines = lines
        self.exact = self.settled = self.alike = False
        if self._same_language(lines, splice):
            self._follow(before, lines, splice)
        if not self.exact:
            self.found, self.alike = moved(last, splice, len(lines)), True
        elif self.found is last:
            self.alike = True
        return self.found

    def settle(self) -> None:
        """Make the regions exact, whatever it takes."""
        if not self.settled and self._lines is not None:
            found, self._language, parsed = cut(self.path, self._lines, self._table)
            self.alike = False
            if parsed is not None and parsed.sound:
                self._sound = _Sound(parsed, self._lines, found)
            # The last sound text is still what the next one is compared with.
            if found != self.found:
                self.found = found
            self.exact = self.settled = True

    def _same_language(self, lines: Lines, splice: Splice) -> bool:
        table = self._table if self._table is not None else builtin()
        disputed = any(
            self.path.lower().endswith(claim.extension) for lang in table.languages for claim in lang.claims
        )
        if splice.first > 1 and not disputed:
            return True
        if language_of(self.path, lines, table) == self._language:
            return True
        self._sound = None
        return False

    def _follow(self, before: Lines, lines: Lines, splice: Splice) -> None:
        language = self._language
        if language is None or language.parser is None:
            if language is None or not language.reader:
                self.found, self.exact = cut(self.path, lines, self._table).regions, True
            return
        if self._sound is None:
            return
        from whence.syntax import tree

        try:
            self._sound.edit(before, lines, splice)
        except tree.GaveUp:
            self._sound = None
            return
        limit = language.limits.max_indents
        if limit and indents(lines) > limit:
            return
        basis = self._sound.found
        found = self._sound.regions(lines)
        if found is None:
            return
        # What was carried along since the last sound text may have lost regions that were among replaced lines.
        self.alike = found.alike and basis is self.found
        self.found, self.exact = found.regions, True
        self._sound = _Sound(found.parsed, lines, found.regions)


class _Step(NamedTuple):
    regions: Regions
    parsed: Parsed
    alike: bool


class _Sound:
    """The last version of a text that the parser understood, and what was edited since."""

    def __init__(self, parsed: Parsed, lines: Lines, found: Regions) -> None:
        from whence.syntax import tree

        self._language = parsed.language
        self._lines = lines
        self.found = found
        self._since: Splice | None = None
        self._following: Following | None = tree.Following(parsed)

    def sleep(self) -> None:
        """Let go of the tree."""
        self._following = None

    def edit(self, before: Lines, lines: Lines, splice: Splice) -> None:
        """Take note of an edit. Raises GaveUp."""
        if self._following is None:
            self._wake(before)
        self._tell(before, lines, splice)
        self._since = self._since.then(splice) if self._since else splice

    def _wake(self, before: Lines) -> None:
        from whence.syntax import tree

        self._following = tree.Following(tree.parse(self._language, self._lines))
        if self._since is not None:
            self._tell(self._lines, before, self._since)

    def _tell(self, before: Lines, lines: Lines, splice: Splice) -> None:
        assert self._following is not None
        first = splice.first - 1
        removed = _bytes(before[first : first + splice.removed])
        added = _bytes(lines[first : first + splice.added])
        self._following.edit(len(_bytes(before[:first])), len(removed), added)

    def regions(self, lines: Lines) -> _Step | None:
        """The regions of the present text; None where it is broken, or takes too long to be parsed."""
        from whence.syntax import tree

        assert self._following is not None
        before, since = self._following.sound, self._since
        try:
            parsed = self._following.parse(BUDGET)
            if parsed is None:
                return None
            now, changed = parsed
            if since is not None and self._same(before, now, changed, lines, since):
                return _Step(moved(self.found, since, len(lines)), now, alike=True)
            return _Step(arranged(now, lines), now, alike=False)
        except tree.GaveUp:
            return None

    def _same(
        self, before: Parsed, now: Parsed, changed: list[tuple[int, int]], lines: Lines, since: Splice
    ) -> bool:
        """Whether the edits did nothing to the regions but move what is below."""
        from whence.syntax import tree

        if not self._lines or not lines:
            return False
        first = since.first - 1
        at = len(_bytes(self._lines[:first]))
        old = (at, at + len(_bytes(self._lines[first : first + since.removed])))
        new = (at, at + len(_bytes(lines[first : first + since.added])))
        old, new = _widened(before.data, old), _widened(now.data, new)
        if any(start < new[0] or end > new[1] for start, end in changed):
            return False
        rows = _Rows(since)
        if not rows.alike(tree.outermost(before, old), tree.outermost(now, new)):
            return False
        ours, theirs = tree.captures(before, old), tree.captures(now, new)
        if not _alike(ours, theirs, rows):
            return False
        language = now.language
        if not since.shift:
            window = slice(first, first + since.added)
            return all(
                _looks(left, language) == _looks(right, language)
                for left, right in zip(self._lines[window], lines[window], strict=True)
            )
        return self._inside(ours, tree.outermost(before, old), since)

    def _inside(self, around: list[Captured], statements: list[tuple[int, int]], since: Splice) -> bool:
        """Whether lines that came in or went lie well inside a region, so that no rule about lines can tell."""
        regions = self.found.regions
        first, last = since.first, max(since.old_end, since.first)  # in the lines of before
        inner = outer = None
        for region in regions[: bisect_right(regions, first - 1, key=lambda region: region.start)]:
            if region.start < first and last < region.end:
                outer = outer or region
                inner = region
            elif first <= region.end:
                return False  # the edit reaches its end
        if inner is None or outer is None or inner.kind in ("module", "block"):
            return False
        # The length of a value counts.
        if any(one.capture == "region.value" and one.end_row + 1 >= first for one in around):
            return False
        # A region may begin with comments and attributes; what stands among these is not inside of the thing itself.
        if inner.kind != "section" and not any(
            one.capture.startswith("region.")
            and inner.start <= one.row + 1 < first
            and one.end_row + 1 > last
            for one in around
        ):
            return False
        if any(start + 1 < outer.start or end + 1 > outer.end for start, end in statements):
            return False
        return self._nothing_hangs_on(last + 1 if since.removed else since.first, inner)

    def _nothing_hangs_on(self, below: int, inner: Region) -> bool:
        """Whether the line below the edit ends every search for a comment that belongs to what follows."""
        language = self._language
        regions = self.found.regions
        at = bisect_right(regions, below - 1, key=lambda region: region.start)
        follows = next(
            (region.start for region in regions[at : at + 1] if region.start <= inner.end), inner.end + 1
        )
        if follows == below or (
            below <= len(self._lines) and _comment_like(self._lines[below - 1], language)
        ):
            return False
        stretch = self._lines[below - 1 : min(follows, below + LONGEST_COMMENT)]
        return not any(end in line for line in stretch for _, end in language.block_comments)


class _Rows:
    """Rows (from 0) of the old text, seen from the new one."""

    def __init__(self, splice: Splice) -> None:
        self._splice = splice

    def new(self, row: int) -> int | None:
        """Where a row is now; None where nobody can say."""
        splice = self._splice
        if row + 1 < splice.first or not splice.shift:
            return row
        return row + splice.shift if row + 1 > max(splice.old_end, splice.first - 1) else None

    def alike(self, old: list[tuple[int, int]], new: list[tuple[int, int]]) -> bool:
        return [(self.new(start), self.new(end)) for start, end in old] == new


def _alike(old: list[Captured], new: list[Captured], rows: _Rows) -> bool:
    """Whether the same things were captured, in the same places but for what moved."""
    if len(old) != len(new):
        return False
    left, right = sorted(old, key=_order), sorted(new, key=_order)
    for one, other in zip(left, right, strict=True):
        if (one.pattern, one.capture, one.name) != (other.pattern, other.capture, other.name):
            return False
        if (rows.new(one.row), rows.new(one.end_row)) != (other.row, other.end_row):
            return False
        if (one.column == 0, one.end_column == 0) != (other.column == 0, other.end_column == 0):
            return False
    return _ranks(left) == _ranks(right)


def _order(captured: Captured) -> tuple[int, int, int, str]:
    return captured.order, -captured.stop, captured.pattern, captured.capture


def _ranks(found: list[Captured]) -> list[tuple[int, int, int]]:
    """The bytes of captures, by their order alone."""
    places = sorted({at for one in found for at in (one.order, one.stop, one.name_at)})
    rank = {at: number for number, at in enumerate(places)}
    return [(rank[one.order], rank[one.stop], rank[one.name_at]) for one in found]


def _looks(line: str, language: Language) -> tuple[object, ...]:
    """All that the rules about lines see of one."""
    text = line.strip()
    if not text:
        return ()
    indent = len(line) - len(line.lstrip())
    blocks = tuple(
        (text.endswith(end), begin in line, text.startswith(begin), end in line)
        for begin, end in language.block_comments
    )
    word = any(character == "_" or character.isalnum() for character in text)
    return indent, text.startswith(language.line_comments) if language.line_comments else False, blocks, word


def _comment_like(line: str, language: Language) -> bool:
    text = line.strip()
    return text.startswith(language.line_comments) if language.line_comments else False


def _widened(data: bytes, window: tuple[int, int]) -> tuple[int, int]:
    """A window that reaches to the nearest text on both sides, so that what stands next to the edit is seen too."""
    start, end = window
    start = len(data[:start].rstrip()) - 1
    rest = data[end:]
    return max(start, 0), min(len(data), end + len(rest) - len(rest.lstrip()) + 1)


def _bytes(lines: Sequence[str]) -> bytes:
    return encode(lines) if lines else b""


def moved(found: Regions, splice: Splice, count: int) -> Regions:
    """Regions after an edit that did nothing to them but move what is below."""
    shift = splice.shift
    if not shift:
        return found
    first, end = splice.first, splice.old_end
    out = []
    for region in found.regions:
        low, high = region.start, region.end
        if high < first:
            out.append(region)
            continue
        if low >= first:
            low = max(low + shift, first) if low > end else first
        # Where one ended among the replaced lines and another began, all that came in is the later one's.
        high = high + shift if high > end else first - 1 if region.start < first else splice.new_end
        if low <= min(high, count):
            out.append(Region(region.kind, region.name, low, min(high, count)))
    return Regions(tuple(out), found.language, found.complete, found.why)
