"""Claude Code (Anthropic): transcripts of lines."""

from whence.evidence.sessions.readers.claude_code.reader import ClaudeCode

__all__ = ["ClaudeCode"]
