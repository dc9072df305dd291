"""What commands say: whole references, commands that can be pasted, one and many, and what is not there."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from support.cli import Done, whence
from support.git import Repo
from support.transcripts import Claude

MARKED = "Add code\n\nCo-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>\n"
POLICY = """\
version = 1
[[scope]]
name = "models"
paths = ["models/**", "-*"]
  [[scope.rule]]
  tools = ["any"]
  require = "review"
[[scope]]
name = "other"
paths = ["other/**"]
  [[scope.rule]]
  tools = ["any"]
  require = "review"
"""
CODE = "def attention(query, key):\n    scores = query @ key\n    return scores\n"
LONG = "".join(
    f"    total_{number} = sum_of(column_{number}, where=condition_{number})\n" for number in range(9)
)


@pytest.fixture
def marked(repo: Repo) -> Repo:
    repo.commit("Start", {"whence.toml": POLICY, "other/a.py": "a = 1\n"})
    repo.commit(MARKED, {"models/new.py": CODE, "-dash.py": CODE, "one.py": "only = line_of(this, file)\n"})
    return repo


def run(repo: Repo, *arguments: str) -> Done:
    return whence(repo.path, repo.environment, *arguments)


WRONG = [
    (["review"], "whence review suggest"),
    (["review", "--depth", "read"], "FILE:3-9"),
    (["review", "models/new.py:1-3", "--as", "Bob"], "--as 'Rae Reader <rae@example.org>'"),
    (["scan", "--evidence", "foo"], "`foo` is no class of evidence; the classes are recorded, session"),
    (["explain", "models:3"], "models is a folder, which has no lines"),
    (["explain", "models"], "models is a folder, which has no lines"),
    (["explain", "one.py:4"], "one.py has 1 line; line 4 is not one of them"),
    (["review", "one.py:4"], "one.py has 1 line; 4 is not one of them"),
    (["explain", "./-dash.py"], "whence explain ./-dash.py:1"),
    (["policy", "why", "models/new.py", "--tool", "claude"], "unknown tool `claude`"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=lambda value: " ".join(value))
def test_a_wrong_call_is_told_the_right_one(marked: Repo, arguments: list[str], said: str) -> None:
    """Exit 2, the fault in the user's words, and what to type instead."""
    done = run(marked, *arguments)
    assert (done.status, done.out) == (2, "")
    assert said in done.err


def test_every_printed_command_works_for_a_name_that_begins_with_a_dash(marked: Repo) -> None:
    """As it stands in the report, in the list of what is left, and in a refusal."""
    printed = [*run(marked, "scan").out.splitlines(), *run(marked, "review", "suggest").out.splitlines()]
    words = [
        shlex.split(line.strip().removeprefix("next: "))
        for line in printed
        if "-dash.py" in line and "whence " in line
    ]
    assert {command[1] for command in words} == {"review", "explain"}
    marked.git("config", "user.name", "Rae Reader")
    marked.git("config", "user.email", "rae@example.org")
    for command in words:
        done = run(marked, *command[1:])
        assert done.status == 0, (command, done.err)
    marked.write({"-new.py": "new = 1\n"})
    hint = run(marked, "review", "./-new.py").err
    assert "next: whence blame ./-new.py" in hint
    assert run(marked, "blame", "./-new.py").status == 0


def test_one_is_no_many(marked: Repo) -> None:
    """One line is no range, and a scope in which nothing needs a review has none that is due."""
    done = run(marked, "review", "models/new.py:2-2", "--as", "Rae <rae@example.org>")
    assert "approved 1 line of `attention` models/new.py:2\n" in done.out
    assert "reviewed in other: nothing needs it" in run(marked, "scan").out


def test_nothing_staged_is_said(marked: Repo) -> None:
    """A clean report of nothing looks like a pass."""
    assert "nothing is staged" in run(marked, "scan", "--staged").err
    assert "nothing has changed since" in run(marked, "scan", "--since", "HEAD").err
    marked.write({"b.py": "b = 2\n"})
    assert run(marked, "scan", "--since", "HEAD").err == ""
    marked.git("add", "b.py")
    assert run(marked, "scan", "--staged").err == ""


def test_a_home_that_is_none_is_told(marked: Repo) -> None:
    """Where no transcript can be looked for nobody knows what tools wrote; a home that is not there is empty."""
    for home, why in (("some/where", "is no absolute path"), (str(marked.path / "one.py"), "is no folder")):
        done = whence(marked.path, {**marked.environment, "HOME": home}, "scan", "--format", "json")
        gaps = [gap for gap in done.json["not_measured"] if gap["what"] == "sessions"]
        assert [(why in gap["why"], gap["class"]) for gap in gaps] == [(True, "session")]
    done = whence(marked.path, {**marked.environment, "HOME": "/nonexistent"}, "scan", "--format", "json")
    assert not [gap for gap in done.json["not_measured"] if gap["what"] == "sessions"]


