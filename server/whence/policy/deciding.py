"""What a policy asks of lines of one origin, and why. Pure; every rule of precedence is in this file.

1. A scope speaks when all its conditions hold. Evidence older than `effective` is grandfathered there.
2. Inside a scope the last rule that matches wins. No rule: allowed, or, where doubt counts against the lines
   (presumption "tainted"), a review.
3. A live exception turns what a scope asks into a permission.
4. Between scopes the strictest requirement wins, then the greater severity, then more reviewers, then the first.
5. Outside all scopes everything is allowed.

Doubt: a person, a branch, a channel, a model or a vendor that is not known does not meet a condition, except for
a scope with presumption "tainted", where it meets the conditions of everything that asks for something. A date
that is not known is never older than `effective` nor younger than `until`; it does not meet a rule that allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date
from fnmatch import fnmatchcase

from whence.model import Evidence, EvidenceClass, Requirement, Severity
from whence.policy import artifacts, paths, people, terms
from whence.policy.terms import Answer
from whence.policy.values import (
    Conditions,
    Decision,
    Mode,
    Permit,
    Policy,
    Presumption,
    Question,
    Rule,
    Scope,
    Step,
    Term,
)

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
    facts = _Facts(policy, question)
    best: Decision | None = None
    for scope in policy.scopes:
        asked = _ask(policy, scope, facts)
        if asked is None:
            continue
        if best is None:
            best = asked
        elif _strictness(asked) > _strictness(best):
            facts.step(f"scope `{best.scope}`", "overruled", f"`{asked.scope}` asks for more")
            best = asked
        elif asked.requirement is not Requirement.ALLOW:
            facts.step(f"scope `{asked.scope}`", "overruled", f"`{best.scope}` asks for as much or more")
    if best is None:
        facts.step("policy", "allowed", "no scope speaks of these lines")
        best = Decision(Requirement.ALLOW, Severity.INFO, "attributed")
    return replace(
        best,
        grandfathered=facts.grandfathered,
        unmeasured=tuple(dict.fromkeys(facts.unmeasured)),
        steps=tuple(facts.steps),
    )


def in_scope(policy: Policy, path: str) -> bool:
    """Whether any scope could speak of a file, whoever wrote it and whenever."""
    artifact: str | None = None
    for scope in policy.scopes:
        when = scope.when
        if when.paths and not paths.matches(when.paths, path):
            continue
        if when.artifacts:
            artifact = artifact or artifacts.artifact(path, policy.artifacts)
            if artifact not in when.artifacts:
                continue
        return True
    return False


def excluded(policy: Policy, path: str) -> bool:
    """Whether the policy leaves a file out of scans."""
    return bool(policy.excludes) and paths.matches(policy.excludes, path)


def ignored(policy: Policy, evidence: Evidence) -> bool:
    """Whether a [[signal]] window takes the word from a piece of evidence. Without a date only an open window does."""
    if not evidence.signal or not policy.signals:
        return False
    day = _day(evidence)
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


@dataclass(slots=True)
class _Facts:
    """What is known of a question, worked out once, and what was seen on the way."""

    policy: Policy
    question: Question
    people: tuple[str, ...] = ()
    day: date | None = None
    channel: str | None = None
    lines: int = 0
    _artifact: str | None = None
    grandfathered: bool = False
    unmeasured: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        item = self.question.attribution
        person = item.evidence[0].person if item.evidence else None
        self.people = tuple(dict.fromkeys((*self.question.authors, *([person] if person else ()))))
        known = [day for day in map(_day, item.evidence) if day is not None]
        # The deciding piece dates the lines; where it has no date, the youngest other piece is the latest they can be.
        self.day = (_day(item.evidence[0]) or max(known, default=None)) if item.evidence else None
        self.channel = self.question.channel or dict(self.policy.channels).get(item.agent.tool or "")
        self.lines = sum(last - first + 1 for first, last in item.lines)

    @property
    def artifact(self) -> str:
        if self._artifact is None:
            self._artifact = artifacts.artifact(self.question.path, self.policy.artifacts)
        return self._artifact

    def step(self, subject: str, outcome: str, detail: str, at: Scope | Rule | Permit | None = None) -> None:
        self.steps.append(Step(subject, outcome, detail, at.place if at else None))


def _day(evidence: Evidence) -> date | None:
    return evidence.time.astimezone(UTC).date() if evidence.time else None


def _ask(policy: Policy, scope: Scope, facts: _Facts) -> Decision | None:
    """What one scope asks; None when it does not speak of the lines."""
    subject = f"scope `{scope.name}`"
    tainted = scope.presumption is Presumption.TAINTED
    silent, doubts, old = _conditions(scope.when, facts)
    if silent and not old:
        facts.step(subject, "silent", silent, scope)
        return None
    if doubts:
        facts.unmeasured += [
            f"{doubt}, so scope `{scope.name}` {'counts it against the lines' if tainted else 'stays silent'}"
            for doubt in doubts
        ]
        facts.step(subject, "unknown", "; ".join(doubts), scope)
        if not tainted:
            return None
    if (
        scope.exempt
        and facts.people
        and all(people.any_matches(scope.exempt, (person,)) for person in facts.people)
    ):
        facts.step(subject, "silent", f"{' and '.join(facts.people)} is exempt", scope)
        return None
    if not old:
        facts.step(subject, "speaks", f"{facts.question.path} is {facts.artifact}", scope)
    decision = _rules(policy, scope, facts)
    if decision is None:
        return None
    if old:
        if decision.requirement is not Requirement.ALLOW:
            facts.grandfathered = True
            facts.step(subject, "grandfathered", silent, scope)
        else:
            facts.step(subject, "silent", silent, scope)
        return None
    if scope.when.effective and facts.day is None and decision.requirement is not Requirement.ALLOW:
        facts.unmeasured.append(
            f"the evidence has no date, so scope `{scope.name}` does not count it as older than {scope.when.effective}"
        )
    return decision


def _rules(policy: Policy, scope: Scope, facts: _Facts) -> Decision | None:
    tainted = scope.presumption is Presumption.TAINTED
    won: tuple[Rule, Term, str] | None = None
    for rule in scope.rules:
        subject = f"rule {rule.number}"
        term, side, why = _matches(rule, facts, tainted)
        if term is None:
            facts.step(subject, "no match", why, rule)
            continue
        if won is not None:
            facts.step(f"rule {won[0].number}", "overruled", f"rule {rule.number} comes later", won[0])
        facts.step(subject, "matches", f"{rule.require} for {term}" + (f" by {side}" if side else ""), rule)
        won = rule, term, side
    if won is None:
        if not tainted:
            facts.step(f"scope `{scope.name}`", "allowed", "no rule matches", scope)
            return Decision(Requirement.ALLOW, Severity.INFO, "attributed", scope=scope.name)
        facts.step(
            f"scope `{scope.name}`",
            "wins",
            "no rule matches, and lines are presumed tainted until approved",
            scope,
        )
        return _decision(policy, scope, None, None, "", facts)
    return _decision(policy, scope, won[0], won[1], won[2], facts)


def _matches(rule: Rule, facts: _Facts, tainted: bool) -> tuple[Term | None, str, str]:
    """The entry of `tools` that matched with the side of the agent, or why the rule does not match."""
    doubts: list[str] = []
    found, side, doubt = _term(rule.tools, facts)
    if found is None:
        return None, "", f"not {' or '.join(map(str, rule.tools))}"
    if doubt:
        doubts.append(doubt)
    wrong, more, _ = _conditions(rule.when, facts)
    if wrong:
        return None, "", wrong
    doubts += more
    if rule.channels and facts.channel is None:
        doubts.append("where the tool ran is not known")
    elif rule.channels and facts.channel not in rule.channels:
        return None, "", f"the tool ran as {facts.channel}, not {' or '.join(rule.channels)}"
    if rule.marks and not _marked(rule.marks, facts.question.attribution.evidence):
        return None, "", f"no mark like {' or '.join(rule.marks)}"
    if facts.lines < rule.min_lines:
        return None, "", f"{facts.lines} lines, fewer than {rule.min_lines}"
    allows = rule.require is Requirement.ALLOW
    if allows and facts.day is None and (rule.when.effective or rule.when.until):
        doubts.append("the evidence has no date")
    if doubts:
        holds = tainted and not allows
        facts.unmeasured += [
            f"{d}, so rule {rule.number} at {rule.place} {'counts it against the lines' if holds else 'does not match'}"
            for d in doubts
        ]
        if not holds:
            return None, "", "; ".join(doubts)
    return found, side, ""


def _term(wanted: Iterable[Term], facts: _Facts) -> tuple[Term | None, str, str]:
    """The first entry that means the agent; else one that may, with the doubt."""
    maybe: tuple[Term | None, str, str] = None, "", ""
    for term in wanted:
        answer, side = terms.matches(term, facts.question.attribution.agent, facts.policy.own_vendors)
        if answer is Answer.YES:
            return term, side, ""
        if answer is Answer.UNKNOWN and maybe[0] is None:
            tool = facts.question.attribution.agent.tool
            maybe = term, "", side.replace("its", f"the tool `{tool}`'s" if tool else "the tool's", 1)
    return maybe


def _conditions(when: Conditions, facts: _Facts) -> tuple[str, list[str], bool]:
    """(why it does not hold, what is not known, whether only the age of the evidence stands against it)."""
    question = facts.question
    doubts: list[str] = []
    if when.paths and not paths.matches(when.paths, question.path):
        return f"{question.path} is not in its paths", [], False
    if when.artifacts and facts.artifact not in when.artifacts:
        return f"{question.path} is {facts.artifact}, not {' or '.join(when.artifacts)}", [], False
    if when.owners and not any(
        fnmatchcase(owner.lower(), wanted) for owner in question.owners for wanted in when.owners
    ):
        return (
            f"{' and '.join(question.owners) or 'nobody'} owns {question.path}, not {' or '.join(when.owners)}",
            [],
            False,
        )
    if when.authors and facts.people and not people.any_matches(when.authors, facts.people):
        return f"{' and '.join(facts.people)} is not among its authors", [], False
    if when.authors and not facts.people:
        doubts.append("who wrote or prompted the lines is not known")
    if when.branches and question.branch is None:
        doubts.append("the branch is not known")
    elif when.branches and not any(fnmatchcase(question.branch or "", wanted) for wanted in when.branches):
        return f"the branch is {question.branch}, not {' or '.join(when.branches)}", [], False
    if facts.day is not None:
        if when.until and facts.day > when.until:
            return f"evidence of {facts.day} is younger than its last day {when.until}", doubts, False
        if when.effective and facts.day < when.effective:
            return f"evidence of {facts.day} is older than {when.effective}", doubts, True
    return "", doubts, False


def _marked(marks: Iterable[str], evidence: Iterable[Evidence]) -> bool:
    words = [word.lower() for piece in evidence for word in (piece.signal, piece.detail) if word]
    return any(fnmatchcase(word, mark.lower()) for mark in marks for word in words)


def _decision(
    policy: Policy, scope: Scope, rule: Rule | None, term: Term | None, side: str, facts: _Facts
) -> Decision:
    subject = f"rule {rule.number}" if rule else f"scope `{scope.name}`"
    require = rule.require if rule else Requirement.REVIEW
    if require is not Requirement.ALLOW:
        permit = _permit(policy, scope, facts)
        if permit is not None:
            facts.step(
                subject,
                "lifted",
                f"exception of {permit.owner} until {permit.expires}: {permit.reason}",
                permit,
            )
            return Decision(
                Requirement.ALLOW, Severity.INFO, "attributed", scope=scope.name, rule=rule,
                because=permit.reason, contact=permit.owner, exception=permit,
            )  # fmt: skip
    if rule is not None:
        facts.step(subject, "wins", f"the last rule of `{scope.name}` that matches", rule)
    return Decision(
        requirement=require,
        severity=_severity(policy, scope, rule, require, facts),
        code="rival-forbidden"
        if require is Requirement.FORBID and term and term.kind == "rival"
        else _CODES[require],
        scope=scope.name,
        rule=rule,
        because=_because(rule) if rule else "presumed tainted until approved",
        contact=_contact(policy, scope, rule, facts.question),
        criterion=rule.criterion if rule else None,
        purposes=rule.purposes if rule else (),
        reviewers=rule.reviewers if rule else 0,
        approvers=rule.approvers if rule else (),
        disclosure=rule.disclosure if rule else (),
        group=str(term) if term else None,
        matched_by=side,
    )


def _permit(policy: Policy, scope: Scope, facts: _Facts) -> Permit | None:
    """The exception that lifts what a scope asks, if one lives; those that have expired are named on the way."""
    for permit in policy.exceptions:
        if permit.scopes and scope.name not in permit.scopes:
            continue
        if not paths.matches(permit.paths, facts.question.path):
            continue
        found, _, doubt = _term(permit.tools, facts)
        if found is None or doubt:
            continue
        if permit.expires < facts.question.today:
            facts.step("exception", "expired", f"on {permit.expires}: {permit.reason}", permit)
            continue
        return permit
    return None


def _severity(
    policy: Policy, scope: Scope, rule: Rule | None, require: Requirement, facts: _Facts
) -> Severity:
    severity = (rule.severity if rule else None) or _SEVERITY[require]
    mode = scope.mode or policy.mode
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


def _contact(policy: Policy, scope: Scope, rule: Rule | None, question: Question) -> str:
    named = (rule.contact if rule else "") or scope.contact or policy.contact
    return (
        named
        or " or ".join(owner for owner in scope.when.owners if "*" not in owner)
        or " or ".join(question.owners)
    )


def _strictness(decision: Decision) -> tuple[int, int, int]:
    return decision.requirement.rank, decision.severity.rank, decision.reviewers
