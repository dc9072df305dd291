"""The one module that knows tree-sitter: a text and a query in, captures as plain values out, within a budget.

Facts about py-tree-sitter that shape it (measured with 0.25.2, 0.26.0 and 0.26.1, November 2026):

- Before 0.26.1 the progress callback of a parse ends the process, so nothing older is used.
- A parse of a bytes object ignores the progress callback, so the text is handed over by a read callback.
- A parser that was stopped would continue the old text on its next parse, so each parse has its own parser.
- The string form of a node recurses and kills the process on deep nesting, so it is never asked for, and
  nothing here recurses over the tree.
- Whatever the read callback returns to a parse is never let go of again. So it is always the same object, whose
  content changes; nobody holds on to that between two calls.
- The callback is not asked while the parser settles ambiguities. A grammar that explodes there can only be
  stopped from outside, by ending the process.
- The progress callback of a query cursor is never used: the binding leaves a dangling pointer to it and the
  process dies at its first call. A query is bounded by its depth and by its unfinished matches instead.
- A predicate reads its text through the read callback, in pieces as large as that gives, so the pieces are
  small once parsing is over. They must be bytes; anything else ends the process. These pieces are let go of: after
  10,000 edits with 120 comparisons each the process is as large as after 2,000.
"""

from __future__ import annotations

import importlib
import math
import re
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from whence.quick import dataclass
from whence.syntax.names import MAX_NAME, heading, qualified
from whence.syntax.source import edit, encode, indents, point
from whence.syntax.values import Captured, Language

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node, Query, Tree

OLDEST = (0, 26, 1)
CHUNK = 64 * 1024
"""Bytes handed to the parser at once; costs nothing against the whole."""
SECONDS = 0.5
SECONDS_PER_BYTE = 3e-6
"""Processor time that a parse may take, by size: 30 times what code takes, as nothing else runs meanwhile."""
MATCH_LIMIT = 1024
"""Half-finished matches that a query may keep at once; written code needs some dozens."""
MAX_DEPTH = 512
"""Levels of the syntax tree in which regions are looked for; nothing deeper was written by hand."""
MAX_STRAY = 20_000
"""Tokens that the parser could place nowhere. A query's time grows with their square: 0.3 s for so many."""


class GaveUp(Exception):  # noqa: N818 - an outcome, not an error
    """A limit was met, or there is no parser; the message says which."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One text, parsed. Opaque outside of this module."""

    language: Language
    data: bytes
    tree: Tree

    @property
    def sound(self) -> bool:
        """Whether the parser understood all of it."""
        return not self.tree.root_node.has_error


def parse(language: Language, lines: Sequence[str]) -> Parsed:
    """Parse a text. Broken code gives a tree all the same; raises GaveUp where a limit is met."""
    data = encode(lines)
    if len(data) > language.limits.max_bytes:
        raise GaveUp(f"larger than {language.limits.max_bytes:,} bytes")
    if language.limits.max_indents and indents(lines) > language.limits.max_indents:
        raise GaveUp("nested too deeply")
    grammar, _query = compiled(language)
    budget = min(language.limits.budget, SECONDS + SECONDS_PER_BYTE * len(data))
    return Parsed(language, data, _parse(grammar, data, budget))


def captures(parsed: Parsed, within: tuple[int, int] | None = None) -> list[Captured]:
    """What the language's query finds, in no particular order; `within` some bytes: every match that has a node there.

    Raises GaveUp where a limit is met.
    """
    import tree_sitter

    if _stray(parsed.tree.root_node) > MAX_STRAY:
        raise GaveUp("too broken to find its regions")
    _grammar, query = compiled(parsed.language)
    cursor = tree_sitter.QueryCursor(query, match_limit=MATCH_LIMIT)
    cursor.set_max_start_depth(MAX_DEPTH)
    if within is not None:
        cursor.set_byte_range(*within)
    matches = cursor.matches(parsed.tree.root_node)
    if cursor.did_exceed_match_limit:
        raise GaveUp("nested too deeply")
    return [found for pattern, nodes in matches for found in _captured(pattern, nodes, parsed.data)]


def statements(parsed: Parsed) -> tuple[tuple[int, int], ...]:
    """The outermost nodes that span several lines: first and last line of each (1-based), ascending."""
    spans = ((node.start_point[0], node.end_point[0]) for node in parsed.tree.root_node.children)

    return tuple((first + 1, last + 1) for first, last in spans if last > first)


def outermost(parsed: Parsed, within: tuple[int, int]) -> list[tuple[int, int]]:
    """First and last row (from 0) of the outermost nodes that have bytes in a range, ascending."""
    cursor = parsed.tree.root_node.walk()
    out: list[tuple[int, int]] = []
    if cursor.goto_first_child_for_byte(within[0]) is None:
        return out
    while True:
        node = cursor.node
        if node is None or node.start_byte >= within[1]:
            return out
        out.append((node.start_point[0], node.end_point[0]))
        if not cursor.goto_next_sibling():
            return out