def test_explain_answers_for_all_lines_of_a_range(marked: Repo) -> None:
    """Once for each stretch of the same origin; and it does not tell to run the command that was just run."""
    marked.write({"models/new.py": "mine = by_hand(today)\n" + CODE + "also = by_hand(today)\n"})
    said = run(marked, "explain", "models/new.py:1-4").out
    assert [line for line in said.splitlines() if line.startswith("models/")] == [
        "models/new.py:1",
        "models/new.py:2",
    ]
    assert said.count("No evidence says that an AI tool wrote this line.") == 1
    one = run(marked, "explain", "models/new.py:2").out
    assert said.endswith(one)
    assert "whence explain" not in one
    assert "known from" not in one
    assert "whence review models/new.py:2-4" in one
    assert run(marked, "explain", "models/new.py:5-9").out.startswith("models/new.py:5\n")


def test_blame_tells_machines_what_it_tells_people(marked: Repo, tmp_path: Path) -> None:
    """What could not be had of the whole workspace, too."""
    clone = tmp_path / "clone"
    marked.git("clone", "-q", "--depth=1", marked.path.as_uri(), str(clone))
    done = whence(clone, marked.environment, "blame", "one.py", "--format", "json")
    gaps = {gap["what"] for gap in done.json["not_measured"]}
    assert gaps == {"git-history", "git-notes"}
    assert done.err.count("not measured: ") == len(done.json["not_measured"])


def test_blame_shows_whole_references(marked: Repo) -> None:
    """Of a commit as much as git shows, of a session its id; columns as wide as what is in them, and tabs as blanks."""
    sha = marked.git("rev-parse", "HEAD")
    assert f"declared  {sha[:10]}  1" in run(marked, "blame", "one.py").out
    session = Claude(marked.home, str(marked.path))
    session.write(str(marked.path / "long.py"), LONG)
    file = session.save()
    marked.write({"long.py": "top = 1\n" + LONG})
    rows = run(marked, "blame", "long.py").out.splitlines()
    assert rows[0] == " " * 33 + "1  top = 1"
    assert rows[1].startswith("Claude Code  session  3f2a91c0   2      total_0")
    assert len({row.index("total_") for row in rows[1:]}) == 1
    marked.write({"tabs.c": "\tint a;\x1b[2J\n"})
    assert run(marked, "blame", "tabs.c").out == "1      int a;\\x1b[2J\n"
    assert "identical text: written" in run(marked, "explain", "long.py:3").out
    file.unlink()
    assert "but the index remembers it" in run(marked, "explain", "long.py:3").out


def test_help_is_a_verb_and_unknown_verbs_are_answered(
    marked: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    """`whence help scan` is the help of scan; of a slip or another program's word the nearest verb is named."""
    for arguments in (["help"], ["help", "scan"], ["help", "policy", "why"]):
        assert run(marked, *arguments).status == 0
        assert capsys.readouterr().out.startswith(f"usage: {' '.join(['whence', *arguments[1:]])}")
    for word, near in (
        ("report", "whence scan --format html"),
        ("scna", "`scan`"),
        ("zzzz", "one of scan, blame"),
    ):
        done = run(marked, word)
        assert (done.status, near in done.err, "invalid choice" in done.err) == (2, True, False), done.err


def test_a_blank_line_is_not_said_to_meet_what_is_asked(marked: Repo) -> None:
    """It is attributed with its neighbours, below a rule that forbids, and nothing is asked of it."""
    marked.commit(
        MARKED, {"models/gap.py": "def one():\n    return first(1)\n\n\ndef two():\n    return second(2)\n"}
    )
    assert "nothing: this line is blank" in run(marked, "explain", "models/gap.py:4").out
    assert "blank" not in run(marked, "explain", "models/gap.py:5").out


def test_how_alike_texts_are_is_said_once(marked: Repo) -> None:
    """No text is called identical that was renamed, and no share stands there twice."""
    session = Claude(marked.home, str(marked.path))
    session.write(str(marked.path / "long.py"), LONG)
    session.save()
    for text in (
        LONG.replace("where=", "whenever="),
        LONG.replace("total_4 = sum_of(", "total_4 = mean_of(1 + "),
    ):
        marked.write({"long.py": text})
        said = run(marked, "explain", "long.py:5").out
        assert "since" in said
        assert "identical" not in said
        assert said.count("% alike") < 2


def test_a_supposition_is_no_evidence(marked: Repo) -> None:
    """What would be asked of a tool that wrote here is not told as something recorded."""
    said = run(marked, "policy", "why", "models/new.py", "--tool", "codex").out
    assert "Codex (OpenAI), if it wrote here today: to be reviewed" in said
    assert "evidence" not in said.split("if it wrote here today")[0]
    assert "declared evidence" in run(marked, "policy", "why", "models/new.py").out
