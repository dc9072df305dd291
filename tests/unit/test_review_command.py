"""`whence review` as its user meets it, from a finding to a recorded answer and back."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.cli import Done, whence
from support.git import Repo
from whence.review import FOLDER, Ledger
from whence.review.intoto import from_statement

MARKED = "Add code\n\nCo-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>\n"
POLICY = """\
version = 1
[review.criteria.read]
text = "I read every line."
[[scope]]
name = "models"
paths = ["models/**"]
  [[scope.rule]]
  tools = ["any"]
  require = "review"
  criterion = "read"
  severity = "error"
"""
CODE = """\
def attention(query, key):
    scores = query @ key.transpose(-2, -1)
    return scores.softmax(dim=-1)


def mask_future(scores):
    size = scores.size(-1)
    hidden = torch.ones(size, size).triu(1)
    return scores.masked_fill(hidden.bool(), float("-inf"))
"""
READER = "Rae Reader <rae@example.org>"


@pytest.fixture
def marked(repo: Repo) -> Repo:
    """A marked commit in scope, to be answered for by somebody else than its author."""
    repo.commit("Start", {"whence.toml": POLICY, "README.md": "A model.\n"})
    repo.commit(MARKED, {"models/new.py": CODE})
    repo.git("config", "user.name", "Rae Reader")
    repo.git("config", "user.email", "rae@example.org")
    return repo


def run(repo: Repo, *arguments: str) -> Done:
    return whence(repo.path, repo.environment, *arguments)


def review(repo: Repo, *arguments: str) -> Done:
    return run(repo, "review", *arguments)


def open_lines(repo: Repo) -> list[list[int]]:
    return [pair for item in run(repo, "scan", "--format", "json").json["findings"] for pair in item["lines"]]


def test_one_command_settles_a_finding(marked: Repo) -> None:
    """From red to recorded, and the scan is green."""
    assert open_lines(marked) == [[1, 3], [6, 9]]
    done = review(marked, "models/new.py:1-3", "--criterion", "read")
    assert (done.status, done.err) == (0, "")
    assert "Rae Reader <rae@example.org>: approved 3 lines of `attention` models/new.py:1-3" in done.out
    assert "promising: I read every line." in done.out
    assert open_lines(marked) == [[6, 9]]
    review(marked, "models/new.py::mask_future", "--criterion", "read", "--depth", "tested")
    assert run(marked, "scan").status == 0
    assert {item.depth for item in Ledger.read(marked.path).reviews} == {"", "tested"}


def test_several_places_are_answered_in_one_go(marked: Repo) -> None:
    """Both regions were on the screen."""
    assert review(marked, "models/new.py:1-3", "models/new.py:6-9", "--criterion", "read").status == 0
    assert open_lines(marked) == []


def test_a_whole_file_is_not_approved_at_one_stroke(marked: Repo) -> None:
    """Unless the policy lets people; a rejection may be as broad as it likes."""
    done = review(marked, "models/new.py", "--criterion", "read")
    assert done.status == 2
    assert "2 regions to answer for" in done.err
    assert not (marked.path / FOLDER).exists()
    assert review(marked, "models/new.py", "--result", "rejected", "--note", "unsafe").status == 0
    marked.write(
        {"whence.toml": POLICY.replace("[review.criteria", "[review]\nbulk = true\n[review.criteria")}
    )
    assert review(marked, "models/new.py", "--criterion", "read").status == 0


def test_copies_of_reviewed_lines_make_no_review_stale(marked: Repo) -> None:
    """What stands beside a copy in another file came into nothing that was reviewed; a few copies are named."""
    review(marked, "models/new.py:6-9", "--criterion", "read")
    marked.write({"models/far.py": CODE.replace("    hidden", "    size = round(size)\n    hidden")})
    marked.write({f"models/p{number}.py": CODE for number in range(5)})
    assert (
        "current, 4 lines, also in models/far.py, models/p0.py, models/p1.py and 3 more files"
        in review(marked, "list").out
    )
    row = review(marked, "list", "--format", "json").json["reviews"][0]
    assert (row["state"], row["kept"], row["added"], len(row["paths"])) == ("current", 4, {}, 7)
    (marked.path / "models/new.py").unlink()
    for number in range(5):
        (marked.path / f"models/p{number}.py").unlink()
    assert (
        "stale, 4 of 4 lines kept, 1 new at models/far.py:8, now in models/far.py"
        in review(marked, "list").out
    )


def test_a_renewed_review_is_stale_no_more(marked: Repo) -> None:
    """`list` and `renew` agree on what is left to read; another person's answer renews nobody's."""
    review(marked, "models/new.py:6-9", "--criterion", "read")
    marked.commit(MARKED, {"models/new.py": CODE.replace(".triu(1)", ".triu(2)")})
    review(marked, "models/new.py:8-8", "--criterion", "read", "--as", "Bo <bo@example.org>")
    assert "stale, 3 of 4 lines kept, 1 new at models/new.py:8" in review(marked, "list", "--by", "rae").out
    assert review(marked, "renew", "models/new.py", "--yes").status == 0
    assert "nothing of yours changed" in review(marked, "renew", "models/new.py").out
    assert "current, 3 of 4 lines kept, 1 answered again" in review(marked, "list", "--by", "rae").out
    assert review(marked, "list", "--state", "stale").out == "no review is like that\n"


def test_the_list_says_what_became_of_each_answer(marked: Repo) -> None:
    """Current, stale with the new lines, gone; and it can be narrowed."""
    review(marked, "models/new.py:1-3", "--criterion", "read", "--note", "fine")
    assert "current, 3 lines" in review(marked, "list").out
    marked.write(
        {
            "models/new.py": CODE.replace(
                "    return scores.soft", "    scores = scores / 8\n    return scores.soft"
            )
        }
    )
    text = review(marked, "list").out
    assert "stale, 3 of 3 lines kept, 1 new at models/new.py:3" in text
    assert "criterion read; note: fine" in text
    row = review(marked, "list", "--format", "json").json["reviews"][0]
    assert (row["state"], row["kept"], row["added"]) == ("stale", 3, {"models/new.py": [[3, 3]]})
    for narrow, hit in ((["--by", "rae"], 1), (["--by", "dana"], 0), (["--tool", "claude-code"], 1), (["--tool", "codex"], 0),
                        (["--state", "stale"], 1), (["--state", "gone"], 0), (["models"], 1), (["README.md"], 0),
                        (["--state", "approved"], 1), (["--state", "disputed"], 0), (["--scope", "models"], 1)):  # fmt: skip
        assert len(review(marked, "list", *narrow, "--format", "json").json["reviews"]) == hit, narrow
    marked.write({"models/new.py": "x = 1\n"})
    assert review(marked, "list").out.split("\n")[0].endswith("gone")


def test_the_list_and_the_backlog_are_narrowed_by_scope(marked: Repo) -> None:
    """Files of the scope by path, class and owner, also after a move; a scope that nobody knows is a mistake."""
    more = """
