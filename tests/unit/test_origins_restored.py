"""Lines that a commit brings back have the origin that they had when they stood there before."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from support.git import Repo
from whence.evidence.origins import Origins, accounted, line_origins, restored
from whence.evidence.origins.named import Named, named
from whence.repo import Repository

TEXT = "".join(f"line {number} that was always there\n" for number in range(8))
BLOCK = "".join(f"line {number} of what comes and goes\n" for number in range(4))
A, B = "a" * 40, "b" * 40


def open_(repo: Repo) -> Repository:
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    return repository


def look(repo: Repo, commits: Collection[str]) -> Origins:
    found = line_origins(open_(repo), repo.git("rev-parse", "HEAD"), commits)
    assert found.not_measured == ()
    return found


def lines(repo: Repo, commit: str, path: str = "a.py") -> list[int]:
    """The lines at HEAD that a commit wrote."""
    return [
        line for run in look(repo, [commit]).files.get(path, ()) for line in range(run.start, run.end + 1)
    ]


def back(commit: str, *more: str) -> str:
    return "\n\n".join(["Take it back", f"This reverts commit {commit}.", *more])


@pytest.fixture
def block(repo: Repo) -> str:
    """A text, and the commit that added a block to it."""
    repo.commit("start", {"a.py": TEXT})
    return repo.commit("block", {"a.py": TEXT + BLOCK})


def test_the_revert_of_a_revert_gives_the_lines_back(repo: Repo, block: str) -> None:
    """As `git revert` writes it, twice; the file may be another by then."""
    reverted = repo.commit(back(block), {"a.py": TEXT})
    repo.commit("meanwhile", {"a.py": "new first line\n" + TEXT})
    again = repo.commit(
        f'Reapply "block"\n\nThis reverts commit {reverted}.', {"a.py": "new first line\n" + TEXT + BLOCK}
    )
    assert lines(repo, block) == [10, 11, 12, 13]
    assert lines(repo, again) == []


def test_what_a_revert_adds_besides_is_its_own(repo: Repo, block: str) -> None:
    """Only what stood there before comes back."""
    cut = repo.commit("cut", {"a.py": TEXT})
    more = repo.commit(back(cut), {"a.py": TEXT + BLOCK + "and a line that is new\n"})
    assert lines(repo, block) == [9, 10, 11, 12]
    assert lines(repo, more) == [13]


def test_a_deletion_that_is_taken_back(repo: Repo, block: str) -> None:
    """Whatever the commit that deleted them was: the lines are whose they were, not its reverter's."""
    cut = repo.commit("cut", {"a.py": TEXT, "b.py": "x\n"})
    repo.commit("meanwhile", {"a.py": "new\n" + TEXT})
    restored = repo.commit(back(cut[:9]), {"a.py": "new\n" + TEXT + BLOCK, "b.py": None})
    assert lines(repo, block) == [10, 11, 12, 13]
    assert lines(repo, restored) == []


def test_a_file_that_is_as_it_was(repo: Repo, block: str) -> None:
    """Without a word: checked out from an older commit, after it was changed or deleted."""
    repo.commit("other", {"a.py": TEXT.replace("was always", "is") + BLOCK.replace("comes", "came")})
    again = repo.commit("as it was", {"a.py": TEXT + BLOCK})
    assert lines(repo, block) == [9, 10, 11, 12]
    repo.commit("delete", {"a.py": None})
    once_more = repo.commit("as it was", {"a.py": TEXT + BLOCK})
    assert lines(repo, block) == [9, 10, 11, 12]
    assert lines(repo, again) == lines(repo, once_more) == []


def test_what_is_older_than_every_asked_commit_is_nobodys(repo: Repo, block: str) -> None:
    """Who brings back what was there before all of them wrote nothing of it."""
    repo.commit("delete", {"a.py": None, "b.py": "x\n"})
    repo.commit("between", {"b.py": "y\n"})
    again = repo.commit("as it was", {"a.py": TEXT + BLOCK})
    assert look(repo, [again]).files == {}


