"""A second `whence scan` answers from what the first kept, says the very same, and believes nothing that has changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support import happenings
from support.cli import Done, whence
from support.git import Repo
from support.happenings import CHANGES, CLAUDE, CODE, POLICY, branch, identity, owners, rebase, review
from support.scans import cold, database_of, known, warm
from whence import engine, workspace
from whence.model import ScanResult
from whence.repo import Repository


@pytest.fixture
def marked(repo: Repo) -> Repo:
    return happenings.marked(repo)


def scan(repo: Repo, *arguments: str) -> Done:
    return whence(repo.path, repo.environment, "scan", "--format", "json", *arguments)


def same(repo: Repo) -> ScanResult:
    """Scan twice with the cache, and hold both to a scan without."""
    expected = cold(repo)
    assert warm(repo) == expected
    assert warm(repo) == expected
    return expected


def test_a_second_scan_works_nothing_out(marked: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """No source looks for itself, no file is analysed, no process is started."""
    first = scan(marked)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("worked out again")

    for source in engine.sources():
        if source.name != "marker":
            monkeypatch.setattr(source, "prepare", never)
    monkeypatch.setattr(engine, "analyse", never)
    monkeypatch.setattr("whence.pool.run", never)
    assert scan(marked) == first
    assert "worked out again" in scan(marked, "--no-cache").err


def test_the_cache_lies_in_the_users_folder_and_nowhere_else(marked: Repo) -> None:
    """Private, outside the repository, and not made at all where none is wanted."""
    scan(marked, "--no-cache")
    assert not (marked.home / ".cache").exists()
    scan(marked)
    assert stat.S_IMODE(database_of(marked).stat().st_mode) == 0o600
    assert marked.git("status", "--porcelain", "--ignored") == ""
    assert b"scores" not in database_of(marked).read_bytes()


@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_no_change_goes_unseen(marked: Repo, change: Callable[[Repo], None]) -> None:
    """Whatever changes, a scan with a full cache says what one without any says, and so after going back."""
    before = warm(marked)
    change(marked)
    after = same(marked)
    assert after != before or change in (branch, identity, owners, rebase)


@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_no_change_goes_unseen_where_one_file_is_asked_about(
    marked: Repo, change: Callable[[Repo], None], tmp_path: Path
) -> None:
    """`blame` goes by what a scan kept of the history, and says what it says where nothing is kept."""
    warm(marked)
    change(marked)
    anew = {**marked.environment, "XDG_CACHE_HOME": str(tmp_path)}
    for path in ("models/new.py", "models/old.py", "models/moved.py", "models/more.py"):
        if (marked.path / path).exists():
            known, new = (whence(marked.path, where, "blame", path) for where in (marked.environment, anew))
            assert known == new
            assert known.status == 0


@pytest.mark.parametrize(
    "command",
    [["blame", "models/new.py"], ["explain", "models/new.py:2"], ["policy", "why", "models/new.py:2"]],
)
def test_a_file_that_is_asked_about_has_no_history_read_again(
    marked: Repo, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """After a scan, and with a commit more only that is read."""
    scan(marked)
    before = marked.git("rev-parse", "HEAD")
    marked.commit("By hand", {"tools/hand.py": "a = 1\n"})
    walks: list[tuple[str, ...]] = []
    stream = Repository.stream

    def noted(self: Repository, *arguments: str, **named: Any) -> Any:
        if arguments[0] == "log":
            walks.append(arguments)
        return stream(self, *arguments, **named)

    monkeypatch.setattr(Repository, "stream", noted)
    done = whence(marked.path, marked.environment, *command)
    assert (done.status, "Claude" in done.out) == (0, True)
    assert [f"^{before}" in walk for walk in walks] == [True]


def test_a_new_review_costs_nothing_for_files_without_attributed_lines(marked: Repo) -> None:
    """Nor does a new commit for files that it did not touch."""
    warm(marked)
    untouched = {"models/old.py", "whence.toml"}
    review(marked)
    assert set(known(marked)) == untouched
    warm(marked)
    marked.commit("By hand", {"models/hand.py": "a = 1\n"})
    assert set(known(marked)) == untouched | {"models/new.py", "tools/free.py"}
    warm(marked)
    marked.git("reset", "-q", "HEAD~1")
    assert set(known(marked)) == untouched | {"models/new.py", "tools/free.py"}


def test_an_expired_exception_is_noticed(marked: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The day has a part in a result on the day an exception ends, and on no other."""
    marked.write(
        {
            "whence.toml": POLICY
            + '[[exception]]\npaths = ["models/new.py"]\ntools = ["any"]\nreason = "r"\n'
            'owner = "a@b.c"\nexpires = 2030-01-31\n'
        }
    )

    def on(day: int, month: int = 1) -> int:
        moment = datetime(2030, month, day, 12, tzinfo=UTC)
        clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz: moment)})
        monkeypatch.setattr(engine, "datetime", clock)
        assert same(marked).findings == cold(marked).findings
        return len(warm(marked).findings)

    assert [on(30), on(31), on(1, 2), on(2, 2), on(30)] == [0, 0, 1, 1, 0]


