"""Do readers find every edit that a transcript says was made, and none that it says was not?

    python benchmarks/sessions_calls.py PATH...

A path is a clone with Entire's branch `entire/checkpoints/v1`, or a transcript of Claude Code, Codex, Gemini CLI or
Copilot CLI, or a folder of such. Each is counted twice: by our reader, and by a walk over its JSON that knows nothing
but the names of the editing tools and how each tool says success. Calls are told apart by their ids, over all files.

    calls       of editing tools (commands not counted)
    inserted    of these, those that succeeded and whose recorded effect, where there is one, adds a line that is not blank
    missed      of the inserted ones, those that the reader tells nothing of
    refused     calls that failed or were refused; `told` is how many of them the reader tells all the same
    more        calls that the reader tells and the walk knows no insertion of: no effect is recorded
    commands    shell commands of which the reader tells that they wrote a file
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sessions_data import BRANCH, blobs, text, tree

from whence.evidence.sessions.interface import Faults, Reader, Transcript, Written
from whence.evidence.sessions.readers.claude_code import ClaudeCode
from whence.evidence.sessions.readers.codex import Codex
from whence.evidence.sessions.readers.copilot import CopilotEvents
from whence.evidence.sessions.readers.gemini_cli import GeminiCli


@dataclass(slots=True)
class Count:
    """What the walk and the reader found in one tool's transcripts."""

    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    calls: set[str] = field(default_factory=set)
    inserted: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    faults: int = 0


