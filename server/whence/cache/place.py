"""Which file in the user's cache folder is whose."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from whence.blake import blake2b
from whence.folders import cache_folder


def file(environment: Mapping[str, str], subject: Path) -> Path | None:
    """The cache file of one repository (its common folder) or of one folder without git."""
    base = cache_folder(environment)
    if base is None:
        return None
    name = blake2b(os.fsencode(subject), digest_size=16).hexdigest()
    return base / f"{name}.sqlite"
