"""Codex (OpenAI): rollouts of lines, and databases beside them."""

from whence.evidence.sessions.readers.codex.reader import Codex

__all__ = ["Codex"]
