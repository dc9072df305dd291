"""Transcripts for `index.py`: those that a clone commits, or made ones in the shapes and proportions of real ones.

What the 237 sessions of Claude Code and 22 of Codex that entireio/cli and EntityProcess/agentv commit are made of was
counted, in bytes: of Claude Code's 28% are results of edits, each with the whole original of the file, 18% messages of
subagents, 16% files that were read, 13% other results, 10% thinking and answers, 5% edits and writes; of Codex's 64%
are outputs of commands. They hold 150 written lines a megabyte. All text of the made ones is the clone's own.
"""

from __future__ import annotations

import difflib
import json
import os
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sessions_data import BRANCH, blobs, tree

CWD = "/home/ada/proj"
SESSION_BYTES = 1_300_000
"""Of a usual session."""

Texts = Sequence[tuple[str, list[str]]]
"""The clone's files: path, lines."""


def real(clone: Path, home: Path) -> int:
    """Put the transcripts that a clone commits where the tools keep theirs, each session once; how many there are."""
    files = tree(clone, BRANCH)
    whole = [path for path in files if path.endswith("/full.jsonl")]
    about = [files.get(path.replace("full.jsonl", "metadata.json"), "") for path in whole]
    best: dict[tuple[str, str], bytes] = {}
    described = list(blobs(clone, about))
    for path, meta, data in zip(whole, described, blobs(clone, [files[p] for p in whole]), strict=True):
        said = json.loads(meta or b"{}")
        key = ("codex" if said.get("agent") == "Codex" else "claude", str(said.get("session_id") or path))
        if said.get("agent") in ("Claude Code", "Agent", "Codex") and len(data) > len(best.get(key, b"")):
            best[key] = data
    for (tool, session), data in best.items():
        put(place(home, tool, session.replace("/", "-")), data)
    return len(best)


def made(home: Path, texts: Texts, megabytes: int, chance: random.Random) -> int:
    """Write so many megabytes of sessions, every fifth of them Codex's; how many there are."""
    left, number = megabytes * 1_000_000, 0
    while left > 0:
        session = f"{number:08x}-0000-4000-8000-000000000000"
        tool = "codex" if number % 5 == 4 else "claude"
        rows = (_codex if tool == "codex" else _claude)(session, texts, chance)
        data = b"".join(_until(rows, SESSION_BYTES))
        put(place(home, tool, session), data)
        left -= len(data)
        number += 1
    return number


def dense(home: Path, blocks: Iterator[list[str]]) -> int:
    """Sessions of nothing but new files, one for each block of lines; how many lines there are."""
    count = 0
    rows: list[bytes] = []
    session = _Claude("0")
    for number, lines in enumerate(blocks):
        if number % 500 == 0:
            if rows:
                put(place(home, "claude", session.session), b"".join(rows))
            rows, session = [], _Claude(f"{number:08x}-0000-4000-8000-000000000000")
        rows += session.write(f"{CWD}/file{number}.py", lines)
        count += sum(1 for line in lines if line.strip())
    put(place(home, "claude", session.session), b"".join(rows))
    return count


def place(home: Path, tool: str, session: str) -> Path:
    """Where the tool would keep a session."""
    if tool == "codex":
        return (
            home
            / ".codex"
            / "sessions"
            / "2026"
            / "06"
            / "01"
            / f"rollout-2026-06-01T10-00-00-{session}.jsonl"
        )
    return home / ".claude" / "projects" / re.sub(r"\W", "-", CWD) / f"{session}.jsonl"


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def aged(home: Path, days: float, seconds: float) -> None:
    """Make all transcripts but every tenth as old as most are."""
    for number, path in enumerate(sorted(home.rglob("*.jsonl"))):
        if number % 10:
            os.utime(path, (seconds - days * 86_400,) * 2)


def _until(rows: Iterator[bytes], size: int) -> Iterator[bytes]:
    for row in rows:
        yield row
        size -= len(row)
        if size <= 0:
            return


