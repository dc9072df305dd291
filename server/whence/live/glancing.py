"""A first glance at a workspace, for somebody who has just opened a file: what can be said before all is looked at.

Looking at a large history takes seconds. Until then what was found out before and still holds is taken from the cache,
and what stands in the file itself is read; nothing else is said. Where the repository has records that say line by line
who wrote, and they are not at hand, nothing at all is said: they might take a claim back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from whence.cache import Cache
from whence.engine import Snapshot, prepare
from whence.evidence import sources
from whence.evidence.interface import Context, Prepared, Source
from whence.evidence.noted import FALLBACKS, OLD_REFS, REF
from whence.model import EvidenceClass
from whence.quick import dataclass
from whence.repo import GitError, Repository

TRACES = ".agent-trace"


@dataclass
class _AtHand:
    """A source that is asked only for what the cache has."""

    name: str
    evidence_class: EvidenceClass
    nothing: Callable[[], Prepared]
    missed: bool = False
    """Whether the cache had nothing."""

    def prepare(self, context: Context) -> Prepared:
        self.missed = True
        return self.nothing()


def _no_history() -> Prepared:
    from whence.evidence.history import PreparedHistory

    return PreparedHistory()


def _no_notes() -> Prepared:
    from whence.evidence.notes import PreparedNotes

    return PreparedNotes()


def glance(root: Path, policy_path: Path | None, environment: Mapping[str, str], name: str) -> Snapshot:
    """What is at hand for one file of a workspace. Raises UserError for a broken policy."""
    repository = Repository.around(root, environment)
    cache = Cache.open(root, repository, environment)
    history = _AtHand("git-history", EvidenceClass.DECLARED, _no_history)
    notes = _AtHand("git-ai", EvidenceClass.RECORDED, _no_notes)
    asked: tuple[Source, ...] = (history, notes, *(one for one in sources() if one.name == "marker"))
    try:
        snapshot = prepare(
            root, policy_path=policy_path, among=(name,), environment=environment, cache=cache, asked=asked
        )
        for source in snapshot.prepared:
            _ = getattr(source, "answer", None)  # read back before the cache is closed
    finally:
        if cache is not None:
            cache.close()
    known_notes = cache is not None and not notes.missed
    recorded = _traced(root, name) or (not known_notes and _noted(repository))
    return replace(snapshot, prepared=()) if recorded else snapshot


def _traced(root: Path, name: str) -> bool:
    """Whether there are Agent Trace records around a file."""
    return any((root / folder / TRACES).exists() for folder in Path(name).parents)


def _noted(repository: Repository | None) -> bool:
    """Whether there may be git-ai notes."""
    if repository is None:
        return False
    try:
        return bool(repository.run("for-each-ref", "--count=1", REF, FALLBACKS, OLD_REFS).strip())
    except GitError:
        return True
