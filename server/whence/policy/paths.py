"""Whether a path is one that .gitignore patterns mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

from whence.globs import glob, patterns


def fault(pattern: str) -> str:
    """What is wrong with a pattern, or nothing."""
    if pattern.startswith("#"):
        return (
            "is a comment in .gitignore syntax and matches nothing; write `\\#` for a name that starts with #"
        )
    try:
        return "" if glob(pattern) else "matches nothing"
    except ValueError as error:
        return str(error)


def among(lines: tuple[str, ...], paths: Sequence[str]) -> Sequence[str]:
    """Those of many paths that patterns could match: the others do not even begin as the patterns do."""
    beginnings = []
    for found in (found for found in patterns(lines).globs if found.include):
        plain = "/".join(str(part) for part in takewhile(lambda part: isinstance(part, str), found.parts))
        if found.other is not None or not plain:
            return paths
        beginnings.append(plain)
    begins = tuple(beginnings)
    return [path for path in paths if path.startswith(begins)]


@lru_cache(maxsize=65536)
def matches(lines: tuple[str, ...], path: str) -> bool:
    """Whether git would ignore `path` by these patterns: the last one that matches decides."""
    return bool(patterns(lines).decide(path))
