"""What Codex's calls ask for, and what their outputs say, in every shape that versions wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from whence.evidence.sessions.edits import odd, patches, shell
from whence.evidence.sessions.edits.patches import Insertion
from whence.evidence.sessions.interface import Locator
from whence.evidence.sessions.paths import joined
from whence.evidence.sessions.stores.values import content_text, items, mapping, string
from whence.quick import dataclass

CALLS = frozenset({"function_call", "custom_tool_call", "local_shell_call"})

_PATCHED = re.compile(r"^Success\. Updated the following files:", re.MULTILINE)
_EXIT = re.compile(r"^(?:Exit code|Process exited with code):? (-?\d+)", re.MULTILINE)
_RUNNING = re.compile(r"^Process running with session ID", re.MULTILINE)
_SHELLS = frozenset({"shell", "shell_command", "exec_command", "local_shell", "container.exec", "bash"})


@dataclass(frozen=True, slots=True)
class Call:
    """A call that waits for its outcome."""

    patch: str
    """The text of an `apply_patch`, else empty."""
    command: str
    cwd: str
    locator: Locator
    edits: bool = False
    """Whether a tool was called that only edits."""
    unknown: bool = False
    """Whether it is one that is not known, and asked to edit."""


def asked(item: Mapping[str, Any], cwd: str, locator: Locator) -> Call | None:
    """The call of a `response_item`; None where its arguments cannot be read."""
    kind = string(item, "type")
    if kind == "local_shell_call":
        action = mapping(item, "action")
        base = joined(cwd, string(action, "working_directory", "workdir"))
        return Call("", shell.command_of(action.get("command")), base, locator)
    name = string(item, "name").removeprefix("functions.")
    if kind == "custom_tool_call":
        # Newer models run JavaScript here (`exec`): the effect record says what came of it.
        edits = name == "apply_patch"
        patch = string(item, "input")
        return Call(patch if edits else "", "", cwd, locator, edits, not edits and odd.unknown(name, patch))
    try:
        arguments = json.loads(string(item, "arguments") or "{}")
    except (ValueError, RecursionError):
        return Call("", "", cwd, locator, edits=True) if name == "apply_patch" else None
    if name == "multi_tool_use.parallel":
        return _parallel(items(arguments, "tool_uses"), cwd, locator)
    if name != "apply_patch" and not string(item, "namespace") and odd.unknown(name, arguments):
        return Call("", "", cwd, locator, unknown=True)
    return _named(name, mapping(arguments), cwd, locator)


def _named(name: str, arguments: Mapping[str, Any], cwd: str, locator: Locator) -> Call:
    if name == "apply_patch":
        return Call(string(arguments, "input", "patch"), "", cwd, locator, edits=True)
    command = arguments.get("command", arguments.get("cmd")) if name in _SHELLS else ""
    base = joined(cwd, string(arguments, "workdir", "working_directory", "cwd"))
    return Call("", shell.command_of(command), base, locator)


def _parallel(uses: Sequence[object], cwd: str, locator: Locator) -> Call:
    """Several calls in one: patches are joined, commands are not (their folders may differ)."""
    calls = [
        _named(
            string(use, "recipient_name").removeprefix("functions."), mapping(use, "parameters"), cwd, locator
        )
        for use in uses
    ]
    return Call("\n".join(call.patch for call in calls if call.patch), "", cwd, locator)


def outcome(output: object) -> tuple[str, int | None]:
    """The text and the exit code of a call's output, in any of the shapes that versions wrote."""
    if isinstance(output, str) and output.lstrip().startswith("{"):
        try:
            inner = json.loads(output)
        except (ValueError, RecursionError):
            inner = None
        if isinstance(inner, dict) and "output" in inner:
            output = inner
    if isinstance(output, Mapping):
        code = mapping(output, "metadata").get("exit_code", output.get("exit_code"))
        text = content_text(output.get("output", output.get("content")))
        if output.get("success") is False:
            code = 1
        return text, code if isinstance(code, int) else None
    text = content_text(output)
    found = _EXIT.search(text[:4096])
    return text, int(found[1]) if found else None


def strange(call: Call, text: str, code: int | None) -> bool:
    """Whether an edit seems to have happened, but what was asked for or what is said of it is not understood."""
    if call.unknown:
        return code in (0, None)
    if not call.edits or code not in (0, None):
        return False
    patched = bool(_PATCHED.search(text))
    return (patched or code == 0) and not (patched and patches.understood(call.patch))


def inserted(call: Call, text: str, code: int | None) -> Iterator[Insertion]:
    """What a call inserted, as far as its output says that it did."""
    patched = code in (0, None) and bool(_PATCHED.search(text))
    if call.patch:
        if patched:
            yield from patches.of_patch(call.patch, call.cwd)
        return
    ran = code == 0 and not _RUNNING.search(text)
    for write in shell.writes(call.command):
        folder = joined(call.cwd, *write.folders)
        if isinstance(write, shell.FileText):
            if ran:
                yield Insertion(write.path, folder, write.blocks)
        elif patched:
            yield from patches.of_patch(write.text, folder)
