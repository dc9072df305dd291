"""Build transcripts in the shapes that Claude Code and Codex really write, with chosen outcomes and versions.

Everything is made up here; nothing is copied from anybody's session. Both builders collect records and write them on
`save`, so that a test can look at, cut or damage the lines first.
"""

from __future__ import annotations

import difflib
import json
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)

REFUSED = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the "
    "new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to proceed."
)


def patch_hunks(old: str, new: str, context: int = 3) -> list[dict[str, Any]]:
    """Claude Code's `structuredPatch` between two texts."""
    hunks: list[dict[str, Any]] = []
    for line in list(difflib.unified_diff(old.split("\n"), new.split("\n"), n=context, lineterm=""))[2:]:
        found = re.match(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line)
        if found:
            start, size, to, count = (int(part) if part else 1 for part in found.groups())
            hunks.append(
                {"oldStart": start, "oldLines": size, "newStart": to, "newLines": count, "lines": []}
            )
        else:
            hunks[-1]["lines"].append(line)
    return hunks


def unified(old: str, new: str) -> str:
    """A unified diff without file headers, as Codex records it."""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=3, lineterm=""))[2:]
    return "".join(line + "\n" for line in lines)


def patch_text(path: str, old: str | None, new: str, *, move_to: str | None = None) -> str:
    """An `apply_patch` that adds a file (`old` None) or updates one."""
    if old is None:
        body = f"*** Add File: {path}\n" + "".join(f"+{line}\n" for line in new.splitlines())
    else:
        hunks = re.sub(r"^@@ .*$", "@@", unified(old, new), flags=re.MULTILINE)
        body = f"*** Update File: {path}\n" + (f"*** Move to: {move_to}\n" if move_to else "") + hunks
    return f"*** Begin Patch\n{body}*** End Patch\n"


class _Lines:
    """Records in the order in which they were made, and the clock behind their times."""

    def __init__(self, start: datetime) -> None:
        self.records: list[dict[str, Any]] = []
        self.now = start
        self._calls = 0

    def stamp(self) -> str:
        self.now += timedelta(seconds=1)
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.now.microsecond // 1000:03d}Z"

    def text(self) -> str:
        return "".join(map(_line, self.records))


