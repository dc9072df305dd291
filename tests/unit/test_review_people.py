"""Who may answer, what is left to do, and what other programs are told."""

from __future__ import annotations

import json

import pytest

from whence.model import Agent, EvidenceClass, Finding, Region, Requirement, Severity
from whence.policy.mailmap import parse
from whence.review import Draft, Ledger, Review
from whence.review.backlog import prune, replaced_by, standing, suggest
from whence.review.form import FormError
from whence.review.intoto import from_statement, statement
from whence.review.people import People, counts
from whence.review.recording import compose
from whence.text import split

ANN = "Ann Lee <ann@example.org>"
CODE = """\
def attend(query, key, value):
    scores = query @ key.transpose(-2, -1)
    return softmax(scores, dim=-1) @ value
"""


def review(reviewer: str = ANN, text: str = CODE, path: str = "models/a.py", **changes: object) -> Review:
    lines = split(text)
    draft = Draft(
        path, Region("function", "attend", 1, len(lines)), lines, ((1, len(lines)),), reviewer, ("codex",)
    )
    for name, value in changes.items():
        object.__setattr__(draft, name, value)
    return compose(draft)


@pytest.mark.parametrize(
    ("person", "same"),
    [
        ("Ann Lee <ann@example.org>", True),
        ("ann lee <ANN@Example.ORG>", True),
        ("A. L. <ann@example.org>", True),
        ("Ann  Lee <ann@home.example>", True),
        ("ann@example.org", True),
        ("ann", True),
        ("Ann Lee", True),
        ("Bob Ray <bob@example.org>", False),
        ("Ann <ann.other@example.org>", False),
        ("Ann Lee-Smith <als@example.org>", False),
        ("ann <ann@elsewhere.example>", False),
        ("dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>", False),
        ("", False),
        ("<>", False),
        ("annabel", False),
    ],
)
def test_nobody_answers_for_their_own_lines(person: str, same: bool) -> None:
    """Neither as the author nor as the one who prompted the tool; the reason says which."""
    for people, did in (
        (People(authors=[person]), "wrote these lines"),
        (People(prompters=[person]), "prompted the tool"),
    ):
        verdict = counts(review(), people)
        assert bool(verdict) is not same, person
        assert (did in verdict.why) is same
        assert not same or ANN in verdict.why


def test_a_second_address_is_shown_with_the_refusal() -> None:
    """The reader can see why two addresses are taken for one person."""
    verdict = counts(review(), People(authors=["Ann Lee <ann@home.example>"]))
    assert "same name as Ann Lee <ann@home.example>" in verdict.why


def test_private_addresses_of_one_account_are_one_person() -> None:
    """GitHub puts a number before some of them."""
    mine = review("Ann <123+annl@users.noreply.github.com>")
    assert not counts(mine, People(authors=["A <annl@users.noreply.github.com>"]))
    assert counts(mine, People(authors=["A <bobr@users.noreply.github.com>"]))


MAILMAP = """\
# people
Ann Lee <ann@example.org> <a.lee@work.example>
<ann@example.org> <lee@old.example>   # a note
Bob Ray <bob@example.org> Bob <shared@example.org>
Cy Old <cy@example.org>
Dee Fox <dee@example.org> <cy@example.org>
no address
<lonely@example.org>
"""


@pytest.mark.parametrize(
    ("reviewer", "author", "same"),
    [
        ("Ann <ann@example.org>", "A <a.lee@work.example>", True),
        ("A <A.Lee@Work.example>", "X <lee@old.example>", True),
        ("Ann Lee <new@example.org>", "A <lee@old.example>", True),
        ("Bob <shared@example.org>", "B <bob@example.org>", True),
        ("Eve <shared@example.org>", "B <bob@example.org>", False),
        ("Cy Old <cy@home.example>", "D <dee@example.org>", True),
        ("D <dee@example.org>", "Ann <ann@example.org>", False),
        ("Fay <lonely@example.org>", "Ann <ann@example.org>", False),
    ],
)
def test_a_mailmap_joins_people(reviewer: str, author: str, same: bool) -> None:
    """In whichever direction it maps, over several lines, and by a shared address only with the name."""
    joined = parse(MAILMAP)
    for one, other in ((reviewer, author), (author, reviewer)):
        verdict = counts(review(one), People(authors=[other], joined=joined))
        assert bool(verdict) is not same
        assert counts(review(one), People(prompters=[other], joined=joined)).counts is not same
        assert not same or "in .mailmap" in verdict.why or "same name" in verdict.why


