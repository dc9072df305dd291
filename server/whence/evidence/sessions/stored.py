"""The index as the source of evidence asks it: whose writes are behind the blocks that the matcher found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import UTC, datetime

from whence.evidence.sessions.interface import Locator as Place
from whence.evidence.sessions.interface import Outcome
from whence.index import DiskStore, Origin
from whence.matching.store import Holders, Kept
from whence.model import Agent, Contributor
from whence.quick import dataclass
from whence.tools import Registry


@dataclass(frozen=True, slots=True)
class Writing:
    """What is kept of one `Written`: everything but its text."""

    agent: Agent
    source: str
    reference: str
    session: str
    path: str
    time: datetime | None
    contributor: Contributor
    outcome: Outcome
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Agents:
    """Who is meant by a tool and a model, under the workspace's policy. Picklable, plain."""

    known: Mapping[str, Mapping[str, Agent]] = field(default_factory=dict)
    """By tool, and by model; no model is empty."""

    @staticmethod
    def of(writers: Collection[tuple[str, str | None]], registry: Registry) -> Agents:
        known: dict[str, dict[str, Agent]] = {}
        for tool, model in writers:
            known.setdefault(tool, {})[model or ""] = registry.agent(tool, model)
        return Agents(known)

    def agent(self, tool: str, model: str | None) -> Agent:
        """What wrote first after this was made is of the built-in registry."""
        found = self.known.get(tool, {}).get(model or "")
        return found or Registry.builtin().agent(tool, model)


@dataclass(frozen=True, slots=True)
class StoredSessions:
    """The prints of everything that sessions wrote, and whose they are. Picklable: worker processes ask it too."""

    prints: DiskStore
    agents: Agents = field(default_factory=Agents)

    def holders(self, keys: Collection[int]) -> Mapping[int, Holders]:
        return self.prints.holders(keys)

    def blocks(self, numbers: Collection[int], keys: Collection[int]) -> Mapping[int, Kept]:
        return self.prints.blocks(numbers, keys)

    def writings(self, numbers: Collection[int]) -> Mapping[int, Writing]:
        """What is known of these writes, by `Kept.writing`."""
        found = self.prints.origins(numbers)
        return {number: self._writing(origin) for number, origin in found.items()}

    def _writing(self, origin: Origin) -> Writing:
        locator = origin.locator
        if origin.shared:
            place = f"shared as {origin.shared}"
        else:
            name = locator.file or locator.shown
            place = Place(name, locator.offset, locator.line, locator.record).place
        return Writing(
            self.agents.agent(origin.tool, origin.model),
            locator.source,
            f"session {origin.session[:8]} {place}",
            origin.session,
            origin.path,
            None if origin.time is None else datetime.fromtimestamp(origin.time, UTC),
            Contributor(origin.contributor),
            Outcome(origin.outcome),
            origin.person,
        )
