"""The one module that knows tree-sitter: a text and a query in, named spans out, within a budget.

Facts about py-tree-sitter 0.25 and 0.26 that shape it (measured, November 2026):

- A parse of a bytes object ignores the progress callback, so the text is handed over by a read callback.
- A parser that was stopped would continue the old text on its next parse, so each parse has its own parser.
- The string form of a node recurses and kills the process on deep nesting, so it is never asked for, and
  nothing here recurses over the tree.
- The callback is not asked while the parser settles ambiguities. A grammar that explodes there can only be
  stopped from outside, by ending the process.
- The progress callback of a query cursor is never used: the binding leaves a dangling pointer to it and the
  process dies at its first call. A query is bounded by its depth and by its unfinished matches instead.
- A predicate reads its text through the read callback, in pieces as large as that gives, so the pieces are
  small once parsing is over.
"""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from whence.syntax.values import Language, Outline, Span

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node, Query, Tree

CHUNK = 64 * 1024
"""Bytes handed to the parser at once; costs nothing against the whole."""
MATCH_LIMIT = 1024
"""Half-finished matches that a query may keep at once; written code needs some dozens."""
MAX_DEPTH = 512
"""Levels of the syntax tree in which regions are looked for; nothing deeper was written by hand."""
MAX_NAME = 120

_SURROGATE = re.compile("[\ud800-\udfff\0]")
_SPACE = re.compile(r"\s+")


