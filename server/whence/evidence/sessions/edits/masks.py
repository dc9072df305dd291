"""Leave out what recorders blacked out before they committed a transcript: such a line is nobody's text any more.

Entire writes `REDACTED`, SpecStory `[REDACTED:rule]`, git-ai four characters, eight asterisks and four characters. They
take any long word of many different characters for a secret, so that plain code is hit too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from whence.evidence.sessions.edits.inserted import cut
from whence.matching.passages import Block

_HIDDEN = re.compile(r"REDACTED|[^\s*]{4}\*{8}[^\s*]{4}")


def visible(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines in which nothing is hidden."""
    return tuple(line for line in lines if not _hides(line))


def unmasked(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Blocks without the lines in which something is hidden, which are no one's neighbours either."""
    return tuple(part for block in blocks for part in _parts(block))


def _parts(block: Block) -> tuple[Block, ...]:
    hidden = [_hides(line) for line in block.lines]
    parts = cut(
        block, [not hide and bool(line.strip()) for hide, line in zip(hidden, block.lines, strict=True)]
    )
    return tuple(Block(part.lines, _seen(part.before), _seen(part.after)) for part in parts)


def _seen(line: str | None) -> str | None:
    return None if line is None or _hides(line) else line


def _hides(line: str) -> bool:
    return ("REDACTED" in line or "********" in line) and bool(_HIDDEN.search(line))
