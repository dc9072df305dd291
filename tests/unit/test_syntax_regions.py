"""Regions of plain text, of pieces of code, and the owner of a line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from whence.model import Region
from whence.syntax import owner, regions
from whence.syntax.nesting import nest
from whence.syntax.values import Span


def check(path: str, source: str, *expected: str) -> None:
    """Compare regions with lines such as `3-9 function price`."""
    found = regions(path, source.split("\n"))
    told = [f"{r.start}-{r.end} {r.kind}" + (f" {r.name}" if r.name else "") for r in found.regions]
    assert told == list(expected)


def test_plain_text_is_cut_at_blank_lines() -> None:
    """Every text without a language has blocks without names."""
    check("notes.txt", "\n\none\ntwo\n \t\nthree\n\n", "3-4 block", "6-6 block")
    check("notes.txt", "")
    check("notes.txt", "\n \n\n")


def test_a_short_statement_keeps_its_blank_lines_and_a_long_one_does_not() -> None:
    """A call over five lines is one block; a hundred lines inside one pair of brackets are not."""
    check("a.py", "f([\n  1,\n\n  2,\n])\n\nB = 3", "1-5 block", "7-7 block")
    inside = "  1,\n" * 40
    check("a.py", f"f([\n{inside}\n{inside}])", "1-41 block", "43-83 block")


def test_long_values_are_regions_and_short_ones_are_not() -> None:
    """A table of five lines has a name that people use; a constant stands with its neighbours."""
    table = "{\n  1,\n  2,\n  3\n}"
    check("a.py", f"A = 1\nB = {table}\nC = 2", "1-1 block", "2-6 value B", "7-7 block")
    check("a.py", "A = {\n  1,\n  2\n}\nB = 1", "1-5 block")
    check("a.ts", f"export const a: X = f({table});", "1-5 value a")
    check("a.ts", f"export default f({table});", "1-5 value default")
    check("a.ts", "type A =\n  | 1\n  | 2\n  | 3\n  | 4;", "1-5 value A")
    check("a.go", "// Says.\nvar a = X{\n\t1,\n\t2,\n\t3,\n}", "1-6 value a")
    check("a.c", f"static struct x *const a[] = {table};", "1-5 value a")
    check("a.py", "def f():\n  x = {\n  1,\n  2,\n  3\n  }", "1-6 function f")


def test_what_stands_right_above_a_function_belongs_to_it() -> None:
    """Comments, attributes and decorators, as long as they are indented alike and no blank line parts them."""
    check("a.py", "# licence\n\n# says\n# more\n@cache\ndef f():\n  pass", "1-1 block", "3-7 function f")
    check(
        "a.py",
        "def f():\n  pass\n  # of f\ndef g():\n  pass",
        "1-3 function f",
        "4-5 function g",
    )
    check("a.py", "x = 1  # no\ndef f():\n  pass", "1-1 block", "2-3 function f")
    check("a.c", "/*\n * Says.\n */\nint f(void)\n{\n}", "1-6 function f")
    check("a.c", "int x; /* no */\nint f(void)\n{\n}", "1-1 block", "2-4 function f")
    check("a.rs", "#[derive(\n  Debug,\n)]\n/// Says.\nstruct S {\n}", "1-6 class S")
    check("a.rs", "mod a {\n  // of f\n  fn f() {\n  }\n}", "1-5 module a", "2-4 function a.f")


def test_names_are_qualified() -> None:
    """By classes, functions, namespaces, receivers and the type that a method is written for."""
    check(
        "a.py",
        "class A:\n  class B:\n    def m(self):\n      def i():\n        return 1\n      return i",
        "1-6 class A",
        "2-6 class A.B",
        "3-6 method A.B.m",
        "4-5 function A.B.m.i",
    )
    check("a.cpp", "int a::B::m() {\n  return 1;\n}", "1-3 function a.B.m")
    check("a.go", "func (q *Queue[T]) Push(x T) {\n\treturn\n}", "1-3 method Queue.Push")
    check("a.md", "# A `b`\nx\n## C ##\ny", "1-4 section A `b`", "3-4 section A `b` > C")


def test_neighbours_that_share_a_line() -> None:
    """The earlier keeps it; where several crowd on one line, none of them names it."""
    check("a.js", "function f() {\n  a;\n} function g() {\n  b;\n}", "1-3 function f", "4-5 function g")
    check("a.js", "function f() {} function g() {} function h() {}", "1-1 block")
    check("a.js", "class A { f() {} g() {} }", "1-1 class A")
    check("a.json", '{"a": 1, "b": 2}', "1-1 block")
    check("a.json", '{"a": 1}', "1-1 entry a")


def test_small_helpers_inside_a_function_are_no_regions() -> None:
    """A function of one line inside another is part of it."""
    check("a.js", "function f() {\n  const g = (x) => x;\n  return g;\n}", "1-4 function f")
    check("a.js", "const g = (x) => x;", "1-1 function g")


def test_lines_between_the_members_of_a_module_are_blocks() -> None:
    """A namespace is no one's unit of review: what lies loose in it is cut like a file."""
    check(
        "a.cpp",
        "namespace n\n{\nint a;\n\nint b;\nvoid f() {\n  a = 1;\n}\n\n}",
        "1-10 module n",
        "3-3 block",
        "5-5 block",
        "6-8 function n.f",
    )


