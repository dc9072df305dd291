"""What the editor shows besides the one sentence of `whence.wording`: hover, titles of actions and lenses. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from whence import wording
from whence.analysis import question
from whence.engine import Snapshot
from whence.model import Evidence, FileResult, Finding, Requirement
from whence.policy import Policy, contested, decide
from whence.policy.checking import SHOWN
from whence.ranges import contains, count
from whence.ranges import text as line_text
from whence.text import display
from whence.tools import Registry

ROWS = 8
"""Pieces of evidence in a hover; an explanation shows them all."""

PROMISE = SHOWN
"""Letters of a promise in a title; hover shows all of it."""

OWN_WORK = "I wrote these lines myself."
"""The reason of a dispute that is one keystroke; any other is given on the command line."""

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~&!])")


def can_review(finding: Finding) -> bool:
    """Whether a review is an answer to this finding; nothing answers for what is forbidden."""
    return finding.requirement is Requirement.REVIEW or finding.code == "attributed"


def review_title(finding: Finding, purpose: str = "") -> str:
    """`Mark human-reviewed: 12 lines of `f`, promising "I read every line." (for tests: Plumbing that runs tests)`.

    Choosing it is the answer, so it says all that the answer says; only a promise that no menu could hold is cut.
    """
    promised = f', promising "{display(finding.promise, PROMISE)}"' if finding.promise else ""
    return f"Mark human-reviewed: {_lines_of(finding)}{promised}{_given(finding, purpose)}"


def dispute_title(finding: Finding, registry: Registry, policy: Policy | None, user: str | None) -> str:
    """`Dispute: I wrote 12 lines of `f` myself, not Codex (OpenAI) (the policy notes that and asks all the same)`."""
    name = display(registry.display(finding.agent), 60)
    _, standing = contested(policy, user or "")
    return f"Dispute: I wrote {_lines_of(finding)} myself, not {name} ({display(standing, 160)})"


def evidence_title(finding: Finding) -> str:
    """`Show the evidence for 12 lines of `f``."""
    return f"Show the evidence for {_lines_of(finding)}"


def disclosure_title(marker: str, line: int) -> str:
    """`Add the disclosure as line 1: # Assisted-by: Claude Code`: what is written, and where."""
    return f"Add the disclosure as line {line}: {display(marker, 160)}"


def exception_title(path: str, policy: str) -> str:
    """`Draft an exception for src/a.py in whence.toml, for you to fill in`."""
    return f"Draft an exception for {display(path, 120)} in {display(policy, 60)}, for you to fill in"


def remove_title(finding: Finding) -> str:
    """`Remove 12 lines of `f``."""
    return f"Remove {_lines_of(finding)}"


def _lines_of(finding: Finding) -> str:
    number = count(finding.lines)
    where = f" of `{display(finding.region.name, 60)}`" if finding.region.name else ""
    return f"{number} {'line' if number == 1 else 'lines'}{where}"


def _given(finding: Finding, purpose: str) -> str:
    """` (for tests: Plumbing that runs tests)`; empty where the policy wants no purpose."""
    if not purpose:
        return ""
    found = dict(zip(finding.purposes, wording.purposes(finding), strict=True))
    return f" (for {found.get(purpose, display(purpose, 60))})"


def lens_title(finding: Finding, registry: Registry) -> str:
    """`Claude Code (Anthropic): 12 lines · mark human-reviewed`; a hint names no tool."""
    number = count(finding.lines)
    whom = (
        "looks generated"
        if finding.evidence_class == "inferred"
        else display(registry.display(finding.agent))
    )
    title = f"{whom}: {number} {'line' if number == 1 else 'lines'}"
    if can_review(finding):
        promised = f', promising "{display(finding.promise, PROMISE)}"' if finding.promise else ""
        return f"{title} · mark human-reviewed{promised}"
    return f"{title} · {finding.requirement}"


def hover_markdown(
    finding: Finding, registry: Registry, also: Sequence[Finding] = (), rows: int = ROWS
) -> str:
    """Who wrote how much, the evidence as a small table, the policy's own words, what now.

    `also` are other findings on the same line, of which only what they ask is told.
    """
    said = wording.sentences(finding, registry)
    parts = [f"**{escape(said.who)}.**", _table(finding.evidence, rows)]
    if said.rule:
        parts.append(f"{escape(said.rule)}.")
    parts += [escape(text) for text in _asked(finding)]
    parts += [escape(display(note, 300)) for note in finding.notes]
    parts.append(f"*Next:* {escape(wording.ended(said.next))}")
    for one in also:
        parts.append(f"{escape(wording.rule(one))}. *Next:* {escape(wording.ended(wording.what_next(one)))}")
        parts += [escape(text) for text in _asked(one)]
    return "\n\n".join(part for part in parts if part)


def _asked(finding: Finding) -> list[str]:
    """What a reviewer promises and may state, whole: titles have room for less."""
    out = [f"A reviewer promises: {display(finding.promise, 2000)}"] if finding.promise else []
    return [*out, *(f"A purpose that a reviewer can state: {one}" for one in wording.purposes(finding))]


def _table(evidence: Sequence[Evidence], rows: int) -> str:
    if not evidence:
        return ""
    lines = ["| evidence | from | when (UTC) | lines | alike |", "|---|---|---|---|---|"]
    for piece in evidence[:rows]:
        when = f"{piece.time:%Y-%m-%d %H:%M}" if piece.time else ""
        alike = "" if piece.similarity is None else f"{piece.similarity:.0%}"
        source = f"{piece.source}, {display(piece.reference, 80)}"
        if piece.detail:
            source += f": {display(piece.detail, 120)}"
        spans = line_text(piece.lines)
        spans = spans if len(spans) <= 40 else f"{count(piece.lines)} lines"
        lines.append(f"| {piece.evidence_class} | {escape(source)} | {when} | {spans} | {alike} |")
    more = len(evidence) - rows
    if more > 0:
        lines.append(f"| | and {more} more | | | |")
    return "\n".join(lines)


def hover_plain(finding: Finding, registry: Registry, also: Sequence[Finding] = (), rows: int = ROWS) -> str:
    """The same without Markdown."""
    said = wording.sentences(finding, registry)
    lines = [f"{said.who}."]
    lines += [
        f"- {piece.evidence_class}: {text}" for piece, text in zip(finding.evidence, said.known, strict=True)
    ][:rows]
    if len(said.known) > rows:
        lines.append(f"- and {len(said.known) - rows} more")
    if said.rule:
        lines.append(f"{said.rule}.")
    lines += _asked(finding)
    lines += [display(note, 300) for note in finding.notes]
    lines.append(f"Next: {wording.ended(said.next)}")
    for one in also:
        lines += [f"{wording.rule(one)}.", *_asked(one), f"Next: {wording.ended(wording.what_next(one))}"]
    return "\n".join(lines)


def explanation(snapshot: Snapshot, result: FileResult, line: int) -> str:
    """Everything that is known of one line, as Markdown: evidence down to its source, the policy's steps, what now."""
    title = f"### {escape(display(result.path))}:{line}"
    registry = snapshot.registry
    item = next((found for found in result.attributions if contains(found.lines, line)), None)
    if item is None:
        gaps = [f"- {escape(wording.missing(gap))}" for gap in (*snapshot.not_measured, *result.not_measured)]
        said = "No evidence says that an AI tool wrote this line."
        return "\n\n".join([title, said, *(["Not measured:", "\n".join(gaps)] if gaps else [])])
    name = escape(display(registry.display(item.agent)))
    parts = [title, f"**{name}**, {item.evidence_class} evidence, confidence {item.confidence:.2f}."]
    parts.append(_table(item.evidence, len(item.evidence)))
    if snapshot.policy is None:
        parts.append("There is no policy here: everything is shown, nothing is asked.")
    else:
        decision = decide(snapshot.policy, question(result.path, item, snapshot.settings))
        steps = [f"- {escape(str(step))}" for step in decision.steps]
        parts.append("\n".join(steps) or "No scope of the policy speaks of this file.")
    finding = next((found for found in result.findings if contains(found.lines, line)), None)
    if finding is not None:
        parts += [escape(display(note, 300)) for note in finding.notes]
        parts.append(f"*Next:* {escape(wording.ended(wording.what_next(finding)))}")
    elif contains(result.reviewed, line):
        parts.append("A review covers this line.")
    else:
        parts.append("This line meets what is asked.")
    return "\n\n".join(parts)


def escape(text: str) -> str:
    """Text that Markdown shows as it is; what stands between backticks stays code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a lone backtick: nothing in here is code
        return _MARKDOWN.sub(r"\\\1", text)
    out = []
    for index, part in enumerate(parts):
        out.append(f"`{part.replace('|', '¦')}`" if index % 2 else _MARKDOWN.sub(r"\\\1", part))
    return "".join(out)
