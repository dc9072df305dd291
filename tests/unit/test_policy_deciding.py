"""What a policy asks: every condition, and who wins."""

from __future__ import annotations

from typing import Any

import pytest

from policies.asking import ask, policy, question
from whence.model import Requirement, Severity
from whence.policy import asks, excluded, ignored, in_scope


def scope(conditions: str = "", rules: str = '[[scope.rule]]\nrequire = "forbid"', top: str = "") -> str:
    """A policy of one scope named `s`."""
    return f'version = 1\n{top}\n[[scope]]\nname = "s"\n{conditions}\n{rules}\n'


def rule(text: str) -> str:
    return scope(rules=f"[[scope.rule]]\n{text}")


def check(text: str, expected: str, *arguments: Any, **more: Any) -> None:
    """`expected` is a requirement."""
    decision = ask(text, *arguments, **more)
    assert decision.requirement == expected, "\n".join(map(str, decision.steps))


@pytest.mark.parametrize(
    ("tools", "tool", "model", "expected"),
    [
        ("any", None, None, "forbid"),
        ("claude-code", "claude-code", None, "forbid"),
        ("claude-code", "codex", None, "allow"),
        ("vendor:anthropic", "claude-code", None, "forbid"),
        ("vendor:anthropic", "cursor", "claude-opus-4-8", "forbid"),
        ("vendor:anysphere", "cursor", "claude-opus-4-8", "forbid"),
        ("vendor:anthropic", "cursor", "gpt-5", "allow"),
        ("vendor:anthropic", None, None, "allow"),
        ("model:claude-opus-*", "cursor", "claude-opus-4-8", "forbid"),
        ("model:claude-opus-*", "claude-code", None, "allow"),
        ("model:Claude-OPUS-*", "cursor", "anthropic/claude-opus-4-8", "forbid"),
        ("rival", "claude-code", None, "forbid"),
        ("rival", "opencode", "claude-opus-4-8", "forbid"),
        ("rival", "opencode", "llama-4", "allow"),
        ("rival", "metacode", None, "allow"),
        ("rival", "metacode", "claude-opus-4-8", "forbid"),
        ("rival", None, None, "allow"),
        ("rival", "somebody's agent", None, "allow"),
        ("own", "metacode", None, "forbid"),
        ("own", "metacode", "claude-opus-4-8", "allow"),
        ("own", "codex", None, "allow"),
        ("own", None, None, "allow"),
    ],
)
def test_a_rule_speaks_of_tools_vendors_models_and_groups(
    tools: str, tool: str, model: str, expected: str
) -> None:
    """A vendor is matched by the tool or by its model; what is not known matches no vendor."""
    top = 'own_vendors = ["meta"]\n[[tool]]\nid = "metacode"\nvendor = "meta"\n'
    check(
        scope(rules=f'[[scope.rule]]\ntools = ["{tools}"]\nrequire = "forbid"', top=top),
        expected,
        tool=tool,
        model=model,
    )


def test_a_decision_says_by_which_side_a_vendor_matched() -> None:
    """The tool's vendor and its model's vendor are two reasons."""
    text = 'tools = ["rival"]\nrequire = "forbid"'
    assert ask(rule(text), tool="claude-code").matched_by == "its vendor anthropic"
    assert ask(rule(text), tool="opencode", model="gpt-5").matched_by == "its model's vendor openai"