class _Claude:
    """The records of one session of Claude Code."""

    def __init__(self, session: str) -> None:
        self.session, self.calls = session, 0

    def record(self, kind: str, **rest: Any) -> bytes:
        self.calls += 1
        moment = f"2026-06-01T{10 + self.calls // 3600 % 12:02d}:{self.calls // 60 % 60:02d}:{self.calls % 60:02d}.000Z"
        base = {
            "parentUuid": f"{self.calls - 1:08x}-1111-4111-8111-111111111111", "isSidechain": False,
            "userType": "external", "cwd": CWD, "sessionId": self.session, "version": "2.1.42", "gitBranch": "main",
            "uuid": f"{self.calls:08x}-1111-4111-8111-111111111111", "timestamp": moment,
        }  # fmt: skip
        return json.dumps({"type": kind, **base, **rest}, ensure_ascii=False).encode() + b"\n"

    def said(self, kind: str, text: str) -> bytes:
        block = {"type": kind, kind: text, **({"signature": "x" * 600} if kind == "thinking" else {})}
        return self.record(
            "assistant", message={"role": "assistant", "model": "claude-opus-4-6", "content": [block]}
        )

    def call(self, name: str, asked: dict[str, Any], effect: dict[str, Any], said: str) -> list[bytes]:
        use = {
            "type": "tool_use",
            "id": f"toolu_{self.session[:8]}{self.calls:06d}",
            "name": name,
            "input": asked,
        }
        result = {"type": "tool_result", "tool_use_id": use["id"], "content": said}
        return [
            self.record(
                "assistant", message={"role": "assistant", "model": "claude-opus-4-6", "content": [use]}
            ),
            self.record("user", message={"role": "user", "content": [result]}, toolUseResult=effect),
        ]

    def write(self, path: str, lines: Sequence[str]) -> list[bytes]:
        text = "\n".join(lines) + "\n"
        effect: dict[str, Any] = {
            "type": "create",
            "filePath": path,
            "content": text,
            "originalFile": None,
            "structuredPatch": [],
        }
        asked = {"file_path": path, "content": text}
        return self.call("Write", asked, effect, f"File created successfully at: {path}")

    def read(self, path: str, lines: Sequence[str]) -> list[bytes]:
        shown = "\n".join(f"{number:6d}→{line}" for number, line in enumerate(lines, 1))
        file = {"filePath": path, "content": "\n".join(lines), "numLines": len(lines), "startLine": 1}
        effect = {"type": "text", "file": {**file, "totalLines": len(lines)}}
        return self.call("Read", {"file_path": path}, effect, shown)

    def bash(self, lines: Sequence[str]) -> list[bytes]:
        out = "\n".join(lines)
        effect = {"stdout": out, "stderr": "", "interrupted": False, "isImage": False}
        return self.call("Bash", {"command": "make test", "description": "run the tests"}, effect, out)

    def edit(self, path: str, lines: list[str], at: int, old: int, new: Sequence[str]) -> list[bytes]:
        after = [*lines[:at], *new, *lines[at + old :]]
        body = list(
            difflib.unified_diff(
                lines[at - 3 : at + old + 3], after[at - 3 : at + len(new) + 3], n=3, lineterm=""
            )
        )
        hunk = {
            "oldStart": at - 2,
            "oldLines": old + 6,
            "newStart": at - 2,
            "newLines": len(new) + 6,
            "lines": body[3:],
        }
        asked = {
            "file_path": path,
            "old_string": "\n".join(lines[at : at + old]),
            "new_string": "\n".join(new),
        }
        effect = {
            "filePath": path, "oldString": asked["old_string"], "newString": asked["new_string"],
            "originalFile": "\n".join(lines), "structuredPatch": [hunk], "userModified": False, "replaceAll": False,
        }  # fmt: skip
        lines[:] = after
        return self.call("Edit", asked, effect, f"The file {path} has been updated successfully.")


