"""`whence policy` as its user meets it."""

from __future__ import annotations

import json

import pytest

from support.cli import Done, whence
from support.git import Repo

CLAUDE = "Add code\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n"
POLICY = """\
version = 1
[[scope]]
name = "models"
paths = ["models/**"]
  [[scope.rule]]
  tools = ["claude-code"]
  require = "forbid"
  because = "clause 2"
  [[scope.rule]]
  paths = ["models/x.py"]
  require = "allow"
[[exception]]
paths = ["models/old.py"]
reason = "r"
owner = "o@example.org"
expires = 2024-01-01
"""


def run(repo: Repo, *arguments: str) -> Done:
    return whence(repo.path, repo.environment, "policy", *arguments)


@pytest.fixture
def marked(repo: Repo) -> Repo:
    """One human commit, one marked one."""
    repo.commit(
        "Start",
        {"models/old.py": "x = 1\n", "CLAUDE.md": "hello\n", ".github/CODEOWNERS": "/models/ @acme/models\n"},
    )
    repo.commit(CLAUDE, {"models/new.py": "a = 1\nb = 2\nc = 3\n", "models/old.py": "x = 1\ny = 2\n"})
    return repo


def test_init_writes_a_policy_in_which_day_one_is_green(marked: Repo) -> None:
    """It says what it found, passes its own check and a scan, and is never overwritten."""
    done = run(marked, "init")
    assert done.status == 0
    text = (marked.path / "whence.toml").read_text()
    assert "In use: Claude Code (Anthropic), declared by 1 commit, configured in CLAUDE.md." in text
    assert "@acme/models" in text
    assert run(marked, "check").out == "whence.toml: in order; mode warn, 1 scope, 1 rule, 0 exceptions\n"
    assert whence(marked.path, marked.environment, "scan").status == 0
    again = run(marked, "init")
    assert again.status == 2
    assert "stays as it is" in again.err
    assert (marked.path / "whence.toml").read_text() == text
    assert "\nversion = 1\n" in run(marked, "init", "--print").out


def test_init_leaves_a_policy_in_pyproject_alone(marked: Repo) -> None:
    """One workspace has one policy."""
    marked.write({"pyproject.toml": "[tool.whence]\nversion = 1\n"})
    assert run(marked, "init").status == 2
    assert not (marked.path / "whence.toml").exists()


def test_check_tells_all_mistakes_with_their_places(marked: Repo) -> None:
    """Exit 2; one line each on standard error."""
    marked.write({"whence.toml": POLICY.replace("forbid", "forbiden").replace('"claude-code"', '"claude"')})
    done = run(marked, "check")
    assert (done.status, done.out) == (2, "")
    assert (
        "whence.toml:6:12: unknown tool `claude`; did you mean `claude-code` or `vendor:anthropic`?"
        in done.err
    )
    assert (
        "whence.toml:7:13: `require` must be one of allow, disclose, review, forbid, not `forbiden`; did you mean `forbid`?"
        in done.err
    )


def test_check_warns_of_what_is_not_meant(marked: Repo) -> None:
    """Legal, so exit 0; a file can be named."""
    marked.write({"other.toml": POLICY})
    done = run(marked, "check", "other.toml")
    assert done.status == 0
    assert done.out.splitlines() == [
        "other.toml: in order; mode enforce, 1 scope, 2 rules, 1 exception",
        "warning: other.toml:12:1: the exception of o@example.org expired on 2024-01-01 and is ignored "
        "(remove it, or renew it with a new date)",
    ]


def test_there_must_be_a_policy(marked: Repo) -> None:
    """Check, why and replay say how to get one."""
    for arguments in (["check"], ["why", "models/new.py"], ["replay", "--since", "HEAD"]):
        done = run(marked, *arguments)
        assert done.status == 2
        assert "whence policy init" in done.err


def test_why_shows_which_rules_were_looked_at(marked: Repo) -> None:
    """For a file, for a line, for a tool that somebody thinks of."""
    marked.write({"whence.toml": POLICY})
    whole = run(marked, "why", "models/new.py")
    assert whole.status == 0
    assert whole.out.splitlines()[:4] == [
        "models/new.py is code, owned by @acme/models; policy whence.toml, mode enforce",
        "",
        "Claude Code (Anthropic), lines 1-3, declared evidence: forbidden (error, tool-forbidden) by models: clause 2",
        "  exceptions: ask @acme/models",
    ]
    assert "rule 2 (whence.toml:9): no match: models/new.py is not in its paths" in whole.out
    old = run(marked, "why", "models/old.py:2").out
    assert "line 2, declared evidence: forbidden" in old
    assert "exception (whence.toml:12): expired: on 2024-01-01: r" in old
    assert "No tool is known to have written line 1." in run(marked, "why", "models/old.py:1").out
    assert (
        "Codex (OpenAI), if it wrote here today: allowed"
        in run(marked, "why", "models/new.py", "--tool", "codex").out
    )
    unknown = run(marked, "why", "models/new.py", "--tool", "cloude")
    assert (unknown.status, "did you mean `claude-code`" in unknown.err) == (2, True)


