"""One document in, its findings out: the one place where regions, attribution, policy and reviews meet. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from whence.answers import Note, answered, disputes
from whence.attribution import attribute
from whence.model import (
    Attribution,
    Dispute,
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
    weighed = _weighed(document.path, attributions, heard, settings, covered)
    findings, missing = _findings(document, weighed.open)
    contests = tuple(replace(item, lines=_trimmed(document, item.lines)) for item in weighed.disputes)
    return FileResult(
        document.path,
        len(document.lines),
        attributions,
        findings,
        weighed.reviewed,
        weighed.reviewed_for,
        contests,
        missing,
    )


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


@dataclass(frozen=True, slots=True)
class _Weighed:
    """The attributed lines against the policy and the ledger."""

    open: tuple[_Open, ...]
    reviewed: Lines
    reviewed_for: tuple[tuple[str, Lines], ...]
    disputes: tuple[Dispute, ...]


def _weighed(
    path: str,
    attributions: Sequence[Attribution],
    heard: Sequence[Evidence],
    settings: Settings,
    covered: Sequence[Covered],
) -> _Weighed:
    """What does not meet the policy, the lines whose reviews count, and what is disputed."""
    approved = union(*(item.lines for item in covered if item.review.result == "approved"))
    refused = union(*(item.lines for item in covered if item.review.result == "rejected"))
    reviewed: Lines = ()
    by_scope: dict[str, Lines] = {}
    contests: list[Dispute] = []
    parts = []
    for item in attributions:
        if settings.policy is None:
            decision = UNGOVERNED
        else:
            decision = decide(settings.policy, question(path, item, settings))
        mine = disputes(settings.policy, path, item, covered)
        contests += mine
        cleared = union(*(dispute.lines for dispute in mine if dispute.accepted))
        answers = item.lines
        asked = [one for one in decision.obligations if one.requirement is Requirement.REVIEW]
        for one in decision.obligations:
            done, notes = answered(settings.policy, item, one, heard, covered, settings.user)
            if one.requirement is Requirement.REVIEW:
                answers = intersect(answers, done)
                if one.scope is not None:
                    by_scope[one.scope] = union(by_scope.get(one.scope, ()), done)
            left = subtract(item.lines, union(done, cleared))
            if left and (one.requirement is not Requirement.ALLOW or settings.policy is None):
                parts.append(_Open(left, item, one, (*notes, *_on_all(one, item))))
        reviewed = union(reviewed, answers if asked else intersect(item.lines, subtract(approved, refused)))
    return _Weighed(tuple(parts), reviewed, tuple(by_scope.items()), tuple(contests))


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
    merged = _merge_blocks(
        document, sorted(made, key=lambda f: (f.start, f.end, -f.requirement.rank, f.code))
    )
    return tuple(_told_apart(sorted(merged, key=lambda f: (f.start, f.end)))), missing


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


def _trimmed(document: Document, lines: Lines) -> Lines:
    """The lines without blank ones at the ends of runs, as a finding has them."""
    return _with_blanks(document, from_lines(k for k in each(lines) if document.lines[k - 1].strip()))


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
    latest: dict[tuple[object, ...], list[Finding]] = {}
    for item in findings:
        demand = _demand(item)
        row = latest.get(demand)
        last = row[-1] if row else None
        if (
            row is not None
            and last is not None
            and last.region.name is None
            and item.region.name is None
            and not any(document.lines[k - 1].strip() for k in range(last.region.end + 1, item.region.start))
        ):
            row.append(item)
        else:
            latest[demand] = [item]
            rows.append(latest[demand])
    return [row[0] if len(row) == 1 else _one(document, row) for row in rows]


def _told_apart(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Two scopes that ask for different reviews of the same lines make two findings, and neither hides the other."""
    seen: set[tuple[str, Lines]] = set()
    for item in findings:
        if (item.fingerprint, item.lines) in seen:
            mark = f"{item.fingerprint}\0{item.scope}\0{item.criterion}"
            state = hashlib.blake2b(mark.encode("utf-8", "surrogatepass"), digest_size=12)
            item = replace(item, fingerprint=state.hexdigest())
        seen.add((item.fingerprint, item.lines))
        yield item


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


def _demand(item: Finding) -> tuple[object, ...]:
    """What neighbours must have in common to be one."""
    agent = item.agent
    return (
        item.code, item.severity, item.scope, item.because, item.criterion, agent.tool, agent.vendor, item.evidence_class,
    )  # fmt: skip


def severity_counts(findings: Sequence[Finding]) -> tuple[tuple[str, int], ...]:
    """`(("error", 3), ("warning", 1), ("info", 0))`."""
    return tuple(
        (level.value, sum(1 for item in findings if item.severity is level)) for level in reversed(Severity)
    )
