"""One module or package for each tool whose sessions are read."""

from __future__ import annotations

from whence.evidence.sessions.interface import Reader
from whence.evidence.sessions.readers.aider import Aider
from whence.evidence.sessions.readers.amp import Amp
from whence.evidence.sessions.readers.claude_code import ClaudeCode
from whence.evidence.sessions.readers.cline import Cline
from whence.evidence.sessions.readers.codex import Codex
from whence.evidence.sessions.readers.continue_dev import Continue
from whence.evidence.sessions.readers.copilot import CopilotChat, CopilotEvents
from whence.evidence.sessions.readers.cursor import CursorCli, CursorIde, CursorTranscripts
from whence.evidence.sessions.readers.droid import Droid
from whence.evidence.sessions.readers.entire import Entire
from whence.evidence.sessions.readers.gemini_cli import GeminiCli
from whence.evidence.sessions.readers.kilo import KiloCode
from whence.evidence.sessions.readers.kiro import AmazonQ, Kiro, KiroDatabase
from whence.evidence.sessions.readers.note_messages import NoteMessages
from whence.evidence.sessions.readers.opencode import OpenCode
from whence.evidence.sessions.readers.pi import Pi
from whence.evidence.sessions.readers.roo import RooCode
from whence.evidence.sessions.readers.specstory import SpecStory
from whence.evidence.sessions.readers.windsurf import Windsurf
from whence.evidence.sessions.readers.zed import Zed

TOOLS: tuple[Reader, ...] = (
    ClaudeCode(),
    Codex(),
    GeminiCli(),
    Aider(),
    OpenCode(),
    Cline(),
    RooCode(),
    KiloCode(),
    Continue(),
    Windsurf(),
    Pi(),
    Amp(),
    Droid(),
    Zed(),
    CopilotChat(),
    CopilotEvents(),
    CursorIde(),
    CursorCli(),
    CursorTranscripts(),
    KiroDatabase(),
    AmazonQ(),
    Kiro(),
)
"""The readers of what tools keep on this machine. A new tool is a new module and one entry here.

Of two readers of one tool the later one reads what recorders commit of it."""

READERS: tuple[Reader, ...] = (
    *TOOLS,
    Entire(TOOLS),
    NoteMessages(),
    SpecStory(),
)
"""Every reader, those of transcripts that repositories keep included."""
