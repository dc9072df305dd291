"""Dates of lines are taken from an earlier look exactly where git would say the same again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from support.cli import whence
from support.git import Repo
from support.happenings import amend, graft, rebase, replace, shallow
from support.scans import database_of
from whence.cache import dates
from whence.cache.dates import remembered_times
from whence.evidence import origins
from whence.evidence.origins import line_times
from whence.repo import Repository

SINCE = 1_500_000_000.0
FILES = ("models/new.py", "models/old.py", "tools/free.py")
CODE = "def attention(q, k):\n    scores = q @ k\n    return scores\n"


@pytest.fixture
def looked(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """For which files git is asked."""
    asked: list[set[str]] = []

    def noted(
        repository: Repository, head: str, paths: set[str], since: float, check: Callable[[], None]
    ) -> object:
        asked.append(set(paths))
        return line_times(repository, head, paths, since, check)

    monkeypatch.setattr(origins, "line_times", noted)
    repo.commit("Start", {"models/old.py": "def old():\n    return 1\n"}, date="2021-05-01T10:00:00+00:00")
    repo.commit("More", {"models/new.py": CODE, "tools/free.py": CODE}, date="2026-07-01T10:00:00+00:00")
    return asked


def times(
    repo: Repo, *paths: str, since: float = SINCE, home: str | None = None
) -> dict[str, tuple[float, ...]]:
    """The dates of the lines at HEAD: what is remembered, held to what git says now."""
    environment = repo.environment if home is None else {**repo.environment, "HOME": home}
    repository = Repository.open(repo.path, environment)
    assert repository is not None
    head = repository.head()
    assert head is not None
    wanted = paths or FILES
    found = remembered_times(repository, head, wanted, since, environment, lambda: None)
    plain = line_times(repository, head, wanted, since)
    assert {path: _from(since, known) for path, known in found.items()} == {
        path: _from(since, known) for path, known in plain.items()
    }
    return found


def _from(since: float, known: tuple[float, ...]) -> list[float]:
    """What matters of dates: which lines were there before, and since when the others are."""
    return [max(time, since - 1.0) for time in known]


def test_what_is_known_is_not_looked_for_again(repo: Repo, looked: list[set[str]]) -> None:
    """Nor where another file has changed; of those that have, only they are."""
    times(repo)
    times(repo)
    assert looked == [set(FILES)]
    repo.commit("By hand", {"tools/free.py": "a = 1\n" + CODE}, date="2026-08-01T10:00:00+00:00")
    found = times(repo)
    assert looked[1:] == [{"tools/free.py"}]
    assert len(set(found["tools/free.py"])) == 2
    times(repo)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    times(repo, "models/new.py")
    assert len(looked) == 2
    times(repo, "tools/free.py")
    assert looked[2:] == [{"tools/free.py"}]


@pytest.mark.parametrize("change", [amend, rebase, replace, graft, shallow])
def test_another_past_is_looked_at(
    repo: Repo, looked: list[set[str]], change: Callable[[Repo], None]
) -> None:
    """Commits that were made anew or count no more: whatever is remembered of them, the dates are those of now."""
    times(repo)
    change(repo)
    times(repo)
    times(repo)


def test_a_moved_file_is_another(repo: Repo, looked: list[set[str]]) -> None:
    """It has the dates of its lines, under its new name; a new file under the old name has its own."""
    times(repo)
    repo.git("mv", "models/new.py", "models/moved.py")
    repo.git("commit", "-q", "-m", "Move")
    repo.commit("Again", {"models/new.py": "b = 2\n" + CODE}, date="2026-09-01T10:00:00+00:00")
    found = times(repo, "models/moved.py", "models/new.py")
    assert looked[1:] == [{"models/moved.py", "models/new.py"}]
    assert max(found["models/moved.py"]) < min(found["models/new.py"])


def test_an_earlier_moment_is_asked_for_anew_and_serves_a_later_one(
    repo: Repo, looked: list[set[str]]
) -> None:
    """What was exact from a moment on is exact from any later one on, and from none before."""
    late = 1_782_000_000.0
    times(repo, "models/old.py", since=late)
    times(repo, "models/old.py", since=SINCE)
    times(repo, "models/old.py", since=late)
    assert len(looked) == 2


def test_without_a_place_for_a_cache_git_is_asked(repo: Repo, looked: list[set[str]]) -> None:
    """Each time."""
    for _ in range(2):
        times(repo, "models/new.py", home="")
    assert len(looked) == 2


def test_damage_is_looked_at_anew(
    repo: Repo, looked: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be read, or is of no whole number of lines, is worth nothing."""
    for damaged in (b"", b"\n", b"no such\n", b"x" * 40 + b" 1.0\n123"):
        with monkeypatch.context() as patch:
            patch.setattr(dates, "_row", lambda *_, kept=damaged: kept)
            times(repo, "models/new.py")
        times(repo, "models/new.py")
        assert looked.pop() == looked.pop() == {"models/new.py"}
        with sqlite3.connect(database_of(repo)) as connection:
            connection.execute("DELETE FROM results")


def test_a_scan_without_the_cache_takes_nothing_from_it(repo: Repo, looked: list[set[str]]) -> None:
    """And one with it looks once for the dates of a file that is edited again and again."""
    from support.transcripts import Claude

    session = Claude(repo.home, str(repo.path))
    session.edit(str(repo.path / "models/new.py"), "", CODE, original="")
    session.save()
    for number in range(3):
        repo.write({"models/new.py": CODE + f"b = {number}\n"})
        assert whence(repo.path, repo.environment, "scan").status == 0
    assert looked == [{"models/new.py"}]
    assert whence(repo.path, repo.environment, "scan", "--no-cache").status == 0
    assert len(looked) == 2
