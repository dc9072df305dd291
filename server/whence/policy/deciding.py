"""What a policy asks of lines of one origin, and why. Pure; every rule of precedence is in this file.

1. A scope speaks when all its conditions hold. Evidence older than `effective` is grandfathered there.
2. Inside a scope the last rule that matches wins. No rule: allowed, or, where doubt counts against the lines
   (presumption "tainted"), a review.
3. A live exception turns what a scope asks into a permission.
4. Between scopes the strictest requirement wins, then the greater severity, then more reviewers, then the first.
5. What another scope asks holds as well, unless whoever meets the winner has met it too: a disclosure beside a review,
   a review by other people or with another promise. Beside what is forbidden nothing else is asked.
6. Outside all scopes everything is allowed.

Doubt: a person, a branch, a channel, a model or a vendor that is not known does not meet a condition, except for
a scope with presumption "tainted", where it meets the conditions of everything that asks for something. A date
that is not known is never older than `effective` nor younger than `until`; it does not meet a rule that allows.
A doubt that bears on the answer is said in `Decision.unmeasured`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whence.model import EvidenceClass, Requirement, Severity
from whence.policy import paths
from whence.policy.facts import Doubt, Facts, Holds
from whence.policy.settling import covers
from whence.policy.values import Decision, Mode, Permit, Policy, Presumption, Question, Rule, Scope

_SEVERITY = {
    Requirement.ALLOW: Severity.INFO,
    Requirement.DISCLOSE: Severity.WARNING,
    Requirement.REVIEW: Severity.ERROR,
    Requirement.FORBID: Severity.ERROR,
}
_CEILING = {Mode.ENFORCE: Severity.ERROR, Mode.WARN: Severity.WARNING, Mode.REPORT: Severity.INFO}
_CODES = {
    Requirement.ALLOW: "attributed",
    Requirement.DISCLOSE: "disclosure-missing",
    Requirement.REVIEW: "review-missing",
    Requirement.FORBID: "tool-forbidden",
}


def decide(policy: Policy, question: Question) -> Decision:
    """Ask a policy about lines of one origin. The same question always has the same answer."""
    facts = Facts(policy, question)
    asked = [decision for scope in policy.scopes if (decision := _ask(scope, facts)) is not None]
    if not asked:
        facts.step("policy", "allowed", "no scope speaks of these lines")
        asked = [Decision(Requirement.ALLOW, Severity.INFO, "attributed")]
    best, *others = sorted(asked, key=strictness, reverse=True)
    kept = [best]
    for other in others:
        over = next((one for one in kept if covers(policy, one, other)), None)
        subject = f"scope `{other.scope}`"
        if over is None:
            kept.append(other)
            facts.step(subject, "stands beside", f"it asks for something else than `{best.scope}`")
        elif other.requirement is not Requirement.ALLOW:
            more = "more" if strictness(over) > strictness(other) else "as much"
            facts.step(subject, "overruled", f"`{over.scope}` asks for {more}")
    beside = tuple(replace(one, unmeasured=_unmeasured(facts, [one])) for one in kept[1:])
    return replace(
        best,
        grandfathered=facts.grandfathered,
        unmeasured=_unmeasured(facts, kept),
        beside=beside,
        steps=tuple(facts.steps),
    )


def strictness(decision: Decision) -> tuple[int, int, int]:
    """How much is asked, the greater the more."""
    return decision.requirement.rank, decision.severity.rank, decision.reviewers


def _unmeasured(facts: Facts, kept: Sequence[Decision]) -> tuple[str, ...]:
    """The doubts that bore on the first of these answers: without them more might be asked, or this might not be."""
    answer = kept[0]
    asks = answer.requirement is not Requirement.ALLOW
    known = max(one.requirement.rank for one in kept)
    undisclosed = all(one.requirement in (Requirement.ALLOW, Requirement.REVIEW) for one in kept)
    return tuple(
        dict.fromkeys(
            doubt.sentence
            for doubt in facts.doubts
            if (
                asks and doubt.scope == answer.scope
                if doubt.missed is None
                else doubt.missed.rank > known or (doubt.missed is Requirement.DISCLOSE and undisclosed)
            )
        )
    )


def _ask(scope: Scope, facts: Facts) -> Decision | None:
    """What one scope asks; None when it does not speak of the lines."""
    subject = f"scope `{scope.name}`"
    holds = facts.conditions(scope.when)
    if holds.why_not and not holds.only_old:
        facts.step(subject, "silent", holds.why_not, scope)
        return None
    if facts.exempt(scope.exempt):
        facts.step(subject, "silent", f"{' and '.join(facts.people)} is exempt", scope)
        return None
    before = len(facts.steps), len(facts.doubts)
    facts.step(subject, "speaks", f"{facts.question.path} is {facts.artifact}", scope)
    decision = _rules(scope, facts)
    asks = decision.requirement is not Requirement.ALLOW
    tainted = scope.presumption is Presumption.TAINTED
    if not holds.only_old and (tainted or not holds.doubts):
        if asks:
            facts.doubts += [
                Doubt(f"{doubt}, so scope `{scope.name}` counts it against the lines", scope.name)
                for doubt in holds.doubts
            ]
        if asks and scope.when.effective and facts.day is None:
            say = f"the evidence has no date, so scope `{scope.name}` does not count it as older than {scope.when.effective}"
            facts.doubts.append(Doubt(say, scope.name))
        return decision
    # The scope does not speak after all; what it would have asked decides only what is said of it.
    del facts.steps[before[0] :]
    del facts.doubts[before[1] :]
    if holds.only_old:
        facts.grandfathered = facts.grandfathered or asks
        facts.step(subject, "grandfathered" if asks else "silent", holds.why_not, scope)
        return None
    facts.step(subject, "unknown", "; ".join(holds.doubts), scope)
    facts.doubts += [
        Doubt(f"{doubt}, so scope `{scope.name}` stays silent", scope.name, decision.requirement)
        for doubt in holds.doubts
    ]
    return None


def _rules(scope: Scope, facts: Facts) -> Decision:
    """What the last rule of a scope that matches asks, with the exceptions that lift it."""
    tainted = scope.presumption is Presumption.TAINTED
    won: tuple[Rule, Holds] | None = None
    later: list[Doubt] = []
    for rule in scope.rules:
        holds = facts.rule(rule)
        counts = not holds.doubts or (tainted and rule.require is not Requirement.ALLOW)
        if holds.why_not or not counts:
            facts.step(f"rule {rule.number}", "no match", holds.why_not or "; ".join(holds.doubts), rule)
            later += [_doubt(scope, rule, doubt, "does not match", rule.require) for doubt in holds.doubts]
            continue
        if won is not None:
            facts.step(f"rule {won[0].number}", "overruled", f"rule {rule.number} comes later", won[0])
        side = f" by {holds.side}" if holds.side else ""
        facts.step(f"rule {rule.number}", "matches", f"{rule.require} for {holds.term}{side}", rule)
        won, later = (rule, holds), []
    if won is None and not tainted:
        facts.step(f"scope `{scope.name}`", "allowed", "no rule matches", scope)
        facts.doubts += later
        return Decision(Requirement.ALLOW, Severity.INFO, "attributed", scope=scope.name)
    rule_won, holds = won or (None, Holds())
    decision = _lifted(scope, rule_won, facts)
    if decision is None:
        decision = _decision(scope, rule_won, holds, facts)
        facts.doubts += later
        if rule_won is not None:
            facts.doubts += [
                _doubt(scope, rule_won, doubt, "counts it against the lines") for doubt in holds.doubts
            ]
    return decision


def _doubt(scope: Scope, rule: Rule, doubt: str, so: str, missed: Requirement | None = None) -> Doubt:
    return Doubt(f"{doubt}, so rule {rule.number} at {rule.place} {so}", scope.name, missed)


def _lifted(scope: Scope, rule: Rule | None, facts: Facts) -> Decision | None:
    """The permission of the exception that lifts what a scope asks; None when nothing does."""
    if rule is not None and rule.require is Requirement.ALLOW:
        return None
    permit = _permit(scope, facts)
    if permit is None:
        return None
    subject = f"rule {rule.number}" if rule else f"scope `{scope.name}`"
    said = f"what {subject} asks, for {permit.owner} until {permit.expires}: {permit.reason}"
    facts.step("exception", "lifts", said, permit)
    return Decision(
        Requirement.ALLOW, Severity.INFO, "attributed", scope=scope.name, rule=rule,
        because=permit.reason, contact=permit.owner, exception=permit,
    )  # fmt: skip


def _permit(scope: Scope, facts: Facts) -> Permit | None:
    """The first live exception for the lines; those that have expired are named on the way."""
    for permit in facts.policy.exceptions:
        if permit.scopes and scope.name not in permit.scopes:
            continue
        if not paths.matches(permit.paths, facts.question.path):
            continue
        meant = facts.term(permit.tools)
        if meant.term is None or meant.doubts:
            continue
        if permit.expires < facts.question.today:
            facts.step("exception", "expired", f"on {permit.expires}: {permit.reason}", permit)
            continue
        return permit
    return None


def _decision(scope: Scope, rule: Rule | None, holds: Holds, facts: Facts) -> Decision:
    """The answer of a rule that won, or of a scope that presumes taint and has no rule for the lines."""
    if rule is None:
        facts.step(
            f"scope `{scope.name}`",
            "wins",
            "no rule matches, and lines are presumed tainted until approved",
            scope,
        )
        return Decision(
            Requirement.REVIEW, _severity(scope, None, Requirement.REVIEW, facts), _CODES[Requirement.REVIEW],
            scope=scope.name, because="presumed tainted until approved", contact=_contact(scope, None, facts),
        )  # fmt: skip
    facts.step(f"rule {rule.number}", "wins", f"the last rule of `{scope.name}` that matches", rule)
    promise = facts.policy.criterion(rule.criterion) if rule.criterion else None
    words = dict(facts.policy.purposes)
    rival = rule.require is Requirement.FORBID and holds.term is not None and holds.term.kind == "rival"
    return Decision(
        requirement=rule.require,
        severity=_severity(scope, rule, rule.require, facts),
        code="rival-forbidden" if rival else _CODES[rule.require],
        scope=scope.name,
        rule=rule,
        because=_because(rule),
        contact=_contact(scope, rule, facts),
        criterion=rule.criterion,
        promise=" ".join(promise.text.split()) if promise else "",
        purposes=rule.purposes,
        purpose_words=tuple(words.get(name, "") for name in rule.purposes),
        reviewers=rule.reviewers,
        approvers=rule.approvers,
        disclosure=rule.disclosure,
        group=str(holds.term) if holds.term else None,
        matched_by=holds.side,
    )


def _severity(scope: Scope, rule: Rule | None, require: Requirement, facts: Facts) -> Severity:
    severity = (rule.severity if rule else None) or _SEVERITY[require]
    mode = scope.mode or facts.policy.mode
    known = facts.question.attribution.evidence_class
    ceilings = [(_CEILING[mode], f"mode is {mode}")]
    if rule and rule.evidence and known.rank > max(wanted.rank for wanted in rule.evidence):
        ceilings.append((rule.weak_severity, f"{known} evidence is weaker than the rule asks for"))
    if known is EvidenceClass.INFERRED:
        ceilings.append((Severity.INFO, "style is never more than a hint"))
    for ceiling, why in ceilings:
        if severity.rank > ceiling.rank:
            severity = ceiling
            facts.step("severity", "lowered", f"to {ceiling}: {why}")
    return severity


def _because(rule: Rule) -> str:
    clause = ", version ".join(part for part in (rule.clause, rule.clause_version) if part)
    if not clause:
        return rule.because
    return f"{rule.because} ({clause})" if rule.because else clause


def _contact(scope: Scope, rule: Rule | None, facts: Facts) -> str:
    named = (rule.contact if rule else "") or scope.contact or facts.policy.contact
    owners = tuple(owner for owner in scope.when.owners if "*" not in owner) or facts.question.owners
    return named or " or ".join(owners)
