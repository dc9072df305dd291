"""Workflow commands of GitHub Actions: each finding becomes an annotation on its lines.

GitHub shows ten annotations of each level for a step, so the worst come first; the summary is a notice of
its own, or a warning where the scan is inconclusive: then the step fails, and nothing else says why.
"""

from __future__ import annotations

from whence import wording
from whence.errors import Problem
from whence.model import Dispute, Finding, ScanResult, Severity, Verdict
from whence.report.as_text import (
    closing_lines,
    coverage_lines,
    left_out_lines,
    not_measured_lines,
    summary_line,
)
from whence.text import display
from whence.tools import Registry

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_LIMIT = 2000


def github(result: ScanResult, registry: Registry) -> str:
    """The findings as workflow commands, the summary last."""
    ordered = sorted(result.findings, key=lambda finding: -finding.severity.rank)
    lines = [_annotation(finding, registry) for finding in ordered]
    lines += [_dispute(dispute, registry) for dispute in result.disputes]
    lines += [_warning(problem) for problem in result.warnings]
    lines.append(_summary(result))
    return "\n".join(lines) + "\n"


def _summary(result: ScanResult) -> str:
    gaps = not_measured_lines(result.not_measured)
    parts = [summary_line(result), *left_out_lines(result), *coverage_lines(result), *gaps]
    level, title = "notice", "Whence"
    if result.verdict is Verdict.INCONCLUSIVE:
        level, title = "warning", "Whence inconclusive"
        parts = [*closing_lines(result), *gaps, *parts[: -len(gaps) or None]]
    said = " ".join(f"{wording.capital(part).removesuffix('.')}." for part in parts)
    return f"::{level} title={title}::{_data(said)}"


def _warning(problem: Problem) -> str:
    line = f",line={problem.line}" if problem.line else ""
    return f"::warning file={_property(problem.path)}{line},title=Whence policy::{_data(problem.said)}"


def _annotation(finding: Finding, registry: Registry) -> str:
    properties = f"file={_property(finding.path)},line={finding.start},endLine={finding.end}"
    title = _property(f"Whence {finding.code}")
    said = _data(wording.message(finding, registry))
    return f"::{_COMMANDS[finding.severity]} {properties},title={title}::{said}"


def _dispute(dispute: Dispute, registry: Registry) -> str:
    first, last = dispute.lines[0][0], dispute.lines[-1][1]
    properties = f"file={_property(dispute.path)},line={first},endLine={last},title=Whence disputed"
    return f"::notice {properties}::{_data(wording.disputed(dispute, registry))}"


def _data(text: str) -> str:
    """Escape a message as the runner unescapes it."""
    return display(text, _LIMIT).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
