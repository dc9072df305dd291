"""The registry knows tools, vendors and models by the words that records use."""

from __future__ import annotations

import pickle
import re

import pytest

from whence.model import Agent
from whence.tools import Registry, Tool, key

REGISTRY = Registry.builtin()


@pytest.mark.parametrize(
    ("recorded", "tool"),
    [
        ("claude", "claude-code"),
        ("Claude Code", "claude-code"),
        ("claude_code", "claude-code"),
        ('"claude-code"', "claude-code"),
        ("claude-code@2.0.1", "claude-code"),
        ("Claude Code 2.1.133", "claude-code"),
        ("codex", "codex"),
        ("Codex Desktop", "codex"),
        ("codex_cli_rs", "codex"),
        ("openai-codex", "codex"),
        ("github-copilot", "copilot"),
        ("GitHub Copilot CLI", "copilot"),
        ("cursor", "cursor"),
        ("Cursor Agent", "cursor"),
        ("gemini", "gemini-cli"),
        ("jules", "jules"),
        ("devin", "devin"),
        ("devin-ai-integration[bot]", "devin"),
        ("opencode", "opencode"),
        ("amp", "amp"),
        ("aider", "aider"),
        ("Roo Code", "roo"),
        ("cline", "cline"),
        ("droid", "droid"),
        ("windsurf", "windsurf"),
        ("continue-cli", "continue"),
        ("pi", "pi"),
        ("zed", "zed"),
        ("Kiro CLI", "kiro"),
        ("amazon-q", "amazon-q"),
        ("junie", "junie"),
        ("mock_ai", None),
        ("anthropic", None),
        ("", None),
    ],
)
def test_recorded_words_name_a_tool(recorded: str, tool: str | None) -> None:
    """A recorder's own spelling leads to the tool, and words that are nobody's lead nowhere."""
    found = REGISTRY.find(recorded)
    assert (found.id if found else None) == tool


@pytest.mark.parametrize(
    ("model", "name", "vendor"),
    [
        ("claude-opus-4-8", "claude-opus-4-8", "anthropic"),
        ("anthropic/claude-opus-4-8", "claude-opus-4-8", "anthropic"),
        ("claude-4.5-sonnet-thinking", "claude-4.5-sonnet-thinking", "anthropic"),
        ("us.anthropic.claude-sonnet-4-5-v1:0", "us.anthropic.claude-sonnet-4-5-v1:0", "anthropic"),
        ("openrouter/anthropic/claude-3.7-sonnet", "claude-3.7-sonnet", "anthropic"),
        ("openai/gpt-5.4", "gpt-5.4", "openai"),
        ("openai-codex/gpt-5.4", "gpt-5.4", "openai"),
        ('"gpt-5"', "gpt-5", "openai"),
        ("o3", "o3", "openai"),
        ("gemini-2.5-pro", "gemini-2.5-pro", "google"),
        ("meta-llama/Llama-4-Scout", "Llama-4-Scout", "meta"),
        ("x-ai/grok-4", "grok-4", "xai"),
        ("deepseek-v4-flash", "deepseek-v4-flash", "deepseek"),
        ("composer-1", "composer-1", "anysphere"),
        ("openai/house-model", "house-model", "openai"),
        ("house-model", "house-model", None),
        ("openhermes", "openhermes", None),
        ("unknown", None, None),
        ("default", None, None),
        ("<synthetic>", None, None),
        ("tab", None, None),
        (None, None, None),
    ],
)
def test_models_have_a_name_and_a_vendor(model: str | None, name: str | None, vendor: str | None) -> None:
    """A model's vendor follows from its name, else from its provider; words for no model name none."""
    agent = REGISTRY.agent("opencode", model)
    assert (agent.model, agent.model_vendor) == (name, vendor)


def test_an_agent_keeps_both_vendors() -> None:
    """A tool of one vendor that runs another's model says both."""
    assert REGISTRY.agent("Cursor", "claude-opus-4-8") == Agent(
        "cursor", "anysphere", "claude-opus-4-8", "anthropic"
    )


def test_an_unknown_tool_keeps_its_name() -> None:
    """A tool that nobody registered is still told apart from others."""
    assert REGISTRY.agent("test-agent", None) == Agent("test-agent")


@pytest.mark.parametrize("words", ["ai_agent", "unknown", "", None])
def test_an_unnamed_tool_is_an_ai_tool(words: str | None) -> None:
    """Where a record says AI without saying which, the agent has no tool."""
    assert REGISTRY.agent(words) == Agent()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (Agent("claude-code", "anthropic", "claude-opus-4-8", "anthropic"), "Claude Code (Anthropic)"),
        (Agent("opencode", None, "claude-opus-4-8", "anthropic"), "opencode with a model of Anthropic"),
        (Agent("cursor", "anysphere", "x", "openai"), "Cursor (Anysphere) with a model of OpenAI"),
        (Agent("replit", "replit"), "Replit Agent"),
        (Agent("mock_ai"), "mock_ai"),
        (Agent("a\x1b[31m"), "a\\x1b[31m"),
        (Agent("house", "acme"), "house (acme)"),
        (Agent(None, None, "gpt-5", "openai"), "an AI tool with a model of OpenAI"),
        (Agent(), "an AI tool"),
    ],
)
def test_agents_are_shown_by_name(agent: Agent, words: str) -> None:
    """Messages name tool and vendor as people do, and foreign names cannot control a terminal."""
    assert REGISTRY.display(agent) == words


def test_a_policy_adds_a_tool() -> None:
    """A tool of a policy's own is found by its id, name and aliases."""
    registry = REGISTRY.extended([Tool("house-coder", "House Coder", "acme", ("hc",))])
    for words in ("house-coder", "House Coder", "hc"):
        assert registry.agent(words) == Agent("house-coder", "acme")
    assert REGISTRY.find("house-coder") is None


def test_a_policy_renames_a_tool_and_keeps_its_spellings() -> None:
    """A policy's tool of a built-in id takes its place; recorders' spellings and commit signs stay."""
    registry = REGISTRY.extended([Tool("claude-code", "Our Claude", None, trailers=("Made-by: us",))])
    found = registry.find("claude_code")
    assert found is not None
    assert (found.name, found.vendor, found.trailers) == ("Our Claude", "anthropic", ("Made-by: us",))


def test_the_registry_travels_between_processes() -> None:
    """A pickled registry is the same registry."""
    assert pickle.loads(pickle.dumps(REGISTRY)) == REGISTRY


def test_the_data_is_consistent() -> None:
    """Every vendor has a name, every pattern compiles, and no identity or spelling belongs to two tools."""
    identities = [name for s in REGISTRY.signs for name in (*s.writes, *s.suggests)]
    spellings = {
        (key(word), tool.id)
        for tool in REGISTRY.tools.values()
        for word in (tool.id, tool.name, *tool.aliases)
    }
    assert all(tool.vendor is None or tool.vendor in REGISTRY.vendors for tool in REGISTRY.tools.values())
    assert {vendor for _, vendor in REGISTRY.models} <= REGISTRY.vendors.keys()
    assert set(REGISTRY.providers.values()) <= REGISTRY.vendors.keys()
    assert len(identities) == len(set(identities))
    assert all(identity == identity.lower() for identity in identities)
    assert len(spellings) == len({word for word, _ in spellings})
    assert not REGISTRY.not_generators & set(identities)
    for signs in REGISTRY.signs:
        for pattern in (*signs.trailers, *signs.phrases):
            re.compile(pattern)
