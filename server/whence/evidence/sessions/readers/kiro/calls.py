"""What Kiro's and Amazon Q's tools were asked for and said, in all of their stores."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from whence.evidence.sessions.edits import odd
from whence.evidence.sessions.edits.calls import Files, answered
from whence.evidence.sessions.interface import Event, Odd, Written
from whence.evidence.sessions.stores.values import mapping, string

WRITES = frozenset({"fs_write", "fsWrite", "write", "fsAppend", "strReplace", "fs_append", "str_replace"})
_READS = frozenset({"fs_read", "fsRead", "read", "readFile", "readCode", "read_file"})
_COMMANDS = frozenset({"execute_bash", "executeBash", "execute_cmd", "executePwsh", "shell"})
_TOLD = frozenset(
    {
        "thinking",
        "todo_list",
        "use_subagent",
        "delegate",
        "introspect",
        "report_issue",
        "taskStatus",
        "userInput",
    }
)

_EXIT = re.compile(r"Exit Code: (-?\d+)")


def told(
    files: Files, name: str, asked: Mapping[str, Any], content: object, good: bool, call: Written
) -> Iterator[Event]:
    """The events of one call and its result's content."""
    said = text_of(content)
    if name in WRITES:
        if good:
            yield from files.wrote(call, plain(name, asked))
        else:
            yield answered(call, asked, said)
        return
    if good and odd.unknown(name, asked):
        yield Odd(call.locator)
    if name in _COMMANDS and good and _succeeded(content, said):
        yield from files.commanded(call, asked)
    if name in _TOLD:
        yield answered(call, asked, said)
    else:
        mode = string(asked, "mode").lower() or "line"
        part = {
            "start_line",
            "end_line",
            "startLine",
            "endLine",
            "operations",
            "paths",
            "limit",
            "offset",
        } & asked.keys()
        whole = name in _READS and good and mode == "line" and not part and "...truncated" not in said
        yield from files.shown(call, asked, said, whole=whole)


def plain(name: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """A write's input in the shape that other tools have: a file's whole text, a replacement, or text put in."""
    command = string(asked, "command").replace("_", "").lower() or name.replace("_", "").lower()
    path = string(asked, "path", "file_path", "filePath")
    names: tuple[str, ...] = ("file_text", "fileText", "content", "text", "new_str", "newStr")
    if command in {"create", "fswrite", "write"}:
        key = "content"
    elif command in {"insert", "append", "fsappend"}:
        key, names = "new_str", ("new_str", "newStr", "content", "text")
    else:
        return asked if path else {}
    known = any(isinstance(asked.get(one), str) for one in names)
    return {"path": path, key: string(asked, *names)} if known else {}


def _succeeded(content: object, said: str) -> bool:
    """Whether a command's output, an object with an exit status in most versions, tells of no failure."""
    for part in _parts(content):
        status = mapping(part).get("exit_status", mapping(part).get("exitCode"))
        # `exit status: 0` and `0` mean the same.
        if status is not None and str(status).rpartition(" ")[2] != "0":
            return False
    found = _EXIT.search(said[-4096:])
    return found is None or found[1] == "0"


def text_of(content: object) -> str:
    """A result's text; of a command what it printed."""
    out: list[str] = []
    for part in _parts(content):
        if isinstance(part, Mapping):
            printed = [text for text in (string(part, "stdout"), string(part, "stderr")) if text]
            out += printed or ([] if "exit_status" in part else [json.dumps(part)])
        elif isinstance(part, str):
            out.append(part)
    return "\n".join(out)


def _parts(content: object) -> Iterator[object]:
    """The parts of `[{"Text"}, {"Json"}]`, `[{"kind": "text" | "json", "data"}]`, or of a string that may be JSON."""
    for part in content if isinstance(content, list) else [content]:
        data = part
        if isinstance(part, Mapping):
            data = next((part[key] for key in ("Text", "Json", "text", "data") if key in part), part)
        if isinstance(data, str) and data.lstrip().startswith('{"'):
            try:
                value = json.loads(data)
            except (ValueError, RecursionError):
                value = None
            if isinstance(value, dict) and {"stdout", "exit_status", "exitCode"} & value.keys():
                data = value
        yield data
