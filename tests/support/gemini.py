"""Build Gemini CLI chats with what the real program writes only at a person's hands: rewinds, changed proposals."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = "/home/u/proj"


class Gemini:
    """One session, as the lines of its file."""

    def __init__(
        self, home: Path, *, root: str = ROOT, project: str = "proj", session: str = "0badcafe-1"
    ) -> None:
        self.home, self.root, self.project, self.session = home, root, project, session
        self.records: list[dict[str, Any]] = [{"sessionId": session, "projectHash": "0" * 64, "kind": "main"}]
        self._number = 0

    @property
    def path(self) -> Path:
        return (
            self.home / ".gemini" / "tmp" / self.project / "chats" / "session-2026-06-01T10-00-0badcafe.jsonl"
        )

    def save(self) -> Path:
        """Write the file, and the one that names the project's folder."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        (self.path.parent.parent / ".project_root").write_text(self.root)
        self.path.write_text(
            "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in self.records)
        )
        return self.path

    def prompt(self, text: str) -> str:
        return self._add({"type": "user", "content": [{"text": text}]})

    def write(
        self, path: str, content: str, original: str | None = "", after: str | None = None, **more: Any
    ) -> str:
        """`write_file`; `original` None leaves the effect out, `after` is what a person made of the proposal."""
        done = content if after is None else after
        words = "created and wrote to new" if original == "" else "overwrote"
        effect = None if original is None else self._effect(path, original, done)
        said = f"Successfully {words} file: {self._whole(path)}."
        return self.call("write_file", {"file_path": path, "content": content}, said, effect, **more)

    def replace(self, path: str, old: str, new: str, original: str | None = None, **more: Any) -> str:
        effect = None if original is None else self._effect(path, original, original.replace(old, new))
        said = f"Successfully modified file: {self._whole(path)} (1 replacements)."
        return self.call(
            "replace", {"file_path": path, "old_string": old, "new_string": new}, said, effect, **more
        )

    def shell(self, command: str, said: str = "Output: (empty)", **asked: Any) -> str:
        return self.call("run_shell_command", {"command": command, **asked}, said, None)

    def call(
        self,
        name: str,
        asked: Mapping[str, Any],
        said: str,
        display: Any,
        *,
        status: str = "success",
        **more: Any,
    ) -> str:
        """A message, and its second copy with the call; the message's id."""
        response = {"output" if status == "success" else "error": said}
        self._number += 1
        made = {
            "id": f"{name}-{self._number}",
            "name": name,
            "args": dict(asked),
            "result": [{"functionResponse": {"name": name, "response": response}}],
            "status": status,
            "timestamp": f"2026-06-01T10:{self._number:02d}:00.000Z",
            **({} if display is None else {"resultDisplay": display}),
            **more,
        }
        message = self._add({"type": "gemini", "content": "", "model": "gemini-3-pro"})
        self.records.append({**self.records[-1], "toolCalls": [made]})
        return message

    def _effect(self, path: str, original: str, after: str) -> dict[str, Any]:
        diff = "\n".join(
            difflib.unified_diff(original.split("\n"), after.split("\n"), "Current", "Proposed", lineterm="")
        )
        name = path.replace("\\", "/").rpartition("/")[2]
        return {
            "fileDiff": f"Index: {name}\n{'=' * 67}\n{diff}\n",
            "fileName": name,
            "filePath": self._whole(path),
            "originalContent": original,
            "newContent": after,
            "isNewFile": not original,
        }

    def _whole(self, path: str) -> str:
        return path if path.startswith("/") or ":" in path else f"{self.root}/{path}"

    def _add(self, message: dict[str, Any]) -> str:
        name = f"m{len(self.records)}"
        self.records.append({"id": name, "timestamp": "2026-06-01T10:00:00.000Z", **message})
        return name
