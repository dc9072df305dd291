"""From loose spans to regions that nest: names qualified, overlaps cut, gaps filled with blocks.

Spans come from syntax, where two things may share a line; regions are made of whole lines. Where two
neighbours share one, the earlier keeps it; where several small ones crowd on one line, none of them names
it and the line belongs to what surrounds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from whence.model import Region
from whence.quick import dataclass
from whence.syntax.blocks import blocks, inner_blanks
from whence.syntax.values import Span

_CALLABLE = ("function", "method")
_WORD = re.compile(r"\w")


@dataclass(slots=True)
class _Node:
    kind: str
    name: str | None
    prefix: str | None
    """What the names of its children begin with."""
    start: int
    end: int
    stop: int
    parent: _Node | None
    last_child: _Node | None = None
    crowded: bool = False


def nest(
    spans: Iterable[Span],
    lines: Sequence[str],
    *,
    separator: str = ".",
    joined: Sequence[tuple[int, int]] = (),
) -> tuple[Region, ...]:
    """Turn spans in any order into regions in document order that cover every line that is not blank."""
    regions = _named(spans, len(lines), separator)
    inner = inner_blanks(lines, joined)
    fill = [
        block for first, last in _gaps(regions, len(lines)) for block in blocks(lines, first, last, inner)
    ]
    for index, region in enumerate(regions):
        if region.kind == "module":
            held = (regions[later] for later in range(index + 1, len(regions)))
            fill.extend(_inside(region, held, lines))
    # Stable, so that regions with the same lines stay outer before inner.
    return tuple(sorted(regions + fill, key=lambda region: (region.start, -region.end)))


def _named(spans: Iterable[Span], count: int, separator: str) -> list[Region]:
    ordered = sorted(spans, key=lambda span: (span.order, -span.stop))
    root = _Node("", None, None, 1, count, max((span.stop for span in ordered), default=0), None)
    kept: list[_Node] = []
    here = root
    for span in ordered:
        while here.parent is not None and span.stop > here.stop:
            here = here.parent
        node = _place(span, here, separator)
        if node is not None:
            here.last_child = node
            kept.append(node)
            here = node
    out: list[Region] = []
    for node in kept:
        node.crowded = node.crowded or (node.parent is not None and node.parent.crowded)
        if not node.crowded:
            out.append(Region(node.kind, node.name, node.start, node.end))
    return out


def _place(span: Span, parent: _Node, separator: str) -> _Node | None:
    """Fit a span under its parent and behind its elder sibling; None where nothing of it is left."""
    start, end = max(span.start, parent.start), min(span.end, parent.end)
    elder = parent.last_child
    if elder is not None and start <= elder.end:
        if start == end == elder.start == elder.end:
            elder.crowded = True
        start = elder.end + 1
    if end < start:
        return None
    kind = span.kind
    if kind == "function" and parent.kind == "class":
        kind = "method"
    if kind == "function" and start == end and parent.kind in _CALLABLE:
        return None
    name = span.name
    if name is not None and parent.prefix is not None:
        name = f"{parent.prefix}{separator}{name}"
    return _Node(kind, name, name if name is not None else parent.prefix, start, end, span.stop, parent)


def _gaps(regions: Iterable[Region], last: int, first: int = 1) -> Iterator[tuple[int, int]]:
    """Runs of lines in no region, ascending."""
    for region in regions:
        if region.start > last:
            break
        if region.start > first:
            yield first, region.start - 1
        first = max(first, region.end + 1)
    if first <= last:
        yield first, last


def _inside(module: Region, rest: Iterable[Region], lines: Sequence[str]) -> Iterator[Region]:
    """The blocks between what a module holds. Its own first and last line, and lone brackets, stay its own."""
    for first, last in _gaps(rest, module.end - 1, module.start + 1):
        for block in blocks(lines, first, last):
            start, end = block.start, block.end
            while start <= end and not _WORD.search(lines[start - 1]):
                start += 1
            while start <= end and not _WORD.search(lines[end - 1]):
                end -= 1
            if start <= end:
                yield Region("block", None, start, end)
