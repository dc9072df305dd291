"""Which language a file is in, from its name, its first line and, where a name is disputed, its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from whence.syntax.grammars import Table
from whence.syntax.values import Language

CLAIM_LINES = 2_000
"""A disputed extension is decided by the first lines; a declaration beyond them is not looked for."""

_SHEBANG = re.compile(r"#!\s*(\S+)(.*)")
_VERSION = re.compile(r"[-\d.]+$")
_MODE = re.compile(r"-\*-\s*(?:.*?\bmode:\s*)?([\w+#-]+)\s*(?:;.*)?-\*-", re.IGNORECASE)
_MODE_NAMES = {"c++": "cpp", "c#": "csharp", "js": "javascript", "sh": "bash", "shell-script": "bash"}


def recognise(table: Table, path: str, first_line: str = "") -> Language | None:
    """Name, then extension, then interpreter. An editor's mode line settles a disputed extension."""
    names = _index(table)
    base = path.rpartition("/")[2]
    if (found := names.get(base)) is not None:
        return found
    by_extension = _extension(names, base)
    if by_extension is not None:
        return (_mode(table, first_line) if _disputed(table, base) else None) or by_extension
    return _interpreter(table, first_line) or _mode(table, first_line)


def claimed(table: Table, path: str, language: Language, lines: Sequence[str]) -> Language:
    """The language that takes a disputed extension because of what the text says, else the one given."""
    for other in table.languages:
        for claim in other.claims:
            if other is language or not path.lower().endswith(claim.extension):
                continue
            pattern = re.compile(claim.pattern)
            if any(pattern.match(line) for line in lines[:CLAIM_LINES]):
                return other
    return language


def _disputed(table: Table, base: str) -> bool:
    lower = base.lower()
    return any(lower.endswith(claim.extension) for language in table.languages for claim in language.claims)


@lru_cache(maxsize=8)
def _index(table: Table) -> dict[str, Language]:
    """File names and extensions in one dictionary; an extension starts with a dot and is never a whole name."""
    out: dict[str, Language] = {}
    for language in table.languages:
        for key in (*language.filenames, *("*" + extension for extension in language.extensions)):
            out.setdefault(key, language)
    return out


def _extension(names: dict[str, Language], base: str) -> Language | None:
    for spelled in (base, base.lower()):
        at = spelled.find(".", 1)
        while at > 0:
            if (found := names.get("*" + spelled[at:])) is not None:
                return found
            at = spelled.find(".", at + 1)
    return None


def _interpreter(table: Table, first_line: str) -> Language | None:
    matched = _SHEBANG.match(first_line)
    if matched is None:
        return None
    program = matched[1].rpartition("/")[2]
    if program == "env":
        words = (word for word in matched[2].split() if not word.startswith("-") and "=" not in word)
        program = next(words, "").rpartition("/")[2]
    for name in (program, _VERSION.sub("", program)):
        for language in table.languages:
            if name and name in language.interpreters:
                return language
    return None


def _mode(table: Table, first_line: str) -> Language | None:
    matched = _MODE.search(first_line[:500])
    if matched is None:
        return None
    mode = matched[1].lower()
    return table.get(_MODE_NAMES.get(mode, mode))
