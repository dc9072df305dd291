"""One document in, its findings out: the one place where regions, attribution, policy and reviews meet. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from whence.answers import Note, answered
from whence.attribution import attribute
from whence.model import (
    Attribution,
    Document,
    Evidence,
    EvidenceClass,
    FileResult,
    Finding,
    NotMeasured,
    Region,
    Requirement,
    Severity,
)
from whence.policy import Decision, Policy, Question, Surroundings, decide, excluded, ignored
from whence.ranges import Lines, each, from_lines, intersect, subtract, union
from whence.review import Covered, Ledger
from whence.syntax import regions
from whence.text import normal
from whence.tools import Registry

SHOWN_CLASSES = frozenset({EvidenceClass.RECORDED, EvidenceClass.SESSION, EvidenceClass.DECLARED})
"""Classes that speak unless the user or the policy asks for others: style is a hint, off by default."""


UNGOVERNED = Decision(
    requirement=Requirement.REVIEW,
    severity=Severity.INFO,
    code="attributed",
    scope=None,
    rule=None,
    because="",
    contact="",
    criterion=None,
    purposes=(),
    reviewers=0,
    group=None,
    steps=(),
)
"""Without a policy nothing is asked and nothing fails; what is attributed is shown until somebody reviewed it."""

_VERBS = {
    Requirement.FORBID: "forbids",
    Requirement.REVIEW: "asks for a human review of what comes from",
    Requirement.DISCLOSE: "asks to disclose",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What is the same for every document of a workspace. Picklable."""

    registry: Registry
    policy: Policy | None
    ledger: Ledger
    today: date
    classes: frozenset[EvidenceClass] = SHOWN_CLASSES
    surroundings: Surroundings = field(default_factory=Surroundings)
    """Owners, branch and user, for rules that speak of them."""

    @property
    def user(self) -> str | None:
        """`Name <email>` of whoever works here: the author of lines that are not committed."""
        return self.surroundings.user


def analyse(document: Document, evidence: Sequence[Evidence], settings: Settings) -> FileResult:
    """Say what is known of one document. Never raises for what a document holds."""
    policy = settings.policy
    if policy and excluded(policy, document.path):
        return FileResult(document.path, len(document.lines))
    heard = [
        piece
        for piece in evidence
        if piece.evidence_class in settings.classes and not (policy and ignored(policy, piece))
    ]
    attributions = attribute(heard, len(document.lines))
    if not attributions:
        return FileResult(document.path, len(document.lines))
    attributed = union(*(item.lines for item in attributions))
    covered = settings.ledger.cover(document.path, document.lines, attributed)
    open_parts, reviewed = _open_parts(document.path, attributions, heard, settings, covered)
    findings, missing = _findings(document, open_parts)
    return FileResult(document.path, len(document.lines), attributions, findings, reviewed, missing)


def question(path: str, item: Attribution, settings: Settings) -> Question:
    """What to ask the policy about lines of one origin."""
    return settings.surroundings.question(path, item, settings.today)


@dataclass(frozen=True, slots=True)
class _Open:
    """Lines of one origin that do not meet what is asked."""

    lines: Lines
    attribution: Attribution
    decision: Decision
    notes: tuple[Note, ...]


def _open_parts(
    path: str,
    attributions: Sequence[Attribution],
    heard: Sequence[Evidence],
    settings: Settings,
    covered: Sequence[Covered],
) -> tuple[list[_Open], Lines]:
    """What does not meet the policy, and the lines whose review counts."""
    approved = union(*(item.lines for item in covered if item.review.result == "approved"))
    refused = union(*(item.lines for item in covered if item.review.result == "rejected"))
    reviewed: Lines = ()
    parts = []
    for item in attributions:
        if settings.policy is None:
            decision = UNGOVERNED
        else:
            decision = decide(settings.policy, question(path, item, settings))
        done, notes = answered(settings.policy, item, decision, heard, covered, settings.user)
        asked = decision.requirement is Requirement.REVIEW
        answers = done if asked else intersect(item.lines, subtract(approved, refused))
        reviewed = union(reviewed, answers)
        if decision.requirement is Requirement.ALLOW and settings.policy is not None:
            continue
        left = subtract(item.lines, done)
        if left:
            parts.append(_Open(left, item, decision, (*notes, *_on_all(decision, item))))
    return parts, reviewed


def _on_all(decision: Decision, item: Attribution) -> list[Note]:
    """What holds of every line of an attribution: what could not be judged, and which answer the rule takes."""
    said = list(decision.unmeasured)
    if decision.requirement is Requirement.DISCLOSE and decision.disclosure:
        said.append(f"The rule takes a disclosure of this form: {', or '.join(decision.disclosure)}.")
    if decision.requirement is Requirement.REVIEW and decision.approvers:
        said.append(f"The rule takes the answer of: {', '.join(decision.approvers)}.")
    return [Note(item.lines, text) for text in said]


def _findings(
    document: Document, parts: Sequence[_Open]
) -> tuple[tuple[Finding, ...], tuple[NotMeasured, ...]]:
    if not parts:
        return (), ()
    found = regions(document.path, document.lines)
    missing: tuple[NotMeasured, ...] = ()
    if not found.complete:
        missing = (
            NotMeasured("regions", found.why, path=document.path, hint="findings name plain blocks instead"),
        )
    owners: list[Region | None] = [None] * (len(document.lines) + 1)
    for region in found.regions:  # the inner ones follow the outer ones
        owners[region.start : region.end + 1] = [region] * (region.end + 1 - region.start)
    groups: dict[tuple[object, ...], tuple[Region, list[tuple[int, _Open]]]] = {}
    for part in parts:
        decision, agent = part.decision, part.attribution.agent
        demand = (
            decision.code, decision.severity, decision.scope, decision.because,
            agent.tool, agent.vendor, agent.model_vendor,
        )  # fmt: skip
        for line in each(part.lines):
            if document.lines[line - 1].strip():
                region = owners[line] or Region("block", None, line, line)
                key = (region.start, region.end, region.name, region.kind, demand)
                groups.setdefault(key, (region, []))[1].append((line, part))
    made = [_finding(document, region, members) for region, members in groups.values()]
    return tuple(_merge_blocks(document, sorted(made, key=lambda f: (f.start, f.end, f.code)))), missing


