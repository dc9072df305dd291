"""The registry of AI coding tools and vendors, read from `tools.toml`, extended by a policy's [[tool]]."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from whence.model import Agent
from whence.quick import dataclass
from whence.text import display

MAX_NAME = 120
"""Characters kept of a tool's or model's name from a record; longer ones are not names."""


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
class Signs:
    """How one tool shows in commits; see the head of `tools.toml` for what each list means."""

    tool: str
    writes: tuple[str, ...] = ()
    suggests: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    trailers: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registry:
    """All known tools. A value, picklable; `builtin()` reads the packaged data once."""

    tools: Mapping[str, Tool]
    vendors: Mapping[str, str] = field(default_factory=dict)
    """Vendor id to display name."""
    models: tuple[tuple[str, str], ...] = ()
    """(regular expression at the start of a model's name, vendor id), the first match wins."""
    providers: Mapping[str, str] = field(default_factory=dict)
    """The prefix of `provider/model` to a vendor id."""
    no_model: frozenset[str] = frozenset({""})
    no_tool: frozenset[str] = frozenset({""})
    some_tool: frozenset[str] = frozenset()
    """Credits that mean an AI tool without naming it."""
    also_people: frozenset[str] = frozenset()
    """Tools' names that people bear too, or that are plain words: alone they prove nothing."""
    signs: tuple[Signs, ...] = ()
    not_generators: frozenset[str] = frozenset()
    """Names, logins and addresses of bots that write by rule."""
    _names: Mapping[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        names: dict[str, str] = {}
        # Ids and names last: no alias hides another tool. Among equals the later tool (a policy's) wins.
        for tool in self.tools.values():
            names.update((key(alias), tool.id) for alias in tool.aliases)
        for tool in self.tools.values():
            names.update({key(tool.name): tool.id, key(tool.id): tool.id})
        object.__setattr__(self, "_names", names)

    @staticmethod
    def builtin() -> Registry:
        return _builtin()

    def extended(self, tools: Sequence[Tool]) -> Registry:
        """The registry with a policy's own tools added; a policy's tool wins over a built-in of the same id.

        A built-in's aliases, and its vendor where the policy names none, stay.
        """
        merged = dict(self.tools)
        for tool in tools:
            old = merged.pop(tool.id, None)
            if old is not None:
                aliases = tuple(dict.fromkeys((*tool.aliases, *old.aliases)))
                tool = replace(tool, vendor=tool.vendor or old.vendor, aliases=aliases)
            merged[tool.id] = tool
        return replace(self, tools=merged)

    def find(self, recorded: str) -> Tool | None:
        """The tool that a record means by `claude`, `Claude Code`, `github-copilot`, ...; None: unknown."""
        wanted = key(recorded)
        for candidate in (wanted, wanted.partition("@")[0], without_version(wanted)):
            found = self._names.get(candidate)
            if found is not None:
                return self.tools[found]
        return None

    def model(self, recorded: str | None) -> str | None:
        """A model's own name: without quotes and a provider's prefix; None where a record names none."""
        text = (recorded or "").strip().strip("\"'`").strip()[:MAX_NAME]
        if text.lower() in self.no_model:
            return None
        *prefixes, name = text.split("/")
        return name.strip() if prefixes and name.strip() else text

    def vendor_of_model(self, model: str) -> str | None:
        """`anthropic` for `claude-opus-4-8`, `openai` for `openai-codex/gpt-5.4`; None: unknown."""
        parts = [part.strip() for part in model.strip().strip("\"'`").lower().split("/")]
        for part in reversed(parts):
            for pattern, vendor in self.models:
                if re.match(pattern, part):
                    return vendor
        return next((self.providers[part] for part in parts[:-1] if part in self.providers), None)

    def agent(self, recorded_tool: str | None, model: str | None = None) -> Agent:
        """The agent for a record's own words; an unknown tool keeps its recorded name as id, vendor None."""
        name = self.model(model)
        model_vendor = self.vendor_of_model(model or "") if name else None
        said = (recorded_tool or "").strip()
        tool = self.find(said)
        if tool is not None:
            return Agent(tool.id, tool.vendor, name, model_vendor)
        return Agent(None if key(said) in self.no_tool else said[:MAX_NAME], None, name, model_vendor)

    def display(self, agent: Agent) -> str:
        """For messages: `Claude Code (Anthropic)`, `opencode with a model of Anthropic`, `an AI tool`."""
        tool = self.tools.get(agent.tool) if agent.tool else None
        words = tool.name if tool else display(agent.tool) if agent.tool else "an AI tool"
        if agent.vendor:
            vendor = display(self.vendors.get(agent.vendor, agent.vendor))
            # `Warp (Warp)` and `Replit Agent (Replit)` tell nobody more.
            if not words.startswith(vendor):
                words += f" ({vendor})" if agent.tool else f" of {vendor}"
        if agent.model_vendor and agent.model_vendor != agent.vendor:
            words += f" with a model of {self.vendors.get(agent.model_vendor, agent.model_vendor)}"
        return words


def key(name: str) -> str:
    """The spelling in which names are compared: lower case, no quotes, blanks and underscores as hyphens."""
    return re.sub(r"[\s_-]+", "-", name.strip().strip("\"'`").strip().lower()).removesuffix("[bot]")


def without_version(name: str) -> str:
    """A key without the version that some recorders add: `claude-code-2.1`, `codex/0.169`, `amp-v3`."""
    return re.sub(r"[-/]v?\d[\d.]*$", "", name)


@functools.cache
def _builtin() -> Registry:
    data = tomllib.loads(Path(__file__).with_name("tools.toml").read_text("utf-8"))
    return _registry(data)


def _registry(data: Mapping[str, Any]) -> Registry:
    entries = data["tool"]
    return Registry(
        tools={
            entry["id"]: Tool(
                entry["id"], entry["name"], entry.get("vendor"), tuple(entry.get("aliases", ()))
            )
            for entry in entries
        },
        vendors=dict(data["vendors"]),
        models=tuple((pattern, vendor) for vendor, pattern in data["models"].items()),
        providers=dict(data["providers"]),
        no_model=frozenset(data["words"]["no_model"]),
        no_tool=frozenset(data["words"]["no_tool"]),
        some_tool=frozenset(data["words"]["some_tool"]),
        also_people=frozenset(data["words"]["also_people"]),
        signs=tuple(signs for signs in map(_signs, entries) if signs is not None),
        not_generators=_lower(data["bots"]["not_generators"]),
    )


_SIGNS = ("writes", "suggests", "commits", "suffixes", "trailers", "phrases")


def _signs(entry: Mapping[str, Any]) -> Signs | None:
    lists = {name: tuple(entry[name]) for name in _SIGNS if entry.get(name)}
    return Signs(entry["id"], **lists) if lists else None


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
