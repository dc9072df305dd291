"""Patterns on people: `*@team.example`, `Dana*`, `@handle`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

_NO_REPLY = re.compile(r"(?:\d+[+-])?([^@]+)@users\.noreply\.[a-z0-9.-]+")


def split(person: str) -> tuple[str, str]:
    """(name, address) of `Name <address>`, a bare address or a bare name, lower case."""
    name, bracket, rest = person.rpartition("<")
    if bracket:
        return name.strip().lower(), rest.rstrip("> ").strip().lower()
    bare = person.strip().lower()
    return ("", bare) if "@" in bare else (bare, "")


def fault(pattern: str) -> str:
    """What is wrong with a pattern on people, or nothing."""
    if pattern.startswith("@") and "/" in pattern:
        return "is a team, and who is in it cannot be known here; name its people, or use `owners`"
    return ""


def matches(pattern: str, person: str) -> bool:
    """Whether a pattern means a person. `@handle` means the hosts' no-reply addresses of that account."""
    name, address = split(person)
    wanted = pattern.strip().lower()
    if wanted.startswith("@"):
        hidden = _NO_REPLY.fullmatch(address)
        return hidden is not None and fnmatchcase(hidden[1], wanted[1:])
    if "<" in wanted:
        return fnmatchcase(f"{name} <{address}>", wanted)
    return fnmatchcase(address, wanted) if "@" in wanted else fnmatchcase(name, wanted)


def any_matches(patterns: Iterable[str], people: Iterable[str]) -> bool:
    known = tuple(people)
    return any(matches(pattern, person) for pattern in patterns for person in known)
