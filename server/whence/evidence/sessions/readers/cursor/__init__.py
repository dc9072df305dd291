"""Cursor: its editor's database, its command line's stores, and transcripts where neither is left."""

from whence.evidence.sessions.readers.cursor.command_line import CursorCli
from whence.evidence.sessions.readers.cursor.editor import CursorIde
from whence.evidence.sessions.readers.cursor.transcripts import CursorTranscripts

__all__ = ["CursorCli", "CursorIde", "CursorTranscripts"]
