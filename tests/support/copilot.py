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


class Chat:
    """One chat in VS Code, with what its editor keeps of the edits."""

    def __init__(self, home: Path, *, folder: str = f"file://{ROOT}", editor: str = ".config/Code") -> None:
        self.user = home / editor / "User"
        self.storage = self.user / "workspaceStorage" / "abc"
        self.folder = folder
        self.session = "7de89a80-6d93-43e7-be0a-0a9afe980198"
        self.requests: list[dict[str, Any]] = []
        self.state: dict[str, Any] = {}
        self._epoch = 1

    def request(
        self, text: str = "go", *, model: str = "copilot/claude-sonnet-4", **more: Any
    ) -> dict[str, Any]:
        """A person's message and the beginning of its answer."""
        made = {
            "requestId": f"request_{len(self.requests)}",
            "timestamp": 1_780_308_000_000 + 60_000 * len(self.requests),
            "modelId": model,
            "message": {"text": text},
            "agent": {"extensionId": {"value": "GitHub.copilot-chat"}},
            "response": [{"value": "Here it is."}],
            "result": {
                "timings": {"totalElapsed": 5000},
                "metadata": {"toolCallRounds": [], "toolCallResults": {}},
            },
            **more,
        }
        self.requests.append(made)
        return made

    def call(self, name: str, asked: dict[str, Any], result: Any = None, **part: Any) -> str:
        """A tool call of the latest request; its id."""
        request = self.requests[-1]
        metadata = request["result"]["metadata"]
        call_id = f"call_{len(self.requests)}_{len(metadata['toolCallRounds'])}__vscode-1"
        call = {"id": call_id, "name": name, "arguments": json.dumps(asked)}
        metadata["toolCallRounds"].append({"response": "", "toolCalls": [call]})
        if result is not None:
            metadata["toolCallResults"][call_id] = {"content": [{"value": result}]}
        shown = {"kind": "toolInvocationSerialized", "isConfirmed": {"type": 1}, "isComplete": True}
        request["response"].append({**shown, "toolCallId": call_id.partition("__")[0], **part})
        return call_id

    def edit(self, path: str, *edits: dict[str, Any], done: bool = True) -> None:
        """Text that went into a file."""
        part = {"kind": "textEditGroup", "uri": uri(path), "edits": [list(edits)], "done": done}
        self.requests[-1]["response"].append(part)

    def baseline(self, path: str, content: str) -> None:
        """What the file held before the latest request."""
        timeline = self._timeline()
        name = self.requests[-1]["requestId"]
        value = {"uri": uri(path), "requestId": name, "content": content, "epoch": self._epoch}
        timeline["fileBaselines"].append([f"file://{path}::{name}", value])

    def operation(self, kind: str, path: str, **more: Any) -> int:
        """An edit in the timeline; its epoch."""
        timeline = self._timeline()
        self._epoch += 1
        name = self.requests[-1]["requestId"]
        timeline["operations"].append(
            {"type": kind, "uri": uri(path), "requestId": name, "epoch": self._epoch, **more}
        )
        timeline["currentEpoch"] = self._epoch + 1
        return self._epoch

    def file_state(self, path: str, state: int) -> None:
        """0 pending, 1 accepted, 2 rejected."""
        snapshot = self.state.setdefault("recentSnapshot", {"entries": []})
        snapshot["entries"].append({"resource": f"file://{path}", "state": state})

    def save(self, suffix: str = ".json") -> Path:
        chat = {"version": 3, "sessionId": self.session, "requests": self.requests}
        path = self.storage / "chatSessions" / f"{self.session}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        (self.storage / "workspace.json").write_text(json.dumps({"folder": self.folder}))
        if suffix == ".json":
            path.write_text(json.dumps(chat))
        else:
            path.write_text("".join(json.dumps(entry) + "\n" for entry in self.log(chat)))
        if self.state:
            state = self.storage / "chatEditingSessions" / self.session / "state.json"
            state.parent.mkdir(parents=True, exist_ok=True)
            state.write_text(json.dumps({"version": 2, "sessionId": self.session, **self.state}))
        return path

    def log(self, chat: dict[str, Any]) -> list[dict[str, Any]]:
        """The same as a log of changes: parts come one by one, and one comes twice."""
        entries: list[dict[str, Any]] = [{"kind": 0, "v": {**chat, "requests": [], "customTitle": "x"}}]
        for at, request in enumerate(chat["requests"]):
            empty = {**request, "response": [], "result": {}}
            entries.append({"kind": 2, "k": ["requests"], "v": [empty]})
            for number, part in enumerate(request["response"]):
                path = ["requests", at, "response"]
                entries.append({"kind": 2, "k": path, "v": [{"value": "..."}]})
                entries.append({"kind": 2, "k": path, "v": [part], "i": number})
            entries.append({"kind": 1, "k": ["requests", at, "result"], "v": request["result"]})
        entries.append({"kind": 3, "k": ["customTitle"]})
        return entries

    def _timeline(self) -> dict[str, Any]:
        empty: dict[str, Any] = {"checkpoints": [], "fileBaselines": [], "operations": [], "currentEpoch": 1}
        timeline: dict[str, Any] = self.state.setdefault("timeline", empty)
        return timeline


def uri(path: str) -> dict[str, Any]:
    return {"$mid": 1, "fsPath": path, "external": f"file://{path}", "path": path, "scheme": "file"}


def replacing(text: str, start: tuple[int, int], end: tuple[int, int]) -> dict[str, Any]:
    """A text edit of VS Code; lines and columns are 1-based."""
    place = {
        "startLineNumber": start[0],
        "startColumn": start[1],
        "endLineNumber": end[0],
        "endColumn": end[1],
    }
    return {"text": text, "range": place}
