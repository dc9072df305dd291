"""Workflow commands of GitHub Actions: each finding becomes an annotation on its lines.

GitHub shows ten annotations of each level for a step, so the worst come first; the summary is a notice of
its own.
"""

from __future__ import annotations

from whence import wording
from whence.model import Dispute, Finding, ScanResult, Severity
from whence.report.as_text import coverage_lines, not_measured_lines, summary_line
from whence.text import display
from whence.tools import Registry

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_LIMIT = 2000


def github(result: ScanResult, registry: Registry) -> str:
    """The findings as workflow commands, the summary last."""
    ordered = sorted(result.findings, key=lambda finding: -finding.severity.rank)
    lines = [_annotation(finding, registry) for finding in ordered]
    lines += [_dispute(dispute, registry) for dispute in result.disputes]
    reviewed = "".join(f"{line}. " for line in coverage_lines(result))
    gaps = " ".join(not_measured_lines(result.not_measured))
    lines.append(f"::notice title=Whence::{_data(f'{summary_line(result)} {reviewed}{gaps}'.strip())}")
    return "\n".join(lines) + "\n"


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
