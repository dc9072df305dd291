"""Patterns on paths, in .gitignore syntax, in time that grows with the pattern's length times the path's. Pure.

Patterns come from files that anybody who commits can write. A regular expression made of `*a*a*a*a*b` takes minutes for
one long name; here a name is matched piece by piece (each `*` gives back nothing), and a path by the places in a
pattern that it can have reached, so no pattern is worse than its length.

The rules are git's (gitignore(5)): a pattern without a slash, but for one at its end, stands at any level; `**` between
slashes is any number of folders; a slash at the end means folders only; what is in a folder that matches, matches. Of
several patterns the last one that matches the path itself decides; if there is none, the last one that matches a
folder that it is in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_PATTERN = 4096
"""Letters; git's paths are no longer."""

_POSIX = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9",
    "graph": "\\x21-\\x7e", "lower": "a-z", "print": "\\x20-\\x7e", "punct": "!-/:-@\\[-`{-~", "space": "\\s",
    "upper": "A-Z", "xdigit": "0-9a-fA-F",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Glob:
    """One pattern, understood."""

    include: bool
    """False for a pattern that begins with `!`: what it matches is taken out again."""
    parts: tuple[str | re.Pattern[str] | None, ...]
    """One for each name of a path: the name itself, what it looks like, or None for any number of folders."""
    folders: bool = False
    """It matches folders only."""
    inside: bool = False
    """It ends with `/**`: it matches whatever is below, not the folder itself."""

    def level(self, names: Sequence[str]) -> int:
        """How many names of a path, from the first on, make up what the pattern matches, at most; 0: nothing does.

        All names: the path itself; fewer: a folder that it is in.
        """
        whole = len(names)
        if len(self.parts) == 2 and self.parts[0] is None and not self.inside:
            part = self.parts[1]
            for at in range(whole - self.folders, 0, -1):
                if _fits(part, names[at - 1]):
                    return at
            return 0
        end, best = len(self.parts), 0
        last = whole - self.folders
        reached = self._past_folders({0})
        for at, name in enumerate(names, start=1):
            if self.inside and end in reached:
                return last if last >= at else 0
            after = set()
            for place in reached:
                part = self.parts[place] if place < end else ""
                if part is None:
                    after.add(place)
                elif place < end and _fits(part, name):
                    after.add(place + 1)
            reached = self._past_folders(after)
            if end in reached and not self.inside and at <= last:
                best = at
            if not reached:
                break
        return best

    def _past_folders(self, places: set[int]) -> set[int]:
        """The places with those that no folder at all leads to."""
        out = set(places)
        for place in places:
            while place < len(self.parts) and self.parts[place] is None:
                place += 1
                out.add(place)
        return out


def _fits(part: str | re.Pattern[str] | None, name: str) -> bool:
    if isinstance(part, str):
        return part == name
    return part is None or part.fullmatch(name) is not None


def glob(line: str) -> Glob | None:
    """The pattern on one line; None for a blank one or a comment. Raises ValueError, which says what it 'is' or 'has'."""
    if len(line) > MAX_PATTERN:
        raise ValueError(f"is longer than {MAX_PATTERN:,} letters")
    text = _without_trailing_blanks(line)
    if not text or text.startswith("#"):
        return None
    include = not text.startswith("!")
    if not include:
        text = text[1:]
    folders = text.endswith("/") and not _is_escaped(text, len(text) - 1)
    body = text.rstrip("/") if folders else text
    anchored = "/" in body
    names = body.strip("/").split("/") if body.strip("/") else []
    if not names:
        return None
    names = ["**" if name.strip("*") == "" and len(name) > 1 else name for name in names]
    inside = names[-1] == "**"
    if inside:
        names.pop()
    parts: list[str | re.Pattern[str] | None] = [] if anchored else [None]
    for name in names:
        part = None if name == "**" else _part(name)
        if part is None and parts and parts[-1] is None:
            continue
        parts.append(part)
    return Glob(include, tuple(parts), folders, inside)