def _claude(session: str, texts: Texts, chance: random.Random) -> Iterator[bytes]:
    one = _Claude(session)
    while True:
        path, lines = chance.choice(texts)
        lines = list(lines[: chance.randrange(200, 900)])
        if len(lines) < 20:
            continue
        yield one.record("user", message={"role": "user", "content": "\n".join(_some(texts, chance, 6))})
        yield one.said("thinking", "\n".join(_some(texts, chance, 40)))
        yield from one.read(f"{CWD}/{path}", lines)
        yield from one.bash(_some(texts, chance, 60))
        for row in one.read(f"{CWD}/{path}", _some(texts, chance, 150)):
            inner = {"type": "agent_progress", "agentId": "a1b2c3", "message": json.loads(row)}
            yield one.record("progress", data=inner)
        for _ in range(3):
            at = chance.randrange(3, len(lines) - 8)
            yield one.said("thinking", "\n".join(_some(texts, chance, 40)))
            yield from one.edit(f"{CWD}/{path}", lines, at, 3, _changed(_some(texts, chance, 8), chance))
            yield one.said("text", "\n".join(_some(texts, chance, 20)))
            yield one.record("progress", data={"type": "bash_progress", "output": "." * 600})
        if not chance.randrange(4):
            yield from one.write(f"{CWD}/{path}.new", _changed(_some(texts, chance, 80), chance))


def _codex(session: str, texts: Texts, chance: random.Random) -> Iterator[bytes]:
    calls = 0

    def row(kind: str, **payload: Any) -> bytes:
        moment = f"2026-06-01T{10 + calls // 3600 % 12:02d}:{calls // 60 % 60:02d}:{calls % 60:02d}.000Z"
        return (
            json.dumps({"timestamp": moment, "type": kind, "payload": payload}, ensure_ascii=False).encode()
            + b"\n"
        )

    yield row(
        "session_meta",
        id=session,
        cwd=CWD,
        cli_version="0.140.0",
        source="cli",
        base_instructions="x" * 15_000,
    )
    yield row("turn_context", cwd=CWD, model="gpt-5.4-codex", approval_policy="on-request")
    while True:
        for _ in range(20):
            calls += 1
            call = f"call_{session[:8]}{calls:05d}"
            command = json.dumps({"cmd": f"sed -n 1,200p file{calls}.py"})
            said = "Chunk ID: 1\nProcess exited with code 0\nOutput:\n" + "\n".join(_some(texts, chance, 110))
            yield row(
                "response_item", type="function_call", name="exec_command", arguments=command, call_id=call
            )
            yield row("response_item", type="function_call_output", call_id=call, output=said)
            yield row("event_msg", type="token_count", info={"total_token_usage": "y" * 600})
        calls += 1
        call, new = f"call_{session[:8]}{calls:05d}", _changed(_some(texts, chance, 40), chance)
        patch = "\n".join(
            (
                f"*** Begin Patch\n*** Add File: made{calls}.py",
                *(f"+{line}" for line in new),
                "*** End Patch\n",
            )
        )
        yield row(
            "response_item",
            type="custom_tool_call",
            status="completed",
            call_id=call,
            name="apply_patch",
            input=patch,
        )
        done = {
            "output": f"Success. Updated the following files:\nA made{calls}.py\n",
            "metadata": {"exit_code": 0},
        }
        yield row("response_item", type="custom_tool_call_output", call_id=call, output=json.dumps(done))


def _some(texts: Texts, chance: random.Random, count: int) -> list[str]:
    """Lines that stand together somewhere."""
    lines = chance.choice(texts)[1]
    at = chance.randrange(max(1, len(lines) - count))
    return lines[at : at + count]


def _changed(lines: list[str], chance: random.Random) -> list[str]:
    """The same with other names, so that nobody had them before."""
    return [re.sub(r"\b\w{5,}", lambda word: f"{word[0]}{chance.randrange(1000)}", line) for line in lines]
