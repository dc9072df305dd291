"""Write git-ai notes with conversations, as its versions before 1.3.4 did."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from support.git import DEV, Repo


class Chat:
    """One conversation; `attach` puts it, as it is by then, into the note of a commit."""

    def __init__(
        self,
        *,
        tool: str = "claude",
        session: str = "3f2a91c0-0000-4000-8000-000000000001",
        model: str = "claude-sonnet-4-5-20250929",
        person: str | None = DEV,
    ) -> None:
        self.agent = {"tool": tool, "id": session, "model": model}
        self.person = person
        self.messages: list[Any] = []

    def user(self, text: str) -> None:
        self._add({"type": "user", "text": text})

    def edit(self, path: str, old: str, new: str) -> None:
        self.use("Edit", {"file_path": path, "old_string": old, "new_string": new, "replace_all": False})

    def write(self, path: str, content: str) -> None:
        self.use("Write", {"file_path": path, "content": content})

    def use(self, name: str, asked: object) -> None:
        self._add({"type": "tool_use", "name": name, "input": asked})

    def _add(self, message: dict[str, Any]) -> None:
        moment = f"2026-06-01T10:{len(self.messages) // 60:02d}:{len(self.messages) % 60:02d}.000Z"
        self.messages.append({**message, "timestamp": moment})

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.agent['tool']}:{self.agent['id']}".encode()).hexdigest()[:16]

    def text(self, commit: str, section: str = "prompts", lines: str = "a.py\n  {key} 1\n") -> str:
        record = {
            "agent_id": self.agent,
            "human_author": self.person,
            "messages": self.messages,
            "total_additions": 1,
            "total_deletions": 0,
            "accepted_lines": 1,
            "overriden_lines": 0,
        }
        meta = {
            "schema_version": "authorship/3.0.0",
            "git_ai_version": "1.0.42",
            "base_commit_sha": commit,
            "prompts": {},
            "padding": "x" * 800,
        }
        meta[section] = {self.key: record}
        return lines.replace("{key}", self.key) + "---\n" + json.dumps(meta, indent=2)

    def attach(self, repo: Repo, commit: str, **more: str) -> None:
        repo.note(commit, self.text(commit, **more))
