"""A comment at the head of a file that names the tool, in the file's own language, as `evidence.markers` reads it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from whence import syntax
from whence.answers import disclosed
from whence.disclosure import forms
from whence.evidence.markers import PreparedMarkers
from whence.model import Agent, Attribution, Document, Finding, Requirement, Severity
from whence.policy import Decision, Policy, discloses
from whence.policy.terms import Answer, matches
from whence.quick import dataclass
from whence.ranges import Lines, from_pairs, subtract, union
from whence.tools import Registry


@dataclass(frozen=True, slots=True)
class NoMarker:
    """Why no marker discloses these lines, as half a sentence."""

    why: str


ANY_FORM = Decision(Requirement.DISCLOSE, Severity.WARNING, "disclosure-missing")
"""A rule that takes any disclosure."""


def marker_edit(
    document: Document, finding: Finding, registry: Registry, policy: Policy | None
) -> tuple[int, str] | None:
    """The edit that adds the disclosure which a finding misses: `text` as a line of its own before line `line`.

    `line` is 1-based and at most one past the last; `text` has no line ending. None where no marker would settle it
    (see `marker` for the reasons).
    """
    decision = _asked(finding, policy)
    made = marker(document, _item(finding), decision, registry) if decision else None
    return made if isinstance(made, tuple) else None


def markers(
    document: Document, findings: Sequence[Finding], registry: Registry, policy: Policy | None
) -> Iterator[tuple[int, str] | NoMarker]:
    """The markers that the findings of one file miss, to be put in one after the other, each for all that it settles."""
    items = [(_item(finding), decision) for finding in findings if (decision := _asked(finding, policy))]
    for number, (item, decision) in enumerate(items):
        lines = item.lines
        for other, asked in items[number:]:
            if (other.agent.tool, asked.disclosure) == (item.agent.tool, decision.disclosure):
                lines = union(lines, other.lines)
        if not _undisclosed(document, item, decision, registry):
            continue
        made = marker(document, replace(item, lines=lines), decision, registry)
        if isinstance(made, tuple):
            document = with_line(document, *made)
            items[:] = [(replace(one, lines=_moved(one.lines, made[0])), asked) for one, asked in items]
        yield made


def _item(finding: Finding) -> Attribution:
    return Attribution(
        finding.lines, finding.agent, finding.evidence_class, finding.confidence, finding.evidence
    )


def _asked(finding: Finding, policy: Policy | None) -> Decision | None:
    """The disclosure that a finding misses; None when it misses something else."""
    if finding.requirement is not Requirement.DISCLOSE:
        return ANY_FORM if finding.code == "attributed" else None
    scope = policy.scope(finding.scope) if policy and finding.scope else None
    own = policy.own_vendors if policy else frozenset[str]()
    for rule in reversed(scope.rules) if scope else ():
        meant = any(matches(term, finding.agent, own)[0] is Answer.YES for term in rule.tools)
        if rule.require is Requirement.DISCLOSE and meant and finding.because.startswith(rule.because):
            return replace(ANY_FORM, scope=finding.scope, rule=rule, disclosure=rule.disclosure)
    return ANY_FORM


def marker(
    document: Document, item: Attribution, decision: Decision, registry: Registry
) -> tuple[int, str] | NoMarker:
    """The marker that discloses the lines of `item` as the decision asks; see `marker_edit` for what it returns."""
    first = document.lines[0] if document.lines else ""
    language = syntax.language_of(document.path, first)
    comment = _comment(document.path, language)
    if comment is None:
        return NoMarker("its language has no comments")
    at = _place(document.lines, language)
    if at is None:
        return NoMarker("nothing can stand before its first line")
    text = ""
    for words in _words(decision, item.agent, registry):
        text = f"{comment[0]} {words}" + (f" {comment[1]}" if comment[1] else "")
        if _settles(document, at, text, item, decision, registry):
            return at, text
    if any(
        _settles(document, at, f"{comment[0]} {words} {comment[1]}".rstrip(), item, ANY_FORM, registry)
        for words in _words(ANY_FORM, item.agent, registry)
    ):
        return NoMarker("the policy asks for a form that only a commit can have")
    return NoMarker("a scan reads no markers in a file of this name or for this tool")


def _moved(lines: Lines, at: int) -> Lines:
    """Lines once a new one stands before line `at`; the new one is not among them."""
    pairs = ((first + (first >= at), last + (last >= at)) for first, last in lines)
    return subtract(from_pairs(pairs), ((at, at),))


def _words(decision: Decision, agent: Agent, registry: Registry) -> Iterator[str]:
    """What a marker may say. A co-author is a commit's; the rest can be said in a file too."""
    for words in forms.candidates(decision.disclosure, agent, registry):
        if not words.lower().startswith("co-"):
            yield words


