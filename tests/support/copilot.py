"""Build what GitHub Copilot's agents and VS Code's chat keep, in shapes that the programs here do not write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = "/home/u/proj"


class Events:
    """One event log: of the command line, or (`editor`) of the chat in VS Code."""

    def __init__(self, home: Path, *, cwd: str = ROOT, editor: bool = False, model: str = "gpt-5.4") -> None:
        self.home, self.cwd, self.editor, self.model = home, cwd, editor, model
        self.session = "11111111-2222-4333-8444-555555555555"
        self.records: list[dict[str, Any]] = []
        start: dict[str, Any] = {"sessionId": self.session, "producer": "copilot-agent"}
        start |= {"vscodeVersion": "1.119.0"} if editor else {"context": {"cwd": cwd, "gitRoot": cwd}}
        self.add("session.start", {**start, "selectedModel": model})
        self._number = 0

    @property
    def path(self) -> Path:
        if not self.editor:
            return self.home / ".copilot" / "session-state" / self.session / "events.jsonl"
        storage = self.home / ".config" / "Code" / "User" / "workspaceStorage" / "abc"
        return storage / "GitHub.copilot-chat" / "transcripts" / f"{self.session}.jsonl"

    def save(self) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.editor:
            folder = {"folder": f"file://{self.cwd}"}
            (self.path.parents[2] / "workspace.json").write_text(json.dumps(folder))
        lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in self.records]
        self.path.write_text("".join(lines), "utf-8")
        return self.path

    def add(self, kind: str, data: dict[str, Any]) -> str:
        """One event; its id."""
        name = f"event-{len(self.records)}"
        time = f"2026-06-01T10:00:{len(self.records) % 60:02d}.000Z"
        self.records.append({"type": kind, "data": data, "id": name, "timestamp": time, "parentId": None})
        return name

    def prompt(self, text: str) -> str:
        return self.add("user.message", {"content": text})

    def call(
        self,
        name: str,
        asked: Any,
        said: str | None = "",
        *,
        diff: str = "",
        success: bool | None = True,
        request_only: bool = False,
        code: int | None = None,
    ) -> str:
        """A call and its outcome (`success` None: there is none; `said` None: without a result)."""
        self._number += 1
        call_id = f"call_{self._number}"
        request = {"toolCallId": call_id, "name": name, "arguments": asked}
        self.add("assistant.message", {"model": self.model, "content": "", "toolRequests": [request]})
        if not request_only:
            self.add("tool.execution_start", {"toolCallId": call_id, "toolName": name, "arguments": asked})
        if success is not None:
            done: dict[str, Any] = {"toolCallId": call_id, "success": success}
            if not success:
                done["error"] = {"message": "no", "code": "denied"}
            elif said is not None:
                done["result"] = {"content": said, **({"detailedContent": diff} if diff else {})}
            if code is not None:
                done["shellExecution"] = {"exitCode": code}
            self.add("tool.execution_complete", done)
        return call_id


def git_diff(path: str, *hunks: str) -> str:
    """An effect as the command line records it."""
    name = path.lstrip("/")
    head = f"\ndiff --git a/{name} b/{name}\nindex 0000000..0000000 100644\n--- a/{name}\n+++ b/{name}\n"
    return head + "".join(hunks)
