"""The values that flow through Whence. Nothing here does input or output, and nothing here imports a room.

Line numbers are 1-based and inclusive (see `whence.ranges`); times are aware `datetime`s in UTC; paths are
relative to the workspace root, with forward slashes.
"""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from whence.problems import Problem
from whence.quick import dataclass
from whence.ranges import Lines


class EvidenceClass(StrEnum):
    """How we know, strongest first. A finding always shows it."""

    RECORDED = "recorded"
    """Line-level records made as the text was written (git-ai notes, Agent Trace)."""
    SESSION = "session"
    """The text stands in the tool's own transcript as text that it wrote."""
    DECLARED = "declared"
    """A commit trailer, a bot author, a marker in the file."""
    INFERRED = "inferred"
    """Style. Never more than a hint."""

    @property
    def rank(self) -> int:
        """0 is the strongest."""
        return list(EvidenceClass).index(self)


class Contributor(StrEnum):
    """Who a piece of evidence says wrote the lines. HUMAN comes from line-exact records only."""

    AI = "ai"
    MIXED = "mixed"
    HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Agent:
    """Who is said to have written: the tool, its vendor, and the model when the evidence names one.

    A tool of one vendor may run another's model, so both vendors are kept; a rule on a vendor matches either.
    `tool` is an id of the registry, or None when only "an AI tool" is known.
    """

    tool: str | None = None
    vendor: str | None = None
    model: str | None = None
    model_vendor: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One claim that some lines came from a tool."""

    lines: Lines
    agent: Agent
    evidence_class: EvidenceClass
    source: str
    """Which reader made it: `git-history`, `git-ai`, `agent-trace`, `marker`, `claude-code-session`, ..."""
    reference: str
    """Down to where a person can look: a commit id, a session id, `file:line`."""
    confidence: float
    """0..1, the measured strength of this kind of evidence."""
    time: datetime | None = None
    """When the tool wrote (the commit's author date, the record's or the transcript's time)."""
    similarity: float | None = None
    """0..1 for matched text, None where lines are named exactly."""
    contributor: Contributor = Contributor.AI
    detail: str = ""
    """The words that were read: the trailer, the marker. Foreign text, escape it on display."""
    commit: str | None = None
    """The commit that brought the lines in, when known."""
    signal: str = ""
    """What a policy's [[signal]] can name, as `kind:tool`: `trailer:copilot`, `author:devin`, `note:codex`."""
    person: str | None = None
    """Who prompted the tool or made the commit, `Name <email>`, when the source says so."""
    discloses: Lines = ()
    """Lines for which it is no evidence but openly names the tool: a header speaks of its whole file, also of lines
    that are older than itself."""


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Evidence that could not be had. It is reported, never read as clean."""

    what: str
    """`git-history`, `git-notes`, `agent-trace`, `sessions`, `markers`, `file`, ..."""
    why: str
    path: str | None = None
    hint: str = ""
    """What the user can do about it, as a command where there is one."""
    evidence_class: EvidenceClass | None = None
    """The class that is incomplete because of it; None when a file as a whole was left out."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Lines with one origin, and everything that speaks for it, the deciding piece first."""

    lines: Lines
    agent: Agent
    evidence_class: EvidenceClass
    confidence: float
    evidence: tuple[Evidence, ...]

    @property
    def deciding(self) -> Evidence:
        return self.evidence[0]


@dataclass(frozen=True, slots=True)
class Region:
    """A unit that a person would name. Regions nest; `name` is qualified (`Class.method`), None for plain blocks."""

    kind: str
    """function, class, method, module-block, section, entry, cell, block"""
    name: str | None
    start: int
    end: int


class Requirement(StrEnum):
    """What a rule asks, mildest first."""

    ALLOW = "allow"
    DISCLOSE = "disclose"
    REVIEW = "review"
    FORBID = "forbid"

    @property
    def rank(self) -> int:
        return list(Requirement).index(self)


class Severity(StrEnum):
    """Mildest first."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Finding:
    """A region, with its exact lines, that does not meet a requirement."""

    code: str
    """`rival-forbidden`, `tool-forbidden`, `review-missing`, `disclosure-missing`, `attributed`"""
    severity: Severity
    path: str
    region: Region
    lines: Lines
    agent: Agent
    evidence_class: EvidenceClass
    confidence: float
    evidence: tuple[Evidence, ...]
    requirement: Requirement
    scope: str | None = None
    asks: str = ""
    """The rule in words, without its reason: `model-building forbids rival tools`."""
    because: str = ""
    contact: str = ""
    """Whom to ask for an exception, where the policy says."""
    fingerprint: str = ""
    """Stable when lines move and between runs: path, code, tool, region and the normal form of the lines."""
    criterion: str | None = None
    promise: str = ""
    """The words of the criterion: what a reviewer promises. Foreign text."""
    purposes: tuple[str, ...] = ()
    purpose_words: tuple[str, ...] = ()
    """What each of the purposes means, in the policy's words; empty where it says nothing of one."""
    reviewers: int = 0
    """People other than the author that the rule asks for; 0 = anyone's answer counts."""
    notes: tuple[str, ...] = ()
    """What else a reader should know, as whole sentences: `2 lines changed since alice's review`."""
    rejected: tuple[str, ...] = ()
    """Who read these lines and rejected them, where that holds of all: nobody else's review settles it."""

    @property
    def start(self) -> int:
        return self.lines[0][0]

    @property
    def end(self) -> int:
        return self.lines[-1][1]


@dataclass(frozen=True, slots=True)
class Document:
    """One present text, with what is known of the committed text that it grew from. A value: no I/O behind it."""

    path: str
    lines: tuple[str, ...]
    """Without line endings; see `whence.text.split`."""
    head_path: str | None = None
    """The path at HEAD (differs after an uncommitted rename); None: not in HEAD."""
    head_lines: tuple[int, ...] | None = None
    """For each present line its line at HEAD, 0 where it is not committed; None: nothing of it is at HEAD."""
    committed: tuple[float, ...] | None = None
    """For each present line the author time (Unix seconds) of the commit that brought it in, 0.0 where it is
    not committed; None: not looked up, or not measurable."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A person's word in the ledger that lines are not a tool's, with what the policy makes of it."""

    path: str
    lines: Lines
    """Those of the attributed lines that it speaks of and that are still as they were."""
    agent: Agent
    """Whom the evidence names."""
    reviewer: str
    """`Name <email>`"""
    reason: str
    accepted: bool
    """Whether nothing is asked of the lines because of it."""
    standing: str
    """What the policy makes of it, as a clause: `the policy accepts that`, `the policy accepts no disputes`."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """What is known of one file."""

    path: str
    line_count: int
    attributions: tuple[Attribution, ...] = ()
    findings: tuple[Finding, ...] = ()
    reviewed: Lines = ()
    """Attributed lines that reviews in the ledger cover, all that are asked for."""
    reviewed_for: tuple[tuple[str, Lines], ...] = ()
    """For each scope that asks for a review here, the lines that have the one it asks for."""
    disputes: tuple[Dispute, ...] = ()
    not_measured: tuple[NotMeasured, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what one scope wants reviewed has been."""

    scope: str
    lines: int
    """Attributed lines that the scope wants a review of."""
    reviewed: int
    """Those that an approved review covers."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures under a report."""

    files: int = 0
    lines: int = 0
    attributed_lines: int = 0
    reviewed_lines: int = 0
    tools: tuple[tuple[str, int], ...] = ()
    """(tool id, attributed lines), most first."""
    findings: tuple[tuple[str, int], ...] = (("error", 0), ("warning", 0), ("info", 0))
    coverage: tuple[Coverage, ...] = ()
    """One entry for each scope of the policy that can ask for a review."""
    disputed_lines: int = 0
    """Attributed lines of which somebody says that no tool wrote them, whatever the policy makes of it."""
    left_out: int = 0
    """Files that .gitattributes calls generated, vendored or no text, or that the policy excludes."""
    known_findings: int = 0
    """Findings that the baseline holds, which are left out."""
    excepted_lines: int = 0
    """Attributed lines that a live exception of the policy lets through."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What `whence scan` reports, before any format."""

    verdict: Verdict
    summary: Summary
    files: tuple[FileResult, ...]
    not_measured: tuple[NotMeasured, ...] = field(default=())
    has_policy: bool = True
    warnings: tuple[Problem, ...] = ()
    """What the policy says that does nothing here: a scope or a rule that speaks of no file."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for file in self.files for finding in file.findings)

    @property
    def disputes(self) -> tuple[Dispute, ...]:
        return tuple(dispute for file in self.files for dispute in file.disputes)
