"""The calls of a task and what came back: Cline's API history, which Roo Code and Kilo Code took over. Pure.

The history is the messages that went to the model. An assistant's message asks for tools as `tool_use` blocks or, in
all versions until 2025, as tags in its text:

    <write_to_file>
    <path>src/a.py</path>
    <content>
    ...
    </content>
    </write_to_file>

The answer is in the next user message: a `tool_result` block of the same id, or a text `[write_to_file for 'src/a.py']
Result:` with the result below it or in the next text block. `<environment_details>` tell the folder, the model in
Roo's family, and which files somebody else changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from whence.evidence.sessions.stores.values import content_text, items, mapping, string
from whence.quick import dataclass

WRITING = frozenset(
    {
        "write_to_file", "new_rule", "replace_in_file", "apply_diff", "insert_content", "append_to_file",
        "search_and_replace", "search_replace", "edit", "edit_file", "fast_edit_file", "apply_patch",
    }
)  # fmt: skip
READING = frozenset({"read_file", "simple_read_file", "fetch_instructions"})
COMMANDS = frozenset({"execute_command"})
_OTHERS = frozenset(
    {
        "search_files", "list_files", "list_code_definition_names", "browser_action", "use_mcp_tool",
        "access_mcp_resource", "ask_followup_question", "attempt_completion", "new_task", "switch_mode",
        "codebase_search", "update_todo_list", "plan_mode_respond", "web_fetch", "web_search", "run_slash_command",
    }
)  # fmt: skip

MAX_CALLS = 1024
"""Calls that wait for their result; a message has a handful."""

_OPENED = re.compile(rf"<({'|'.join(sorted(WRITING | READING | COMMANDS | _OTHERS))})>")
_PARAMETER = re.compile(r"<([A-Za-z_]{1,40})>")
_HEADER = re.compile(r"\[([a-z_]{2,40})(?: for (.{0,20000}?))?\] Result:[ \t]*\n?", re.DOTALL)
_ENVIRONMENT = re.compile(r"<environment_details>()")
_ENVIRONMENT_ENDS = "</environment_details>"
_FOLDER = re.compile(r"# Current (?:Working|Workspace) Directory \((.{1,4096}?)\) Files")
_MODEL = re.compile(r"<model>([^<\n]+)</model>")
_CHANGED = re.compile(r"# Recently Modified Files\n[^\n]*:((?:\n[^\n#]+)+)")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was answered."""

    name: str
    asked: Mapping[str, Any]
    result: str
    """The result's text, without its header."""
    record: str
    """The call's id; empty in versions that gave none."""
    model: str | None


