"""What the calls of a task wrote and showed, in Cline's, Roo Code's and Kilo Code's words for success.

Only calls whose result says so happened: refused, failed and interrupted ones say something else, or nothing. Newer
results of Cline hold the file's whole text after the edit (`<final_file_content>`), with what a formatter and the
person made of it; Roo's hold the person's changes as a patch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import datetime

from whence.evidence.sessions.edits import apply_patch, odd, patches, search_replace
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.inserted import accepted, between, hunks
from whence.evidence.sessions.edits.search_replace import Marks
from whence.evidence.sessions.edits.shown import as_shown, heard
from whence.evidence.sessions.interface import Event, Locator, Odd, Outcome, Read, Written
from whence.evidence.sessions.paths import joined
from whence.evidence.sessions.readers.tasks.calls import (
    COMMANDS,
    READING,
    WRITING,
    Call,
    Words,
    enclosed,
    outside,
)
from whence.evidence.sessions.readers.tasks.files import Seen
from whence.evidence.sessions.stores.values import lines, string
from whence.matching.passages import Block
from whence.model import Contributor
from whence.quick import dataclass
from whence.text import normal

_SAVED = re.compile(
    r"successfully saved to|successfully appended to|Changes (?:successfully )?applied to|New file created and content"
    r"|[Ss]uccessfully applied|<file_write_result>|\"operation\":\s*\"(?:created|modified)\"|Content inserted"
)
_REFUSED = re.compile(
    r"\s*(?:The user denied|Changes were rejected|The tool execution failed|Skipping tool|Tool \[|No changes needed"
    r"|No file operations|Missing value for required|\{\s*\"status\":\s*\"(?:denied|error)\"|<error>|Error|ERROR"
    r"|\[ERROR\]|\[Tool|Access to )"
)
_DENIED = re.compile(r"\s*(?:The user denied|Changes were rejected|\{\s*\"status\":\s*\"denied\")")
_PARTLY = "nable to apply all diff parts"
_CREATED = re.compile(r"New file created|\"operation\":\s*\"created\"|<operation>created</operation>")
_FINAL = re.compile(r"<final_file_content path=\"([^\"\n]*)\">\n?")
_FILE = re.compile(r"<file_content path=\"([^\"\n]*)\">\n?")
_FEEDBACK = re.compile(r"<feedback>()")
_FEEDBACK_ENDS = "</feedback>"
_FINAL_ENDS, _FILE_ENDS = "</final_file_content>", "</file_content>"
_ROO_FILE = re.compile(r"<file><path>([^<\n]+)</path>\s*")
_ROO_CONTENT = re.compile(r"<content(?: lines=\"(\d+)-\d+\")?>\n?")
_ROO_PLAIN = re.compile(r"File: ([^\n]+)\n(?:Lines (\d+)-\d+:\n)?(.*)", re.DOTALL)
_USER_PATCH = re.compile(
    r"The user made (?:the following updates to your content|edits to the file):\n+(.*?)(?=\n\nThe u|\Z)",
    re.DOTALL,
)
_USER_TAG = re.compile(r"<user_edits>(.*?)</user_edits>", re.DOTALL)
_PART = re.compile(r"Showing (?:only|lines)|FILE TRUNCATED|content truncated|\[\[NOTE\]|\(truncated")
_WHOLE_NOTE = re.compile(r"\n\n\(File has \d+ lines total\.\)\s*\Z")
_NUMBER = re.compile(r"\s*(\d+) ?\| ?")
_EXIT = re.compile(r"[Ee]xit code:? (-?\d+)")
_RAN = re.compile(r"\s*Command executed")
_RUNNING = re.compile(r"\s*(?:Command is still running|The user denied|\{\"status\":)")


_ASKS = {
    "write_to_file": ("content",),
    "new_rule": ("content",),
    "replace_in_file": ("diff",),
    "apply_diff": ("diff", "args"),
    "insert_content": ("content", "operations"),
    "append_to_file": ("content", "operations"),
    "edit_file": ("code_edit", "old_string", "new_string"),
    "fast_edit_file": ("code_edit", "old_string", "new_string"),
}
"""What the calls have beside the file; the others replace a text by another."""


@dataclass(slots=True)
class Task:
    """The task so far, and the place in it that is being looked at."""

    tool: str
    marks: Marks
    session: str
    cwd: str = ""
    time: datetime | None = None
    locator: Locator = field(default_factory=lambda: Locator(""))
    contents: Contents = field(default_factory=Contents)

    def read(self, text: Sequence[str], path: str | None = None, *, sent: bool = True) -> Read:
        return Read(tuple(text), path, self.cwd, self.time, self.session, self.locator, sent)

    def path(self, path: str) -> str:
        """Where a file is: what its content is known by."""
        return joined(self.cwd, path)


def words(task: Task, said: Words) -> Iterator[Event]:
    """A text before the model, with the files in it."""
    yield from _files_in(task, said.text)
    rest = outside(said.text, _FILE, _FILE_ENDS)
    if rest.strip():
        yield task.read(as_shown(rest))


def events(task: Task, call: Call, seen: Seen | None) -> Iterator[Event]:
    """What a call wrote or showed. `seen` is how the person saw the edit, where that is known."""
    if call.name in WRITING:
        yield from _edited(task, call, seen)
    elif call.name in COMMANDS:
        yield from _commanded(task, call)
    elif call.name in READING:
        yield from _looked(task, call)
    else:
        if odd.unknown(call.name, call.asked) and happened(call.result):
            yield Odd(task.locator)
        yield task.read(heard(call.result, call.asked))


def path_of(call: Call) -> str:
    return string(call.asked, "path", "file_path", "absolutePath", "target_file")


def happened(result: str) -> bool:
    """Whether a result says that the edit is on the disk."""
    head = result.partition("<final_file_content")[0]
    return not _REFUSED.match(head) and _SAVED.search(head[:20_000]) is not None


def refused(result: str) -> bool:
    """Whether a person saw the edit and did not want it."""
    return _DENIED.match(result) is not None


def _edited(task: Task, call: Call, seen: Seen | None) -> Iterator[Event]:
    if not happened(call.result):
        # What is shown of the file then was there before.
        yield from _files_in(task, call.result)
        yield task.read(heard(outside(call.result, _FILE, _FILE_ENDS), call.asked))
        return
    yield from _inserted(task, call, seen)
    # What a person said when they let it happen.
    for _, text in enclosed(call.result, _FEEDBACK, _FEEDBACK_ENDS):
        yield task.read(as_shown(text))
    if '"feedback"' in call.result:
        yield task.read(as_shown(_json(call.result, "feedback")))


def _inserted(task: Task, call: Call, seen: Seen | None) -> Iterator[Event]:
    if call.name == "apply_patch":
        yield from _patched(task, call)
        return
    path = path_of(call)
    place = task.path(path)
    if not path or not _asks(call):
        yield Odd(task.locator)
        return
    if _CREATED.search(call.result[:20_000]) or (seen is not None and seen.new):
        task.contents.show(place, ())
    final = _final(call.result)
    if call.name in {"write_to_file", "new_rule"}:
        proposed = lines(string(call.asked, "content"))
        blocks = _rewritten(task, place, proposed, final, seen)
    else:
        pairs = [
            pair
            for pair in _pairs(task, call)
            if _PARTLY not in call.result or task.contents.holds(place, pair[0])
        ]
        proposed = tuple(line for _, new in pairs for line in new)
        for old, _ in pairs:
            if old:
                yield task.read(old, path, sent=False)
        blocks = tuple(block for old, new in pairs for block in between(old, new))
        for old, new in pairs:
            task.contents.swapped(place, old, new)
    changed = user_patch(call.result)
    if changed and final is not None:
        blocks = (
            accepted(blocks, proposed)
            if call.name in {"write_to_file", "new_rule"}
            else _left(blocks, changed)
        )
    elif changed:
        blocks = _left(blocks, changed)
        task.contents.forget(place)
    if final is not None:
        task.contents.show(place, final)
    if blocks:
        yield _written(task, call, path, blocks, mixed=bool(changed))
    if final is not None:
        yield task.read(final, path)


def _asks(call: Call) -> bool:
    """Whether the arguments are of a form that is known."""
    texts = _ASKS.get(call.name, ("old_string", "search", "new_string", "replace", "use_regex"))
    return any(isinstance(call.asked.get(name), str) for name in texts)


def _final(result: str) -> tuple[str, ...] | None:
    """The file's whole text after the edit, where the result holds it."""
    return next((shown(text.rstrip("\n")) for _, text in enclosed(result, _FINAL, _FINAL_ENDS)), None)


