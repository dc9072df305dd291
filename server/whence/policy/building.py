"""From checked tables to values: what the schema cannot say (is the tool known? does the criterion exist?).

Everything wrong is collected; nothing stops at the first fault. `Builder` takes the files in order, those that are
extended before those that extend, and `policy()` gives what they say together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from whence.errors import Problem
from whence.model import EvidenceClass, Requirement, Severity
from whence.policy import artifacts, paths, people, terms
from whence.policy.nearest import quoted, suggestion
from whence.policy.positions import Path, Positions
from whence.policy.values import (
    ANY,
    DEFAULT_REQUIRE,
    DEFAULT_USE,
    Conditions,
    Criterion,
    Mode,
    Permit,
    Place,
    Policy,
    Presumption,
    Rule,
    Scope,
    Signal,
    Term,
)
from whence.tools import Registry, Tool

UNSUPPORTED: Mapping[Path, str] = {
    (
        "review",
        "signed",
    ): "signed reviews are not checked by this version; leave `signed` out or set it to false",
}
"""Keys that the format has and this version does not carry out, when they are true. Refused, never ignored."""

_ONLY_FOR = {
    "disclosure": Requirement.DISCLOSE,
    "purposes": Requirement.REVIEW,
    "criterion": Requirement.REVIEW,
    "reviewers": Requirement.REVIEW,
    "approvers": Requirement.REVIEW,
}


@dataclass(frozen=True, slots=True)
class File:
    """One policy file: its table as JSON-like values, and where things stand in it."""

    path: str
    table: Mapping[str, Any]
    positions: Positions
    prefix: Path = ()
    """Where the policy stands in the file: `("tool", "whence")` in pyproject.toml."""

    def place(self, path: Path, *, value: bool = True) -> Place:
        line, column = self.positions.of((*self.prefix, *path), value=value) or (1, 1)
        return Place(self.path, line, column)

    def problem(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> Problem:
        place = self.place(path, value=not key)
        return Problem(self.path, message, place.line, place.column, hint)


class Builder:
    """Collects what several files say."""

    def __init__(self, registry: Registry, files: Sequence[File]) -> None:
        self.files = files
        self.problems: list[Problem] = []
        self.tools: dict[str, Tool] = {}
        self.channels: dict[str, str] = {}
        for file in files:
            self._tools(file, registry)
        self.registry = registry.extended(tuple(self.tools.values()))
        self.groups: dict[str, tuple[Term, ...]] = {}
        self.artifacts: dict[str, tuple[str, ...]] = {}
        self.criteria: dict[str, Criterion] = {}
        self.purposes: dict[str, str] = {}
        self.scopes: dict[str, Scope] = {}
        self.exceptions: list[Permit] = []
        self.signals: list[Signal] = []
        self.excludes: list[str] = []
        for file in files:
            self._names(file)
        for file in files:
            self._rules(file)

    def policy(self, source: str) -> Policy:
        """What the files say together: nearest wins for single values, lists of tables add up."""
        own = self._nearest("own_vendors", [])
        evidence: dict[str, Any] = {}
        review: dict[str, Any] = {}
        for file in self.files:
            evidence |= file.table.get("evidence", {})
            review |= file.table.get("review", {})
        return Policy(
            source=source,
            mode=Mode(self._nearest("mode", Mode.ENFORCE)),
            own_vendors=frozenset(own),
            tools=tuple(self.tools.values()),
            channels=tuple(self.channels.items()),
            scopes=tuple(self.scopes.values()),
            exceptions=tuple(self.exceptions),
            signals=tuple(self.signals),
            required_classes=_classes(evidence["require"]) if "require" in evidence else DEFAULT_REQUIRE,
            used_classes=_classes(evidence["use"]) if "use" in evidence else DEFAULT_USE,
            criteria=tuple(self.criteria.values()),
            purposes=tuple(self.purposes.items()),
            artifacts=tuple(self.artifacts.items()),
            excludes=tuple(self.excludes),
            contact=self._nearest("contact", ""),
            signed=review.get("signed", False),
            bulk=review.get("bulk", False),
            files=tuple(file.path for file in self.files),
        )

    def _nearest(self, key: str, default: Any) -> Any:
        return next((file.table[key] for file in reversed(self.files) if key in file.table), default)

    def _report(self, file: File, path: Path, message: str, hint: str = "", *, key: bool = False) -> None:
        self.problems.append(file.problem(path, message, hint, key=key))

    def _tools(self, file: File, registry: Registry) -> None:
        seen: dict[str, int] = {}
        for index, table in enumerate(file.table.get("tool", [])):
            tool_id = table["id"]
            if tool_id in seen or tool_id in terms.WORDS:
                why = "is defined twice" if tool_id in seen else "is a word of the policy"
                self._report(file, ("tool", index, "id"), f"the tool {quoted(tool_id)} {why}")
                continue
            seen[tool_id] = index
            old = self.tools.get(tool_id) or registry.tools.get(tool_id)
            self.tools[tool_id] = Tool(
                id=tool_id,
                name=table.get("name") or (old.name if old else tool_id),
                vendor=table.get("vendor") or (old.vendor if old else None),
                aliases=tuple(alias.lower() for alias in table.get("aliases", []))
                or (old.aliases if old else ()),
                trailers=tuple(table.get("trailers", [])) or (old.trailers if old else ()),
            )
            if "channel" in table:
                self.channels[tool_id] = table["channel"]

    def _names(self, file: File) -> None:
        """Everything that rules can refer to."""
        for index, vendor in enumerate(file.table.get("own_vendors", [])):
            if vendor not in terms.vendors(self.registry):
                self._report(file, ("own_vendors", index), terms.unknown_vendor(vendor, self.registry))
        for name, entries in file.table.get("groups", {}).items():
            # A group may use the groups before it: so none can contain itself.
            self.groups[name] = self._terms(file, ("groups", name), entries)
        named = {
            name: self._paths(file, ("artifacts", name), found)
            for name, found in file.table.get("artifacts", {}).items()
        }
        self.artifacts = named | {name: found for name, found in self.artifacts.items() if name not in named}
        self.excludes += self._paths(file, ("exclude",), file.table.get("exclude", []))
        review = file.table.get("review", {})
        self.purposes |= review.get("purposes", {})
        for name, table in review.get("criteria", {}).items():
            self.criteria[name] = Criterion(name, table["text"], tuple(table.get("implies", ())))
        for path, why in UNSUPPORTED.items():
            if file.table.get(str(path[0]), {}).get(path[1]) is True:
                self._report(file, path, why)

    def _rules(self, file: File) -> None:
        for name, table in file.table.get("review", {}).get("criteria", {}).items():
            for index, weaker in enumerate(table.get("implies", [])):
                self._known(
                    file, ("review", "criteria", name, "implies", index), "criterion", weaker, self.criteria
                )
        seen: set[str] = set()
        for index, table in enumerate(file.table.get("scope", [])):
            if table["name"] in seen:
                self._report(
                    file,
                    ("scope", index, "name"),
                    f"the scope {quoted(table['name'])} is defined twice in this file",
                )
                continue
            seen.add(table["name"])
            self._scope(file, ("scope", index), table)
        for index, table in enumerate(file.table.get("exception", [])):
            self.exceptions.append(self._permit(file, ("exception", index), table))
        for index, table in enumerate(file.table.get("signal", [])):
            self.signals.append(self._signal(file, ("signal", index), table))

    def _scope(self, file: File, path: Path, table: Mapping[str, Any]) -> None:
        name = table["name"]
        base = self.scopes.get(name)
        if base is not None:
            for key in table.keys() - {"name", "mode", "rule"}:
                self._report(
                    file, (*path, key), f"`{key}` of the scope {quoted(name)} is set in {base.place.path} and cannot be changed",
                    "only `mode` and more rules may be added; another name makes another scope", key=True,
                )  # fmt: skip
        scope = base or Scope(
            name=name,
            place=file.place((*path, "name"), value=False),
            when=self._conditions(file, path, table),
            presumption=Presumption(table.get("presumption", Presumption.CLEAN)),
            exempt=self._people(file, (*path, "exempt"), table.get("exempt", [])),
            contact=table.get("contact", ""),
        )
        before = len(scope.rules)
        rules = tuple(
            self._rule(file, (*path, "rule", index), rule, before + index + 1)
            for index, rule in enumerate(table.get("rule", []))
        )
        mode = Mode(table["mode"]) if "mode" in table else scope.mode
        self.scopes[name] = replace(scope, rules=(*scope.rules, *rules), mode=mode)

    def _rule(self, file: File, path: Path, table: Mapping[str, Any], number: int) -> Rule:
        require = Requirement(table["require"])
        for key, only in _ONLY_FOR.items():
            if key in table and require is not only:
                self._report(file, (*path, key), f'`{key}` says nothing in a rule with require = "{require}"',
                             f'it belongs to require = "{only}"', key=True)  # fmt: skip
        if require is Requirement.ALLOW and "severity" in table:
            self._report(file, (*path, "severity"), "a rule that allows has no severity", key=True)
        if "weak_severity" in table and "evidence" not in table:
            self._report(
                file, (*path, "weak_severity"), "`weak_severity` says nothing without `evidence`", key=True
            )
        criterion = table.get("criterion")
        if criterion is not None:
            self._known(file, (*path, "criterion"), "criterion", criterion, self.criteria)
        if self.purposes:
            for index, purpose in enumerate(table.get("purposes", [])):
                self._known(file, (*path, "purposes", index), "purpose", purpose, self.purposes)
        return Rule(
            require=require,
            place=file.place(path, value=False),
            number=number,
            tools=self._terms(file, (*path, "tools"), table["tools"]) if "tools" in table else ANY,
            when=self._conditions(file, path, table),
            channels=tuple(table.get("channels", ())),
            marks=tuple(table.get("marks", ())),
            min_lines=int(table.get("min_lines", 0)),
            severity=Severity(table["severity"]) if "severity" in table else None,
            evidence=_classes(table.get("evidence", ())),
            weak_severity=Severity(table.get("weak_severity", Severity.WARNING)),
            because=table.get("because", ""),
            clause=table.get("clause", ""),
            clause_version=table.get("clause_version", ""),
            disclosure=tuple(table.get("disclosure", ())),
            purposes=tuple(table.get("purposes", ())),
            criterion=criterion,
            reviewers=int(table.get("reviewers", 0)),
            approvers=self._people(file, (*path, "approvers"), table.get("approvers", [])),
            contact=table.get("contact", ""),
        )

    def _permit(self, file: File, path: Path, table: Mapping[str, Any]) -> Permit:
        for index, name in enumerate(table.get("scopes", [])):
            self._known(file, (*path, "scopes", index), "scope", name, self.scopes)
        return Permit(
            paths=self._paths(file, (*path, "paths"), table["paths"]),
            reason=table["reason"],
            owner=table["owner"],
            expires=date.fromisoformat(table["expires"]),
            place=file.place(path, value=False),
            tools=self._terms(file, (*path, "tools"), table["tools"]) if "tools" in table else ANY,
            scopes=tuple(table.get("scopes", ())),
            approver=table.get("approver", ""),
        )

    def _signal(self, file: File, path: Path, table: Mapping[str, Any]) -> Signal:
        start, until = _day(table, "from"), _day(table, "until")
        if start and until and until < start:
            self._report(file, (*path, "until"), f"the window ends on {until}, before it begins on {start}")
        return Signal(table["ignore"].lower(), table["reason"], file.place(path, value=False), start, until)

    def _conditions(self, file: File, path: Path, table: Mapping[str, Any]) -> Conditions:
        for index, name in enumerate(table.get("artifacts", [])):
            known = dict.fromkeys((*self.artifacts, *artifacts.NAMES))
            self._known(file, (*path, "artifacts", index), "artifact class", name, known)
        effective, until = _day(table, "effective"), _day(table, "until")
        if effective and until and until < effective:
            self._report(file, (*path, "until"), f"in force until {until}, but only from {effective} on")
        return Conditions(
            paths=self._paths(file, (*path, "paths"), table.get("paths", [])),
            artifacts=tuple(table.get("artifacts", ())),
            owners=tuple(owner.lower() for owner in table.get("owners", ())),
            authors=self._people(file, (*path, "authors"), table.get("authors", [])),
            branches=tuple(table.get("branches", ())),
            effective=effective,
            until=until,
        )

    def _terms(self, file: File, path: Path, entries: Sequence[str]) -> tuple[Term, ...]:
        found: list[Term] = []
        for index, entry in enumerate(entries):
            read, wrong = terms.read(entry, self.registry, self.groups)
            found += read
            if wrong:
                self._report(file, (*path, index), wrong)
        return tuple(dict.fromkeys(found))

    def _paths(self, file: File, path: Path, patterns: Sequence[str]) -> tuple[str, ...]:
        return self._checked(file, path, patterns, paths.fault)

    def _people(self, file: File, path: Path, patterns: Sequence[str]) -> tuple[str, ...]:
        return self._checked(file, path, patterns, people.fault)

    def _checked(
        self, file: File, path: Path, patterns: Sequence[str], fault: Callable[[str], str]
    ) -> tuple[str, ...]:
        for index, pattern in enumerate(patterns):
            wrong = fault(pattern)
            if wrong:
                self._report(file, (*path, index), f"{quoted(pattern)} {wrong}")
        return tuple(patterns)

    def _known(self, file: File, path: Path, what: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        if name not in names:
            near = suggestion(name, names) or (
                f"; known are {', '.join(names)}" if names else "; the policy defines none"
            )
            self._report(file, path, f"unknown {what} {quoted(name)}{near}")


def _classes(names: Iterable[str]) -> frozenset[EvidenceClass]:
    return frozenset(EvidenceClass(name) for name in names)


def _day(table: Mapping[str, Any], key: str) -> date | None:
    return date.fromisoformat(table[key]) if key in table else None