[[scope]]
name = "core"
owners = ["@acme/core"]
  [[scope.rule]]
  tools = ["codex"]
  require = "review"
[[scope]]
name = "docs"
artifacts = ["docs"]
"""
    marked.write({"whence.toml": POLICY + more, "CODEOWNERS": "/lib/ @acme/core\n"})
    review(marked, "models/new.py:1-3", "--criterion", "read")

    def listed(*narrow: str) -> list[str]:
        rows = review(marked, "list", *narrow, "--format", "json").json["reviews"]
        return [path for row in rows for path in row["paths"]]

    assert listed("--scope", "models") == ["models/new.py"]
    assert listed("--scope", "core") == listed("--scope", "docs") == []
    assert [row["count"] for row in suggested(marked, "--scope", "models")] == [4]
    assert suggested(marked, "--scope", "core") == suggested(marked, "--tool", "codex") == []
    (marked.path / "lib").mkdir()
    marked.git("mv", "models/new.py", "lib/new.py")
    assert listed("--scope", "core") == ["lib/new.py"]
    assert listed("--scope", "models") == []
    wrong = review(marked, "list", "--scope", "model")
    assert wrong.status == 2
    assert "the policy has no scope `model`; did you mean `models`?" in wrong.err
    assert review(marked, "suggest", "--scope", "x").status == 2
    (marked.path / "whence.toml").unlink()
    assert "there is no policy here, so there are no scopes" in review(marked, "list", "--scope", "x").err


def suggested(repo: Repo, *narrow: str) -> list[Any]:
    return list(review(repo, "suggest", *narrow, "--format", "json").json["suggestions"])


DISPUTE = ("models/new.py:1-3", "--result", "disputed", "--note", "typed by hand")


def test_a_dispute_is_recorded_and_stays_in_sight(marked: Repo) -> None:
    """With its reason, who said it and what the policy makes of it: in the answer, the list, the scan and the why."""
    unsaid = review(marked, *DISPUTE[:3]).err
    assert "a disputed finding needs a reason" in unsaid
    assert '--note "..."' in unsaid
    done = review(marked, *DISPUTE)
    assert (done.status, done.err) == (0, "")
    assert "disputed 3 lines of `attention`" in done.out
    assert "the policy notes that and asks all the same" in done.out
    assert "still open: review-missing" in done.out
    said = "Rae Reader <rae@example.org> says that Claude Code (Anthropic)"
    report = run(marked, "scan").out
    assert "disputed: 3 attributed lines in 1 file" in report
    assert said in report
    assert "typed by hand; the policy notes that" in run(marked, "explain", "models/new.py:2").out
    assert "  disputed  Rae" in review(marked, "list", "--state", "disputed").out
    assert run(marked, "scan").status == 1


def test_an_accepted_dispute_makes_the_scan_green_and_is_counted(marked: Repo) -> None:
    """Nothing is asked of the lines any more; the report still tells, and only those who may can do it."""
    rules = POLICY.replace("[review.criteria", '[review]\ndisputes = "accepted"\n[review.criteria')
    marked.write({"whence.toml": rules})
    assert "the policy accepts that" in review(marked, *DISPUTE).out
    assert open_lines(marked) == [[6, 9]]
    scan = run(marked, "scan", "--format", "json").json
    assert scan["summary"]["disputed_lines"] == 3
    assert [(entry["lines"], entry["accepted"]) for entry in scan["disputes"]] == [([[1, 3]], True)]
    assert "nothing: the attribution is disputed" in run(marked, "explain", "models/new.py:2").out
    marked.write({"whence.toml": rules.replace('"accepted"', '"accepted"\ndisputers = ["*@leads.example"]')})
    assert open_lines(marked) == [[1, 3], [6, 9]]
    assert "the policy accepts the word of *@leads.example only" in run(marked, "scan").out


def test_a_policy_that_accepts_no_disputes_says_so(marked: Repo) -> None:
    """Nothing is recorded; what was recorded before counts nothing and is named."""
    review(marked, *DISPUTE)
    before = sorted((marked.path / FOLDER).iterdir())
    marked.write(
        {
            "whence.toml": POLICY.replace(
                "[review.criteria", '[review]\ndisputes = "refused"\n[review.criteria'
            )
        }
    )
    refused = review(marked, "models/new.py:6-9", "--result", "disputed", "--note", "mine")
    assert refused.status == 2
    assert 'the policy accepts no disputes (disputes = "refused" in whence.toml)' in refused.err
    assert sorted((marked.path / FOLDER).iterdir()) == before
    assert "typed by hand; the policy accepts no disputes" in run(marked, "scan").out


def test_an_answer_for_one_of_two_scopes_leaves_the_other_open(marked: Repo) -> None:
    """Each wants its own promise; the command takes either, says what is still open, and `why` tells both."""
    more = """
