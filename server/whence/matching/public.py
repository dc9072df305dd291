"""Lines that nobody here wrote, whoever put them there: licences, and files that a tool or a template gives to everybody.

Written into this very file they are somebody's. Of the same text in another file, or another project, nobody can say
that it came from there: both were copied from the same public source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from whence.matching.passages import file_name

LONGEST_HEADER = 200
"""Lines at the beginning of a file among which its licence is looked for."""

_LICENCE = re.compile(
    r"(?i)copyright|\blicen[cs]e|\bspdx-|\bwarrant(?:y|ies)\b|all rights reserved|permission is hereby granted"
    r"|redistribution and use|public domain|free software foundation"
)
_LICENCES = re.compile(
    r"(?i)(?:un)?licen[cs]es?(?:[-._].*)?|copying(?:[-._].*)?|copyright(?:[-._].*)?|notice(?:\.\w+)?|patents"
    r"|third[-_.]?party[-_.]?(?:notices?|licen[cs]es?).*|code[-_]of[-_]conduct(?:\..*)?"
)
_GIVEN = re.compile(
    r"(?i)\.(?:git|docker|npm|eslint|prettier|hg|gcloud|helm|vercel|style?lint)ignore|\.gitattributes|\.editorconfig"
    r"|manage\.py|[aw]sgi\.py|gradlew(?:\.bat)?|mvnw(?:\.cmd)?|gradle-wrapper\.properties|configure|aclocal\.m4"
    r"|install-sh|tsconfig(?:\.\w+)?\.json|next-env\.d\.ts|vite-env\.d\.ts|reportwebvitals\.[jt]sx?"
)
"""What `git init`'s templates, frameworks' generators and build tools write alike into every project."""

_OPENS = {
    "/*": "*/",
    "<!--": "-->",
    '"""': '"""',
    "'''": "'''",
    "{-": "-}",
    "(*": "*)",
    "{#": "#}",
    "--[[": "]]",
}
_ONE_LINE = ("#", "//", "--", ";", "%", "*", "'", "dnl ", "rem ", "REM ", "..")
_BEFORE = re.compile(r"#!|<\?(?:php|xml)|<!(?i:doctype)|.*-\*-.*coding|package\s|[\"']use ")
"""What may stand above a licence."""


def public_lines(path: str, lines: Sequence[str], *, other_project: bool) -> set[int]:
    """The lines (1-based) that nobody here wrote; `other_project`: of what stands in another project, too."""
    name = file_name(path)
    if _LICENCES.fullmatch(name) or (other_project and _GIVEN.fullmatch(name)):
        return set(range(1, len(lines) + 1))
    return {
        number
        for block in _comments(lines[:LONGEST_HEADER])
        if any(_LICENCE.search(lines[number - 1]) for number in block)
        for number in block
    }


def _comments(lines: Sequence[str]) -> Iterator[list[int]]:
    """The comments at the beginning of a file, each as its line numbers."""
    block: list[int] = []
    closing = ""
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("\ufeff")
        if closing:
            block.append(number)
            if closing in text:
                closing = ""
            continue
        opened = next((sign for sign in _OPENS if text.startswith(sign)), None)
        if opened:
            block.append(number)
            closing = "" if _OPENS[opened] in text[len(opened) :] else _OPENS[opened]
        elif text.startswith(_ONE_LINE) and not text.startswith("#!"):
            block.append(number)
        else:
            if block:
                yield block
            block = []
            if text and not _BEFORE.match(text):
                return
    if block:
        yield block
