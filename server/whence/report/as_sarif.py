"""SARIF 2.1.0, for code-scanning services and editors that read it.

Source of the format: the OASIS standard, sections 3.14 (run), 3.20 (invocation), 3.27 (result). Paths are
relative to the base id `WORKSPACE`, which is declared without an address, so that no machine path leaves with
the report.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from whence import wording
from whence.errors import Problem
from whence.model import Dispute, Finding, NotMeasured, ScanResult, Severity, Verdict
from whence.report.as_json import coverage_json, evidence_json, pairs
from whence.report.codes import CODES
from whence.text import display
from whence.tools import Registry

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "WORKSPACE"
FINGERPRINT = "whenceFinding/v1"
_MESSAGE_LIMIT = 2000

_DISPUTED = "disputed"
_DISPUTES = "Somebody says that no tool wrote lines which evidence gives to one."

_POLICY = "policy"
_IDLE = "What the policy says that does nothing here."

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_KINDS = {"function": "function", "method": "member", "class": "type"}
"""Our region kinds in SARIF's words (3.33.7); every other kind goes by its own name."""


def sarif(result: ScanResult, registry: Registry, version: str) -> dict[str, Any]:
    """The log of one scan: one run, every rule listed, one result for each finding."""
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(result, version)},
                "invocations": [
                    {
                        "executionSuccessful": result.verdict is not Verdict.INCONCLUSIVE,
                        "toolExecutionNotifications": [
                            *(_notification(entry) for entry in result.not_measured),
                            *(_dispute(dispute, registry) for dispute in result.disputes),
                        ],
                        "toolConfigurationNotifications": [_warning(problem) for problem in result.warnings],
                    }
                ],
                "originalUriBaseIds": {BASE: {"description": {"text": "The folder that was scanned."}}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, registry) for finding in result.findings],
                "properties": {
                    "verdict": result.verdict.value,
                    "coverage": coverage_json(result),
                    "knownFindings": result.summary.known_findings,
                    "exceptedLines": result.summary.excepted_lines,
                },
            }
        ],
    }


def uri(path: str) -> str:
    """A workspace path as a relative URI reference; undecodable bytes come back as they were on disk."""
    escaped = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    first = escaped.partition("/")[0]
    return f"./{escaped}" if ":" in first else escaped


def _driver(result: ScanResult, version: str) -> dict[str, Any]:
    return {
        "name": "Whence",
        "version": version,
        "semanticVersion": version,
        "rules": [
            {
                "id": code.id,
                "name": "".join(word.capitalize() for word in code.id.split("-")),
                "shortDescription": {"text": code.title + "."},
                "fullDescription": {"text": code.explanation},
                "help": {"text": f"{code.explanation} {code.next_step}"},
                "defaultConfiguration": {"level": _LEVELS[code.level]},
                "properties": {"tags": ["provenance"]},
            }
            for code in CODES
        ],
        "notifications": [
            {"id": name, "shortDescription": {"text": f"Evidence that could not be had: {name}."}}
            for name in sorted({_descriptor(entry) for entry in result.not_measured})
        ]
        + ([{"id": _DISPUTED, "shortDescription": {"text": _DISPUTES}}] if result.disputes else [])
        + ([{"id": _POLICY, "shortDescription": {"text": _IDLE}}] if result.warnings else []),
    }


def _result(finding: Finding, registry: Registry) -> dict[str, Any]:
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": uri(finding.path), "uriBaseId": BASE},
        "region": {"startLine": finding.start, "endLine": finding.end},
    }
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.region.name:
        kind = _KINDS.get(finding.region.kind, finding.region.kind)
        location["logicalLocations"] = [
            {
                "name": display(finding.region.name.rpartition(".")[2]),
                "fullyQualifiedName": display(finding.region.name),
                "kind": kind,
            }
        ]
    if len(finding.lines) > 1:
        location["annotations"] = [
            {"startLine": first, "endLine": last, "message": {"text": "lines of this finding"}}
            for first, last in finding.lines
        ]
    return {
        "ruleId": finding.code,
        "ruleIndex": next(i for i, code in enumerate(CODES) if code.id == finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(wording.message(finding, registry))},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {
            "lines": pairs(finding.lines),
            "tool": finding.agent.tool,
            "vendor": finding.agent.vendor,
            "model": finding.agent.model,
            "class": finding.evidence_class.value,
            "confidence": round(finding.confidence, 4),
            "scope": finding.scope,
            "requirement": finding.requirement.value,
            "because": finding.because,
            "notes": list(finding.notes),
            "evidence": [evidence_json(piece) for piece in finding.evidence],
        },
    }


def _notification(entry: NotMeasured) -> dict[str, Any]:
    text = f"{entry.what}: {entry.why}" + (f" ({entry.hint})" if entry.hint else "")
    notification: dict[str, Any] = {
        "descriptor": {"id": _descriptor(entry)},
        "level": "warning" if entry.evidence_class else "note",
        "message": {"text": _message(text)},
    }
    if entry.path is not None:
        artifact = {"uri": uri(entry.path), "uriBaseId": BASE}
        notification["locations"] = [{"physicalLocation": {"artifactLocation": artifact}}]
    return notification


def _dispute(dispute: Dispute, registry: Registry) -> dict[str, Any]:
    """No result, so that it opens no alert: it is a person's word about lines, with where they are."""
    region = {"startLine": dispute.lines[0][0], "endLine": dispute.lines[-1][1]}
    artifact = {"uri": uri(dispute.path), "uriBaseId": BASE}
    return {
        "descriptor": {"id": _DISPUTED},
        "level": "note",
        "message": {"text": _message(wording.disputed(dispute, registry))},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
        "properties": {"lines": pairs(dispute.lines), "accepted": dispute.accepted},
    }


def _warning(problem: Problem) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(problem.path), "uriBaseId": BASE}}
    if problem.line:
        physical["region"] = {"startLine": problem.line}
    return {
        "descriptor": {"id": _POLICY},
        "level": "warning",
        "message": {"text": _message(problem.said)},
        "locations": [{"physicalLocation": physical}],
    }


def _descriptor(entry: NotMeasured) -> str:
    return f"not-measured/{entry.what}"


def _message(text: str) -> str:
    """Plain message text: 3.11.5 doubles braces, 3.11.6 would read `[text](address)` as a link."""
    safe = display(text, _MESSAGE_LIMIT).replace("{", "{{").replace("}", "}}")
    return safe.replace("](", "] (")