def test_headings_of_both_kinds_make_sections() -> None:
    """Underlined headings cut like the others; headings inside lists, quotes and code do not."""
    check(
        "a.md",
        "intro\n\nA\n===\n\nx\n\nB\n---\n- # no\n\n> # no\n\n```\n# no\n```\n# C",
        "1-1 block",
        "3-16 section A",
        "8-16 section A > B",
        "17-17 section C",
    )


def test_broken_yaml_and_json_keep_what_was_read() -> None:
    """An open bracket at the end does not cost the entries before it."""
    check("a.json", '{\n"a": 1,\n"b": {"c":\n', "1-1 block", "2-2 entry a", "3-3 block")
    found = regions("a.yaml", ["a: 1", "b: 2", "c: [", "- d"])
    assert [region.name for region in found.regions[:2]] == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [(1, "A"), (2, "A.f"), (3, "A.f"), (4, "A"), (5, "A.g"), (6, None), (7, None), (8, "B"), (9, None)],
)
def test_the_owner_of_a_line_is_the_innermost_region(line: int, expected: str | None) -> None:
    """A blank line outside of every region is a block of its own."""
    found = (
        Region("class", "A", 1, 5),
        Region("method", "A.f", 2, 3),
        Region("method", "A.g", 5, 5),
        Region("class", "B", 8, 8),
    )
    assert owner(found, line).name == expected
    if expected is None:
        assert owner(found, line) == Region("block", None, line, line)


def test_spans_are_nested_by_bytes_and_cut_by_lines() -> None:
    """Spans may come in any order, reach past the text, and share lines."""
    lines = ("a", "b", "c", "d", "e")
    spans = [
        Span("function", "g", 3, 9, 20, 90),
        Span("function", "f", 1, 3, 0, 15),
        Span("class", "C", 2, 2, 5, 9),
    ]
    told = [(region.name, region.start, region.end) for region in nest(spans, lines)]
    assert told == [("f", 1, 3), ("f.C", 2, 2), ("g", 4, 5)]
    assert nest(reversed(spans), lines) == nest(spans, lines)


def test_importing_the_room_loads_no_parser() -> None:
    """Nothing is paid before the first parse, and then for one language only."""
    program = (
        "import sys, whence.syntax as syntax\n"
        "syntax.language_of('a.py'); syntax.regions('a.txt', ['x'])\n"
        "assert not [name for name in sys.modules if name.startswith('tree_sitter')]\n"
        "syntax.regions('a.py', ['def f(): pass'])\n"
        "print(sorted(name for name in sys.modules if name.startswith('tree_sitter_') and name.count('.') == 0))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['tree_sitter_python']"
