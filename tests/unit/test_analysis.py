"""From evidence to findings: which lines, in which region, under which rule, and when a review settles it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pytest

from whence.analysis import SHOWN_CLASSES, Settings, analyse
from whence.model import Agent, Contributor, Document, Evidence, EvidenceClass, FileResult, Region, Severity
from whence.policy import Surroundings
from whence.policy.loading import load
from whence.ranges import Lines
from whence.review import Covered, Draft, Ledger
from whence.review.recording import compose
from whence.text import split
from whence.tools import Registry
from whence.wording import message, sentences

REGISTRY = Registry.builtin()
CODE = """\
import os


def first(path):
    text = open(path).read()
    return text.upper()


class Box:
    size = 3

    def open(self):
        return self.size


TAIL = first("x")
"""
POLICY = """\
version = 1
own_vendors = ["meta"]

[[scope]]
name = "core"
paths = ["src/**"]

  [[scope.rule]]
  tools = ["rival"]
  require = "{require}"
  because = "clause 2"
  {more}
"""


def piece(
    lines: Lines,
    evidence_class: EvidenceClass = EvidenceClass.SESSION,
    tool: str = "claude-code",
    **more: object,
) -> Evidence:
    made = Evidence(
        lines=lines,
        agent=REGISTRY.agent(tool),
        evidence_class=evidence_class,
        source="claude-code-session" if evidence_class is EvidenceClass.SESSION else "git-history",
        reference="session 3f2a",
        confidence=0.9,
        time=datetime(2026, 6, 20, 14, 2, tzinfo=UTC),
        commit="c" * 40 if evidence_class is EvidenceClass.DECLARED else None,
        signal="trailer:claude-code" if evidence_class is EvidenceClass.DECLARED else "session:claude-code",
    )
    return replace(made, **more)


@dataclass(frozen=True)
class Case:
    """One analysis: what is claimed, under which requirement, and what comes out."""

    evidence: tuple[Evidence, ...]
    require: str | None = "forbid"
    more: str = ""
    path: str = "src/box.py"
    ledger: Ledger = field(default_factory=Ledger)
    text: str = CODE
    user: str | None = None


def run(case: Case) -> FileResult:
    policy = None
    if case.require:
        policy = load(POLICY.format(require=case.require, more=case.more), "whence.toml", REGISTRY)
    settings = Settings(
        REGISTRY, policy, case.ledger, date(2026, 7, 1), surroundings=Surroundings(user=case.user)
    )
    return analyse(Document(case.path, split(case.text)), case.evidence, settings)


def check(case: Case, expected: list[tuple[str, str, str | None, Lines]]) -> FileResult:
    """`expected`: (code, severity, region name, lines) of each finding in order."""
    result = run(case)
    assert [(f.code, f.severity.value, f.region.name, f.lines) for f in result.findings] == expected
    return result


def test_each_region_is_one_finding_with_its_exact_lines() -> None:
    """A function, a method and module-level code are told apart; blank lines between belong to none."""
    check(
        Case((piece(((5, 16),)),)),
        [
            ("rival-forbidden", "error", "first", ((5, 6),)),
            ("rival-forbidden", "error", "Box", ((9, 10),)),
            ("rival-forbidden", "error", "Box.open", ((12, 13),)),
            ("rival-forbidden", "error", None, ((16, 16),)),
        ],
    )


def test_the_order_of_evidence_rests_on_the_regions_own_lines() -> None:
    """What a commit wrote elsewhere does not put it first here: who follows edits makes a region's findings alone."""
    early, late = (piece(lines, EvidenceClass.DECLARED, commit=c * 40, reference=f"commit {c}") for lines, c in ((((1, 1), (6, 6)), "a"), (((5, 5),), "b")))  # fmt: skip
    for claims in ((early, late), (replace(early, lines=((6, 6),)), late)):
        found = next(f for f in run(Case(claims)).findings if f.region.name == "first")
        assert [one.reference for one in found.evidence] == ["commit b", "commit a"]


