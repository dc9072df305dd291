"""What rests on the dates of lines holds at another commit for each file that nobody touched on the way."""

from __future__ import annotations

import pytest

from support.git import Repo
from support.scans import cold, known, warm
from support.transcripts import Claude
from whence.cache import between, contents, witness
from whence.cache.between import touched
from whence.repo import Repository

CODE = """\
def flash_attention(query, key, value, dropout):
    scores = query @ key.transpose(-2, -1)
    weights = softmax(scores / math.sqrt(query.shape[-1]))
    return drop(weights, probability=dropout) @ value
"""
OWN = "".join(f"total_{number} = sum_of(column_{number}, where=condition_{number})\n" for number in range(12))


def way(repo: Repo, one: str, other: str, folder: str = "") -> set[str] | None:
    """The files between two revisions; the same from both ends."""
    repository = Repository.open(repo.path / folder, repo.environment)
    assert repository is not None
    ends = [repo.git("rev-parse", name) for name in (one, other)]
    found = touched(repository, *ends)
    assert found == touched(repository, *reversed(ends))
    return None if found is None else set(found)


def test_commits_in_a_row(repo: Repo) -> None:
    """Files that they changed, added or deleted, as the workspace names them; from both ends."""
    repo.commit("one", {"a.py": "a\n", "b.py": "b\n", "sub/c.py": "c\n"})
    repo.commit("two", {"a.py": "a\nb\n"})
    repo.commit("three", {"b.py": None, "sub/c.py": "d\n"})
    assert way(repo, "HEAD", "HEAD~1") == {"b.py", "sub/c.py"}
    assert way(repo, "HEAD", "HEAD~2") == {"a.py", "b.py", "sub/c.py"}
    assert way(repo, "HEAD", "HEAD~2", "sub") == {"c.py"}
    assert way(repo, "HEAD", "HEAD") is None


def test_merges_count_by_their_first_parent(repo: Repo) -> None:
    """What a merge took in is touched; from its other parent the way goes by where the two branches met."""
    repo.commit("one", {"a.py": "a\n", "b.py": "b\n"})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side", {"b.py": "b\nside\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("main", {"a.py": "a\nmain\n"})
    repo.merge("side")
    assert way(repo, "HEAD", "HEAD~1") == {"b.py"}
    assert way(repo, "HEAD", "side") == {"a.py", "b.py"}
    assert way(repo, "main~1", "side") == {"a.py", "b.py"}


def test_branches_that_never_met(repo: Repo) -> None:
    """There is no way between them."""
    repo.commit("one", {"a.py": "a\n"})
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit("two", {"b.py": "b\n"})
    assert way(repo, "main", "other") is None


def test_a_branch_before_and_after_its_rebase(repo: Repo) -> None:
    """Touched is what it changes itself, and what it was moved over."""
    repo.commit("one", {"a.py": "a\n", "b.py": "b\n", "c.py": "c\n"})
    repo.git("checkout", "-q", "-b", "side")
    old = repo.commit("side", {"b.py": "b\nside\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("main", {"a.py": "a\nmain\n"})
    repo.git("checkout", "-q", "side")
    repo.git("rebase", "-q", "main")
    assert way(repo, "HEAD", old) == {"a.py", "b.py"}


def test_a_new_list_of_commits_to_look_through(repo: Repo) -> None:
    """It changes the lines of files that nobody touched."""
    first = repo.commit("one", {"a.py": "a\n"})
    repo.commit("two", {".git-blame-ignore-revs": first + "\n"})
    assert way(repo, "HEAD", "HEAD~1") is None


def test_a_long_way_is_none(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is one to a commit that is not there."""
    for number in range(4):
        repo.commit(f"{number}", {"a.py": f"{number}\n"})
    monkeypatch.setattr(between, "MOST", 2)
    assert way(repo, "HEAD", "HEAD~2") == {"a.py"}
    assert way(repo, "HEAD", "HEAD~3") is None
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    assert touched(repository, repo.git("rev-parse", "HEAD"), "1" * 40) is None


@pytest.fixture
def dated(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A person's file, and one whose lines a session wrote before they were committed."""
    for module in (contents, witness):
        monkeypatch.setattr(module, "RACY", -(10**18))
    repo.commit("Start", {"a.py": OWN, "b.py": OWN.replace("total", "share"), "c.py": "plain = 1\n"})
    session = Claude(repo.home, str(repo.path))
    session.edit(str(repo.path / "a.py"), OWN, OWN + CODE)
    session.save()
    repo.commit("More", {"a.py": OWN + CODE}, date="2026-07-01T00:00:00+00:00")
    for _ in range(2):
        assert warm(repo).summary.attributed_lines == 4
    assert "a.py" in known(repo)
    return repo


def test_a_commit_elsewhere_leaves_dated_files_alone(dated: Repo) -> None:
    """And so does the next one, though it is further from where the file was looked at."""
    for number in range(2, 5):
        dated.commit("Elsewhere", {"c.py": f"plain = {number}\n"}, date=f"2026-07-0{number}T00:00:00+00:00")
        assert "a.py" in known(dated)
    assert warm(dated) == cold(dated)


def test_a_checkout_sideways_and_a_rebase_leave_dated_files_alone(dated: Repo) -> None:
    """Only the files that differ are looked at again, and the answers are those of a fresh look."""
    dated.git("checkout", "-q", "-b", "side")
    dated.commit("Aside", {"c.py": "plain = 2\n"}, date="2026-07-02T00:00:00+00:00")
    assert warm(dated) == cold(dated)
    dated.git("checkout", "-q", "main")
    dated.commit("Elsewhere", {"b.py": OWN}, date="2026-07-02T00:00:00+00:00")
    assert warm(dated) == cold(dated)
    dated.git("checkout", "-q", "side")
    assert "a.py" in known(dated)
    dated.git("rebase", "-q", "main")
    assert "a.py" in known(dated)
    assert warm(dated) == cold(dated)


def test_lines_that_went_and_came_back_are_dated_anew(dated: Repo) -> None:
    """The text is the same as before, and younger."""
    dated.commit("Away", {"a.py": OWN}, date="2026-07-02T00:00:00+00:00")
    dated.commit("Back", {"a.py": OWN + CODE}, date="2026-07-03T00:00:00+00:00")
    assert "a.py" not in known(dated)
    assert warm(dated) == cold(dated)
