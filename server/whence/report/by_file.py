"""Findings counted by file, where a report has more of them than anybody reads one by one. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from whence.model import Finding
from whence.report.folding import folded, table
from whence.text import display

MANY = 40
"""Up to so many findings are shown one by one: some screens."""

SHOWN = 20
"""Of more, so many: enough to see what they are like."""

FILES = 15
"""Files that are named; the rest is in the other formats."""


def worst(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Those to be shown, worst first, where there are many; else all as they are."""
    if len(findings) <= MANY:
        return findings
    return sorted(findings, key=lambda finding: -finding.severity.rank)[:SHOWN]


def by_file(findings: Sequence[Finding], shown: int, width: int | None = None) -> list[str]:
    """How many there are, then the files with most of them: path, count, which."""
    files: dict[str, Counter[str]] = {}
    for finding in findings:
        said = f"{finding.severity.value} {finding.code}"
        files.setdefault(finding.path, Counter())[said] += 1
    ordered = sorted(files.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    limit = 100 if width is None else 4000
    rows = [(display(path, limit), f"{found.total():,}", _kinds(found)) for path, found in ordered[:FILES]]
    head = [
        f"{len(findings):,} findings in {len(files):,} {'file' if len(files) == 1 else 'files'}; "
        f"above stand {shown}, the worst. `whence scan --all` shows each, `whence scan PATH` those of a file or folder."
    ]
    lines = [*folded(head, width), "", *table([("file", "findings", "which"), *rows], width)]
    if len(files) > FILES:
        lines.append(f"  and {len(files) - FILES:,} more files")
    return lines


def _kinds(found: Counter[str]) -> str:
    """`error rival-forbidden`, `3 error rival-forbidden, 1 warning review-missing`."""
    return (
        next(iter(found))
        if len(found) == 1
        else ", ".join(f"{n:,} {what}" for what, n in found.most_common())
    )
