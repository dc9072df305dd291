"""From lines that do not meet what is asked to findings: one for each region and demand. Pure.

Every line belongs to the innermost region around it, so a region's findings rest on its own lines alone: who follows a
text through its edits makes only those anew whose region was touched.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from whence.answers import Note
from whence.model import Attribution, Document, Evidence, Finding, Region, Requirement
from whence.policy import Decision
from whence.quick import dataclass
from whence.ranges import Lines, each, from_pairs, intersect, subtract, union
from whence.text import normal

_VERBS = {
    Requirement.FORBID: "forbids",
    Requirement.REVIEW: "asks for a human review of what comes from",
    Requirement.DISCLOSE: "asks to disclose",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of one origin that do not meet one thing that is asked of them. Two scopes may ask for two."""

    lines: Lines
    attribution: Attribution
    decision: Decision
    notes: tuple[Note, ...]


class Spread:
    """Where the parts of one document lie."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self._runs = sorted((first, last, at) for at, part in enumerate(parts) for first, last in part.lines)
        self._reach = tuple(accumulate((last for _, last, _ in self._runs), max))
        self._demands = [_demand(part) for part in parts]

    def __bool__(self) -> bool:
        return bool(self._runs)

    def within(self, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """The stretches between two lines that a part holds: first line, last line, the part's place."""
        for index in range(bisect_left(self._reach, first), len(self._runs)):
            low, high, part = self._runs[index]
            if low > last:
                return
            if high >= first:
                yield max(low, first), min(high, last), part

    def findings(self, document: Document, region: Region, own: Lines) -> list[Finding]:
        """What is found in a region's own lines, in an order that rests on these lines alone."""
        groups: dict[object, tuple[list[tuple[int, int]], dict[int, int]]] = {}
        for start, end in own:
            for low, high, part in self.within(start, end):
                first, last = _trimmed(document.lines, low, high)
                if first <= last:
                    runs, begins = groups.setdefault(self._demands[part], ([], {}))
                    runs.append((first, last))
                    begins[part] = min(first, begins.get(part, first))
        made = []
        for runs, begins in groups.values():
            order = sorted((first, at) for at, first in begins.items())
            made.append((order[0], from_pairs(runs), [self.parts[at] for _, at in order]))
        made.sort(key=lambda group: group[0])
        return [_finding(document, region, lines, parts) for _, lines, parts in made]


def _demand(part: Part) -> tuple[object, ...]:
    """What is the same for all lines of one finding in one region."""
    decision, agent = part.decision, part.attribution.agent
    return (
        decision.code, decision.severity, decision.scope, decision.because, agent.tool, agent.vendor, agent.model_vendor,
    )  # fmt: skip


def own_lines(regions: Sequence[Region]) -> list[Lines]:
    """For each region (in document order, outer before inner) the lines that no region inside it holds."""
    runs: list[list[tuple[int, int]]] = [[] for _ in regions]
    free = [region.start for region in regions]
    around: list[int] = []

    def close(at: int) -> None:
        if free[at] <= regions[at].end:
            runs[at].append((free[at], regions[at].end))

    for at, region in enumerate(regions):
        while around and regions[around[-1]].end < region.start:
            close(around.pop())
        if around:
            outer = around[-1]
            if free[outer] < region.start:
                runs[outer].append((free[outer], region.start - 1))
            free[outer] = region.end + 1
        around.append(at)
    while around:
        close(around.pop())
    return [tuple(found) for found in runs]


def outside(regions: Sequence[Region], lines: Sequence[str]) -> Iterator[Region]:
    """A block of its own for each line with text that lies in no region. There are none where regions are complete."""
    at = 1
    for region in (*regions, Region("block", None, len(lines) + 1, len(lines) + 1)):
        for line in range(at, region.start):
            if lines[line - 1].strip():
                yield Region("block", None, line, line)
        at = max(at, region.end + 1)


def findings(document: Document, parts: Sequence[Part], regions: Sequence[Region]) -> tuple[Finding, ...]:
    """All findings of a document, in order of first line."""
    spread = Spread(parts)
    if not spread:
        return ()
    made = [
        finding
        for region, own in zip(regions, own_lines(regions), strict=True)
        for finding in spread.findings(document, region, own)
    ]
    for region in outside(regions, document.lines):
        made += spread.findings(document, region, ((region.start, region.end),))
    return arranged(document, made)


def visible(document: Document, lines: Lines) -> Lines:
    """Lines without the blank ones at the ends of runs, as a finding has them."""
    runs = (_trimmed(document.lines, first, last) for first, last in lines)
    return _with_blanks(document, tuple((first, last) for first, last in runs if first <= last))


def _trimmed(lines: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """A stretch without the blank lines at its ends; empty where there is nothing else."""
    while first <= last and not lines[first - 1].strip():
        first += 1
    while first <= last and not lines[last - 1].strip():
        last -= 1
    return first, last


def _finding(document: Document, region: Region, runs: Lines, parts: list[Part]) -> Finding:
    lines = _with_blanks(document, runs)
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
        promise=decision.promise,
        purposes=decision.purposes,
        purpose_words=decision.purpose_words,
        reviewers=decision.reviewers,
        notes=tuple(dict.fromkeys(said for part in parts for note in part.notes if (said := note.on(lines)))),
        rejected=_rejected(runs, [note for part in parts for note in part.notes if note.rejected]),
    )


def _rejected(lines: Lines, notes: Sequence[Note]) -> tuple[str, ...]:
    """Who rejected the lines; nobody where some of them were not."""
    if subtract(lines, union(*(note.lines for note in notes))):
        return ()
    return tuple(dict.fromkeys(note.rejected for note in notes if intersect(note.lines, lines)))


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
        merged[key] = replace(piece, lines=union(cut, before.lines) if before else cut, discloses=())
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


def arranged(document: Document, made: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of all regions in the order of the text, neighbours joined."""
    ordered = sorted(made, key=lambda f: (f.start, f.end, -f.requirement.rank, f.code))
    return tuple(_told_apart(sorted(_merged(document, ordered), key=lambda f: (f.start, f.end))))


def _merged(document: Document, found: Sequence[Finding]) -> list[Finding]:
    """Neighbouring nameless blocks with the same finding are one: a generated text file is not thirty findings."""
    rows: list[list[Finding]] = []
    latest: dict[tuple[object, ...], list[Finding]] = {}
    for item in found:
        demand = _common(item)
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
        rejected=tuple(dict.fromkeys(who for item in row for who in item.rejected))
        if all(item.rejected for item in row)
        else (),
    )


def _common(item: Finding) -> tuple[object, ...]:
    """What neighbours must have in common to be one."""
    agent = item.agent
    return (
        item.code, item.severity, item.scope, item.because, item.criterion, agent.tool, agent.vendor, item.evidence_class,
    )  # fmt: skip


def _told_apart(found: Iterable[Finding]) -> Iterator[Finding]:
    """Two scopes that ask for different reviews of the same lines make two findings, and neither hides the other."""
    seen: set[tuple[str, Lines]] = set()
    for item in found:
        if (item.fingerprint, item.lines) in seen:
            mark = f"{item.fingerprint}\0{item.scope}\0{item.criterion}"
            state = hashlib.blake2b(mark.encode("utf-8", "surrogatepass"), digest_size=12)
            item = replace(item, fingerprint=state.hexdigest())
        seen.add((item.fingerprint, item.lines))
        yield item