def _settles(
    document: Document, at: int, text: str, item: Attribution, decision: Decision, registry: Registry
) -> bool:
    """Whether the reader of markers takes the new line as a disclosure of all lines of `item` by its tool."""
    moved = replace(item, lines=_moved(item.lines, at))
    return not _undisclosed(with_line(document, at, text), moved, decision, registry)


def _undisclosed(document: Document, item: Attribution, decision: Decision, registry: Registry) -> Lines:
    """The lines of `item` that no marker in the document discloses as its tool's."""
    left = item.lines
    for piece in PreparedMarkers(registry).claims(document):
        if piece.agent.tool == item.agent.tool and discloses(decision, piece):
            left = subtract(left, disclosed(piece, item))
    return left


def with_line(document: Document, at: int, text: str) -> Document:
    """The document with a new line before line `at`."""
    index = at - 1

    def put(values: Sequence[int] | None) -> tuple[int, ...] | None:
        return None if values is None else (*values[:index], 0, *values[index:])

    committed = document.committed
    return Document(
        document.path,
        (*document.lines[:index], text, *document.lines[index:]),
        document.head_path,
        put(document.head_lines),
        None if committed is None else (*committed[:index], 0.0, *committed[index:]),
    )


def _comment(path: str, language: str | None) -> tuple[str, str] | None:
    """What opens and closes a comment of one line; None where there is none."""
    lower = path.lower()
    if lower.endswith(".mdx"):
        return "{/*", "*/}"
    if language == "json" and not lower.endswith((".jsonc", ".json5", ".code-workspace")):
        return None
    known = next((known for known in syntax.languages() if known.id == language), None)
    if known is None:
        return None
    if known.line_comments:
        return known.line_comments[0], ""
    if known.block_comments:
        return known.block_comments[0]
    return None


_FIRST = re.compile(
    r"#!(?!\[)|\ufeff|<\?xml\b"
    r"|[#/*;<!\s-]*(?:.*-\*-.*-\*-|.*\bcoding[:=]\s*[-\w.]+|\s*(?:frozen_string_literal|encoding|warn_indent|"
    r"shareable_constant_value|typed)\s*:|.*\bSPDX-)",
    re.IGNORECASE,
)
"""Lines that have to stay where they are at the head of a file."""

_COMMENTED = re.compile(r"\s*(?:#|//|/\*.*\*/\s*$|<!--.*-->\s*$|;|--|\ufeff|<\?xml\b)")


def _place(lines: Sequence[str], language: str | None) -> int | None:
    """The line before which the marker goes, after what must come first; None where a file cannot take one."""
    at = 0
    if lines and language == "markdown" and lines[0].rstrip() == "---":
        closing = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
        at = closing + 1 if closing is not None else 0
    if language == "php":
        if lines and lines[0].startswith("#!"):
            at = 1
        if at >= len(lines) or not re.match(r"<\?php\b(?!.*\?>)", lines[at], re.IGNORECASE):
            return None
        at += 1
    while at < len(lines) and _COMMENTED.match(lines[at]) and _FIRST.match(lines[at].lstrip()):
        at += 1
    return at + 1
