"""Why a policy says what it says, as text for `whence policy why`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from whence.model import Agent, Attribution, Evidence, EvidenceClass, Requirement
from whence.policy.artifacts import artifact
from whence.policy.deciding import decide
from whence.policy.surroundings import Surroundings
from whence.policy.values import Decision, Policy
from whence.ranges import Lines, union
from whence.ranges import text as lines_text
from whence.text import display
from whence.tools import Registry

NOTHING_KNOWN = Surroundings()

_STRETCHES = 8
"""So many stretches of lines are named."""

SAYS = {
    Requirement.ALLOW: "allowed",
    Requirement.DISCLOSE: "to be disclosed",
    Requirement.REVIEW: "to be reviewed by a person",
    Requirement.FORBID: "forbidden",
}


def verdict(decision: Decision) -> str:
    """One line: what is asked, how loud, by which scope, why."""
    out = SAYS[decision.requirement]
    if decision.requirement is not Requirement.ALLOW:
        out += f" ({decision.severity}, {decision.code})"
    if decision.exception is not None:
        out += f" by the exception of {decision.exception.owner} until {decision.exception.expires}"
    elif decision.scope:
        out += f" by {decision.scope}"
    return display(f"{out}: {decision.because}" if decision.because else out, 400)


def asks(decision: Decision) -> list[str]:
    """What would settle a decision, one line each."""
    out = []
    if decision.criterion:
        out.append(f"criterion: {decision.criterion}")
    if decision.purposes:
        out.append(f"one of these purposes: {', '.join(decision.purposes)}")
    if decision.reviewers:
        people = "somebody else" if decision.reviewers == 1 else f"{decision.reviewers} other people"
        out.append(f"reviewed by {people} than the author")
    if decision.approvers:
        out.append(f"answered by {' or '.join(decision.approvers)}")
    if decision.disclosure:
        out.append(f"disclosed as {' or '.join(decision.disclosure)}")
    if decision.contact:
        out.append(f"exceptions: ask {decision.contact}")
    return [display(line, 300) for line in out]


def why(title: str, decision: Decision) -> list[str]:
    """The answer for one origin and every step that led to it."""
    out = [f"{title}: {verdict(decision)}"]
    out += [f"  {line}" for line in asks(decision)]
    for one in decision.beside:
        out += [f"  besides, {verdict(one)}", *(f"    {line}" for line in asks(one))]
    out += [f"  - {display(str(step), 400)}" for step in decision.steps]
    out += [f"  not measured: {display(line, 300)}" for line in decision.unmeasured]
    return out


def supposed(
    path: str, agent: Agent, today: date, *, lines: int = 1, person: str | None = None
) -> Attribution:
    """An attribution for asking what would be: lines of an agent written today, recorded as they were written."""
    from datetime import UTC, datetime, time

    when = datetime.combine(today, time(12), UTC)
    whole = ((1, lines),)
    evidence = Evidence(whole, agent, EvidenceClass.RECORDED, "supposed", path, 1.0, time=when, person=person)
    return Attribution(whole, agent, EvidenceClass.RECORDED, 1.0, (evidence,))


def why_file(
    policy: Policy,
    path: str,
    attributions: Sequence[Attribution],
    registry: Registry,
    today: date,
    known: Surroundings = NOTHING_KNOWN,
    line: int | None = None,
    *,
    assumed: bool = False,
    missing: bool = False,
) -> list[str]:
    """What the policy asks of each origin in a file; where there is none, what it would ask of tools.

    `line` (1-based) only words the case that nothing is known of it; `attributions` are already cut to it.
    `assumed`: they are suppositions. `missing`: there is no such file yet.
    """
    owners = known.owned(path)
    owned = f", owned by {' and '.join(owners)}" if owners else ""
    kind = artifact(path, policy.artifacts)
    out = [display(f"{path} is {kind}{owned}; policy {policy.source}, mode {policy.mode}", 400)]
    if missing:
        out.append("There is no such file yet; this is what would be asked of it.")
    # Many commits of one tool are one answer, where the policy says the same of them.
    answers: dict[tuple[str, str, tuple[str, ...]], Lines] = {}
    for item in attributions:
        told = tuple(why("", decide(policy, known.question(path, item, today))))
        key = (display(registry.display(item.agent)), item.evidence_class.value, told)
        answers[key] = union(answers.get(key, ()), item.lines)
    for (name, kind_of_evidence, (first, *more)), lines in answers.items():
        title = f"{name}, {_lines(lines)}, {kind_of_evidence} evidence"
        if assumed:
            title = f"{name}, if it wrote here today"
        out += ["", title + first, *more]
    if not attributions:
        out += [
            "",
            f"No tool is known to have written {f'line {line}' if line else 'here'}. If one wrote here today:",
        ]
        for agent in examples(policy, registry):
            decision = decide(
                policy, known.question(path, supposed(path, agent, today, person=known.user), today)
            )
            said = "; besides, ".join(verdict(one) for one in decision.obligations)
            out.append(f"  {display(registry.display(agent))}: {said}")
    return out


def _lines(lines: Lines) -> str:
    """`line 5`, `lines 5, 198-200 and 12 more stretches`."""
    if len(lines) == 1 and lines[0][0] == lines[0][1]:
        return f"line {lines[0][0]}"
    more = f" and {len(lines) - _STRETCHES} more stretches" if len(lines) > _STRETCHES + 1 else ""
    return f"lines {lines_text(lines[:_STRETCHES] if more else lines)}{more}"


def examples(policy: Policy, registry: Registry) -> tuple[Agent, ...]:
    """One agent for every kind that the policy tells apart: the tools that it names, an own one, a rival."""
    wanted: dict[str, None] = {}
    for rule in (rule for scope in policy.scopes for rule in scope.rules):
        for term in rule.tools:
            if term.kind == "tool":
                wanted[term.value] = None
            elif term.kind == "vendor":
                wanted |= dict.fromkeys(_first(registry, {term.value}))
    wanted |= dict.fromkeys(_first(registry, policy.own_vendors))
    others = (
        tool.id for tool in registry.tools.values() if tool.vendor and tool.vendor not in policy.own_vendors
    )
    wanted |= dict.fromkeys(list(others)[:1])
    return tuple(registry.agent(name) for name in wanted)


def _first(registry: Registry, vendors: frozenset[str] | set[str]) -> list[str]:
    return [tool.id for tool in registry.tools.values() if tool.vendor in vendors][:1]
