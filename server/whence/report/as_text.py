"""The report that a person reads on a terminal. Sentences come from `whence.wording`; this lays them out."""

from __future__ import annotations

from collections.abc import Sequence

from whence import wording
from whence.model import Finding, NotMeasured, ScanResult, Severity, Verdict
from whence.ranges import text as ranges_text
from whence.report.as_overview import overview
from whence.report.by_file import by_file, worst
from whence.report.folding import folded
from whence.text import display
from whence.tools import Registry

_COLOURS = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.INFO: "36"}
_NAMED_FILES = 3
"""So many files with the same gap are named; more become a count."""
_NAMED_PIECES = 3
"""So many pieces of evidence are told; `whence explain` tells all."""
_NAMED_DISPUTES = 20
_LIMIT = 1000


def text(
    result: ScanResult,
    registry: Registry,
    *,
    colour: bool = False,
    width: int | None = None,
    every: bool = False,
) -> str:
    """The whole report: one block a finding, the summary, what was not measured. Ends with a line feed.

    `width` is the terminal's, in columns; None: lines are as long as they are. Of very many findings the worst are
    shown and all are counted by file, unless `every` one is wanted.
    """
    if result.has_policy:
        shown = result.findings if every else worst(result.findings)
        blocks = ["\n".join(folded(block(finding, registry, colour=colour), width)) for finding in shown]
        if len(shown) < len(result.findings):
            blocks.append("\n".join(by_file(result.findings, len(shown), width)))
    else:
        blocks = ["\n".join(overview(result, registry, width))]
    footer = [summary_line(result), *left_out_lines(result), *coverage_lines(result)]
    footer += dispute_lines(result, registry)
    footer += warning_lines(result)
    footer += not_measured_lines(result.not_measured)
    footer += closing_lines(result)
    return "\n\n".join([*blocks, "\n".join(folded(footer, width))]) + "\n"


def summary_line(result: ScanResult) -> str:
    """`3 errors, 1 warning in 412 files (88,211 lines, 5,120 attributed; 61% of those reviewed).`"""
    summary = result.summary
    found = dict(summary.findings)
    counts = [_count(found.get("error", 0), "error"), _count(found.get("warning", 0), "warning")]
    if found.get("info"):
        counts.append(f"{_count(found['info'], 'finding')} for information")
    shown = [part for part in counts if part]
    inside = f"{_count(summary.lines, 'line') or '0 lines'}, {summary.attributed_lines:,} attributed"
    if summary.attributed_lines:
        inside += f"; {_percent(summary.reviewed_lines, summary.attributed_lines)} of those reviewed"
    none = "No new findings" if summary.known_findings else "No findings"
    return f"{', '.join(shown) or none} in {_count(summary.files, 'file') or '0 files'} ({inside})."


def left_out_lines(result: ScanResult) -> list[str]:
    """`left out: 12 files (...)`, `left out: 4 findings that the baseline holds`; nothing where there are none."""
    lines = []
    if number := _count(result.summary.left_out, "file"):
        why = "generated, vendored or no text by .gitattributes, or excluded by the policy"
        lines.append(f"left out: {number} ({why})")
    if number := _count(result.summary.known_findings, "finding"):
        lines.append(f"left out: {number} that the baseline holds")
    if number := _count(result.summary.excepted_lines, "line"):
        lines.append(f"let through by exceptions of the policy: {number}")
    return lines


def warning_lines(result: ScanResult) -> list[str]:
    """`warning: whence.toml:2:1: the scope ... speaks of no file that is here now (...)`, one line each."""
    return [f"warning: {display(str(problem), _LIMIT)}" for problem in result.warnings]


def coverage_lines(result: ScanResult) -> list[str]:
    """`reviewed in customer-service: 12 of 30 attributed lines (40%)`, one line for each scope that asks for reviews."""
    return [
        f"reviewed in {display(entry.scope)}: "
        + (
            f"{entry.reviewed:,} of {_count(entry.lines, 'attributed line')} ({_percent(entry.reviewed, entry.lines)})"
            if entry.lines
            else "nothing needs it"
        )
        for entry in result.summary.coverage
    ]