def _rewritten(
    task: Task, place: str, proposed: tuple[str, ...], final: tuple[str, ...] | None, seen: Seen | None
) -> tuple[Block, ...]:
    """What a new text of a whole file adds: to what is known of it, else as the person saw it."""
    blocks = task.contents.overwritten(place, proposed if final is None else final)
    if blocks is None and seen is not None and seen.diff:
        return hunks(apply_patch.unified(seen.diff))[0]
    return blocks or ()


def _pairs(task: Task, call: Call) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """(old, new) lines of each replacement that a call asked for."""
    asked = call.asked
    diff = string(asked, "diff")
    if call.name in {"replace_in_file", "apply_diff"}:
        for block in search_replace.blocks(diff.replace("\r\n", "\n").split("\n"), task.marks):
            yield block.old, block.new
    elif call.name in {"insert_content", "append_to_file"}:
        text = string(asked, "content")
        for one in [text] if text else _operations(asked, "content"):
            yield (), lines(one)
    elif call.name in {"edit_file", "fast_edit_file"} and string(asked, "code_edit"):
        # A model's sketch of the new file, in which another one fills what is left out.
        known = task.contents.text(task.path(path_of(call)))
        if known is not None:
            yield known, lines(string(asked, "code_edit"))
    elif string(asked, "use_regex").lower() != "true":
        old, new = string(asked, "old_string", "search"), string(asked, "new_string", "replace")
        if old or new:
            yield lines(old), lines(new)


