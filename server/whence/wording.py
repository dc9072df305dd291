"""How Whence speaks: the same sentences in the editor, the terminal and the report. Pure.

For each finding one sentence for: who wrote how much, how we know, which rule, what now. A commit-level mark says
what the commit declares, never that the tool wrote the lines; a hint never names a tool.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from whence.model import Contributor, Dispute, Evidence, EvidenceClass, Finding, NotMeasured, Requirement
from whence.quick import dataclass
from whence.ranges import Lines, count, intersect, subtract, union
from whence.text import display
from whence.tools import Registry


@dataclass(frozen=True, slots=True)
class Sentences:
    """A finding in words, each without its final full stop. Foreign text in them is escaped for a terminal."""

    who: str
    known: tuple[str, ...]
    rule: str
    next: str


def sentences(finding: Finding, registry: Registry) -> Sentences:
    return Sentences(
        who=who(finding, registry),
        known=tuple(known(piece) for piece in finding.evidence),
        rule=rule(finding),
        next=what_next(finding),
    )


def message(finding: Finding, registry: Registry) -> str:
    """One sentence for an editor's problem list."""
    text = who(finding, registry)
    if finding.asks:
        text += f"; {rule(finding)}"
    return f"{text}. {ended(capital(what_next(finding)))}"


def ended(text: str) -> str:
    """The sentence with its full stop, where it does not end with that of a quotation."""
    return text if text.endswith('."') else f"{text}."


def who(finding: Finding, registry: Registry) -> str:
    """`Claude Code (Anthropic) wrote 46 of the 48 lines of `flash_attention``.

    Lines that only a commit's declaration speaks for are told apart from those that a record or a transcript names.
    """
    name = display(registry.display(finding.agent))
    pieces = [
        piece for piece in finding.evidence if piece.agent.tool == finding.agent.tool
    ] or finding.evidence
    exact = union(*(piece.lines for piece in pieces if piece.evidence_class in _EXACT))
    others = subtract(union(*(piece.lines for piece in finding.evidence)), exact)
    if finding.evidence_class is EvidenceClass.INFERRED:
        return f"{capital(_part(finding, finding.lines))}: the style looks like the output of an AI tool"
    if not exact:
        return f"{capital(_declares(pieces))} {_part(finding, finding.lines)} {_says(pieces)} {name}"
    mixed = any(piece.contributor is Contributor.MIXED for piece in finding.evidence[:1])
    # What nobody claims are blank lines between: they count with what stands around them.
    text = f"{name} wrote {_part(finding, subtract(finding.lines, others))}"
    if mixed:
        text += ", and a person changed the proposal"
    declared = union(*(piece.lines for piece in pieces if piece.evidence_class is EvidenceClass.DECLARED))
    if more := count(subtract(intersect(declared, finding.lines), exact)):
        text += f"; for {more} more the commit declares it"
    return text


_EXACT = (EvidenceClass.RECORDED, EvidenceClass.SESSION)


def _declares(pieces: Sequence[Evidence]) -> str:
    """The subject of a declaration: the commits, or the marker."""
    commits = {piece.commit for piece in pieces if piece.commit}
    if not commits:
        return "a marker in the file for"
    return "the commit that wrote" if len(commits) == 1 else f"the {len(commits)} commits that wrote"


def _says(pieces: Sequence[Evidence]) -> str:
    commits = {piece.commit for piece in pieces if piece.commit}
    if not commits:
        return "names"
    return "declares" if len(commits) == 1 else "declare"


def _part(finding: Finding, lines: Lines) -> str:
    """`46 of the 48 lines of `name``, `all 12 lines of ...`, `the only line of ...`."""
    number = count(lines)
    total = max(finding.region.end - finding.region.start + 1, number)
    where = _where(finding)
    if number == total:
        return (
            f"the only line of {where}"
            if total == 1 and finding.region.name
            else (where if total == 1 else f"all {total} lines of {where}")
        )
    return f"{number} of the {total} lines of {where}"


def _where(finding: Finding) -> str:
    region = finding.region
    if region.name:
        return f"`{display(region.name, 80)}`"
    if region.start == region.end:
        return f"line {region.start}"
    return f"the block at lines {region.start}-{region.end}"


