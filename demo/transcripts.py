"""Session files as Claude Code 2.1 and Codex 0.140 leave them, with what matters of their records.

Both tools append one JSON object a line. Claude Code's file lies under `projects/<folder name>/`, Codex's under
`sessions/<year>/<month>/<day>/`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

CLAUDE_SESSION = "3f2a91c4-6b0d-4e8f-9a57-c2d1e0b48a63"
CODEX_SESSION = "019c5b7e-41d2-7c30-8f6a-5e9d2b7a1c04"


def claude_code(config: Path, folder: Path, file: Path, before: str, added: str, refused: str) -> None:
    """One session in which an edit was made and another was refused by the user."""
    records: list[dict[str, Any]] = [_claude_prompt(folder, "Add a function that finds the next high water.")]
    last = before.splitlines()[-1]
    edit = {
        "file_path": str(file),
        "old_string": last,
        "new_string": f"{last}\n{added.rstrip()}",
        "replace_all": False,
    }
    start = len(before.splitlines())
    lines = [f" {last}", *(f"+{line}" for line in added.rstrip().split("\n"))]
    patch = {"oldStart": start, "oldLines": 1, "newStart": start, "newLines": len(lines), "lines": lines}
    outcome = {
        "filePath": str(file),
        "oldString": edit["old_string"],
        "newString": edit["new_string"],
        "originalFile": before,
        "structuredPatch": [patch],
        "userModified": False,
        "replaceAll": False,
    }
    done = f"The file {file} has been updated successfully."
    records += _claude_call(folder, 1, "2026-07-14T09:12:40.118Z", edit, done, outcome)
    tail = added.rstrip().split("\n")[-1]
    unwanted = {**edit, "old_string": tail, "new_string": f"{tail}\n{refused.rstrip()}"}
    answer = (
        "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, "
        "the new_string was NOT written to the file)."
    )
    records += _claude_call(folder, 2, "2026-07-14T09:14:02.730Z", unwanted, answer, None)
    name = re.sub(r"[^A-Za-z0-9]", "-", str(folder))
    _write(config / "projects" / name / f"{CLAUDE_SESSION}.jsonl", records)


def codex(home: Path, folder: Path, name: str, before: str, added: str) -> None:
    """One session in which a patch was applied to the file `name`."""
    last = before.splitlines()[-1]
    plus = [f"+{line}" for line in added.rstrip().split("\n")]
    patch = "\n".join(
        ["*** Begin Patch", f"*** Update File: {name}", "@@", f" {last}", *plus, "*** End Patch", ""]
    )
    start = len(before.splitlines())
    diff = "\n".join([f"@@ -{start},1 +{start},{1 + len(plus)} @@", f" {last}", *plus, ""])
    said = f"Success. Updated the following files:\nM {name}\n"
    meta = {
        "id": CODEX_SESSION,
        "timestamp": "2026-07-02T15:20:11.020Z",
        "cwd": str(folder),
        "originator": "codex_cli_rs",
        "cli_version": "0.140.0",
        "source": "cli",
        "model_provider": "openai",
    }
    context = {"cwd": str(folder), "model": "gpt-5.4", "approval_policy": "on-request"}
    prompt = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "Print the rows as a table."}],
    }
    call = {
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": "call_1",
        "name": "apply_patch",
        "input": patch,
    }
    answer = {
        "type": "custom_tool_call_output",
        "call_id": "call_1",
        "output": f"Exit code: 0\nWall time: 0.1 seconds\nOutput:\n{said}",
    }
    effect = {
        "type": "patch_apply_end",
        "call_id": "call_1",
        "turn_id": "turn_1",
        "stdout": said,
        "stderr": "",
        "success": True,
        "changes": {str(folder / name): {"type": "update", "unified_diff": diff, "move_path": None}},
        "status": "completed",
    }
    records = [
        {"timestamp": "2026-07-02T15:20:11.020Z", "type": "session_meta", "payload": meta},
        {"timestamp": "2026-07-02T15:20:12.400Z", "type": "turn_context", "payload": context},
        {"timestamp": "2026-07-02T15:20:12.401Z", "type": "response_item", "payload": prompt},
        {"timestamp": "2026-07-02T15:20:31.512Z", "type": "response_item", "payload": call},
        {"timestamp": "2026-07-02T15:20:31.644Z", "type": "event_msg", "payload": effect},
        {"timestamp": "2026-07-02T15:20:31.650Z", "type": "response_item", "payload": answer},
    ]
    _write(home / "sessions/2026/07/02" / f"rollout-2026-07-02T15-20-11-{CODEX_SESSION}.jsonl", records)


def _claude_common(folder: Path, uuid: str, parent: str | None, time: str) -> dict[str, Any]:
    return {
        "parentUuid": parent,
        "isSidechain": False,
        "userType": "external",
        "cwd": str(folder),
        "sessionId": CLAUDE_SESSION,
        "version": "2.1.112",
        "gitBranch": "main",
        "uuid": uuid,
        "timestamp": time,
    }


def _claude_prompt(folder: Path, text: str) -> dict[str, Any]:
    common = _claude_common(folder, "prompt", None, "2026-07-14T09:12:02.007Z")
    return {**common, "type": "user", "message": {"role": "user", "content": text}}


def _claude_call(
    folder: Path, number: int, time: str, edit: dict[str, Any], answer: str, outcome: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """The call and its result; without an outcome the user refused it."""
    call, result = f"call-{number}", f"result-{number}"
    use = {"type": "tool_use", "id": f"toolu_{number}", "name": "Edit", "input": edit}
    message = {"id": f"msg_{number}", "role": "assistant", "model": "claude-opus-4-8", "content": [use]}
    back: dict[str, Any] = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": answer}
    if outcome is None:
        back["is_error"] = True
    return [
        {**_claude_common(folder, call, "prompt", time), "type": "assistant", "message": message},
        {
            **_claude_common(folder, result, call, time),
            "type": "user",
            "message": {"role": "user", "content": [back]},
            "toolUseResult": "User rejected tool use" if outcome is None else outcome,
            "sourceToolAssistantUUID": call,
        },
    ]


def _write(file: Path, records: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
