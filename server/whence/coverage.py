"""The figures under a report, and by scope how much of what asks for a review has been read. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from whence.model import Coverage, FileResult, Finding, Requirement, Severity, Summary
from whence.policy import Policy, Presumption, Scope, Surroundings, decide
from whence.ranges import Lines, count, intersect, subtract, union


def summary(
    results: Sequence[FileResult],
    findings: Iterable[Finding],
    policy: Policy | None,
    surroundings: Surroundings,
    today: date,
) -> Summary:
    """Add up files that were analysed."""
    tools: Counter[str] = Counter()
    attributed = reviewed = disputed = 0
    for result in results:
        if not result.attributions and not result.disputes:
            continue
        lines = union(*(item.lines for item in result.attributions))
        attributed += count(lines)
        reviewed += count(intersect(result.reviewed, lines))
        disputed += count(union(*(dispute.lines for dispute in result.disputes)))
        for item in result.attributions:
            tools[item.agent.tool or "unknown"] += count(item.lines)
    levels = Counter(finding.severity.value for finding in findings)
    return Summary(
        files=sum(1 for result in results if result.line_count or not result.not_measured),
        lines=sum(result.line_count for result in results),
        attributed_lines=attributed,
        reviewed_lines=reviewed,
        tools=tuple(tools.most_common()),
        findings=tuple((level.value, levels[level.value]) for level in reversed(Severity)),
        coverage=coverage(results, policy, surroundings, today),
        disputed_lines=disputed,
        excepted_lines=excepted(results, policy, surroundings, today),
    )


def coverage(
    results: Iterable[FileResult], policy: Policy | None, surroundings: Surroundings, today: date
) -> tuple[Coverage, ...]:
    """One entry for each scope that can ask for a review, in the policy's order; () without a policy.

    A line counts for each scope whose rule wants a review of it, unless its attribution is disputed and the policy
    accepts that. It is reviewed when it has the review that this rule wants.
    """
    asking = [scope.name for scope in policy.scopes if _may_ask(scope)] if policy else []
    if policy is None or not asking:
        return ()
    lines = dict.fromkeys(asking, 0)
    reviewed = dict.fromkeys(asking, 0)
    for result in results:
        answered = dict(result.reviewed_for)
        cleared = union(*(dispute.lines for dispute in result.disputes if dispute.accepted))
        for scope, wanted in _asked(result, policy, surroundings, today).items():
            asked = subtract(wanted, cleared)
            lines[scope] += count(asked)
            reviewed[scope] += count(intersect(asked, answered.get(scope, ())))
    return tuple(Coverage(scope, lines[scope], reviewed[scope]) for scope in asking)


def excepted(
    results: Iterable[FileResult], policy: Policy | None, surroundings: Surroundings, today: date
) -> int:
    """Attributed lines that an exception lets through: of which something would be asked without it."""
    if policy is None or all(permit.expires < today for permit in policy.exceptions):
        return 0
    number = 0
    for result in results:
        for item in result.attributions:
            decision = decide(policy, surroundings.question(result.path, item, today))
            lifted = any(step.outcome == "lifts" for step in decision.steps)
            if lifted and decision.requirement is Requirement.ALLOW:
                number += count(item.lines)
    return number


def _may_ask(scope: Scope) -> bool:
    """Whether a scope can ask for a review: by a rule, or because it presumes taint."""
    return scope.presumption is Presumption.TAINTED or any(
        rule.require is Requirement.REVIEW for rule in scope.rules
    )


def _asked(result: FileResult, policy: Policy, surroundings: Surroundings, today: date) -> dict[str, Lines]:
    """The lines of one file that need a review, by the scope that says so."""
    found: dict[str, Lines] = {}
    for item in result.attributions:
        for one in decide(policy, surroundings.question(result.path, item, today)).obligations:
            if one.requirement is Requirement.REVIEW and one.scope is not None:
                found[one.scope] = union(found.get(one.scope, ()), item.lines)
    return found
