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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from whence.quick import dataclass

MAX_PATTERN = 4096
"""Letters; git's paths are no longer."""

_POSIX = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9",
    "graph": "\\x21-\\x7e", "lower": "a-z", "print": "\\x20-\\x7e", "punct": "!-/:-@\\[-`{-~", "space": "\\s",
    "upper": "A-Z", "xdigit": "0-9a-fA-F",
}  # fmt: skip


_ACROSS = re.compile(r"(?P<plain>[^*?\[\\]*[^*?\[\\/])\*{2,}(?:/\*{2,})*(?P<rest>/.*)?", re.DOTALL)
"""Plain letters, then two or more stars in the same name, up to its end."""


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
    other: Glob | None = None
    """What it matches besides."""

    def level(self, names: Sequence[str], *, folder: bool = False) -> int:
        """How many names of a path, from the first on, make up what the pattern matches, at most; 0: nothing does.

        All names: the path itself, which may be a `folder`; fewer: a folder that it is in.
        """
        last = len(names) - (self.folders and not folder)
        return max(self._level(names, last), self.other.level(names, folder=folder) if self.other else 0)

    def _level(self, names: Sequence[str], last: int) -> int:
        if len(self.parts) == 2 and self.parts[0] is None and not self.inside:
            part = self.parts[1]
            for at in range(last, 0, -1):
                if _fits(part, names[at - 1]):
                    return at
            return 0
        end, best = len(self.parts), 0
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
    body = text[:-1] if folders else text
    if not body.strip("/"):
        return None
    if "/" not in body:
        return _glob(body, include, folders, anchored=False)
    return _across(body, include, folders) or _glob(body, include, folders, anchored=True)


def _across(body: str, include: bool, folders: bool) -> Glob | None:
    """A pattern that is plain letters up to the first `**` inside a name: `a**/b`; None for any other.

    git takes the plain beginning away before it looks at the rest, so these stars stand at a beginning for it and run
    over slashes: it is `ab` and `a*/**/b`, and `a**` is `a*` and all below. Further on, as in `a*b**/c`, they do not.
    """
    found = _ACROSS.fullmatch(body)
    if found is None:
        return None
    plain, rest = found["plain"], found["rest"] or ""
    one = _glob(plain + rest[1:] if rest else plain + "*", include, folders, anchored=True)
    below = _glob(f"{plain}*/**{rest}", include, folders, anchored=True)
    return replace(one, other=below)


def _glob(body: str, include: bool, folders: bool, *, anchored: bool) -> Glob:
    names = _names(body.removeprefix("/"))
    if "" in names:
        raise ValueError("has a slash without a name beside it")
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


def _names(body: str) -> list[str]:
    """A pattern without its slashes; those in a set of letters are part of it."""
    names: list[str] = []
    start = at = 0
    while at < len(body):
        character = body[at]
        at += 1
        if character == "/" or body.startswith("\\/", at - 1):
            names.append(body[start : at - 1])
            start = at = at + (character != "/")
        elif character == "\\":
            at += 1
        elif character == "[":
            at = _bracket(body, at)[1]
    names.append(body[start:])
    return names


def _without_trailing_blanks(line: str) -> str:
    text = line.rstrip("\n\r")
    while text.endswith(" ") and not _is_escaped(text, len(text) - 1):
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
        elif character == "[":
            special = True
            found, at = _bracket(name, at)
            pieces[-1].append(found)
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


def _bracket(name: str, at: int) -> tuple[str, int]:
    """A set of characters, as a regular expression, and where it ends. Raises ValueError."""
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
        if name.startswith("[:", at) and (end := name.find("]", at + 2)) > at + 2 and name[end - 1] == ":":
            if name[at + 2 : end - 1] not in _POSIX:
                raise ValueError(f"has {name[at : end + 1]}, which is no kind of letters")
            out.append(_POSIX[name[at + 2 : end - 1]])
            at = end + 1
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
    raise ValueError("has a [ that no ] closes")


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
        answer: bool | None = None
        for level, include in self._levels(path):
            if level == 0:
                return include
            if answer is None:
                answer = include
        return answer

    def itself(self, path: str) -> bool | None:
        """The same, where the folders that the path is in have been asked before: they say nothing of it again."""
        return next((include for above, include in self._levels(path) if above == 0), None)

    def _levels(self, path: str) -> Iterator[tuple[int, bool]]:
        """Of each pattern that speaks of a path, the last first: how far above the path it does, and what it says."""
        names = path.strip("/").split("/")
        for pattern in reversed(self.globs):
            level = pattern.level(names, folder=path.endswith("/"))
            if level:
                yield len(names) - level, pattern.include


@lru_cache(maxsize=512)
def patterns(lines: tuple[str, ...]) -> Patterns:
    """Several patterns; the same lines are read once. Raises ValueError for a line that is no pattern."""
    return Patterns(lines)
