"""Cline: tasks until version 3, sessions since."""

from whence.evidence.sessions.readers.cline.reader import Cline

__all__ = ["Cline"]