def _line(record: dict[str, Any]) -> str:
    """One record as JavaScript writes it: characters as they are, lone surrogates escaped."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


class Claude(_Lines):
    """One session of Claude Code.

    `place` is where the calls stand: `main`, `sidechain` (a subagent inline), `progress` (a subagent wrapped) or
    `subagent` (a file of its own, in which newer versions write no `toolUseResult`).
    """

    def __init__(
        self,
        home: Path,
        cwd: str,
        *,
        session: str = "3f2a91c0-0000-4000-8000-000000000001",
        version: str = "2.1.42",
        model: str = "claude-opus-4-6",
        start: datetime = START,
        place: str = "main",
        agent: str = "a1b2c3",
    ) -> None:
        super().__init__(start)
        self.home, self.cwd, self.session, self.version, self.model = home, cwd, session, version, model
        self.place, self.agent = place, agent
        self.prefix = uuid.uuid5(uuid.NAMESPACE_URL, f"{session}{place}{agent}").hex[:12]

    @property
    def path(self) -> Path:
        """Where Claude Code would keep the file."""
        folder = self.home / ".claude" / "projects" / re.sub(r"[^A-Za-z0-9]", "-", self.cwd)
        if self.place != "subagent":
            return folder / f"{self.session}.jsonl"
        if self.version.startswith("2.0"):
            return folder / f"agent-{self.agent}.jsonl"
        return folder / self.session / "subagents" / f"agent-{self.agent}.jsonl"

    def save(self, path: Path | None = None) -> Path:
        path = path or self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text(), "utf-8")
        return path

    def prompt(self, text: str) -> None:
        """A person's words."""
        self._add({"type": "user", "message": {"role": "user", "content": text}})

    def write(self, path: str, content: str, *, original: str | None = None, **result: Any) -> str:
        effect: dict[str, Any] = {
            "type": "create" if original is None else "update",
            "filePath": path,
            "content": content,
            "originalFile": original,
            "structuredPatch": [] if original is None else patch_hunks(original, content),
        }
        said = (
            f"File created successfully at: {path}"
            if original is None
            else f"The file {path} has been updated."
        )
        return self.call("Write", {"file_path": path, "content": content}, effect, said, **result)

    def edit(
        self,
        path: str,
        old: str,
        new: str,
        *,
        original: str | None = None,
        replace_all: bool = False,
        **result: Any,
    ) -> str:
        before = original if original is not None else old
        after = before.replace(old, new) if replace_all else before.replace(old, new, 1)
        effect = {
            "filePath": path,
            "oldString": old,
            "newString": new,
            "originalFile": before,
            "structuredPatch": patch_hunks(before, after),
            "userModified": False,
            "replaceAll": replace_all,
        }
        asked = {"file_path": path, "old_string": old, "new_string": new, "replace_all": replace_all}
        return self.call("Edit", asked, effect, f"The file {path} has been updated successfully.", **result)

    def multi_edit(self, path: str, edits: Sequence[tuple[str, str]], *, original: str, **result: Any) -> str:
        after = original
        for old, new in edits:
            after = after.replace(old, new, 1)
        pairs = [{"old_string": old, "new_string": new} for old, new in edits]
        effect = {
            "filePath": path,
            "edits": pairs,
            "originalFileContents": original,
            "structuredPatch": patch_hunks(original, after),
            "userModified": False,
        }
        said = f"Applied {len(pairs)} edits to {path}:"
        return self.call("MultiEdit", {"file_path": path, "edits": pairs}, effect, said, **result)

    def notebook(
        self, path: str, source: str, *, mode: str = "replace", error: str = "", **result: Any
    ) -> str:
        asked = {
            "notebook_path": path,
            "cell_id": "c1",
            "new_source": source,
            "cell_type": "code",
            "edit_mode": mode,
        }
        before = json.dumps({"cells": [{"id": "c1", "cell_type": "code", "source": []}]})
        effect = {
            **asked, "language": "python", "error": error, "original_file": before, "updated_file": "{}"
        }  # fmt: skip
        return self.call("NotebookEdit", asked, effect, "Updated cell c1 with the new source", **result)

    def bash(self, command: str, stdout: str = "", **result: Any) -> str:
        effect = {"stdout": stdout, "stderr": "", "interrupted": False, "isImage": False}
        return self.call("Bash", {"command": command, "description": "run"}, effect, stdout, **result)

    def read(self, path: str, content: str, **result: Any) -> str:
        rows = content.split("\n")
        file = {
            "filePath": path, "content": content, "numLines": len(rows), "startLine": 1, "totalLines": len(rows)
        }  # fmt: skip
        shown = "\n".join(f"{number:6d}→{row}" for number, row in enumerate(rows, 1))
        return self.call("Read", {"file_path": path}, {"type": "text", "file": file}, shown, **result)

    def read_notebook(self, path: str, cells: dict[str, str], **result: Any) -> str:
        """A notebook (cell ids to sources) as it is shown: each cell between two tags."""
        shown = "\n".join(f'<cell id="{name}">{source}</cell id="{name}">' for name, source in cells.items())
        told = [
            {"cellType": "code", "source": source, "cell_id": name, "language": "python"}
            for name, source in cells.items()
        ]
        effect = {"type": "notebook", "file": {"filePath": path, "cells": told}}
        return self.call("Read", {"file_path": path}, effect, shown, **result)

    def call(
        self,
        name: str,
        asked: dict[str, Any],
        effect: Any,
        said: str,
        *,
        outcome: str = "ok",
        changed: dict[str, Any] | None = None,
        call_id: str | None = None,
    ) -> str:
        """One tool_use and, unless the outcome is `missing`, its result; the call's id.

        Outcomes: ok, missing, refused, failed, denied, interrupted, staged, exit (a command's non-zero status).
        `changed` overrides fields of the effect (`userModified`, another `structuredPatch`, ...).
        """
        self._calls += 1
        call_id = call_id or f"toolu_{self.prefix}{self._calls:04d}"
        use = {"type": "tool_use", "id": call_id, "name": name, "input": asked}
        if self.version >= "2.1.62":
            use["caller"] = {"type": "direct"}
        self._add(
            {
                "type": "assistant",
                "requestId": f"req_{self._calls}",
                "message": {
                    "id": f"msg_{self._calls}",
                    "role": "assistant",
                    "model": self.model,
                    "content": [use],
                },
            }
        )
        if outcome == "missing":
            return call_id
        result: dict[str, Any] = {"type": "tool_result", "tool_use_id": call_id, "content": said}
        extra: dict[str, Any] = {"toolUseResult": {**effect, **(changed or {})}}
        if outcome == "staged":
            extra["toolUseResult"]["staged"] = True
        elif outcome != "ok":
            text = {
                "refused": REFUSED,
                "failed": "<tool_use_error>String to replace not found in file.</tool_use_error>",
                "denied": f"Permission to use {name} with {asked} has been denied.",
                "interrupted": "[Request interrupted by user for tool use]",
                "exit": "Exit code 1\n" + said,
            }[outcome]
            result |= {"content": text, "is_error": True}
            extra = {"toolUseResult": "Error: " + text}
            if outcome == "denied" and self.version >= "2.1.3":
                extra["toolDenialKind"] = "permission-rule"
        if self.place == "subagent":
            extra = {}
        self._add({"type": "user", "message": {"role": "user", "content": [result]}, **extra})
        return call_id

    def _add(self, record: dict[str, Any]) -> None:
        made = {
            "parentUuid": self.records[-1].get("uuid") if self.records else None,
            "isSidechain": self.place in {"sidechain", "subagent"},
            "userType": "external",
            "cwd": self.cwd,
            "sessionId": self.session,
            "version": self.version,
            "gitBranch": "main",
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.prefix}{len(self.records)}")),
            "timestamp": self.stamp(),
            **record,
        }
        if self.place == "subagent":
            made["agentId"] = self.agent
        if self.place == "progress":
            inner = {
                key: made[key]
                for key in ("type", "message", "uuid", "timestamp", "toolUseResult")
                if key in made
            }
            data = {"type": "agent_progress", "agentId": self.agent, "message": inner}
            made = {**made, "type": "progress", "data": data}
            made.pop("message")
            made.pop("toolUseResult", None)
        self.records.append(made)