[review.criteria.legal]
text = "Legal has seen it."
[[scope]]
name = "licences"
  [[scope.rule]]
  require = "review"
  severity = "warning"
  criterion = "legal"
"""
    marked.write({"whence.toml": POLICY + more})
    bare = review(marked, "models/new.py:1-3")
    assert "criterion `read`: I read every line., or `legal`: Legal has seen it." in bare.err
    assert "--criterion read or legal" in bare.err
    first = review(marked, "models/new.py:1-3", "--criterion", "legal")
    assert "still open: review-missing at lines 1-3" in first.out
    assert "gives `legal`; the rule asks for `read`" in first.out
    second = review(marked, "models/new.py:1-3", "--criterion", "read")
    assert "still open" not in second.out
    assert len(Ledger.read(marked.path).reviews) == 2
    why = run(marked, "policy", "why", "models/new.py:2").out
    assert "to be reviewed by a person (error, review-missing) by models" in why
    assert "besides, to be reviewed by a person (warning, review-missing) by licences" in why
    assert "stands beside: it asks for something else than `models`" in why


def test_a_stronger_promise_is_as_good(marked: Repo) -> None:
    """A criterion that implies the one that is asked for is taken, as in the scan."""
    marked.write(
        {"whence.toml": POLICY + '[review.criteria.audited]\ntext = "I audited it."\nimplies = ["read"]\n'}
    )
    assert review(marked, "models/new.py:1-3", "--criterion", "audited").status == 0
    assert open_lines(marked) == [[6, 9]]


def test_more_than_a_screen_of_regions_is_not_approved_by_its_range(marked: Repo) -> None:
    """Naming lines 1 to the last is no way round the policy's word on bulk approval; one long region is."""
    parts = [CODE.replace("attention", f"f{n}").replace("mask_future", f"g{n}") for n in range(15)]
    one = "def long():\n" + "".join(f"    value_{n} = compute({n})\n" for n in range(150))
    marked.commit(MARKED, {"models/many.py": "\n\n".join(parts), "models/one.py": one})
    refused = review(marked, "models/many.py:1-160", "--criterion", "read")
    assert refused.status == 2
    assert "30 regions to answer for there" in refused.err
    assert review(marked, "models/many.py:1-20", "--criterion", "read").status == 0
    assert review(marked, "models/one.py:1-151", "--criterion", "read").status == 0