def _finding(document: Document, region: Region, members: Sequence[tuple[int, _Open]]) -> Finding:
    lines = _with_blanks(document, from_lines(line for line, _ in members))
    parts = list({id(part): part for _, part in members}.values())
    parts.sort(key=lambda part: (part.attribution.evidence_class.rank, -part.attribution.confidence))
    best, decision = parts[0].attribution, parts[0].decision
    evidence = _joined([piece for part in parts for piece in part.attribution.evidence], lines)
    return Finding(
        code=decision.code,
        severity=decision.severity,
        path=document.path,
        region=region,
        lines=lines,
        agent=best.agent,
        evidence_class=best.evidence_class,
        confidence=best.confidence,
        evidence=evidence,
        requirement=decision.requirement,
        scope=decision.scope,
        asks=_asks(decision),
        because=decision.because,
        contact=decision.contact,
        fingerprint=_fingerprint(document, decision.code, best.agent.tool, region, lines),
        criterion=decision.criterion,
        purposes=decision.purposes,
        reviewers=decision.reviewers,
        notes=tuple(dict.fromkeys(said for part in parts for note in part.notes if (said := note.on(lines)))),
    )


def _asks(decision: Decision) -> str:
    """`model-building forbids rival tools`; empty where no rule speaks."""
    if decision.scope is None:
        return ""
    whom = {"any": "any AI tool", "rival": "rival tools", "own": "our own tools", None: "AI tools"}
    group = whom.get(decision.group) or str(decision.group)
    return f"{decision.scope} {_VERBS[decision.requirement]} {group}"


def _with_blanks(document: Document, lines: Lines) -> Lines:
    """Runs that only blank lines part are one run: nobody reads a function as two."""
    out: list[tuple[int, int]] = []
    for first, last in lines:
        if out and not any(document.lines[k - 1].strip() for k in range(out[-1][1] + 1, first)):
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return tuple(out)


def _joined(pieces: Sequence[Evidence], lines: Lines) -> tuple[Evidence, ...]:
    """Each piece once, cut to the finding's lines; those that differ by nothing but lines become one."""
    merged: dict[tuple[object, ...], Evidence] = {}
    for piece in pieces:
        key = (
            piece.source,
            piece.reference,
            piece.agent,
            piece.evidence_class,
            piece.detail,
            piece.contributor,
        )
        before = merged.get(key)
        cut = intersect(piece.lines, lines)
        if not cut:
            continue
        merged[key] = replace(piece, lines=union(cut, before.lines) if before else cut)
    return tuple(merged.values())


def _fingerprint(document: Document, code: str, tool: str | None, region: Region, lines: Lines) -> str:
    state = hashlib.blake2b(digest_size=12)
    named = region.name if region.name and region.kind not in ("block", "cell") else ""
    for part in (document.path, code, tool or "", region.kind, named):
        state.update(part.encode("utf-8", "surrogatepass") + b"\0")
    for line in each(lines):
        text = normal(document.lines[line - 1])
        if text:
            state.update(text.encode("utf-8", "surrogatepass") + b"\n")
    return state.hexdigest()


def _merge_blocks(document: Document, findings: Sequence[Finding]) -> list[Finding]:
    """Neighbouring nameless blocks with the same finding are one: a generated text file is not thirty findings."""
    rows: list[list[Finding]] = []
    for item in findings:
        last = rows[-1][-1] if rows else None
        if (
            last is not None
            and last.region.name is None
            and item.region.name is None
            and _same_demand(last, item)
            and not any(document.lines[k - 1].strip() for k in range(last.region.end + 1, item.region.start))
        ):
            rows[-1].append(item)
        else:
            rows.append([item])
    return [row[0] if len(row) == 1 else _one(document, row) for row in rows]


def _one(document: Document, row: Sequence[Finding]) -> Finding:
    """One finding of neighbours."""
    first = row[0]
    region = replace(first.region, end=max(item.region.end for item in row))
    lines = _with_blanks(document, union(*(item.lines for item in row)))
    return replace(
        first,
        region=region,
        lines=lines,
        evidence=_joined([piece for item in row for piece in item.evidence], lines),
        fingerprint=_fingerprint(document, first.code, first.agent.tool, region, lines),
        notes=tuple(dict.fromkeys(note for item in row for note in item.notes)),
    )


def _same_demand(left: Finding, right: Finding) -> bool:
    return (left.code, left.severity, left.scope, left.because, left.agent.tool, left.agent.vendor) == (
        right.code,
        right.severity,
        right.scope,
        right.because,
        right.agent.tool,
        right.agent.vendor,
    ) and left.evidence_class is right.evidence_class


def severity_counts(findings: Sequence[Finding]) -> tuple[tuple[str, int], ...]:
    """`(("error", 3), ("warning", 1), ("info", 0))`."""
    return tuple(
        (level.value, sum(1 for item in findings if item.severity is level)) for level in reversed(Severity)
    )
