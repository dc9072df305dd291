"""Entire: other tools' transcripts, committed with the code."""

from whence.evidence.sessions.readers.entire.reader import Entire

__all__ = ["Entire"]
