"""Where the user's caches and data lie, and that nobody else gets at them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from whence.folders import cache_folder, data_folder, owned, private

PLACES = [
    ("linux", {"HOME": "/home/a"}, "/home/a/.cache/whence", "/home/a/.local/share/whence"),
    (
        "linux",
        {"HOME": "/home/a", "XDG_CACHE_HOME": "/var/c", "XDG_DATA_HOME": "/var/d"},
        "/var/c/whence",
        "/var/d/whence",
    ),
    (
        "linux",
        {"HOME": "/home/a", "XDG_CACHE_HOME": "relative", "XDG_DATA_HOME": "relative"},
        "/home/a/.cache/whence",
        "/home/a/.local/share/whence",
    ),
    (
        "darwin",
        {"HOME": "/Users/a"},
        "/Users/a/Library/Caches/whence",
        "/Users/a/Library/Application Support/whence",
    ),
    ("win32", {"LOCALAPPDATA": "/c/Local", "USERPROFILE": "/c/a"}, "/c/Local/whence", "/c/Local/whence"),
    ("win32", {"USERPROFILE": "/c/a"}, "/c/a/AppData/Local/whence", "/c/a/AppData/Local/whence"),
    ("linux", {}, None, None),
]


@pytest.mark.parametrize(("platform", "environment", "cache", "data"), PLACES)
def test_they_lie_where_the_platform_keeps_them(
    platform: str, environment: dict[str, str], cache: str | None, data: str | None
) -> None:
    """XDG's rule on Linux, Apple's and Microsoft's folders elsewhere; relative names do not count."""
    assert cache_folder(environment, platform) == (None if cache is None else Path(cache))
    assert data_folder(environment, platform) == (None if data is None else Path(data))


def test_a_private_folder_is_its_owners_alone(tmp_path: Path) -> None:
    """Made so, and mended where it was open; a file in the place of the folder is none."""
    place = tmp_path / "a" / "b"
    assert private(place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    place.chmod(0o755)
    assert private(place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    (tmp_path / "file").touch()
    assert not private(tmp_path / "file")
    assert not private(tmp_path / "file" / "below")


def test_only_a_plain_file_that_nobody_else_writes_is_believed(tmp_path: Path) -> None:
    """No link, no folder, nothing that the group may change."""
    file = tmp_path / "file"
    assert owned(file)
    file.touch()
    file.chmod(0o600)
    assert owned(file)
    (tmp_path / "link").symlink_to(file)
    assert not owned(tmp_path / "link")
    assert not owned(tmp_path)
    file.chmod(0o620)
    assert not owned(file)
    assert os.access(file, os.R_OK)