@dataclass(frozen=True, slots=True)
class Words:
    """A text that the tool put before the model: a person's words, the files that they named."""

    text: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody else changed these files."""

    paths: tuple[str, ...]


@dataclass(slots=True)
class Conversation:
    """What has been said so far. Feed it one message after the other."""

    cwd: str = ""
    model: str | None = None
    _waiting: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    """(id, name, arguments) in the order of the calls."""

    def take(self, message: object) -> Iterator[Call | Words | Changed]:
        """What one message of the history tells. Never raises."""
        role = string(message, "role")
        content = message.get("content") if isinstance(message, Mapping) else None
        blocks = (
            [{"type": "text", "text": content}] if isinstance(content, str) else items(message, "content")
        )
        if role == "assistant":
            self.model = string(mapping(message, "modelInfo"), "modelId") or self.model
            self._waiting = [call for block in blocks for call in _asked(block)][:MAX_CALLS]
        elif role == "user" and not mapping(message).get("isSummary"):
            yield from self._answered(blocks)

    def _answered(self, blocks: Any) -> Iterator[Call | Words | Changed]:
        headed: tuple[str, str, Mapping[str, Any]] | None = None
        for block in blocks:
            is_result = string(block, "type") == "tool_result"
            text = content_text(mapping(block).get("content")) if is_result else string(block, "text")
            header = _HEADER.match(text)
            call = self._called(string(block, "tool_use_id") if is_result else "", header)
            if call is not None:
                headed = None
                result = text[header.end() :] if header else text
                if result.strip() or is_result:
                    yield self._call(call, result)
                else:
                    # The header stands alone; the next text is the result.
                    headed = call
                continue
            for _, details in enclosed(text, _ENVIRONMENT, _ENVIRONMENT_ENDS):
                yield from self._environment(details)
            rest = outside(text, _ENVIRONMENT, _ENVIRONMENT_ENDS)
            if headed is not None and rest.strip():
                yield self._call(headed, rest)
                headed = None
            elif rest.strip():
                yield Words(rest)

    def _called(
        self, identity: str, header: re.Match[str] | None
    ) -> tuple[str, str, Mapping[str, Any]] | None:
        """The waiting call that a block answers, by its id, else by its name and what it is for.

        Cline answered calls in blocks by texts for some months of 2025 and 2026.
        """
        found = -1
        for at, (own, name, asked) in enumerate(self._waiting):
            if identity:
                if own == identity:
                    return self._waiting.pop(at)
            elif header is not None and name == header[1]:
                if string(asked, "path", "file_path", "command") == header[2]:
                    return self._waiting.pop(at)
                found = at if found < 0 else found
        return self._waiting.pop(found) if found >= 0 else None

    def _call(self, call: tuple[str, str, Mapping[str, Any]], result: str) -> Call:
        return Call(call[1], call[2], result, call[0], self.model)

    def _environment(self, details: str) -> Iterator[Changed]:
        folder = _FOLDER.search(details)
        if folder and not folder[1].startswith("Primary: "):
            self.cwd = folder[1]
        model = _MODEL.search(details)
        if model:
            self.model = model[1].strip()
        changed = _CHANGED.search(details)
        if changed:
            yield Changed(tuple(line.strip() for line in changed[1].split("\n") if line.strip()))


def enclosed(text: str, opening: re.Pattern[str], closing: str) -> Iterator[tuple[str, str]]:
    """What stands between marks, as (the opening's first group, text); each text once, in one pass."""
    at = 0
    while opened := opening.search(text, at):
        end = text.find(closing, opened.end())
        if end < 0:
            return
        yield opened[1], text[opened.end() : end]
        at = end + len(closing)


def outside(text: str, opening: re.Pattern[str], closing: str) -> str:
    """What stands outside of such marks."""
    kept: list[str] = []
    at = done = 0
    while opened := opening.search(text, at):
        end = text.find(closing, opened.end())
        if end < 0:
            break
        kept.append(text[done : opened.start()])
        at = done = end + len(closing)
    return "".join([*kept, text[done:]])


def folder_in(text: str) -> str:
    """The folder that the first environment details tell, from a part of the file as it is."""
    found = _FOLDER.search(text)
    return found[1].replace("\\\\", "\\") if found else ""


def _asked(block: object) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    kind = string(block, "type")
    if kind == "tool_use":
        yield string(block, "id"), string(block, "name"), mapping(block, "input")
    elif kind == "text":
        yield from (("", name, asked) for name, asked in tags(string(block, "text")))


def tags(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The calls that a text asks for in tags, each closed, at most `MAX_CALLS`; (name, parameters)."""
    at = 0
    last: dict[str, int] = {}
    for _ in range(MAX_CALLS):
        opened = _OPENED.search(text, at)
        if opened is None:
            return
        name = opened[1]
        asked, end = _parameters(text, opened.end(), f"</{name}>", last, greedy=name in _WHOLE)
        at = max(end, opened.end())
        if end > 0:
            yield name, asked


_WHOLE = frozenset({"write_to_file", "new_rule"})


def _parameters(
    text: str, at: int, closing: str, last: dict[str, int], *, greedy: bool
) -> tuple[dict[str, str], int]:
    """The parameters up to the closing tag and where that ends; 0 where there is none.

    A file's content may hold any tag: it ends with the last tag that could end it, as the tools have it. `last` keeps
    where each closing tag stands last, so that a missing one is looked for once.
    """
    asked: dict[str, str] = {}
    while True:
        end = _next(text, closing, at, last)
        if end < 0:
            return asked, 0
        opened = _PARAMETER.search(text, at, end)
        if opened is None:
            return asked, end + len(closing)
        name = opened[1]
        close = f"</{name}>"
        found = _next(text, close, opened.end(), last)
        if greedy and name == "content" and found >= 0:
            outer = _next(text, closing, found, last)
            final = text.rfind(close, opened.end(), outer) if outer >= 0 else -1
            found = final if final >= 0 else found
        if found < 0:
            return asked, 0
        asked.setdefault(name, text[opened.end() : found].strip("\n"))
        at = found + len(close)


def _next(text: str, tag: str, at: int, last: dict[str, int]) -> int:
    if tag not in last:
        last[tag] = text.rfind(tag)
    return text.find(tag, at) if at <= last[tag] else -1
