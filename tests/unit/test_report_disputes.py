"""Whoever says that lines are not a tool's is heard in every report, whatever the policy makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from support.results import CLAUDE, finding, result
from whence.model import Dispute, FileResult, ScanResult
from whence.report import dump, github, gitlab, html, markdown, sarif, scan_json, text
from whence.tools import Registry

REGISTRY = Registry.builtin()
WORDS = "Rae Viewer"
NASTY = Dispute(
    "models/a](http://evil).py",
    ((3, 4), (9, 9)),
    CLAUDE,
    "Rae Viewer <rae@example.org>",
    "typed by hand\x1b[2J\n::error::x | <b>{now}</b> [link](http://evil.example)",
    True,
    "the policy accepts that",
)

FORMATS: dict[str, Callable[[ScanResult], str]] = {
    "text": lambda given: text(given, REGISTRY),
    "json": lambda given: dump(scan_json(given, REGISTRY)),
    "sarif": lambda given: dump(sarif(given, REGISTRY, "1")),
    "github": lambda given: github(given, REGISTRY),
    "markdown": lambda given: markdown(given, REGISTRY),
    "gitlab": lambda given: dump(gitlab(given, REGISTRY)),
    "html": lambda given: html(given, REGISTRY, "1"),
}


def disputed(*disputes: Dispute) -> ScanResult:
    """A scan in which nothing is open but the disputes."""
    given = result(finding())
    files = (*given.files, FileResult("models/x.py", 20, disputes=disputes))
    return replace(given, files=files, summary=replace(given.summary, disputed_lines=3))


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_names_who_disputes_what_and_why(name: str) -> None:
    """The person, the tool, the lines, the reason and the policy's word on it."""
    shown = FORMATS[name](disputed(NASTY))
    for part in (WORDS, "typed by hand", "the policy accepts that"):
        assert part in shown, part
    assert WORDS not in FORMATS[name](result(finding()))


@pytest.mark.parametrize("name", FORMATS)
def test_foreign_words_of_a_dispute_break_out_of_no_report(name: str) -> None:
    """Neither a terminal nor a runner nor a page does what a reason says."""
    shown = FORMATS[name](disputed(NASTY))
    assert "\x1b" not in shown
    assert not any(line.startswith("::error::x") for line in shown.splitlines())
    if name == "html":
        assert "<b>" not in shown
    if name == "markdown":
        assert "<b>" not in shown.replace("\\<b", "")
        assert "[link](" not in shown.replace("\\[", "")


def test_json_tells_each_dispute_with_its_lines() -> None:
    """For programs: exact lines, whether it is accepted, and the count in the summary."""
    document = json.loads(FORMATS["json"](disputed(NASTY, replace(NASTY, accepted=False, standing="x"))))
    assert document["summary"]["disputed_lines"] == 3
    assert [entry["accepted"] for entry in document["disputes"]] == [True, False]
    assert document["disputes"][0]["lines"] == [[3, 4], [9, 9]]
    assert document["disputes"][0]["tool"] == "claude-code"


def test_a_terminal_shows_twenty_and_counts_the_rest() -> None:
    """A hundred disputes do not push the summary off the screen."""
    shown = FORMATS["text"](disputed(*(replace(NASTY, path=f"f{n}.py") for n in range(100))))
    assert shown.count(WORDS) == 20
    assert "and 80 more in the JSON report" in shown
    assert "disputed: 3 attributed lines in 100 files" in shown


def test_sarif_opens_no_alert_for_a_dispute() -> None:
    """It is a notification with its place; the results stay what they were."""
    run = json.loads(FORMATS["sarif"](disputed(NASTY)))["runs"][0]
    assert len(run["results"]) == 1
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["descriptor"]["id"] == "disputed"
    assert told["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "endLine": 9}
    assert told["properties"] == {"lines": [[3, 4], [9, 9]], "accepted": True}
    assert [item["id"] for item in run["tool"]["driver"]["notifications"]] == ["disputed"]
