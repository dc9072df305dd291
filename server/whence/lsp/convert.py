"""Findings as the protocol writes them, and back: nothing else knows both worlds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from whence import wording
from whence.errors import Problem
from whence.live.client_text import ClientText, Place
from whence.lsp.client import Client
from whence.lsp.documents import Analysis
from whence.model import Finding, Severity
from whence.ranges import contains
from whence.tools import Registry

SOURCE = "whence"

RELATED = 3
"""Pieces of evidence shown under a diagnostic; hover shows more."""

SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}


def lsp_range(span: tuple[Place, Place]) -> types.Range:
    start, end = span
    return types.Range(types.Position(*start), types.Position(*end))


def diagnostics(
    findings: Sequence[Finding], text: ClientText, uri: str, registry: Registry, client: Client
) -> list[types.Diagnostic]:
    """One diagnostic for each finding, in the order of the text."""
    return [diagnostic(finding, text, uri, registry, client) for finding in findings]


def diagnostic(
    finding: Finding, text: ClientText, uri: str, registry: Registry, client: Client
) -> types.Diagnostic:
    """A finding on its first line that says something, never on all of them."""
    return types.Diagnostic(
        range=lsp_range(text.span(first_visible(finding, text))),
        message=wording.message(finding, registry),
        severity=SEVERITIES[finding.severity],
        code=finding.code,
        source=SOURCE,
        related_information=_related(finding, text, uri, registry) if client.related_information else None,
        data={"fingerprint": finding.fingerprint} if client.diagnostic_data else None,
    )


def first_visible(finding: Finding, text: ClientText) -> int:
    """The finding's first line that is not blank."""
    for first, last in finding.lines:
        for line in range(first, last + 1):
            start, end = text.span(line)
            if start != end:
                return line
    return finding.start


def _related(
    finding: Finding, text: ClientText, uri: str, registry: Registry
) -> list[types.DiagnosticRelatedInformation]:
    return [
        types.DiagnosticRelatedInformation(
            location=types.Location(uri, lsp_range(text.extent(*piece.lines[0]))),
            message=f"{piece.evidence_class}: {wording.known(piece, registry)}",
        )
        for piece in finding.evidence[:RELATED]
        if piece.lines
    ]


def problem(item: Problem, text: ClientText, *, grave: bool = True) -> types.Diagnostic:
    """A fault of the policy, from its place to the end of the line; a warning where it is not grave."""
    start, end = text.span(item.line or 1)
    if item.column is not None:
        start = text.column(item.line or 1, item.column)
        end = max(start, end)
    return types.Diagnostic(
        range=lsp_range((start, end)),
        message=f"{item.message} ({item.hint})" if item.hint else item.message,
        severity=types.DiagnosticSeverity.Error if grave else types.DiagnosticSeverity.Warning,
        code="policy",
        source=SOURCE,
    )


def findings_at(analysis: Analysis, first: int, last: int) -> list[Finding]:
    """Findings with a line in a range of Whence lines, or whose region starts there."""
    return [
        finding
        for finding in analysis.result.findings
        if any(start <= last and first <= end for start, end in finding.lines)
        or first <= finding.region.start <= last
    ]


def finding_on(analysis: Analysis, line: int) -> Finding | None:
    return next((f for f in analysis.result.findings if contains(f.lines, line)), None)


def named(analysis: Analysis, diagnostic: types.Diagnostic) -> Finding | None:
    """The finding that a client's diagnostic shows: by its data, else by its code and place."""
    data = diagnostic.data
    if isinstance(data, dict) and isinstance(data.get("fingerprint"), str):
        for finding in analysis.result.findings:
            if finding.fingerprint == data["fingerprint"]:
                return finding
    line = analysis.text.own_line(diagnostic.range.start.line)
    for finding in analysis.result.findings:
        if finding.code == diagnostic.code and contains(finding.lines, line):
            return finding
    return None


def result_id(items: Sequence[types.Diagnostic], converter: Any) -> str | None:
    """A digest of what would be sent, so that it means the same after a restart; None for nothing."""
    if not items:
        return None
    body = json.dumps(converter.unstructure(list(items)), sort_keys=True)
    return hashlib.blake2b(body.encode(), digest_size=12).hexdigest()
