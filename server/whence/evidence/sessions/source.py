"""The source of evidence that `whence.evidence` lists."""

from __future__ import annotations

from collections.abc import Sequence

from whence.evidence.interface import Context
from whence.evidence.sessions.interface import Reader
from whence.evidence.sessions.prepared import PreparedSessions
from whence.evidence.sessions.reading import Reading
from whence.model import EvidenceClass


class Sessions:
    """All tools' sessions on this machine."""

    name = "sessions"
    evidence_class = EvidenceClass.SESSION

    def __init__(self, readers: Sequence[Reader] | None = None) -> None:
        self._readers = readers
        """None: those that may find something."""

    def prepare(self, context: Context) -> PreparedSessions:
        with Reading(context, self._readers) as reading:
            reading.update(reading.survey())
            return reading.answer()
