"""Every trace that tools leave, one module a source, behind one protocol (`evidence.interface`)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from whence.model import EvidenceClass

if TYPE_CHECKING:
    from whence.evidence.interface import Context, Prepared, Source


def sources() -> tuple[Source, ...]:
    """Every source, in the order in which they are prepared and reported."""
    return _SOURCES


class _Later:
    """A source that is loaded when it has to look: what is known from before needs none of it.

    Nor does a workspace of which the module `quiet` says, in its `nothing_here`, that there is nothing to look at.
    """

    def __init__(
        self, name: str, evidence_class: EvidenceClass, module: str, source: str, quiet: str = ""
    ) -> None:
        self.name = name
        self.evidence_class = evidence_class
        self._place = module, source
        self._quiet = quiet

    def prepare(self, context: Context) -> Prepared:
        if self._quiet and _module(self._quiet).nothing_here(context):
            from whence.evidence.interface import Silent

            return Silent()
        module, source = self._place
        found: Source = getattr(_module(module), source)()
        return found.prepare(context)


def _module(name: str) -> Any:
    return import_module(f"whence.evidence.{name}")


_SOURCES = (
    _Later("git-history", EvidenceClass.DECLARED, "history", "History"),
    _Later("git-ai", EvidenceClass.RECORDED, "notes", "GitAiNotes"),
    _Later("agent-trace", EvidenceClass.RECORDED, "agent_trace", "AgentTrace", "agent_trace_files"),
    _Later("marker", EvidenceClass.DECLARED, "markers", "Markers"),
    _Later("sessions", EvidenceClass.SESSION, "sessions.source", "Sessions", "sessions.quiet"),
)