def test_nothing_outside_the_scopes_and_nothing_of_our_own_vendor() -> None:
    """Outside all scopes everything is allowed; `rival` spares the organisation's own tools."""
    check(Case((piece(((5, 6),)),), path="docs/a.py"), [])
    own = replace(piece(((5, 6),)), agent=Agent("metacode", "meta"))
    check(Case((own,)), [])


def test_a_rivals_model_in_another_tool_is_a_rivals() -> None:
    """A rule on vendors matches the model's vendor too."""
    agent = Agent("metacode", "meta", "claude-opus-4-8", "anthropic")
    check(Case((replace(piece(((5, 6),)), agent=agent),)), [("rival-forbidden", "error", "first", ((5, 6),))])


TWO_TOOLS = """\
version = 1
own_vendors = ["anthropic"]

[[scope]]
name = "core"

  [[scope.rule]]
  tools = ["{tools}"]
  require = "{require}"
"""


@pytest.mark.parametrize("first", ["claude-code", "amp", "cursor"])
@pytest.mark.parametrize(("tools", "require", "named"), [("amp", "forbid", "amp"), ("rival", "review", None)])
def test_a_commit_that_names_several_tools_is_judged_by_the_one_of_which_most_is_asked(
    first: str, tools: str, require: str, named: str | None
) -> None:
    """Whatever the order of its trailers; another commit's tools, and stronger evidence, are not mixed in."""
    policy = load(TWO_TOOLS.format(tools=tools, require=require), "whence.toml", REGISTRY)
    settings = Settings(REGISTRY, policy, Ledger(), date(2026, 7, 1))
    document = Document("src/box.py", split(CODE))
    order = sorted(("claude-code", "amp", "cursor"), key=lambda tool: tool != first)
    claims = [piece(((5, 6),), EvidenceClass.DECLARED, tool) for tool in order]
    (found,) = analyse(document, claims, settings).findings
    assert (found.lines, len(found.evidence)) == (((5, 6),), 3)
    assert found.agent.tool == named if named else found.agent.tool in ("amp", "cursor")
    assert f"declares {REGISTRY.display(found.agent)}" in message(found, REGISTRY)
    apart = [
        piece(((5, 6),), EvidenceClass.DECLARED),
        piece(((5, 6),), EvidenceClass.DECLARED, "amp", commit="d" * 40),
    ]
    assert not analyse(document, [replace(apart[0], confidence=0.95), apart[1]], settings).findings
    assert not analyse(document, [piece(((5, 6),)), *claims], settings).findings


def test_style_alone_is_never_a_finding() -> None:
    """Inferred evidence is off unless someone asks for it."""
    check(Case((piece(((5, 6),), EvidenceClass.INFERRED),)), [])
    assert EvidenceClass.INFERRED not in SHOWN_CLASSES


def test_a_human_record_silences_a_transcript() -> None:
    """Lines that a recorder saw a person type are nobody's finding."""
    human = piece(((5, 6),), EvidenceClass.RECORDED, contributor=Contributor.HUMAN)
    check(Case((piece(((5, 6),)), human)), [])


def test_only_blank_lines_are_no_finding() -> None:
    """Nobody answers for an empty line."""
    check(Case((piece(((2, 3),)),)), [])


def test_a_trailer_discloses_and_a_transcript_does_not() -> None:
    """`disclose` is met by a declaration for the same lines."""
    check(Case((piece(((5, 6),)),), "disclose"), [("disclosure-missing", "warning", "first", ((5, 6),))])
    check(
        Case((piece(((5, 6),)), piece(((6, 6),), EvidenceClass.DECLARED)), "disclose"),
        [("disclosure-missing", "warning", "first", ((5, 5),))],
    )


def test_an_approved_review_settles_exactly_its_lines() -> None:
    """Reviewed lines leave the finding; the rest stays."""
    ledger = Ledger.of([review(((4, 6),))])
    check(Case((piece(((5, 6),)),), "review", ledger=ledger), [])
    result = check(
        Case((piece(((5, 13),)),), "review", ledger=ledger),
        [
            ("review-missing", "error", "Box", ((9, 10),)),
            ("review-missing", "error", "Box.open", ((12, 13),)),
        ],
    )
    assert result.reviewed[0] == (5, 6) or result.reviewed[0][0] == 5


