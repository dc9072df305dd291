"""Take a SpecStory page apart: whose turn it is, and each use of a tool as its text and its fenced parts. Pure.

    <!-- Claude Code Session <id> (<time>) -->               missing in the first version, which knew Cursor only
    _**User (<time>)**_   _**Agent (<model> <time>)**_       first version: _**User**_, _**Assistant**_
    <tool-use data-tool-type="write" data-tool-name="Write"><details> ... </details></tool-use>

A fence ends at a line of as many backticks as it began with. Where its text has such lines, the fence is longer, or
(until 2026) the lines are escaped with a backslash; some tools' pages do neither and are read up to the block's end.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import datetime

from whence.evidence.sessions.stores.values import when
from whence.quick import dataclass

MAX_BLOCK = 200_000
"""Lines of one use of a tool; the longest known has some 10,000."""

MAX_TURN = 200_000
"""Lines of one turn's text that are kept."""

_SESSION = re.compile(r"<!-- ([A-Za-z][\w ./+-]{0,60}?) Session ([\w-]{1,80})(?: \(([^)]*)\))? -->")
_TITLE = re.compile(r"# .*\((\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?\S*)\)|# (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*)")
_TURN = re.compile(r"_\*\*(User|Agent|Assistant)(?: - sidechain)?(?: \((.*)\))?\*\*_")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?$")
_OPEN = re.compile(r'<tool-use data-tool-type="([^"]*)" data-tool-name="([^"]*)">')
_BARE = re.compile(r"<details><summary>Tool use: \*\*([^*]+)\*\*(.*)</summary>")
_FENCE = re.compile(r"\s{0,3}(`{3,})([\w+.#-]*)\s*")
_CLOSED = re.compile(r"(?:</details>)?\s*</tool-use>|</details>")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+);")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced part."""

    language: str
    lines: tuple[str, ...]
    heading: str = ""
    """The last line of text above it that is not blank."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a tool."""

    kind: str
    """read, write, search, shell, ... ; empty in pages that do not say."""
    name: str
    text: tuple[str, ...]
    """All that is not fenced."""
    fences: tuple[Fence, ...]
    line: int
    offset: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person, or the tool, said in one go."""

    user: bool
    text: tuple[str, ...]
    fences: tuple[Fence, ...]
    """Fences that stand in the text, of the tool's turns."""
    line: int
    offset: int


@dataclass(slots=True)
class Page:
    """Where the reading of a page stands; changes as its parts come."""

    provider: str = ""
    session: str = ""
    begun: datetime | None = None
    """When the session began."""
    local: bool = False
    """The page's times are somebody's local ones."""
    user: bool = True
    model: str = ""
    time: datetime | None = None
    """Of the present turn; the session's where turns have none."""
    broken: list[int] = field(default_factory=list)
    """Lines where a block without an end begins."""


def parts(lines: Iterable[tuple[int, int, str]], page: Page, *, loose: bool = False) -> Iterator[Use | Turn]:
    """The parts of a page whose (1-based number, byte offset, text) of lines are given, in order.

    `page` is up to date with each part. `loose` ends a block at its end tag even inside of a fence.
    """
    held: list[str] = []
    fences: list[Fence] = []
    start = (1, 0)
    fence: tuple[str, str, list[str], str] | None = None
    source = iter(lines)
    for number, offset, line in source:
        # A fence that the tool's own words leave open ends with them.
        if fence is not None and not line.startswith(("_**", "<tool-use ")):
            if line.strip() == fence[0]:
                fences.append(Fence(fence[1], _plain(fence[2]), fence[3]))
                fence = None
            elif len(fence[2]) < MAX_BLOCK:
                fence[2].append(line)
            continue
        if number < 20 and _head(line, page):
            continue
        turn = _TURN.fullmatch(line.rstrip()) if line.startswith("_**") else None
        # What a person pasted may look like anything.
        begins = not page.user and line.startswith("<")
        opened = _OPEN.match(line) if begins else None
        bare = _BARE.match(line) if begins and not opened else None
        if turn or opened or bare:
            if held or fences:
                yield Turn(page.user, tuple(held), tuple(fences), *start)
            held, fences, fence = [], [], None
            start = (number, offset)
        if turn:
            _turn(turn, page)
        elif opened:
            yield from _use(opened[1], opened[2], line[opened.end() :], source, (number, offset), page, loose)
        elif bare:
            yield from _use("", bare[1].strip(), line, source, (number, offset), page, True)
        elif fence is None and not page.user and (begun := _fence(line)):
            fence = (begun[1], begun[2], [], next((text for text in reversed(held) if text.strip()), ""))
        elif len(held) < MAX_TURN:
            held.append(line)
    if held or fences:
        yield Turn(page.user, tuple(held), tuple(fences), *start)