def test_a_mailmap_parts_nobody() -> None:
    """Whoever it makes of an author, the author's own address stays the author's."""
    joined = parse(
        "Ghost <ghost@x.example> <ann@example.org>\nGhost <ghost@x.example> Ann Lee <ann@example.org>\n"
    )
    for author in (ANN, "Ann Lee <other@example.org>", "Ghost <ghost@x.example>"):
        assert not counts(review(), People(authors=[author], joined=joined))


def test_with_nobody_known_everyone_may_answer() -> None:
    """Lines without an author on record."""
    assert counts(review(), People()).counts


# --- the backlog -----------------------------------------------------------------------------------------------------


def finding(path: str, *lines: tuple[int, int], requirement: Requirement = Requirement.REVIEW) -> Finding:
    return Finding(
        code="review-missing",
        severity=Severity.WARNING,
        path=path,
        region=Region("function", "f", 1, 99),
        lines=lines,
        agent=Agent("codex", "openai"),
        evidence_class=EvidenceClass.SESSION,
        confidence=0.9,
        evidence=(),
        requirement=requirement,
    )


def test_the_cheapest_step_comes_first() -> None:
    """Fewest lines first, then by place; forbidden lines are no matter of reading."""
    steps = suggest(
        [
            finding("b.py", (1, 50)),
            finding("b.py", (60, 62)),
            finding("a.py", (7, 9)),
            finding("c.py", (1, 1), requirement=Requirement.FORBID),
            finding("a.py", (1, 2), (5, 6)),
        ]
    )
    assert [(step.finding.path, step.lines, step.total) for step in steps] == [
        ("a.py", 3, 3),
        ("b.py", 3, 6),
        ("a.py", 4, 10),
        ("b.py", 50, 60),
    ]


@pytest.mark.parametrize(
    ("files", "state", "paths"),
    [
        ({"models/a.py": CODE}, "current", ("models/a.py",)),
        ({"models/b.py": "import x\n" + CODE}, "current", ("models/b.py",)),
        ({"models/a.py": CODE.replace("dim=-1", "dim=0")}, "stale", ("models/a.py",)),
        (
            {"models/a.py": CODE.replace("    return", "    log(scores)\n    return")},
            "stale",
            ("models/a.py",),
        ),
        ({"models/a.py": "x = 1\n"}, "gone", ()),
        ({"models/a.py": ""}, "gone", ()),
        ({}, "gone", ()),
    ],
)
def test_each_review_has_a_standing(files: dict[str, str], state: str, paths: tuple[str, ...]) -> None:
    """Current, stale or gone, and where its lines are now."""
    ledger = Ledger.of([review()])
    (item,) = standing(ledger, [(path, split(text)) for path, text in files.items()])
    assert (item.state, item.paths) == (state, paths)
    orphans = prune([item], files)
    assert len(orphans) == (state == "gone")
    if orphans:
        assert ("is gone" in orphans[0].why) is ("models/a.py" not in files)


def test_pruning_an_answer_takes_those_it_replaced() -> None:
    """An approval that was withdrawn must not come back into force."""
    first = review()
    second = review(result="rejected", note="no", replaces=(first.id,))
    ledger = Ledger.of([first, second])
    assert [item.result for item in ledger.reviews] == ["rejected"]
    assert replaced_by(ledger, [second.id]) == {first.id, second.id}
    assert replaced_by(ledger, ["0000000000000000"]) == set()


# --- in-toto ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{}, {"result": "disputed", "note": "2019 é", "purpose": "p"}, {"depth": "tested", "criterion": "read"}],
)
def test_a_review_and_its_statement_are_one_to_one(changes: dict[str, object]) -> None:
    """What is exported can be read back as the same review."""
    one = review(**changes)
    made = json.loads(json.dumps(statement(one)))
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["subject"][0]["name"] == "models/a.py#function attend"
    assert len(next(iter(made["subject"][0]["digest"].values()))) == 64
    assert from_statement(made) == one


@pytest.mark.parametrize(
    "harm",
    [
        {"_type": "other"},
        {"predicateType": "https://slsa.dev/provenance/v1"},
        {"subject": []},
        {"subject": None},
        {"predicate": None},
        {"predicate": {}},
        {"predicate": {"id": "x"}},
    ],
)
def test_a_statement_about_something_else_is_refused(harm: dict[str, object]) -> None:
    """Other predicates, missing parts."""
    with pytest.raises(FormError):
        from_statement(statement(review()) | harm)


def test_a_changed_statement_is_refused() -> None:
    """The id inside must fit the rest."""
    made = statement(review())
    made["predicate"]["result"] = "rejected"
    with pytest.raises(FormError, match="was changed"):
        from_statement(made)
