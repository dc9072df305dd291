"""Where the cache lives: the user's cache folder, by the platform's convention. Nobody else may read or write there."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

NAME = "whence"


def folder(environment: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """The folder of all caches; None where the environment names no absolute place for it.

    Linux and others: `$XDG_CACHE_HOME` or `~/.cache` (XDG Base Directory Specification); macOS: `~/Library/Caches`;
    Windows: `%LOCALAPPDATA%`.
    """
    home = environment.get("USERPROFILE" if platform == "win32" else "HOME", "")
    if platform == "win32":
        places = [environment.get("LOCALAPPDATA", ""), home and str(Path(home) / "AppData" / "Local")]
    elif platform == "darwin":
        places = [environment.get("XDG_CACHE_HOME", ""), home and str(Path(home) / "Library" / "Caches")]
    else:
        places = [environment.get("XDG_CACHE_HOME", ""), home and str(Path(home) / ".cache")]
    return next((Path(place) / NAME for place in places if place and Path(place).is_absolute()), None)


def file(environment: Mapping[str, str], subject: Path) -> Path | None:
    """The cache file of one repository (its common folder) or of one folder without git."""
    base = folder(environment)
    if base is None:
        return None
    name = hashlib.blake2b(os.fsencode(subject), digest_size=16).hexdigest()
    return base / f"{name}.sqlite"


def private(place: Path) -> bool:
    """Make a folder that only its owner may enter; whether it is one now.

    Whoever can write into a cache can hide findings, so a folder of somebody else's is not used.
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