@pytest.mark.parametrize(
    ("conditions", "expected", "more"),
    [
        ('paths = ["models/**"]', "forbid", {"path": "models/a.py"}),
        ('paths = ["models/**"]', "allow", {"path": "src/models/a.py"}),
        ('paths = ["models"]', "forbid", {"path": "src/models/a.py"}),
        ('paths = ["models/**", "!models/open/**"]', "allow", {"path": "models/open/a.py"}),
        ('artifacts = ["tests"]', "forbid", {"path": "tests/a.py"}),
        ('artifacts = ["tests"]', "allow", {"path": "src/a.py"}),
        ('owners = ["@acme/*"]', "forbid", {"owners": ("@acme/core",)}),
        ('owners = ["@ACME/core"]', "forbid", {"owners": ("@acme/Core", "@x")}),
        ('owners = ["@acme/core"]', "allow", {}),
        ('authors = ["*@example.org"]', "forbid", {}),
        ('authors = ["Dana*"]', "forbid", {}),
        ('authors = ["*@example.com"]', "allow", {}),
        ('authors = ["*@example.com"]', "forbid", {"authors": ("Eve <eve@example.com>",)}),
        ('authors = ["@dana"]', "forbid", {"person": "D <123+dana@users.noreply.github.com>"}),
        ('authors = ["@dana"]', "allow", {"person": "D <dana@example.org>"}),
        ('authors = ["*@example.org"]', "allow", {"person": None}),
        ('branches = ["main", "release/*"]', "forbid", {"branch": "release/1"}),
        ('branches = ["main"]', "allow", {"branch": "topic"}),
        ('branches = ["main"]', "allow", {"branch": None}),
        ("effective = 2026-06-01", "forbid", {"when": "2026-06-01"}),
        ("effective = 2026-06-01", "allow", {"when": "2026-05-31"}),
        ("effective = 2026-06-01", "forbid", {"when": None}),
        ("until = 2026-06-01", "forbid", {"when": "2026-06-01"}),
        ("until = 2026-06-01", "allow", {"when": "2026-06-02"}),
        ('exempt = ["dana@example.org"]', "allow", {}),
        ('exempt = ["dana@example.org"]', "forbid", {"authors": ("Eve <eve@example.com>",)}),
        ('exempt = ["dana@example.org"]', "forbid", {"person": None}),
        ('paths = ["src/"]\nauthors = ["Eve*"]', "allow", {}),
    ],
)
def test_a_scope_speaks_when_all_its_conditions_hold(
    conditions: str, expected: str, more: dict[str, Any]
) -> None:
    """Within a condition any entry may hold; between conditions all must."""
    check(scope(conditions), expected, **more)


@pytest.mark.parametrize(
    ("text", "expected", "more"),
    [
        ('paths = ["src/gen/"]', "allow", {}),
        ('artifacts = ["code"]', "forbid", {}),
        ('channels = ["cloud"]', "forbid", {"channel": "cloud"}),
        ('channels = ["cloud", "api"]', "allow", {"channel": "cli"}),
        ('channels = ["cloud"]', "allow", {}),
        ('marks = ["trailer:*"]', "forbid", {"signal": "trailer:claude-code"}),
        (
            'marks = ["Co-authored-by:*"]',
            "forbid",
            {"mark": "co-authored-by: Claude <noreply@anthropic.com>"},
        ),
        ('marks = ["Co-authored-by:*"]', "allow", {"mark": "Assisted-by: Claude"}),
        ("min_lines = 10", "forbid", {"lines": 10}),
        ("min_lines = 10", "allow", {"lines": 9}),
        ("effective = 2026-07-01", "allow", {}),
        ("until = 2026-05-01", "allow", {}),
        ('authors = ["Eve*"]', "allow", {}),
    ],
)
def test_a_rule_can_be_narrower_than_its_scope(text: str, expected: str, more: dict[str, Any]) -> None:
    """Paths, classes, channels, marks, amount, dates and people."""
    check(rule(f'{text}\nrequire = "forbid"'), expected, **more)


def test_a_tool_may_run_in_one_place_only() -> None:
    """[[tool]] with a channel answers where the evidence does not."""
    text = scope(
        rules='[[scope.rule]]\nchannels = ["cloud"]\nrequire = "forbid"',
        top='[[tool]]\nid = "devin"\nchannel = "cloud"',
    )
    check(text, "forbid", tool="devin")
    check(text, "allow", tool="codex")


def test_the_last_rule_that_matches_wins_inside_a_scope() -> None:
    """Order decides, not strictness."""
    forbid, allow = (
        '[[scope.rule]]\nrequire = "forbid"\n',
        '[[scope.rule]]\ntools = ["codex"]\nrequire = "allow"\n',
    )
    check(scope(rules=forbid + allow), "allow", tool="codex")
    check(scope(rules=allow + forbid), "forbid", tool="codex")
    check(scope(rules=forbid + allow), "forbid", tool="cursor")


def scopes(*asked: tuple[str, str]) -> str:
    return "version = 1\n" + "".join(
        f'[[scope]]\nname = "{name}"\n[[scope.rule]]\n{text}\n' for name, text in asked
    )