def walked(value: object) -> Iterator[dict[str, Any]]:
    """Every object in a value, outermost first."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walked(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walked(inner)


def added(diff: str) -> bool:
    return any(line.startswith("+") and line[1:].strip() for line in diff.split("\n"))


def claude(record: dict[str, Any], count: Count) -> None:
    for item in walked(record):
        if item.get("type") == "tool_use" and item.get("name") in {
            "Write",
            "Edit",
            "MultiEdit",
            "NotebookEdit",
        }:
            count.calls.add(item["id"])
        message = item.get("message")
        content = message.get("content") if isinstance(message, dict) else None
        for result in content if isinstance(content, list) else ():
            if isinstance(result, dict) and result.get("type") == "tool_result":
                effect = item.get("toolUseResult")
                if result.get("is_error") or isinstance(effect, str):
                    count.refused.add(result["tool_use_id"])
                elif isinstance(effect, dict):
                    hunks = [line for hunk in effect.get("structuredPatch") or () for line in hunk["lines"]]
                    new = effect.get("type") == "create" and str(effect.get("content", "")).strip()
                    if new or added("\n".join(hunks)):
                        count.inserted.add(result["tool_use_id"])


def codex(record: dict[str, Any], count: Count) -> None:
    item = record.get("payload") or {}
    kind = item.get("type")
    if kind in {"custom_tool_call", "function_call"} and item.get("name") == "apply_patch":
        count.calls.add(item["call_id"])
    elif kind == "patch_apply_end" or (kind == "item_completed" and item["item"].get("type") == "FileChange"):
        item = item.get("item", item)
        call = item.get("call_id") or item.get("id")
        if not (item.get("success") is True or item.get("status") == "completed"):
            count.refused.add(call)
        for change in item["changes"].values():
            if (
                str(change.get("content", "")).strip()
                if change["type"] == "add"
                else added(change.get("unified_diff", ""))
            ):
                count.inserted.add(call)
    elif str(item.get("output", "")).startswith(("apply_patch verification failed", "patch rejected")):
        count.refused.add(item["call_id"])


def copilot(record: dict[str, Any], count: Count) -> None:
    data = record.get("data") or {}
    if record.get("type") == "tool.execution_start" and data.get("toolName") in {
        "create",
        "edit",
        "apply_patch",
    }:
        count.calls.add(data["toolCallId"])
    elif record.get("type") == "tool.execution_complete" and data["toolCallId"] in count.calls:
        if not data.get("success"):
            count.refused.add(data["toolCallId"])
        elif added(data["result"].get("detailedContent", "").partition("@@")[2]):
            count.inserted.add(data["toolCallId"])


def gemini(record: dict[str, Any], count: Count) -> None:
    for call in walked(record):
        if call.get("name") in {"write_file", "replace"} and "args" in call and "status" in call:
            count.calls.add(call["id"])
            shown = call.get("resultDisplay")
            if call["status"] != "success":
                count.refused.add(call["id"])
            elif isinstance(shown, dict) and added(str(shown.get("fileDiff", "")).partition("@@")[2]):
                count.inserted.add(call["id"])


Walk = Callable[[dict[str, Any], Count], None]
TOOLS: dict[str, tuple[Reader, Walk]] = {
    "Claude Code": (ClaudeCode(), claude),
    "Codex": (Codex(), codex),
    "Copilot CLI": (CopilotEvents(), copilot),
    "Gemini CLI": (GeminiCli(), gemini),
}


def tool_of(data: bytes) -> str:
    """The tool that wrote a transcript, by what it begins with; empty where it is none of ours."""
    head = data[:4096]
    if b'"session_meta"' in head:
        return "Codex"
    if b'"session.start"' in head or b'"copilot-agent"' in head:
        return "Copilot CLI"
    if b'"messages"' in head or b'"projectHash"' in head:
        return "Gemini CLI"
    return "Claude Code" if b'"sessionId"' in head or b'"leafUuid"' in head or b'"snapshot"' in head else ""


def records(data: bytes) -> Iterator[dict[str, Any]]:
    try:
        whole = json.loads(data)
    except ValueError:
        for line in data.split(b"\n"):
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                yield value
    else:
        yield whole


def transcripts(path: Path) -> Iterator[bytes]:
    if path.is_file():
        yield path.read_bytes()
    elif (path / ".git").exists() or (path / "objects").exists():
        if text(path, "for-each-ref", f"refs/heads/{BRANCH}", f"refs/remotes/*/{BRANCH}"):
            yield from blobs(
                path, [name for file, name in tree(path, BRANCH).items() if "/full.jsonl" in file]
            )
    else:
        for file in sorted(path.rglob("*.json*")):
            yield file.read_bytes()


def measure(data: bytes, counts: dict[str, Count]) -> None:
    tool = tool_of(data)
    if not tool:
        return
    reader, walk = TOOLS[tool]
    count = counts.setdefault(tool, Count())
    count.files, count.bytes = count.files + 1, count.bytes + len(data)
    for record in records(data):
        walk(record, count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "full.jsonl"
        path.write_bytes(data)
        faults = Faults(tool)
        start = time.process_time()
        told = list(reader.read(Transcript(path, len(data), 0.0, tool), faults, lambda _: None))
        count.seconds += time.process_time() - start
        count.told |= {item.locator.record for item in told if isinstance(item, Written)}
        count.faults += faults.count


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    counts: dict[str, Count] = {}
    for path in parser.parse_args().paths:
        for data in transcripts(path):
            measure(data, counts)
    wrong = False
    for tool, count in counts.items():
        inserted = count.inserted & count.calls - count.refused
        edits = count.told & count.calls
        missed, told = inserted - edits, edits & count.refused
        wrong |= bool(missed or told)
        print(
            f"{tool}: {count.files} transcripts, {count.bytes / 1e6:.0f} MB, read in {count.seconds:.1f} s of CPU, "
            f"{count.faults} faults\n"
            f"  calls {len(count.calls)}, inserted {len(inserted)}, missed {len(missed)}, "
            f"refused {len(count.refused & count.calls)} (told {len(told)}), "
            f"more {len(edits - inserted - count.refused)}, commands {len(count.told - count.calls)}"
        )
    return 1 if wrong or not counts else 0


if __name__ == "__main__":
    sys.exit(main())