def _operations(asked: object, key: str) -> Iterator[str]:
    """The texts in a list of operations that is JSON in a string."""
    try:
        value = json.loads(string(asked, "operations") or "[]")
    except (ValueError, RecursionError):
        return
    yield from (string(one, key) for one in (value if isinstance(value, list) else ()))


def _patched(task: Task, call: Call) -> Iterator[Event]:
    text = string(call.asked, "input", "patch")
    if not patches.understood(text):
        yield Odd(task.locator)
    finals = {path: shown(text.rstrip("\n")) for path, text in enclosed(call.result, _FINAL, _FINAL_ENDS)}
    changed = user_patch(call.result)
    for insertion in patches.of_patch(text, task.cwd):
        place = task.path(insertion.path)
        if insertion.removed:
            yield task.read(insertion.removed, insertion.path, sent=False)
        task.contents.forget(place)
        blocks = _left(insertion.blocks, changed) if changed else insertion.blocks
        if blocks:
            yield _written(task, call, insertion.path, blocks, mixed=bool(changed))
    for path, final in finals.items():
        task.contents.show(task.path(path), final)
        yield task.read(final, path)


def _commanded(task: Task, call: Call) -> Iterator[Event]:
    exit_code = _EXIT.search(call.result[:4096])
    ran = bool(exit_code) or _RAN.match(call.result) is not None
    if ran and not _RUNNING.match(call.result) and (exit_code is None or int(exit_code[1]) == 0):
        outcome = Outcome.DONE if exit_code else Outcome.UNKNOWN
        base = joined(task.cwd, string(call.asked, "cwd"))
        for insertion in patches.of_command(call.asked.get("command"), base):
            task.contents.forget(joined(insertion.cwd, insertion.path))
            if insertion.removed:
                yield task.read(insertion.removed, insertion.path, sent=False)
            if insertion.blocks:
                yield _written(
                    task, call, insertion.path, insertion.blocks, cwd=insertion.cwd, outcome=outcome
                )
    yield task.read(as_shown(call.result))


