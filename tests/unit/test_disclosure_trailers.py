"""Trailers for AI-written lines: the form that is asked for, read back by the scan, nothing beyond the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.asking import policy
from whence.disclosure import Form, Part, Trailers, declared, parts_of, trailers, with_trailers
from whence.disclosure.forms import line, marks_in, read_back
from whence.disclosure.message import SCISSORS, body_of
from whence.model import Agent, Attribution, Contributor, Evidence, EvidenceClass
from whence.policy import Policy, Surroundings, discloses
from whence.ranges import Lines
from whence.tools import Registry

REGISTRY = Registry.builtin()
TODAY = date(2026, 7, 1)


def evidence(agent: Agent, lines: Lines = ((1, 10),), **changes: object) -> Evidence:
    values: dict[str, object] = {
        "lines": lines, "agent": agent, "evidence_class": EvidenceClass.SESSION, "source": "claude-code-session",
        "reference": "session 1", "confidence": 0.98,
    }  # fmt: skip
    return Evidence(**{**values, **changes})  # type: ignore[arg-type]


def part(
    tool: str | None, model: str | None = None, lines: Lines = ((1, 10),), path: str = "src/a.py"
) -> Part:
    piece = evidence(REGISTRY.agent(tool, model), lines)
    return Part(path, lines, Attribution(lines, piece.agent, piece.evidence_class, 0.98, (piece,)))


def under(rules: Policy, *given: Part, registry: Registry = REGISTRY, said: str = "") -> Trailers:
    """The trailers under a policy; `said` is the message so far."""
    asked = [
        found
        for one in given
        for found in parts_of(
            one.path, one.item.evidence, one.lines, 100, policy=rules, surroundings=Surroundings(),
            today=TODAY, classes=frozenset(EvidenceClass),
        )
    ]  # fmt: skip
    return trailers(asked, registry, said=marks_in(said, registry), policy=rules)


@pytest.mark.parametrize(
    ("tool", "model", "form", "expected"),
    [
        ("claude-code", "claude-opus-4-8", Form.LINUX, "Assisted-by: Claude-Code:claude-opus-4-8"),
        ("claude-code", None, Form.LINUX, "Assisted-by: Claude-Code:unknown"),
        ("codex", "gpt-5.5", Form.FEDORA, "Assisted-by: Codex (gpt-5.5)"),
        ("codex", None, Form.LLVM, "Assisted-by: Codex"),
        ("copilot", "gpt-5", Form.APACHE, "Generated-by: GitHub Copilot (gpt-5)"),
        ("devin", None, Form.FEDORA, "Assisted-by: Devin (Cognition)"),
        ("cursor", "claude-sonnet-4-5", Form.FEDORA, "Assisted-by: Cursor (claude-sonnet-4-5)"),
        ("claude-code", "claude-opus-4-8", Form.CO_AUTHOR, "Co-authored-by: Claude Opus 4.8 <noreply@anthropic.com>"),
        ("claude-code", "claude-sonnet-4-5-20250929", Form.CO_AUTHOR,
         "Co-authored-by: Claude Sonnet 4.5 <noreply@anthropic.com>"),
        ("claude-code", "claude-3-5-sonnet-20241022", Form.CO_AUTHOR, "Co-authored-by: Claude <noreply@anthropic.com>"),
        ("codex", "gpt-5.5", Form.CO_AUTHOR, "Co-authored-by: Codex <noreply@openai.com>"),
        ("copilot", None, Form.CO_AUTHOR,
         "Co-authored-by: GitHub Copilot <223556219+copilot@users.noreply.github.com>"),
        ("jules", None, Form.CO_AUTHOR,
         "Co-authored-by: Jules <google-labs-jules[bot]@users.noreply.github.com>"),
        (None, "gpt-5.5", Form.FEDORA, "Assisted-by: gpt-5.5"),
        (None, None, Form.FEDORA, "Assisted-by: AI assistant"),
        ("kilo", None, Form.CO_AUTHOR, None),
    ],
)  # fmt: skip
def test_a_form_names_an_agent_and_is_read_back(
    tool: str | None, model: str | None, form: Form, expected: str | None
) -> None:
    """Each line is what the project asks for, and the scan's reader finds the same tool and no other model in it."""
    agent = REGISTRY.agent(tool, model)
    made = line(form, agent, REGISTRY)
    assert made == expected
    assert made is None or read_back(made, agent, REGISTRY)


