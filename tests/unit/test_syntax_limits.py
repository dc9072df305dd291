"""Texts that nobody wrote by hand: they cost a bounded time, and always give regions."""

from __future__ import annotations

import random
import tracemalloc
from dataclasses import replace

import pytest

from support.syntax import check_shape
from whence.syntax import Regions, languages, regions
from whence.syntax.grammars import Table, builtin
from whence.syntax.source import indents
from whence.syntax.tree import captures, parse
from whence.syntax.values import Limits, Parser

PATHS = {language.id: "a" + language.extensions[0] for language in languages()}
DEEP = 20_000


def check(path: str, lines: tuple[str, ...]) -> Regions:
    found = regions(path, lines)
    check_shape(found, lines)
    return found


@pytest.mark.parametrize("identifier", PATHS)
@pytest.mark.parametrize("bracket", ["(", "{", "[(", "<", "a{", "- ", "> ", '"'])
def test_deep_nesting(identifier: str, bracket: str) -> None:
    """Thousands of open brackets end neither the process nor the patience."""
    depth = 1_000
    closing = "".join({"(": ")", "[": "]", "{": "}", "<": ">"}.get(char, "") for char in reversed(bracket))
    check(PATHS[identifier], (bracket * depth,))
    check(PATHS[identifier], (bracket * depth + closing * depth, "", "x"))


@pytest.mark.parametrize("identifier", ["python", "javascript", "c", "json", "rust"])
def test_very_deep_nesting(identifier: str) -> None:
    """The depth at which walking by recursion kills the process."""
    check(PATHS[identifier], ("[" * DEEP + "]" * DEEP,))
    check(PATHS[identifier], tuple("[" * DEEP + "]" * DEEP))


def test_thousands_of_stray_tokens() -> None:
    """What the parser can place nowhere would be asked of the query at a cost that grows with its square."""
    found = check("a.c", tuple("{" * count for count in range(1, 300)))
    assert (found.complete, found.why) == (False, "too broken to find its regions")


@pytest.mark.parametrize(
    "lines",
    [
        ("- " * 2_000 + "x",),
        ("? " * 2_000 + "x",),
        tuple(" " * level + "a:" for level in range(600)),
        tuple("  " * level + "- a:" for level in range(600)),
    ],
)
def test_yaml_indented_beyond_what_its_scanner_bears(lines: tuple[str, ...]) -> None:
    """Its scanner would write past a buffer and end the process."""
    found = check("a.yaml", lines)
    assert (found.complete, found.why) == (False, "nested too deeply")
    assert check("a.yaml", tuple("  " * level + "- a:" for level in range(90))).complete


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), 0),
        (("", "  "), 0),
        (("a:", "  b:", "", "    c: 1", "  d:", "e:"), 3),
        (("- - a", "- b"), 3),
        (("a:", "- b:", "    c"), 3),
        (("? a", ": b"), 2),
        (("-a", "--- x"), 1),
    ],
)
def test_levels_of_indentation_are_counted(lines: tuple[str, ...], expected: int) -> None:
    """A deeper column opens a level, a list mark is one of its own, a shallower column closes."""
    assert indents(lines) == expected


def test_functions_nested_beyond_reason() -> None:
    """Regions are looked for in the upper levels only; the lines still have an owner."""
    lines = tuple("function f() {" for _ in range(3_000)) + tuple("}" for _ in range(3_000))
    found = check("a.js", lines)
    assert found.regions[0].name == "f"


@pytest.mark.parametrize("identifier", PATHS)
def test_odd_characters(identifier: str) -> None:
    """NUL, lone surrogates, other line separators and undecodable bytes move no line."""
    odd = ("\0", "\ud800", "\udcff", "\x0c", "\x85", "\u2028", "\r", "é", "𐍈", "\ufeff")
    dice = random.Random(identifier)
    for _ in range(20):
        line = "".join(dice.choices((*odd, "x", " ", "(", '"', ":", "#"), k=30))
        check(PATHS[identifier], (line, line[::-1], "", line))


