"""From checked tables to values: what the schema cannot say (is the tool known? does the criterion exist?).

Everything wrong is collected; nothing stops at the first fault. `Builder` takes the files in order, those that are
extended before those that extend, and `policy()` gives what they say together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from whence.errors import Problem
from whence.model import EvidenceClass, Requirement, Severity
from whence.policy import artifacts, terms
from whence.policy.nearest import quoted
from whence.policy.reach import begins
from whence.policy.tables import File, Table
from whence.policy.values import (
    ANY,
    DEFAULT_REQUIRE,
    DEFAULT_USE,
    Conditions,
    Criterion,
    Disputes,
    Mode,
    Permit,
    Policy,
    Presumption,
    Rule,
    Scope,
    Signal,
    Term,
)
from whence.tools import Registry, Tool

_ONLY_FOR = {
    "disclosure": Requirement.DISCLOSE,
    "purposes": Requirement.REVIEW,
    "criterion": Requirement.REVIEW,
    "reviewers": Requirement.REVIEW,
    "approvers": Requirement.REVIEW,
}


class Builder:
    """Collects what several files say."""

    def __init__(self, registry: Registry, files: Sequence[File]) -> None:
        self.problems: list[Problem] = []
        self.tops = [Table(file, (), file.table, self.problems) for file in files]
        self.tools: dict[str, Tool] = {}
        self.channels: dict[str, str] = {}
        for top in self.tops:
            self._tools(top, registry)
        self.registry = registry.extended(tuple(self.tools.values()))
        self.groups: dict[str, tuple[Term, ...]] = {}
        self.artifacts: dict[str, tuple[str, ...]] = {}
        self.criteria: dict[str, Criterion] = {}
        self.purposes: dict[str, str] = {}
        self.disputes = Disputes.NOTED
        self.disputers: tuple[str, ...] = ()
        self.scopes: dict[str, Scope] = {}
        self.exceptions: list[Permit] = []
        self.signals: list[Signal] = []
        self.excludes: list[str] = []
        for top in self.tops:
            self._names(top)
        for top in self.tops:
            self._rules(top)
        self.since = self._since()

    def policy(self, source: str) -> Policy:
        """What the files say together: nearest wins for single values, lists of tables add up."""
        evidence = [top.table("evidence") for top in self.tops]
        review = [top.table("review") for top in self.tops]
        return Policy(
            source=source,
            mode=Mode(_nearest(self.tops, "mode", Mode.ENFORCE)),
            own_vendors=frozenset(_nearest(self.tops, "own_vendors", ())),
            tools=tuple(self.tools.values()),
            channels=tuple(self.channels.items()),
            scopes=tuple(self.scopes.values()),
            exceptions=tuple(self.exceptions),
            signals=tuple(self.signals),
            required_classes=frozenset(map(EvidenceClass, _nearest(evidence, "require", DEFAULT_REQUIRE))),
            used_classes=frozenset(map(EvidenceClass, _nearest(evidence, "use", DEFAULT_USE))),
            since=self.since,
            criteria=tuple(self.criteria.values()),
            purposes=tuple(self.purposes.items()),
            artifacts=tuple(self.artifacts.items()),
            excludes=tuple(self.excludes),
            contact=_nearest(self.tops, "contact", ""),
            signed=_nearest(review, "signed", False),
            bulk=_nearest(review, "bulk", False),
            disputes=self.disputes,
            disputers=self.disputers,
            files=tuple(top.file.path for top in self.tops),
        )

    def _since(self) -> date | None:
        """The first day that matters; an error where a scope speaks of older evidence."""
        tables = (top.table("evidence") for top in reversed(self.tops))
        table = next((table for table in tables if "since" in table), None)
        since = table.day("since") if table is not None else None
        if table is None or since is None:
            return None
        for scope in self.scopes.values():
            first = begins(scope)
            if first < since:
                when = f"from {first} on" if first > date.min else "for evidence of any age"
                table.report(
                    "since",
                    f"the scope {quoted(scope.name)} is in force {when}, so older marks than of {since} matter",
                    "give the scope a later `effective`, or leave `since` out",
                )
        return since

    def _disputes(self, review: Table) -> None:
        """Whose dispute is accepted goes with what becomes of disputes: the file that says the one says the other."""
        people = review.people("disputers")
        if "disputers" in review and review.text("disputes") != Disputes.ACCEPTED:
            review.report("disputers", '`disputers` says nothing without disputes = "accepted"', at_key=True)
        if "disputes" in review:
            self.disputes, self.disputers = Disputes(review.text("disputes")), people

    def _tools(self, top: Table, registry: Registry) -> None:
        seen: set[str] = set()
        for table in top.tables("tool"):
            name = table.text("id")
            if name in seen or name in terms.WORDS:
                why = "is defined twice" if name in seen else "is a word of the policy"
                table.report("id", f"the tool {quoted(name)} {why}")
                continue
            seen.add(name)
            old = self.tools.get(name) or registry.tools.get(name)
            self.tools[name] = Tool(
                id=name,
                name=table.text("name") or (old.name if old else name),
                vendor=table.text("vendor") or (old.vendor if old else None),
                aliases=tuple(map(str.lower, table.texts("aliases"))) or (old.aliases if old else ()),
                trailers=table.texts("trailers") or (old.trailers if old else ()),
            )
            if "channel" in table:
                self.channels[name] = table.text("channel")

    def _names(self, top: Table) -> None:
        """Everything that rules can refer to."""
        for index, vendor in top.items("own_vendors"):
            if vendor not in terms.vendors(self.registry):
                top.report(("own_vendors", index), terms.unknown_vendor(vendor, self.registry))
        groups = top.table("groups")
        for name in groups.data:
            # A group may use those before it, so none can contain itself.
            self.groups[name] = self._terms(groups, name)
        classes = top.table("artifacts")
        named = {name: classes.paths(name) for name in classes.data}
        self.artifacts = named | {name: old for name, old in self.artifacts.items() if name not in named}
        self.excludes += top.paths("exclude")
        review = top.table("review")
        self._disputes(review)
        self.purposes |= review.data.get("purposes", {})
        for name, table in review.table("criteria").children():
            self.criteria[name] = Criterion(
                name, table.text("text"), table.texts("implies"), table.file.place((*table.path, "text"))
            )

    def _rules(self, top: Table) -> None:
        for _, table in top.table("review").table("criteria").children():
            table.known("implies", "criterion", self.criteria)
        seen: set[str] = set()
        for table in top.tables("scope"):
            name = table.text("name")
            if name in seen and "name" in table:
                table.report("name", f"the scope {quoted(name)} is defined twice in this file")
            scope = self._scope(table, None if name in seen else self.scopes.get(name))
            self.scopes[name] = scope
            seen.add(name)
        self.exceptions += [self._permit(table) for table in top.tables("exception")]
        self.signals += [self._signal(table) for table in top.tables("signal")]

    def _scope(self, table: Table, base: Scope | None) -> Scope:
        """A new scope; or one of an extended file with more rules, and perhaps another mode."""
        if base is not None:
            for key in table.data.keys() - {"name", "mode", "rule"}:
                table.report(
                    key, f"`{key}` of the scope {quoted(base.name)} is set in {base.place.path} and cannot be changed",
                    "only `mode` and more rules may be added; another name makes another scope", at_key=True,
                )  # fmt: skip
        scope = base or Scope(
            name=table.text("name"),
            place=table.place,
            when=self._conditions(table),
            presumption=Presumption(table.text("presumption", Presumption.CLEAN)),
            exempt=table.people("exempt"),
            contact=table.text("contact"),
        )
        rules = list(scope.rules)
        for rule in table.tables("rule"):
            rules.append(self._rule(rule, len(rules) + 1))
        return replace(
            scope, rules=tuple(rules), mode=Mode(table.text("mode")) if "mode" in table else scope.mode
        )

    def _rule(self, table: Table, number: int) -> Rule:
        require = Requirement(table.text("require", Requirement.FORBID))
        for key, only in _ONLY_FOR.items():
            if key in table and "require" in table and require is not only:
                table.report(key, f'`{key}` says nothing in a rule with require = "{require}"',
                             f'it belongs to require = "{only}"', at_key=True)  # fmt: skip
        if require is Requirement.ALLOW and "severity" in table:
            table.report("severity", "a rule that allows has no severity", at_key=True)
        if "weak_severity" in table and "evidence" not in table:
            table.report("weak_severity", "`weak_severity` says nothing without `evidence`", at_key=True)
        table.known("criterion", "criterion", self.criteria)
        if self.purposes:
            table.known("purposes", "purpose", self.purposes)
        return Rule(
            require=require,
            place=table.place,
            number=number,
            tools=self._terms(table, "tools") if "tools" in table else ANY,
            when=self._conditions(table),
            channels=table.texts("channels"),
            marks=table.texts("marks"),
            min_lines=table.number("min_lines"),
            severity=Severity(table.text("severity")) if "severity" in table else None,
            evidence=table.classes("evidence"),
            weak_severity=Severity(table.text("weak_severity", Severity.WARNING)),
            because=table.text("because"),
            clause=table.text("clause"),
            clause_version=table.text("clause_version"),
            disclosure=table.texts("disclosure"),
            purposes=table.texts("purposes"),
            criterion=table.text("criterion") or None,
            reviewers=table.number("reviewers"),
            approvers=table.people("approvers"),
            contact=table.text("contact"),
        )

    def _permit(self, table: Table) -> Permit:
        return Permit(
            paths=table.paths("paths"),
            reason=table.text("reason"),
            owner=table.text("owner"),
            expires=table.day("expires") or date.max,
            place=table.place,
            tools=self._terms(table, "tools") if "tools" in table else ANY,
            scopes=table.known("scopes", "scope", self.scopes),
            approver=table.text("approver"),
        )

    def _signal(self, table: Table) -> Signal:
        start, until = table.day("from"), table.day("until")
        if start and until and until < start:
            table.report("until", f"the window ends on {until}, before it begins on {start}")
        return Signal(table.text("ignore").lower(), table.text("reason"), table.place, start, until)

    def _conditions(self, table: Table) -> Conditions:
        effective, until = table.day("effective"), table.day("until")
        if effective and until and until < effective:
            table.report("until", f"in force until {until}, but only from {effective} on")
        return Conditions(
            paths=table.paths("paths"),
            artifacts=table.known(
                "artifacts", "artifact class", dict.fromkeys((*self.artifacts, *artifacts.NAMES))
            ),
            owners=tuple(map(str.lower, table.texts("owners"))),
            authors=table.people("authors"),
            branches=table.texts("branches"),
            effective=effective,
            until=until,
        )

    def _terms(self, table: Table, key: str) -> tuple[Term, ...]:
        found: list[Term] = []
        for index, entry in table.items(key):
            read, wrong = terms.read(entry, self.registry, self.groups)
            found += read
            if wrong:
                table.report((key, index), wrong)
        return tuple(dict.fromkeys(found))


def _nearest(tables: Sequence[Table], key: str, default: Any) -> Any:
    """The value of the file that extends the others, where several set it."""
    return next((table.data[key] for table in reversed(tables) if key in table), default)
