"""Paths and .gitignore patterns. pathspec is imported when the first pattern is looked at."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def fault(pattern: str) -> str:
    """What is wrong with a pattern, or nothing."""
    if pattern.startswith("#"):
        return (
            "is a comment in .gitignore syntax and matches nothing; write `\\#` for a name that starts with #"
        )
    if pattern.rstrip() in ("!", "/"):
        return "matches nothing"
    try:
        _spec((pattern,))
    except (ValueError, re.error) as error:
        return f"is not a pattern: {error}"
    return ""


@lru_cache(maxsize=512)
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


@lru_cache(maxsize=65536)
def matches(patterns: tuple[str, ...], path: str) -> bool:
    """Whether git would ignore `path` by these patterns: the last one that matches decides."""
    return bool(_spec(patterns).match_file(path))
