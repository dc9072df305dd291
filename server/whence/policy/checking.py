"""What is legal in a policy and still not what anybody wants: warnings for `whence policy check`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from whence.errors import Problem
from whence.model import Requirement
from whence.policy import paths
from whence.policy.nearest import quoted
from whence.policy.owners import Owners
from whence.policy.reach import speaks_of
from whence.policy.values import ANY, Conditions, Place, Policy, Presumption, Rule, Scope

SOON = timedelta(days=42)
"""An exception that expires within six weeks is named, in time to renew it."""

LONG = timedelta(days=366)
"""An exception for more than a year is a rule in disguise."""

SHOWN = 240
"""Letters of a promise that the title of a quick fix has room for."""


def warnings(
    policy: Policy, today: date, *, owners: Owners | None = None, files: Sequence[str] | None = None
) -> tuple[Problem, ...]:
    """Everything worth a second look, in the order of the file.

    `owners` is the workspace's CODEOWNERS, None where there is none; `files` are the workspace's paths, None when not
    known (then no pattern is said to match nothing).
    """
    found = [
        *_exceptions(policy, today), *_signals(policy), *_promises(policy), *_scopes(policy, owners)
    ]  # fmt: skip
    if files is not None:
        found += _idle(policy, files)
    return tuple(
        sorted(found, key=lambda problem: (problem.path != policy.source, problem.path, problem.line or 0))
    )


def summary(policy: Policy) -> str:
    """One line on a policy that is in order."""
    rules = sum(len(scope.rules) for scope in policy.scopes)
    counts = [(len(policy.scopes), "scope"), (rules, "rule"), (len(policy.exceptions), "exception")]
    parts = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)
    extends = f", extends {' and '.join(policy.files[:-1])}" if len(policy.files) > 1 else ""
    return f"{policy.source}: in order; mode {policy.mode}, {parts}{extends}"


def _at(place: Place, message: str, hint: str = "") -> Problem:
    return Problem(place.path, message, place.line, place.column, hint)


def _exceptions(policy: Policy, today: date) -> Iterator[Problem]:
    for permit in policy.exceptions:
        if permit.expires < today:
            yield _at(
                permit.place,
                f"the exception of {permit.owner} expired on {permit.expires} and is ignored",
                "remove it, or renew it with a new date",
            )
        elif permit.expires - today <= SOON:
            yield _at(
                permit.place,
                f"the exception of {permit.owner} expires on {permit.expires}",
                "renew it in time",
            )
        elif permit.expires - today > LONG:
            yield _at(
                permit.place,
                f"the exception of {permit.owner} is for more than a year (until {permit.expires})",
                "make it a rule, or let it end sooner",
            )


def _signals(policy: Policy) -> Iterator[Problem]:
    for signal in policy.signals:
        if signal.start is None and signal.until is None:
            yield _at(
                signal.place,
                f"{quoted(signal.ignore)} is ignored for all time",
                "give it a window with `from` and `until`",
            )


def _promises(policy: Policy) -> Iterator[Problem]:
    for criterion in policy.criteria:
        if criterion.place is not None and len(criterion.text) > SHOWN:
            yield _at(
                criterion.place,
                f"the promise of {quoted(criterion.name)} has {len(criterion.text)} letters; menus show {SHOWN}",
                "say it shorter, so that a reviewer sees it whole before the answer",
            )


def _scopes(policy: Policy, owners: Owners | None) -> Iterator[Problem]:
    for scope in policy.scopes:
        if not scope.rules and scope.presumption is Presumption.CLEAN:
            yield _at(scope.place, f"the scope {quoted(scope.name)} has no rule, so it asks for nothing")
        asks = [scope.when.owners, *(rule.when.owners for rule in scope.rules)]
        if any(asks) and owners is None:
            yield _at(
                scope.place,
                f"the scope {quoted(scope.name)} speaks of owners, and there is no CODEOWNERS file",
                "without one nobody owns anything, and the condition never holds",
            )
        if not policy.own_vendors and any(
            term.kind in ("own", "rival") for rule in scope.rules for term in rule.tools
        ):
            yield _at(
                scope.place,
                f"the scope {quoted(scope.name)} speaks of own or rival tools, and `own_vendors` is empty",
                "so every vendor is a rival",
            )
        yield from _hidden(scope)


def _hidden(scope: Scope) -> Iterator[Problem]:
    """Rules that a later rule always overrules."""
    for index, rule in enumerate(scope.rules):
        over = next((later for later in scope.rules[index + 1 :] if _covers(later, rule)), None)
        if over is not None:
            yield _at(
                rule.place,
                f"rule {rule.number} of {quoted(scope.name)} never wins: rule {over.number} at {over.place} speaks of all "
                "that it speaks of, and the last rule that matches wins",
                "put the general rule first",
            )


def _covers(later: Rule, rule: Rule) -> bool:
    free = not (later.channels or later.marks or later.min_lines or later.when != Conditions())
    return free and (later.tools == ANY or set(rule.tools) <= set(later.tools))


def asking_nobody(policy: Policy, files: Sequence[str]) -> tuple[Problem, ...]:
    """What the policy file itself asks, by a scope or a rule, of no file of the workspace. A file that it extends may well
    speak of other workspaces."""
    scopes = [
        scope
        for scope in policy.scopes
        if scope.presumption is Presumption.TAINTED
        or any(rule.require is not Requirement.ALLOW for rule in scope.rules)
    ]
    return tuple(problem for problem in _idle_scopes(policy, scopes, files) if problem.path == policy.source)


def _idle_scopes(policy: Policy, scopes: Sequence[Scope], files: Sequence[str]) -> Iterator[Problem]:
    for scope in scopes:
        near = paths.among(scope.when.paths, files) if scope.when.paths else files
        if not any(speaks_of(policy, scope.when, path) for path in near):
            yield _at(
                scope.place,
                f"the scope {quoted(scope.name)} speaks of no file that is here now",
                "is a path misspelt?",
            )
            continue
        for rule in scope.rules:
            own = rule.when.paths
            if (
                own
                and rule.require is not Requirement.ALLOW
                and not any(paths.matches(own, path) for path in paths.among(own, files))
            ):
                yield _at(
                    rule.place,
                    f"rule {rule.number} of {quoted(scope.name)} speaks of no file that is here now",
                    "is a path misspelt?",
                )


def _idle(policy: Policy, files: Sequence[str]) -> Iterator[Problem]:
    yield from _idle_scopes(policy, policy.scopes, files)
    for scope in policy.scopes:
        yield from _idle_patterns(f"the scope {quoted(scope.name)}", scope.when.paths, scope.place, files)
        for rule in scope.rules:
            what = f"rule {rule.number} of {quoted(scope.name)}"
            yield from _idle_patterns(what, rule.when.paths, rule.place, files)
    for permit in policy.exceptions:
        what = f"the exception of {permit.owner}"
        if not any(paths.matches(permit.paths, path) for path in files):
            yield _at(permit.place, f"{what} speaks of no file that is here now")
        yield from _idle_patterns(what, permit.paths, permit.place, files)


def _idle_patterns(
    what: str, patterns: tuple[str, ...], place: Place, files: Sequence[str]
) -> Iterator[Problem]:
    """Patterns that mean no file, beside others that do: nobody would see that one of them is off."""
    idle = [pattern for pattern in patterns if not _means_any(pattern.removeprefix("!"), files)]
    if len(idle) < len(patterns):
        for pattern in idle:
            message = f"the path {quoted(pattern)} in {what} matches no file that is here now"
            yield _at(place, message, "is it misspelt?")


def _means_any(pattern: str, files: Sequence[str]) -> bool:
    return any(paths.matches((pattern,), path) for path in paths.among((pattern,), files))
