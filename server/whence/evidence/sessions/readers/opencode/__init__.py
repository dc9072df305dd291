"""opencode, and what is made from it."""

from whence.evidence.sessions.readers.opencode.reader import OpenCode

__all__ = ["OpenCode"]
