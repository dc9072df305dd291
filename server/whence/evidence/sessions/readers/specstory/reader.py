"""Read SpecStory's histories, which projects commit: `.specstory/history/*.md`, one page a session.

What a page tells of a write depends on the tool: the whole text of Claude Code's Write (its path stands in the result),
Codex's patches, diffs of Cursor and Droid. Of Claude Code's Edit and Gemini CLI's replace only the result is there,
never what was taken out and put in: that is told once, as not measured. Paths are relative to the folder that holds
`.specstory`, or those of the machine of whoever committed the page.

Pages of the first version name no files and no times but the session's beginning, and nobody can tell which of their
diffs were taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from whence.evidence.sessions.edits import patches
from whence.evidence.sessions.edits.contents import Contents
from whence.evidence.sessions.edits.inserted import between, hunks
from whence.evidence.sessions.edits.masks import unmasked, visible
from whence.evidence.sessions.edits.shown import as_shown
from whence.evidence.sessions.interface import (
    Event,
    Faults,
    Located,
    Locator,
    Outcome,
    Places,
    Read,
    Tick,
    Transcript,
    Written,
)
from whence.evidence.sessions.paths import absolute, is_absolute, posix
from whence.evidence.sessions.readers.specstory.files import FOLDER, History, committers, pages, provider
from whence.evidence.sessions.readers.specstory.pages import Fence, Page, Turn, Use, parts
from whence.evidence.sessions.stores.files import raw_lines
from whence.matching.passages import Block
from whence.model import Contributor

MAX_ROOTS = 16
"""Folders of other machines that one page may speak of as this project."""

_STRICT = frozenset({"claude-code", "codex", "cursor"})
"""Whose pages protect fences in fenced text."""

_LOSSY = {"claude-code": "Claude Code's Edit", "gemini-cli": "Gemini CLI's replace"}
_EDITS = {
    "claude-code": frozenset({"Edit", "MultiEdit", "NotebookEdit"}),
    "gemini-cli": frozenset({"replace", "smart_edit"}),
}

_PATH = re.compile(r"(?:Path|File): `?([^`\n]+)`?")
_SUMMARY_PATH = re.compile(r"\*\* `([^`]+)`|(?:Edit|Edited|Write|Create|Created|Read) file: ([^<]+)")
_SECTION = re.compile(r"\*\*(Add|Update|Modify|Delete): `(.+)`\*\*")
_CREATED = re.compile(
    r"(?:File created successfully at: |created and wrote to new file: )(.+?)(?: \(file state|\.?$)"
)
_UPDATED = re.compile(
    r"The file (.+?) has been (?:updated|overwritten)|Successfully overwrote file: (.+?)\.?$"
)
_FAILED = re.compile(
    r"\s*(?:<tool_use_error>|The user doesn't want to|Permission to use |\[?Request interrupted by user|Error: |"
    r"Sibling tool call errored|InputValidationError|apply_patch verification failed|Exit code:? (?!0\b)-?\d+|"
    r"Process exited with code (?!0\b)|error: |aborted by user|rejected by user|\{\"success\":\s*false)",
    re.IGNORECASE,
)
_PATCHED = re.compile(r"^Success\. Updated the following files:", re.MULTILINE)
_SAID = frozenset({"", "text"})
"""Languages of fences that hold a result."""


class SpecStory:
    """SpecStory's pages, whatever tool the sessions are of."""

    tool = "specstory"
    source = "specstory-history"

    def locate(self, places: Places) -> Located:
        return pages(places, _LOSSY)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        """The pages are this project's own."""
        return 0

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        page = Page()
        tool = provider(transcript.path, transcript.changed) or ""
        state = _State(transcript, tool, page)
        lines = (
            (number, offset, data.decode("utf-8", "replace").rstrip("\r\n"))
            for number, offset, data in raw_lines(transcript, faults, tick, blank=True)
        )
        for part in parts(lines, page, loose=tool not in _STRICT):
            yield from state.turn(part) if isinstance(part, Turn) else state.use(part)
        for line in page.broken:
            faults.add("a use of a tool without an end", line)