def test_a_review_settles_nothing_that_is_forbidden() -> None:
    """Reading a forbidden line does not make it allowed."""
    check(
        Case((piece(((5, 6),)),), "forbid", ledger=Ledger.of([review(((4, 6),))])),
        [("rival-forbidden", "error", "first", ((5, 6),))],
    )


TWO = """\
version = 1
own_vendors = ["meta"]

[review]
{more}

[review.criteria.read]
text = "I read it."

[[scope]]
name = "label"

  [[scope.rule]]
  require = "disclose"

[[scope]]
name = "people"

  [[scope.rule]]
  require = "review"
  severity = "warning"

[[scope]]
name = "core"
paths = ["src/**"]

  [[scope.rule]]
  require = "review"
  criterion = "read"
  reviewers = 1
"""


def under(rules: str, evidence: tuple[Evidence, ...], *reviews: object) -> FileResult:
    """What is found in the code under other rules."""
    policy = load(rules, "whence.toml", REGISTRY)
    settings = Settings(REGISTRY, policy, Ledger.of(reviews), date(2026, 7, 1))
    return analyse(Document("src/box.py", split(CODE)), evidence, settings)


def test_a_disclosure_asked_for_beside_a_review_is_not_lost() -> None:
    """Both obligations hold, each until it is met by itself; a review that another covers is asked for once."""
    rules = TWO.format(more="")
    typed = (piece(((5, 6),)),)

    def open_(*reviews: object, evidence: tuple[Evidence, ...] = typed) -> list[tuple[str, str | None]]:
        return [(f.code, f.scope) for f in under(rules, evidence, *reviews).findings]

    read = review(((4, 6),), criterion="read")
    label = piece(((4, 6),), EvidenceClass.DECLARED)
    assert open_() == [("review-missing", "core"), ("disclosure-missing", "label")]
    assert open_(read) == [("disclosure-missing", "label")]
    assert open_(evidence=(*typed, label)) == [("review-missing", "core")]
    assert open_(read, evidence=(*typed, label)) == []
    first, second = under(rules, typed).findings
    assert first.fingerprint != second.fingerprint
    assert (first.lines, first.severity) == (second.lines, Severity.ERROR)
    assert second.severity is Severity.WARNING


def test_two_reviews_that_differ_are_two_findings() -> None:
    """One wants core's answer, the other another promise: neither hides the other, and each is settled by its own."""
    rules = TWO.format(more="").replace("reviewers = 1", 'approvers = ["*@core.example"]')
    rules = rules.replace('severity = "warning"', "reviewers = 2")
    typed = (piece(((5, 6),), person="Ann Other <ann@example.org>"),)
    label = piece(((4, 6),), EvidenceClass.DECLARED)

    def open_(*reviews: object) -> list[str | None]:
        return [f.scope for f in under(rules, (*typed, label), *reviews).findings]

    core = review(((4, 6),), criterion="read", reviewer="Cora Core <cora@core.example>")
    others = [review(((4, 6),), reviewer=f"{name} <{name}@example.org>") for name in ("ray", "ted")]
    assert open_() == ["people", "core"]
    assert len({f.fingerprint for f in under(rules, typed).findings}) == 3
    assert open_(core) == ["people"]
    assert open_(*others) == ["core"]
    assert open_(core, others[0]) == []
    made = under(rules, (*typed, label), core)
    assert dict(made.reviewed_for) == {"people": (), "core": ((4, 6),)} or made.reviewed_for[0] == (
        "people",
        (),
    )
    assert made.reviewed == ()