def test_classes_of_evidence_do_not_mix(marked: Repo) -> None:
    """Results under one choice of classes say nothing under another."""
    assert len(scan(marked).json["findings"]) == 1
    assert scan(marked, "--evidence", "recorded").json["findings"] == []
    assert len(scan(marked).json["findings"]) == 1


def test_a_part_of_the_workspace_is_answered_from_the_whole(marked: Repo) -> None:
    """And a scan of a part does not spoil what is known of the whole."""
    whole = scan(marked)
    assert scan(marked, "models").json["findings"] == whole.json["findings"]
    assert scan(marked, "tools").json["findings"] == []
    assert scan(marked) == whole


def test_work_trees_share_and_do_not_mix(marked: Repo, tmp_path: Path) -> None:
    """One database for a repository; what differs between its work trees is told apart."""
    warm(marked)
    marked.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "tree"))
    tree = tmp_path / "tree"
    (tree / "models/new.py").write_text("a = 1\n" + CODE)
    for root in (tree, marked.path, tree):
        assert warm(marked, root) == cold(marked, root)
    assert database_of(marked).exists()


def test_a_folder_inside_a_repository_is_a_workspace_of_its_own(marked: Repo) -> None:
    """With paths of its own, in the same database."""
    for root in (marked.path, marked.path / "models", marked.path, marked.path / "models"):
        assert warm(marked, root) == cold(marked, root)


def test_a_folder_without_git_is_remembered_too(tmp_path: Path) -> None:
    """By its own path."""
    repo = Repo(tmp_path / "plain", init=False)
    repo.path.mkdir()
    repo.write({"a.py": "# Generated by Claude Code\n" + CODE, "b.py": CODE})
    same(repo)
    assert set(known(repo)) == {"a.py", "b.py"}


def test_trouble_that_passes_is_not_remembered(marked: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """git fails once while commits are read: that run says so, the next is complete."""
    from whence.repo import GitError, Repository

    good = cold(marked)
    with monkeypatch.context() as patched:

        def fails(*_: object, **__: object) -> None:
            raise GitError("out of memory")

        patched.setattr(Repository, "stream", fails)
        broken = warm(marked)
        assert any("out of memory" in item.why for item in broken.not_measured)
    assert warm(marked) == good


def test_what_a_partial_clone_lacked_is_looked_for_when_it_has_come(marked: Repo, tmp_path: Path) -> None:
    """Nothing but the objects is new then: no commit, no ref, no file."""
    marked.git("config", "uploadpack.allowFilter", "true")
    marked.commit(CLAUDE, {"models/new.py": CODE + "second = 2\n"})
    marked.commit("By hand", {"models/new.py": "first = 1\n" + CODE + "second = 2\n"})
    clone = Repo(tmp_path / "clone", init=False)
    marked.git("clone", "-q", "--filter=blob:none", f"file://{marked.path}", str(clone.path))
    for _ in range(2):
        done = scan(clone)
        gaps = {item["path"] for item in done.json["not_measured"] if item["what"] == "git-history"}
        assert (done.status, gaps) == (3, {"models/new.py"})
    clone.git("cat-file", "-p", "HEAD~1:models/new.py")  # git fetches it
    done = scan(clone)
    assert (done.status, done.json["findings"] != []) == (1, True)
    assert done == scan(clone, "--no-cache")


def test_a_cache_that_cannot_be_written_changes_nothing(marked: Repo) -> None:
    """No home, a file in the folder's place: the same report, exit status and silence."""
    expected = scan(marked, "--no-cache")
    (marked.home / ".cache").write_text("in the way")
    assert scan(marked) == expected
    homeless = {key: value for key, value in marked.environment.items() if key != "HOME"}
    done = whence(marked.path, homeless, "scan", "--format", "json")
    assert (done.status, done.out) == (expected.status, expected.out)


def test_a_forged_result_of_another_file_is_not_believed(marked: Repo) -> None:
    """A row that speaks of another path than the one asked for is worked out again."""
    result = warm(marked)
    ground = None
    from support.scans import opened

    cache = opened(marked.path, marked.environment)
    snapshot = engine.prepare(marked.path, environment=marked.environment, cache=cache)
    ground = workspace.ground_of(snapshot, cache)
    assert ground is not None
    contents = cache.contents.digests(["models/new.py", "tools/free.py"])
    one, two = (ground.key(path, contents[path]) for path in ("models/new.py", "tools/free.py"))
    rows = cache.database.results([one, two])
    cache.database.keep([type(rows[one])(one, rows[one].condition, rows[two].value)])
    cache.close()
    assert warm(marked) == result


def test_an_unreadable_place_of_its_own_is_left_alone(marked: Repo) -> None:
    """A cache folder that belongs to somebody else is not used."""
    if os.geteuid():
        pytest.skip("only root can give files away")
    folder = marked.home / ".cache" / "whence"
    folder.mkdir(parents=True)
    os.chown(folder, 65534, 65534)
    assert scan(marked) == scan(marked, "--no-cache")
    assert list(folder.iterdir()) == []
