"""Aider: chat histories in Markdown."""

from whence.evidence.sessions.readers.aider.reader import Aider

__all__ = ["Aider"]
