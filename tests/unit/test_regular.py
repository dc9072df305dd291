"""Files that anybody may have put there: only a file is opened, and everything else has a name."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from whence import regular

WAYS: dict[str, tuple[Callable[[Path], object], type[OSError]]] = {
    "nothing": (lambda place: None, FileNotFoundError),
    "a folder": (lambda place: place.mkdir(), regular.NotAFileError),
    "a dead link": (lambda place: place.symlink_to("nowhere"), FileNotFoundError),
    "the null device": (lambda place: place.symlink_to(os.devnull), regular.NotAFileError),
    "five bytes": (lambda place: place.write_bytes(b"12345"), regular.TooLargeError),
}
if hasattr(os, "mkfifo"):
    WAYS["a pipe"] = (lambda place: os.mkfifo(place), regular.NotAFileError)
    WAYS["a link to a pipe"] = (
        lambda place: (os.mkfifo(place.with_name("p")), place.symlink_to("p")),
        regular.NotAFileError,
    )


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_file_to_read_is_told_apart_at_once(tmp_path: Path, way: str) -> None:
    """Nobody waits for a pipe's other end, and nothing is read beyond the limit."""
    place = tmp_path / "it"
    make, error = WAYS[way]
    make(place)
    with pytest.raises(OSError, match=r".") as caught:
        regular.read(place, 4)
    assert type(caught.value) is error
    assert regular.content(place, 4) is None


def test_a_socket_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening it would fail with words that nobody understands."""
    monkeypatch.chdir(tmp_path)  # a socket's address may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("it")
        with pytest.raises(regular.NotAFileError, match="it is not a file"):
            regular.opened("it")


def test_a_link_is_followed_unless_somebody_says_no(tmp_path: Path) -> None:
    """Only the place itself counts; folders on the way may be links."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/real").write_bytes(b"1234")
    (tmp_path / "folder/link").symlink_to("real")
    (tmp_path / "way").symlink_to("folder")
    assert regular.read(tmp_path / "folder/link", 4) == b"1234"
    assert regular.read(tmp_path / "way/real", 4, links=False) == b"1234"
    with pytest.raises(regular.LinkError, match="it is a symbolic link"):
        regular.read(tmp_path / "folder/link", 4, links=False)
    assert regular.content(tmp_path / "folder/link", 4, links=False) is None


def test_a_file_that_becomes_something_else_meanwhile_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was opened is looked at, not only what stood there before."""
    (tmp_path / "file").write_bytes(b"1234")
    (tmp_path / "folder").mkdir()
    begin = os.open
    monkeypatch.setattr(os, "open", lambda place, flags: begin(tmp_path / "folder", flags))
    with pytest.raises(regular.NotAFileError):
        regular.opened(tmp_path / "file")


def test_a_name_that_no_file_can_have_is_none() -> None:
    """Such names stand in files that anybody can write."""
    assert regular.content("a\0b") is None
