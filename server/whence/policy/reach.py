"""What a policy speaks of at all: files in scope, files left out, marks that are not believed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase

from whence.model import Evidence, NotMeasured, Requirement
from whence.policy import artifacts, paths
from whence.policy.facts import day_of
from whence.policy.values import Conditions, Policy, Presumption, Scope


def speaks_of(policy: Policy, when: Conditions, path: str) -> bool:
    """Whether conditions could hold for a file, whoever wrote it and whenever."""
    if when.paths and not paths.matches(when.paths, path):
        return False
    return not when.artifacts or artifacts.artifact(path, policy.artifacts) in when.artifacts


def in_files(policy: Policy, when: Conditions, path: str, owners: Sequence[str]) -> bool:
    """Whether a file, with these owners, is one that conditions speak of."""
    owned = not when.owners or any(
        fnmatchcase(owner.lower(), pattern) for owner in owners for pattern in when.owners
    )
    return owned and speaks_of(policy, when, path)


def in_scope(policy: Policy, path: str) -> bool:
    """Whether any scope could speak of a file, whoever wrote it and whenever."""
    return any(speaks_of(policy, scope.when, path) for scope in policy.scopes)


def asks(policy: Policy, path: str) -> bool:
    """Whether any scope could ask something of lines of a file."""
    return any(
        speaks_of(policy, scope.when, path)
        and (
            scope.presumption is Presumption.TAINTED
            or any(
                rule.require is not Requirement.ALLOW and speaks_of(policy, rule.when, path)
                for rule in scope.rules
            )
        )
        for scope in policy.scopes
    )


NAMED = 20
"""Files that are left out and named, of each kind."""


def unlooked(policy: Policy | None, left_out: Mapping[str, str]) -> Iterator[NotMeasured]:
    """Name the files that .gitattributes leaves out, each with why, though something is asked of them. All that is known is
    that nobody looked, so they count nothing."""
    by_kind: dict[str, list[str]] = {}
    for path, why in sorted(left_out.items()) if policy is not None else ():
        if policy is not None and why != "excluded" and asks(policy, path):
            by_kind.setdefault(why, []).append(path)
    for why, names in by_kind.items():
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        said = f"left out, as .gitattributes calls them {why}, though the policy asks something of them"
        hint = "name a file to have it looked at; `exclude` in the policy says that nobody need answer for it"
        yield NotMeasured("file", f"{said}: {', '.join(names[:NAMED])}{more}", hint=hint)


def begins(scope: Scope) -> date:
    """The first day of evidence of which a scope can ask anything: `date.min` evidence of any age, `date.max` of none."""
    if scope.when.effective is not None:
        return scope.when.effective
    if scope.presumption is Presumption.TAINTED:
        return date.min
    asking = (rule for rule in scope.rules if rule.require is not Requirement.ALLOW)
    return min((rule.when.effective or date.min for rule in asking), default=date.max)


def excluded(policy: Policy, path: str) -> bool:
    """Whether the policy leaves a file out of scans."""
    return bool(policy.excludes) and paths.matches(policy.excludes, path)


def ignored(policy: Policy, evidence: Evidence) -> bool:
    """Whether a [[signal]] window takes the word from a piece of evidence. Without a date only an open window does."""
    if not evidence.signal or not policy.signals:
        return False
    day = day_of(evidence)
    named = evidence.signal.lower()
    for signal in policy.signals:
        if not fnmatchcase(named, signal.ignore):
            continue
        if day is None:
            if signal.start is None and signal.until is None:
                return True
        elif (signal.start is None or signal.start <= day) and (signal.until is None or day <= signal.until):
            return True
    return False
