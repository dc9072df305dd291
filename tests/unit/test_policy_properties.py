"""What holds for every policy: permissions never tighten, order and precedence, spelling does not matter."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.asking import policy, question
from whence.model import Requirement
from whence.policy import Decision, Policy, Question, covers, decide

TOOLS = ["any", "own", "rival", "claude-code", "codex", "vendor:openai", "model:gpt-*", "group:mine"]
conditions = st.fixed_dictionaries(
    {},
    optional={
        "paths": st.sampled_from([["src/**"], ["*.py", "!src/a.py"], ["docs/"]]),
        "artifacts": st.sampled_from([["code"], ["docs", "tests"]]),
        "owners": st.just(["@acme/*"]),
        "authors": st.sampled_from([["Dana*"], ["*@example.com"]]),
        "branches": st.just(["main"]),
        "effective": st.sampled_from(["2026-05-01", "2026-06-15"]),
        "until": st.just("2026-12-31"),
    },
)
rules = st.builds(
    lambda when, more, tools, asks: {**when, **more, "tools": tools, **asks},
    conditions,
    st.fixed_dictionaries(
        {},
        optional={
            "channels": st.just(["cloud"]),
            "marks": st.just(["trailer:*"]),
            "min_lines": st.sampled_from([1, 20]),
            "because": st.sampled_from(["a", "b"]),
            "evidence": st.just(["recorded"]),
        },
    ),
    st.lists(st.sampled_from(TOOLS), min_size=1, max_size=2, unique=True),
    st.one_of(
        st.fixed_dictionaries({"require": st.sampled_from(["allow", "forbid"])}),
        st.fixed_dictionaries(
            {"require": st.just("disclose")},
            optional={
                "disclosure": st.sampled_from([["Assisted-by:*"], ["Generated-by:*", "Assisted-by:*"]])
            },
        ),
        st.fixed_dictionaries(
            {"require": st.just("review")},
            optional={
                "criterion": st.sampled_from(["read", "skim"]),
                "reviewers": st.sampled_from([1, 2]),
                "approvers": st.sampled_from([["*@core.example"], ["*@core.example", "Dana*"]]),
                "purposes": st.sampled_from([["setup"], ["setup", "infra"]]),
            },
        ),
    ),
)
scopes = st.builds(
    lambda when, more, found: {**when, **more, "rule": found},
    conditions,
    st.fixed_dictionaries(
        {},
        optional={
            "presumption": st.sampled_from(["clean", "tainted"]),
            "exempt": st.just(["Eve*"]),
            "mode": st.sampled_from(["report", "warn", "enforce"]),
        },
    ),
    st.lists(rules, max_size=4),
)
exceptions = st.fixed_dictionaries(
    {
        "paths": st.sampled_from([["src/"], ["docs/"]]),
        "reason": st.just("r"),
        "owner": st.just("o"),
        "expires": st.sampled_from(["2026-06-01", "2027-01-01"]),
    },
    optional={"tools": st.just(["codex"])},
)
documents = st.builds(
    lambda mode, found, permits: {
        "version": 1,
        "mode": mode,
        "own_vendors": ["meta"],
        "groups": {"mine": ["codex", "cursor"]},
        "review": {"criteria": {"skim": {"text": "s"}, "read": {"text": "r", "implies": ["skim"]}}},
        "scope": [{"name": f"s{n}", **scope} for n, scope in enumerate(found)],
        "exception": permits,
    },
    st.sampled_from(["report", "warn", "enforce"]),
    st.lists(scopes, min_size=1, max_size=3),
    st.lists(exceptions, max_size=1),
)
questions = st.builds(
    question,
    st.sampled_from(["src/a.py", "src/b.md", "docs/c.md", "lib/d.py"]),
    st.sampled_from([None, "claude-code", "codex", "opencode"]),
    st.sampled_from([None, "gpt-5", "claude-opus-4-8", "llama-4"]),
    evidence=st.sampled_from(["recorded", "session", "declared", "inferred"]),
    when=st.sampled_from([None, "2026-04-01", "2026-06-01", "2027-02-01"]),
    person=st.sampled_from([None, "Dana Dev <dana@example.org>", "Eve <eve@example.com>"]),
    lines=st.sampled_from([1, 30]),
    signal=st.sampled_from(["", "trailer:codex"]),
    owners=st.sampled_from([(), ("@acme/core",)]),
    branch=st.sampled_from([None, "main", "topic"]),
    channel=st.sampled_from([None, "cli", "cloud"]),
)


def literal(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def tables(document: dict[str, Any]) -> str:
    """A policy as people write it: headers, bare dates, one key a line."""
    out: list[str] = []

    def table(path: str, body: dict[str, Any]) -> None:
        nested = {
            key: item
            for key, item in body.items()
            if isinstance(item, dict) or key in ("scope", "rule", "exception")
        }
        for key, item in body.items():
            if key not in nested:
                bare = key in ("effective", "until", "expires")
                out.append(f"{key} = {item if bare else literal(item)}")
        for key, item in nested.items():
            name = f"{path}.{key}" if path else key
            for child in item if isinstance(item, list) else [item]:
                out.append(f"[[{name}]]" if isinstance(item, list) else f"[{name}]")
                table(name, child)

    table("", document)
    return "\n".join(out) + "\n"


def inline(document: dict[str, Any]) -> str:
    """The same policy as inline tables, keys backwards, dates as strings, `any` left out, names quoted."""

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            found = {f'"{key}"': turned(item) for key, item in reversed(value.items())}
            return {key: item for key, item in found.items() if not (key == '"tools"' and item == ["any"])}
        return [turned(item) for item in value] if isinstance(value, list) else value

    return "".join(f"{key} = {literal(value)}  # {key}\n\n" for key, value in turned(document).items())


def in_pyproject(document: dict[str, Any]) -> str:
    """The same policy below [tool.whence]."""
    lines = tables(document).splitlines()
    moved = (re.sub(r"^(\[\[?)", r"\1tool.whence.", line) for line in lines)
    return "[project]\nname = 'x'\n[tool.whence]\n" + "\n".join(moved) + "\n"


def essence(decision: Decision) -> tuple[Any, ...]:
    """A decision without the places in the file."""
    rule = decision.rule and replace(decision.rule, place=None)  # type: ignore[arg-type]
    permit = decision.exception and replace(decision.exception, place=None)  # type: ignore[arg-type]
    steps = tuple((step.subject, step.outcome, step.detail) for step in decision.steps)
    bare = replace(decision, rule=None, exception=None, steps=(), unmeasured=(), beside=())
    return (bare, rule, permit, steps, tuple(map(essence, decision.beside)))


def changed(known: Policy, scope: int, at: int, **rule: Any) -> Policy:
    """The policy with one more rule in a scope."""
    number = scope % len(known.scopes)
    old = known.scopes[number]
    new = policy(tables({"version": 1, "own_vendors": ["meta"], "groups": {"mine": ["codex", "cursor"]},
                         "scope": [{"name": "x", "rule": [rule]}]})).scopes[0].rules[0]  # fmt: skip
    rules = list(old.rules)
    rules.insert(at, new)
    after = replace(old, rules=tuple(replace(rule, number=n) for n, rule in enumerate(rules, 1)))
    return replace(known, scopes=(*known.scopes[:number], after, *known.scopes[number + 1 :]))


def loudness(decision: Decision) -> tuple[int, int]:
    return decision.requirement.rank, decision.severity.rank


@settings(max_examples=60, deadline=None)
@given(documents, questions, rules, st.integers(0, 2), st.integers(0, 4))
def test_one_more_permission_never_makes_a_policy_stricter(
    document: dict[str, Any], asked: Question, rule: dict[str, Any], scope: int, at: int
) -> None:
    """Wherever an `allow` is put, at the front, at the back or between."""
    known = policy(tables(document))
    only = ("evidence", "disclosure", "criterion", "reviewers", "approvers", "purposes")
    allow = {key: value for key, value in rule.items() if key not in only} | {"require": "allow"}
    before, after = decide(known, asked), decide(changed(known, scope, at, **allow), asked)
    assert after.requirement.rank <= before.requirement.rank
    if after.requirement is before.requirement:
        assert loudness(after) <= loudness(before)
    for asks in after.obligations:
        assert any(covers(known, old, asks) for old in before.obligations)


@settings(max_examples=70, deadline=None)
@given(documents, questions)
def test_two_spellings_of_a_policy_give_the_same_answer(document: dict[str, Any], asked: Question) -> None:
    """Headers or inline tables, any order of keys, dates or strings, whence.toml or pyproject.toml."""
    first, second = policy(tables(document)), policy(inline(document))
    third = policy(in_pyproject(document), path="pyproject.toml", pyproject=True)
    answer = essence(decide(first, asked))
    assert answer == essence(decide(second, asked))
    assert answer == essence(decide(third, asked))


@settings(max_examples=70, deadline=None)
@given(documents, questions)
def test_each_answer_comes_from_the_strictest_scope(document: dict[str, Any], asked: Question) -> None:
    """Alone, no scope asks for more than all together; and some scope alone asks for exactly as much."""
    known = policy(tables(document))
    together = decide(known, asked)
    alone = [decide(replace(known, scopes=(scope,)), asked) for scope in known.scopes]
    assert max(map(loudness, alone)) == loudness(together)
    if together.requirement is not Requirement.ALLOW:
        assert together.scope in {d.scope for d in alone if loudness(d) == loudness(together)}


@settings(max_examples=150, deadline=None)
@given(documents, questions)
def test_whoever_meets_the_answer_meets_every_scope(document: dict[str, Any], asked: Question) -> None:
    """What any scope asks by itself is among what is asked together, or covered by it; nothing is asked twice."""
    known = policy(tables(document))
    together = decide(known, asked).obligations
    for scope in known.scopes:
        alone = decide(replace(known, scopes=(scope,)), asked)
        assert any(covers(known, one, alone) for one in together), scope.name
    for index, one in enumerate(together):
        assert not any(covers(known, other, one) for other in together[:index])
        assert not one.beside or index == 0


@settings(max_examples=70, deadline=None)
@given(documents, questions)
def test_a_rule_for_everything_at_the_end_decides_its_scope(
    document: dict[str, Any], asked: Question
) -> None:
    """The last rule that matches wins: one without conditions leaves nothing to those before it."""
    scope = {key: value for key, value in document["scope"][0].items() if key != "rule"}
    rules = document["scope"][0]["rule"]
    long = policy(tables(document | {"scope": [scope | {"rule": [*rules, {"require": "review"}]}]}))
    short = policy(tables(document | {"scope": [scope | {"rule": [{"require": "review"}]}]}))
    assert loudness(decide(long, asked)) == loudness(decide(short, asked))


@settings(max_examples=60, deadline=None)
@given(documents, questions)
def test_the_mode_changes_nothing_but_the_severity(document: dict[str, Any], asked: Question) -> None:
    """Report, warn and enforce find the same."""
    plain = document | {
        "scope": [{k: v for k, v in scope.items() if k != "mode"} for scope in document["scope"]]
    }
    answers = [
        decide(policy(tables(plain | {"mode": mode})), asked) for mode in ("report", "warn", "enforce")
    ]
    assert len({(a.requirement, a.code) for a in answers}) == 1
    assert [a.severity.rank for a in answers] == sorted(a.severity.rank for a in answers)


@settings(max_examples=60, deadline=None)
@given(documents, questions)
def test_every_answer_says_how_it_came_about(document: dict[str, Any], asked: Question) -> None:
    """Each scope is in the steps; what asks names its rule or its presumption, and the same question has one answer."""
    known = policy(tables(document))
    decision = decide(known, asked)
    assert decision == decide(known, asked)
    subjects = {step.subject for step in decision.steps}
    assert all(f"scope `{scope.name}`" in subjects for scope in known.scopes)
    if decision.requirement is not Requirement.ALLOW:
        assert any(step.outcome == "wins" for step in decision.steps)
        assert decision.rule is not None or known.scope(decision.scope or "").presumption == "tainted"  # type: ignore[union-attr]
