"""Values go to plain JSON and come back the same, and nothing else comes back."""

from __future__ import annotations

import json
import pickle
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.cache.codec import Codec, NotPlain, Unreadable
from whence.evidence.agent_trace import PreparedTraces
from whence.evidence.history import PreparedHistory
from whence.evidence.notes import PreparedNotes
from whence.evidence.sessions.prepared import PreparedSessions
from whence.model import Agent, Contributor, Evidence, EvidenceClass, FileResult, NotMeasured
from whence.policy import Policy, Surroundings

TIME = datetime(2026, 6, 20, 14, 2, 11, 123456, UTC)


@dataclass(frozen=True, slots=True)
class Odd:
    """A shape of its own."""

    name: str
    inner: Odd | None
    pairs: Mapping[str, tuple[int, ...]]
    fixed: tuple[str, int | None, date]
    flags: frozenset[EvidenceClass]
    data: bytearray
    numbers: array[int]
    place: Path


def check(kind: Any, value: Any) -> None:
    data = Codec[Any](kind).dumps(value)
    json.loads(data)
    back = Codec[Any](kind).loads(data)
    assert back == value
    assert pickle.loads(pickle.dumps(back)) == value


def test_a_value_of_any_plain_shape_comes_back() -> None:
    """Nested records, sets, arrays, dates, paths, missing values."""
    inner = Odd(
        "\udcff", None, {}, ("", None, date(2026, 1, 1)), frozenset(), bytearray(), array("Q"), Path()
    )
    outer = Odd(
        "a",
        inner,
        {"x": (1, 2), "y": ()},
        ("b", 3, date(2026, 12, 31)),
        frozenset({EvidenceClass.RECORDED, EvidenceClass.SESSION}),
        bytearray(b"\x00\xff"),
        array("Q", [0, 2**64 - 1]),
        Path("/tmp/x"),
    )
    check(Odd, outer)


texts = st.text(st.characters(), max_size=8)
agents = st.builds(Agent, st.none() | texts, st.none() | texts, st.none() | texts)
lines = st.lists(st.tuples(st.integers(1, 9), st.integers(10, 99)), max_size=3).map(tuple)
pieces = st.builds(
    Evidence,
    lines,
    agents,
    st.sampled_from(EvidenceClass),
    texts,
    texts,
    st.floats(0, 1),
    st.none() | st.just(TIME),
    contributor=st.sampled_from(Contributor),
    detail=texts,
)


@given(st.lists(pieces, max_size=6).map(tuple))
def test_evidence_that_differs_in_its_lines_only_is_written_once(found: tuple[Evidence, ...]) -> None:
    """Shared or not, every piece comes back as it was."""
    codec = Codec[tuple[Evidence, ...]](tuple[Evidence, ...], ((Evidence, "lines"),))
    assert codec.loads(codec.dumps(found)) == found
    shared, _ = json.loads(codec.dumps(found))
    assert len(shared) == len({replace(piece, lines=()) for piece in found})


@pytest.mark.parametrize(
    "kind",
    [PreparedHistory, PreparedNotes, PreparedTraces, PreparedSessions, FileResult, Policy, Surroundings],
)
def test_every_value_that_is_kept_has_a_plain_form(kind: type) -> None:
    """A field of a type that cannot be written would silently end the keeping of its source."""
    Codec[Any](kind)
    if kind in (PreparedHistory, PreparedNotes, PreparedTraces, Surroundings):
        check(kind, kind())


DAMAGED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("cut", lambda data: data[:-3]),
    ("empty", lambda data: b""),
    ("not JSON", lambda data: b"\x80" + data),
    ("a field less", lambda data: data.replace(b'"file",', b"")),
    ("another shape", lambda data: b"[[],{}]"),
    ("an unknown member", lambda data: data.replace(b'"session"', b'"gossip"')),
]


@pytest.mark.parametrize(("name", "damage"), DAMAGED, ids=[name for name, _ in DAMAGED])
def test_what_does_not_fit_is_refused(name: str, damage: Callable[[bytes], bytes]) -> None:
    """Never a value that nobody wrote, never another error."""
    codec = Codec[tuple[NotMeasured, ...]](tuple[NotMeasured, ...])
    data = codec.dumps((NotMeasured("file", "gone", evidence_class=EvidenceClass.SESSION),))
    with pytest.raises(Unreadable):
        codec.loads(damage(data))


@dataclass(frozen=True)
class Closure:
    """Holds what no file can hold."""

    name: str
    work: Callable[[], None]


def test_what_has_no_plain_form_says_so_each_time() -> None:
    """Also the second time, when the type is known already."""
    for _ in range(2):
        with pytest.raises(NotPlain):
            Codec[Closure](Closure).dumps(Closure("a", lambda: None))
    with pytest.raises(NotPlain):
        Codec[Any](Agent | Evidence)
