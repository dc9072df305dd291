"""GitLab's code quality report."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from support.results import finding, result
from whence.model import EvidenceClass, NotMeasured, ScanResult, Severity
from whence.report import dump, gitlab
from whence.report.as_gitlab import WORKSPACE
from whence.tools import Registry

REGISTRY = Registry.builtin()
GAPS = (
    NotMeasured("git-notes", "shallow clone", hint="git fetch", evidence_class=EvidenceClass.RECORDED),
    NotMeasured("file", "binary", "logo.png"),
)


def issues(given: ScanResult) -> list[dict[str, Any]]:
    """The report after a trip through text, in the form that GitLab documents."""
    read = json.loads(dump(gitlab(given, REGISTRY)))
    assert isinstance(read, list)
    for issue in read:
        assert set(issue) == {"type", "check_name", "description", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert re.fullmatch(r"[\w/-]+", issue["fingerprint"])
        assert issue["description"].isprintable()
        lines = issue["location"]["lines"]
        assert 1 <= lines["begin"] <= lines["end"]
        assert not issue["location"]["path"].startswith("./")
    assert len({issue["fingerprint"] for issue in read}) == len(read)
    return read


def test_a_finding_is_an_issue_on_its_lines() -> None:
    """Code, words, severity, place, and the fingerprint that every report has."""
    (issue,) = issues(result(finding(notes=("Since then 1 line changed.",))))
    assert issue["check_name"] == "rival-forbidden"
    assert issue["severity"] == "critical"
    assert issue["fingerprint"] == "ab12"
    assert issue["location"] == {"path": "models/attention.py", "lines": {"begin": 41, "end": 88}}
    assert issue["description"].startswith(
        "Claude Code (Anthropic) wrote 46 of the 48 lines of `flash_attention`"
    )
    assert issue["description"].endswith("Since then 1 line changed. Lines 41-60, 63-88.")
    levels = [issues(result(finding(severity=level)))[0]["severity"] for level in Severity]
    assert levels == ["info", "minor", "critical"]


def test_what_was_not_measured_is_an_issue_too() -> None:
    """GitLab knows nothing else, and silence would read as clean."""
    general, single = issues(result(not_measured=GAPS))
    assert (general["check_name"], general["severity"]) == ("not-measured", "info")
    assert general["location"]["path"] == WORKSPACE
    assert "Not measured: git-notes: shallow clone (git fetch)." in general["description"]
    assert single["location"]["path"] == "logo.png"
    assert issues(result()) == []


def test_two_findings_of_the_same_text_are_two_issues() -> None:
    """GitLab keeps one issue of each fingerprint; the first keeps its own, whatever follows it."""
    twice = result(finding(), finding(((90, 95),)), finding(((97, 99),)))
    marks = [issue["fingerprint"] for issue in issues(twice)]
    assert marks[0] == "ab12"
    assert marks == [issue["fingerprint"] for issue in issues(twice)]
    assert issues(replace(twice, files=twice.files[:1]))[0]["fingerprint"] == "ab12"


def test_foreign_text_stays_text() -> None:
    """Control characters are escaped, odd bytes of a name survive as JSON."""
    (issue,) = issues(result(finding(path="a\udcff.py", because="x\x1b[2J\ny")))
    assert issue["location"]["path"] == "a\udcff.py"
    assert "\\x1b[2J\\ny" in issue["description"]