def test_a_file_is_not_looked_for_in_all_of_the_past(
    repo: Repo, block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over more first parents than are gone back, inside of the walk or behind it, a text is new."""
    repo.commit("delete", {"a.py": None, "b.py": "0\n"})
    for number in range(1, 4):
        repo.commit("between", {"b.py": f"{number}\n"})
    again = repo.commit("as it was", {"a.py": TEXT + BLOCK})
    for steps, own in ((4, 0), (3, 12)):
        monkeypatch.setattr(restored, "STEPS", steps)
        assert len(lines(repo, again)) == own
        assert (
            sum(run.length for run in look(repo, [block, again]).files["a.py"] if run.commit == again) == own
        )


def test_a_merge_that_is_taken_back_and_again(repo: Repo) -> None:
    """`git revert -m 1`, and the revert of that."""
    repo.commit("start", {"a.py": TEXT})
    repo.git("checkout", "-q", "-b", "side")
    block = repo.commit("block", {"a.py": TEXT + BLOCK})
    repo.git("checkout", "-q", "main")
    main = repo.commit("main", {"b.py": "x\n"})
    merge = repo.merge("side")
    message = f"Back\n\nThis reverts commit {merge}, reversing\nchanges made to {main}."
    reverted = repo.commit(message, {"a.py": TEXT})
    repo.commit("meanwhile", {"a.py": "new\n" + TEXT})
    repo.commit(back(reverted), {"a.py": "new\n" + TEXT + BLOCK})
    assert lines(repo, block) == [10, 11, 12, 13]


def test_a_commit_that_is_picked_once_more(repo: Repo, block: str) -> None:
    """`git cherry-pick -x` of a commit that was taken back."""
    repo.commit("cut", {"a.py": "new\n" + TEXT})
    picked = repo.commit(f"block\n\n(cherry picked from commit {block})", {"a.py": "new\n" + TEXT + BLOCK})
    assert lines(repo, block) == [10, 11, 12, 13]
    assert lines(repo, picked) == []


def test_a_commit_that_is_not_behind_says_nothing(repo: Repo, block: str) -> None:
    """What a message names elsewhere, or makes up, was never here before."""
    repo.git("checkout", "-q", "-b", "main-2", "HEAD~1")
    other = repo.commit("elsewhere", {"b.py": "x\n"})
    picked = repo.commit(f"x\n\n(cherry picked from commit {block})", {"a.py": TEXT + BLOCK})
    again = repo.commit(back(B, f"This reverts commit {other[:6]}."), {"a.py": TEXT + BLOCK + "new\n"})
    assert lines(repo, picked) == [9, 10, 11, 12]
    assert lines(repo, again) == [13]


def test_an_ignored_commit_is_looked_through_as_git_does(repo: Repo, block: str) -> None:
    """Not as one that brings something back."""
    repo.commit("cut", {"a.py": TEXT})
    again = repo.commit("as it was", {"a.py": TEXT + BLOCK})
    repo.commit("list", {".git-blame-ignore-revs": again + "\n"})
    assert lines(repo, block) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f"This reverts commit {A}.", [Named(A.encode())]),
        (f"This reverts commit {A}, reversing\nchanges made to {B}.", [Named(A.encode(), B.encode())]),
        ("reverts commits abcdef1 and then some", [Named(b"abcdef1")]),
        (f"(cherry picked from commit {A})", [Named(A.encode(), repeated=True)]),
        (f"This reverts commit {A}.\n\nThis reverts commit {B}.", [Named(A.encode()), Named(B.encode())]),
        ("This reverts commit abc.", []),
        ("Reverts acme/thing#12", []),
        ("It reverts commitments", []),
    ],
)
def test_a_message_names_what_it_takes_back(message: str, expected: list[Named]) -> None:
    """As git writes it; what cannot be an id is none."""
    assert list(named(message.encode())) == expected


def test_where_a_reverts_own_lines_can_be_told(repo: Repo, block: str) -> None:
    """Everywhere, if it took all back at its place; only there, if a file is under another name now; else nowhere."""
    cut = repo.commit("cut", {"a.py": TEXT, "b.py": "x\n"})
    repo.git("mv", "a.py", "moved.py")
    repo.commit("move")
    moved = repo.commit(back(cut), {"moved.py": TEXT + BLOCK, "b.py": None})
    plain = repo.commit(back(moved), {"moved.py": TEXT, "b.py": "x\n", "c.py": "new\n"})
    lost = repo.commit(back(A), {"b.py": "y\n"})
    silent = repo.commit("Revert it", {"b.py": "z\n"})
    commits = [commit.encode() for commit in (moved, plain, lost, silent)]
    found = accounted(open_(repo), commits, lambda: None)
    assert {commit.decode(): files for commit, files in found.items()} == {
        moved: {b"a.py"},
        plain: None,
        lost: (),
        silent: (),
    }
