"""The command `whence.findings`: every finding that is known now, for editors that list them by scope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from whence import wording
from whence.engine import Snapshot
from whence.lsp import words
from whence.lsp.protocol import invalid_params
from whence.lsp.server import WhenceServer
from whence.model import Finding
from whence.ranges import count
from whence.text import display

FINDINGS = "whence.findings"


async def findings(ls: WhenceServer, arguments: list[Any], token: Any) -> dict[str, Any]:
    """The findings of open documents as they stand, and those that the last scan found in other files.

    Lines are whole: a range's `end.line` is the last line, counted from 0, and its characters are 0.
    """
    if arguments:
        raise invalid_params(f"{FINDINGS} takes no arguments")
    out: list[dict[str, Any]] = []
    for document in list(ls.session.documents.values()):
        analysis = await ls.session.analysed(document)
        if analysis.snapshot is not None:
            out += entries(document.uri, analysis.snapshot, analysis.result.findings)
    for root in ls.session.roots.values():
        if root.snapshot is not None:
            for uri, found in root.scanned.items():
                if uri not in ls.session.documents:
                    out += entries(uri, root.snapshot, found)
    return {"findings": out}


def entries(uri: str, snapshot: Snapshot, found: Sequence[Finding]) -> Iterator[dict[str, Any]]:
    """One object a finding, see docs/editors.md."""
    for finding in found:
        criteria = snapshot.policy.criteria if snapshot.policy else ()
        promise = next((item.text for item in criteria if item.name == finding.criterion), "")
        yield {
            "uri": uri,
            "path": finding.path,
            "fingerprint": finding.fingerprint,
            "code": finding.code,
            "severity": finding.severity.value,
            "message": wording.message(finding, snapshot.registry),
            "scope": finding.scope,
            "tool": display(snapshot.registry.display(finding.agent)),
            "requirement": finding.requirement.value,
            "name": display(finding.region.name, 120) if finding.region.name else None,
            "ranges": [
                {"start": {"line": first - 1, "character": 0}, "end": {"line": last - 1, "character": 0}}
                for first, last in finding.lines
            ],
            "lineCount": count(finding.lines),
            "reviewable": words.can_review(finding),
            "criterion": {"name": finding.criterion, "text": display(promise, 600)} if promise else None,
            "purposes": list(finding.purposes),
            "disputable": True,
            "notes": [display(note, 300) for note in finding.notes],
        }