class Codex(_Lines):
    """One session of Codex. `version` decides the shapes: 0.42, 0.98, 0.120, 0.140 or 0.169."""

    def __init__(
        self,
        home: Path,
        cwd: str,
        *,
        session: str = "019a0000-1111-7222-8333-000000000001",
        version: str = "0.140.0",
        model: str = "gpt-5.4-codex",
        start: datetime = START,
        forked_from: str | None = None,
    ) -> None:
        super().__init__(start)
        self.home, self.cwd, self.session, self.version, self.model = home, cwd, session, version, model
        self.minor = int(version.split(".")[1])
        meta: dict[str, Any] = {
            "id": session,
            "timestamp": self.stamp(),
            "cwd": cwd,
            "originator": "codex_cli_rs",
            "cli_version": version,
            "source": "cli",
            "model_provider": "openai",
            "base_instructions": {"text": "You are Codex. " * 200},
        }
        if forked_from:
            meta |= {"forked_from_id": forked_from, "thread_source": "subagent"}
        self.add("session_meta", meta)
        self.add("turn_context", {"cwd": cwd, "model": model, "approval_policy": "on-request"})

    @property
    def path(self) -> Path:
        folder = self.home / ".codex" / "sessions" / "2026" / "06" / "01"
        return folder / f"rollout-2026-06-01T10-00-00-{self.session}.jsonl"

    def save(self, path: Path | None = None) -> Path:
        """Write the file; a name that ends in `.zst` is compressed."""
        path = path or self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        data = self.text().encode()
        if path.suffix == ".zst":
            import zstandard

            data = zstandard.ZstdCompressor().compress(data)
        path.write_bytes(data)
        return path

    def prompt(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        self.add("response_item", {"type": "message", "role": "user", "content": content})

    def patch(
        self,
        path: str,
        old: str | None,
        new: str,
        *,
        outcome: str = "ok",
        how: str = "custom",
        move_to: str | None = None,
        effect: bool | None = None,
        said_first: bool = False,
    ) -> str:
        """One `apply_patch`; the call's id.

        `how` is `custom`, `function`, `shell`, `heredoc` or `parallel`. Outcomes: ok, failed, refused, missing.
        `effect` says whether an effect record follows (by default as the version does).
        """
        text = patch_text(path, old, new, move_to=move_to)
        call_id = self._call(how, text)
        if outcome == "missing":
            return call_id
        good = outcome == "ok"
        said = (call_id, how, path if move_to is None else move_to, old, outcome)
        if said_first:
            self._patch_output(*said)
        with_effect = self.minor >= 140 if effect is None else effect
        if with_effect and (good or self.minor >= 169):
            self._effect(call_id, path, old, new, move_to, good)
        if not said_first:
            self._patch_output(*said)
        return call_id

    def exec(
        self, command: str | list[str], said: str = "", *, code: int | None = 0, workdir: str | None = None
    ) -> str:
        """One shell command; `code` None leaves the exit status out (still running)."""
        self._calls += 1
        call_id = f"call_{self.session[-6:]}{self._calls:04d}"
        if self.minor >= 98:
            name, asked = "exec_command", {"cmd": command}
        else:
            name, asked = (
                "shell",
                {"command": command if isinstance(command, list) else ["bash", "-lc", command]},
            )
        if workdir:
            asked["workdir"] = workdir
        self._function_call(call_id, name, asked)
        self._exec_output(call_id, said, code)
        return call_id

    def add(self, kind: str, payload: dict[str, Any]) -> None:
        record: dict[str, Any] = {"timestamp": self.stamp(), "type": kind, "payload": payload}
        if self.minor >= 169:
            record["ordinal"] = len(self.records)
        self.records.append(record)

    def _absolute(self, path: str) -> str:
        return path if path.startswith("/") or ":" in path else f"{self.cwd}/{path}"

    def _call(self, how: str, text: str) -> str:
        self._calls += 1
        call_id = f"call_{self.session[-6:]}{self._calls:04d}"
        if how == "custom":
            payload = {
                "type": "custom_tool_call",
                "status": "completed",
                "call_id": call_id,
                "name": "apply_patch",
                "input": text,
            }
            self.add("response_item", payload)
        elif how == "function":
            self._function_call(call_id, "apply_patch", {"input": text})
        elif how == "parallel":
            uses = [{"recipient_name": "functions.apply_patch", "parameters": {"input": text}}]
            self._function_call(call_id, "multi_tool_use.parallel", {"tool_uses": uses})
        elif how == "shell":
            self._function_call(call_id, "functions.shell", {"command": ["apply_patch", text]})
        else:
            script = f"apply_patch <<'EOF'\n{text}EOF\n"
            name, asked = (
                ("exec_command", {"cmd": script})
                if self.minor >= 98
                else ("shell", {"command": ["bash", "-lc", script]})
            )
            self._function_call(call_id, name, asked)
        return call_id

    def _function_call(self, call_id: str, name: str, asked: dict[str, Any]) -> None:
        payload = {"type": "function_call", "name": name, "arguments": json.dumps(asked), "call_id": call_id}
        self.add("response_item", payload)

    def _patch_output(self, call_id: str, how: str, path: str, old: str | None, outcome: str) -> None:
        if outcome == "ok":
            said, code = f"Success. Updated the following files:\n{'A' if old is None else 'M'} {path}\n", 0
        elif outcome == "refused":
            said, code = "patch rejected by user", 1
        else:
            said, code = f"apply_patch verification failed: Failed to find expected lines in {path}", 1
        if self.minor < 120:
            output = json.dumps({"output": said, "metadata": {"exit_code": code, "duration_seconds": 0.0}})
        elif outcome == "ok":
            output = f"Exit code: {code}\nWall time: 0 seconds\nOutput:\n{said}"
        else:
            output = said
        kind = "custom_tool_call_output" if how == "custom" else "function_call_output"
        self.add("response_item", {"type": kind, "call_id": call_id, "output": output})

    def _exec_output(self, call_id: str, said: str, code: int | None) -> None:
        if code is None:
            output = f"Chunk ID: 1\nWall time: 1.0\nProcess running with session ID 7\nOutput:\n{said}"
        elif self.minor < 98:
            output = json.dumps({"output": said, "metadata": {"exit_code": code, "duration_seconds": 0.1}})
        else:
            output = f"Chunk ID: 1\nWall time: 0.1\nProcess exited with code {code}\nOutput:\n{said}"
        self.add("response_item", {"type": "function_call_output", "call_id": call_id, "output": output})

    def _effect(
        self, call_id: str, path: str, old: str | None, new: str, move_to: str | None, good: bool
    ) -> None:
        change: dict[str, Any]
        if old is None:
            change = {"type": "add", "content": new}
        else:
            moved = self._absolute(move_to) if move_to else None
            change = {"type": "update", "unified_diff": unified(old, new), "move_path": moved}
        changes = {self._absolute(path): change}
        if self.minor >= 169:
            item = {
                "type": "FileChange",
                "id": call_id,
                "changes": changes,
                "status": "completed" if good else "failed",
                "stdout": "",
                "stderr": "",
            }
            self.add(
                "event_msg",
                {"type": "item_completed", "thread_id": self.session, "turn_id": "t1", "item": item},
            )
        else:
            self.add(
                "event_msg",
                {
                    "type": "patch_apply_end",
                    "call_id": call_id,
                    "turn_id": "t1",
                    "stdout": "Success. Updated the following files:\n",
                    "stderr": "",
                    "success": good,
                    "changes": changes,
                    "status": "completed" if good else "failed",
                },
            )