def test_renewing_reads_only_the_difference(marked: Repo) -> None:
    """It shows the lines that came since, and answers only when told to."""
    review(marked, "models/new.py:1-3", "--criterion", "read")
    changed = CODE.replace("dim=-1)\n\n", "dim=-2)\n\n")
    marked.commit(
        MARKED,
        {
            "models/new.py": changed.replace(
                "    return scores.soft", "    scores = scores / 8\n    return scores.soft"
            )
        },
    )
    shown = review(marked, "renew", "models/new.py")
    assert "scores = scores / 8" in shown.out
    assert "scores = query" not in shown.out
    assert "add --yes" in shown.out
    before = open_lines(marked)
    assert review(marked, "renew", "models/new.py", "--yes").status == 0
    assert sum(b - a + 1 for a, b in open_lines(marked)) < sum(b - a + 1 for a, b in before)
    assert "nothing of yours changed" in review(marked, "renew", "models/new.py").out
    assert review(marked, "renew").status == 2


def test_a_line_that_a_person_changes_makes_only_its_own_review_stale(marked: Repo) -> None:
    """Not that of the function below, near which it stood; and there is nothing to answer for again."""
    review(marked, "models/new.py:1-3", "--criterion", "read")
    review(marked, "models/new.py:6-9", "--criterion", "read")
    marked.write({"models/new.py": CODE.replace("dim=-1)\n\n", "dim=-2)\n\n")})
    first, second = (line for line in review(marked, "list").out.splitlines() if "models/new.py" in line)
    assert "stale, 2 of 3 lines kept, 1 new at models/new.py:3" in first
    assert "current, 4 lines" in second
    said = review(marked, "renew", "models/new.py").out
    assert said.startswith(
        "1 line has come among your reviewed lines since; no tool is known to have written it"
    )


def test_the_backlog_is_shown_cheapest_first(marked: Repo) -> None:
    """With the very command for each step and the sum of lines."""
    text = review(marked, "suggest").out.splitlines()
    assert text[0].startswith("    3 lines  models/new.py:1-3")
    assert text[1].strip() == "whence review models/new.py:1-3 --criterion read"
    assert text[2].startswith("    4 lines  models/new.py:6-9")
    assert text[-1] == "2 regions, 7 lines in all"
    assert "1 of them not shown" in review(marked, "suggest", "--limit", "1").out
    rows = review(marked, "suggest", "--format", "json").json["suggestions"]
    assert [row["total"] for row in rows] == [3, 7]
    for row in rows:
        assert run(marked, *row["command"].split()[1:]).status == 0
    assert review(marked, "suggest").out == "nothing waits for a review\n"


