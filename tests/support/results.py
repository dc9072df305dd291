"""Small scan results for the tests of reports."""

from __future__ import annotations

from datetime import UTC, datetime

from whence.model import (
    Agent,
    Attribution,
    Evidence,
    EvidenceClass,
    FileResult,
    Finding,
    NotMeasured,
    Region,
    Requirement,
    ScanResult,
    Severity,
    Summary,
    Verdict,
)
from whence.ranges import Lines, count

CLAUDE = Agent("claude-code", "anthropic", "claude-opus-4-8", "anthropic")
WHEN = datetime(2026, 6, 20, 14, 2, 11, tzinfo=UTC)


def evidence(lines: Lines = ((41, 60), (63, 88)), **changes: object) -> Evidence:
    values: dict[str, object] = {
        "lines": lines,
        "agent": CLAUDE,
        "evidence_class": EvidenceClass.SESSION,
        "source": "claude-code-session",
        "reference": "session 3f2a",
        "confidence": 0.98,
        "time": WHEN,
        "similarity": 0.97,
    }
    return Evidence(**{**values, **changes})  # type: ignore[arg-type]


def finding(lines: Lines = ((41, 60), (63, 88)), **changes: object) -> Finding:
    values: dict[str, object] = {
        "code": "rival-forbidden",
        "severity": Severity.ERROR,
        "path": "models/attention.py",
        "region": Region("function", "flash_attention", 41, 88),
        "lines": lines,
        "agent": CLAUDE,
        "evidence_class": EvidenceClass.SESSION,
        "confidence": 0.98,
        "evidence": (evidence(lines),),
        "requirement": Requirement.FORBID,
        "scope": "model-building",
        "asks": "model-building forbids rival tools",
        "because": "Applied AI restriction, May 2026, section 2",
        "contact": "training-infra@acme.example",
        "fingerprint": "ab12",
    }
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


def result(
    *findings: Finding,
    not_measured: tuple[NotMeasured, ...] = (),
    verdict: Verdict = Verdict.FAIL,
    **changes: object,
) -> ScanResult:
    """A scan of 412 files with these findings."""
    by_path: dict[str, list[Finding]] = {}
    for one in findings:
        by_path.setdefault(one.path, []).append(one)
    files = tuple(
        FileResult(path, 100, (_attribution(ones[0]),), tuple(ones)) for path, ones in by_path.items()
    )
    levels = [one.severity for one in findings]
    summary = Summary(
        files=412,
        lines=88_211,
        attributed_lines=5_120,
        reviewed_lines=3_123,
        tools=(("claude-code", 4_100), ("codex", 1_020)),
        findings=tuple((level.value, levels.count(level)) for level in reversed(Severity)),
    )
    return ScanResult(verdict, summary, files, not_measured, **changes)  # type: ignore[arg-type]


def _attribution(one: Finding) -> Attribution:
    assert count(one.lines)
    return Attribution(one.lines, one.agent, one.evidence_class, one.confidence, one.evidence)
