"""The entries of a `tools` list: reading them, and saying whether an agent is meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from fnmatch import fnmatchcase

from whence.model import Agent
from whence.policy.nearest import meant, nearest, quoted
from whence.policy.values import Term
from whence.tools import Registry

WORDS = ("own", "rival", "any")


class Answer(Enum):
    """Three-valued, because a date, a person or a vendor may not be known."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def read(
    text: str, registry: Registry, groups: Mapping[str, tuple[Term, ...]]
) -> tuple[tuple[Term, ...], str]:
    """The terms that one entry means, and what is wrong with it (empty when nothing is)."""
    kind, colon, value = text.partition(":")
    if text in WORDS:
        return (Term(text),), ""
    if not colon:
        return (
            ((Term("tool", text),), "")
            if text in registry.tools
            else ((), unknown_tool(text, registry, groups))
        )
    if kind == "vendor":
        return (
            ((Term("vendor", value),), "")
            if value in vendors(registry)
            else ((), unknown_vendor(value, registry, "vendor:"))
        )
    if kind == "model":
        return (
            ((Term("model", value.lower()),), "")
            if value
            else ((), "`model:` names no model; write a glob: `model:claude-*`")
        )
    if kind == "group":
        if value in groups:
            return groups[value], ""
        return (
            (),
            f"unknown group {quoted(value)}{meant(nearest(value, list(groups)))}{'' if groups else '; [groups] names none before this'}",
        )
    near = meant([f"{word}:{value}" for word in nearest(kind, ["vendor", "model", "group"])])
    return (), f"unknown kind of tool {quoted(text)}{near or '; the kinds are vendor:, model: and group:'}"


def vendors(registry: Registry) -> frozenset[str]:
    """Every vendor that a policy may name."""
    return frozenset(registry.vendors) | {tool.vendor for tool in registry.tools.values() if tool.vendor}


def unknown_vendor(text: str, registry: Registry, prefix: str = "") -> str:
    """The message for a vendor that nobody knows, with the nearest right thing."""
    names = {name.lower(): vendor for vendor, name in registry.vendors.items()} | {
        v: v for v in vendors(registry)
    }
    found = [names[text.lower()]] if text.lower() in names else []
    tool = registry.find(text)
    if not found and tool is not None and tool.vendor:
        found = [tool.vendor]
    found = found or [names[name] for name in nearest(text, list(names))]
    near = meant([prefix + vendor for vendor in dict.fromkeys(found)])
    return f"unknown vendor {quoted(text)}{near or '; a [[tool]] with this vendor makes it known'}"


def unknown_tool(text: str, registry: Registry, groups: Iterable[str] = ()) -> str:
    """The message for a tool that nobody knows, with the nearest right things."""
    candidates: list[str] = []
    tool = registry.find(text)
    if tool is not None:
        candidates = [tool.id, *([f"vendor:{tool.vendor}"] if tool.vendor else [])]
    elif text.lower() in vendors(registry):
        candidates = [f"vendor:{text.lower()}"]
    elif text.lower() in WORDS:
        candidates = [text.lower()]
    elif text.lower() in ("*", "all", "every"):
        candidates = ["any"]
    elif re.fullmatch(r"[\w.-]*(?:\d[\w.-]*\*?|\*)", text):  # gpt-5, claude-*: tools have neither
        candidates = [f"model:{text.lower().removesuffix('*')}*"]
    else:
        names = {t.name: t.id for t in registry.tools.values()} | {
            name: f"vendor:{v}" for v, name in registry.vendors.items()
        }
        names |= {t: t for t in (*registry.tools, *WORDS)} | {
            f"vendor:{v}": f"vendor:{v}" for v in vendors(registry)
        }
        names |= {f"group:{group}": f"group:{group}" for group in groups}
        candidates = [names[name] for name in nearest(text, list(names), 2)]
    near = meant(tuple(dict.fromkeys(candidates)))
    return f"unknown tool {quoted(text)}{near or '; a [[tool]] makes it known'}"


def matches(term: Term, agent: Agent, own: frozenset[str]) -> tuple[Answer, str]:
    """Whether the policy's term means this agent, and by which side of it, in words."""
    match term.kind:
        case "any":
            return Answer.YES, ""
        case "tool":
            return (Answer.YES, "") if agent.tool == term.value else (Answer.NO, "")
        case "vendor":
            return _vendor(term.value, agent)
        case "model":
            if agent.model is None:
                return Answer.UNKNOWN, "its model is not known"
            model = agent.model.lower()
            found = fnmatchcase(model, term.value) or fnmatchcase(model.rpartition("/")[2], term.value)
            return (Answer.YES, f"its model {agent.model}") if found else (Answer.NO, "")
        case "rival":
            return _rival(agent, own)
        case _:
            answer, side = _rival(agent, own)
            return (
                _NOT[answer],
                f"its vendor {agent.vendor or agent.model_vendor}" if answer is Answer.NO else side,
            )


_NOT = {Answer.YES: Answer.NO, Answer.NO: Answer.YES, Answer.UNKNOWN: Answer.UNKNOWN}


def _vendor(vendor: str, agent: Agent) -> tuple[Answer, str]:
    if agent.vendor == vendor:
        return Answer.YES, f"its vendor {vendor}"
    if agent.model_vendor == vendor:
        return Answer.YES, f"its model's vendor {vendor}"
    if agent.vendor is None and agent.model_vendor is None:
        return Answer.UNKNOWN, "its vendor is not known"
    return Answer.NO, ""


def _rival(agent: Agent, own: frozenset[str]) -> tuple[Answer, str]:
    """One foreign vendor, of the tool or of its model, makes a rival; one own vendor and nothing else makes it own."""
    if agent.vendor is not None and agent.vendor not in own:
        return Answer.YES, f"its vendor {agent.vendor}"
    if agent.model_vendor is not None and agent.model_vendor not in own:
        return Answer.YES, f"its model's vendor {agent.model_vendor}"
    if agent.vendor is None and agent.model_vendor is None:
        return Answer.UNKNOWN, "its vendor is not known"
    return Answer.NO, ""
