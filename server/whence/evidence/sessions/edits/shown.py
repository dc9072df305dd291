"""What stood in front of a tool in a text that came back to it. Pure.

Tools put numbers, names of files, tags and quotation around what they show, or hand it over as JSON. Each line is
told as it stands, and once more without what is around it: a line too many stands in no file, a line too few makes a
person's line the tool's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from whence.matching.idioms import plain
from whence.text import normal, split

MAX_DEPTH = 4
"""JSON in JSON in JSON: a tool's result that a server of tools wrapped, and what was in it."""

MAX_TEXTS = 10_000
"""Of the values in one of JSON."""

_LOOKED = 40
"""Lines in which the first name of a file is looked for."""

_NUMBERED = re.compile(
    r"\n(?:[^\S\n]*+\d++(?:→|\t|: ?| ?\| ?)|(?:[A-Za-z]:(?=[/\\]))?[^\s:][^\n:]{0,299}+:\d++[:-]|\d++-(?=[^\S\n])|[+-])(.*)"
)
"""Lines with what tools put in front of them: `cat -n`, `grep -n`, editors' numbers, a patch's first column. What is asked
begins with a line feed, for that is found sooner than the beginning of a line; nothing here is worth going back for."""

_NUMBER = re.compile(r"//|\d+[:-]")
"""What stands behind a colon that ends no file's name, or one with a line's number, which is looked for by itself."""

MAX_NAME = 300
"""Characters of a file's name in a search's output."""

_HYPHEN = re.compile("-")

_TAG = r"<[a-z][\w-]{0,60}(?: [^<>\n]{1,300})?>"
_GLUED = re.compile(rf"[^\S\n]*(?:{_TAG}(?:[\w-]{{1,60}}</[a-z][\w-]{{0,60}}>)?){{1,8}}(?=\S)(.*)")
"""A line that begins behind a tag, or behind a whole element of one word: `<cell id="a"><language>r</language>x <- 1`."""

_CLOSED = re.compile(r"(.*?\S)(?:</[a-z][\w-]{0,60}(?: [^<>\n]{1,300})?>){1,8}[^\S\n]*$")
"""A line that ends before a tag. Claude Code's end of a cell names it again: `</cell id="a">`."""

_BEHIND = re.compile(r'": ?"|"="|>|: ')
"""What stands before the first line of a text that is handed over with a word about it."""

_BEFORE = re.compile(r'",? |"$|</')
"""What stands behind the last one."""

_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|([nrtbf"\\/]))')
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def as_shown(text: str) -> tuple[str, ...]:
    """The lines of a tool's output, and those same lines without what tools put around them."""
    rows = split(text)
    found = [*rows, *_NUMBERED.findall("\n" + text), *_found(rows)]
    if "<" in text:
        for row in rows:
            if "<" in row:
                begun, ended = _GLUED.match(row), _CLOSED.match(row)
                found += (match[1] for match in (begun, ended) if match)
                if begun and ended and (both := _CLOSED.match(begun[1])):
                    found.append(both[1])
    if '"="' in text:
        for row in rows:
            if '"="' in row:
                found += _edges(row, row)
    if '"source"' in text or '\\n"' in text:
        found += [said for row in found if (said := plain(row)) != row]
    if "\\n" in text:
        for inner in _inner(text, 0):
            lines = split(inner)
            found += lines
            found += _NUMBERED.findall("\n" + inner)
            found += _found(lines)
            found += _edges(lines[0], lines[-1])
    return tuple(found)


def heard(said: str, asked: object = None, *more: object) -> tuple[str, ...]:
    """What a result shows that is not what its own call had said: a person's answer to a question, what they changed in
    a plan, why they refused. `more` are other values in which the same is told; a text in them counts in each depth.
    """
    rows = list(as_shown(said))
    if rows:
        ends = said.strip().split("\n")
        rows += _edges(ends[0], ends[-1])
    for value in more:
        for text in texts(value):
            rows += as_shown(text)
    own = {normal(line) for text in texts(asked) for line in text.split("\n")}
    own |= {line[1:] for line in own if line.startswith("+")}  # a patch's
    return tuple(row for row in rows if normal(row) not in own) if own else tuple(rows)


def texts(value: object) -> Iterator[str]:
    """All texts in a value of JSON, in their order; `MAX_TEXTS` values are looked at."""
    left: list[object] = [value]
    for _ in range(MAX_TEXTS):
        if not left:
            return
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            left.extend(reversed(list(one.values())))
        elif isinstance(one, list | tuple):
            left.extend(reversed(one))


def _found(rows: Sequence[str]) -> list[str]:
    """The lines of a search's output without the files' names, of any line of which one is known to begin so."""
    names = {row[:end] for row in rows[:_LOOKED] if (end := _name(row))}
    if not names:
        return []
    out: list[str] = []
    for row in rows:
        end = _name(row)
        if end:
            out.append(row[end + 1 :])
            names.add(row[:end])
    # What is around a find stands behind a hyphen.
    for row in rows:
        for _, match in zip(range(8), _HYPHEN.finditer(row), strict=False):
            if row[: match.start()] in names:
                out.append(row[match.end() :])
                break
    return out


def _name(row: str) -> int:
    """Where the name of a file ends with which a line begins; 0: with none."""
    end = row.find(":", 2 if row[1:3] in (":\\", ":/") else 0, MAX_NAME)
    if end <= 0 or row[0].isspace() or _NUMBER.match(row, end + 1):
        return 0
    name = row[:end]
    _, dot, kind = name.rpartition(".")
    slash = "/" in name or "\\" in name
    return end if slash or (dot and len(kind) <= 12 and kind.isalnum()) else 0


def _inner(text: str, depth: int) -> Iterator[str]:
    """The texts of several lines that stand in a text as JSON has them."""
    if depth >= MAX_DEPTH:
        return
    value: object = None
    if text.lstrip().startswith(("{", "[", '"')):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
    if value is not None and not isinstance(value, int | float):
        for one in texts(value):
            if "\n" in one:
                yield one
            if "\\n" in one:
                yield from _inner(one, depth + 1)
        return
    for row in text.split("\n"):
        # Code has one such mark in a line at times; text that was made one line has many.
        if row.count("\\n") > 1:
            made = _ESCAPE.sub(_unescaped, row)
            yield made
            if "\\n" in made:
                yield from _inner(made, depth + 1)


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _PLAIN.get(match[2], match[2])


def _edges(first: str, last: str) -> Iterator[str]:
    """The ends of a first line and the beginnings of a last one: where a text that is told in a sentence may begin."""
    starts = [0]
    for _, match in zip(range(8), _BEHIND.finditer(first), strict=False):
        starts.append(match.end())
        yield first[match.end() :]
    for _, match in zip(range(8), _BEFORE.finditer(last), strict=False):
        yield last[: match.start()]
        if first is last:
            yield from (last[start : match.start()] for start in starts if start < match.start())
