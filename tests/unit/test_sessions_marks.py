"""What lines of a session are known by while it grows."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from whence.evidence.sessions.edits.marks import marks
from whence.text import normal

LINES = st.lists(st.text(st.characters() | st.sampled_from(" \t\r\x1c\x85\xa0　a"), max_size=12), max_size=8)


@given(LINES)
def test_two_lines_have_one_mark_when_they_differ_in_white_space_only(lines: list[str]) -> None:
    """Whatever else a text holds: the fast way through a whole text says the same of each line as a look at it alone."""
    found = marks(lines)
    assert len(found) == len(lines)
    for line, mark in zip(lines, found, strict=True):
        assert marks([line]) == [mark]
        assert marks([f" \t{line}　"]) == [mark]
        assert marks([normal(line)]) == [mark]
    for one, first in zip(lines, found, strict=True):
        for other, second in zip(lines, found, strict=True):
            assert (first == second) == (normal(one) == normal(other))


def test_another_process_has_the_same_marks() -> None:
    """They are kept."""
    code = "from whence.evidence.sessions.edits.marks import marks; print(marks(['return scale_of(value)']))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(marks(["return scale_of(value)"]))
