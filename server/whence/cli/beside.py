"""What a session wrote beside what stands in a file now, for `whence explain`."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from whence.cli import console as terminal
from whence.cli.console import Console

if TYPE_CHECKING:
    from whence.engine import Snapshot
    from whence.evidence.sessions.side import Pair
    from whence.model import Evidence

WIDEST, NARROWEST = 160, 60
"""Columns of both sides together."""

_INDENT = 6


def columns(console: Console) -> int:
    """Columns for both sides: the terminal's, or of what is no terminal a usual page's."""
    wide = terminal.columns(console.environment, 120) if console.out.isatty() else 120
    return max(NARROWEST, min(wide, WIDEST)) - _INDENT


def side_by_side(prepared: Snapshot, path: str, line: int, piece: Evidence, width: int) -> list[str]:
    """The matched text of one piece of evidence around a line, read back from the transcript; or why it cannot be."""
    from whence import files
    from whence.evidence.sessions.interface import Places
    from whence.evidence.sessions.prepared import PreparedSessions
    from whence.evidence.sessions.side import beside
    from whence.ranges import contains, each
    from whence.text import display

    content = files.read(prepared.root, path)
    sources = (getattr(source, "answer", source) for source in prepared.prepared)
    sessions = next((source for source in sources if isinstance(source, PreparedSessions)), None)
    if content.data is None or sessions is None:
        return []
    document = prepared.present(path, content.data)
    claims = sessions.origins(document)
    for claim, origin in claims:
        if claim.reference != piece.reference or not contains(claim.lines, line):
            continue
        ours = (other.lines for other, its in claims if its.number == origin.number)
        present = {number: document.lines[number - 1] for lines in ours for number in each(lines)}
        places = Places(prepared.environment, prepared.root, prepared.repository)
        found = beside(origin, present, line, path, places)
        if found.why:
            return [f"not shown beside it: {display(found.why, 300)}"]
        return _table(found.pairs, line, width)
    return []


def _table(pairs: tuple[Pair, ...], line: int, width: int) -> list[str]:
    number = max((len(str(pair.number)) for pair in pairs if pair.number), default=1)
    side = (width - number - 7) // 2
    out = [f"  {_cell('it wrote', side)} | {'':{number}}  in the file now"]
    for pair in pairs:
        sign = " " if pair.same else "-" if pair.present is None else "+" if pair.written is None else "~"
        here = "" if pair.present is None else f"{pair.number:>{number}}  {_cell(pair.present, side)}"
        mark = ">" if pair.number == line else " "
        out.append(f"{mark}{sign}{_cell(pair.written or '', side)} | {here}".rstrip())
    return out


def _cell(text: str, width: int) -> str:
    """Foreign text in so many columns, tabs as four."""
    from whence.text import display

    shown = display(text.rstrip().expandtabs(4), width + 1)
    out, used = "", 0
    for sign in shown:
        wide = 2 if unicodedata.east_asian_width(sign) in "WF" else 0 if unicodedata.combining(sign) else 1
        if used + wide > width - 1 and len(out) < len(shown) - 1:
            return out + "…" + " " * (width - used - 1)
        out, used = out + sign, used + wide
    return out + " " * (width - used)
