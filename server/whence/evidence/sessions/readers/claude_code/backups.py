"""The copies that Claude Code keeps of files before it changes them, to rewind: what stood there before.

    <root>/file-history/<session>/<first 16 digits of the SHA-256 of the file's path>@v<number>

A copy is made before a session's first change of a file, and again at a person's next words where the file is another
by then. Transcripts name the copies too, but a subagent's only in its parent's file.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from whence.evidence.sessions.stores.files import small_text
from whence.evidence.sessions.stores.values import lines

_SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_DIGITS = 16


def before(transcript: str, session: str, path: str, time: datetime | None) -> tuple[str, ...] | None:
    """The lines of a file's latest copy from before a time; None where there is none.

    `transcript`: the path of the session's own file, or of a subagent's. `path`: absolute, as the tool recorded it.
    """
    root = next((folder.parent for folder in Path(transcript).parents if folder.name == "projects"), None)
    if root is None or time is None or not _SESSION.fullmatch(session):
        return None
    name = sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    best: tuple[int, str] | None = None
    try:
        with os.scandir(root / "file-history" / session) as entries:
            for entry in entries:
                start, _, number = entry.name.partition("@v")
                if start != name or not number.isdecimal() or not entry.is_file(follow_symlinks=False):
                    continue
                if entry.stat(follow_symlinks=False).st_mtime <= time.timestamp():
                    best = max(best or (0, ""), (int(number), entry.path))
    except (OSError, ValueError):
        return None
    text = small_text(Path(best[1])) if best else ""
    return lines(text) if text else None
