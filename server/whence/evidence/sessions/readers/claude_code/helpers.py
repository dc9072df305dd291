"""What Claude Code's subagents were shown: their words come back to the session that asked them, files of a person's in them.

<root>/projects/<folder>/<session>/subagents/agent-<agent>.jsonl      older ones beside the session's file
"""

from __future__ import annotations

import re
from pathlib import Path

MAX_DEPTH = 3
"""Subagents of subagents."""

MAX_FILE = 64 * 1024 * 1024
"""Bytes of a subagent's file."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NAMED = re.compile(r"\bagentId: ([A-Za-z0-9][A-Za-z0-9_-]{0,63})")


def named(said: str) -> str:
    """The subagent that a result names at its end; empty: none."""
    found = _NAMED.findall(said[-2000:])
    return found[-1] if found else ""


def file(transcript: str, session: str, agent: str) -> Path | None:
    """A subagent's file, beside the one of the session (or subagent) that asked it; None where it is not there."""
    if not transcript or not _ID.fullmatch(agent):
        return None
    near, name = Path(transcript), f"agent-{agent}.jsonl"
    folders = [near.parent, near.with_suffix("") / "subagents"]
    if _ID.fullmatch(session):
        folders.append(near.parent / session / "subagents")
    for folder in folders:
        path = folder / name
        try:
            status = path.lstat()
            if path.is_file() and not path.is_symlink() and status.st_size <= MAX_FILE:
                return path
        except OSError:
            continue
    return None
