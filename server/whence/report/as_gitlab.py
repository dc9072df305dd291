"""GitLab's code quality report: a list of issues for the merge request and the pipeline.

Source of the format: GitLab's documentation, "Code Quality", "Code Quality report format". It knows issues only, so what
could not be measured and who disputes a finding are issues too, of the mildest severity: silence would read as clean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from whence import wording
from whence.errors import Problem
from whence.model import Dispute, Finding, NotMeasured, ScanResult, Severity
from whence.ranges import text as ranges_text
from whence.report.as_text import coverage_lines, left_out_lines
from whence.text import display
from whence.tools import Registry

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}
_LIMIT = 2000

WORKSPACE = "."
"""The path of what is about no single file; GitLab wants one."""


def gitlab(result: ScanResult, registry: Registry) -> list[dict[str, Any]]:
    """The report, ready for `json.dumps`. No fingerprint stands twice, for GitLab keeps one issue of each."""
    issues = [
        *(_finding(finding, registry) for finding in result.findings),
        *_coverage(result),
        *_known(result),
        *(_warning(problem) for problem in result.warnings),
        *(_dispute(dispute, registry) for dispute in result.disputes),
        *(_gap(entry) for entry in result.not_measured),
    ]
    return list(_told_apart(issues))


def _finding(finding: Finding, registry: Registry) -> dict[str, Any]:
    said = [wording.message(finding, registry), *finding.notes]
    if len(finding.lines) > 1:
        said.append(f"Lines {ranges_text(finding.lines)}.")
    return _issue(
        finding.code, " ".join(said), finding.fingerprint, _SEVERITIES[finding.severity],
        finding.path, finding.start, finding.end,
    )  # fmt: skip


def _dispute(dispute: Dispute, registry: Registry) -> dict[str, Any]:
    said = f"{wording.disputed(dispute, registry)}."
    mark = _digest(dispute.path, dispute.reviewer, said)
    return _issue("disputed", said, mark, "info", dispute.path, dispute.lines[0][0], dispute.lines[-1][1])


def _coverage(result: ScanResult) -> Iterator[dict[str, Any]]:
    """The reviewed share of each scope that is not reviewed as a whole."""
    for line, entry in zip(coverage_lines(result), result.summary.coverage, strict=True):
        if entry.reviewed < entry.lines:
            mark = _digest("coverage", entry.scope)
            yield _issue("coverage", f"{wording.capital(line)}.", mark, "info", WORKSPACE, 1, 1)


def _known(result: ScanResult) -> Iterator[dict[str, Any]]:
    """That there is more than this report has, where a baseline holds it or an exception lets it through."""
    summary = result.summary
    if summary.known_findings or summary.excepted_lines:
        said = " ".join(f"{wording.capital(line)}." for line in left_out_lines(result))
        yield _issue("left-out", said, _digest("left-out"), "info", WORKSPACE, 1, 1)


def _warning(problem: Problem) -> dict[str, Any]:
    said = f"{problem.said}."
    line = problem.line or 1
    mark = _digest("policy", problem.path, said)
    return _issue("policy", wording.capital(said), mark, "info", problem.path, line, line)


def _gap(entry: NotMeasured) -> dict[str, Any]:
    said = f"Not measured: {wording.missing(entry)}."
    path = entry.path or WORKSPACE
    return _issue("not-measured", said, _digest(path, said), "info", path, 1, 1)


def _issue(
    name: str, description: str, fingerprint: str, severity: str, path: str, first: int, last: int
) -> dict[str, Any]:
    return {
        "type": "issue",
        "check_name": name,
        "description": display(description, _LIMIT),
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": first, "end": last}},
    }


def _told_apart(issues: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen: dict[str, int] = {}
    for issue in issues:
        mark = issue["fingerprint"]
        seen[mark] = seen.get(mark, 0) + 1
        yield issue if seen[mark] == 1 else {**issue, "fingerprint": _digest(mark, str(seen[mark]))}


def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=12).hexdigest()
