"""Rules that organisations have published, each as a policy file with a table of cases."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from policies.asking import DANA, policy, question
from whence.model import Requirement
from whence.policy import Policy, decide, discloses, may_answer, promises, serves

HERE = Path(__file__).parent
NAMES = sorted(file.name.removesuffix(".cases.toml") for file in HERE.glob("*.cases.toml"))
CASES = [
    (name, case)
    for name in NAMES
    for case in tomllib.loads((HERE / f"{name}.cases.toml").read_text())["cases"]
]
ASKED = {
    "tool",
    "model",
    "path",
    "evidence",
    "lines",
    "mark",
    "signal",
    "channel",
    "branch",
    "today",
    "owners",
}
TOLD = {"require", "severity", "code", "scope", "because", "contact", "grandfathered"}


def published(name: str) -> Policy:
    return policy((HERE / f"{name}.toml").read_text(), path=f"{name}.toml")


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case['say']}" for name, case in CASES])
def test_a_published_rule_answers_its_cases(name: str, case: dict[str, Any]) -> None:
    """Tool, path, person, date, evidence and purpose in; requirement, severity and what settles it out."""
    known = published(name)
    more = {key: case[key] for key in ASKED & set(case)} | {"tool": case.get("tool")}
    more["owners"] = tuple(case.get("owners", ()))
    asked = question(
        person=case.get("person", DANA) or None,
        when=case.get("when", "2026-06-01") or None,
        known=known,
        **more,
    )
    decision = decide(known, asked)
    steps = "\n".join(map(str, decision.steps))
    told = {"require": decision.requirement, **{key: getattr(decision, key) for key in TOLD - {"require"}}}
    for key in TOLD & set(case):
        assert told[key] == case[key], steps
    assert bool(decision.unmeasured) == case.get("unmeasured", False), decision.unmeasured
    if "settles" in case:
        assert settles(known, decision, case, asked.attribution.evidence[0]) is case["settles"]


def settles(known: Policy, decision: Any, case: dict[str, Any], evidence: Any) -> bool:
    """Whether the answer that a case gives is the one that is asked for."""
    if decision.requirement is Requirement.DISCLOSE:
        return discloses(decision, evidence)
    return (
        serves(decision, case.get("purpose"))
        and promises(known, case.get("criterion"), decision.criterion)
        and may_answer(decision, case.get("reviewer", "R <reviewer@example.org>"))
    )


@pytest.mark.parametrize(
    "name", sorted(file.stem for file in HERE.glob("*.toml") if ".cases" not in file.name)
)
def test_every_published_rule_has_cases(name: str) -> None:
    """At least one that asks for something; keys of a case are known."""
    mine = [case for other, case in CASES if other == name]
    assert any(case["require"] != "allow" for case in mine)
    known = (
        ASKED | TOLD | {"say", "person", "when", "purpose", "criterion", "reviewer", "settles", "unmeasured"}
    )
    assert all(set(case) <= known for case in mine)