@pytest.mark.parametrize(
    ("asked", "winner"),
    [
        ((("a", 'require = "allow"'), ("b", 'require = "disclose"')), "b"),
        ((("a", 'require = "forbid"\nseverity = "info"'), ("b", 'require = "review"')), "a"),
        ((("a", 'require = "review"\nseverity = "warning"'), ("b", 'require = "review"')), "b"),
        ((("a", 'require = "review"'), ("b", 'require = "review"\nreviewers = 2')), "b"),
        ((("a", 'require = "review"'), ("b", 'require = "review"')), "a"),
    ],
)  # fmt: skip
def test_the_strictest_requirement_wins_between_scopes(
    asked: tuple[tuple[str, str], ...], winner: str
) -> None:
    """Requirement, then severity, then reviewers, then the first scope."""
    assert ask(scopes(*asked)).scope == winner


def test_outside_all_scopes_everything_is_allowed() -> None:
    """And nothing is said of it."""
    decision = ask(scope('paths = ["models/"]'), path="docs/a.md")
    assert (decision.requirement, decision.severity, decision.code, decision.scope) == (
        Requirement.ALLOW, Severity.INFO, "attributed", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "require", "severity", "expected"),
    [
        ("enforce", "forbid", None, "error"),
        ("enforce", "review", None, "error"),
        ("enforce", "disclose", None, "warning"),
        ("enforce", "forbid", "info", "info"),
        ("enforce", "disclose", "error", "error"),
        ("warn", "forbid", None, "warning"),
        ("warn", "forbid", "info", "info"),
        ("report", "forbid", None, "info"),
    ],
)
def test_the_mode_is_a_ceiling_on_severity(
    mode: str, require: str, severity: str | None, expected: str
) -> None:
    """The finding is the same; how loud it is differs."""
    text = f'[[scope.rule]]\nrequire = "{require}"\n' + (f'severity = "{severity}"\n' if severity else "")
    assert ask(scope(rules=text, top=f'mode = "{mode}"')).severity == expected
    assert ask(scope(f'mode = "{mode}"', text)).severity == expected


@pytest.mark.parametrize(
    ("threshold", "evidence", "expected"),
    [
        ('["recorded", "session"]', "recorded", "error"),
        ('["recorded", "session"]', "session", "error"),
        ('["recorded", "session"]', "declared", "warning"),
        ('["declared"]', "recorded", "error"),
        ('["recorded"]\nweak_severity = "info"', "session", "info"),
        ('["inferred"]', "inferred", "info"),
    ],
)
def test_weak_evidence_lowers_the_severity(threshold: str, evidence: str, expected: str) -> None:
    """A rule can block on strong evidence only; style is never more than a hint."""
    decision = ask(rule(f'require = "forbid"\nevidence = {threshold}'), evidence=evidence)
    assert (decision.requirement, decision.severity) == ("forbid", expected)


@pytest.mark.parametrize(
    ("tools", "require", "code"),
    [
        ('["rival"]', "forbid", "rival-forbidden"),
        ('["any"]', "forbid", "tool-forbidden"),
        ('["claude-code", "rival"]', "forbid", "tool-forbidden"),
        ('["rival"]', "review", "review-missing"),
        ('["rival"]', "disclose", "disclosure-missing"),
        ('["rival"]', "allow", "attributed"),
    ],
)
def test_the_code_says_what_is_wrong(tools: str, require: str, code: str) -> None:
    """One code for each requirement, and one more for rivals."""
    decision = ask(rule(f'tools = {tools}\nrequire = "{require}"'))
    assert decision.code == code


EXCEPTION = (
    '[[exception]]\npaths = ["src/"]\nreason = "contract"\nowner = "o@example.org"\nexpires = 2026-07-01\n'
)


@pytest.mark.parametrize(
    ("text", "expected", "more"),
    [
        ("", "allow", {}),
        ("", "forbid", {"today": "2026-07-02"}),
        ("", "forbid", {"path": "lib/a.py"}),
        ('tools = ["codex"]', "forbid", {}),
        ('tools = ["codex"]', "allow", {"tool": "codex"}),
        ('tools = ["vendor:openai"]', "forbid", {"tool": None}),
        ('scopes = ["s"]', "allow", {}),
        ('scopes = ["t"]', "forbid", {}),
    ],
)
def test_an_exception_lifts_until_it_expires(text: str, expected: str, more: dict[str, Any]) -> None:
    """Its last day is inside; it counts for its paths, tools and scopes only."""
    asked = scope() + '[[scope]]\nname = "t"\n' + EXCEPTION + text
    decision = ask(asked, **more)
    assert decision.requirement == expected
    if expected == "allow":
        assert (decision.because, decision.contact) == ("contract", "o@example.org")
        assert decision.exception is not None
    if more.get("today"):
        assert any(step.outcome == "expired" for step in decision.steps)


