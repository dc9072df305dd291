"""Places of keys and values in TOML."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.policy.positions import Path, locate


def paths(value: Any, path: Path = ()) -> list[Path]:
    """Every path of a parsed document."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [found for key, child in children for found in ((*path, key), *paths(child, (*path, key)))]


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("a = 1\nb = 2\n", ("b",), False, (2, 1)),
        ("a = 1\nb  =  2\n", ("b",), True, (2, 7)),
        ('[x]\n"a b".c = [1,\n  2]', ("x", "a b", "c", 1), True, (3, 3)),
        ("[[s]]\nn = 1\n[[s]]\nn = 2", ("s", 1, "n"), False, (4, 1)),
        ("[[s]]\nn = 1\n[[s]]\nn = 2", ("s", 1), False, (3, 1)),
        ("[[s]]\n  [[s.r]]\n  x = 1\n  [[s.r]]\n  x = 2\n[[s]]\n[[s.r]]\nx = 3", ("s", 0, "r", 1, "x"), False, (5, 3)),
        ("[[s]]\n[[s.r]]\n[[s]]\n[[s.r]]\nx = 3", ("s", 1, "r", 0, "x"), False, (5, 1)),
        ("[[s]]\n[s.t]\nx = 3", ("s", 0, "t", "x"), True, (3, 5)),
        ("a = {b = 1, c = {d = [ {e = 5} ]}}", ("a", "c", "d", 0, "e"), True, (1, 29)),
        ('a = """x\n]y""" # b = 1\nb = 2', ("b",), False, (3, 1)),
        ("a = '''x''''\nb = 2", ("b",), False, (2, 1)),
        ('a = "\\"]" # [\nb = [ # x ]\n 1, # y\n 2 ]', ("b", 1), True, (4, 2)),
        ("a = 1\r\nb = 2\r\n", ("b",), True, (2, 5)),
        ("'é' = 1\nb = 'ü'\n", ("b",), True, (2, 5)),
        ("d = 2026-01-01 10:00:00\ne = 1", ("e",), False, (2, 1)),
    ],
)  # fmt: skip
def test_a_key_and_a_value_are_found_where_they_stand(
    text: str, path: Path, value: bool, expected: Any
) -> None:
    """Line and column count from one, in characters."""
    tomllib.loads(text)
    assert locate(text).of(path, value=value) == expected


def test_a_path_that_is_not_there_is_placed_at_what_holds_it() -> None:
    """A missing key is reported at its table."""
    assert locate("[a]\nx = 1\n").of(("a", "missing", 3)) == (1, 1)
    assert locate("").of(("a",)) is None


keys = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=6)
scalars = st.one_of(
    st.integers(-9, 9),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8),
)
documents = st.recursive(
    scalars,
    lambda child: st.lists(child, max_size=3) | st.dictionaries(keys, child, max_size=3),
    max_leaves=12,
)


def quoted(text: str) -> str:
    return '"' + "".join({'"': '\\"', "\\": "\\\\"}.get(c, c) for c in text) + '"'


def inline(value: Any, space: str) -> str:
    """A value as TOML, with white space and comments wherever arrays allow them."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{quoted(key)}{space}= {inline(item, space)}" for key, item in value.items())
            + "}"
        )
    if isinstance(value, list):
        gap = f" # [ ] {{ }} ,\n{space}" if len(space) > 1 else space
        return "[" + gap + f",{gap}".join(inline(item, space) for item in value) + gap + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else str(value)


@given(st.dictionaries(keys, documents, max_size=4), st.sampled_from(["", " ", "  "]))
def test_every_value_of_any_document_has_its_own_place(document: dict[str, Any], space: str) -> None:
    """Reading on from each place gives the value that tomllib found there."""
    text = "".join(f"{space}{quoted(key)}={space}{inline(value, space)}\n" for key, value in document.items())
    assert tomllib.loads(text) == document
    found, lines = locate(text), text.split("\n")
    for path in paths(document):
        line, column = found.values[path]
        rest = lines[line - 1][column - 1 :]
        value = document
        for step in path:
            value = value[step]
        start = "{" if isinstance(value, dict) else "[" if isinstance(value, list) else inline(value, space)
        assert rest.startswith(start)
        if isinstance(path[-1], str):
            key_line, key_column = found.keys[path]
            assert lines[key_line - 1][key_column - 1 :].startswith(quoted(path[-1]))
