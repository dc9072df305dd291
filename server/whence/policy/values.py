"""A loaded policy, a question to it, and its answer. Values only: frozen, picklable, without input or output."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from enum import StrEnum

from whence.model import Attribution, EvidenceClass, Requirement, Severity
from whence.quick import dataclass
from whence.tools import Tool

MAX_BYTES = 1024 * 1024
"""Of one file. A policy is read by people."""


class Mode(StrEnum):
    """How loud the same findings are."""

    REPORT = "report"
    WARN = "warn"
    ENFORCE = "enforce"


class Presumption(StrEnum):
    """Which way doubt goes."""

    CLEAN = "clean"
    TAINTED = "tainted"


class Disputes(StrEnum):
    """What a policy makes of a person's word that lines are not a tool's."""

    NOTED = "noted"
    """It is recorded and shown beside the finding, which stays."""
    ACCEPTED = "accepted"
    """It is taken for the truth: nothing is asked of the lines."""
    REFUSED = "refused"
    """None is taken."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a policy file; line and column are 1-based."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of a `tools` list, understood."""

    kind: str
    """`tool`, `model`, `vendor`, `own`, `rival` or `any`."""
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.kind in ("vendor", "model") else self.value or self.kind


ANY = (Term("any"),)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a scope or a rule speaks of. Every condition that is set must hold; within one, any entry may."""

    paths: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    effective: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One [[scope.rule]]."""

    require: Requirement
    place: Place
    number: int
    """1-based, in the order in which the scope's rules are looked at."""
    tools: tuple[Term, ...] = ANY
    when: Conditions = Conditions()
    channels: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    min_lines: int = 0
    severity: Severity | None = None
    evidence: frozenset[EvidenceClass] = frozenset()
    weak_severity: Severity = Severity.WARNING
    because: str = ""
    clause: str = ""
    clause_version: str = ""
    disclosure: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    criterion: str | None = None
    reviewers: int = 0
    approvers: tuple[str, ...] = ()
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """One [[scope]]."""

    name: str
    place: Place
    when: Conditions = Conditions()
    rules: tuple[Rule, ...] = ()
    mode: Mode | None = None
    presumption: Presumption = Presumption.CLEAN
    exempt: tuple[str, ...] = ()
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Permit:
    """One [[exception]]: a named, reasoned, expiring permission."""

    paths: tuple[str, ...]
    reason: str
    owner: str
    expires: date
    place: Place
    tools: tuple[Term, ...] = ANY
    scopes: tuple[str, ...] = ()
    """Names of scopes; empty: all."""
    approver: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """One [[signal]]: a window in which a mark is known to lie. Both days count as inside."""

    ignore: str
    reason: str
    place: Place
    start: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """A written promise that a reviewer makes."""

    name: str
    text: str
    implies: tuple[str, ...] = ()
    place: Place | None = None


DEFAULT_USE = frozenset({EvidenceClass.RECORDED, EvidenceClass.SESSION, EvidenceClass.DECLARED})
DEFAULT_REQUIRE = frozenset({EvidenceClass.DECLARED})


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that a policy file and the files it extends say."""

    source: str
    """The path of the policy file, as it was given to the loader."""
    mode: Mode = Mode.ENFORCE
    own_vendors: frozenset[str] = frozenset()
    tools: tuple[Tool, ...] = ()
    """For `Registry.extended`."""
    channels: tuple[tuple[str, str], ...] = ()
    """(tool id, channel) for tools that run in one place only."""
    scopes: tuple[Scope, ...] = ()
    exceptions: tuple[Permit, ...] = ()
    signals: tuple[Signal, ...] = ()
    required_classes: frozenset[EvidenceClass] = DEFAULT_REQUIRE
    used_classes: frozenset[EvidenceClass] = DEFAULT_USE
    """Classes that may speak."""
    since: date | None = None
    """What commits of earlier days declare, and the notes on them, is not looked for; None: all of it is."""
    criteria: tuple[Criterion, ...] = ()
    purposes: tuple[tuple[str, str], ...] = ()
    """(name, words shown to the reviewer)"""
    artifacts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(class, patterns), first match wins; the built-in classes that the policy does not name follow."""
    excludes: tuple[str, ...] = ()
    contact: str = ""
    signed: bool = False
    bulk: bool = False
    disputes: Disputes = Disputes.NOTED
    disputers: tuple[str, ...] = ()
    """Patterns on people: whose dispute is accepted; empty: anyone's."""
    files: tuple[str, ...] = ()
    """Every file that was read, this one last: what an editor must watch."""

    def criterion(self, name: str) -> Criterion | None:
        return next((criterion for criterion in self.criteria if criterion.name == name), None)

    def scope(self, name: str) -> Scope | None:
        return next((scope for scope in self.scopes if scope.name == name), None)


@dataclass(frozen=True, slots=True)
class Question:
    """What a policy is asked about: lines of one origin in one file."""

    path: str
    """Relative to the workspace root, with forward slashes."""
    attribution: Attribution
    today: date
    """Decides which exceptions have expired, nothing else."""
    owners: tuple[str, ...] = ()
    """As CODEOWNERS assigns them; see `whence.policy.owners`."""
    authors: tuple[str, ...] = ()
    """Who committed the lines, `Name <address>`; the user for uncommitted lines. The evidence's own person counts too."""
    branch: str | None = None
    channel: str | None = None
    """Where the tool ran (cli, ide, cloud, api, completion), when the evidence says so."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at on the way to an answer."""

    subject: str
    """``scope `x` ``, `rule 2`, `exception`, `mode`, ..."""
    outcome: str
    """`speaks`, `silent`, `unknown`, `grandfathered`, `matches`, `no match`, `wins`, `overruled`, `lifts`, `expired`,
    `lowered`, `allowed`, `stands beside`"""
    detail: str
    place: Place | None = None

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place else ""
        return f"{self.subject}{where}: {self.outcome}" + (f": {self.detail}" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy asks of the lines of a question, and why."""

    requirement: Requirement
    severity: Severity
    code: str
    """`rival-forbidden`, `tool-forbidden`, `review-missing`, `disclosure-missing`; `attributed` when allowed."""
    scope: str | None = None
    rule: Rule | None = None
    because: str = ""
    """The reason in the policy's own words, with the clause and its version."""
    contact: str = ""
    criterion: str | None = None
    promise: str = ""
    """The words of the criterion."""
    purposes: tuple[str, ...] = ()
    purpose_words: tuple[str, ...] = ()
    """What the policy says of each purpose; empty where it says nothing."""
    reviewers: int = 0
    approvers: tuple[str, ...] = ()
    disclosure: tuple[str, ...] = ()
    """Globs on a trailer or marker that would disclose; empty: any disclosure."""
    group: str | None = None
    """The entry of the rule's `tools` that matched: `rival`, `vendor:anthropic`, `codex`, ..."""
    matched_by: str = ""
    """In words, which side of the agent matched: `its vendor openai`, `its model's vendor anthropic`."""
    exception: Permit | None = None
    """The exception that permits the lines, when one does."""
    grandfathered: bool = False
    """Some scope would have asked for more of younger evidence."""
    unmeasured: tuple[str, ...] = ()
    """What could not be judged, as whole sentences: an author or a date that is not known."""
    beside: tuple[Decision, ...] = ()
    """What other scopes ask besides, where meeting this one would not meet it: a disclosure beside a review, a review
    by other people. The strictest first."""
    steps: tuple[Step, ...] = field(default=())

    @property
    def obligations(self) -> tuple[Decision, ...]:
        """Everything that is asked of the lines, this first; each is to be met."""
        return (self, *self.beside)
