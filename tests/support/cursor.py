"""Build what Cursor keeps: its editor's databases in each generation, its command line's stores, and transcripts.

Cursor cannot be run here; the shapes are those that several public readers of its databases agree on.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = "/home/u/proj"
START = 1_780_308_000_000


class Conversation:
    """One conversation of the editor."""

    def __init__(self, name: str = "c0ffee00-0000-4000-8000-000000000001", *, inline: bool = False) -> None:
        self.name, self.inline = name, inline
        self.bubbles: list[dict[str, Any]] = []
        self.data: dict[str, Any] = {"createdAt": START, "lastUpdatedAt": START + 3_600_000}
        self.data["modelConfig"] = {"modelName": "claude-4.5-sonnet"}
        self.rows: dict[str, str | bytes | None] = {}

    def prompt(self, text: str, **more: Any) -> None:
        self._bubble({"type": 1, "text": text, **more})

    def call(
        self,
        name: str,
        params: Any = None,
        result: Any = None,
        *,
        raw: Any = None,
        status: str = "completed",
        decision: str | None = None,
        **more: Any,
    ) -> str:
        """A call; its id. `more` is `additionalData`."""
        call_id = f"tool_{len(self.bubbles)}"
        former: dict[str, Any] = {
            "name": name,
            "toolCallId": call_id,
            "status": status,
            "additionalData": more,
        }
        for key, value in (("params", params), ("rawArgs", raw), ("result", result)):
            if value is not None:
                former[key] = json.dumps(value)
        if decision:
            former["userDecision"] = decision
        self._bubble({"type": 2, "text": "", "capabilityType": 15, "toolFormerData": former})
        return call_id

    def edit_v2(self, path: str, before: str | None, after: str, **more: Any) -> str:
        """`edit_file_v2` of newer versions, whose texts stand in rows of their own."""
        result = {"afterContentId": self.content(after)}
        if before is not None:
            result["beforeContentId"] = self.content(before)
        return self.call("edit_file_v2", {"relativeWorkspacePath": path, "noCodeblock": True}, result, **more)

    def content(self, text: str) -> str:
        key = f"composer.content.{hashlib.sha256(text.encode()).hexdigest()}"
        self.rows[key] = text
        return key

    def all_rows(self) -> dict[str, str | bytes | None]:
        bubbles = (
            {}
            if self.inline
            else {f"bubbleId:{self.name}:{one['bubbleId']}": json.dumps(one) for one in self.bubbles}
        )
        listed = (
            {"conversation": self.bubbles}
            if self.inline
            else {
                "fullConversationHeadersOnly": [
                    {"bubbleId": one["bubbleId"], "type": one["type"]} for one in self.bubbles
                ]
            }
        )
        composer = json.dumps({"composerId": self.name, **self.data, **listed})
        return {**self.rows, f"composerData:{self.name}": composer, **bubbles}

    def _bubble(self, bubble: dict[str, Any]) -> None:
        number = len(self.bubbles)
        time = f"2026-06-01T10:{number:02d}:00.000Z"
        self.bubbles.append({"bubbleId": f"b{number:04d}", "createdAt": time, **bubble})


class Editor:
    """Cursor's own folder."""

    def __init__(self, home: Path, data: str = ".config/Cursor") -> None:
        self.user = home / data / "User"

    @property
    def database(self) -> Path:
        return self.user / "globalStorage" / "state.vscdb"

    def save(
        self, *conversations: Conversation, items: dict[str, Any] | None = None, mode: str = "wal"
    ) -> Path:
        """Write the one database of all conversations; its path."""
        rows = {key: value for one in conversations for key, value in one.all_rows().items()}
        _write(self.database, mode, rows, items or {})
        return self.database

    def headers(self, rows: Iterable[tuple[str, str, int, dict[str, Any]]]) -> None:
        """The table of newer versions: (conversation, workspace, time, head)."""
        with sqlite3.connect(self.database) as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS composerHeaders (composerId TEXT PRIMARY KEY, workspaceId TEXT, "
                "createdAt INTEGER, lastUpdatedAt INTEGER, isArchived INTEGER, isSubagent INTEGER, value TEXT)"
            )
            for name, workspace, changed, head in rows:
                row = (name, workspace, changed, changed, 0, 0, json.dumps(head))
                database.execute("INSERT INTO composerHeaders VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        database.close()

    def workspace(self, name: str, folder: str, items: dict[str, Any]) -> None:
        """The folder's own database of older versions."""
        path = self.user / "workspaceStorage" / name / "state.vscdb"
        _write(path, "delete", {}, items)
        (path.parent / "workspace.json").write_text(json.dumps({"folder": folder}))


def _write(path: Path, mode: str, rows: dict[str, Any], items: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as database:
        database.executescript(
            f"PRAGMA journal_mode = {mode}; PRAGMA synchronous = OFF;"
            "CREATE TABLE IF NOT EXISTS ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);"
            "CREATE TABLE IF NOT EXISTS cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);"
        )
        database.executemany("INSERT INTO cursorDiskKV VALUES (?, ?)", rows.items())
        texts = [(key, json.dumps(value)) for key, value in items.items()]
        database.executemany("INSERT INTO ItemTable VALUES (?, ?)", texts)
    database.close()


class Store:
    """One session of the command line."""

    def __init__(
        self, home: Path, *, folder: str = ROOT, session: str = "5e551070-0000-4000-8000-000000000001"
    ) -> None:
        self.home, self.folder, self.session = home, folder, session
        self.messages: list[dict[str, Any]] = []
        self.meta: dict[str, Any] = {"agentId": session, "lastUsedModel": "gpt-5.4", "createdAt": START}
        self.sidecar: dict[str, Any] | None = {"schemaVersion": 1, "cwd": folder}

    @property
    def path(self) -> Path:
        digest = hashlib.md5(self.folder.encode(), usedforsecurity=False).hexdigest()
        return self.home / ".cursor" / "chats" / digest / self.session / "store.db"

    def prompt(self, text: str) -> None:
        self.messages.append({"role": "user", "content": [{"type": "text", "text": text}]})

    def call(
        self, name: str, asked: Any, said: str = "", output: Any = None, *, answered: bool = True
    ) -> str:
        """A call and, unless it is not answered, its result; the call's id."""
        call_id = f"tool_{len(self.messages)}"
        call = {"type": "tool-call", "toolCallId": call_id, "toolName": name, "args": asked}
        self.messages.append({"id": "1", "role": "assistant", "content": [call]})
        if answered:
            part = {"type": "tool-result", "toolCallId": call_id, "toolName": name, "result": said}
            message: dict[str, Any] = {"role": "tool", "id": call_id, "content": [part]}
            if output is not None:
                message["providerOptions"] = {"cursor": {"highLevelToolCallResult": {"output": output}}}
            self.messages.append(message)
        return call_id

    def save(self) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(self.path) as database:
            database.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
                "CREATE TABLE IF NOT EXISTS blobs (id TEXT PRIMARY KEY, data BLOB);"
                "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT);"
            )
            blobs = [json.dumps(message).encode() for message in self.messages]
            tree = b"".join(b"\x0a\x20" + hashlib.sha256(blob).digest() for blob in blobs)
            for blob in (*blobs, tree, b"{broken", b'{"name": "package.json of the project"}'):
                row = (hashlib.sha256(blob).hexdigest(), blob)
                database.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?)", row)
            text = json.dumps(self.meta).encode().hex()
            database.execute("INSERT OR REPLACE INTO meta VALUES ('0', ?)", (text,))
        database.close()
        if self.sidecar is not None:
            (self.path.parent / "meta.json").write_text(json.dumps(self.sidecar))
        return self.path


class Transcript:
    """One transcript of the agent."""

    def __init__(
        self, home: Path, *, slug: str = "home-u-proj", name: str = "c0ffee00-0000-4000-8000-000000000001"
    ) -> None:
        folder = home / ".cursor" / "projects" / slug / "agent-transcripts"
        self.path = folder / name / f"{name}.jsonl"
        self.records: list[dict[str, Any]] = []

    def prompt(self, text: str) -> None:
        self.records.append({"role": "user", "message": {"content": [{"type": "text", "text": text}]}})

    def call(self, name: str, **asked: Any) -> None:
        parts = [{"type": "text", "text": "[REDACTED]"}, {"type": "tool_use", "name": name, "input": asked}]
        self.records.append({"role": "assistant", "message": {"content": parts}})

    def save(self) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(json.dumps(record) + "\n" for record in self.records))
        return self.path
