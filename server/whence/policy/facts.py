"""What is known of a question, and whether a scope's or a rule's conditions hold for it. Pure.

Every answer is three-valued: it holds, it does not (and why), or something is not known (and what).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from datetime import UTC, date
from fnmatch import fnmatchcase

from whence.model import Evidence, Requirement
from whence.policy import artifacts, paths, people, terms
from whence.policy.terms import Answer
from whence.policy.values import Conditions, Permit, Policy, Question, Rule, Scope, Step, Term
from whence.quick import dataclass
from whence.ranges import count


def day_of(evidence: Evidence) -> date | None:
    """The day (UTC) of a piece of evidence."""
    return evidence.time.astimezone(UTC).date() if evidence.time else None


@dataclass(frozen=True, slots=True)
class Holds:
    """Whether conditions hold. `why_not` is empty when nothing known stands against them."""

    why_not: str = ""
    doubts: tuple[str, ...] = ()
    """What is not known, one sentence each without an end."""
    only_old: bool = False
    """Nothing but the age of the evidence stands against them."""
    term: Term | None = None
    """The entry of a rule's `tools` that means the agent, or may mean it."""
    side: str = ""
    """By which side of the agent the term matched, in words."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something unknown that bore on an answer."""

    sentence: str
    scope: str
    missed: Requirement | None = None
    """What would have been asked had it been known to hold; None: it was counted as if it held."""


@dataclass(slots=True)
class Facts:
    """What is known of a question, worked out once, and what was seen on the way to the answer."""

    policy: Policy
    question: Question
    people: tuple[str, ...] = ()
    day: date | None = None
    channel: str | None = None
    lines: int = 0
    grandfathered: bool = False
    doubts: list[Doubt] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    _artifact: str = ""

    def __post_init__(self) -> None:
        item = self.question.attribution
        deciding = item.evidence[0] if item.evidence else None
        said = (deciding.person,) if deciding and deciding.person else ()
        self.people = tuple(dict.fromkeys((*self.question.authors, *said)))
        if deciding is not None:
            # The deciding piece dates the lines; where it has no date, they are no younger than the youngest other.
            days = (day_of(piece) for piece in item.evidence)
            self.day = day_of(deciding) or max((day for day in days if day is not None), default=None)
        self.channel = self.question.channel or dict(self.policy.channels).get(item.agent.tool or "")
        self.lines = count(item.lines)

    @property
    def artifact(self) -> str:
        self._artifact = self._artifact or artifacts.artifact(self.question.path, self.policy.artifacts)
        return self._artifact

    def step(self, subject: str, outcome: str, detail: str, at: Scope | Rule | Permit | None = None) -> None:
        self.steps.append(Step(subject, outcome, detail, at.place if at else None))

    def conditions(self, when: Conditions) -> Holds:
        """Whether what a scope and a rule have in common holds: files, owners, people, branch, dates."""
        question = self.question
        if when.paths and not paths.matches(when.paths, question.path):
            return Holds(f"{question.path} is not in its paths")
        if when.artifacts and self.artifact not in when.artifacts:
            return Holds(f"{question.path} is {self.artifact}, not {_either(when.artifacts)}")
        if when.owners and not _any(when.owners, map(str.lower, question.owners)):
            owners = " and ".join(question.owners) or "nobody"
            return Holds(f"{owners} owns {question.path}, not {_either(when.owners)}")
        doubts = []
        if when.authors and not self.people:
            doubts.append("who wrote or prompted the lines is not known")
        elif when.authors and not people.any_matches(when.authors, self.people):
            return Holds(f"{' and '.join(self.people)} is not among its authors")
        if when.branches and question.branch is None:
            doubts.append("the branch is not known")
        elif when.branches and not _any(when.branches, (question.branch or "",)):
            return Holds(f"the branch is {question.branch}, not {_either(when.branches)}")
        if self.day is not None and when.until and self.day > when.until:
            return Holds(f"evidence of {self.day} is younger than its last day {when.until}")
        if self.day is not None and when.effective and self.day < when.effective:
            return Holds(
                f"evidence of {self.day} is older than {when.effective}", tuple(doubts), only_old=True
            )
        return Holds(doubts=tuple(doubts))

    def exempt(self, patterns: tuple[str, ...]) -> bool:
        """Whether everybody who had a part in the lines is exempt."""
        known = self.people if patterns else ()
        return bool(known) and all(people.any_matches(patterns, (person,)) for person in known)

    def rule(self, rule: Rule) -> Holds:
        """Whether a rule speaks of the lines."""
        meant = self.term(rule.tools)
        if meant.term is None:
            return meant
        common = self.conditions(rule.when)
        if common.why_not:
            return common
        doubts = [*meant.doubts, *common.doubts]
        if rule.channels and self.channel is None:
            doubts.append("where the tool ran is not known")
        elif rule.channels and self.channel not in rule.channels:
            return Holds(f"the tool ran as {self.channel}, not {_either(rule.channels)}")
        if rule.marks and not _any(map(str.lower, rule.marks), self._words()):
            return Holds(f"no mark like {_either(rule.marks)}")
        if self.lines < rule.min_lines:
            return Holds(f"{self.lines} lines, fewer than {rule.min_lines}")
        if (
            rule.require is Requirement.ALLOW
            and self.day is None
            and (rule.when.effective or rule.when.until)
        ):
            doubts.append("the evidence has no date")
        return Holds(doubts=tuple(doubts), term=meant.term, side=meant.side)

    def term(self, wanted: tuple[Term, ...]) -> Holds:
        """The first entry of a `tools` list that means the agent; else one that may mean it, with the doubt."""
        agent = self.question.attribution.agent
        maybe: Holds | None = None
        for term in wanted:
            answer, side = terms.matches(term, agent, self.policy.own_vendors)
            if answer is Answer.YES:
                return Holds(term=term, side=side)
            if answer is Answer.UNKNOWN and maybe is None:
                whose = f"the tool `{agent.tool}`'s" if agent.tool else "the tool's"
                maybe = Holds(doubts=(side.replace("its", whose, 1),), term=term)
        return maybe or Holds(f"not {_either(map(str, wanted))}")

    def _words(self) -> list[str]:
        """The signals and the words of all marks."""
        pieces = self.question.attribution.evidence
        return [word.lower() for piece in pieces for word in (piece.signal, piece.detail) if word]


def _any(patterns: Iterable[str], values: Iterable[str]) -> bool:
    known = tuple(values)
    return any(fnmatchcase(value, pattern) for pattern in patterns for value in known)


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)
