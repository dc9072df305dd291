"""Every trace that tools leave, one module a source, behind one protocol (`evidence.interface`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whence.evidence.interface import Source


def sources() -> tuple[Source, ...]:
    """Every source, in the order in which they are prepared and reported."""
    from whence.evidence.agent_trace import AgentTrace
    from whence.evidence.history import History
    from whence.evidence.markers import Markers
    from whence.evidence.notes import GitAiNotes
    from whence.evidence.sessions import Sessions

    return (History(), GitAiNotes(), AgentTrace(), Markers(), Sessions())
