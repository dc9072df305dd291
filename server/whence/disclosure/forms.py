"""The forms in which projects want a tool named in a commit, and how each names it. Pure.

Linux (`Documentation/process/coding-assistants.rst`): `Assisted-by: AGENT:MODEL [TOOLS]`; the analysis tools in
brackets are for a person to add, nothing here knows them. Fedora and LLVM: `Assisted-by:` and the assistant's name.
Apache: `Generated-by:`. `Co-authored-by:` is what tools themselves write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from whence.evidence.marks import AGENTS_BEGIN, CommitText, Mark, reader
from whence.model import Agent
from whence.tools import Registry, key


class Form(StrEnum):
    """A form by the name of a project that asks for it."""

    LINUX = "linux"
    FEDORA = "fedora"
    LLVM = "llvm"
    APACHE = "apache"
    CO_AUTHOR = "co-authored-by"


UNKNOWN_MODEL = "unknown"
"""What stands for the model where a form wants one and nobody knows it."""

UNNAMED = "AI assistant"
"""What stands for the tool where the evidence only says that there was one."""

_KEYS = {
    Form.LINUX: "Assisted-by",
    Form.FEDORA: "Assisted-by",
    Form.LLVM: "Assisted-by",
    Form.APACHE: "Generated-by",
    Form.CO_AUTHOR: "Co-authored-by",
}
_BY_PREFERENCE = (Form.FEDORA, Form.LINUX, Form.APACHE, Form.CO_AUTHOR)
"""For a rule that takes any form: the one that claims least comes first."""

_NAME = re.compile(r"[A-Za-z0-9](?:[\w .+()-]{0,58}[\w)])?")
_MODEL = re.compile(r"[A-Za-z0-9][\w.:/@+-]{0,119}")
_KEY = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9-]*)[ \t]*:")
_CLAUDE = re.compile(r"claude-(?P<kind>[a-z]+)-(?P<major>\d{1,2})(?:-(?P<minor>\d{1,2}))?(?:-\d{6,8})?")


def line(form: Form, agent: Agent, registry: Registry) -> str | None:
    """The trailer that names an agent in a form; None where the form needs an address and none is known."""
    if form is Form.LINUX:
        value: str | None = _kernel(agent, registry)
    elif form is Form.CO_AUTHOR:
        value = _credit(agent, registry)
    else:
        value = _named(agent, registry)
    return f"{_KEYS[form]}: {value}" if value else None


def candidates(wanted: Sequence[str], agent: Agent, registry: Registry) -> Iterator[str]:
    """Trailers that could meet a rule's globs: in the policy's own spelling first, then in every known form."""
    tool = registry.tools.get(agent.tool or "")
    for glob in tool.trailers if tool else ():
        if "*" not in glob.removesuffix("*"):
            yield glob.removesuffix("*").strip()
    for glob in wanted:
        named = _KEY.match(glob)
        if named is None:
            continue
        credited = named["key"].lower().startswith("co-")
        styles = (_credit, _named, _kernel) if credited else (_named, _kernel, _credit)
        for style in styles:
            value = style(agent, registry)
            if value:
                yield f"{named['key']}: {value}"
    for form in _BY_PREFERENCE:
        made = line(form, agent, registry)
        if made:
            yield made


def claims_writing(trailer: str) -> bool:
    """Whether a trailer says that the tool wrote, not only that it helped."""
    return "assist" not in trailer.partition(":")[0].lower()


def in_form(form: Form, trailer: str) -> bool:
    """Whether a trailer has the key of a form and, for Linux, a model behind the agent."""
    name, _, value = trailer.partition(":")
    return name.strip().lower() == _KEYS[form].lower() and (form is not Form.LINUX or ":" in value)


def marks_in(message: str, registry: Registry) -> tuple[Mark, ...]:
    """The tools that a message declares, whoever commits it."""
    commit = CommitText("", (), "", "", AGENTS_BEGIN, "", "", message)
    return tuple(mark for mark in reader(registry).marks(commit) if not mark.suggestion)


def says(mark: Mark, agent: Agent) -> bool:
    """Whether a declaration names this agent: the tool, and no other model than the one that is known."""
    if mark.agent.tool != agent.tool:
        return False
    known, named = agent.model or "", mark.agent.model or ""
    # Credits name a model without the date of its release.
    return not known or not named or re.fullmatch(rf"{re.escape(named)}(-\d{{6,8}})?", known) is not None


def read_back(trailer: str, agent: Agent, registry: Registry) -> bool:
    """Whether a scan reads the trailer as a declaration of this agent."""
    return any(says(mark, agent) for mark in marks_in(f"Change\n\n{trailer}\n", registry))


def model_of(agent: Agent) -> str | None:
    """The model, when it is a name that may stand in a line of its own; a record may hold any text."""
    return agent.model if agent.model and _MODEL.fullmatch(agent.model) else None


def name_of(agent: Agent, registry: Registry) -> str:
    """The tool's name, likewise."""
    tool = registry.tools.get(agent.tool or "")
    name = tool.name if tool else agent.tool or ""
    return name if _NAME.fullmatch(name) else UNNAMED


def _named(agent: Agent, registry: Registry) -> str:
    """`Claude Code (claude-opus-4-8)`; a name that people bear too gets its maker: `Devin (Cognition)`."""
    model, name = model_of(agent), name_of(agent, registry)
    if name == UNNAMED and model and agent.tool is None:
        return model
    if model:
        return f"{name} ({model})"
    vendor = registry.vendors.get(agent.vendor or "")
    return f"{name} ({vendor})" if vendor and key(name) in registry.also_people else name


def _kernel(agent: Agent, registry: Registry) -> str:
    """`Claude-Code:claude-opus-4-8`: blanks would part the name from analysis tools."""
    return f"{'-'.join(name_of(agent, registry).split())}:{model_of(agent) or UNKNOWN_MODEL}"


def _credit(agent: Agent, registry: Registry) -> str | None:
    """`Claude Opus 4.8 <noreply@anthropic.com>`; None for a tool that has no address of its own."""
    address = _address(agent, registry)
    if address is None:
        return None
    name = name_of(agent, registry)
    claude = _CLAUDE.fullmatch(agent.model or "") if agent.tool == "claude-code" else None
    if claude:
        version = f"{claude['major']}.{claude['minor']}" if claude["minor"] else claude["major"]
        name = f"Claude {claude['kind'].capitalize()} {version}"
    elif agent.tool == "claude-code":
        name = "Claude"
    return f"{name} <{address}>"


def _address(agent: Agent, registry: Registry) -> str | None:
    for signs in registry.signs:
        if signs.tool != agent.tool:
            continue
        for identity in signs.writes:
            if "@" in identity:
                return identity
            if identity.endswith("[bot]"):
                return f"{identity}@users.noreply.github.com"
    return None
