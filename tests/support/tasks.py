"""Build tasks in the format of Cline, Roo Code and Kilo Code, and sessions of Cline's second generation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

START = 1_780_308_000_000
"""2026-06-01T10:00:00Z in milliseconds."""

DENIED = "The user denied this operation."


def dumped(value: object) -> str:
    """JSON as JavaScript writes it: characters as they are, lone surrogates escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


class Task:
    """One task's folder. `native` asks for tools in blocks, else in tags; `family` is `cline` or `roo`."""

    def __init__(
        self,
        storage: Path,
        cwd: str,
        *,
        family: str = "cline",
        native: bool = False,
        identity: str = str(START),
    ) -> None:
        self.folder = storage / "tasks" / identity
        self.cwd, self.family, self.native = cwd, family, native
        self.texts = False
        """Whether calls in blocks are answered in texts all the same, as Cline did for some months."""
        self.messages: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []
        self.usage: list[dict[str, Any]] = []
        self.now = START
        self._calls = 0
        self.say(f"<task>\ndo it\n</task>\n\n{self.environment()}")

    def environment(self, *changed: str, model: str = "") -> str:
        """The details that end a message."""
        kind = "Working" if self.family == "cline" else "Workspace"
        text = f"<environment_details>\n# VSCode Visible Files\na.py\n\n# Current {kind} Directory ({self.cwd}) Files\na.py\n"
        if changed:
            text += "\n# Recently Modified Files\nThese files have been modified since you last accessed them (file was just"
            text += " edited so you may need to re-read it before editing):\n" + "\n".join(changed) + "\n"
        if model:
            text += f"\n# Current Mode\n<slug>code</slug>\n<model>{model}</model>\n"
        return text + "</environment_details>"

    def say(self, text: str) -> Task:
        """A message with a person's words, or the tool's."""
        return self._add("user", [{"type": "text", "text": text}])

    def call(
        self, name: str, asked: dict[str, Any], result: str | None, *, model: str = "", split: bool = False
    ) -> Task:
        """One call and its result; None: nobody answered. `split` puts the result into a text block of its own."""
        self._calls += 1
        identity = f"toolu_{self._calls:04d}"
        more = {"modelInfo": {"modelId": model, "providerId": "x", "mode": "act"}} if model else {}
        if self.native:
            block: dict[str, Any] = {"type": "tool_use", "id": identity, "name": name, "input": asked}
        else:
            inner = "".join(f"<{key}>\n{value}\n</{key}>\n" for key, value in asked.items())
            block = {"type": "text", "text": f"I will.\n\n<{name}>\n{inner}</{name}>"}
        self._add("assistant", [block], **more)
        if result is None:
            return self
        shown = asked.get("path") or asked.get("command") or asked.get("file_path") or ""
        header = f"[{name} for '{shown}'] Result:"
        if self.native and not self.texts:
            text = result if self.family == "roo" else f"{header}\n{result}"
            blocks = [{"type": "tool_result", "tool_use_id": identity, "content": text}]
        elif split:
            blocks = [{"type": "text", "text": header}, {"type": "text", "text": result}]
        else:
            blocks = [{"type": "text", "text": f"{header}\n{result}"}]
        return self._add("user", [*blocks, {"type": "text", "text": self.environment()}])

    def show(self, kind: str, path: str, *, how: str = "say", **more: Any) -> Task:
        """What the person saw of an edit: `newFileCreated`, `editedExistingFile`, `appliedDiff`."""
        text = json.dumps({"tool": kind, "path": path, **more})
        self.seen.append({"ts": self.tick(), "type": how, how: "tool", "text": text, "partial": False})
        return self

    def write(
        self, path: str, content: str, *, new: bool = True, final: str | None = None, **more: Any
    ) -> Task:
        """A whole file that was saved."""
        self.show("newFileCreated" if new else "editedExistingFile", path, content=content)
        return self.call(
            "write_to_file", {"path": path, "content": content}, self.saved(path, final, new=new), **more
        )

    def saved(self, path: str, final: str | None = None, *, new: bool = False, edits: str = "") -> str:
        """What a saved edit says."""
        if self.family == "roo":
            said = {
                "path": path,
                "operation": "created" if new else "modified",
                "notice": "You do not need to re-read.",
            }
            return json.dumps({**said, "user_edits": edits} if edits else said)
        text = (
            f"The user made the following updates to your content:\n\n{edits}\n\nThe updated content, "
            if edits
            else ""
        )
        text += (
            f"has been successfully saved to {path}.\n\n"
            if edits
            else f"The content was successfully saved to {path}.\n\n"
        )
        if final is not None:
            text += "Here is the full, updated content of the file that was saved:\n\n"
            text += f'<final_file_content path="{path}">\n{final}\n</final_file_content>\n\nIMPORTANT: For any future changes'
        return text

    def replace(self, path: str, old: str, new: str, result: str | None = "", **more: Any) -> Task:
        """One edit block."""
        if self.family == "cline":
            name, diff = "replace_in_file", f"------- SEARCH\n{old}=======\n{new}+++++++ REPLACE"
        else:
            name = "apply_diff"
            diff = f"<<<<<<< SEARCH\n:start_line:2\n-------\n{old}=======\n{new}>>>>>>> REPLACE"
        said = self.saved(path) if result == "" else result
        return self.call(name, {"path": path, "diff": diff}, said, **more)

    def tick(self) -> int:
        self.now += 1000
        return self.now

    def save(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "api_conversation_history.json"
        path.write_text(dumped(self.messages), "utf-8")
        (self.folder / "ui_messages.json").write_text(json.dumps(self.seen), "utf-8")
        if self.usage:
            (self.folder / "task_metadata.json").write_text(json.dumps({"model_usage": self.usage}), "utf-8")
        return path

    def _add(self, role: str, content: list[dict[str, Any]], **more: Any) -> Task:
        times = {"ts": self.tick()} if self.family == "roo" else {}
        self.messages.append({"role": role, "content": content, **more, **times})
        return self


class ClineSession:
    """One session of Cline's second generation."""

    def __init__(
        self, home: Path, cwd: str, *, identity: str = "1780308000000_abcde", model: str = "gpt-5.4"
    ) -> None:
        self.folder = home / ".cline" / "data" / "sessions" / identity
        self.cwd, self.identity, self.model = cwd, identity, model
        self.messages: list[dict[str, Any]] = []
        self.now = START
        self._calls = 0

    def say(self, text: str, *files: tuple[str, str]) -> ClineSession:
        named = [{"type": "file", "path": path, "content": content} for path, content in files]
        return self._add(
            "user", [{"type": "text", "text": f'<user_input mode="act">{text}</user_input>'}, *named]
        )

    def call(self, name: str, asked: Any, result: Any, *, error: bool = False) -> ClineSession:
        """One call and its result: what came of each part, or a text."""
        self._calls += 1
        identity = f"toolu_{self._calls:04d}"
        use = {"type": "tool_use", "id": identity, "name": name, "input": asked}
        self._add("assistant", [use], modelInfo={"id": self.model, "provider": "x"})
        if result is None:
            return self
        content = json.dumps(result) if isinstance(result, dict) else result
        back: dict[str, Any] = {
            "type": "tool_result",
            "tool_use_id": identity,
            "name": name,
            "content": content,
        }
        if error:
            back["is_error"] = True
        return self._add("user", [back])

    def edit(self, path: str, old: str | None, new: str, *, good: bool = True) -> ClineSession:
        asked = (
            {"path": path, "new_text": new}
            if old is None
            else {"path": path, "old_text": old, "new_text": new}
        )
        said = {"query": f"edit:{path}", "result": f"Edited {path}" if good else "", "success": good}
        return self.call("editor", asked, said if good else {**said, "error": "Editor operation failed"})

    def save(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        about = {"version": 1, "session_id": self.identity, "cwd": self.cwd, "model": self.model}
        (self.folder / f"{self.identity}.json").write_text(json.dumps(about), "utf-8")
        path = self.folder / f"{self.identity}.messages.json"
        value = {"version": 1, "sessionId": self.identity, "messages": self.messages}
        path.write_text(dumped(value), "utf-8")
        return path

    def _add(self, role: str, content: list[dict[str, Any]], **more: Any) -> ClineSession:
        self.now += 1000
        self.messages.append(
            {"id": f"msg_{len(self.messages)}", "role": role, "content": content, "ts": self.now, **more}
        )
        return self