def dispute_lines(result: ScanResult, registry: Registry) -> list[str]:
    """Who says that lines are not a tool's: the count, then one line for each answer; nothing where nobody does."""
    disputes = result.disputes
    if not disputes:
        return []
    files = len({dispute.path for dispute in disputes})
    number = _count(result.summary.disputed_lines, "attributed line")
    lines = [f"disputed: {number} in {_count(files, 'file')}"]
    lines += [
        f"  {display(dispute.path)}:{ranges_text(dispute.lines)}  {wording.disputed(dispute, registry)}"
        for dispute in disputes[:_NAMED_DISPUTES]
    ]
    more = len(disputes) - _NAMED_DISPUTES
    return [*lines, f"  and {more:,} more in the JSON report"] if more > 0 else lines


def not_measured_lines(entries: Sequence[NotMeasured]) -> list[str]:
    """One line for each kind of gap, in the order met; many files with one cause become one line."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for entry in entries:
        places = groups.setdefault((entry.what, entry.why, entry.hint), [])
        if entry.path is not None:
            places.append(entry.path)
    lines = []
    for (what, why, hint), places in groups.items():
        reason = display(f"{why}: {hint}" if hint else why, _LIMIT)
        lines.append(f"not measured: {_place(what, places)} ({reason})")
    return lines


def _place(what: str, places: Sequence[str]) -> str:
    name = display(what.replace("-", " "))
    if not places:
        return name
    if len(places) > _NAMED_FILES:
        listed = f"{len(places):,} files"
    else:
        listed = ", ".join(display(place) for place in places)
    return listed if what == "file" else f"{name} of {listed}"


def block(
    finding: Finding, registry: Registry, *, colour: bool = False, explained: bool = False
) -> list[str]:
    """One finding: where, who, how we know, which rule, what next; `explained`: how we know has just been said."""
    said = wording.sentences(finding, registry)
    lines = [_header(finding, colour), f"  {said.who}."]
    if not explained:
        lines += _listed("known from: ", said.known, f"and {len(said.known) - _NAMED_PIECES} more")
    lines += [f"  {said.rule}"] if said.rule else []
    lines += [f"  {display(note, _LIMIT)}" for note in finding.notes]
    commands = [] if explained else [f"whence explain {wording.place(finding)}"]
    if finding.code == "review-missing" and not finding.rejected:
        commands.insert(0, wording.review_command(finding))
    if finding.code == "disclosure-missing":
        commands.insert(0, f"whence disclose --marker {wording.file_argument(finding.path)} --write")
    lines += _listed("next: ", (said.next, *commands), "")
    return lines


def _header(finding: Finding, colour: bool) -> str:
    where = f"{display(finding.path)}:{finding.start}"
    if finding.end > finding.start:
        where += f"-{finding.end}"
    severity = finding.severity.value
    if colour:
        where = _paint(where, "1")
        severity = _paint(severity, _COLOURS[finding.severity])
    return f"{where}  {severity}  {finding.code}"


def _listed(label: str, items: Sequence[str], more: str) -> list[str]:
    """Items below one another, the label before the first; what exceeds the limit is counted in `more`."""
    shown = list(items[:_NAMED_PIECES])
    if len(items) > len(shown):
        shown.append(more)
    return [f"  {label if index == 0 else ' ' * len(label)}{item}" for index, item in enumerate(shown)]


def closing_lines(result: ScanResult) -> list[str]:
    """What the verdict means, where that is not plain from the findings."""
    if result.verdict is Verdict.INCONCLUSIVE:
        return ["inconclusive: evidence that the policy needs could not be had, so this is not a pass."]
    if not result.has_policy:
        return ["No policy here, so nothing can fail: `whence policy init` writes a first one."]
    return []


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}" if number else ""


def _percent(part: int, whole: int) -> str:
    """Whole percents that never round up to all or down to none."""
    if 0 < part < whole:
        return f"{min(max(round(100 * part / whole), 1), 99)}%"
    return "100%" if part else "0%"


def _paint(value: str, code: str) -> str:
    return f"\x1b[{code}m{value}\x1b[0m"