def _looked(task: Task, call: Call) -> Iterator[Event]:
    result = call.result
    if _REFUSED.match(result):
        yield task.read(heard(result, call.asked))
        return
    path = path_of(call)
    files = list(enclosed(result, _ROO_FILE, "</file>"))
    if files:
        for name, rest in files:
            content = _ROO_CONTENT.match(rest)
            end = rest.rfind("</content>")
            if content and end >= 0:
                body, note = rest[content.end() : end].rstrip("\n"), rest[end:]
                yield from _saw(task, name, body, content[1] in {None, "1"} and not _PART.search(note))
        return
    plain = _ROO_PLAIN.match(result)
    if plain:
        yield from _saw(task, plain[1], plain[3], plain[2] in {None, "1"} and not _PART.search(result))
        return
    if path:
        body = _WHOLE_NOTE.sub("", result)
        yield from _saw(task, path, body, not _PART.search(result))
    elif result:
        yield task.read(as_shown(result))


def _saw(task: Task, path: str, text: str, whole: bool) -> Iterator[Event]:
    """A file's text before the model; kept as its content where it is all of it."""
    body = shown(text)
    first = _NUMBER.match(text)
    if whole and text.strip() and (body == lines(text) or (first is not None and first[1] == "1")):
        task.contents.show(task.path(path), body)
    if body:
        yield task.read(body, path)


def _files_in(task: Task, text: str) -> Iterator[Event]:
    for path, body in enclosed(text, _FILE, _FILE_ENDS):
        yield from _saw(task, path, body.rstrip("\n"), not _PART.search(body[-400:]))


def shown(text: str) -> tuple[str, ...]:
    """The lines of a text, without line numbers where every line has one."""
    found = lines(text)
    if found and all(_NUMBER.match(line) for line in found):
        return tuple(_NUMBER.sub("", line, count=1) for line in found)
    return found


def user_patch(result: str) -> str:
    """The patch that a person made of a proposal before it was saved; empty where there is none."""
    head = result.partition("<final_file_content")[0]
    found = _USER_PATCH.search(head) or _USER_TAG.search(head)
    if found:
        return found[1]
    return _json(head, "user_edits", "@@") if '"user_edits"' in head else ""


def _json(text: str, key: str, broken: str = "") -> str:
    """A text in the first object of JSON; `broken` where it is none."""
    start = text.find("{")
    try:
        return string(json.JSONDecoder().raw_decode(text, start)[0], key) if start >= 0 else ""
    except (ValueError, RecursionError):
        return broken


def _left(blocks: Sequence[Block], patch: str) -> tuple[Block, ...]:
    """What a person's patch left of a proposal."""
    gone = {normal(line[1:]) for line in patch.split("\n") if line.startswith("-")}
    return accepted(
        tuple(blocks),
        (line for block in blocks for line in block.lines if normal(line) not in gone),
        exactly=True,
    )


def _written(
    task: Task,
    call: Call,
    path: str,
    blocks: tuple[Block, ...],
    *,
    cwd: str | None = None,
    outcome: Outcome = Outcome.DONE,
    mixed: bool = False,
) -> Written:
    contributor = Contributor.MIXED if mixed else Contributor.AI
    place = task.cwd if cwd is None else cwd
    return Written(
        blocks,
        path,
        place,
        task.tool,
        call.model,
        task.session,
        task.time,
        task.locator,
        contributor,
        outcome,
    )
