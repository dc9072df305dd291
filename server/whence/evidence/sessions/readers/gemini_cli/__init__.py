"""Gemini CLI (Google): chats."""

from whence.evidence.sessions.readers.gemini_cli.reader import GeminiCli

__all__ = ["GeminiCli"]
