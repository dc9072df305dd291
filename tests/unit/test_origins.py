"""Line origins: which lines at HEAD a commit wrote, through whatever happened to the file since."""

from __future__ import annotations

from collections.abc import Collection

from support.git import Repo
from whence.evidence.origins import Origins, line_origins, line_times
from whence.evidence.origins.blame import unquote
from whence.repo import Repository


def look(repo: Repo, commits: Collection[str], paths: Collection[str] | None = None) -> Origins:
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    return line_origins(repository, repo.git("rev-parse", "HEAD"), commits, paths)


def check(repo: Repo, commits: Collection[str], expected: dict[str, list[tuple[int, int, str, int]]]) -> None:
    """Compare runs as (start, length, original path, original start)."""
    found = look(repo, commits)
    assert found.not_measured == ()
    short = {
        path: [(run.start, run.length, run.original_path, run.original_start) for run in runs]
        for path, runs in found.files.items()
    }
    assert short == expected


def test_lines_of_a_commit_move_with_the_text_above_them(repo: Repo) -> None:
    """Lines keep their commit and their number in it when others add lines above and inside."""
    repo.commit("start", {"a.py": "one\ntwo\n"})
    marked = repo.commit("marked", {"a.py": "one\nnew 1\nnew 2\ntwo\n"})
    repo.commit("later", {"a.py": "zero\none\nnew 1\nbetween\nnew 2\ntwo\n"})
    check(repo, [marked], {"a.py": [(3, 1, "a.py", 2), (5, 1, "a.py", 3)]})


def test_lines_follow_a_rename(repo: Repo) -> None:
    """A renamed file keeps its lines' origin, with the path that the commit knew."""
    text = "".join(f"line {number}\n" for number in range(20))
    marked = repo.commit("marked", {"old.py": text})
    repo.commit("rename", {"old.py": None, "new/näme.py": "top\n" + text})
    check(repo, [marked], {"new/näme.py": [(2, 20, "old.py", 1)]})


def test_nothing_is_left_of_a_reverted_commit(repo: Repo) -> None:
    """A commit whose lines are gone has no runs, and a deleted file none either."""
    repo.commit("start", {"a.py": "one\n"})
    marked = repo.commit("marked", {"a.py": "one\ntwo\n", "b.py": "three\n"})
    repo.commit("revert", {"a.py": "one\n", "b.py": None})
    check(repo, [marked], {})


def test_only_the_asked_paths_are_looked_at(repo: Repo) -> None:
    """A caller may ask for some files only."""
    marked = repo.commit("marked", {"a.py": "one\n", "b.py": "two\n"})
    assert set(look(repo, [marked], ["b.py"]).files) == {"b.py"}


def test_the_edge_of_a_shallow_clone_is_not_believed(repo: Repo) -> None:
    """Every line of a shallow clone's oldest commit seems to be its own: not measured, never claimed."""
    repo.commit("start", {"a.py": "one\n"})
    edge = repo.commit("edge", {"a.py": "one\ntwo\n"})
    last = repo.commit("last", {"a.py": "one\ntwo\nthree\n"})
    clone = Repo(repo.path.parent / "clone", init=False)
    repo.git("clone", "-q", "--depth=2", f"file://{repo.path}", str(clone.path))
    found = look(clone, [edge, last])
    assert [(run.commit, run.start) for run in found.files["a.py"]] == [(last, 3)]
    assert [entry.hint for entry in found.not_measured] == ["git fetch --unshallow"]


def test_each_line_has_its_author_time(repo: Repo) -> None:
    """The time of a line is the author date of the commit that wrote it."""
    repo.commit("start", {"a.py": "one\ntwo\n"}, date="2020-01-01T00:00:00+00:00")
    repo.commit("more", {"a.py": "one\nnew\ntwo\n"}, date="2026-01-01T00:00:00+00:00")
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    assert line_times(repository, "HEAD", "a.py") == (1577836800.0, 1767225600.0, 1577836800.0)


def test_quoted_paths_are_read() -> None:
    """git quotes names with special characters as C does."""
    assert unquote(b'"a\\"b\\\\c\\n\\303\\244"') == b'a"b\\c\n\xc3\xa4'
    assert unquote(b"plain") == b"plain"
