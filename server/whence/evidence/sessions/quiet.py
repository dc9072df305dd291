"""Where no tool left anything there is nothing to read: this says so without loading any of what reads and compares."""

from __future__ import annotations

import os

from whence.evidence.interface import Context
from whence.evidence.sessions.interface import Places
from whence.evidence.sessions.readers import any_here
from whence.folders import index_file


def nothing_here(context: Context) -> bool:
    """Whether there can be no transcript that concerns a workspace, and no index of earlier ones."""
    file = index_file(context.environment)
    return (file is None or not os.path.lexists(file)) and not any_here(Places.of(context))