def test_neighbouring_blocks_stay_one_finding_under_two_obligations() -> None:
    """Each obligation makes one finding of a generated text, not one a block."""
    policy = load(TWO.format(more=""), "whence.toml", REGISTRY)
    text = "one two\n\nthree four\n\nfive six\n"
    settings = Settings(REGISTRY, policy, Ledger(), date(2026, 7, 1))
    found = analyse(Document("src/a.txt", split(text)), (piece(((1, 5),)),), settings).findings
    assert [(f.code, f.lines) for f in found] == [
        ("review-missing", ((1, 5),)), ("disclosure-missing", ((1, 5),)),
    ]  # fmt: skip


DISPUTE = {"result": "disputed", "note": "typed by hand."}


def test_a_dispute_is_kept_and_shown_whatever_the_policy_makes_of_it() -> None:
    """Noted, accepted, of the wrong person or refused: the finding or the result says which."""
    typed = (piece(((5, 6),)),)
    made = review(((4, 6),), **DISPUTE)
    says = "Rae Viewer <rae@example.org> disputes that a tool wrote these lines: typed by hand; "
    for more, words, accepted in (
        ("", "the policy notes that and asks all the same", False),
        ('disputes = "noted"', "the policy notes that and asks all the same", False),
        ('disputes = "refused"', "the policy accepts no disputes", False),
        ('disputes = "accepted"', "the policy accepts that", True),
        ('disputes = "accepted"\ndisputers = ["*@example.org"]', "the policy accepts that", True),
        ('disputes = "accepted"\ndisputers = ["Boss*", "*@b.example"]',
         "the policy accepts the word of Boss*, *@b.example only", False),
    ):  # fmt: skip
        found = under(TWO.format(more=more), typed, made)
        (dispute,) = found.disputes
        assert (dispute.lines, dispute.reviewer, dispute.reason) == (
            ((5, 6),),
            made.reviewer,
            "typed by hand.",
        )
        assert (dispute.accepted, dispute.standing) == (accepted, words)
        assert bool(found.findings) is not accepted
        assert all(f"{says}{words}." in finding.notes for finding in found.findings)
        assert found.reviewed == ()


def test_an_accepted_dispute_clears_also_what_is_forbidden_and_only_its_lines() -> None:
    """It says that there is nothing to forbid; no review can say that."""
    rules = POLICY.format(require="forbid", more="") + '[review]\ndisputes = "accepted"\n'
    found = under(rules, (piece(((4, 10),)),), review(((4, 6),), **DISPUTE))
    assert [(f.code, f.lines) for f in found.findings] == [("rival-forbidden", ((9, 10),))]
    noted = under(POLICY.format(require="forbid", more=""), (piece(((4, 6),)),), review(((4, 6),), **DISPUTE))
    assert [f.code for f in noted.findings] == ["rival-forbidden"]
    assert "typed by hand" in noted.findings[0].notes[0]


def test_a_dispute_of_lines_that_changed_is_no_word_about_the_new_ones() -> None:
    """It is bound to its content as every answer is."""
    rules = TWO.format(more='disputes = "accepted"')
    made = review(((4, 6),), **DISPUTE)
    policy = load(rules, "whence.toml", REGISTRY)
    settings = Settings(REGISTRY, policy, Ledger.of([made]), date(2026, 7, 1))
    text = CODE.replace("    return text.upper()", "    return text.lower()")
    found = analyse(Document("src/box.py", split(text)), (piece(((4, 6),)),), settings)
    assert {f.lines for f in found.findings} == {((6, 6),)}
    assert [dispute.lines for dispute in found.disputes] == [((4, 5),)]


def test_without_a_policy_a_dispute_ends_the_matter() -> None:
    """Nothing is asked of anyone, so everyone's word is good; it stays on record."""
    found = run(Case((piece(((5, 6),)),), None, ledger=Ledger.of([review(((4, 6),), **DISPUTE)])))
    assert found.findings == ()
    assert [dispute.accepted for dispute in found.disputes] == [True]


