"""Who a credit in words means: `Claude Opus 4.6 (1M context) <noreply@anthropic.com>`, `Claude:claude-opus-4-8 sparse`.

The address decides where there is one: only addresses that the registry lists are tools', never a whole domain, since
vendors' people write from there too. Without a listed address a credit counts only when its words can mean nothing
but a product (`Claude Code`, `OpenAI GPT-5.4`): Claude and Devin are also people.
"""

from __future__ import annotations

import re
from enum import Enum

from whence.model import Agent
from whence.quick import dataclass
from whence.tools import Registry, key, without_version


class Role(Enum):
    """What an identity does to code, by the registry."""

    WRITES = "writes"
    SUGGESTS = "suggests"
    """Proposes changes in reviews; a person took them over."""
    COMMITS = "commits"
    """Writes, and counts even when it is only the committer."""
    NO_GENERATOR = "no generator"
    """A bot that writes by rule."""


@dataclass(frozen=True, slots=True)
class Identities:
    """The registry's addresses, logins and names, ready for look-up."""

    tools: dict[str, tuple[str, Role]]
    """Lower-case address or `[bot]` login to tool id and role."""
    not_generators: frozenset[str]
    suffixes: tuple[tuple[str, str], ...]
    """(end of an author's name, tool id)"""

    @staticmethod
    def of(registry: Registry) -> Identities:
        tools: dict[str, tuple[str, Role]] = {}
        for signs in registry.signs:
            tools.update({name.lower(): (signs.tool, Role.SUGGESTS) for name in signs.suggests})
            tools.update({name.lower(): (signs.tool, Role.WRITES) for name in signs.writes})
            tools.update({name.lower(): (signs.tool, Role.COMMITS) for name in signs.commits})
        suffixes = tuple((end.lower(), signs.tool) for signs in registry.signs for end in signs.suffixes)
        return Identities(tools, registry.not_generators, suffixes)

    def find(self, name: str, mail: str) -> tuple[str | None, Role] | None:
        """The tool and role of `name <mail>`; None for people and for all who are not listed."""
        for candidate in _spellings(name, mail):
            if candidate in self.tools:
                return self.tools[candidate]
        known = (name.strip().lower(), *_spellings(name, mail))
        if any(one in self.not_generators or one.endswith("[bot]") for one in known):
            return None, Role.NO_GENERATOR
        return None


_NOREPLY = "@users.noreply.github.com"


def _spellings(name: str, mail: str) -> tuple[str, ...]:
    """The forms under which an identity may be listed: its address, its GitHub login, its name when it ends in [bot]."""
    mail, name = mail.strip().lower(), name.strip().lower()
    out = [mail] if mail else []
    if mail.endswith(_NOREPLY):
        login = mail.removesuffix(_NOREPLY).rpartition("+")[2]
        if login.endswith(("[bot]", "-bot", "-robot")):
            out.append(login)
    if name.endswith("[bot]"):
        out.append(name)
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Credit:
    """The tool that a credit means."""

    agent: Agent
    role: Role
    listed: bool
    """An address that the registry lists, not only words."""


_ADDRESS = re.compile(r"^(?P<name>.*?)\s*<(?P<mail>[^<>]*)>?[\s.,;]*$")


def split(credit: str) -> tuple[str, str]:
    """A credit's name and address; HTML escapes are undone, a missing address is empty."""
    if "&" in credit:
        import html  # with the names of all characters, and few credits have any

        credit = html.unescape(credit)
    text = credit.strip()
    found = _ADDRESS.match(text)
    return (found["name"].strip().strip("\"'"), found["mail"].strip()) if found else (text, "")


def identified(registry: Registry, identities: Identities, credit: str) -> Credit | None:
    """The credit of a `Name <address>` line such as Co-authored-by; None for people, unknowns and mere bots."""
    name, mail = split(credit)
    found = identities.find(name, mail)
    if found is not None:
        tool, role = found
        return (
            None
            if tool is None
            else Credit(registry.agent(tool, model_in(registry, name)), role, listed=True)
        )
    agent = product(registry, name)
    if agent is None or (mail and (" " not in name or (agent.tool is None and agent.model is not None))):
        # Anyone may be called `codex` or `gpt-4`; with an address of their own it takes a product's full name.
        return None
    return Credit(agent, Role.WRITES, listed=False)


