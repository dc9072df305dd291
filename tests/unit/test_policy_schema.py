"""The JSON Schema of the policy file and the loader say the same of every structure."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from test_policy_loading import FULL
from test_policy_properties import documents

from whence.errors import Problem, UserError
from whence.policy import structure
from whence.policy.loading import load
from whence.tools import Registry

CHECKER = FormatChecker(["date"])


def accepts(document: Any) -> bool:
    """What an editor with the schema would say."""
    return Draft202012Validator(structure.schema(), format_checker=CHECKER).is_valid(document)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document."""
    yield path
    for key, child in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(child, (*path, key))


def nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every schema in the schema."""
    if isinstance(node, dict):
        yield node
        for key, child in node.items():
            for inner in child.values() if key in ("properties", "$defs") else [child]:
                yield from nodes(inner)


START = structure.plain(tomllib.loads(FULL))
KEYS = sorted(
    {key for node in nodes(structure.schema()) for key in node.get("properties", {})} | {"sope", "x y", ""}
)
values = st.one_of(
    st.sampled_from(["", " ", "any", "forbid", "warn", "error", "recorded", "cli", "tainted", "a:b", "A"]),
    st.sampled_from(["2026-05-01", "2026-5-1", "2026-02-30", "20260501", "2026-05-01T00:00:00"]),
    st.sampled_from([0, 1, 2, -1, 1.0, 1.5, True, False, [], {}, ["a", "a"], ["a", 1], [[]], [{}]]),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["a", 1, ["a"], {}]), max_size=2),
)
changes = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.sampled_from(["put", "drop", "add", "append"]),
        st.sampled_from(KEYS),
        values,
    ),
    min_size=1,
    max_size=3,
)


def changed(document: Any, wanted: list[tuple[int, str, str, Any]]) -> Any:
    """The document with some values put in, dropped or added."""
    document = copy.deepcopy(document)
    for number, how, key, value in wanted:
        found = [path for path in places(document) if path]
        if not found:
            break
        *way, last = found[number % len(found)]
        parent = document
        for step in way:
            parent = parent[step]
        if how == "put":
            parent[last] = copy.deepcopy(value)
        elif how == "drop":
            del parent[last]
        elif isinstance(parent[last], dict):
            parent[last][key] = copy.deepcopy(value)
        elif isinstance(parent[last], list):
            parent[last].append(copy.deepcopy(value))
    return document


def test_a_policy_that_uses_everything_is_accepted_by_both() -> None:
    """The starting point of the test below is legal, and names every table."""
    assert accepts(START)
    assert structure.faults(START) == ()
    assert set(structure.schema()["properties"]) - set(START) == {"extends"}


@settings(max_examples=250, deadline=None)
@given(changes)
def test_the_schema_accepts_exactly_what_the_loader_accepts(wanted: list[tuple[int, str, str, Any]]) -> None:
    """Whatever is done to a legal policy, both agree whether its structure is still legal."""
    document = changed(START, wanted)
    assert accepts(document) == (structure.faults(document) == ())


def written(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


def toml(document: dict[str, Any]) -> str:
    """A document as a policy file: one line for each key at the top."""
    return "".join(f"{json.dumps(key)} = {written(value)}\n" for key, value in document.items())


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.just(START), documents), st.one_of(st.just([]), changes))
def test_the_loader_refuses_a_file_for_its_structure_exactly_where_the_schema_does(
    start: dict[str, Any], wanted: list[tuple[int, str, str, Any]]
) -> None:
    """From text to problems: generated and changed policies, each problem with a place that is in the file."""
    document = changed(start, wanted)
    text = toml(document)
    assert structure.plain(tomllib.loads(text)) == document
    told = problems_of(text)
    faults = structure.faults(document)
    assert accepts(document) == (not faults)
    assert {fault.message for fault in faults} <= {item.message for item in told}
    if not wanted:
        assert told == ()
    lines = text.split("\n")
    for item in told:
        assert item.line is not None, item
        assert item.column is not None, item
        assert 1 <= item.line <= len(lines), item
        assert 1 <= item.column <= len(lines[item.line - 1]) + 1, item
        # A fault below one key at the top stands in that key's line.
        assert item.path == "whence.toml"
    for fault in faults:
        if fault.path:
            (place, *_) = [item.line for item in told if item.message == fault.message]
            if sum(one.message == fault.message for one in faults) == 1:
                assert lines[(place or 1) - 1].startswith(json.dumps(fault.path[0])), fault


def problems_of(text: str) -> tuple[Problem, ...]:
    """What the loader says of a file; nothing when it loads."""
    try:
        load(text, "whence.toml", Registry.builtin(), read=lambda name: "version = 1\n")
    except UserError as error:
        return error.problems
    return ()


@settings(max_examples=100, deadline=None)
@given(changes)
def test_what_is_left_after_taking_out_the_faults_can_be_read(
    wanted: list[tuple[int, str, str, Any]],
) -> None:
    """Reading on after structural faults never raises, so that all mistakes are told at once."""
    from whence.policy.building import Builder
    from whence.policy.positions import Positions
    from whence.policy.tables import File
    from whence.tools import Registry

    document = changed(START, wanted)
    left = structure.without(document, structure.faults(document))
    Builder(Registry.builtin(), [File("whence.toml", left, Positions({}, {}))])


def test_the_schema_uses_only_what_the_loader_checks() -> None:
    """Every keyword is understood, every key and table is described, every pattern has its words."""
    Draft202012Validator.check_schema(structure.schema())
    for node in nodes(structure.schema()):
        assert set(node) <= structure.KEYWORDS
        for key, child in node.get("properties", {}).items():
            assert structure.resolve(child).get("description"), key
        if "properties" in node:
            assert node["additionalProperties"] is False


def test_a_toml_date_is_a_string_to_the_schema() -> None:
    """Editors see dates as strings of format date; so does the schema."""
    document = structure.plain(tomllib.loads("a = 2026-05-01\nb = 10:00:00\nc = [2026-05-01T10:00:00Z]"))
    assert json.loads(json.dumps(document)) == {
        "a": "2026-05-01",
        "b": "10:00:00",
        "c": ["2026-05-01T10:00:00+00:00"],
    }
