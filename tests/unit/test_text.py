"""Decoding and lines agree with git, and nothing that a file holds can break them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence import text


@given(st.binary(max_size=200))
def test_decoding_never_fails_and_loses_no_line(data: bytes) -> None:
    """Any bytes decode, and the count of lines is git's: line feeds, plus one for an unfinished last line."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return
    lines = text.split(text.decode(data))
    assert len(lines) == data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_only_a_line_feed_ends_a_line(separator: str) -> None:
    """What Python calls a line break is text to git."""
    assert len(text.split(f"a{separator}b\nc\n")) == 2


def test_line_endings_and_white_space_do_not_change_identity() -> None:
    """CRLF, tabs and re-indenting keep a line's digest; other text changes it."""
    assert text.split("a = 1\r\n") == ("a = 1",)
    assert text.digest("\tif x :") == text.digest("    if x:")
    assert text.digest("if x:") != text.digest("if y:")
    assert text.digest("\udcff") != text.digest("")


def test_escape_sequences_from_files_are_shown_not_sent() -> None:
    """A file name cannot move the cursor, colour the terminal or reverse the reading order."""
    assert text.display("a\x1b[2Jb\u202ec\n") == "a\\x1b[2Jb\\u202ec\\n"
    assert len(text.display("x" * 900)) == 200


def test_binary_is_what_git_calls_so_but_not_utf16() -> None:
    """A NUL byte makes a file binary unless a byte-order mark explains it."""
    assert text.is_binary(b"GIF89a\0")
    assert not text.is_binary("hé\n".encode("utf-16"))
    assert text.decode("hé\n".encode("utf-16")) == "hé\n"
    assert text.decode(b"\xef\xbb\xbfx") == "x"
