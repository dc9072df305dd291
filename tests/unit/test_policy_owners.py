"""CODEOWNERS as hosts read it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from policies.asking import policy
from support.git import Repo
from whence.policy import Surroundings, surroundings
from whence.policy.explaining import supposed
from whence.policy.owners import parse, read
from whence.repo import Repository
from whence.tools import Registry


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*", "a/b.py", True),
        ("*.js", "a/b.js", True),
        ("*.js", "b.js.map", False),
        ("/build/logs/", "build/logs/a/b.log", True),
        ("/build/logs/", "x/build/logs/b.log", False),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/sub/a.md", False),
        ("apps/", "x/apps/y/z.c", True),
        ("apps/", "apps", False),
        ("/docs/", "docs/a.md", True),
        ("/scripts", "scripts/a.sh", True),
        ("/scripts", "scripts", True),
        ("**/logs", "build/logs/a", True),
        ("**/logs", "logs", True),
        ("a/**/z.py", "a/z.py", True),
        ("a/**/z.py", "a/b/c/z.py", True),
        ("a/**", "a/b/c", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.c", "abc", False),
        ("my\\ file", "my file", True),
    ],
)
def test_a_pattern_means_what_it_means_to_the_host(pattern: str, path: str, expected: bool) -> None:
    """Like .gitignore, but `folder/*` stops at its own level."""
    assert parse(f"{pattern} @o").of(path) == (("@o",) if expected else ())


def test_no_pattern_takes_long_and_none_is_too_long() -> None:
    """Anybody who commits can write them; counted in processor time, with room to spare."""
    before = time.process_time()
    owners = parse("".join(f"{'*a' * count}*b @o\n{'**/a/' * count}b @o\n" for count in range(2, 40)))
    assert not owners.of("/".join(["a" * 250] * 40))
    assert time.process_time() - before < 5
    (problem,) = parse("x" * 5000 + " @o").problems
    assert problem.message == "the line is ignored: its pattern is longer than 4,096 letters"


def test_the_last_match_wins() -> None:
    """Order decides; a pattern without owners takes them away; comments and blank lines are nothing."""
    owners = parse("# all\n* @a  # the team\n\n/x/ @b c@example.org\n/x/free/\n")
    assert owners.of("y") == ("@a",)
    assert owners.of("x/y") == ("@b", "c@example.org")
    assert owners.of("x/free/y") == ()


def test_sections_own_together() -> None:
    """Each section has its own last match and may have a default owner."""
    owners = parse("* @a\n[Docs] @writers\n*.md\n^[Data][2]\n*.md @data\n")
    assert owners.of("x.py") == ("@a",)
    assert owners.of("x.md") == ("@a", "@writers", "@data")


def test_lines_that_the_host_ignores_are_reported() -> None:
    """A line that does not count is left out, and said."""
    owners = parse("!x @a\n[a-z].py @a\ny someone\nz @a\n")
    assert [(p.line, p.message.split(":")[0]) for p in owners.problems] == [
        (1, "`!x` is ignored"), (2, "`[a-z].py` is ignored"), (3, "the line is ignored"),
    ]  # fmt: skip
    assert owners.of("z") == ("@a",)
    assert owners.of("y") == ()


def test_the_first_place_counts(tmp_path: Path) -> None:
    """.github before the root before docs; a link is not followed."""
    assert read(tmp_path) is None
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/CODEOWNERS").write_text("* @docs")
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/CODEOWNERS").symlink_to(tmp_path / "docs/CODEOWNERS")
    found = read(tmp_path)
    assert found is not None
    assert (found.path, found.of("a")) == ("docs/CODEOWNERS", ("@docs",))
    (tmp_path / "CODEOWNERS").write_text("* @root")
    assert (read(tmp_path) or parse("")).of("a") == ("@root",)


def test_a_workspace_knows_its_owners_branch_and_user(repo: Repo) -> None:
    """A workspace below the repository's root counts paths from that root, and reads CODEOWNERS from git only."""
    repo.commit("first", {"CODEOWNERS": "/sub/ @sub\n", "sub/a.py": "x = 1\n"})
    (repo.path / "CODEOWNERS").write_text("/sub/ @changed\n")
    top = surroundings(repo.path, Repository.open(repo.path, repo.environment))
    sub = surroundings(repo.path / "sub", Repository.open(repo.path / "sub", repo.environment))
    assert (top.owned("sub/a.py"), sub.owned("a.py")) == (("@changed",), ("@sub",))
    assert (top.branch, top.user) == ("main", "Dana Dev <dana@example.org>")
    repo.git("checkout", "-q", "--detach")
    assert surroundings(repo.path, Repository.open(repo.path, repo.environment)).branch is None
    assert surroundings(repo.path / "sub", None) == Surroundings()


def test_lines_without_a_commit_are_the_users_own() -> None:
    """Where the evidence names somebody, that person counts alone."""
    from datetime import date

    day = date(2026, 6, 1)
    agent = Registry.builtin().agent("codex")
    known = Surroundings(parse("* @o"), user="Me <me@example.org>", branch="main")
    asked = known.question("a.py", supposed("a.py", agent, day), day)
    assert (asked.authors, asked.owners, asked.branch) == (("Me <me@example.org>",), ("@o",), "main")
    assert known.question("a.py", supposed("a.py", agent, day, person="Eve <e@x.org>"), day).authors == ()


def test_a_condition_that_nobody_can_judge_is_not_measured() -> None:
    """A policy on owners without CODEOWNERS, or on branches without a branch."""
    asked = policy(
        'version = 1\n[[scope]]\nname = "x"\nowners = ["@a"]\n[[scope.rule]]\nbranches = ["main"]\nrequire = "forbid"'
    )
    assert [gap.what for gap in Surroundings().not_measured(asked)] == ["owners", "branch"]
    assert Surroundings(parse(""), branch="main").not_measured(asked) == ()
    assert Surroundings().not_measured(policy("version = 1")) == ()
