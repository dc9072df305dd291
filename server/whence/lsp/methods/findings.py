"""The command `whence.findings`: every finding that is known now, for editors that list them by scope."""

from __future__ import annotations

from typing import Any

from whence.lsp.protocol import Raw, invalid_params
from whence.lsp.server import WhenceServer

FINDINGS = "whence.findings"


async def findings(ls: WhenceServer, arguments: list[Any], token: Any) -> Raw:
    """The findings of open documents as they stand, and those that the last scan found in other files.

    Lines are whole: a range's `end.line` is the last line, counted from 0, and its characters are 0.
    """
    if arguments:
        raise invalid_params(f"{FINDINGS} takes no arguments")
    session = ls.session
    out: list[bytes] = []
    for document in list(session.documents.values()):
        await session.analysed(document)
        out.append(await session.workshop.ask("listed", document.uri))
    for root in session.roots.values():
        if root.survey is not None:
            out += [found.listed for uri, found in root.survey[1].items() if uri not in session.documents]
    return Raw(b'{"findings":[%b]}' % b",".join(part for part in out if part))
