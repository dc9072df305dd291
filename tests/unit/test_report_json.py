"""The published JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from support.results import CLAUDE, evidence, finding, result
from whence.model import Agent, Attribution, EvidenceClass, FileResult, NotMeasured, Region, Verdict
from whence.report import blame_json, dump, scan_json
from whence.tools import Registry

REGISTRY = Registry.builtin()
GAP = NotMeasured(
    "git-notes", "shallow clone", hint="git fetch --unshallow", evidence_class=EvidenceClass.RECORDED
)


def schema(name: str) -> Draft202012Validator:
    text = resources.files("whence").joinpath(f"schemas/{name}.schema.json").read_text("utf-8")
    Draft202012Validator.check_schema(json.loads(text))
    return Draft202012Validator(json.loads(text))


def test_a_scan_report_has_the_published_fields_in_the_published_order() -> None:
    """Fields and order are those of the published page; what was added since comes after them."""
    document = scan_json(result(finding(), not_measured=(GAP,)), REGISTRY)
    first = ["schema", "verdict", "summary", "findings", "not_measured"]
    assert list(document) == [*first, "disputes", "warnings"]
    assert list(document["summary"])[:5] == ["files", "lines", "attributed_lines", "tools", "findings"]
    found = document["findings"][0]
    assert list(found) == [
        "fingerprint", "code", "severity", "path", "start_line", "end_line", "lines", "region", "tool", "vendor",
        "model", "confidence", "scope", "requirement", "because", "message", "evidence", "notes",
        "criterion", "promise", "purposes", "reviewers",
    ]  # fmt: skip
    assert list(found["evidence"][0]) == [
        "class", "source", "reference", "time", "lines", "similarity", "confidence",
    ]  # fmt: skip
    assert list(document["not_measured"][0])[:3] == ["what", "path", "why"]


def test_a_scan_report_says_what_was_found() -> None:
    """Values come through as the page shows them."""
    document = scan_json(result(finding(), not_measured=(GAP,)), REGISTRY)
    assert document["schema"] == "whence.scan/1"
    assert document["verdict"] == "fail"
    assert document["summary"]["tools"] == {"claude-code": 4100, "codex": 1020}
    assert document["summary"]["findings"] == {"error": 1, "warning": 0, "info": 0}
    found = document["findings"][0]
    assert (found["start_line"], found["end_line"]) == (41, 88)
    assert found["lines"] == [[41, 60], [63, 88]]
    assert found["region"] == {"kind": "function", "name": "flash_attention"}
    assert found["evidence"][0]["time"] == "2026-06-20T14:02:11Z"
    assert "Claude Code (Anthropic) wrote 46 of the 48 lines of `flash_attention`" in found["message"]


@pytest.mark.parametrize(
    "document",
    [
        scan_json(result(verdict=Verdict.PASS), REGISTRY),
        scan_json(result(finding(), finding(((3, 3),), scope=None, because=""), not_measured=(GAP,)), REGISTRY),
        scan_json(
            result(finding(agent=Agent(), region=Region("block", None, 41, 88)), not_measured=(NotMeasured("file", "binary", "a\udcff.bin"),)),
            REGISTRY,
        ),
    ],
    ids=["empty", "usual", "nothing known"],
)  # fmt: skip
def test_every_scan_report_fits_the_published_schema(document: dict[str, Any]) -> None:
    """The schema that the package ships accepts what the package writes, after a trip through JSON text."""
    schema("scan").validate(json.loads(dump(document)))


@pytest.mark.parametrize(
    ("field", "value"), [("severity", "bad"), ("start_line", 0), ("lines", [[1, 2, 3]]), ("evidence", [])]
)
def test_the_scan_schema_refuses_what_breaks_the_promise(field: str, value: object) -> None:
    """The schema is strict enough to notice a wrong value."""
    document = scan_json(result(finding()), REGISTRY)
    document["findings"][0][field] = value
    assert not schema("scan").is_valid(document)


def test_times_are_written_in_utc() -> None:
    """A time of another zone is converted, never relabelled."""
    local = datetime(2026, 6, 20, 16, 2, 11, tzinfo=timezone(timedelta(hours=2)))
    document = scan_json(result(finding(evidence=(evidence(time=local),))), REGISTRY)
    assert document["findings"][0]["evidence"][0]["time"] == "2026-06-20T14:02:11Z"


def test_text_that_is_no_unicode_survives_as_ascii_json() -> None:
    """A path with undecodable bytes is written as an escape, not as a crash."""
    text = dump(scan_json(result(finding(path="models/\udcff.py")), REGISTRY))
    assert text.isascii()
    assert json.loads(text)["findings"][0]["path"] == "models/\udcff.py"


TEXTS = st.text(st.characters(), max_size=8) | st.sampled_from(
    ["", "\ud800", "\x7f\u2028", "a\\\n\t\x00", "\U0001f600é"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(0, 10_000).map(lambda n: n / 10_000)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_reports_are_written_as_the_standard_library_writes_them(value: dict[str, Any]) -> None:
    """Only sooner: with the same indents, and the same escapes."""
    assert dump(value) == json.dumps(value, indent=2) + "\n"


def test_blame_gives_every_line_and_null_where_nothing_is_known() -> None:
    """Lines 2 and 3 of four are a tool's; the others have nothing but their number."""
    piece = evidence(((2, 3),), commit="c" * 40)
    given = FileResult("a.py", 4, (Attribution(((2, 3),), CLAUDE, EvidenceClass.SESSION, 0.98, (piece,)),))
    document = blame_json(given)
    schema("blame").validate(document)
    assert document["schema"] == "whence.blame/1"
    assert [line["line"] for line in document["lines"]] == [1, 2, 3, 4]
    assert [line["tool"] for line in document["lines"]] == [None, "claude-code", "claude-code", None]
    assert set(document["lines"][0].values()) == {1, None}
    assert document["lines"][1] == {
        "line": 2,
        "tool": "claude-code",
        "vendor": "anthropic",
        "model": "claude-opus-4-8",
        "class": "session",
        "confidence": 0.98,
        "reference": "session 3f2a",
        "time": "2026-06-20T14:02:11Z",
        "commit": "c" * 40,
    }