@pytest.mark.parametrize("tool", sorted(REGISTRY.tools))
@pytest.mark.parametrize("model", [None, "gpt-5.5", "claude-opus-4-8", "some/own-model"])
def test_every_known_tool_has_a_trailer_that_is_read_back(tool: str, model: str | None) -> None:
    """Without a policy the line that a user gets means the same tool to the scan."""
    made = trailers([part(tool, model)], REGISTRY)
    assert len(made.lines) == 1
    assert read_back(made.lines[0], REGISTRY.agent(tool, model), REGISTRY)
    assert bool(made.remarks) is (":unknown" in made.lines[0])


POLICIES = Path(__file__).parents[1] / "policies"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linux", "Assisted-by: Codex:gpt-5.5"),
        ("fedora", "Assisted-by: Codex (gpt-5.5)"),
        ("llvm", "Assisted-by: Codex (gpt-5.5)"),
        ("apache", "Generated-by: Codex (gpt-5.5)"),
        ("openinfra", "Generated-By: Codex (gpt-5.5)"),
        ("kubevirt-open-liberty-electron", "Assisted-by: Codex (gpt-5.5)"),
        ("debian", None),
    ],
)
def test_published_rules_get_a_trailer_in_their_own_form(name: str, expected: str | None) -> None:
    """For each project's policy the line settles the rule; where no trailer can, that is said instead."""
    rules = policy((POLICIES / f"{name}.toml").read_text("utf-8"))
    dated = replace(
        part("codex", "gpt-5.5", ((1, 40),)).item.evidence[0], time=None, person="Dana Dev <dana@example.org>"
    )
    asked = parts_of(
        "src/a.c", (dated,), ((1, 40),), 100, policy=rules, surroundings=Surroundings(), today=TODAY,
        classes=frozenset(EvidenceClass),
    )  # fmt: skip
    made = trailers(asked, REGISTRY, policy=rules)
    assert made.lines == ((expected,) if expected else ())
    assert bool(made.unmet) is (expected is None)
    assert asked[0].asked
    assert expected is None or all(
        discloses(one, declared(expected, asked[0].item.agent)) for one in asked[0].asked
    )


def test_a_form_that_the_policy_forbids_is_passed_over() -> None:
    """Where a tool must not be named as an author the next form is taken; asked for by name it is told."""
    rules = policy("""
        [[scope]]
        name = "all"
          [[scope.rule]]
          require = "disclose"
          disclosure = ["Co-authored-by:*", "Assisted-by:*"]
          [[scope.rule]]
          marks = ["Co-authored-by:*"]
          require = "forbid"
        """)
    made = under(rules, part("codex"))
    assert made.lines == ("Assisted-by: Codex",)
    asked = parts_of(
        "src/a.py", part("codex").item.evidence, ((1, 10),), 10, policy=rules, surroundings=Surroundings(),
        today=TODAY, classes=frozenset(EvidenceClass),
    )  # fmt: skip
    forced = trailers(asked, REGISTRY, form=Form.CO_AUTHOR, policy=rules)
    assert forced.lines == ("Co-authored-by: Codex <noreply@openai.com>",)
    assert "forbids the mark" in forced.remarks[0]