def product(registry: Registry, words: str) -> Agent | None:
    """The agent that bare words name beyond doubt; None when they could be a person's name or mean something else.

    `Claude Code`, `Claude Opus 4.6 (1M context)`, `GitHub Copilot (GPT-5)`, `Cursor with Claude Sonnet 4`,
    `OpenAI GPT-5.4`, `Claude:claude-opus-4-8 sparse`, `AI Assistant`.
    """
    words = " ".join(words.split())
    if not words or len(words) > _LONGEST:
        return None
    if key(words) in registry.some_tool:
        return Agent()
    head, colon, tail = words.partition(":")
    if colon and registry.find(head) and tail.strip():
        # The kernel's form: AGENT_NAME:MODEL_VERSION [TOOL ...].
        model = _known_model(registry, tail.split()[0])
        glued = not tail.startswith(" ")
        if model or (glued and _model_like(registry, tail)):
            return registry.agent(head, model)
    parts = words.split(" ")
    for count in range(len(parts), 0, -1):
        name = " ".join(parts[:count]).rstrip(",;:/")
        if registry.find(name) is None:
            continue
        model = _sure_model(registry, words)
        plain = without_version(key(name))
        rest = " ".join(parts[count:])
        if plain in registry.also_people and not model and not _vendor_named(registry, name, rest):
            return None
        if not rest or model or _HARMLESS.match(rest):
            return registry.agent(None if model and plain in _FAMILIES else name, model)
        return None
    model = _sure_model(registry, words)
    if model is not None and _model_only(registry, words, model):
        return registry.agent(None, model)
    return None


_LONGEST = 120
"""Characters of a credit; longer lines are prose."""

_FAMILIES = frozenset({"gemini", "google-gemini", "grok", "qwen"})
"""Names of model families and of tools alike: `Gemini 2.5 Pro` is the model, in whatever tool."""

_HARMLESS = re.compile(r"(?:\(|\[|/|,|@|v?\d|with\b|using\b|via\b|by\b|agent$|cli\b|ide\b)", re.IGNORECASE)
"""What may follow a tool's name in a credit: a version, a model, a place; not a surname."""

_CLAUDE = re.compile(
    r"\bclaude[ -]+(?:code[ -]+[\d.]+[ /]+claude[ -]+)?(?P<a>[a-z]+|\d[\d.]*)[ -]+(?P<b>\d[\d.]*|opus|sonnet|haiku)\b",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"(?<![\w.-])(?:[a-z][\w.-]*/)*[a-z]+\d*-[a-z0-9][\w.:-]*", re.IGNORECASE)
_SPOKEN = re.compile(
    r"\b(?P<name>gpt|gemini|grok|kimi|glm|qwen|deepseek|llama|codestral|devstral|composer)[ -]?(?P<version>v?\d[\w.]*)"
    r"(?P<kind>(?:[ -](?:pro|flash|lite|mini|nano|max|codex|turbo|coder|preview|thinking|fast|high)\b)*)",
    re.IGNORECASE,
)


def _vendor_named(registry: Registry, name: str, rest: str) -> bool:
    """Whether a tool's name is followed by its maker in parentheses: `Claude (Anthropic)`."""
    tool = registry.find(name)
    vendor = registry.vendors.get(tool.vendor or "") if tool else None
    return vendor is not None and rest.lower().startswith(f"({vendor.lower()}")


def model_in(registry: Registry, words: str) -> str | None:
    """The model that a display name speaks of, in the vendor's spelling as far as it can be told.

    `Claude Opus 4.6 (1M context)` → `claude-opus-4-6`, `aider (gpt-4o)` → `gpt-4o`, `GPT 5.5` → `gpt-5.5`.
    """
    for found in _IDENTIFIER.finditer(words):
        known = _known_model(registry, found[0].rstrip(".:"))
        if known is not None and any(c.isdigit() for c in known):
            return known
    claude = _CLAUDE.search(words)
    if claude is not None and claude["a"].lower() != "code":
        first, second = claude["a"].lower(), claude["b"].lower()
        return f"claude-{first}-{second}".rstrip(".").replace(".", "-")
    spoken = _SPOKEN.search(words)
    if spoken is not None:
        kind = spoken["kind"].replace(" ", "-")
        return f"{spoken['name']}-{spoken['version'].rstrip('.')}{kind}".lower()
    return None


def _sure_model(registry: Registry, words: str) -> str | None:
    """The model that words name where no address vouches for them: `Claude Martin 2` is somebody's name."""
    model = model_in(registry, words)
    return None if model and model.startswith("claude-") and not _FAMILY.match(model) else model


_FAMILY = re.compile(r"claude-(?:\d|opus|sonnet|haiku|fable|instant)")


def _known_model(registry: Registry, text: str) -> str | None:
    """A model's identifier if a vendor is known for it."""
    text = text.strip("()[],;").lower()
    return registry.model(text) if registry.vendor_of_model(text) else None


def _model_like(registry: Registry, words: str) -> bool:
    """Whether words can only mean a model, known or not: `auto`, `own/model`, `mimo-v2.5-free`."""
    first = words.split()[0].strip("()[],;").lower()
    named = any(c in "-/0123456789" for c in first) and any(map(str.isalpha, first))
    return named or first in registry.no_model or _sure_model(registry, words) is not None


def _model_only(registry: Registry, words: str, model: str) -> bool:
    """Whether nothing but a model's name, its vendor and decoration is there."""
    rest = re.sub(r"\([^)]*\)", " ", words.lower())
    vendor = registry.vendor_of_model(model) or ""
    known = {
        *re.split(r"[\s./-]+", model),
        *model.split("-"),
        vendor,
        registry.vendors.get(vendor, "").lower(),
    }
    return all(word in known or not word for word in re.split(r"[\s./-]+", rest))
