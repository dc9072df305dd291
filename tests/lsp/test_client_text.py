"""The server's text and places against a plain string, in every encoding and with every kind of line end."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.live.client_text import ClientText, Place, characters, units
from whence.text import split

ENCODINGS = ("utf-8", "utf-16", "utf-32")

PIECES = [
    "a",
    "b ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\x0c",
    "\x0b",
    "\x85",
    "\u2028",
    "é",
    "€",
    "😀",
    "e\u0301",
    "👩\u200d🚀",
    "",
]

texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def editor_lines(text: str) -> list[str]:
    """The lines as the protocol cuts them, endings kept; always one more than there are ends."""
    return re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)


def editor_place(text: str, offset: int, encoding: str) -> Place:
    """Where an editor would say that an offset is, worked out the slow way."""
    line = start = 0
    for number, content in enumerate(editor_lines(text)):
        if start + len(content) > offset or number == len(editor_lines(text)) - 1:
            line = number
            break
        start += len(content)
    width = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    return line, len(text[start:offset].encode(width[0])) // width[1]


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, list[tuple[float, float, str]]]:
    steps = st.tuples(st.floats(0, 1), st.floats(0, 1), texts)
    return draw(texts), draw(st.lists(steps, max_size=6))


def editable(text: str, at: float) -> int:
    """An offset where an editor can put its cursor: not inside CRLF."""
    offset = round(at * len(text))
    return offset - 1 if text[offset - 1 : offset + 1] == "\r\n" else offset


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=80, deadline=None)
@given(script=edits())
def test_edits_leave_the_text_that_the_editor_has(
    encoding: str, script: tuple[str, list[tuple[float, float, str]]]
) -> None:
    """After any script of incremental edits the server holds the editor's text, to the character."""
    oracle, steps = script
    text = ClientText(oracle, encoding)
    for first, second, inserted in steps:
        start, end = sorted((editable(oracle, first), editable(oracle, second)))
        places = editor_place(oracle, start, encoding), editor_place(oracle, end, encoding)
        text = text.edited(*places, inserted)
        oracle = oracle[:start] + inserted + oracle[end:]
        assert text.text == oracle


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=80, deadline=None)
@given(content=texts)
def test_places_and_offsets_are_each_others_inverse(encoding: str, content: str) -> None:
    """Every offset outside a line end has one place, the editor's, and comes back from it."""
    text = ClientText(content, encoding)
    assert text.line_count == len(editor_lines(content))
    for offset in range(len(content) + 1):
        if content[offset - 1 : offset + 1] == "\r\n":
            continue
        place = text.place(offset)
        assert place == editor_place(content, offset, encoding)
        assert text.offset(place) == offset


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=80, deadline=None)
@given(content=texts)
def test_a_line_of_ours_is_where_the_editor_shows_it(encoding: str, content: str) -> None:
    """A Whence line's span starts and ends inside that very line, and leads back to it."""
    text = ClientText(content, encoding)
    starts = [0, *(match.end() for match in re.finditer("\n", content))]
    for number, line in enumerate(split(content), 1):
        (first, last), whole = text.span(number), text.extent(number, number)
        assert whole[0] <= first <= last <= whole[1]
        assert text.offset(whole[0]) == starts[number - 1]
        shown = content[text.offset(first) : text.offset(last)]
        assert shown == line.split("\r", 1)[0].strip()
        assert text.own_line(first[0]) == text.own_line(whole[1][0]) == number


def check(text: str, column: int, encoding: str, expected: int) -> None:
    assert characters(text, column, encoding) == expected


@pytest.mark.parametrize(
    ("text", "column", "encoding", "expected"),
    [
        ("a😀b", 3, "utf-16", 2),
        ("a😀b", 2, "utf-16", 1),  # inside the pair
        ("a😀b", 3, "utf-8", 1),  # inside the four bytes
        ("a😀b", 5, "utf-8", 2),
        ("a😀b", 2, "utf-32", 2),
        ("a😀b", 99, "utf-16", 3),
        ("", 4, "utf-8", 0),
        ("\udc80x", 1, "utf-16", 1),  # a lone surrogate is one character and no fault
        ("\udc80x", 3, "utf-8", 1),
    ],
)
def test_a_column_counts_what_the_client_counts(text: str, column: int, encoding: str, expected: int) -> None:
    """Columns past the end are the end, and columns inside a character are before it."""
    check(text, column, encoding, expected)


def test_units_of_a_long_line_are_counted_at_once() -> None:
    """A line of 200,000 characters needs no loop over its characters."""
    line = "😀" * 100_000 + "x" * 100_000
    assert [units(line, encoding) for encoding in ENCODINGS] == [500_000, 300_000, 200_000]
    assert characters(line, 300_000, "utf-16") == 200_000


def test_places_outside_the_text_are_its_nearest_end() -> None:
    """A client may be ahead of us or wrong; nothing is raised and nothing is lost."""
    text = ClientText("one\n😀 two")
    assert text.offset((1, 99)) == len(text.text)
    assert text.offset((9, 0)) == len(text.text)
    assert text.edited((9, 9), (9, 9), "!").text == "one\n😀 two!"
    assert text.edited((1, 0), (0, 3), " ").text == "one 😀 two"
    assert text.span(99) == ((1, 6), (1, 6))
    assert text.own_line(99) == 2