def test_reviews_that_do_not_count_say_why() -> None:
    """A rejection, a wrong purpose, or the author's own answer where someone else's is asked for."""
    mine = piece(((5, 6),), person="Ann Other <ann@example.org>")
    for made, more, words in (
        (review(((4, 6),), result="rejected"), "", "rejected"),
        (review(((4, 6),), result="disputed", note="typed by hand"), "", "disputes"),
        (
            review(((4, 6),), purpose="fun"),
            'purposes = ["test-infrastructure"]',
            "the rule allows test-infrastructure",
        ),
        (review(((4, 6),), reviewer="A. Other <ANN@example.org>"), "reviewers = 1", "somebody else"),
        (
            review(((4, 6),)),
            "reviewers = 2",
            "approved 2 lines of these; the rule asks for 2 people, so 1 more has to.",
        ),
    ):
        (finding,) = run(Case((mine,), "review", more, ledger=Ledger.of([made]))).findings
        assert any(words in note for note in finding.notes), (words, finding.notes)


def test_a_rejection_is_not_overruled_by_another_approval() -> None:
    """Two people who disagree have to talk; until then the lines stay open."""
    both = Ledger.of(
        [review(((4, 6),)), review(((4, 6),), result="rejected", reviewer="Ned No <ned@example.org>")]
    )
    check(Case((piece(((5, 6),)),), "review", ledger=both), [("review-missing", "error", "first", ((5, 6),))])


def test_whoever_prompted_a_tool_here_is_no_second_pair_of_eyes() -> None:
    """A transcript on this machine is its user's: their own answer does not meet `reviewers = 1`."""
    mine = Ledger.of([review(((4, 6),), reviewer="Uma User <uma@example.org>")])
    case = Case(
        (piece(((5, 6),)),), "review", "reviewers = 1", ledger=mine, user="Uma User <uma@example.org>"
    )
    (finding,) = run(case).findings
    assert any("prompted the tool" in note for note in finding.notes)
    assert not run(replace(case, user="Else Where <else@example.org>")).findings


def test_two_reviews_need_two_people_however_they_spell_themselves() -> None:
    """One mailbox is one person."""
    same = [review(((4, 6),)), review(((4, 6),), reviewer="Rae V. <RAE@example.org>")]
    other = review(((4, 6),), reviewer="Ted Two <ted@example.org>")
    case = Case((piece(((5, 6),)),), "review", "reviewers = 2", ledger=Ledger.of(same))
    assert len(run(case).findings) == 1
    assert not run(replace(case, ledger=Ledger.of([*same, other]))).findings


def test_a_stale_review_says_what_changed_since() -> None:
    """Whoever reads again reads only the difference."""
    text = CODE.replace("    return text.upper()", "    return text.lower()")
    case = Case((piece(((4, 6),)),), "review", ledger=Ledger.of([review(((4, 6),))]), text=text)
    (finding,) = run(case).findings
    assert finding.lines == ((6, 6),)
    assert finding.notes == (
        "Since Rae Viewer <rae@example.org> approved what stands around them, 1 line came in or changed.",
    )


def test_what_was_answered_again_is_not_called_changed() -> None:
    """Who renewed has read the difference; the one who did not is still told of it."""
    text = CODE.replace("    return text.upper()", "    return text.lower()")
    ted = "Ted Two <ted@example.org>"
    ledger = Ledger.of(
        [
            review(((4, 6),)),
            review(((4, 6),), reviewer=ted),
            review(((6, 6),), reviewer=ted, text=split(text)),
        ]
    )
    case = Case((piece(((4, 6),)),), "review", "reviewers = 2", ledger=ledger, text=text)
    (finding,) = run(case).findings
    assert finding.lines == ((6, 6),)
    assert finding.notes == (
        "Since Rae Viewer <rae@example.org> approved what stands around them, 1 line came in or changed.",
        "Ted Two <ted@example.org> approved 1 line of these; the rule asks for 2 people, so 1 more has to.",
    )


def test_what_somebody_said_of_some_lines_is_said_of_no_others() -> None:
    """A rejection of one function is no word about the next one from the same commit."""
    rejected = Ledger.of([review(((4, 6),), result="rejected")])
    first, box = run(Case((piece(((4, 10),)),), "review", ledger=rejected)).findings
    assert (first.region.name, box.region.name) == ("first", "Box")
    assert any("rejected" in note for note in first.notes)
    assert box.notes == ()


