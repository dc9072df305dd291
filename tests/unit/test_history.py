"""Commits that declare a tool are evidence for exactly their own lines that are still there."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.git import Repo
from whence.errors import Cancelled
from whence.evidence.declared import walk
from whence.evidence.history import History, PreparedHistory
from whence.evidence.interface import Context
from whence.model import Document, Evidence, EvidenceClass
from whence.ranges import Lines
from whence.repo import Repository
from whence.tools import Registry

CLAUDE = "Co-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>"


def opened(repo: Repo, folder: str = "") -> Repository:
    found = Repository.open(repo.path / folder, repo.environment)
    assert found is not None
    return found


def prepared(repo: Repo, paths: Sequence[str], folder: str = "") -> PreparedHistory:
    context = Context(repo.path / folder, opened(repo, folder), Registry.builtin(), paths, repo.environment)
    return History().prepare(context)


def unchanged(path: str, count: int) -> Document:
    """A document as committed."""
    return Document(path, ("x",) * count, head_path=path, head_lines=tuple(range(1, count + 1)))


def check(repo: Repo, path: str, count: int, expected: dict[str, Lines]) -> tuple[Evidence, ...]:
    """The claims on a file with `count` lines as committed, as signal to lines."""
    found = tuple(prepared(repo, [path]).claims(unchanged(path, count)))
    assert {piece.signal: piece.lines for piece in found} == expected
    return found


def test_a_marked_commit_claims_its_own_lines(repo: Repo) -> None:
    """Lines of the commit with the trailer are claimed, with all that leads back to it; people's lines are not."""
    repo.commit("Start", {"a.py": "one\ntwo\nthree\n"})
    sha = repo.commit(
        f"Add\n\n{CLAUDE}", {"a.py": "one\nnew\ntwo\nthree\nlast\n"}, date="2026-05-01T10:00:00+00:00"
    )
    repo.commit("Edit by hand", {"a.py": "one\nnew\ntwo\nthree\nlast\nmine\n"})
    (found,) = check(repo, "a.py", 6, {"trailer:claude-code": ((2, 2), (5, 5))})
    assert (found.evidence_class, found.source) == (EvidenceClass.DECLARED, "git-history")
    assert (found.reference, found.commit, found.detail) == (sha, sha, CLAUDE)
    assert (found.agent.tool, found.agent.model) == ("claude-code", "claude-opus-4-6")
    assert found.time == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert found.person == "Dana Dev <dana@example.org>"


def test_claims_follow_the_present_text(repo: Repo) -> None:
    """Unsaved edits move the claims with their lines and leave new lines unclaimed."""
    repo.commit(f"Add\n\n{CLAUDE}", {"a.py": "one\ntwo\n"})
    found = prepared(repo, ["a.py"])
    document = replace(unchanged("a.py", 4), head_lines=(0, 2, 0, 1))
    assert [piece.lines for piece in found.claims(document)] == [((2, 2), (4, 4))]
    assert found.claims(Document("a.py", ("one",))) == ()


def test_an_uncommitted_rename_keeps_its_claims(repo: Repo) -> None:
    """A file that HEAD knows under another name is claimed by that name."""
    repo.commit(f"Add\n\n{CLAUDE}", {"a.py": "one\n"})
    context = Context(
        repo.path, opened(repo), Registry.builtin(), ["b.py"], repo.environment, head_paths={"b.py": "a.py"}
    )
    document = Document("b.py", ("one",), head_path="a.py", head_lines=(1,))
    assert len(History().prepare(context).claims(document)) == 1


def test_a_workspace_below_the_top_sees_its_own_files(repo: Repo) -> None:
    """Paths are the workspace's; what lies outside it is not looked at."""
    repo.commit(f"Add\n\n{CLAUDE}", {"sub/a.py": "one\n", "a.py": "other\n"})
    found = prepared(repo, ["a.py"], "sub")
    assert list(found.files) == ["a.py"]
    assert [piece.lines for piece in found.claims(unchanged("a.py", 1))] == [((1, 1),)]


@pytest.mark.parametrize(
    ("message", "author", "date"),
    [
        ("Bump x", "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>", None),
        (f"Release\n\n{CLAUDE}", "github-actions[bot] <github-actions[bot]@users.noreply.github.com>", None),
        ("Add", "Claude Martin <claude@example.fr>", None),
        ("Add", "Devin Smith <devin@example.org>", None),
        (f"Add\n\n{CLAUDE}", "Dana Dev <dana@example.org>", "2020-12-31T23:59:59+00:00"),
    ],
    ids=["dependabot", "release bot", "a human Claude", "a human Devin", "before 2021"],
)
def test_nobody_is_accused_wrongly(repo: Repo, message: str, author: str, date: str | None) -> None:
    """Bots that write by rule, people with a tool's name and everything before 2021 are never claimed."""
    repo.commit(message, {"a.py": "one\n"}, author=author, date=date)
    check(repo, "a.py", 1, {})


