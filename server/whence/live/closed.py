"""Files on disk as the editor is shown them: the results of a scan, and files that were closed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from whence import files, wording
from whence.engine import Snapshot
from whence.live import words
from whence.live.client_text import ClientText
from whence.live.showing import array, entry, identifier, shows
from whence.live.values import Closed, Face
from whence.model import FileResult, Finding
from whence.policy import Disputes
from whence.ranges import count
from whence.text import decode, display


def closed(snapshot: Snapshot, result: FileResult, uri: str, face: Face) -> Closed:
    """A result with the text that it speaks of, ready to be shown."""
    found = [finding for finding in result.findings if shows(face, finding)]
    if not found:
        return Closed(uri)
    data = files.read(snapshot.root, result.path).data
    text = ClientText(decode(data) if data else "", face.encoding)
    items = array([entry(finding, text, uri, snapshot.registry, face).at(0) for finding in found])
    levels = Counter(finding.severity.value for finding in found)
    return Closed(uri, items, identifier(items), listed(uri, snapshot, found), tuple(sorted(levels.items())))


def listed(uri: str, snapshot: Snapshot, found: Sequence[Finding]) -> bytes:
    """Findings for an editor's own views (docs/editors.md), as JSON objects with commas between."""
    return ",".join(json.dumps(each) for each in _entries(uri, snapshot, found)).encode("ascii")


def _entries(uri: str, snapshot: Snapshot, found: Sequence[Finding]) -> Iterator[dict[str, Any]]:
    disputable = snapshot.policy is None or snapshot.policy.disputes is not Disputes.REFUSED
    for finding in found:
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
            # Verbatim: who approves hands back the words that were shown.
            "criterion": {"name": finding.criterion, "text": finding.promise} if finding.promise else None,
            "purposes": list(finding.purposes),
            "disputable": disputable,
            "notes": [display(note, 300) for note in finding.notes],
        }
