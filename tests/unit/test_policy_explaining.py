"""`why` and `replay`: the words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.asking import ask, policy, question
from whence.policy import Surroundings, discloses, may_answer, promises, serves
from whence.policy.explaining import asks, verdict, why_file
from whence.policy.owners import parse
from whence.policy.replaying import Event, as_text, replay
from whence.tools import Registry

TODAY = date(2026, 7, 1)
TEXT = """
    version = 1
    own_vendors = ["meta"]
    [[tool]]
    id = "metacode"
    vendor = "meta"
    [[scope]]
    name = "models"
    paths = ["models/"]
    contact = "c@example.org"
      [[scope.rule]]
      tools = ["rival"]
      require = "forbid"
      because = "agreed"
      [[scope.rule]]
      tools = ["codex"]
      require = "review"
      reviewers = 1
      purposes = ["setup"]
      approvers = ["*@example.org"]
      criterion = "read"
    [[exception]]
    paths = ["models/x.py"]
    reason = "contract"
    owner = "o@example.org"
    expires = 2026-06-15
    [[signal]]
    ignore = "trailer:copilot"
    reason = "r"
    [review.criteria.skim]
    text = "s"
    [review.criteria.read]
    text = "r"
    implies = ["skim"]
"""


def test_a_verdict_is_one_line() -> None:
    """What, how loud, whose rule, why."""
    known = policy(TEXT)
    assert verdict(ask(known, "models/a.py")) == "forbidden (error, rival-forbidden) by models: agreed"
    assert verdict(ask(known, "docs/a.md")) == "allowed"
    lifted = verdict(ask(known, "models/x.py", today="2026-06-15"))
    assert lifted == "allowed by the exception of o@example.org until 2026-06-15: contract"


def test_what_would_settle_it_is_listed() -> None:
    """Criterion, purposes, people, contact."""
    assert asks(ask(TEXT, "models/a.py", "codex")) == [
        "criterion: read",
        "one of these purposes: setup",
        "reviewed by somebody else than the author",
        "answered by *@example.org",
        "exceptions: ask c@example.org",
    ]


def test_an_answer_must_be_the_right_one() -> None:
    """Disclosure form, person, promise and purpose."""
    decision = ask(TEXT, "models/a.py", "codex")
    assert serves(decision, "setup")
    assert not serves(decision, None)
    assert may_answer(decision, "B <b@example.org>")
    assert not may_answer(decision, "B <b@example.com>")
    known = policy(TEXT)
    assert promises(known, "read", "skim")
    assert not promises(known, "skim", "read")
    assert not promises(None, None, "read")
    assert promises(None, None, None)
    form = ask(
        'version = 1\n[[scope]]\nname="x"\n[[scope.rule]]\nrequire="disclose"\ndisclosure=["Assisted-by:*"]'
    )
    said = question(evidence="declared", mark="assisted-by: Claude:opus").attribution.evidence[0]
    other = question(evidence="declared", mark="Co-authored-by: Claude").attribution.evidence[0]
    assert discloses(form, said)
    assert not discloses(form, other)
    assert not discloses(form, question(mark="Assisted-by: x").attribution.evidence[0])
    assert discloses(ask('version = 1\n[[scope]]\nname="x"\n[[scope.rule]]\nrequire="disclose"'), other)


def test_why_shows_the_answer_for_each_origin_with_its_steps() -> None:
    """The class of the file, its owners, and for each tool what was looked at."""
    known = policy(TEXT)
    out = why_file(
        known,
        "models/a.py",
        (question().attribution,),
        Registry.builtin(),
        TODAY,
        Surroundings(parse("* @o")),
    )
    assert out[0] == "models/a.py is code, owned by @o; policy whence.toml, mode enforce"
    assert out[2].startswith("Claude Code (Anthropic), lines 1-10, recorded evidence: forbidden")
    assert "  - rule 1 (whence.toml:11): matches: forbid for rival by its vendor anthropic" in out
    assert "  - rule 2 (whence.toml:15): no match: not codex" in out


def test_why_gives_one_answer_for_what_is_answered_alike() -> None:
    """Twelve commits of a tool are one paragraph, and its lines are cut between numbers, not inside one."""
    known = policy(TEXT)
    one = question().attribution
    many = [replace(one, lines=((n * 10, n * 10 + 1),)) for n in range(1, 13)]
    codex = question(tool="codex").attribution
    out = why_file(known, "models/a.py", (*many, codex), Registry.builtin(), TODAY)
    assert [line.partition(": ")[0] for line in out if "evidence: " in line] == [
        "Claude Code (Anthropic), lines 10-11, 20-21, 30-31, 40-41, 50-51, 60-61, 70-71, 80-81 "
        "and 4 more stretches, recorded evidence",
        "Codex (OpenAI), lines 1-10, recorded evidence",
    ]


def test_why_supposes_tools_where_none_wrote() -> None:
    """One for each kind of tool that the policy tells apart."""
    known = policy(TEXT)
    registry = Registry.builtin().extended(known.tools)
    out = why_file(known, "models/a.py", (), registry, TODAY)
    assert out[2] == "No tool is known to have written here. If one wrote here today:"
    assert [line.strip().split(" (")[0] for line in out[3:]] == ["Codex", "metacode", "Claude Code"]
    assert [line.split(": ")[1].split(" (")[0] for line in out[3:]] == [
        "to be reviewed by a person",
        "allowed by models",
        "forbidden",
    ]
    assert "written line 3" in why_file(known, "models/a.py", (), registry, TODAY, line=3)[2]


def event(commit: str, path: str, tool: str, when: str, signal: str = "") -> Event:
    return Event(commit, question(path, tool, evidence="declared", when=when, signal=signal), 10)


def test_replay_judges_each_commit_on_its_own_day() -> None:
    """An exception that lived then counts; a bad signal does not speak; each commit is counted once, by its worst file."""
    known = policy(TEXT)
    result = replay(
        known,
        7,
        [
            event("a" * 40, "models/x.py", "claude-code", "2026-06-15"),
            event("b" * 40, "models/x.py", "claude-code", "2026-06-16"),
            event("c" * 40, "docs/a.md", "codex", "2026-06-16"),
            event("c" * 40, "models/a.py", "codex", "2026-06-16"),
            event("d" * 40, "models/a.py", "copilot", "2026-06-16", "trailer:copilot"),
        ],
    )
    assert [o.decision.requirement for o in result.outcomes] == ["allow", "forbid", "allow", "review"]
    text = as_text(result)
    assert text.startswith("7 commits, 3 of them judged: an AI tool is declared there.\n")
    assert [line.split("(")[0].split() for line in text.splitlines()[1:4]] == [
        ["1", "forbidden"], ["1", "to", "be", "reviewed", "by", "a", "person"], ["1", "allowed"],
    ]  # fmt: skip
    assert (
        "bbbbbbbbbb  2026-06-16  claude-code     error    rival-forbidden     models/x.py (10 lines in the commit)"
        in text
    )
    assert "cccccccccc" in text
    assert "aaaaaaaaaa" not in text
    assert "... and 1 more" in as_text(result, limit=1)
    assert (
        as_text(replay(known, 0, []))
        == "0 commits; none of them declares an AI tool that the policy judges.\n"
    )


def test_replay_asks_as_if_the_policy_had_always_been_in_force() -> None:
    """A policy that begins today would otherwise say nothing of the past; `dated` keeps the days."""
    text = 'version = 1\n[[scope]]\nname = "s"\neffective = 2026-07-01\n[[scope.rule]]\neffective = 2026-07-02\nrequire = "forbid"'
    past = [event("a" * 40, "a.py", "codex", "2026-01-01")]
    assert [o.decision.requirement for o in replay(policy(text), 1, past).outcomes] == ["forbid"]
    assert [o.decision.requirement for o in replay(policy(text), 1, past, dated=True).outcomes] == ["allow"]
    assert "--dated" in as_text(replay(policy(text), 1, past))
    assert "--dated" not in as_text(replay(policy(text), 1, past, dated=True))
