"""Results as plain dictionaries: the published JSON. Fields are only ever added.

The schemas are `schemas/scan.schema.json` and `schemas/blame.schema.json`; `docs/json.md` tells every field.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import orjson

from whence import wording
from whence.errors import Problem
from whence.model import Dispute, Evidence, FileResult, Finding, NotMeasured, ScanResult
from whence.ranges import Lines, contains
from whence.tools import Registry

_BEYOND = re.compile(r"[^\n -~]")
"""What is not plain ASCII; line feeds stand between values only."""

SCAN = "whence.scan/1"
BLAME = "whence.blame/1"


def scan_json(result: ScanResult, registry: Registry) -> dict[str, Any]:
    """The report of a scan."""
    summary = result.summary
    return {
        "schema": SCAN,
        "verdict": result.verdict.value,
        "summary": {
            "files": summary.files,
            "lines": summary.lines,
            "attributed_lines": summary.attributed_lines,
            "tools": dict(summary.tools),
            "findings": dict(summary.findings),
            "reviewed_lines": summary.reviewed_lines,
            "coverage": coverage_json(result),
            "left_out": summary.left_out,
            "disputed_lines": summary.disputed_lines,
            "known_findings": summary.known_findings,
            "excepted_lines": summary.excepted_lines,
        },
        "findings": [finding_json(finding, registry) for finding in result.findings],
        "not_measured": [not_measured_json(entry) for entry in result.not_measured],
        "disputes": [dispute_json(dispute) for dispute in result.disputes],
        "warnings": [warning_json(problem) for problem in result.warnings],
    }


def warning_json(problem: Problem) -> dict[str, Any]:
    """What the policy says that does nothing here."""
    return {"path": problem.path, "line": problem.line, "message": problem.message, "hint": problem.hint}


def dispute_json(dispute: Dispute) -> dict[str, Any]:
    """One person's word that lines are not a tool's."""
    return {
        "path": dispute.path,
        "lines": pairs(dispute.lines),
        "tool": dispute.agent.tool,
        "vendor": dispute.agent.vendor,
        "reviewer": dispute.reviewer,
        "reason": dispute.reason,
        "accepted": dispute.accepted,
        "standing": dispute.standing,
    }


def coverage_json(result: ScanResult) -> list[dict[str, Any]]:
    """How much is reviewed, by scope."""
    return [
        {"scope": entry.scope, "lines": entry.lines, "reviewed": entry.reviewed}
        for entry in result.summary.coverage
    ]


def finding_json(finding: Finding, registry: Registry) -> dict[str, Any]:
    """One finding."""
    return {
        "fingerprint": finding.fingerprint,
        "code": finding.code,
        "severity": finding.severity.value,
        "path": finding.path,
        "start_line": finding.start,
        "end_line": finding.end,
        "lines": pairs(finding.lines),
        "region": {"kind": finding.region.kind, "name": finding.region.name},
        "tool": finding.agent.tool,
        "vendor": finding.agent.vendor,
        "model": finding.agent.model,
        "confidence": round(finding.confidence, 4),
        "scope": finding.scope,
        "requirement": finding.requirement.value,
        "because": finding.because,
        "message": wording.message(finding, registry),
        "evidence": [evidence_json(piece) for piece in finding.evidence],
        "notes": list(finding.notes),
        "criterion": finding.criterion,
        "promise": finding.promise,
        "purposes": list(finding.purposes),
        "reviewers": finding.reviewers,
    }


def evidence_json(piece: Evidence) -> dict[str, Any]:
    """One piece of evidence behind a finding."""
    return {
        "class": piece.evidence_class.value,
        "source": piece.source,
        "reference": piece.reference,
        "time": moment(piece.time),
        "lines": pairs(piece.lines),
        "similarity": None if piece.similarity is None else round(piece.similarity, 4),
        "confidence": round(piece.confidence, 4),
    }


def not_measured_json(entry: NotMeasured) -> dict[str, Any]:
    """One gap; `class` is the evidence class that is incomplete because of it, None for a file as a whole."""
    return {
        "what": entry.what,
        "path": entry.path,
        "why": entry.why,
        "hint": entry.hint,
        "class": entry.evidence_class.value if entry.evidence_class else None,
    }


def blame_json(result: FileResult) -> dict[str, Any]:
    """Every line's origin. A line without an attribution is a person's or unknown, and its fields are null."""
    lines: list[dict[str, Any]] = []
    for number in range(1, result.line_count + 1):
        found = next((one for one in result.attributions if contains(one.lines, number)), None)
        deciding = found.deciding if found else None
        lines.append(
            {
                "line": number,
                "tool": found.agent.tool if found else None,
                "vendor": found.agent.vendor if found else None,
                "model": found.agent.model if found else None,
                "class": found.evidence_class.value if found else None,
                "confidence": round(found.confidence, 4) if found else None,
                "reference": deciding.reference if deciding else None,
                "time": moment(deciding.time) if deciding else None,
                "commit": deciding.commit if deciding else None,
            }
        )
    return {
        "schema": BLAME,
        "path": result.path,
        "lines": lines,
        "not_measured": [not_measured_json(entry) for entry in result.not_measured],
    }


def dump(value: dict[str, Any] | list[dict[str, Any]]) -> str:
    """JSON text with a final line feed. Pure ASCII, so that no terminal or pipe encoding can break it."""
    try:
        made = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half a surrogate pair, as names have it that are no UTF-8
        return json.dumps(value, indent=2, ensure_ascii=True) + "\n"
    return _BEYOND.sub(lambda found: json.dumps(found[0])[1:-1], made.decode())


def pairs(lines: Lines) -> list[list[int]]:
    """`[[41, 60], [63, 88]]`: 1-based, inclusive."""
    return [[first, last] for first, last in lines]


def moment(time: datetime | None) -> str | None:
    """`2026-06-20T14:02:11Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None
