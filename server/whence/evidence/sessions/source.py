"""The source of evidence that `whence.evidence` lists."""

from __future__ import annotations

from collections.abc import Sequence

from whence.evidence.interface import Context, Prepared, Silent
from whence.evidence.sessions.interface import Reader
from whence.evidence.sessions.quiet import nothing_here
from whence.model import EvidenceClass


class Sessions:
    """All tools' sessions on this machine."""

    name = "sessions"
    evidence_class = EvidenceClass.SESSION

    def __init__(self, readers: Sequence[Reader] | None = None) -> None:
        self._readers = readers
        """None: those that may find something."""

    def prepare(self, context: Context) -> Prepared:
        if self._readers is None and nothing_here(context):
            return Silent()
        from whence.evidence.sessions.reading import Reading

        with Reading(context, self._readers) as reading:
            reading.update(reading.survey())
            return reading.answer()
