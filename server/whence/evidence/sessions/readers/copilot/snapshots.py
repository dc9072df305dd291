"""What files held before a prompt, as Copilot's command line keeps it so that a person can go back.

<session>/rewind-file-snapshots/index.json       for each prompt's event: files, each with its `preimage`
<session>/rewind-file-snapshots/backups/<hash>   the content
"""

from __future__ import annotations

from pathlib import Path

from whence.evidence.sessions.interface import Faults
from whence.evidence.sessions.paths import absolute
from whence.evidence.sessions.stores.files import document, small_text
from whence.evidence.sessions.stores.values import items, lines, mapping, string

MAX_INDEX = 8 * 1024 * 1024
"""Bytes of the list of snapshots."""


def before(session: Path, prompt: str, path: str) -> tuple[str, ...] | None:
    """The lines of a file before a prompt, none where it was not there; None where nothing is known of it."""
    folder = session / "rewind-file-snapshots"
    if not prompt or not (folder / "index.json").is_file():
        return None
    index = document(folder / "index.json", Faults(""), lambda _: None, MAX_INDEX)
    for snapshot in items(index, "snapshots"):
        if string(snapshot, "eventId") != prompt:
            continue
        for file in mapping(snapshot, "files").values():
            if absolute(string(file, "path"), "") != path:
                continue
            image = mapping(file, "preimage")
            name = string(image, "backupFile")
            if string(image, "kind") == "absent":
                return ()
            if string(image, "kind") == "content" and name.isalnum():
                text = small_text(folder / "backups" / name)
                return lines(text) if text else None
    return None
