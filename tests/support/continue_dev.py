"""Build sessions in the shape that Continue writes, in its editors' extension and on the command line."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

START = 1_780_308_000_000
"""2026-06-01T10:00:00Z in milliseconds."""


class Continue:
    """One session; `folder` is as the extension (a URI) or the command line (a path) has it."""

    def __init__(
        self, home: Path, folder: str, *, identity: str = "6a7b8c9d-0000-4000-8000-000000000001"
    ) -> None:
        self.sessions = home / ".continue" / "sessions"
        self.folder, self.identity = folder, identity
        self.history: list[dict[str, Any]] = []

    def say(self, text: str, *files: tuple[str, str]) -> Continue:
        named = [
            {
                "content": content,
                "name": uri.rpartition("/")[2],
                "description": "",
                "uri": {"type": "file", "value": uri},
            }
            for uri, content in files
        ]
        self.history.append({"message": {"role": "user", "content": text}, "contextItems": named})
        return self

    def call(
        self,
        name: str,
        asked: dict[str, Any],
        output: str = "",
        *,
        status: str = "done",
        model: str = "gpt-5.4",
        said: str = "",
    ) -> Continue:
        """One call in its final state; `said` is the status that a command's output carries."""
        call = {
            "id": f"call_{len(self.history):04d}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(asked)},
        }
        part = {
            "name": "Tool Result",
            "description": "",
            "content": output,
            **({"status": said} if said else {}),
        }
        state = {
            "toolCallId": call["id"],
            "toolCall": call,
            "status": status,
            "parsedArgs": asked,
            "output": [part],
        }
        message = {"role": "assistant", "content": "", "toolCalls": [call], "usage": {"model": model}}
        self.history.append({"message": message, "contextItems": [], "toolCallStates": [state]})
        return self

    def save(self) -> Path:
        self.sessions.mkdir(parents=True, exist_ok=True)
        listed = [
            {
                "sessionId": self.identity,
                "title": "t",
                "dateCreated": str(START),
                "workspaceDirectory": self.folder,
            }
        ]
        (self.sessions / "sessions.json").write_text(json.dumps(listed))
        path = self.sessions / f"{self.identity}.json"
        value = {
            "sessionId": self.identity,
            "title": "t",
            "workspaceDirectory": self.folder,
            "history": self.history,
        }
        path.write_text(json.dumps(value, indent=2), "utf-8")
        return path


def diff(path: str, old: str, new: str) -> str:
    """What the command line says of a change."""
    lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), path, path)
    return f"Successfully edited {path}\nDiff:\nIndex: {path}\n{'=' * 67}\n" + "".join(lines)
