"""A report to paste into a pull request or to hand on: GitHub-flavoured Markdown."""

from __future__ import annotations

from whence import wording
from whence.model import Finding, ScanResult
from whence.ranges import text as ranges_text
from whence.report.as_text import (
    coverage_lines,
    dispute_lines,
    left_out_lines,
    not_measured_lines,
    summary_line,
    warning_lines,
)
from whence.text import display
from whence.tools import Registry

_SPECIAL = str.maketrans({character: "\\" + character for character in "\\`*_{}[]<>|#~"})
_LIMIT = 2000


def markdown(result: ScanResult, registry: Registry) -> str:
    """Heading, summary, a table of findings, what was not measured."""
    parts = [f"# Whence: {result.verdict.value}", _escape(summary_line(result))]
    if result.findings:
        rows = ["| where | severity | finding | what |", "| --- | --- | --- | --- |"]
        rows += [_row(finding, registry) for finding in result.findings]
        parts.append("\n".join(rows))
    reviewed = [*left_out_lines(result), *coverage_lines(result)]
    if reviewed:
        parts.append("\n".join(f"- {_escape(line)}" for line in reviewed))
    words = dispute_lines(result, registry)
    if words:
        parts.append("\n".join(f"{'  ' * (line[0] == ' ')}- {_escape(line.strip())}" for line in words))
    gaps = [*warning_lines(result), *not_measured_lines(result.not_measured)]
    if gaps:
        parts.append("\n".join(f"- {_escape(line)}" for line in gaps))
    return "\n\n".join(parts) + "\n"


def _row(finding: Finding, registry: Registry) -> str:
    where = _escape(f"{finding.path}:{ranges_text(finding.lines)}")
    what = _escape(wording.message(finding, registry))
    return f"| {where} | {finding.severity.value} | {finding.code} | {what} |"


def _escape(value: str) -> str:
    """Foreign text must not become formatting, a link or a mention."""
    return display(value, _LIMIT).translate(_SPECIAL).replace("@", "@\u200b")