def test_the_backlog_knows_whose_turn_it_is(marked: Repo) -> None:
    """Nobody is asked again for what they answered, nor for what they wrote; it is said that it waits for others."""
    marked.write({"whence.toml": POLICY.replace('criterion = "read"', 'criterion = "read"\n  reviewers = 2')})
    first = "models/new.py:1-3"
    before = review(marked, first, "--criterion", "read").out
    assert "approved 3 lines of these; the rule asks for 2 people, so 1 more has to." in before
    text = review(marked, "suggest").out
    assert first not in text
    assert "1 region, 3 lines more wait for somebody else" in text
    assert first in review(marked, "suggest", "--as", "Ted Two <ted@example.org>").out
    author = review(marked, "suggest", "--as", "Dana Dev <dana@example.org>").out
    assert author.startswith(
        "nothing waits for a review by you\n2 regions, 7 lines more wait for somebody else"
    )
    rows = review(marked, "suggest", "--format", "json").json["suggestions"]
    assert [(row["count"], row["others"]) for row in rows] == [(4, False), (3, True)]


def test_files_may_stand_on_either_side_of_options(marked: Repo) -> None:
    """`export --in-toto models` as well as `export models --in-toto`."""
    review(marked, "--criterion", "read", "models/new.py:1-3")
    assert (
        json.loads(review(marked, "export", "--in-toto", "models").out)["predicate"]["result"] == "approved"
    )
    assert review(marked, "export", "models", "--in-toto").out == review(marked, "export", "--in-toto").out
    assert review(marked, "list", "--by", "rae", "README.md").out == "no review is like that\n"


def test_pruning_lists_first(marked: Repo) -> None:
    """Nothing is removed without --delete, and a moved file is no orphan."""
    review(marked, "models/new.py:1-3", "--criterion", "read")
    marked.git("mv", "models/new.py", "models/moved.py")
    assert review(marked, "prune").out == "every review still answers for something\n"
    (marked.path / "models/moved.py").unlink()
    listed = review(marked, "prune")
    assert "models/new.py is gone, and no other file holds its lines" in listed.out
    assert "add --delete" in listed.out
    assert len(Ledger.read(marked.path).reviews) == 1
    assert "removed 1 reviews" in review(marked, "prune", "--delete").out
    assert Ledger.read(marked.path).reviews == ()