def test_older_evidence_is_grandfathered_and_it_is_said() -> None:
    """Judged on the evidence's own day; a day that is not known is never old, and that is said too."""
    text = scope("effective = 2026-06-01")
    old, unknown = ask(text, when="2026-05-01"), ask(text, when=None)
    assert (old.requirement, old.grandfathered) == ("allow", True)
    assert (unknown.requirement, unknown.grandfathered) == ("forbid", False)
    assert unknown.unmeasured == (
        "the evidence has no date, so scope `s` does not count it as older than 2026-06-01",
    )
    assert not ask(
        scope("effective = 2026-06-01", '[[scope.rule]]\nrequire = "allow"'), when="2026-05-01"
    ).grandfathered


def test_the_youngest_support_dates_a_piece_without_a_date() -> None:
    """A commit from before the rule shows that its lines are older, whoever else speaks of them."""
    from dataclasses import replace

    from whence.policy import decide

    asked = question(when=None)
    support = question(when="2026-05-01").attribution.evidence
    item = replace(asked.attribution, evidence=(*asked.attribution.evidence, *support))
    decision = decide(policy(scope("effective = 2026-06-01")), replace(asked, attribution=item))
    assert decision.grandfathered


TAINTED = 'presumption = "tainted"'


@pytest.mark.parametrize(
    ("conditions", "text", "expected", "more"),
    [
        (TAINTED, "", "review", {}),
        (TAINTED, '[[scope.rule]]\ntools = ["codex"]\nrequire = "allow"', "review", {}),
        (TAINTED, '[[scope.rule]]\ntools = ["claude-code"]\nrequire = "allow"', "allow", {}),
        (TAINTED, '[[scope.rule]]\ntools = ["rival"]\nrequire = "forbid"', "forbid", {"tool": None}),
        (TAINTED, '[[scope.rule]]\nchannels = ["cloud"]\nrequire = "forbid"', "forbid", {}),
        (TAINTED, '[[scope.rule]]\nchannels = ["cloud"]\nrequire = "allow"', "review", {}),
        (TAINTED + '\nauthors = ["Eve*"]', "", "review", {"person": None}),
        (TAINTED + '\nauthors = ["Eve*"]', "", "allow", {}),
        (TAINTED + "\neffective = 2026-06-10", "", "allow", {}),
    ],
)  # fmt: skip
def test_doubt_counts_against_lines_that_are_presumed_tainted(
    conditions: str, text: str, expected: str, more: dict[str, Any]
) -> None:
    """What is not known meets the conditions of what asks, never of what allows; what is known to fail still fails."""
    check(scope(conditions, text), expected, **more)


def test_what_could_not_be_judged_is_said() -> None:
    """A condition on something unknown leaves a sentence, whichever way it went."""
    silent = ask(scope('authors = ["Eve*"]'), person=None)
    assert silent.unmeasured == ("who wrote or prompted the lines is not known, so scope `s` stays silent",)
    against = ask(scope(TAINTED, '[[scope.rule]]\nchannels = ["cloud"]\nrequire = "forbid"'))
    assert "counts it against the lines" in against.unmeasured[0]
    assert (
        "the tool `my bot`'s vendor is not known"
        in ask(rule('tools = ["rival"]\nrequire = "forbid"'), tool="my bot").unmeasured[0]
    )


def test_the_reason_carries_the_clause_and_its_version() -> None:
    """What a finding shows is enough to look the clause up."""
    both = 'require = "forbid"\nbecause = "no"\nclause = "D.4"\nclause_version = "2025-06-17"'
    assert ask(rule(both)).because == "no (D.4, version 2025-06-17)"
    assert ask(rule('require = "forbid"\nclause = "D.4"')).because == "D.4"


