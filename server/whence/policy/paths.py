"""Whether a path is one that .gitignore patterns mean."""

from __future__ import annotations

from functools import lru_cache

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


@lru_cache(maxsize=65536)
def matches(lines: tuple[str, ...], path: str) -> bool:
    """Whether git would ignore `path` by these patterns: the last one that matches decides."""
    return bool(patterns(lines).decide(path))
