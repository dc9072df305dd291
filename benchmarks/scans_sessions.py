"""Transcripts for a benchmark, as if Claude Code had written what the last commits of a clone added.

Made up here, in the shape that the tool writes: one session a commit, one `Edit` a hunk, five minutes before the commit.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CODE = ("*.py", "*.rs", "*.go", "*.ts", "*.js", "*.c", "*.java")


def write(work: Path, home: Path, commits: int) -> int:
    """Write the sessions of so many commits; how many edits they have."""
    edits = 0
    folder = home / ".claude" / "projects" / re.sub(r"[^A-Za-z0-9]", "-", str(work))
    folder.mkdir(parents=True, exist_ok=True)
    for number, (when, hunks) in enumerate(_commits(work, commits)):
        session = f"{number:08x}-0000-4000-8000-000000000001"
        records: list[dict[str, Any]] = []
        for at, (path, old, new) in enumerate(hunks):
            records += _call(session, str(work), when - 300, f"{number:04x}{at:04x}", path, old, new)
        edits += len(hunks)
        if records:
            text = "".join(json.dumps(record) + "\n" for record in records)
            (folder / f"{session}.jsonl").write_text(text, "utf-8")
    return edits


def _commits(work: Path, count: int) -> Iterator[tuple[int, list[tuple[str, str, str]]]]:
    """When each commit was made, and its hunks: file, old text, new text."""
    how = ("log", f"-{count}", "--no-merges", "--no-renames", "--no-color", "-U2", "-p", "--format=%x01%at")
    out = subprocess.run(["git", "-C", str(work), *how, "--", *CODE], capture_output=True, check=True).stdout
    for part in out.decode("utf-8", "replace").split("\x01")[1:]:
        when, _, body = part.partition("\n")
        hunks: list[tuple[str, str, str]] = []
        for file in body.split("\ndiff --git ")[0:]:
            named = re.search(r"^\+\+\+ b/(.*)$", file, re.MULTILINE)
            for hunk in re.split(r"^@@ .*\n", file, flags=re.MULTILINE)[1:] if named else ():
                rows = hunk.split("\n")
                old, new = ("\n".join(row[1:] for row in rows if row[:1] in signs) for signs in (" -", " +"))
                if named and any(row.startswith("+") for row in rows):
                    hunks.append((str(work / named[1]), old, new))
        yield int(when), hunks


def _call(
    session: str, cwd: str, when: int, call: str, path: str, old: str, new: str
) -> Iterator[dict[str, Any]]:
    """One edit, and the tool's word that it was made."""
    common = {
        "sessionId": session,
        "cwd": cwd,
        "version": "2.1.42",
        "isSidechain": False,
        "userType": "external",
    }
    stamp = datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    asked = {"file_path": path, "old_string": old, "new_string": new, "replace_all": False}
    use = {"type": "tool_use", "id": f"toolu_{call}", "name": "Edit", "input": asked}
    said = {
        "type": "tool_result",
        "tool_use_id": f"toolu_{call}",
        "content": f"The file {path} has been updated.",
    }
    lines = [*(f"-{row}" for row in old.split("\n")), *(f"+{row}" for row in new.split("\n"))]
    patch = {"oldStart": 1, "oldLines": old.count("\n") + 1, "newStart": 1, "newLines": new.count("\n") + 1}
    effect = {
        "filePath": path,
        "oldString": old,
        "newString": new,
        "originalFile": old,
        "structuredPatch": [{**patch, "lines": lines}],
        "userModified": False,
        "replaceAll": False,
    }
    message = {"id": f"msg_{call}", "role": "assistant", "model": "claude-opus-4-6", "content": [use]}
    yield {**common, "type": "assistant", "uuid": f"a{call}", "timestamp": stamp, "message": message}
    answer = {"role": "user", "content": [said]}
    yield {
        **common, "type": "user", "uuid": f"u{call}", "timestamp": stamp, "message": answer, "toolUseResult": effect
    }  # fmt: skip