@pytest.mark.parametrize(
    ("top", "conditions", "text", "more", "expected"),
    [
        ('contact = "top@x.org"', 'contact = "scope@x.org"', 'contact = "rule@x.org"\n', {}, "rule@x.org"),
        ('contact = "top@x.org"', 'contact = "scope@x.org"', "", {}, "scope@x.org"),
        ('contact = "top@x.org"', "", "", {}, "top@x.org"),
        ("", 'owners = ["@acme/core"]', "", {"owners": ("@acme/core",)}, "@acme/core"),
        ("", "", "", {"owners": ("@acme/web",)}, "@acme/web"),
        ("", "", "", {}, ""),
    ],
)
def test_somebody_can_be_asked(
    top: str, conditions: str, text: str, more: dict[str, Any], expected: str
) -> None:
    """The nearest contact, else who owns the file."""
    asked = scope(conditions, f'[[scope.rule]]\n{text}require = "forbid"', top)
    assert ask(asked, **more).contact == expected


@pytest.mark.parametrize(
    ("signal", "when", "expected"),
    [
        ("trailer:copilot", "2026-04-21", False),
        ("trailer:copilot", "2026-04-22", True),
        ("Trailer:Copilot", "2026-04-30", True),
        ("trailer:copilot", "2026-05-01", False),
        ("trailer:copilot", None, False),
        ("author:copilot", "2026-04-25", False),
        ("", "2026-04-25", False),
        ("phrase:x", None, True),
        ("note:codex", "2020-01-01", True),
        ("note:codex", "2026-06-02", False),
    ],
)
def test_a_mark_is_not_believed_in_its_bad_window(signal: str, when: str | None, expected: bool) -> None:
    """Both days are inside; without a date only a window without ends holds."""
    known = policy("""
        version = 1
        [[signal]]
        ignore = "trailer:Copilot"
        from = 2026-04-22
        until = 2026-04-30
        reason = "a release stamped human commits"
        [[signal]]
        ignore = "phrase:*"
        reason = "all of them"
        [[signal]]
        ignore = "note:codex"
        until = 2026-06-01
        reason = "old notes"
    """)
    piece = question(signal=signal, when=when).attribution.evidence[0]
    assert ignored(known, piece) is expected


def test_a_path_is_in_scope_when_any_scope_could_speak_of_it() -> None:
    """People and dates are not looked at."""
    known = policy(
        scope('paths = ["models/"]\nartifacts = ["code"]\nauthors = ["Eve*"]', top='exclude = ["gen/"]')
    )
    assert in_scope(known, "models/a.py")
    assert not in_scope(known, "models/README.md")
    assert not in_scope(known, "src/a.py")
    assert excluded(known, "gen/a.py")
    assert not excluded(known, "src/a.py")
    assert not excluded(policy("version = 1"), "gen/a.py")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ('[[scope.rule]]\nrequire = "forbid"\n', {"src/a.py", "src/gen/b.py"}),
        ('[[scope.rule]]\nrequire = "allow"\n', set()),
        ('[[scope.rule]]\npaths = ["src/gen/"]\nrequire = "disclose"\n', {"src/gen/b.py"}),
    ],
)
def test_which_files_something_can_be_asked_of(rules: str, expected: set[str]) -> None:
    """By a rule that speaks of them, or where doubt counts against a file."""
    paths = ["src/a.py", "src/gen/b.py", "tests/c.py"]
    assert {path for path in paths if asks(policy(scope('paths = ["src/"]', rules)), path)} == expected
    tainted = policy(
        scope('paths = ["src/"]\npresumption = "tainted"', '[[scope.rule]]\nrequire = "allow"\n')
    )
    assert [path for path in paths if asks(tainted, path)] == paths[:2]


def test_every_step_names_its_line() -> None:
    """Which rules were looked at, which won and why, with the place of each."""
    text = scope(
        'paths = ["src/"]',
        '[[scope.rule]]\nrequire = "forbid"\n[[scope.rule]]\ntools = ["codex"]\nrequire = "allow"\n',
    )
    steps = [str(step) for step in ask(text).steps]
    assert steps == [
        "scope `s` (whence.toml:3): speaks: src/a.py is code",
        "rule 1 (whence.toml:6): matches: forbid for any",
        "rule 2 (whence.toml:8): no match: not codex",
        "rule 1 (whence.toml:6): wins: the last rule of `s` that matches",
    ]
    assert ask(text).rule is not None
