"""Rules that organisations have published, each as a policy file with a table of cases.

A case is a question (tool, path, person, date, evidence, purpose ...) with what the policy asks then, and how a scan of
just these lines would end.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policies.asking import DANA, policy, question
from whence.analysis import Settings, analyse
from whence.model import Document, Region, Requirement, Severity, Verdict
from whence.policy import (
    Decision,
    Policy,
    Question,
    Surroundings,
    decide,
    discloses,
    may_answer,
    promises,
    serves,
)
from whence.policy.owners import Entry, Owners
from whence.review import Draft, Ledger
from whence.review.recording import compose
from whence.tools import Registry

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
ANSWERED = {"purpose", "criterion", "reviewer"}

PUBLISHED = {
    "Meta, Applied AI Engineering: rivals' models by purpose, each output reviewed": "meta-applied-ai",
    "Meta, the rest of the staff: encouraged": "meta-applied-ai",
    "Alibaba: Claude Code forbidden to all staff, Qoder allowed, from 10 July 2026": "alibaba",
    "Samsung: generative tools forbidden everywhere": "samsung",
    "Anthropic, Commercial Terms: no competing models": "provider-terms",
    "OpenAI: output not for competing models": "provider-terms",
    "Google, Gemini API terms: the same": "provider-terms",
    "AWS Bedrock, AI21, Mistral: similar clauses": "provider-terms",
    "Gentoo: forbidden since 14 April 2024": "gentoo",
    "NetBSD: presumed tainted without core's written approval": "netbsd",
    "QEMU: declined when known or suspected, exceptions case by case": "qemu",
    "SDL, Zig, Servo, postmarketOS, Redox: no AI-written code": "sdl-zig-servo-postmarketos-redox",
    "microsoft/terminal: listed tasks, no AI as co-author": "microsoft-terminal",
    "Rust: no docs, diagnostics, comments; solicited experiments reviewed": "rust",
    "Linux: Assisted-by, a tool never signs off": "linux",
    "LLVM: person in the loop, substantial use labelled, no autonomous agents": "llvm",
    "Fedora: a significant part disclosed, grammar help exempt": "fedora",
    "Ghostty: accepted issues, no media, maintainers exempt, a list of the denounced": "ghostty",
    "Apache: Generated-by": "apache",
    "Apache Wayang: tests from another tool than the code": "apache",
    "OpenInfra: generative and predictive tools told apart, by trailer": "openinfra",
    "Eclipse: be open about it, follow the terms": "eclipse",
    "Debian, the draft: a tag": "debian",
    "pip, attrs: no AI as co-author": "pip-attrs",
    "KubeVirt, Open Liberty, Electron: a trailer of its own": "kubevirt-open-liberty-electron",
}
"""Each published rule and the policy file that says it."""

OF_OUR_OWN = {"model-building"}
"""Policies that nobody has published: several features together."""


def published(name: str) -> Policy:
    return policy((HERE / f"{name}.toml").read_text(), path=f"{name}.toml")


def asked_in(case: dict[str, Any], known: Policy) -> Question:
    more = {key: case[key] for key in ASKED & set(case)} | {"tool": case.get("tool")}
    more["owners"] = tuple(case.get("owners", ()))
    person, when = case.get("person", DANA) or None, case.get("when", "2026-06-01") or None
    return question(person=person, when=when, known=known, **more)


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case['say']}" for name, case in CASES])
def test_a_published_rule_answers_its_cases(name: str, case: dict[str, Any]) -> None:
    """Tool, path, person, date, evidence and purpose in; requirement, severity, what settles it and the verdict out."""
    known = published(name)
    asked = asked_in(case, known)
    decision = decide(known, asked)
    steps = "\n".join(map(str, decision.steps))
    told = {"require": decision.requirement, **{key: getattr(decision, key) for key in TOLD - {"require"}}}
    for key in TOLD & set(case):
        assert told[key] == case[key], steps
    assert bool(decision.unmeasured) == case.get("unmeasured", False), decision.unmeasured
    assert [f"{one.requirement} by {one.scope}" for one in decision.beside] == case.get("beside", []), steps
    if "settles" in case:
        assert settles(known, decision, case, asked.attribution.evidence[0]) is case["settles"]
    assert verdict(known, asked, case) == case["verdict"], steps


def settles(known: Policy, decision: Decision, case: dict[str, Any], evidence: Any) -> bool:
    """Whether the answer that a case gives is the one that is asked for."""
    if decision.requirement is Requirement.DISCLOSE:
        return discloses(decision, evidence)
    return (
        serves(decision, case.get("purpose"))
        and promises(known, case.get("criterion"), decision.criterion)
        and may_answer(decision, case.get("reviewer", "R <reviewer@example.org>"))
    )


def verdict(known: Policy, asked: Question, case: dict[str, Any]) -> Verdict:
    """How a scan of these lines ends, with the review that the case gives, if it gives one."""
    item = asked.attribution
    size = item.lines[-1][1]
    text = tuple(f"value_{n} = compute_something({n})" for n in range(1, size + 1))
    reviews = []
    if ANSWERED & set(case) or case.get("settles"):
        draft = Draft(
            asked.path,
            Region("block", None, 1, size),
            text,
            item.lines,
            case.get("reviewer", "R <reviewer@example.org>"),
            criterion=case.get("criterion", ""),
            purpose=case.get("purpose", ""),
        )
        reviews = [compose(draft)]
    around = Surroundings(Owners("CODEOWNERS", (Entry(asked.path, asked.owners, 1),)), branch=asked.branch)
    registry = Registry.builtin().extended(known.tools)
    classes = frozenset({item.evidence_class})
    settings = Settings(registry, known, Ledger.of(reviews), asked.today, classes, around)
    if asked.channel is not None:  # evidence has no channel yet; the policy's own [[tool]] can say it
        known = replace(known, channels=(*known.channels, (item.agent.tool or "", asked.channel)))
        settings = replace(settings, policy=known)
    found = analyse(Document(asked.path, text), item.evidence, settings).findings
    return Verdict.FAIL if any(one.severity is Severity.ERROR for one in found) else Verdict.PASS


@pytest.mark.parametrize("name", NAMES)
def test_every_published_rule_has_cases(name: str) -> None:
    """At least one that asks for something and one that does not fail; keys of a case are known."""
    mine = [case for other, case in CASES if other == name]
    assert any(case["require"] != "allow" for case in mine)
    assert any(case["verdict"] == "pass" for case in mine)
    known = ASKED | TOLD | ANSWERED | {"say", "person", "when", "settles", "unmeasured", "beside", "verdict"}
    assert all(set(case) <= known for case in mine)


def test_every_published_rule_has_a_policy_file() -> None:
    """Rule by rule; and every policy file says a rule that somebody has published, but for our own example."""
    files = {file.name.removesuffix(".toml") for file in HERE.glob("*.toml") if ".cases" not in file.name}
    assert files == set(PUBLISHED.values()) | OF_OUR_OWN
    assert files == set(NAMES)


def test_no_published_rule_needs_a_second_look() -> None:
    """`whence policy check` has nothing to say of them, but where a rule is open-ended by its nature."""
    from whence.policy.checking import warnings

    for name in sorted(set(PUBLISHED.values())):
        said = [item.message for item in warnings(published(name), date(2026, 7, 1))]
        assert not said, (name, said)
