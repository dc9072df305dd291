"""Session evidence: text in the workspace that stands in a tool's own transcript as text that it wrote.

The strongest proof that needs no cooperation: no trailer, no note, no hook. `Sessions.prepare` finds the transcripts of
every reader, those of sessions in this workspace first, reads them within a budget, keeps only digests of what was
inserted, and answers for any document from memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from whence.evidence.interface import Context
from whence.evidence.sessions.aider import Aider
from whence.evidence.sessions.amp import Amp
from whence.evidence.sessions.claude_code import ClaudeCode
from whence.evidence.sessions.cline import Cline
from whence.evidence.sessions.codex import Codex
from whence.evidence.sessions.continue_dev import Continue
from whence.evidence.sessions.copilot_chat import CopilotChat
from whence.evidence.sessions.copilot_events import CopilotEvents
from whence.evidence.sessions.cursor_cli import CursorCli
from whence.evidence.sessions.cursor_ide import CursorIde
from whence.evidence.sessions.cursor_transcripts import CursorTranscripts
from whence.evidence.sessions.droid import Droid
from whence.evidence.sessions.entire import Entire
from whence.evidence.sessions.gemini_cli import GeminiCli
from whence.evidence.sessions.interface import Reader
from whence.evidence.sessions.kilo import KiloCode
from whence.evidence.sessions.kiro import Kiro
from whence.evidence.sessions.kiro_database import AmazonQ, KiroDatabase
from whence.evidence.sessions.note_messages import NoteMessages
from whence.evidence.sessions.opencode import OpenCode
from whence.evidence.sessions.pi import Pi
from whence.evidence.sessions.prepared import PreparedSessions
from whence.evidence.sessions.reading import Reading
from whence.evidence.sessions.roo import RooCode
from whence.evidence.sessions.specstory import SpecStory
from whence.evidence.sessions.windsurf import Windsurf
from whence.evidence.sessions.zed import Zed
from whence.model import EvidenceClass

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


class Sessions:
    """All tools' sessions on this machine."""

    name = "sessions"
    evidence_class = EvidenceClass.SESSION

    def __init__(self, readers: Sequence[Reader] = READERS) -> None:
        self._readers = readers

    def prepare(self, context: Context) -> PreparedSessions:
        with Reading(context, self._readers) as reading:
            reading.update(reading.survey())
            return reading.answer()
