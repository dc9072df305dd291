"""GitHub Copilot: chats in VS Code, and the event logs of its agents."""

from whence.evidence.sessions.readers.copilot.chats import CopilotChat
from whence.evidence.sessions.readers.copilot.events import CopilotEvents

__all__ = ["CopilotChat", "CopilotEvents"]
