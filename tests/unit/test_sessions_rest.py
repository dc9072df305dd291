"""What a line reader remembers is kept at rest only, and then it is no text."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from whence.evidence.sessions.rest import LONGEST, at_rest, woken


@dataclass
class State:
    session: str = ""
    model: str | None = None
    line: int = 0
    share: float = 0.0
    sure: bool = False
    time: datetime | None = None
    done: set[str] = field(default_factory=set)
    calls: dict[str, str] = field(default_factory=dict)
    queue: deque[str] = field(default_factory=deque)
    text: bytes = b""


RESTING = [
    State(),
    State("s", "m", 7, 0.5, True, datetime(2026, 6, 1, 10, 0, 0, 5, tzinfo=UTC), {"a", "ü\ud800"}),
    State(done={str(number) for number in range(1000)}),
]


@pytest.mark.parametrize("state", RESTING)
def test_a_state_at_rest_comes_back_as_it_was(state: State) -> None:
    """Names, numbers, times and sets of names."""
    kept = at_rest(state)
    assert kept is not None
    assert woken(State(), kept) == state


BUSY: list[Callable[[], State]] = [
    lambda: State(calls={"id": "text"}),
    lambda: State(queue=deque(["text"])),
    lambda: State(text=b"text"),
    lambda: State(session="two\nlines"),
    lambda: State(session="x" * (LONGEST + 1)),
    lambda: State(done={"two\nlines"}),
]


@pytest.mark.parametrize("make", BUSY)
def test_what_waits_or_may_be_text_is_not_kept(make: Callable[[], State]) -> None:
    """Then the next reading begins further in front."""
    assert at_rest(make()) is None


FOREIGN = [
    b"", b"[]", b"{", b"null", b'{"line": [1]}', b'{"done": "a"}', b'{"done": {"set": [[]]}}', b'{"session": {"set": ["a"]}}',
    b'{"done": {"set": ["a"], "time": 1}}', b'{"time": {"time": "noon"}}', b'{"other": 1}', b'{"line": {"a": 1}}',
    b'{"calls": 3}', b"\xff",
]  # fmt: skip


@pytest.mark.parametrize("kept", FOREIGN)
def test_what_does_not_fit_is_not_used(kept: bytes) -> None:
    """Another version's state, or a damaged one: the transcript is read from its beginning."""
    assert woken(State(), kept) is None
