"""What a policy would have said over past commits, before anyone turns it on. Pure.

Each commit is judged on its own day, with the exceptions that lived then and the marks that it carries, as if the
policy had always been in force: `effective` is left out unless asked for. What a policy asks for afterwards (a review,
a disclosure elsewhere) cannot be known from then, so it is counted as asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from whence.model import Requirement
from whence.policy.deciding import decide
from whence.policy.explaining import SAYS
from whence.policy.reach import excluded, ignored
from whence.policy.values import Conditions, Decision, Policy, Question
from whence.quick import dataclass
from whence.text import counted, display


@dataclass(frozen=True, slots=True)
class Event:
    """One file that one commit changed, with one tool that the commit declares."""

    commit: str
    question: Question
    lines: int
    """Lines that the commit added to the file."""


@dataclass(frozen=True, slots=True)
class Outcome:
    event: Event
    decision: Decision


@dataclass(frozen=True, slots=True)
class Replay:
    commits: int
    """All commits of the range, marked or not."""
    outcomes: tuple[Outcome, ...]
    dated: bool = False
    """Whether `effective` was kept, so that older commits are grandfathered."""


def always_in_force(policy: Policy) -> Policy:
    """The policy without the days on which its scopes and rules begin."""

    def undated(when: Conditions) -> Conditions:
        return replace(when, effective=None)

    scopes = tuple(
        replace(
            scope,
            when=undated(scope.when),
            rules=tuple(replace(r, when=undated(r.when)) for r in scope.rules),
        )
        for scope in policy.scopes
    )
    return replace(policy, scopes=scopes)


def replay(policy: Policy, commits: int, events: Iterable[Event], *, dated: bool = False) -> Replay:
    """Ask the policy about each event as of the day of its evidence."""
    policy = policy if dated else always_in_force(policy)
    outcomes = []
    for event in events:
        evidence = event.question.attribution.deciding
        if ignored(policy, evidence) or excluded(policy, event.question.path):
            continue
        if evidence.evidence_class not in policy.used_classes:
            continue
        day = evidence.time.date() if evidence.time else event.question.today
        outcomes.append(Outcome(event, decide(policy, replace(event.question, today=day))))
    return Replay(commits, tuple(outcomes), dated)


def as_text(result: Replay, *, limit: int = 40) -> str:
    """A summary, then the commits against the policy, those first that it would have stopped."""
    worst: dict[str, Outcome] = {}
    added = {(o.event.commit, o.event.question.path): o.event.lines for o in result.outcomes}
    lines: Counter[str] = Counter()
    for (commit, _), count in added.items():
        lines[commit] += count
    for outcome in result.outcomes:
        key = outcome.event.commit
        if key not in worst or _rank(outcome) > _rank(worst[key]):
            worst[key] = outcome
    asked = Counter(outcome.decision.requirement for outcome in worst.values())
    if not worst:
        return (
            f"{counted(result.commits, 'commit')}; none of them declares an AI tool that the policy judges.\n"
        )
    out = [
        f"{counted(result.commits, 'commit')}, {len(worst):,} of them judged: an AI tool is declared there."
    ]
    for requirement in reversed(Requirement):
        if asked[requirement]:
            scopes = Counter(
                o.decision.scope or "no scope"
                for o in worst.values()
                if o.decision.requirement is requirement
            )
            where = ", ".join(f"{name} {count:,}" for name, count in scopes.most_common(5))
            out.append(f"  {asked[requirement]:>6,} {SAYS[requirement]} ({display(where)})")
    against = [outcome for outcome in worst.values() if outcome.decision.requirement is not Requirement.ALLOW]
    against.sort(key=lambda outcome: (-outcome.decision.requirement.rank, -outcome.decision.severity.rank))
    if against:
        out.append("")
    for outcome in against[:limit]:
        item = outcome.event.question.attribution
        day = f"{item.deciding.time:%Y-%m-%d}" if item.deciding.time else "no date   "
        tool = display(item.agent.tool or "an AI tool", 24)
        path = display(outcome.event.question.path)
        out.append(
            f"{outcome.event.commit[:10]}  {day}  {tool:14}  {outcome.decision.severity:7}  {outcome.decision.code:18}  "
            f"{path} ({counted(lines[outcome.event.commit], 'line')} in the commit)"
        )
    if len(against) > limit:
        out.append(f"... and {len(against) - limit:,} more")
    if asked[Requirement.REVIEW] or asked[Requirement.DISCLOSE]:
        out.append("Reviews and disclosures given elsewhere cannot be known from the commits alone.")
    if not result.dated:
        out.append("Judged as if the policy had always been in force; --dated keeps its `effective` days.")
    return "\n".join(out) + "\n"


def _rank(outcome: Outcome) -> tuple[int, int]:
    return outcome.decision.requirement.rank, outcome.decision.severity.rank