def test_undecodable_bytes_do_not_hide_a_function() -> None:
    """A file in another encoding keeps its functions on their lines."""
    lines = ('x = "\udce9\0"', "\x0c", "def caf\udce9():", "  # \u2028 \x85 \r", "  return 1", "", "y = 2")
    assert [(r.kind, r.start, r.end) for r in check("a.py", lines).regions] == [
        ("block", 1, 1),
        ("function", 3, 5),
        ("block", 7, 7),
    ]


def test_a_file_of_fifty_thousand_lines_is_cut_whole() -> None:
    """Generated code is long; each function is still found."""
    lines = ("def f():", "    return 1", "", "x = 1", "") * 10_000
    found = check("a.py", lines)
    assert found.complete
    assert len(found.regions) == 20_000


@pytest.mark.parametrize("path", ["a.js", "a.json", "a.md", "a.py", "a.ipynb", "a.txt"])
def test_a_line_of_eight_megabytes(path: str) -> None:
    """A minified bundle is one block, and the reason is told."""
    found = check(path, ("var a=[" + "1," * 4_000_000 + "]",))
    assert [region.kind for region in found.regions] == ["block"]
    assert found.complete == (path == "a.txt")
    assert bool(found.why) != found.complete


def without(identifier: str, **changes: object) -> Table:
    return Table(
        tuple(
            replace(language, **changes) if language.id == identifier else language  # type: ignore[arg-type]
            for language in builtin().languages
        )
    )


def test_a_text_beyond_the_time_budget_gets_plain_blocks() -> None:
    """The parser is stopped, the reason told, and the next text is parsed as if nothing had been."""
    lines = ("def f():", "    return 1", "") * 20_000
    table = without("python", limits=Limits(budget=0.0))
    found = regions("a.py", lines, table=table)
    assert (found.language, found.complete, found.why) == ("python", False, "parsing took too long")
    assert {region.kind for region in found.regions} == {"block"}
    assert [region.name for region in regions("a.py", ("def g():", "    pass")).regions] == ["g"]


def test_a_text_beyond_the_size_limit_gets_plain_blocks() -> None:
    """Size is asked before anything is parsed."""
    table = without("python", limits=Limits(max_bytes=10))
    found = regions("a.py", ("def f():", "    return 1"), table=table)
    assert (found.complete, found.why) == (False, "larger than 10 bytes")
    assert [region.kind for region in found.regions] == ["block"]


def test_a_missing_parser_is_named() -> None:
    """Without its wheel a language has blocks, and the package to install is told."""
    table = without("python", parser=Parser("tree_sitter_missing"))
    found = regions("a.py", ("def f():", "    return 1"), table=table)
    assert found.why == "no parser for Python is installed (package tree-sitter-missing)"
    assert [region.kind for region in found.regions] == ["block"]


def test_a_binding_whose_callback_ends_the_process_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Better no names than no process."""
    monkeypatch.setattr("whence.syntax.tree._release", lambda: (0, 25, 2))
    found = regions("a.py", ("def f():", "    return 1"), table=without("python", name="Old Python"))
    assert found.why == "tree-sitter 0.26.1 or newer is needed"


def test_a_query_that_its_grammar_refuses_costs_no_file() -> None:
    """A fault in a language's data is told in the result and raises nothing."""
    found = regions(
        "a.py", ("def f():", "    return 1"), table=without("python", query="(nonsense) @region.x")
    )
    assert not found.complete
    assert found.why.startswith("regions failed (QueryError")
    assert [region.kind for region in found.regions] == ["block"]


def test_what_was_parsed_is_let_go_of() -> None:
    """The binding keeps whatever it is handed while it parses: an editor would grow with every keystroke."""
    language = next(one for one in languages() if one.id == "python")
    text = [f"value_{number} = {number}" for number in range(3000)]
    parse(language, text)
    tracemalloc.start()
    try:
        for number in range(20):
            parse(language, [*text, f"last = {number}"])
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 5 * len("\n".join(text))


def test_what_a_predicate_read_is_let_go_of() -> None:
    """Names that a query compares are read at every look; nothing of them stays behind."""
    language = next(one for one in languages() if one.id == "javascript")
    parsed = parse(
        language, [f"describe('part {number}', () => {{ run({number}); }});" for number in range(40)]
    )
    assert len(captures(parsed)) == 40
    tracemalloc.start()
    try:
        for _ in range(200):
            captures(parsed)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 100_000
