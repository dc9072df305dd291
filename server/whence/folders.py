"""The user's own folders, by the platform's convention, and files in them that nobody else may read or write."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

NAME = "whence"


def cache_folder(environment: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """The folder of what can be had again; None where the environment names no absolute place for it.

    Linux and others: `$XDG_CACHE_HOME` or `~/.cache` (XDG Base Directory Specification); macOS: `~/Library/Caches`;
    Windows: `%LOCALAPPDATA%`.
    """
    return _folder(environment, platform, "XDG_CACHE_HOME", ".cache", "Caches")


def data_folder(environment: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """The folder of what cannot be had again; None where the environment names no absolute place for it.

    Linux and others: `$XDG_DATA_HOME` or `~/.local/share`; macOS: `~/Library/Application Support`; Windows:
    `%LOCALAPPDATA%`.
    """
    return _folder(environment, platform, "XDG_DATA_HOME", ".local/share", "Application Support")


def index_file(environment: Mapping[str, str]) -> Path | None:
    """The index of what tools wrote; None where the environment names no place for it."""
    folder = data_folder(environment)
    return None if folder is None else folder / "index.sqlite"


def _folder(
    environment: Mapping[str, str], platform: str, variable: str, plain: str, library: str
) -> Path | None:
    home = environment.get("USERPROFILE" if platform == "win32" else "HOME", "")
    if platform == "win32":
        places = [environment.get("LOCALAPPDATA", ""), home and str(Path(home) / "AppData" / "Local")]
    else:
        own = Path("Library") / library if platform == "darwin" else Path(plain)
        places = [environment.get(variable, ""), home and str(Path(home) / own)]
    return next((Path(place) / NAME for place in places if place and Path(place).is_absolute()), None)


def private(place: Path) -> bool:
    """Make a folder that only its owner may enter; whether it is one now.

    Whoever can write into what is kept there can hide findings, so a folder of somebody else's is not used.
    """
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = place.stat()
        if not hasattr(os, "geteuid"):
            return True
        if status.st_uid != os.geteuid():
            return False
        if stat.S_IMODE(status.st_mode) & 0o077:
            place.chmod(0o700)
    except OSError:
        return False
    return True


def owned(place: Path) -> bool:
    """Whether a file is absent, or a plain file of this user's that nobody else may write."""
    try:
        status = place.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    if not stat.S_ISREG(status.st_mode):
        return False
    return not hasattr(os, "geteuid") or (
        status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o022
    )