def test_a_tool_of_the_policys_own_gets_the_trailer_that_the_policy_knows() -> None:
    """What `[[tool]]` says of its trailers is what the scan will read."""
    rules = policy("""
        [[tool]]
        id = "metacode"
        name = "MetaCode"
        vendor = "meta"
        trailers = ["Made-with: MetaCode*"]
        [[scope]]
        name = "all"
          [[scope.rule]]
          require = "disclose"
        """)
    registry = REGISTRY.extended(rules.tools)
    piece = evidence(registry.agent("metacode", None))
    given = Part("a.py", ((1, 3),), Attribution(((1, 3),), piece.agent, piece.evidence_class, 1, (piece,)))
    assert under(rules, given, registry=registry).lines == ("Made-with: MetaCode",)


def test_a_marker_of_assistance_makes_no_claim_of_writing() -> None:
    """`Assisted-by` in a file is not turned into `Generated-by` or a co-author in the commit."""
    piece = evidence(
        REGISTRY.agent("codex"),
        source="marker",
        evidence_class=EvidenceClass.DECLARED,
        detail="# Assisted-by: Codex",
    )
    given = Part("a.py", ((1, 3),), Attribution(((1, 3),), piece.agent, piece.evidence_class, 0.5, (piece,)))
    assert trailers([given], REGISTRY).lines == ("Assisted-by: Codex",)
    for form in (Form.APACHE, Form.CO_AUTHOR):
        made = trailers([given], REGISTRY, form=form)
        assert made.lines == ()
        assert "the tool assisted" in made.unmet[0]


def test_an_unknown_tool_is_named_and_the_reader_is_told() -> None:
    """Without a rule the truth is still said to people; that no scan reads it is said too."""
    made = trailers([part("fancybot")], REGISTRY)
    assert made.lines == ("Assisted-by: fancybot",)
    assert "A scan will not read" in made.remarks[0]


def check_said(message: str, tool: str, model: str | None, expected: Sequence[str], rules: str = "") -> None:
    text = f'[[scope]]\nname = "all"\n  [[scope.rule]]\n  require = "disclose"\n{rules}'
    assert under(policy(text), part(tool, model), said=message).lines == tuple(expected)


def test_what_the_message_says_already_is_not_said_again() -> None:
    """A declaration of the tool counts, of another tool or another model it does not."""
    new = ["Assisted-by: Codex (gpt-5.5)"]
    check_said("x\n\nAssisted-by: Codex\n", "codex", "gpt-5.5", [])
    check_said("x\n\nAssisted-by: Codex (gpt-5.5)\n", "codex", "gpt-5.5", [])
    check_said("x\n\nCo-authored-by: Codex <noreply@openai.com>\n", "codex", "gpt-5.5", [])
    check_said("x\n\nAssisted-by: Codex (gpt-4o)\n", "codex", "gpt-5.5", new)
    check_said("x\n\nAssisted-by: Aider (gpt-5.5)\n", "codex", "gpt-5.5", new)
    check_said("x\n\n> Assisted-by: Codex\n", "codex", "gpt-5.5", new)
    check_said("x\n\nCo-authored-by: chatgpt-codex-connector[bot] <1+chatgpt-codex-connector[bot]"
               "@users.noreply.github.com>\n", "codex", "gpt-5.5", new)  # fmt: skip
    form = '  disclosure = ["Assisted-by: *:*"]\n'
    check_said("x\n\nAssisted-by: Codex\n", "codex", "gpt-5.5", ["Assisted-by: Codex:gpt-5.5"], form)
    check_said("x\n\nAssisted-by: Codex:gpt-5.5 sparse\n", "codex", "gpt-5.5", [], form)


def test_each_tool_and_model_is_named_once_the_largest_first() -> None:
    """Many files by one agent make one trailer."""
    made = trailers(
        [
            part("codex", "gpt-5.5", ((1, 5),)),
            part("claude-code", "claude-opus-4-8", ((1, 30),), "b.py"),
            part("codex", "gpt-5.5", ((1, 4),), "c.py"),
            part("codex", None, ((7, 9),), "d.py"),
        ],
        REGISTRY,
    )
    assert made.lines == ("Assisted-by: Claude Code (claude-opus-4-8)", "Assisted-by: Codex (gpt-5.5)")
    assert made.asked == 42


