"""The text that is edited in place is at every step the text that the editor has, and tells which lines changed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from whence.live.buffer import Buffer
from whence.live.client_text import Change, ClientText
from whence.text import split

PIECES = (
    "",
    "a",
    "bc ",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "é",
    "😀",
    "\x0c",
    "\x85",
    "\u2028",
    "\t x",
    "e\u0301",
    "x\ny\n",
    "\0",
)
texts = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
places = st.tuples(st.integers(0, 8), st.integers(0, 6))
changes = st.one_of(
    st.tuples(texts), st.tuples(places, places, texts), st.tuples(places, places, st.sampled_from(PIECES))
)
encodings = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@settings(max_examples=200)
@given(texts, encodings, st.lists(st.lists(changes, min_size=1, max_size=3), max_size=5))
def test_edits_in_place_agree_with_the_text_as_a_value(
    text: str, encoding: str, edits: list[list[Change]]
) -> None:
    """Whatever the line ends, the encoding and the places, inside or outside of the text."""
    buffer, value = Buffer(text, encoding), ClientText(text, encoding)
    for group in edits:
        before = buffer.lines
        splice = buffer.edit(group)
        value = value.after(group)
        assert buffer.text == value.text
        assert buffer.size == len(value.text)
        assert buffer.lines == split(value.text)
        if splice is None:
            assert before == buffer.lines
        else:
            new = buffer.lines[splice.first - 1 : splice.new_end]
            at = splice.first - 1
            assert (*before[:at], *new, *before[at + splice.removed :]) == buffer.lines
        for line in range(1, len(buffer.lines) + 1):
            assert buffer.span(line) == value.span(line)
            assert buffer.extent(1, line) == value.extent(1, line)
        for line in range(10):
            assert buffer.own_line(line) == value.own_line(line)


def test_what_did_not_change_is_left_out() -> None:
    """A line feed at the end of a line puts a line in, and changes none."""
    buffer = Buffer("a\nb\nc\n", "utf-16")
    assert buffer.edit([((1, 1), (1, 1), "\n")]) == (3, 0, 1)
    assert buffer.edit([((2, 0), (3, 0), "")]) == (3, 1, 0)
    assert buffer.edit([((0, 0), (0, 0), "")]) is None
    assert buffer.edit([((0, 0), (0, 0), "x"), ((0, 0), (0, 1), "")]) == (1, 1, 1)
