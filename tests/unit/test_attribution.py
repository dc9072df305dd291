"""The strongest class decides each line; records of human work silence what is weaker."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from whence.attribution import attribute
from whence.model import Agent, Contributor, Evidence, EvidenceClass
from whence.ranges import Lines, each

CLAUDE, CODEX = Agent("claude-code", "anthropic"), Agent("codex", "openai")


def piece(
    lines: Lines,
    evidence_class: EvidenceClass = EvidenceClass.DECLARED,
    agent: Agent = CLAUDE,
    confidence: float = 0.8,
    contributor: Contributor = Contributor.AI,
) -> Evidence:
    return Evidence(
        lines,
        agent,
        evidence_class,
        "test",
        f"{evidence_class}-{agent.tool}",
        confidence,
        contributor=contributor,
    )


def check(
    evidence: list[Evidence], expected: dict[int, tuple[str | None, str]], line_count: int = 20
) -> None:
    """`expected`: line to (tool, class); lines that are not named have no origin. Order must not matter."""
    for order in (evidence, evidence[::-1]):
        found = {
            line: (item.agent.tool, item.evidence_class.value)
            for item in attribute(order, line_count)
            for line in each(item.lines)
        }
        assert found == expected


def test_nothing_claimed_is_nothing_attributed() -> None:
    """No evidence, no origin."""
    check([], {})


def test_the_strongest_class_decides_where_claims_overlap() -> None:
    """A record beats a trailer, whatever their confidences."""
    check(
        [piece(((1, 4),), confidence=0.99), piece(((3, 6),), EvidenceClass.RECORDED, CODEX, 0.6)],
        {
            1: ("claude-code", "declared"),
            2: ("claude-code", "declared"),
            **dict.fromkeys(range(3, 7), ("codex", "recorded")),
        },
    )


def test_a_human_record_silences_weaker_and_equal_claims() -> None:
    """Who recorded that a person typed the line is believed."""
    human = piece(((2, 3),), EvidenceClass.RECORDED, Agent(), contributor=Contributor.HUMAN)
    check(
        [piece(((1, 4),)), piece(((1, 2),), EvidenceClass.RECORDED, CODEX), human],
        {1: ("codex", "recorded"), 4: ("claude-code", "declared")},
    )


def test_a_weaker_human_claim_does_not_silence_a_record() -> None:
    """A record stands against anything weaker."""
    human = piece(((1, 1),), EvidenceClass.DECLARED, Agent(), contributor=Contributor.HUMAN)
    check([piece(((1, 1),), EvidenceClass.RECORDED, CODEX), human], {1: ("codex", "recorded")})


def test_a_name_from_weaker_evidence_decides_when_the_stronger_names_nobody() -> None:
    """`ai_agent` in a note plus a trailer: the trailer's tool, at the trailer's strength."""
    check(
        [piece(((1, 1),), EvidenceClass.RECORDED, Agent()), piece(((1, 1),))],
        {1: ("claude-code", "declared")},
    )
    check([piece(((1, 1),), EvidenceClass.RECORDED, Agent())], {1: (None, "recorded")})


def test_within_a_class_confidence_then_the_newest_decides() -> None:
    """Pieces never add up."""
    strong, weak = piece(((1, 1),), agent=CODEX, confidence=0.9), piece(((1, 1),))
    check([weak, strong], {1: ("codex", "declared")})
    newer = replace(weak, time=datetime(2026, 6, 2, tzinfo=UTC))
    older = replace(strong, confidence=0.8, time=datetime(2026, 6, 1, tzinfo=UTC))
    check([newer, older], {1: ("claude-code", "declared")})
    assert attribute([weak, strong], 1)[0].confidence == 0.9


def test_support_is_kept_strongest_first() -> None:
    """Everything that speaks for a line can be shown."""
    (item,) = attribute([piece(((1, 1),)), piece(((1, 1),), EvidenceClass.SESSION)], 1)
    assert [e.evidence_class.value for e in item.evidence] == ["session", "declared"]


def test_claims_past_the_end_are_cut() -> None:
    """Old records name lines that are gone."""
    check([piece(((2, 90),))], {2: ("claude-code", "declared"), 3: ("claude-code", "declared")}, line_count=3)