def test_replay_says_what_would_have_been(marked: Repo) -> None:
    """Past commits by their marks, each on its own day."""
    marked.write({"whence.toml": POLICY})
    done = run(marked, "replay", "--since", "HEAD~1")
    assert done.status == 0
    assert done.out.splitlines()[:2] == [
        "1 commit, 1 of them judged: an AI tool is declared there.",
        "       1 forbidden (models 1)",
    ]
    assert "claude-code     error    tool-forbidden      models/new.py (4 lines in the commit)" in done.out
    assert run(marked, "replay", "--since", "HEAD").out.startswith("0 commits")
    whole = run(marked, "replay")
    assert (whole.status, whole.out.splitlines()[0].startswith("2 commits, 1 of them judged")) == (0, True)
    assert "without --since every commit is judged" in run(marked, "replay", "--since", "HEAD~1^").err
    wrong = run(marked, "replay", "--since", "nowhere")
    assert (wrong.status, "no such revision: nowhere" in wrong.err) == (2, True)


def test_why_is_asked_of_lines_that_are_there(marked: Repo) -> None:
    """A folder is no file and line 99 of three is a slip: neither gets an answer that looks like one."""
    marked.write({"whence.toml": POLICY})
    folder = run(marked, "why", "models")
    assert folder.status == 2
    assert "models is a folder; the policy speaks of files" in folder.err
    beyond = run(marked, "why", "models/new.py:99")
    assert beyond.status == 2
    assert "models/new.py has 3 lines; there is no line 99" in beyond.err


def test_why_answers_before_a_file_is_written(marked: Repo) -> None:
    """That is when one asks: for a tool or for any, and it is said that the file is not there."""
    marked.write({"whence.toml": POLICY})
    for arguments in (["--tool", "claude-code"], []):
        for place in ("models/sub/later.py", "models/sub/later.py:3"):
            done = run(marked, "why", place, *arguments)
            assert done.status == 0, done.err
            assert done.out.splitlines()[1] == "There is no such file yet; this is what would be asked of it."
            assert "forbidden (error, tool-forbidden) by models" in done.out
    assert "not there" not in run(marked, "why", "models/new.py", "--tool", "claude-code").out
    assert run(marked, "why", "../later.py").status == 2
    assert "no such file" in whence(marked.path, marked.environment, "blame", "models/later.py").err


def test_what_an_exception_lifts_stands_at_the_exception(marked: Repo) -> None:
    """The place in the file is that of the exception, so the step is the exception's."""
    marked.write({"whence.toml": POLICY.replace("2024", "2999")})
    said = run(marked, "why", "models/old.py:2").out
    assert (
        "exception (whence.toml:12): lifts: what rule 1 asks, for o@example.org until 2999-01-01: r" in said
    )
    assert "rule 1 (whence.toml:12)" not in said


def test_a_thousand_mistakes_are_counted_not_poured_out(repo: Repo) -> None:
    """The first hundred with their places, then how many more."""
    repo.write({"whence.toml": "version = 1\n" + "[[scope]]\nnam = 'x'\n" * 600})
    done = run(repo, "check")
    assert done.status == 2
    assert "the policy has 1200 problems" in done.err
    assert done.err.splitlines()[-1] == "  and 1,100 more"
    assert len(done.err.splitlines()) == 102


def test_schema_is_the_schema(marked: Repo) -> None:
    """Editors can be given what is printed."""
    assert json.loads(run(marked, "schema").out)["$id"] == "whence:policy/1"


def test_replay_goes_on_where_an_object_is_missing(marked: Repo) -> None:
    """Of a partial or damaged clone: the commit is named as not measured, the others are judged."""
    before = marked.commit("Policy", {"whence.toml": POLICY})
    blobs = []
    for number in range(5):  # of one file, for git takes a blob's text from the work tree where it can
        text = "".join(f"value_{line} = compute({line * number})\n" for line in range(number + 3))
        marked.commit(CLAUDE, {"models/more.py": text})
        blobs.append(marked.git("rev-parse", "HEAD:models/more.py"))
    lost = marked.git("rev-parse", "HEAD~2")
    (marked.path / ".git/objects" / blobs[2][:2] / blobs[2][2:]).unlink()
    done = run(marked, "replay", "--since", before)
    assert done.status == 0
    assert done.out.startswith("5 commits, 3 of them judged")  # the next one cannot be compared with it
    assert f"not measured: commit {lost[:10]} (" in done.err
