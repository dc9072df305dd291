"""What the value of a key such as `AI-generated:` or `AI-assisted:` says. Pure.

The key alone says nothing: templates put it under every commit, and the answer may be `no` in any words. So only a yes,
a share, a statement of how the text was made, or the name of a tool or model is a declaration.
"""

from __future__ import annotations

import re

from whence.evidence.credits import product, split
from whence.model import Agent
from whence.tools import Registry, key


def stated(registry: Registry, value: str) -> Agent | None:
    """The tool that is declared, `Agent()` where none is named; None when nothing is declared."""
    text = _plain(_ticked(value))
    for answer in (_YES, _SHARE):
        found = answer.match(text)
        if found:
            return _named(registry, _LINK.sub("", text[found.end() :])) or Agent()
    made = _MADE.match(text)
    if made:
        return None if _BY_HAND.search(made["how"]) else _first(registry, made["who"])
    name, stop, rest = _cut(text)
    if stop:
        if _DENIAL.search(rest):
            return None
        return product(registry, name) or (_named(registry, name) if key(name) == "claude" else None)
    return _named(registry, text)


_DECORATION = " \t*_~`\"'“”„\u2018\u2019«»()[]{}<>.,;:!"

_BOX = re.compile(r"\[(?P<tick>[ xX✓✔]?)\]|(?P<ticked>[☑✅☒])|☐")


def _plain(value: str) -> str:
    """Without emphasis, quotes and brackets around it."""
    return value.strip(_DECORATION)


def _ticked(value: str) -> str:
    """Of boxes to tick (`[ ] yes [x] no`) what stands behind the ticked ones: `yes` where nothing does."""
    boxes = list(_BOX.finditer(value))
    if not boxes:
        return value
    ends = [*(box.start() for box in boxes[1:]), len(value)]
    ticked = [
        value[box.end() : end].strip()
        for box, end in zip(boxes, ends, strict=True)
        if box["ticked"] or (box["tick"] or "").strip()
    ]
    return (" ".join(ticked) or "yes") if ticked else ""


_END = r"(?=\s*(?:$|[,;:.!()\[\]/*_—\u2013-]|\b(?:with|by|using|via|from)\b))"
"""What may follow an answer: nothing, or more about it."""

_YES = re.compile(
    rf"(?:(?:yes|yep|y|true|on|1|ja|oui|si|sí|да|是|はい){_END}|[✓✔✅👍])", re.IGNORECASE
)  # fmt: skip
_SHARE = re.compile(
    r"(?:(?:about|approx\.?|approximately|around|ca\.?|up to|over|less than|more than|at least|at most)\s+|[~≈<>≤≥+]\s*)*"
    r"(?:(?!0+(?:[.,]0+)?\s*%)\d{1,3}(?:[.,]\d+)?(?:\s*[-\u2013]\s*\d{1,3})?\s*%"
    r"|(?:partial|partially|partly|in part|mostly|mainly|largely|heavily|fully|full|entirely|completely|wholly|half"
    rf"|some|all|minor|teilweise|vollständig|en partie){_END})",
    re.IGNORECASE,
)
_LINK = re.compile(r"^[\s,;:.!()\[\]/*_—\u2013-]*(?:(?:with|by|using|via|from)\s+)?", re.IGNORECASE)

_MADE = re.compile(
    r"(?:(?:this|the) (?:change|commit|code|patch|file|text|diff)s? (?:was|were|is|has been) )?"
    r"(?:(?:partially|partly|mostly|mainly|largely|fully|entirely|completely) )?"
    r"(?:written|generated|produced|created|made|drafted|implemented|assisted|authored|developed|coded)\b"
    r"(?P<how>[\w ]{0,40}?) (?:with|by|using|via|from) (?:the )?(?:(?:help|assistance|aid) (?:of|from|by) )?(?P<who>\S.*)",
    re.IGNORECASE,
)
"""`written with Claude Code, reviewed by me`, `this change was produced with assistance from Claude.`"""
_DENIAL = re.compile(r"\b(?:not|no|never|without|off|disabled|unused)\b", re.IGNORECASE)
_BY_HAND = re.compile(rf"{_DENIAL.pattern}|\b(?:hand|human|me|myself)\b", re.IGNORECASE)


_STOP = re.compile(r"[,;.](?:\s|$)|\s(?:and|for|to|in|on|as|-|\u2013|—)\s")


def _cut(words: str) -> tuple[str, str, str]:
    """The first part of a statement, what ends it, and the rest."""
    found = _STOP.search(words)
    return (words[: found.start()], found[0], words[found.end() :]) if found else (words, "", "")


def _named(registry: Registry, words: str) -> Agent | None:
    """The tool or model that words name as a whole; the key says that it is one, so a bare `Claude` is no person."""
    name, mail = split(words)
    name = _plain(name)
    agent = product(registry, name)
    if agent is not None or not name:
        return agent
    tool = registry.find(name)
    if tool is not None:
        return registry.agent(tool.id)
    return Agent() if name.lower() in _AI and not mail else None


_AI = frozenset({"ai", "an ai", "an llm", "llm", "an ai tool", "ai tool", "ai tools", "llms"})


def _first(registry: Registry, words: str) -> Agent | None:
    """The tool with which a statement goes on: its first words, up to a stop."""
    parts = _cut(words)[0].split()
    for count in range(min(len(parts), 6), 0, -1):
        agent = _named(registry, " ".join(parts[:count]))
        if agent is not None:
            return agent
    return None
