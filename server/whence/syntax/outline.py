"""From captures to spans: what is one thing, what belongs to it from above, and where a section ends. Pure.

A query says `@region.<kind>` around a `@name`, `@leading` on what belongs to the region right below it, and
`@open.<kind>.<level>` on a heading whose section the tree does not enclose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from whence.syntax.values import Captured, Language, Span

SHORTEST_VALUE = 5
"""Lines of a value that is a region of its own; shorter ones stand with their neighbours in a block."""
LONGEST_COMMENT = 300
"""Lines searched upwards for the beginning of a block comment."""


def outline(found: Iterable[Captured], lines: Sequence[str], language: Language) -> list[Span]:
    """Turn a text's captures into spans, in no particular order."""
    regions: list[Captured] = []
    headings: list[Captured] = []
    leading: dict[int, int] = {}
    for captured in found:
        if captured.capture.startswith("region."):
            regions.append(captured)
        elif captured.capture.startswith("open."):
            if captured.column == 0:
                headings.append(captured)
        elif captured.capture == "leading":
            leading[_last_row(captured, lines)] = captured.row
    spans = [
        Span(
            captured.capture[7:],
            captured.name,
            _first_row(captured.row, leading, lines, language) + 1,
            _last_row(captured, lines) + 1,
            captured.order,
            captured.stop,
        )
        for captured in _distinct(regions)
        if captured.capture != "region.value" or captured.end_row - captured.row + 1 >= SHORTEST_VALUE
    ]
    spans.extend(_sections(headings, lines))
    return spans


def _distinct(regions: Iterable[Captured]) -> Iterable[Captured]:
    """One capture a thing. Captures around one name are one thing, and so are names of one node."""
    by_name: dict[tuple[int, int], Captured] = {}
    for captured in regions:
        # A nameless one goes by its own end; -1 marks a name, and no node ends there.
        key = (captured.name_at, -1) if captured.name_at >= 0 else (captured.order, captured.stop)
        known = by_name.get(key)
        by_name[key] = captured if known is None else _one(known, captured)
    by_node: dict[tuple[int, int], Captured] = {}
    for captured in by_name.values():
        key = captured.order, captured.stop
        known = by_node.get(key)
        if known is None or known.pattern < captured.pattern:
            by_node[key] = captured
    return by_node.values()


def _one(left: Captured, right: Captured) -> Captured:
    """Of two captures around one name the longer, under the more telling kind; of equals the later pattern's."""
    difference = (left.stop - left.order) - (right.stop - right.order)
    if difference == 0:
        return max(left, right, key=lambda captured: captured.pattern)
    outer, inner = (left, right) if difference > 0 else (right, left)
    if outer.capture in ("region.function", "region.value"):
        return outer._replace(capture=inner.capture)
    return outer


def _sections(headings: list[Captured], lines: Sequence[str]) -> Iterator[Span]:
    """Each heading with what follows it, to the next heading of its level or a higher one."""
    ordered = sorted(headings, key=lambda heading: heading.order)
    closing: dict[int, Captured] = {}
    open_ones: list[tuple[int, Captured]] = []
    for heading in ordered:
        level = int(heading.capture.rpartition(".")[2])
        while open_ones and open_ones[-1][0] >= level:
            closing[open_ones.pop()[1].order] = heading
        open_ones.append((level, heading))
    end = sum(len(line.encode("utf-8", "surrogatepass")) + 1 for line in lines) if ordered else 0
    for heading in ordered:
        closed = closing.get(heading.order)
        row, stop = (closed.row, closed.order) if closed is not None else (len(lines), end)
        last = _last_row(heading._replace(end_row=row, end_column=0), lines)
        kind = heading.capture.split(".")[1]
        yield Span(kind, heading.name, heading.row + 1, last + 1, heading.order, stop)


def _last_row(captured: Captured, lines: Sequence[str]) -> int:
    """The last row that holds anything of it; many grammars end a node at the start of the next line."""
    first, last = captured.row, captured.end_row
    if captured.end_column == 0 and last > first:
        last -= 1
    last = min(last, len(lines) - 1)
    while last > first and not lines[last].strip():
        last -= 1
    return last


def _first_row(row: int, leading: dict[int, int], lines: Sequence[str], language: Language) -> int:
    """The row of the first comment or attribute right above, as long as they are indented alike."""
    indent = _indent(lines[row]) if row < len(lines) else 0
    while row > 0:
        above = leading.get(row - 1)
        if above is None:
            above = _comment(row - 1, lines, language)
        if above is None or _indent(lines[above]) != indent:
            break
        row = above
    return row


def _comment(row: int, lines: Sequence[str], language: Language) -> int | None:
    """The row where the comment begins that ends with this row and shares its lines with nothing else."""
    text = lines[row].strip()
    if not text:
        return None
    if language.line_comments and text.startswith(language.line_comments):
        return row
    for begin, end in language.block_comments:
        if not text.endswith(end):
            continue
        for first in range(row, max(row - LONGEST_COMMENT, -1), -1):
            if begin in lines[first]:
                return first if lines[first].lstrip().startswith(begin) else None
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
