"""Read Gemini CLI's chats: `<home>/.gemini/tmp/<project>/chats/session-*.jsonl`, before that one JSON object a file.

A line is the session's data, a message, or a change of what came before: `{"$set": {...}}`, of which `messages`
replaces the whole history, and `{"$rewindTo": id}`, which drops a message and all later ones. A message is written
again with the same id whenever it learns more, and its `toolCalls` come with its second copy; so a call is taken when it
is first seen to have succeeded, by its own id. What was rewound did happen; whether the person had the files put back
too is not recorded, so its outcome is unknown.

Of an edit `resultDisplay` has the effect: the file before and after, and a diff. A command's failure shows in its
output only. `<project>` is a short name that `projects.json` and `.project_root` explain, or the SHA-256 of the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from whence.evidence.sessions.edits import apply_patch, odd, patches
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.inserted import accepted, between, hunks
from whence.evidence.sessions.edits.shown import as_shown, heard
from whence.evidence.sessions.interface import (
    Event,
    Faults,
    Located,
    Locator,
    Odd,
    Outcome,
    Places,
    Read,
    Tick,
    Transcript,
    Written,
)
from whence.evidence.sessions.paths import is_absolute, joined, nearness, posix
from whence.evidence.sessions.readers.gemini_cli.projects import DIGEST, Folders, digests
from whence.evidence.sessions.readers.gemini_cli.results import text_of, without
from whence.evidence.sessions.stores.files import document, find, parsed, raw_lines
from whence.evidence.sessions.stores.folders import homes
from whence.evidence.sessions.stores.values import content_text, items, lines, mapping, string, when
from whence.matching.passages import Block
from whence.model import Contributor
from whence.quick import dataclass
from whence.text import normal

MAX_SEEN = 1_000_000
"""Messages and calls that are remembered to tell copies apart."""

_WRITE, _EDIT, _SHELL, _READ_FILE = "write_file", "replace", "run_shell_command", "read_file"
_PARTS = frozenset({"offset", "limit", "start_line", "end_line"})
_TOLD = frozenset(
    {
        "invoke_agent", "delegate_to_agent", "codebase_investigator", "write_todos", "save_memory", "complete_task",
        "activate_skill", "enter_plan_mode", "exit_plan_mode", "update_topic", "ask_user", "google_web_search",
    }
)  # fmt: skip
"""Tools whose result repeats what they were asked for, beside what the person answered or a subagent found."""

_PATH_SAID = re.compile(
    r"(?:created and wrote to new|overwrote|modified|Created new) file: (.+?)(?: with |\. |\.$| \(\d)",
    re.MULTILINE,
)
_CREATED = re.compile(r"Successfully created|Created ")
_FAILED = re.compile(
    r"^(?:Exit Code: (?!0$)|Signal: (?!\(none\)$|0$)|Command was cancelled|Command timed out|Command moved to background)",
    re.MULTILINE,
)
_OUTPUT = re.compile(r"^(?:Output|Stdout): ", re.MULTILINE)
_FOLDERS = re.compile(r"(?:directory: |^\s*- )((?:/|[A-Za-z]:[\\/]).*?)\s*$", re.MULTILINE)
_WORTH = (b'"toolCalls"', b'"user"', b'"messages"', b'"projectHash"', b'"functionCall"')


@dataclass(slots=True)
class _State:
    shown: str
    session: str
    root: str
    """The project's folder; empty: not known yet."""
    digest: str = ""
    """SHA-256 of the project's folder."""
    undone: frozenset[str] = frozenset()
    """Messages that the person went back before."""
    line: int = 0
    offset: int = 0
    seen: set[object] = field(default_factory=set)
    contents: Contents = field(default_factory=Contents)
    asked: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Calls that stand in a message's text only, and wait for their result."""

    def locator(self, record: str = "") -> Locator:
        return Locator(self.shown, self.offset, self.line, record)

    def first(self, key: object) -> bool:
        """Whether something is met for the first time."""
        if key in self.seen:
            return False
        if len(self.seen) >= MAX_SEEN:
            self.seen.clear()
        self.seen.add(key)
        return True

    def learn(self, folder: str) -> None:
        """A folder that may be the project's: its digest tells."""
        if not self.root and self.digest and self.digest in digests(folder):
            self.root = folder
            self.contents.within(folder)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that succeeded."""

    name: str
    asked: Mapping[str, Any]
    said: str
    effect: Mapping[str, Any]
    path: str
    """Of the file that was written or read, absolute where the tool says so."""
    shown: str
    """`resultDisplay` where it is a text."""
    model: str | None
    cwd: str
    session: str
    time: datetime | None
    locator: Locator
    outcome: Outcome


class GeminiCli:
    """Gemini CLI (Google)."""

    tool = "gemini-cli"
    source = "gemini-cli-session"

    def locate(self, places: Places) -> Located:
        environment = places.environment
        roots = homes(environment, "GEMINI_CLI_HOME", ".gemini")
        located = find([root / "tmp" for root in roots], environment, _is_chat, "Gemini CLI")
        folders = Folders(roots, places.root)
        kept = tuple(
            replace(transcript, folder=folders.of(transcript.path))
            for transcript in located.transcripts
            if "chats" in transcript.path.parts
        )
        return Located(kept, located.problems)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        if DIGEST.fullmatch(transcript.folder):
            return 0 if any(transcript.folder in digests(folder) for folder in folders) else 2
        return nearness(transcript.folder, folders)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        root = "" if DIGEST.fullmatch(transcript.folder) else transcript.folder
        state = _State(transcript.shown, transcript.path.stem, root)
        if _is_document(transcript):
            yield from _record(document(transcript, faults, tick), state)
            return
        state.undone = _rewound(transcript, tick)
        for line, offset, data in raw_lines(transcript, faults, tick):
            state.line, state.offset = line, offset
            if any(word in data for word in _WORTH):
                yield from _record(parsed(data, line, faults), state)
            elif odd.signs(data) and odd.carries(parsed(data, line, Faults(""))):
                yield Odd(state.locator())


def _is_chat(name: str) -> bool:
    return name.endswith(".jsonl") or (name.startswith("session-") and name.endswith(".json"))


def _is_document(transcript: Transcript) -> bool:
    """Whether the file is one object over many lines, whatever its name says."""
    if transcript.path.suffix == ".json":
        return True
    for _, _, data in raw_lines(transcript, Faults(transcript.shown), lambda _: None):
        return data.strip() == b"{"
    return False


def _rewound(transcript: Transcript, tick: Tick) -> frozenset[str]:
    """The ids of messages that the person went back before, in a file of lines."""
    quiet = Faults(transcript.shown)

    def passed() -> Iterator[tuple[int, int, bytes]]:
        return raw_lines(transcript, quiet, lambda _: tick(0))

    if not any(b'"$rewindTo"' in data for _, _, data in passed()):
        return frozenset()
    order: dict[str, None] = {}
    gone: dict[str, None] = {}
    for line, _, data in passed():
        value = parsed(data, line, quiet)
        back = string(value, "$rewindTo")
        if back:
            ids = list(order)
            dropped = ids[ids.index(back) :] if back in order else ids
            for name in dropped:
                del order[name]
                gone[name] = None
            continue
        changed = mapping(value, "$set")
        if isinstance(changed.get("messages"), list):
            order.clear()
        for message in (value, *items(changed, "messages"), *items(value, "messages")):
            name = string(message, "id")
            if name:
                order[name] = None
                gone.pop(name, None)
    return frozenset(gone)


def _record(value: object, state: _State) -> Iterator[Event]:
    """One line, or a whole file of the older kind."""
    changes = mapping(value, "$set") or mapping(value)
    if string(changes, "sessionId"):
        state.session = string(changes, "sessionId")
    state.digest = string(changes, "projectHash") or state.digest
    for folder in items(changes, "directories"):
        if isinstance(folder, str):
            state.learn(folder)
    if string(value, "id"):
        yield from _message(mapping(value), state)
    for message in items(changes, "messages"):
        yield from _message(mapping(message), state)


def _message(message: Mapping[str, Any], state: _State) -> Iterator[Event]:
    kind = string(message, "type")
    if kind == "user":
        content = message.get("content")
        text = content_text([content] if isinstance(content, Mapping) else content)
        for found in _FOLDERS.finditer(text) if not state.root else ():
            state.learn(found[1])
        if text and state.first((string(message, "id"), hash(text))):
            yield Read(
                as_shown(text), cwd=state.root, time=when(message.get("timestamp")), session=state.session
            )
        for part in items(message, "content"):
            response = mapping(part, "functionResponse")
            asked = state.asked.pop(string(response, "id"), None)
            if asked is not None:
                status = "error" if "error" in mapping(response, "response") else "success"
                yield from _call({**asked, "result": [part], "status": status}, message, state)
    elif kind == "gemini":
        for call in items(message, "toolCalls"):
            yield from _call(mapping(call), message, state)
        for part in items(message, "content"):
            asked = mapping(part, "functionCall")
            name = string(asked, "id")
            if name and ("call", name) not in state.seen and len(state.asked) < MAX_SEEN:
                state.asked[name] = {**asked, "model": message.get("model")}
    elif odd.carries(message):
        yield Odd(state.locator(string(message, "id")))


def _call(call: Mapping[str, Any], message: Mapping[str, Any], state: _State) -> Iterator[Event]:
    """A call as a message has it; yields once, when it is seen to have succeeded."""
    name = string(call, "id")
    key = name or repr((call.get("timestamp"), call.get("name"), call.get("args")))
    if string(call, "status") in {"error", "cancelled"} and state.first(("failed", key)):
        rows = heard(text_of(call.get("result")), call.get("args"))
        yield Read(rows, None, state.root, when(call.get("timestamp")), state.session, state.locator(name))
    if string(call, "status") != "success" or not state.first(("call", key)):
        return
    display = call.get("resultDisplay")
    asked = mapping(call, "args")
    effect, said = mapping(display), text_of(call.get("result"))
    found = _PATH_SAID.search(said)
    whole = string(effect, "filePath") or (found[1] if found else "")
    _learn_root(string(asked, "file_path"), whole, state)
    made = _Call(
        string(call, "name"),
        asked,
        said,
        effect,
        whole or string(asked, "file_path", "absolute_path"),
        display if isinstance(display, str) else "",
        string(message, "model") or string(call, "model") or None,
        state.root,
        state.session,
        when(call.get("timestamp")) or when(message.get("timestamp")),
        state.locator(name),
        Outcome.UNKNOWN if string(message, "id") in state.undone else Outcome.DONE,
    )
    if made.name in {_WRITE, _EDIT}:
        yield from _file_write(made, state.contents)
        return
    if made.name == _SHELL:
        yield from _shell_writes(made)
    elif odd.unknown(made.name, asked) and not call.get("agentId"):
        yield Odd(made.locator)
    if made.name == _READ_FILE and made.said and not _PARTS & asked.keys() and "truncated" not in made.said:
        state.contents.show(joined(made.cwd, made.path), lines(made.said))
    if made.name in _TOLD or call.get("agentId"):
        rows = heard(made.said, asked, display)
        yield Read(rows, None, made.cwd, made.time, made.session, made.locator)
    elif made.said:
        path = made.path or string(asked, "path") or None
        shown = without(made.said, string(asked, "command"))
        yield Read(as_shown(_OUTPUT.sub("", shown)), path, made.cwd, made.time, made.session, made.locator)


def _learn_root(path: str, whole: str, state: _State) -> None:
    """The project's folder is what a written file's path has before the relative path that was asked for."""
    if not state.root and path and not is_absolute(posix(path)) and posix(whole).endswith("/" + posix(path)):
        state.learn(whole[: -len(path) - 1])


def _shell_writes(call: _Call) -> Iterator[Event]:
    if _FAILED.search(call.said) or call.asked.get("is_background"):
        return
    base = joined(call.cwd, string(call.asked, "dir_path", "directory"))
    for made in patches.of_command(call.asked.get("command"), base):
        if made.removed:
            yield Read(made.removed, sent=False)
        if made.blocks:
            yield _written(call, made.path, made.blocks, made.cwd)


def _file_write(call: _Call, contents: Contents) -> Iterator[Event]:
    asked, effect = call.asked, call.effect
    path = call.path
    names = ("ai_proposed_content", "new_string" if call.name == _EDIT else "content")
    if not path or not (string(effect, "newContent", "fileDiff") or any(map(asked.__contains__, names))):
        yield Odd(call.locator)
        return
    original, after = string(effect, "originalContent"), string(effect, "newContent")
    old = string(asked, "old_string") if call.name == _EDIT else ""
    new = string(asked, "ai_proposed_content") or string(
        asked, "new_string" if call.name == _EDIT else "content"
    )
    for before in (original, old):
        if before:
            yield Read(lines(before), path, call.cwd, sent=False)
    shown: tuple[Block, ...] | None = None
    if after or call.name == _WRITE:
        shown = contents.overwritten(joined(call.cwd, path), lines(after or new))
    else:
        shown = contents.edited(joined(call.cwd, path), old, new)
    patch = apply_patch.unified(string(effect, "fileDiff"))
    if patch:
        blocks, removed = hunks(patch)
        if removed:
            yield Read(removed, path, call.cwd, sent=False)
    elif after:
        blocks = between(lines(original), lines(after))
    elif shown is not None:
        blocks = shown
    elif call.name == _EDIT or _CREATED.match(call.said or call.shown):
        blocks = between(lines(old), lines(new))
    else:
        return  # it replaced a text that nobody shows: which lines are new cannot be told
    proposed = {*lines(new), *lines(_replaced(original, old, new) if old else "")}
    changed = bool(effect) and not _all_proposed(blocks, proposed)
    if changed:
        blocks = accepted(blocks, proposed)
    if blocks:
        contributor = Contributor.MIXED if changed else Contributor.AI
        yield _written(call, path, blocks, call.cwd, contributor)


def _replaced(original: str, old: str, new: str) -> str:
    """The file as the model wanted it. Where the text to be replaced is not there letter by letter, the tool looked
    for something alike; then the new text alone is known."""
    return original.replace(old, new)


def _all_proposed(blocks: Iterable[Block], proposed: Iterable[str]) -> bool:
    """Whether every inserted line is one that the model asked for; a person can change a proposal in their editor."""
    known = {normal(line) for line in proposed}
    return all(normal(line) in known for block in blocks for line in block.lines if line.strip())


def _written(
    call: _Call, path: str, blocks: tuple[Block, ...], cwd: str, contributor: Contributor = Contributor.AI
) -> Written:
    return Written(
        blocks,
        path,
        cwd,
        GeminiCli.tool,
        call.model,
        call.session,
        call.time,
        call.locator,
        contributor,
        call.outcome,
    )
