"""Build transcripts in the shape that Windsurf writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ACCEPT, REJECT = "ACKNOWLEDGEMENT_TYPE_ACCEPT", "ACKNOWLEDGEMENT_TYPE_REJECT"


class Windsurf:
    """One trajectory."""

    def __init__(
        self, home: Path, cwd: str, *, identity: str = "0f1e2d3c-0000-4000-8000-000000000001"
    ) -> None:
        self.path = home / ".windsurf" / "transcripts" / f"{identity}.jsonl"
        self.cwd, self.identity = cwd, identity
        self.records: list[dict[str, Any]] = []

    def say(self, text: str) -> Windsurf:
        return self._add("user_input", {"user_response": text})

    def edit(
        self, path: str, new: str, original: str | None = "", *, answer: str = ACCEPT, status: str = "done"
    ) -> Windsurf:
        """One whole text; `original` None leaves out what was there, an empty `answer` the person's."""
        step = {"path": self._uri(path), "new_content": new}
        if original is not None:
            step["original_content"] = original
        if answer:
            step["acknowledgement_type"] = answer
        return self._add("code_action", step, status)

    def view(self, path: str, text: str, *, length: int | None = None) -> Windsurf:
        rows = text.splitlines()
        shown = "".join(f"{number:6d}→{row}\n" for number, row in enumerate(rows, 1))
        name = (
            f'<file name="{path}" start_line="1" end_line="{len(rows)}" full_length="{length or len(rows)}">'
        )
        step = {
            "path": self._uri(path),
            "content": f"{name}\n{shown}</file>",
            "start_line": 0,
            "end_line": len(rows) - 1,
        }
        return self._add("view_file", step)

    def run(
        self, command: str, *, code: int | None = 0, rejected: bool = False, output: str = ""
    ) -> Windsurf:
        step = {"command": command, "cwd": self.cwd, "user_rejected": rejected, "output": output}
        return self._add("run_command", step if code is None else {**step, "exit_code": code})

    def save(self) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(record, sort_keys=True) + "\n" for record in self.records)
        self.path.write_text(text, "utf-8")
        return self.path

    def _uri(self, path: str) -> str:
        return path if "://" in path else f"file://{self.cwd}/{path}"

    def _add(self, kind: str, step: dict[str, Any], status: str = "done") -> Windsurf:
        self.records.append({"status": status, "type": kind, kind: step})
        return self
