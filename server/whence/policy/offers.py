"""What may stand as a value in a policy file, and what each value means. Pure.

Names that the file itself defines are read off its text, for it is mostly not valid while it is typed; those of files
that it extends come from the last policy that was in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from whence.policy import artifacts, terms
from whence.policy.owners import Owners
from whence.policy.structure import resolve
from whence.policy.values import Policy
from whence.quick import dataclass
from whence.tools import Registry

SIGNALS = ("trailer", "author", "committer", "phrase", "marker", "note", "trace", "session")
"""Kinds of marks that a [[signal]] can name; `whence explain` shows those of a line."""

MEANINGS: Mapping[tuple[str, str], str] = {
    ("mode", "report"): "Every finding is shown as information; nothing fails.",
    ("mode", "warn"): "Findings are shown as warnings at most; nothing fails unless --fail-on says so.",
    ("mode", "enforce"): "Findings are as loud as their rules say; errors fail the scan.",
    ("require", "allow"): "Nothing is asked of these lines.",
    ("require", "disclose"): "A trailer or a marker says openly that the tool took part.",
    ("require", "review"): "A person has read exactly these lines and answers for them.",
    ("require", "forbid"): "The lines must not be there; no answer settles it, only an exception.",
    ("presumption", "clean"): "What is not known counts for the lines.",
    ("presumption", "tainted"): "What is not known counts against the lines, and what no rule speaks of needs a review.",
    ("disputes", "noted"): "Recorded and shown beside the finding, which stays.",
    ("disputes", "accepted"): "Taken for the truth: nothing is asked of the lines any more.",
    ("disputes", "refused"): "None can be recorded, and none counts.",
    ("severity", "info"): "Shown, and never fails anything.",
    ("severity", "warning"): "Fails only with --fail-on warning.",
    ("severity", "error"): "Fails the scan in mode `enforce`.",
    ("evidence", "recorded"): "Line-level records made as the text was written: git-ai notes, Agent Trace.",
    ("evidence", "session"): "The text stands in the tool's own transcript on this machine.",
    ("evidence", "declared"): "A commit's trailer or author, or a marker in the file, says so.",
    ("evidence", "inferred"): "Style. Never more than a hint.",
    ("channel", "cli"): "In a terminal.",
    ("channel", "ide"): "In an editor.",
    ("channel", "cloud"): "On the vendor's machines, by itself.",
    ("channel", "api"): "Called by a program.",
    ("channel", "completion"): "A line at a time, while a person types.",
}  # fmt: skip
_SAME = {"weak_severity": "severity", "channels": "channel", "use": "evidence"}
"""Keys whose values mean the same as those of another key."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known besides the text: the tools, the last good policy, who owns what, the day."""

    registry: Registry
    policy: Policy | None = None
    owners: Owners | None = None
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One value, as it stands between its quotation marks or without any."""

    text: str
    said: str = ""
    bare: bool = False
    """A number, a date, true or false."""


def values(
    text: str, table: tuple[str, ...], key: str, node: Mapping[str, Any], known: Known
) -> Iterator[Offer]:
    """What may stand as a value of a key, whose schema is `node`, in the order in which it is offered."""
    inner = resolve(node)
    items = resolve(inner.get("items", inner))
    said = str(inner.get("description", ""))
    if "const" in inner:
        yield Offer(str(inner["const"]), said, bare=True)
    for choice in items.get("enum", ()):
        meaning = "evidence" if table == ("evidence",) else _SAME.get(key, key)
        yield Offer(choice, MEANINGS.get((meaning, choice), said))
    if items.get("type") == "boolean":
        yield from (Offer(choice, said, bare=True) for choice in ("true", "false"))
    if items.get("format") == "date" and known.today:
        yield from _days(key, known.today)
    yield from _named(text, table, key, known)


def _named(text: str, table: tuple[str, ...], key: str, known: Known) -> Iterator[Offer]:
    policy = known.policy
    if key == "tools" or table == ("groups",):
        yield from _terms(text, known)
    elif key in ("own_vendors", "vendor"):
        for vendor in sorted(terms.vendors(known.registry)):
            yield Offer(vendor, known.registry.vendors.get(vendor, ""))
    elif key == "artifacts":
        own = dict(policy.artifacts) if policy else {}
        for name in dict.fromkeys((*keys_of(text, "artifacts"), *own, *artifacts.NAMES)):
            patterns = own.get(name) or dict(artifacts.BUILT_IN).get(name, ())
            yield Offer(name, f"Files: {' '.join(patterns[:8])}" if patterns else "Files of no other class.")
    elif key in ("criterion", "implies"):
        promises = {item.name: item.text for item in policy.criteria} if policy else {}
        for name in dict.fromkeys((*_tables(text, "review.criteria"), *promises)):
            yield Offer(name, promises.get(name) or "A promise of this policy.")
    elif key == "purposes":
        words = dict(policy.purposes) if policy else {}
        for name in dict.fromkeys((*keys_of(text, "review.purposes"), *words)):
            yield Offer(name, words.get(name) or "A purpose of this policy.")
    elif key == "scopes":
        scopes = [scope.name for scope in policy.scopes] if policy else []
        named = re.findall(
            r"^\s*\[\[(?:tool\.whence\.)?scope\]\]\s*\n\s*name\s*=\s*\"([^\"]+)\"", text, re.MULTILINE
        )
        yield from (Offer(name, "A scope of this policy.") for name in dict.fromkeys((*named, *scopes)))
    elif key == "owners" and known.owners is not None:
        every = (owner for entry in known.owners.entries for owner in entry.owners)
        yield from (Offer(owner, f"Owns files by {known.owners.path}.") for owner in dict.fromkeys(every))
    elif key == "ignore":
        for kind in SIGNALS:
            yield Offer(f"{kind}:*", f"Every mark of the kind {kind}.")
        for tool in known.registry.tools:
            yield Offer(f"trailer:{tool}", "A commit's trailer that names the tool.")


def _terms(text: str, known: Known) -> Iterator[Offer]:
    registry, policy = known.registry, known.policy
    ours = ", ".join(sorted(policy.own_vendors)) if policy and policy.own_vendors else "nobody yet"
    yield Offer("any", "Every AI tool, also one whose name is not known.")
    yield Offer("own", f"Tools and models of the vendors in own_vendors: {ours}.")
    yield Offer("rival", f"Tools or models of every vendor that is not in own_vendors ({ours}).")
    own = _own_tools(text)
    yield from (Offer(name, "A tool of this policy.") for name in own if name not in registry.tools)
    for tool in registry.tools.values():
        yield Offer(tool.id, f"{registry.display(registry.agent(tool.id))}.")
    for vendor in sorted(terms.vendors(registry)):
        name = registry.vendors.get(vendor, vendor)
        tools = [tool.id for tool in registry.tools.values() if tool.vendor == vendor]
        made = f" ({', '.join(tools[:8])})" if tools else ""
        yield Offer(
            f"vendor:{vendor}", f"Tools and models of {name}{made}, also its models in others' tools."
        )
    for name in keys_of(text, "groups"):
        yield Offer(f"group:{name}", "A group of this policy.")


def _own_tools(text: str) -> Iterable[str]:
    found = re.findall(r"^\s*\[\[(?:tool\.whence\.)?tool\]\]\s*\n((?:(?!\s*\[).*\n?)*)", text, re.MULTILINE)
    return [
        name for part in found for name in re.findall(r"^\s*id\s*=\s*[\"']([\w.-]+)[\"']", part, re.MULTILINE)
    ]


def _days(key: str, today: date) -> Iterator[Offer]:
    for days, words in ((0, "today"), (30, "in a month"), (90, "in three months"), (180, "in half a year")):
        if days and key in ("effective", "from"):
            continue
        yield Offer(str(today + timedelta(days)), f"{words[0].upper()}{words[1:]}.", bare=True)


def keys_of(text: str, table: str) -> list[str]:
    """The keys of one table of the text."""
    found = re.search(
        rf"^\s*\[(?:tool\.whence\.)?{re.escape(table)}\][^\n]*\n(.*?)(?=^\s*\[|\Z)",
        text,
        re.MULTILINE | re.DOTALL,
    )
    return re.findall(r"^\s*\"?([\w.-]+)\"?\s*=", found[1] if found else "", re.MULTILINE)


def _tables(text: str, parent: str) -> list[str]:
    """The names of the tables below another."""
    return re.findall(rf"^\s*\[(?:tool\.whence\.)?{re.escape(parent)}\.\"?([\w.-]+)\"?\]", text, re.MULTILINE)