def test_export_gives_statements(marked: Repo) -> None:
    """One JSON document a line, which reads back as the review."""
    review(marked, "models/new.py:1-3", "models/new.py:6-9", "--criterion", "read")
    reviews = Ledger.read(marked.path).reviews
    lines = review(marked, "export", "--in-toto").out.splitlines()
    assert tuple(from_statement(json.loads(line)) for line in lines) == reviews
    assert len(review(marked, "export", reviews[0].id, "--in-toto").out.splitlines()) == 1
    assert review(marked, "export", "README.md", "--in-toto").out == ""
    assert review(marked, "export").status == 2


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="signing is done by OpenSSH's ssh-keygen")
def test_a_signed_answer_is_verified(marked: Repo, tmp_path: Path) -> None:
    """With git's own signing key; a forged one fails the check."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    marked.git("config", "user.signingKey", str(key))
    done = review(marked, "models/new.py:1-3", "--criterion", "read", "--sign")
    assert (done.status, done.err) == (0, "")
    marked.write({".whence/allowed_signers": f"rae@example.org {public}\n"})
    assert review(marked, "verify").out == "1 signed, 0 unsigned, 0 refused\n"
    review(marked, "models/new.py:6-9", "--criterion", "read")
    assert (review(marked, "verify").status, review(marked, "verify").out) == (
        0,
        "1 signed, 1 unsigned, 0 refused\n",
    )
    marked.write({".whence/allowed_signers": f"dana@example.org {public}\n"})
    refused = review(marked, "verify")
    assert refused.status == 1
    assert "names rae@example.org, but is signed with the key of dana@example.org" in refused.out
    assert review(marked, "verify", "--format", "json").json["reviews"][0]["status"] in (
        "forged-name",
        "unsigned",
    )


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="signing is done by OpenSSH's ssh-keygen")
def test_keys_are_taken_from_where_nobody_could_change_them(marked: Repo, tmp_path: Path) -> None:
    """A branch that lists its own key, or forgets that it is revoked, is refused by the lists of the protected branch."""
    public = {}
    for name in ("mine", "ours"):
        key = tmp_path / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        public[name] = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    marked.write({".whence/allowed_signers": f"rae@example.org {public['mine']}\n"})
    review(marked, "models/new.py:1-3", "--criterion", "read", "--sign", "--key", str(tmp_path / "mine"))
    assert review(marked, "verify").out == "1 signed, 0 unsigned, 0 refused\n"
    (tmp_path / "signers").write_text(f"rae@example.org {public['ours']}\n")
    refused = review(marked, "verify", "--signers", str(tmp_path / "signers"))
    assert refused.status == 1
    assert f"is signed with a key that {tmp_path / 'signers'} does not list" in refused.out
    (tmp_path / "revoked").write_text(public["mine"] + "\n")
    refused = review(marked, "verify", "--revoked", str(tmp_path / "revoked"))
    assert (refused.status, "is signed with a key that is revoked" in refused.out) == (1, True)
    (tmp_path / "signers").write_text(f"rae@example.org {public['mine']}\n")
    assert review(marked, "verify", "--signers", str(tmp_path / "signers")).status == 0


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--signers", None, "cannot be read: No such file"),
        ("--signers", "", "names no key"),
        ("--signers", "rae@example.org nokey\n", "names no key; line 1 cannot be read"),
        ("--revoked", "nokey\n", "line 1 of"),
    ],
)
def test_keys_that_can_check_nothing_are_no_check(
    marked: Repo, tmp_path: Path, option: str, text: str | None, words: str
) -> None:
    """As when `git show` had nothing to write into the file: wrong usage, not a ledger without signatures."""
    file = tmp_path / "keys"
    if text is not None:
        file.write_text(text)
    done = review(marked, "verify", option, str(file))
    assert (done.status, done.out) == (2, "")
    assert words in done.err
    assert "git show main:.whence/allowed_signers" in done.err


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="signing is done by OpenSSH's ssh-keygen")
def test_where_signatures_are_wanted_only_signed_answers_settle(marked: Repo, tmp_path: Path) -> None:
    """The command signs by itself; an answer without a signature leaves the finding open and is named."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    wanting = POLICY.replace("[review.criteria", "[review]\nsigned = true\n[review.criteria")
    marked.write({"whence.toml": wanting, ".whence/allowed_signers": f"rae@example.org {public}\n"})
    unsigned = review(marked, "models/new.py:1-3", "--criterion", "read", "--no-sign")
    assert "does not count: the review by Rae Reader <rae@example.org> is not signed" in unsigned.out
    assert [1, 3] in open_lines(marked)
    unmeasured = run(marked, "scan", "--format", "json").json["not_measured"]
    assert any("is not signed" in item["why"] for item in unmeasured)
    assert review(marked, "verify").status == 1
    assert (
        "signed in .whence/reviews/"
        in review(marked, "models/new.py:1-3", "--criterion", "read", "--key", str(key)).out
    )
    assert open_lines(marked) == [[6, 9]]
    # Who answers again and signs is done with the unsigned answer.
    assert review(marked, "verify").out == "1 signed, 1 unsigned, 0 refused\n"
    assert not run(marked, "scan", "--format", "json").json["not_measured"]


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="signing is done by OpenSSH's ssh-keygen")
def test_unsigned_answers_of_before_can_be_made_good(marked: Repo, tmp_path: Path) -> None:
    """Also those that were changed back and forth, and of fewer lines: who answers again and signs is done with them."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    for result in ("approved", "rejected", "approved"):
        assert review(marked, "models/new.py:1-3", "--criterion", "read", "--result", result).status == 0
    review(marked, "models/new.py:6-7", "--criterion", "read")
    wanting = POLICY.replace("[review.criteria", "[review]\nsigned = true\n[review.criteria")
    marked.write({"whence.toml": wanting})
    sign = ("--criterion", "read", "--key", str(key))
    first = review(marked, "models/new.py:1-3", *sign)
    assert "does not count" in first.out
    assert f"    rae@example.org {public}\n" in first.out
    marked.write({".whence/allowed_signers": f"rae@example.org {public}\n"})
    refused = review(marked, "verify")
    assert (refused.status, refused.out.count("is not signed")) == (1, 1)
    review(marked, "models/new.py:6-9", *sign)
    assert (review(marked, "verify").status, review(marked, "verify").out) == (
        0,
        "2 signed, 4 unsigned, 0 refused\n",
    )
    assert (run(marked, "scan").status, open_lines(marked)) == (0, [])
    assert not run(marked, "scan", "--format", "json").json["not_measured"]
    shown = review(marked, "prune").out
    assert shown.count("not signed, and replaced since by the same person") == 4
    assert review(marked, "prune", "--delete").out.endswith("removed 4 reviews and 0 signatures\n")
    assert review(marked, "verify").out == "2 signed, 0 unsigned, 0 refused\n"
    assert review(marked, "prune").out == "every review still answers for something\n"
    assert open_lines(marked) == []


def test_an_answer_is_taken_back_by_whoever_gave_it(marked: Repo) -> None:
    """It is shown first; what it had replaced does not come back, and nobody withdraws somebody else's."""
    review(marked, "models/new.py:1-3", "--criterion", "read", "--result", "rejected")
    review(marked, "models/new.py:1-3", "--criterion", "read")
    review(marked, "models/new.py:6-9", "--criterion", "read", "--as", "Dana Doe <dana@example.org>")
    assert open_lines(marked) == []
    shown = review(marked, "withdraw", "models/new.py")
    assert (shown.status, shown.out.count("approved\n")) == (0, 1)
    assert "Dana Doe <dana@example.org> answered there, too" in shown.out
    assert "to withdraw it, add --yes" in shown.out
    assert open_lines(marked) == []
    assert "no answer of Rae Reader" in review(marked, "withdraw", "models/new.py:6-9", "--yes").out
    assert open_lines(marked) == []
    done = review(marked, "withdraw", "models/new.py::attention", "--yes")
    assert done.out.endswith("Rae Reader <rae@example.org> withdrew 1 answer; commit that with your work\n")
    assert open_lines(marked) == [[1, 3]]
    assert [one.reviewer for one in Ledger.read(marked.path).recorded] == ["Dana Doe <dana@example.org>"]
    # A committed one is emptied, as when it is pruned.
    marked.git("add", "-A")
    marked.git("commit", "-q", "-m", "Answer")
    done = review(marked, "withdraw", "models", "--yes", "--as", "Dana Doe <dana@example.org>")
    assert "committed ones are empty files now" in done.out
    assert open_lines(marked) == [[1, 3], [6, 9]]
    assert review(marked, "withdraw").status == 2


def test_a_rejection_is_settled_by_whoever_rejected(marked: Repo) -> None:
    """Who approved, or may, is not told to record a review that cannot help."""
    review(marked, "models/new.py:1-3", "--criterion", "read", "--result", "rejected", "--note", "unsafe")
    review(marked, "models/new.py:1-3", "--criterion", "read", "--as", "Dana Doe <dana@example.org>")
    first, second = run(marked, "scan").out.split("models/new.py:6-9  error")
    assert "change these lines, or have Rae Reader <rae@example.org> answer anew" in first
    assert "whence review " not in first
    assert "whence review models/new.py:6-9" in second


def test_a_folder_is_not_answered_for_and_the_way_is_shown(marked: Repo) -> None:
    """What is left to review in it."""
    done = review(marked, "models", "--criterion", "read")
    assert (done.status, "models is a folder" in done.err) == (2, True)
    assert "next: whence review suggest models lists" in done.err


def test_signing_without_a_key_says_so(marked: Repo) -> None:
    """Nothing half done is left behind, and the way to sign is shown."""
    for more, words in (
        ((), "there is no key to sign the review with"),
        (("--key", "nokey"), "ssh-keygen did not sign"),
    ):
        done = review(marked, "models/new.py:1-3", "--criterion", "read", "--sign", *more)
        assert (done.status, done.out) == (2, "")
        assert words in done.err
        assert "nothing was recorded" in done.err
        assert "user.signingKey" in done.err
        assert not list((marked.path / FOLDER).glob("*"))


def test_an_edited_review_is_refused_by_name(marked: Repo) -> None:
    """`verify` fails, `list` warns, and the finding is open again."""
    review(marked, "models/new.py:1-3", "--result", "rejected", "--note", "unsafe")
    (file,) = (marked.path / FOLDER).iterdir()
    file.write_text(file.read_text().replace('"rejected"', '"approved"'))
    done = review(marked, "verify")
    assert done.status == 1
    assert file.name in done.out
    assert "edited or renamed" in done.out
    assert "edited or renamed" in review(marked, "list").err
    assert [1, 3] in open_lines(marked)


def test_a_file_with_the_name_of_an_action_can_be_reviewed(marked: Repo) -> None:
    """The action wins, so that no file can turn a check into an answer; `./` names the file."""
    marked.commit(MARKED, {"models/list": "a b c d e f g h i j k l m n o p\n"})
    done = whence(marked.path / "models", marked.environment, "review", "./list", "--criterion", "read")
    assert "approved 1 line of" in done.out
    listed = whence(marked.path / "models", marked.environment, "review", "list")
    assert "approved 1 line of" not in listed.out


OWN = """\
version = 1
[[scope]]
name = "models"
paths = ["models/**"]
{more}
  [[scope.rule]]
  require = "review"
  reviewers = 1
"""


def names(repo: Repo, place: str, lines: str) -> None:
    """Map people, in the work tree's file or in one that the configuration names."""
    if place == "configured":
        (repo.home / "names").write_text(lines)
        repo.git("config", "mailmap.file", str(repo.home / "names"))
    else:
        repo.write({".mailmap": lines})


@pytest.mark.parametrize("place", ["work tree", "configured"])
def test_nobody_becomes_somebody_else_by_a_mailmap(marked: Repo, place: str) -> None:
    """An author who maps themselves to a ghost neither approves their own lines nor becomes exempt."""
    marked.write({"whence.toml": OWN.format(more='exempt = ["*@maintainers.example"]')})
    names(marked, place, "Ghost <ghost@maintainers.example> <dana@example.org>\n")
    review(marked, "models/new.py:1-3", "--as", "Dana Dev <dana@example.org>")
    done = run(marked, "scan")
    assert done.status == 1
    assert "Dana Dev <dana@example.org> wrote these lines" in done.out


def test_a_mailmap_tells_a_reviewer_as_the_author(marked: Repo) -> None:
    """Two addresses that the project knows as one person's are that person's, under whatever name."""
    marked.write({"whence.toml": OWN.format(more="")})
    review(marked, "models/new.py:1-3")
    assert "wrote these lines" not in run(marked, "scan").out
    names(marked, "work tree", "Rae <rae@example.org> <dana@example.org>\n")
    assert (
        "wrote these lines (one person in .mailmap, as Dana Dev <dana@example.org>)"
        in run(marked, "scan").out
    )


def test_one_person_with_two_addresses_is_one_reviewer(marked: Repo) -> None:
    """Where a rule asks for two."""
    marked.write({"whence.toml": OWN.format(more="").replace("reviewers = 1", "reviewers = 2")})
    review(marked, "models/new.py:1-3")
    review(marked, "models/new.py:1-3", "--as", "R <rae@home.example>")
    assert "models/new.py:1-3" not in run(marked, "scan").out
    names(marked, "work tree", "Rae <rae@example.org> <rae@home.example>\n")
    assert "the rule asks for 2 people, so 1 more has to" in run(marked, "scan").out
