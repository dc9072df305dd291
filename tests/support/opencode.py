"""Build opencode sessions in either of its layouts, with what the real program writes only at a person's hands."""

from __future__ import annotations

import difflib
import json
import sqlite3
from pathlib import Path
from typing import Any

ROOT = "/home/u/proj"

TABLES = """
CREATE TABLE session (id text PRIMARY KEY, project_id text, parent_id text, directory text NOT NULL, revert text,
    time_created integer NOT NULL, time_updated integer NOT NULL);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
    time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
    time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE session_message (id text PRIMARY KEY, session_id text NOT NULL, data text NOT NULL);
"""


def patch(old: str, new: str) -> str:
    """A diff as the tool records it."""
    return "\n".join(difflib.unified_diff(old.split("\n"), new.split("\n"), "a", "b", lineterm="")) + "\n"


class OpenCode:
    """One session."""

    def __init__(
        self, home: Path, *, session: str = "ses_1", folder: str = ROOT, model: str = "claude-opus-4-8"
    ) -> None:
        self.home, self.session, self.folder, self.model = home, session, folder, model
        self.messages: list[dict[str, Any]] = []
        self.parts: list[tuple[str, dict[str, Any]]] = []
        self.revert: dict[str, str] | None = None
        self.time = 1_780_308_000_000

    @property
    def data(self) -> Path:
        return self.home / ".local" / "share" / "opencode"

    def prompt(self, text: str, *diffs: dict[str, Any]) -> str:
        """A person's message, with what changed in the turn that it begins; its id."""
        name = self._message({"role": "user", "summary": {"diffs": list(diffs)}})
        self._part({"type": "text", "text": text})
        return name

    def tool(
        self,
        tool: str,
        asked: dict[str, Any],
        effect: dict[str, Any] | None = None,
        said: str = "",
        status: str = "completed",
    ) -> str:
        """A call in a message of its own; the part's id."""
        who = {
            "providerID": "anthropic",
            "modelID": self.model,
            "path": {"cwd": self.folder, "root": self.folder},
        }
        self._message({"role": "assistant", **who})
        state = {"status": status, "input": asked, "output": said, "metadata": effect or {}}
        state["time"] = {"start": self.time, "end": self.time + 500}
        name = f"prt_{len(self.parts):04d}"
        return self._part({"type": "tool", "tool": tool, "callID": f"toolu_{name}", "state": state})

    def write(self, path: str, content: str, *, exists: bool = False, **more: Any) -> str:
        return self.tool(
            "write", {"filePath": path, "content": content}, {"filepath": path, "exists": exists}, **more
        )

    def edit(self, path: str, old: str, new: str, original: str | None = None, **more: Any) -> str:
        before = old if original is None else original
        diff = patch(before, before.replace(old, new))
        effect = {"diff": diff, "filediff": {"file": path, "patch": diff}}
        return self.tool("edit", {"filePath": path, "oldString": old, "newString": new}, effect, **more)

    def bash(self, command: str, said: str = "(no output)", code: int = 0, **more: Any) -> str:
        return self.tool("bash", {"command": command}, {"exit": code, "output": said}, said, **more)

    def save(self, layout: str = "database") -> Path:
        """Write the session; the path of its transcript."""
        return self._database() if layout == "database" else self._files()

    def _database(self) -> Path:
        path = self.data / "opencode.db"
        path.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(path) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'session'").fetchone():
                database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + TABLES)
            revert = json.dumps(self.revert) if self.revert else None
            row = (self.session, "p", None, self.folder, revert, self.time, self.time)
            database.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            for message in self.messages:
                row = (message["id"], self.session, self.time, self.time, json.dumps(message))
                database.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", row)
            for owner, part in self.parts:
                rest = (part["id"], owner, self.session, self.time, self.time, json.dumps(part))
                database.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", rest)
        database.close()
        return path

    def _files(self) -> Path:
        storage = self.data / "storage"
        path = storage / "session" / "p" / f"{self.session}.json"
        about: dict[str, Any] = {"id": self.session, "directory": self.folder}
        if self.revert:
            about["revert"] = self.revert
        _write(storage / "project" / "p.json", {"id": "p", "worktree": self.folder})
        _write(path, about)
        for message in self.messages:
            _write(storage / "message" / self.session / f"{message['id']}.json", message)
        for owner, part in self.parts:
            _write(storage / "part" / owner / f"{part['id']}.json", part)
        return path

    def _message(self, message: dict[str, Any]) -> str:
        self.time += 1000
        name = f"msg_{self.session}{len(self.messages):04d}"
        self.messages.append(
            {"id": name, "sessionID": self.session, "time": {"created": self.time}, **message}
        )
        return name

    def _part(self, part: dict[str, Any]) -> str:
        name = f"prt_{self.session}{len(self.parts):04d}"
        self.parts.append((self.messages[-1]["id"], {"id": name, **part}))
        return name


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