def known(piece: Evidence) -> str:
    """How we know, down to where a person can look."""
    when = f", {piece.time:%Y-%m-%d %H:%M} UTC" if piece.time else ""
    reference = display(piece.reference)
    if piece.evidence_class is EvidenceClass.SESSION:
        alike = (
            ", identical text"
            if piece.similarity is None or piece.similarity >= 1
            else f", {piece.similarity:.0%} alike"
        )
        if any(word in piece.detail for word in _SINCE):
            alike = ""
        text = f"its own transcript, {reference}{when}{alike}"
    elif piece.source == "git-ai":
        text = f"a git-ai record, {reference}{when}"
    elif piece.source == "agent-trace":
        text = f"an Agent Trace record, {reference}{when}"
    elif piece.commit:
        text = f"commit {piece.commit[:10]}{when}"
    else:
        text = f"{reference}{when}"
    if piece.detail:
        text += f": {display(piece.detail, 120)}"
    return text


_SINCE = ("reformatted since", "renamed in part since", "edited since")
"""What a detail says of how alike texts are: then it is not said again."""


def disputed(dispute: Dispute, registry: Registry) -> str:
    """`Rae Viewer <rae@example.org> says that Codex (OpenAI) did not write these 3 lines: typed by hand; ...`."""
    number = count(dispute.lines)
    lines = "this line" if number == 1 else f"these {number} lines"
    name = display(registry.display(dispute.agent))
    reason = display(dispute.reason.strip().rstrip("."), 300)
    who = display(dispute.reviewer)
    return f"{who} says that {name} did not write {lines}: {reason}; {dispute.standing}"


def rule(finding: Finding) -> str:
    """`model-building forbids rival tools: Applied AI restriction`; empty without a policy."""
    if not finding.asks:
        return ""
    return (
        f"{display(finding.asks)}: {display(finding.because)}" if finding.because else display(finding.asks)
    )


def what_next(finding: Finding) -> str:
    """The shortest honest way out."""
    ask = (
        f"ask {display(finding.contact)} for an exception"
        if finding.contact
        else "ask for an exception in the policy"
    )
    if finding.requirement is Requirement.FORBID:
        return f"remove or rewrite these lines, or {ask}"
    if finding.requirement is Requirement.DISCLOSE:
        return "say so where the policy looks for it: a trailer in the commit, or a marker in the file"
    if finding.code == "attributed":
        return "nothing is asked of you: there is no policy here"
    if finding.rejected:
        who = " and ".join(display(one, 100) for one in finding.rejected)
        return f"change these lines, or have {who} answer anew: nobody else's review overrules that"
    people = ""
    if finding.reviewers:
        people = f" by {finding.reviewers} other people" if finding.reviewers > 1 else " by someone else"
    given = f", for one of: {', '.join(map(display, finding.purposes))}" if finding.purposes else ""
    promised = f', promising "{display(finding.promise, 300)}"' if finding.promise else ""
    return f"read these lines and record a review{people}{given}{promised}"


def purposes(finding: Finding) -> list[str]:
    """Each purpose that a reviewer can state, with the policy's words for it: `setup: Setting up how we work`."""
    words = finding.purpose_words or ("",) * len(finding.purposes)
    return [
        f"{display(name, 60)}: {display(said, 200)}" if said else display(name, 60)
        for name, said in zip(finding.purposes, words, strict=True)
    ]


def review_command(finding: Finding) -> str:
    """The exact command that answers for a finding."""
    criterion = f" --criterion {argument(finding.criterion)}" if finding.criterion else ""
    purpose = f" --purpose {argument(finding.purposes[0])}" if finding.purposes else ""
    return f"whence review {place(finding, end=True)}{criterion}{purpose}"


def place(finding: Finding, *, end: bool = False) -> str:
    """`path:12` or `path:12-20` as a shell takes it literally, whatever the path holds."""
    last = f"-{finding.end}" if end and finding.end != finding.start else ""
    return file_argument(f"{finding.path}:{finding.start}{last}")


def file_argument(path: str) -> str:
    """A path as one word of a command line, never an option."""
    return argument(f"./{path}" if path.startswith("-") else path)


def argument(value: str) -> str:
    """One word of a command line, safe to paste: quoted where a shell would read more into it."""
    if value.isprintable():
        return shlex.quote(value)
    shown = "".join(c if c.isprintable() and c not in "'\\" else _octal(c) for c in value)
    return f"$'{shown}'"


def _octal(character: str) -> str:
    # A file name's own odd bytes come back as they are; any other lone surrogate is no byte of a file name.
    odd = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", odd))


def missing(item: NotMeasured) -> str:
    """One line about what could not be measured."""
    where = f" in {display(item.path)}" if item.path else ""
    hint = f" ({item.hint})" if item.hint else ""
    return f"{item.what}{where}: {display(item.why)}{hint}"


def capital(text: str) -> str:
    """With its first letter as a sentence has it."""
    return text[:1].upper() + text[1:]
