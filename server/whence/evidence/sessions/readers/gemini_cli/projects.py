"""Which folder is behind a project's name in Gemini CLI's own folder: a short name, or the SHA-256 of the path."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from whence.evidence.sessions.interface import Faults
from whence.evidence.sessions.stores.files import json_value, real, small_text
from whence.evidence.sessions.stores.values import mapping

DIGEST = re.compile(r"[0-9a-f]{64}")


class Folders:
    """What the tool's own files say about the folders behind its projects' names."""

    def __init__(self, roots: Sequence[Path], workspace: Path | None) -> None:
        self._tmp = [tmp for root in roots if (tmp := real(root / "tmp"))]
        self._known: dict[str, str] = {}
        listed: list[str] = []
        for root in roots:
            text = small_text(root / "projects.json")
            projects = mapping(json_value(text, Faults("")) if text else None, "projects")
            listed += [path for path in projects if isinstance(path, str)]
            self._known |= {name: path for path, name in projects.items() if isinstance(name, str)}
        if workspace is not None:
            listed += [str(workspace), *map(str, workspace.parents)]
        for path in listed:
            self._known.update(dict.fromkeys(digests(path), path))

    def of(self, chat: Path) -> str:
        """The project's folder, or its digest where nothing is known of it."""
        for tmp in self._tmp:
            if chat.is_relative_to(tmp):
                name = chat.relative_to(tmp).parts[0]
                if name not in self._known:
                    self._known[name] = small_text(tmp / name / ".project_root").strip()
                return self._known[name] or (name if DIGEST.fullmatch(name) else "")
        return ""


def digests(folder: str) -> tuple[str, ...]:
    """The digests by which a folder may be called: of the path as it is, and as Windows writes it."""
    forms = {folder, folder.rstrip("/\\")}
    if re.match(r"[A-Za-z]:", folder):
        windows = folder.replace("/", "\\")
        forms |= {
            windows,
            windows[0].upper() + windows[1:],
            windows[0].lower() + windows[1:],
            windows.lower(),
        }
    return tuple(hashlib.sha256(form.encode("utf-8", "surrogatepass")).hexdigest() for form in forms)