def _without_trailing_blanks(line: str) -> str:
    text = line.rstrip("\n\r")
    while text.endswith((" ", "\t")) and not _is_escaped(text, len(text) - 1):
        text = text[:-1]
    return text


def _is_escaped(text: str, at: int) -> bool:
    slashes = 0
    while at - slashes > 0 and text[at - slashes - 1] == "\\":
        slashes += 1
    return slashes % 2 == 1


@lru_cache(maxsize=4096)
def _part(name: str) -> str | re.Pattern[str]:
    """One name of a pattern: itself where it holds nothing special. Raises ValueError."""
    pieces: list[list[str]] = [[]]
    plain: list[str] = []
    special = False
    at = 0
    while at < len(name):
        character = name[at]
        at += 1
        if character == "*":
            special = True
            if pieces[-1] or len(pieces) == 1:
                pieces.append([])
        elif character == "?":
            special = True
            pieces[-1].append(".")
        elif character == "[" and (found := _bracket(name, at)) is not None:
            special = True
            pieces[-1].append(found[0])
            at = found[1]
        else:
            if character == "\\":
                if at == len(name):
                    raise ValueError("ends with a backslash")
                character = name[at]
                at += 1
            plain.append(character)
            pieces[-1].append(re.escape(character))
    if not special:
        return "".join(plain)
    return re.compile(_joined(["".join(piece) for piece in pieces]), re.DOTALL)


def _joined(pieces: Sequence[str]) -> str:
    """What stands between stars, each found at its first place, which is as good as any later one."""
    first, *rest = pieces
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>.*?{piece})" for piece in middle) + ".*" + last


def _bracket(name: str, at: int) -> tuple[str, int] | None:
    """A set of characters and where it ends; None where it does not end, so that the bracket is only a letter."""
    out: list[str] = []
    start = at
    negated = name[at : at + 1] in ("!", "^")
    at += negated
    first = True
    while at < len(name):
        character = name[at]
        if character == "]" and not first:
            body = "".join(out)
            try:
                re.compile(f"[{body}]")
            except re.error as error:
                raise ValueError(f"has [{name[start:at]}], which is no set of letters") from error
            return f"[{'^' if negated else ''}{body}]", at + 1
        first = False
        if (
            name.startswith("[:", at)
            and (end := name.find(":]", at + 2)) > 0
            and name[at + 2 : end] in _POSIX
        ):
            out.append(_POSIX[name[at + 2 : end]])
            at = end + 2
            continue
        if character == "\\" and at + 1 < len(name):
            at += 1
            character = name[at]
            out.append(re.escape(character))
        elif character == "-":
            # Between two letters it is a range; elsewhere it is itself.
            ranged = out and at + 1 < len(name) and name[at + 1] != "]"
            out.append("-" if ranged else "\\-")
        else:
            out.append("\\" + character if character in "\\[]^&~|" else character)
        at += 1
    return None


class Patterns:
    """Several patterns."""

    def __init__(self, lines: Iterable[str], *, lenient: bool = False) -> None:
        """Raises ValueError for a line that is no pattern; `lenient` passes over it."""
        globs = []
        for line in lines:
            try:
                globs.append(glob(line))
            except ValueError:
                if not lenient:
                    raise
        self.globs = tuple(found for found in globs if found is not None)

    def decide(self, path: str) -> bool | None:
        """True: matched; False: matched and taken out again; None: no pattern speaks of it.

        A folder's path ends with a slash.
        """
        names = path.strip("/").split("/")
        if path.endswith("/"):
            # A folder is matched by what matches folders; the name behind it is nobody's.
            names.append("")
        answer: bool | None = None
        for pattern in reversed(self.globs):
            level = pattern.level(names)
            if level == len(names):
                return pattern.include
            if level and answer is None:
                answer = pattern.include
        return answer


@lru_cache(maxsize=512)
def patterns(lines: tuple[str, ...]) -> Patterns:
    """Several patterns; the same lines are read once. Raises ValueError for a line that is no pattern."""
    return Patterns(lines)
