"""How much of what wants a review has one, by scope: counted where the policy decides, shown in every report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from policies.asking import policy
from support.cli import whence
from support.git import Repo
from support.results import result
from whence.coverage import coverage
from whence.model import Attribution, Coverage, Dispute, Evidence, EvidenceClass, FileResult
from whence.policy import Policy, Surroundings
from whence.ranges import Lines
from whence.report.as_github import github
from whence.report.as_gitlab import gitlab
from whence.report.as_html import html
from whence.report.as_json import scan_json
from whence.report.as_markdown import markdown
from whence.report.as_sarif import sarif
from whence.report.as_text import text
from whence.tools import Registry

RULES = """
    own_vendors = ["openai"]
    [[scope]]
    name = "service"
    paths = ["service/"]
      [[scope.rule]]
      require = "review"
      [[scope.rule]]
      tools = ["own"]
      require = "allow"
    [[scope]]
    name = "core"
    paths = ["service/core/", "core/"]
    presumption = "tainted"
    [[scope]]
    name = "free"
      [[scope.rule]]
      require = "disclose"
    [[scope]]
    name = "models"
    paths = ["models/"]
      [[scope.rule]]
      require = "forbid"
"""
TODAY = date(2026, 7, 1)


def file(path: str, *claims: tuple[str, Lines], reviewed: Lines = ()) -> FileResult:
    items = []
    for tool, lines in claims:
        agent = Registry.builtin().agent(tool)
        piece = Evidence(lines, agent, EvidenceClass.SESSION, "test", "reference", 0.9)
        items.append(Attribution(lines, agent, EvidenceClass.SESSION, 0.9, (piece,)))
    scopes = ("service", "core", "free", "models")
    return FileResult(
        path, 100, tuple(items), reviewed=reviewed, reviewed_for=tuple((name, reviewed) for name in scopes)
    )


def counts(rules: Policy | None, *files: FileResult) -> list[tuple[str, int, int]]:
    found = coverage(files, rules, Surroundings(), TODAY)
    return [(one.scope, one.lines, one.reviewed) for one in found]


def test_lines_count_for_the_scope_that_decides_about_them() -> None:
    """Allowed tools, other requirements and other scopes count nowhere; scopes that ask for no review are not listed."""
    found = counts(
        policy(RULES),
        file("service/a.py", ("claude-code", ((1, 10),)), ("codex", ((20, 29),)), reviewed=((6, 25),)),
        file("service/core/b.py", ("claude-code", ((1, 4),)), reviewed=((1, 4),)),
        file("core/c.py", ("codex", ((1, 3),))),
        file("models/d.py", ("claude-code", ((1, 50),)), reviewed=((1, 50),)),
        file("other.py", ("claude-code", ((1, 50),)), reviewed=((1, 50),)),
        file("service/plain.py"),
    )
    assert found == [("service", 14, 9), ("core", 3, 0)]


def test_each_scope_counts_the_review_that_it_asks_for() -> None:
    """Lines that two scopes want read count for both, each by its own review; accepted disputes count nowhere."""
    rules = policy(
        """
        [review.criteria.read]
        text = "r"
        [[scope]]
        name = "one"
          [[scope.rule]]
          require = "review"
        [[scope]]
        name = "two"
          [[scope.rule]]
          require = "review"
          criterion = "read"
          severity = "warning"
        """
    )
    made = file("a.py", ("codex", ((1, 10),)))
    made = replace(made, reviewed_for=(("one", ((1, 8),)), ("two", ((1, 2),))))
    assert counts(rules, made) == [("one", 10, 8), ("two", 10, 2)]
    dispute = Dispute("a.py", ((1, 3),), made.attributions[0].agent, "R <r@example.org>", "mine", True, "")
    assert counts(rules, replace(made, disputes=(dispute,))) == [("one", 7, 5), ("two", 7, 0)]
    noted = replace(dispute, accepted=False)
    assert counts(rules, replace(made, disputes=(noted,))) == [("one", 10, 8), ("two", 10, 2)]


def test_without_a_policy_or_without_reviews_there_is_nothing_to_count() -> None:
    """No line in a report that nobody asked for."""
    made = file("a.py", ("codex", ((1, 3),)))
    assert counts(None, made) == []
    assert counts(policy('[[scope]]\nname = "x"\n  [[scope.rule]]\n  require = "disclose"'), made) == []
    assert counts(policy(RULES)) == [("service", 0, 0), ("core", 0, 0)]


def test_each_report_shows_a_line_for_each_scope() -> None:
    """The same figures in every format; a scope's name cannot break out. GitLab is told of what is left only."""
    shown = result()
    entries = (Coverage("service", 30, 12), Coverage("core", 0, 0), Coverage("all|\x1b", 1200, 1199))
    shown = replace(shown, summary=replace(shown.summary, coverage=entries))
    lines = [
        "reviewed in service: 12 of 30 attributed lines (40%)",
        "reviewed in core: nothing needs it",
        "reviewed in all|\\x1b: 1,199 of 1,200 attributed lines (99%)",
    ]
    registry = Registry.builtin()
    assert [line for line in text(shown, registry).splitlines() if line.startswith("reviewed")] == lines
    page = markdown(shown, registry).splitlines()
    assert f"- {lines[0]}" in page
    assert "- reviewed in all\\|\\\\x1b: 1,199 of 1,200 attributed lines (99%)" in page
    first = {"scope": "service", "lines": 30, "reviewed": 12}
    assert json.loads(json.dumps(scan_json(shown, registry)))["summary"]["coverage"][0] == first
    assert sarif(shown, registry, "1")["runs"][0]["properties"]["coverage"][0] == first
    notice = github(shown, registry).splitlines()[-1].replace("%25", "%")
    assert all(f"{line[:1].upper()}{line[1:]}." in notice for line in lines)
    issues = [one for one in gitlab(shown, registry) if one["check_name"] == "coverage"]
    assert [one["description"] for one in issues] == [f"R{lines[0][1:]}.", f"R{lines[2][1:]}."]
    assert "40%" in html(shown, registry, "1")


def test_a_recorded_review_raises_the_share(repo: Repo) -> None:
    """From nothing to everything, as a user sees it."""
    rules = 'version = 1\n[[scope]]\nname = "all"\n  [[scope.rule]]\n  require = "review"\n'
    code = "def a(x):\n    y = x + 1\n\n    return y\n\n\ndef b(x):\n    return x\n"
    repo.commit("start", {"whence.toml": rules})
    repo.commit("x\n\nCo-Authored-By: Codex <noreply@openai.com>", {"a.py": code})

    def share() -> object:
        done = whence(repo.path, repo.environment, "scan", "--format", "json")
        return done.json["summary"]["coverage"]

    assert share() == [{"scope": "all", "lines": 8, "reviewed": 0}]
    assert whence(repo.path, repo.environment, "review", "a.py::a").status == 0
    assert share() == [{"scope": "all", "lines": 8, "reviewed": 6}]
    assert whence(repo.path, repo.environment, "review", "a.py:1-8").status == 0
    assert share() == [{"scope": "all", "lines": 8, "reviewed": 8}]
