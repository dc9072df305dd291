"""The registry of AI coding tools and their vendors, read from `tools.toml` and extended by a policy's [[tool]]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from whence.model import Agent


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `id` is what a policy names (`claude-code`); `vendor` is a vendor id (`anthropic`)."""

    id: str
    name: str
    vendor: str | None
    aliases: tuple[str, ...] = ()
    """Other spellings that records use for it, lower case."""
    trailers: tuple[str, ...] = ()
    """Glob patterns on whole trailer lines, from a policy's [[tool]]."""


@dataclass(frozen=True, slots=True)
class Registry:
    """All known tools. A value; `builtin()` reads the packaged data once."""

    tools: Mapping[str, Tool]
    vendors: Mapping[str, str] = field(default_factory=dict)
    """Vendor id to display name."""

    @staticmethod
    def builtin() -> Registry:
        raise NotImplementedError

    def extended(self, tools: Sequence[Tool]) -> Registry:
        """The registry with a policy's own tools added; a policy's tool wins over a built-in of the same id."""
        raise NotImplementedError

    def find(self, recorded: str) -> Tool | None:
        """The tool that a record means by `recorded` (`claude`, `Claude Code`, `github-copilot`); None: unknown."""
        raise NotImplementedError

    def vendor_of_model(self, model: str) -> str | None:
        """`anthropic` for `claude-opus-4-8`, `anthropic/claude-…`, `openai-codex/gpt-5.4` → `openai`; None: unknown."""
        raise NotImplementedError

    def agent(self, recorded_tool: str | None, model: str | None = None) -> Agent:
        """The agent for a record's own words; an unknown tool keeps its recorded name as id, vendor None."""
        raise NotImplementedError

    def display(self, agent: Agent) -> str:
        """For messages: `Claude Code (Anthropic)`, `opencode with a model of Anthropic`, `an AI tool`."""
        raise NotImplementedError