def _head(line: str, page: Page) -> bool:
    """Whether a line is one of the page's head."""
    session = _SESSION.match(line)
    if session:
        page.provider, page.session = session[1], session[2]
        _begin(session[3] or "", page)
        return True
    title = _TITLE.match(line)
    if title:
        _begin(title[1] or title[2], page)
        return True
    return False


def _begin(text: str, page: Page) -> None:
    moment = when(text)
    if moment is not None and page.begun is None:
        page.begun = page.time = moment
        page.local = not re.search(r"(?:Z|[+-]\d\d:?\d\d)$", text)


def _turn(turn: re.Match[str], page: Page) -> None:
    page.user = turn[1] == "User"
    said = turn[2] or ""
    found = _TIME.search(said)
    page.time = (when(found[0]) if found else None) or page.time
    model = said[: found.start()].strip() if found else said.strip()
    if not page.user:
        model = model.removeprefix("model ").partition(",")[0].strip()
        page.model = "" if model == "ts" else model


def _use(
    kind: str,
    name: str,
    rest: str,
    source: Iterator[tuple[int, int, str]],
    start: tuple[int, int],
    page: Page,
    loose: bool,
) -> Iterator[Use]:
    """Read on to the end of a use of a tool."""
    text: list[str] = [rest] if rest.strip() not in {"", "<details>"} else []
    fences: list[Fence] = []
    fence: tuple[str, str, list[str], str] | None = None
    for _, (_, _, line) in zip(range(MAX_BLOCK), source, strict=False):
        end = _CLOSED.fullmatch(line.strip()) if line.lstrip().startswith("</") else None
        if fence is not None and not (loose and end):
            if line.strip() == fence[0]:
                fences.append(Fence(fence[1], _plain(fence[2]), fence[3]))
                fence = None
            else:
                fence[2].append(line)
            continue
        if end:
            # `</details>` alone is followed by the block's own end, unless there is no such block.
            if "tool-use" in line or not kind:
                break
            continue
        begun = _fence(line)
        if begun:
            fence = (begun[1], begun[2], [], next((said for said in reversed(text) if said.strip()), ""))
        else:
            text.append(line)
    else:
        page.broken.append(start[0])
    if fence is not None and loose:
        fences.append(Fence(fence[1], _plain(fence[2]), fence[3]))
    yield Use(kind, name, tuple(text), tuple(fences), *start)


def _fence(line: str) -> re.Match[str] | None:
    return _FENCE.fullmatch(line) if line.lstrip().startswith("```") else None


def _plain(lines: Sequence[str]) -> tuple[str, ...]:
    """Fenced text without what the page put in to protect it."""
    whole = "\n".join(lines)
    if "\\```" in whole:
        lines = [line.replace("\\```", "```") for line in lines]
    # Pages of Cursor's escape what is special in HTML; where one such character stands as it is, none was escaped.
    if "&" in whole and not any(mark in whole for mark in "<>`") and _ENTITY.search(whole):
        lines = list(map(html.unescape, lines))
    return tuple(lines)