class _State:
    """One page's session as it goes on."""

    def __init__(self, transcript: Transcript, tool: str, page: Page) -> None:
        self._transcript = transcript
        self._tool = tool
        self._page = page
        self._contents = Contents()
        self._roots: list[str] = []
        self._person: str | None = None
        self._zone = timedelta()
        self._base: Path | None = None
        if isinstance(transcript, History) and transcript.base is not None:
            self._base = transcript.base
            self._from_git(transcript)
        self._folder = posix(str(self._base or ""))

    def _from_git(self, history: History) -> None:
        repository = history.repository
        if repository is None or history.base is None or not history.path.is_relative_to(repository.top):
            return
        folder = (history.base / FOLDER).relative_to(repository.top).as_posix()
        name = history.path.relative_to(repository.top).as_posix()
        committed = committers(repository, history.head, folder).get(name)
        if committed is not None:
            self._person, self._zone = committed

    @property
    def _time(self) -> datetime | None:
        time = self._page.time
        return time - self._zone if time is not None and self._page.local else time

    @property
    def _session(self) -> str:
        return self._page.session or self._transcript.path.stem

    def turn(self, turn: Turn) -> Iterator[Event]:
        if turn.user:
            yield self._read(turn.text)
            return
        for number, fence in enumerate(turn.fences):
            # The first version tells of an edit by its diff alone.
            if fence.language == "diff" and not self._page.provider:
                yield from self._diff(
                    "", fence.lines, self._call(turn.line, turn.offset, number), Outcome.UNKNOWN
                )

    def use(self, use: Use) -> Iterator[Event]:
        content = _content(use)
        said = [fence for fence in use.fences if fence.language in _SAID and fence is not content]
        result = "\n".join(said[-1].lines) if said else "\n".join(use.text)
        call = self._call(use.line, use.offset, 0)
        if use.kind == "write" or (not use.kind and any(fence.language == "diff" for fence in use.fences)):
            yield from self._write(use, content, result, call)
        elif use.kind == "shell":
            if said and not _FAILED.match(result):
                yield from self._commands(use, call)
            yield from (self._read(as_shown("\n".join(fence.lines))) for fence in said)
        elif use.kind in {"read", "search", "grep", ""}:
            for fence in use.fences:
                yield self._read(as_shown("\n".join(fence.lines)), self._named(use))

    def _commands(self, use: Use, call: Written) -> Iterator[Event]:
        for fence in use.fences:
            if fence.language == "bash":
                for insertion in patches.of_command("\n".join(fence.lines), self._folder):
                    yield self._read(insertion.removed, sent=False)
                    yield from self._written(call, insertion.path, insertion.blocks, insertion.cwd)

    def _write(self, use: Use, content: Fence | None, result: str, call: Written) -> Iterator[Event]:
        if use.name in _EDITS.get(self._tool, ()):
            path = self._result_path(result)
            if path:
                self._contents.forget(self._here(path))
        elif _FAILED.match(result) or any("(error)" in line for line in use.text):
            return
        elif any(_SECTION.match(line) for line in use.text):
            yield from self._sections(use, result)
        elif any(fence.language == "diff" for fence in use.fences):
            outcome = Outcome.DONE if result.strip() and self._tool != "cursor" else Outcome.UNKNOWN
            for number, fence in enumerate(fence for fence in use.fences if fence.language == "diff"):
                path = self._named(use) or _diff_path(fence.lines)
                yield from self._diff(path, fence.lines, self._call(use.line, use.offset, number), outcome)
        else:
            yield from self._whole(use, content, result, call)

    def _sections(self, use: Use, result: str) -> Iterator[Event]:
        """The files of a patch, each under a line of its own."""
        if "apply_patch" in use.name and any(fence.language in _SAID for fence in use.fences):
            if not _PATCHED.search(result):
                return
            outcome = Outcome.DONE
        else:
            outcome = Outcome.UNKNOWN
        for number, fence in enumerate(use.fences):
            section = _SECTION.match(fence.heading)
            if section and fence.language == "diff":
                yield from self._diff(
                    section[2], fence.lines, self._call(use.line, use.offset, number), outcome
                )

    def _whole(self, use: Use, content: Fence | None, result: str, call: Written) -> Iterator[Event]:
        """A file's whole text. Which of its lines are new is known of a new file, and of one that the session wrote."""
        result = "\n".join((*use.text, result))
        created = any(_CREATED.search(line) for line in result.split("\n"))
        path = self._named(use) or self._result_path(result)
        if content is None or not path:
            return
        here = self._here(path)
        known = self._contents.overwritten(here, content.lines)
        if created:
            yield from self._written(call, path, between((), content.lines))
        elif known is not None and (_UPDATED.search(result) or result.strip()):
            yield from self._written(call, path, known)

    def _diff(self, path: str, lines: Sequence[str], call: Written, outcome: Outcome) -> Iterator[Event]:
        blocks, removed = hunks(_hunks(lines))
        if path:
            self._contents.forget(self._here(path))
        yield self._read(removed, path or None, sent=False)
        yield from self._written(replace(call, outcome=outcome), path, blocks)

    def _result_path(self, result: str) -> str:
        for line in result.split("\n"):
            found = _CREATED.search(line) or _UPDATED.search(line)
            if found:
                return next(filter(None, found.groups()), "").strip()
        return ""

    def _named(self, use: Use) -> str:
        """The file that a use names, as the page has it."""
        for line in use.text[:12]:
            found = _SUMMARY_PATH.search(line) or _PATH.match(line.strip())
            if found:
                return next(filter(None, found.groups()), "").strip()
        return ""

    def _here(self, path: str) -> str:
        """A page's path as it is here: relative to the folder of `.specstory`, or below it on another machine."""
        full = absolute(path, self._folder)
        if (
            not path
            or not is_absolute(posix(path))
            or self._base is None
            or full.startswith(self._folder + "/")
        ):
            return full
        for root in self._roots:
            if full.startswith(root + "/"):
                return self._folder + full[len(root) :]
        names = full.strip("/").split("/")
        for at in range(1, min(len(names) - 1, 32)):
            try:
                there = len(self._roots) < MAX_ROOTS and self._base.joinpath(*names[at:]).is_file()
            except (OSError, ValueError):
                break
            if there:
                self._roots.append("/" * full.startswith("/") + "/".join(names[:at]))
                return self._folder + "/" + "/".join(names[at:])
        return full

    def _call(self, line: int, offset: int, number: int) -> Written:
        shown = self._transcript.shown
        return Written(
            blocks=(),
            path="",
            cwd=self._folder,
            tool=self._tool,
            model=self._page.model or None,
            session=self._session,
            time=self._time,
            locator=Locator(shown, offset, line, f"{self._session}:{line}:{number}"),
            contributor=Contributor.AI,
            person=self._person,
        )

    def _written(self, call: Written, path: str, blocks: Iterable[Block], cwd: str = "") -> Iterator[Event]:
        shown = unmasked(blocks)
        if shown:
            full = self._here(absolute(path, cwd)) if path else ""
            yield replace(call, path=full, blocks=shown)

    def _read(self, lines: Iterable[str], path: str | None = None, *, sent: bool = True) -> Read:
        return Read(
            visible(lines),
            self._here(path) if path else None,
            self._folder,
            self._time,
            self._session,
            Locator(self._transcript.shown),
            sent,
        )


def _content(use: Use) -> Fence | None:
    """The fence that holds a file's text, where a use has one: the first, unless that is all that was said back."""
    if use.kind != "write" or not use.fences:
        return None
    first = use.fences[0]
    alone = len(use.fences) == 1 and first.language in _SAID
    if alone and (not _PATH.match(first.heading.strip()) or first.heading.startswith(("Result", "Output"))):
        return None
    return first


def _diff_path(lines: Sequence[str]) -> str:
    """The file that a diff's own head names."""
    for line in lines[:2]:
        if line.startswith("+++ "):
            return line[4:].strip()
    return ""


def _hunks(lines: Sequence[str]) -> Iterator[list[str]]:
    """The hunks of a diff, with or without `@@` lines, and with one or two characters in front of each line."""
    hunk: list[str] = []
    rows = (
        lines[2:] if len(lines) > 1 and lines[0].startswith("--- ") and lines[1].startswith("+++ ") else lines
    )
    for line in rows:
        if line.startswith("@@"):
            yield hunk
            hunk = []
        else:
            hunk.append(line or " ")
    yield hunk
