"""The nearest right thing, for messages. rapidfuzz is imported only when something is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from whence.text import display

_CUTOFF = 65.0
"""Of 100. Below it a suggestion is a guess: `forbid` for `frobnicate`."""


def quoted(value: str) -> str:
    """Foreign text in backticks, safe on a terminal and short."""
    return f"`{display(value, 60)}`"


def nearest(wrong: str, right: Sequence[str], limit: int = 1) -> tuple[str, ...]:
    """Up to `limit` entries of `right` that `wrong` may have meant, best first."""
    from rapidfuzz import fuzz, process, utils

    found = process.extract(
        wrong,
        list(right),
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        limit=limit,
        score_cutoff=_CUTOFF,
    )
    return tuple(choice for choice, _, _ in found)


def suggestion(wrong: str, right: Sequence[str], limit: int = 1) -> str:
    """`; did you mean X or Y?` or nothing."""
    return meant(nearest(wrong, right, limit))


def meant(candidates: Sequence[str]) -> str:
    return (
        f"; did you mean {' or '.join(quoted(candidate) for candidate in candidates)}?" if candidates else ""
    )