def test_only_reviews_that_count_are_counted() -> None:
    """A rejection, or the author's own answer where someone else's is asked for, reviews nothing."""
    mine = piece(((4, 6),), person="Ann Other <ann@example.org>")
    own = Ledger.of([review(((4, 6),), reviewer="Ann Other <ann@example.org>")])
    assert run(Case((mine,), "review", "reviewers = 1", ledger=own)).reviewed == ()
    assert run(Case((mine,), "review", ledger=own)).reviewed == ((4, 6),)
    both = Ledger.of(
        [review(((4, 6),)), review(((4, 6),), result="rejected", reviewer="Ned No <ned@example.org>")]
    )
    assert run(Case((mine,), "forbid", ledger=both)).reviewed == ()


def test_no_policy_shows_everything_and_fails_nothing() -> None:
    """Without a policy each attributed region is information."""
    check(Case((piece(((5, 6),)),), None), [("attributed", "info", "first", ((5, 6),))])


def test_fingerprints_survive_moves_and_change_with_the_text() -> None:
    """A finding keeps its identity when lines move, and loses it when they change."""
    (here,) = run(Case((piece(((5, 6),)),))).findings
    (moved,) = run(Case((piece(((8, 9),)),), text="# a\n# b\n\n" + CODE)).findings
    (changed,) = run(Case((piece(((5, 6),)),), text=CODE.replace("upper", "lower"))).findings
    assert here.fingerprint == moved.fingerprint != changed.fingerprint


def test_neighbouring_nameless_blocks_are_one_finding() -> None:
    """A text file that a tool wrote is not thirty findings."""
    text = "one two\n\nthree four\n\nfive six\n"
    check(
        Case((piece(((1, 5),)),), path="src/a.txt", text=text),
        [("rival-forbidden", "error", None, ((1, 5),))],
    )


def test_the_message_says_who_how_much_which_rule_and_what_next() -> None:
    """One sentence for an editor, the same words in the terminal."""
    (finding,) = run(Case((piece(((5, 6),)),))).findings
    said = message(finding, REGISTRY)
    assert said.startswith(
        "Claude Code (Anthropic) wrote 2 of the 3 lines of `first`; core forbids rival tools: clause 2."
    )
    assert "Remove or rewrite these lines" in said
    assert "2026-06-20 14:02 UTC" in sentences(finding, REGISTRY).known[0]


def test_blank_lines_count_with_the_lines_around_them() -> None:
    """Sessions claim no blank line, and still a file that a tool wrote whole was not written to two thirds."""
    text = "one two\n\nthree four\n\nfive six\n"
    claims = piece(((1, 1), (3, 3), (5, 5)), EvidenceClass.SESSION)
    (whole,) = run(Case((claims,), path="src/a.txt", text=text)).findings
    assert "wrote all 5 lines of the block" in message(whole, REGISTRY)


def test_a_declaration_is_never_worded_as_authorship() -> None:
    """A trailer says what a commit declares, not who typed a line."""
    (declared,) = run(Case((piece(((5, 6),), EvidenceClass.DECLARED),))).findings
    assert message(declared, REGISTRY).startswith(
        "The commit that wrote 2 of the 3 lines of `first` declares Claude Code"
    )
    (both,) = run(Case((piece(((5, 5),)), piece(((4, 6),), EvidenceClass.DECLARED)))).findings
    assert "wrote 1 of the 3 lines of `first`; for 2 more the commit declares it" in message(both, REGISTRY)


def review(lines: Lines, **more: str) -> object:
    draft = Draft(
        path="src/box.py",
        region=Region("function", "first", 4, 6),
        text=split(CODE),
        lines=lines,
        reviewer="Rae Viewer <rae@example.org>",
        tools=("claude-code",),
    )
    return compose(replace(draft, **more))


def test_severity_orders() -> None:
    """Mildest first, so that `--fail-on` can compare."""
    assert [s.rank for s in (Severity.INFO, Severity.WARNING, Severity.ERROR)] == [0, 1, 2]
    assert Covered.__slots__
