"""How much of what asks for a review has been read: attributed lines by scope, and those that a review covers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from whence.model import Coverage, FileResult, Requirement
from whence.policy import Policy, Presumption, Scope, Surroundings, decide
from whence.ranges import Lines, count, intersect, subtract, union


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