class GaveUp(Exception):  # noqa: N818 - an outcome, not an error
    """A limit was met; the message says which."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    grammar: Grammar
    query: Query
    kinds: dict[str, str]
    """Capture name to region kind, for captures `region.<kind>`."""


def outline(language: Language, lines: Sequence[str]) -> Outline:
    """Parse a text and name its spans. Raises nothing for bad code; a limit met is told in `Outline.why`."""
    data = encode(lines)
    if len(data) > language.limits.max_bytes:
        return Outline(why=f"larger than {language.limits.max_bytes:,} bytes")
    deadline = time.thread_time() + language.limits.budget
    try:
        compiled = _compiled(language)
        tree = _parse(compiled.grammar, data, deadline)
        return _read(compiled, tree, data, lines, deadline)
    except GaveUp as stop:
        return Outline(why=str(stop))
    except ImportError:
        assert language.parser is not None
        package = language.parser.module.replace("_", "-")
        return Outline(why=f"no parser for {language.name} is installed (package {package})")


def encode(lines: Sequence[str]) -> bytes:
    """The text as UTF-8 with the same lines. Undecodable bytes become letters, so that names stay names."""
    text = "\n".join(lines)
    try:
        if "\0" not in text:
            return text.encode()
    except UnicodeEncodeError:
        pass
    return _SURROGATE.sub("_", text).encode()


@cache
def _compiled(language: Language) -> _Compiled:
    import tree_sitter

    assert language.parser is not None
    module = importlib.import_module(language.parser.module)
    grammar = tree_sitter.Language(getattr(module, language.parser.function)())
    query = tree_sitter.Query(grammar, language.query)
    names = [query.capture_name(index) for index in range(query.capture_count)]
    return _Compiled(grammar, query, {name: name[7:] for name in names if name.startswith("region.")})


def _parse(grammar: Grammar, data: bytes, deadline: float) -> Tree:
    import tree_sitter

    late = False
    size = CHUNK

    def read(offset: int, _point: object) -> bytes:
        return data[offset : offset + size]

    def stop(_offset: int, _error: bool) -> bool:
        nonlocal late
        late = time.thread_time() > deadline
        return late

    try:
        tree = tree_sitter.Parser(grammar).parse(read, progress_callback=stop)
    except ValueError:
        if late:
            raise GaveUp("parsing took too long") from None
        raise
    size = 2 * MAX_NAME
    return tree


def _read(compiled: _Compiled, tree: Tree, data: bytes, lines: Sequence[str], deadline: float) -> Outline:
    import tree_sitter

    cursor = tree_sitter.QueryCursor(compiled.query, match_limit=MATCH_LIMIT)
    cursor.set_max_start_depth(MAX_DEPTH)
    matches = cursor.matches(tree.root_node)
    if cursor.did_exceed_match_limit:
        raise GaveUp("it is nested too deeply")
    if time.thread_time() > deadline:
        raise GaveUp("finding its regions took too long")
    leading: dict[int, tuple[int, int]] = {}
    found: dict[object, Span] = {}
    for _pattern, captures in matches:
        if "leading" in captures:
            for node in captures["leading"]:
                _lead(node, lines, leading)
            continue
        span = _span(compiled, captures, data, lines)
        if span is None:
            continue
        names = captures.get("name")
        key = names[0].start_byte if names else ("unnamed", span.order, span.stop)
        known = found.get(key)
        found[key] = span if known is None else _larger(known, span)
    spans = tuple(_with_leading(span, lines, leading) for span in found.values())
    joined = tuple(
        (first + 1, last + 1)
        for first, last in ((node.start_point[0], node.end_point[0]) for node in tree.root_node.children)
        if last > first
    )
    return Outline(spans=spans, joined=joined)


def _span(
    compiled: _Compiled, captures: dict[str, list[Node]], data: bytes, lines: Sequence[str]
) -> Span | None:
    kind: str | None = None
    node: Node | None = None
    for capture, nodes in captures.items():
        if capture in compiled.kinds:
            kind, node = compiled.kinds[capture], nodes[0]
        elif capture == "within":
            node = nodes[0]
    if node is None:
        return None
    parts = [_text(part, data) for key in ("scope", "name") for part in captures.get(key, ())]
    name = ".".join(part for part in parts if part)[:MAX_NAME] or None
    first, last = node.start_point[0], _last_row(node, lines)
    return Span(kind, name, first + 1, last + 1, node.start_byte, node.end_byte)


def _last_row(node: Node, lines: Sequence[str]) -> int:
    """The last row that holds anything of the node; many grammars end a node at the start of the next line."""
    first = node.start_point[0]
    last, column = node.end_point
    if column == 0 and last > first:
        last -= 1
    last = min(last, len(lines) - 1)
    while last > first and not lines[last].strip():
        last -= 1
    return last


def _larger(known: Span, span: Span) -> Span:
    """Two spans around one name are one thing: the outer one, under the more telling kind."""
    outer, inner = (known, span) if known.stop - known.order >= span.stop - span.order else (span, known)
    kind = inner.kind if outer.kind in (None, "function") and inner.kind is not None else outer.kind
    return Span(kind, outer.name, outer.start, outer.end, outer.order, outer.stop)


def _lead(node: Node, lines: Sequence[str], leading: dict[int, tuple[int, int]]) -> None:
    """Note a comment or an attribute that stands alone on its lines, by its last line (1-based)."""
    row, column = node.start_point
    indent = len(lines[row]) - len(lines[row].lstrip()) if row < len(lines) else 0
    if indent == column:
        leading[_last_row(node, lines) + 1] = (row + 1, column)


def _with_leading(span: Span, lines: Sequence[str], leading: dict[int, tuple[int, int]]) -> Span:
    """Take the comments and attributes right above in, as long as they are indented alike."""
    start = span.start
    if start > len(lines):
        return span
    indent = len(lines[start - 1]) - len(lines[start - 1].lstrip())
    while (above := leading.get(start - 1)) is not None and above[1] == indent:
        start = above[0]
    return span if start == span.start else Span(span.kind, span.name, start, span.end, span.order, span.stop)


def _text(node: Node, data: bytes) -> str:
    raw = data[node.start_byte : min(node.end_byte, node.start_byte + 4 * MAX_NAME)]
    return _SPACE.sub(" ", raw.decode("utf-8", "replace")).strip().strip("\"'`").replace("::", ".")