def test_a_merge_claims_nothing_its_branch_does(repo: Repo) -> None:
    """A trailer on a merge commit speaks for no line; the branch's own commits speak for theirs."""
    repo.commit("Start", {"a.py": "one\n"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("By hand", {"b.py": "mine\n"})
    repo.git("checkout", "-q", "main")
    repo.merge("topic", f"Merge topic\n\n{CLAUDE}")
    assert prepared(repo, ["a.py", "b.py"]).files == {}


def test_brought_back_lines_are_not_the_reverts(repo: Repo) -> None:
    """A revert that a tool made puts older text back; that text is not the tool's."""
    repo.commit("Start", {"a.py": "one\ntwo\n"})
    sha = repo.commit("Cut", {"a.py": "one\n"})
    repo.commit(f'Revert "Cut"\n\nThis reverts commit {sha}.\n\n{CLAUDE}', {"a.py": "one\ntwo\n"})
    check(repo, "a.py", 2, {})


def test_what_a_revert_adds_besides_is_declared(repo: Repo) -> None:
    """The words of a revert hide no new text, in the file that it takes back or in another."""
    repo.commit("Start", {"a.py": "one\ntwo\n"})
    sha = repo.commit("Cut", {"a.py": "one\n"})
    message = f'Revert "Cut"\n\nThis reverts commit {sha}.\n\nAnd more.\n\n{CLAUDE}'
    repo.commit(message, {"a.py": "one\ntwo\nnew\n", "b.py": "new, too\n"})
    check(repo, "a.py", 3, {"trailer:claude-code": ((3, 3),)})
    check(repo, "b.py", 1, {"trailer:claude-code": ((1, 1),)})


def test_a_revert_of_nobody_knows_what_is_not_measured(repo: Repo) -> None:
    """Which of its lines are new cannot be told where the commit that it names is not behind it: it may be rebased."""
    repo.commit("Start", {"a.py": "one\n"})
    message = f'Revert "Cut"\n\nThis reverts commit {"d" * 40}.\n\n{CLAUDE}'
    sha = repo.commit(message, {"a.py": "one\ntwo\n"})
    found = prepared(repo, ["a.py"])
    assert found.files == {}
    (gap,) = found.not_measured
    assert (gap.path, gap.evidence_class) == ("a.py", None)
    assert gap.why.startswith(f"1 line of {sha[:12]}, a revert")


def test_lines_that_come_back_are_whose_they_were(repo: Repo) -> None:
    """A tool's after two reverts, in words or without; a person's, whoever restores them."""
    mine, theirs = "mine 1\nmine 2\n", "its 1\nits 2\n"
    repo.commit("Start", {"a.py": mine, "b.py": "x\n"})
    repo.commit("By hand", {"a.py": None})
    repo.commit(f"Restore\n\n{CLAUDE}", {"a.py": mine})
    check(repo, "a.py", 2, {})
    added = repo.commit(f"Add\n\n{CLAUDE}", {"b.py": "x\n" + theirs})
    back = repo.commit(f"Revert\n\nThis reverts commit {added}.", {"b.py": "x\n"})
    repo.commit("Meanwhile", {"b.py": "w\nx\n"})
    repo.commit(f"Reapply\n\nThis reverts commit {back}.", {"b.py": "w\nx\n" + theirs})
    (claim,) = check(repo, "b.py", 4, {"trailer:claude-code": ((3, 4),)})
    assert claim.commit == added


@pytest.mark.parametrize(
    ("author", "claimed"), [("Dana Dev <dana@example.org>", False), ("Claude <noreply@anthropic.com>", True)]
)
def test_what_no_parent_of_a_merge_has(repo: Repo, author: str, claimed: bool) -> None:
    """Declared where a tool's own account made the merge; its message alone may sum up others', so that is not measured."""
    repo.commit("Start", {"a.py": "one\n"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("By hand", {"b.py": "mine\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("By hand", {"c.py": "mine\n"})
    repo.git("merge", "-q", "--no-ff", "--no-commit", "topic")
    sha = repo.commit(f"Merge topic\n\n{CLAUDE}", {"a.py": "one\nof neither side\n"}, author=author)
    found = prepared(repo, ["a.py", "b.py", "c.py"])
    assert list(found.files) == (["a.py"] if claimed else [])
    gaps = [(gap.path, gap.why.split(",")[0]) for gap in found.not_measured]
    assert gaps == ([] if claimed else [("a.py", f"1 line of {sha[:12]}")])
    if claimed:
        check(repo, "a.py", 2, {"author:claude-code": ((2, 2),)})


def test_a_review_bots_suggestion_is_a_hint(repo: Repo) -> None:
    """A commit that took over a review bot's suggestion is never declared to be the bot's."""
    credit = "Co-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>"
    repo.commit(f"Apply suggestion\n\n{credit}", {"a.py": "one\n"})
    (found,) = check(repo, "a.py", 1, {"trailer:copilot": ((1, 1),)})
    assert found.evidence_class is EvidenceClass.INFERRED


def test_messages_in_other_encodings_are_read(repo: Repo) -> None:
    """Latin-1 and plain junk in a message or name hide no trailer and break nothing."""
    (repo.path / "a.py").write_text("one\n")
    repo.git("add", "-A")
    message = f"Gr\xfc\xdfe\n\n{CLAUDE}\n".encode("latin-1")
    repo.git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "-F", "-", feed=message)
    header, _, _ = repo.git("cat-file", "commit", "HEAD").partition("\nencoding")
    header = header.replace("\nauthor", f"\nparent {repo.git('rev-parse', 'HEAD')}\nauthor")
    raw = header.encode() + b"\n\njunk \xff\xfe\n"
    repo.git("reset", "-q", repo.git("hash-object", "-t", "commit", "-w", "--stdin", feed=raw))
    newest, oldest = walk(opened(repo))
    assert oldest.body.startswith("Gr\xfc\xdfe\n")
    assert newest.body.startswith("junk \ufffd\ufffd\n")
    check(repo, "a.py", 1, {"trailer:claude-code": ((1, 1),)})


def test_one_wrong_clock_does_not_hide_what_is_behind_it(repo: Repo) -> None:
    """A commit with a committer date of 1970 does not end the walk."""
    repo.commit(f"Add\n\n{CLAUDE}", {"a.py": "one\n"})
    repo.commit("Clock was wrong", {"b.py": "two\n"}, date="1970-01-02T00:00:00+00:00")
    repo.commit("Go on", {"b.py": "three\n"})
    check(repo, "a.py", 1, {"trailer:claude-code": ((1, 1),)})


def test_a_mailmap_makes_nobody_somebody_else(repo: Repo) -> None:
    """A change may bring one: the person is whoever the commit says, nobody becomes a tool by it, and no tool a person."""
    repo.commit(f"Add\n\n{CLAUDE}", {"a.py": "one\n"}, author="Dana <old@example.org>")
    repo.commit("Add", {"b.py": "two\n"}, author="Eve <eve@example.org>")
    repo.commit(
        "Add",
        {"c.py": "three\n"},
        author="Devin AI <158243242+devin-ai-integration[bot]@users.noreply.github.com>",
    )
    repo.write(
        {
            ".mailmap": "Dana Doe <dana@example.org> <old@example.org>\n"
            "Claude <noreply@anthropic.com> <eve@example.org>\n"
            "Frank <frank@example.org> <158243242+devin-ai-integration[bot]@users.noreply.github.com>\n"
        }
    )
    (found,) = check(repo, "a.py", 1, {"trailer:claude-code": ((1, 1),)})
    assert found.person == "Dana <old@example.org>"
    check(repo, "b.py", 1, {})
    (found,) = check(repo, "c.py", 1, {"author:devin": ((1, 1),)})
    assert found.person == "Devin AI <158243242+devin-ai-integration[bot]@users.noreply.github.com>"


def test_an_older_git_walks_everything(repo: Repo, tmp_path: Path) -> None:
    """A git that does not know the date filter is asked without it."""
    repo.commit("Old", {"a.py": "one\n"}, date="2019-01-01T00:00:00+00:00")
    new = repo.commit("New", {"a.py": "two\n"})
    old_git = tmp_path / "bin" / "git"
    old_git.parent.mkdir()
    old_git.write_text(
        "#!/bin/sh\n"
        'for a; do case "$a" in --since-as-filter*) echo "fatal: unrecognized argument: $a" >&2; exit 128;; esac; done\n'
        f'exec {shutil.which("git")} "$@"\n'
    )
    old_git.chmod(0o755)
    environment = {**repo.environment, "PATH": f"{old_git.parent}:{repo.environment['PATH']}"}
    found = Repository.open(repo.path, environment)
    assert found is not None
    assert [commit.sha for commit in walk(found)] == [new]


def test_a_walk_can_be_taken_back(repo: Repo) -> None:
    """Cancelling ends the preparation."""

    def cancel() -> None:
        raise Cancelled

    repo.commit("Start", {"a.py": "one\n"})
    context = Context(
        repo.path, opened(repo), Registry.builtin(), ["a.py"], repo.environment, check_cancelled=cancel
    )
    with pytest.raises(Cancelled):
        History().prepare(context)


def test_what_is_prepared_travels_between_processes(repo: Repo) -> None:
    """A pickled answer is the same answer."""
    repo.commit(f"Add\n\n{CLAUDE}", {"a.py": "one\n"})
    found = prepared(repo, ["a.py"])
    assert pickle.loads(pickle.dumps(found)) == found


def not_measured(found: PreparedHistory) -> list[tuple[str, EvidenceClass | None]]:
    assert all(item.what == "git-history" and item.hint for item in found.not_measured)
    return [(item.why, item.evidence_class) for item in found.not_measured]


def test_a_shallow_clone_is_said_to_be_one(repo: Repo, tmp_path: Path) -> None:
    """What a shallow clone lacks is said once, and its edge accuses nobody; what it has is read."""
    repo.commit("By hand", {"a.py": "one\n"})
    repo.commit(f"At the edge\n\n{CLAUDE}", {"b.py": "two\n"})
    repo.commit(f"Inside\n\n{CLAUDE}", {"c.py": "three\n"})
    clone = Repo(tmp_path / "clone", init=False)
    repo.git("clone", "-q", "--depth=2", f"file://{repo.path}", str(clone.path))
    found = prepared(clone, ["a.py", "b.py", "c.py"])
    assert list(found.files) == ["c.py"]
    reasons = not_measured(found)
    assert all(kind is EvidenceClass.DECLARED and "shallow clone" in why for why, kind in reasons)
    assert all(item.hint == "git fetch --unshallow" for item in found.not_measured)


def test_replaced_history_is_said_to_be_so(repo: Repo) -> None:
    """Replace refs and grafts show another history than was made."""
    repo.commit("One", {"a.py": "one\n"})
    repo.commit("Two", {"a.py": "two\n"})
    repo.git("replace", "HEAD", repo.git("commit-tree", "HEAD^{tree}", "-m", "Other"))
    (repo.path / ".git" / "info" / "grafts").write_text("")
    reasons = not_measured(prepared(repo, ["a.py"]))
    assert [kind for _, kind in reasons] == [EvidenceClass.DECLARED] * 2
    assert ["replace" in reasons[1][0], "grafts" in reasons[0][0]] == [True, True]


def test_no_commits_yet(repo: Repo) -> None:
    """An empty repository has nothing to measure, and that is said."""
    assert not_measured(prepared(repo, [])) == [("the repository has no commits yet", None)]


def test_a_branch_without_commits_beside_others_is_not_measured(repo: Repo) -> None:
    """What is in its files may come from there, and who wrote it cannot be told."""
    repo.commit(f"Add\n\n{CLAUDE}", {"a.py": "one\n"})
    repo.git("checkout", "-q", "--orphan", "release")
    ((why, missing),) = not_measured(prepared(repo, ["a.py"]))
    assert (why.startswith("the branch has no commits yet"), missing) == (True, EvidenceClass.DECLARED)


def test_no_repository(tmp_path: Path) -> None:
    """Without git there is no history to look at, and that is said."""
    found = History().prepare(Context(tmp_path, None, Registry.builtin(), [], {}))
    assert [kind for _, kind in not_measured(found)] == [EvidenceClass.DECLARED]


def test_a_broken_repository_is_not_measured(repo: Repo) -> None:
    """When git cannot read the history its complaint is the reason, and nothing is raised."""
    repo.commit("One", {"a.py": "one\n"})
    parent = repo.git("rev-parse", "HEAD")
    repo.commit("Two", {"a.py": "two\n"})
    (repo.path / ".git" / "objects" / parent[:2] / parent[2:]).unlink()
    ((why, kind),) = not_measured(prepared(repo, ["a.py"]))
    assert kind is EvidenceClass.DECLARED
    assert why.startswith("git log: ")