class Following:
    """A sound text and the edits since: what is needed to parse the next version by the way of the last sound one.

    Where a text is broken its tree depends on how it came about, so trees of broken texts are never built upon.
    """

    def __init__(self, sound: Parsed) -> None:
        self.sound = sound
        self._tree = sound.tree
        self._data = sound.data

    def edit(self, at: int, removed: int, added: bytes) -> None:
        """Replace `removed` bytes at an offset."""
        old, new = self._data[at : at + removed], added
        start, old_end, new_end, *_ = edit(old, new)
        data = b"".join((self._data[:at], added, self._data[at + removed :]))
        if self._tree is self.sound.tree:
            self._tree = self._tree.copy()
        self._tree.edit(
            at + start, at + old_end, at + new_end,
            point(self._data, at + start), point(self._data, at + old_end), point(data, at + new_end),
        )  # fmt: skip
        self._data = data

    def parse(self, budget: float) -> tuple[Parsed, list[tuple[int, int]]] | None:
        """The present text parsed, and the bytes where its structure is another than the last sound one's.

        None where it is broken now. Raises GaveUp where a limit is met.
        """
        language = self.sound.language
        if len(self._data) > language.limits.max_bytes:
            raise GaveUp(f"larger than {language.limits.max_bytes:,} bytes")
        grammar, _query = compiled(language)
        before = self._tree
        tree = _parse(grammar, self._data, budget, before)
        if tree.root_node.has_error:
            return None
        changed = [(piece.start_byte, piece.end_byte) for piece in before.changed_ranges(tree)]
        return Parsed(language, self._data, tree), changed


@cache
def compiled(language: Language) -> tuple[Grammar, Query]:
    """A language's tables and its compiled query, made once a process. Raises GaveUp without the wheel."""
    import tree_sitter

    assert language.parser is not None
    if _release() < OLDEST:
        raise GaveUp(f"tree-sitter {'.'.join(map(str, OLDEST))} or newer is needed")
    try:
        module = importlib.import_module(language.parser.module)
    except ImportError:
        package = language.parser.module.replace("_", "-")
        raise GaveUp(f"no parser for {language.name} is installed (package {package})") from None
    grammar = tree_sitter.Language(getattr(module, language.parser.function)())
    return grammar, tree_sitter.Query(grammar, language.query)


def _release() -> tuple[int, ...]:
    """The release of the binding that is installed, as the folder of what is known of it says; else as Python tells."""
    import tree_sitter

    folder = Path(tree_sitter.__file__).parents[1]
    name = next((found.name for found in folder.glob("tree_sitter-[0-9]*.dist-info")), None)
    if name is None:
        from importlib import metadata  # takes a while to load

        name = metadata.version("tree-sitter")
    return tuple(int(part) for part in re.findall(r"\d+", name)[:3])


def _parse(grammar: Grammar, data: bytes, budget: float, before: Tree | None = None) -> Tree:
    import tree_sitter

    deadline = time.thread_time() + budget
    late = parsed = False
    given = _lent()

    def read(offset: int, _point: object) -> bytes | bytearray:
        if parsed:
            return data[offset : offset + 2 * MAX_NAME]
        given[:] = data[offset : offset + CHUNK]
        return given

    def stop(_offset: int, _error: bool) -> bool:
        nonlocal late
        late = time.thread_time() > deadline
        return late

    try:
        parser = tree_sitter.Parser(grammar)
        if before is None:
            tree = parser.parse(read, progress_callback=stop)
        else:
            tree = parser.parse(read, before, progress_callback=stop)
    except ValueError:
        if late:
            raise GaveUp("parsing took too long") from None
        raise
    parsed = True
    return tree


def _lent() -> bytearray:
    """What text is handed over in, always the same in one thread."""
    given = getattr(_hands, "given", None)
    if given is None:
        given = _hands.given = bytearray()
    return given


_hands = threading.local()


def _stray(root: Node) -> float:
    """The size of the one error node that would cost as much as all of them together."""
    squares = 0.0
    pending = [root] if root.has_error else []
    while pending:
        node = pending.pop()
        if node.is_error:
            squares += float(node.child_count) ** 2
        if squares > MAX_STRAY**2:
            break
        pending.extend(child for child in node.children if child.has_error)
    return math.sqrt(squares)


def _captured(pattern: int, nodes: dict[str, list[Node]], data: bytes) -> Iterator[Captured]:
    """The captures of one match that mean something; a match has one region, and any number of leading nodes."""
    for capture, marked in nodes.items():
        if capture[0] == "_" or capture in ("name", "scope"):
            continue
        name: str | None = None
        name_at = -1
        if capture != "leading":
            named = nodes.get("name", ())
            texts = [_text(node, data) for node in named]
            if capture.startswith("open."):
                name = heading(texts)
            else:
                name = qualified([_text(node, data) for node in nodes.get("scope", ())], texts)
            if named:
                name_at = named[0].start_byte
        for node in marked:
            yield Captured(
                pattern,
                capture,
                *node.start_point,
                *node.end_point,
                node.start_byte,
                node.end_byte,
                name,
                name_at,
            )


def _text(node: Node, data: bytes) -> str:
    start = node.start_byte
    return data[start : min(node.end_byte, start + 4 * MAX_NAME)].decode("utf-8", "replace")