def test_a_commits_own_words_style_and_a_persons_record_are_no_reason_to_disclose() -> None:
    """What is to be written, a hint, and lines that a record gives to a person make no part of a change."""
    codex = REGISTRY.agent("codex")
    pieces = [
        evidence(codex, ((1, 2),), source="git-history", evidence_class=EvidenceClass.DECLARED),
        evidence(codex, ((3, 4),), evidence_class=EvidenceClass.INFERRED),
        evidence(codex, ((5, 8),)),
        evidence(Agent(), ((5, 6),), evidence_class=EvidenceClass.RECORDED, contributor=Contributor.HUMAN),
    ]
    found = parts_of(
        "a.py", pieces, ((1, 7),), 10, policy=None, surroundings=Surroundings(), today=TODAY,
        classes=frozenset(EvidenceClass),
    )  # fmt: skip
    assert [one.lines for one in found] == [((7, 7),)]


A, B = "Assisted-by: Codex", "Assisted-by: Aider"
SIGNED = "Signed-off-by: Dana Dev <dana@example.org>"
HELP = "# Please enter the commit message\n# Changes:\n"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Subject", f"Subject\n\n{A}\n{B}\n"),
        ("Subject\n", f"Subject\n\n{A}\n{B}\n"),
        ("fix: subject\n", f"fix: subject\n\n{A}\n{B}\n"),
        ("\nfix: subject\n", f"\nfix: subject\n\n{A}\n{B}\n"),
        ("Subject\n\nBody of it.\n", f"Subject\n\nBody of it.\n\n{A}\n{B}\n"),
        (f"Subject\n\n{SIGNED}\n", f"Subject\n\n{SIGNED}\n{A}\n{B}\n"),
        (f"Subject\n\nA long\n  line: x\n{SIGNED}\n", f"Subject\n\nA long\n  line: x\n{SIGNED}\n{A}\n{B}\n"),
        ("Subject\n\nSee: this\nand that too\n", f"Subject\n\nSee: this\nand that too\n\n{A}\n{B}\n"),
        (f"Subject\n\n{A}\n", f"Subject\n\n{A}\n{B}\n"),
        ("Subject\n\nassisted-BY:   Codex\n", f"Subject\n\nassisted-BY:   Codex\n{B}\n"),
        (f"\n{HELP}", f"\n\n{A}\n{B}\n\n{HELP}"),
        (f"\n\n{SIGNED}\n\n{HELP}", f"\n\n{SIGNED}\n{A}\n{B}\n\n{HELP}"),
        (f"Subject\n\n{HELP}", f"Subject\n\n{A}\n{B}\n\n{HELP}"),
        (f"Subject\n\n# {SCISSORS}\n# cut\ndiff --git a/x b/x\n+{A}\n",
         f"Subject\n\n{A}\n{B}\n\n# {SCISSORS}\n# cut\ndiff --git a/x b/x\n+{A}\n"),
        ("Subject\r\n\r\nBody\r\n", f"Subject\r\n\r\nBody\r\n\r\n{A}\r\n{B}\r\n"),
    ],
)  # fmt: skip
def test_trailers_go_where_git_looks_for_them(message: str, expected: str) -> None:
    """Behind the body, in the block that is there, before what git cuts off; a second time nothing changes."""
    made = with_trailers(message, [A, B])
    assert made == expected
    assert with_trailers(made, [A, B]) == made


@given(
    st.lists(
        st.sampled_from(["Subject", "", A, SIGNED, "# comment", "a: b", " more", "text", f"# {SCISSORS}"])
    )
)
def test_any_message_keeps_its_lines_and_gains_each_trailer_once(rows: list[str]) -> None:
    """Nothing of a message is lost or put in another order, and twice is the same as once."""
    message = "\n".join(rows)
    made = with_trailers(message, [B])
    assert [row for row in made.split("\n") if row.strip() and row != B] == [
        row for row in rows if row.strip()
    ]
    assert body_of(made).split("\n").count(B) == 1
    assert with_trailers(made, [B]) == made
