"""Line origins on random histories, line by line against `git blame -w`. `make histories` tries many more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from support.looks import check_against_blame, check_ignored, check_moves, check_times, check_what_is_known

few = settings(
    max_examples=10, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
"""The same cases each time: what another change has to do with is no matter of luck."""

histories = given(
    seed=st.integers(0, 10**6), size=st.integers(1, 45), share=st.sampled_from([0.05, 0.3, 1.0])
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("histories")


def new(folder: Path) -> Path:
    """A folder of its own for each case."""
    return folder / str(sum(1 for _ in folder.iterdir()))


@few
@histories
def test_random_histories_agree_with_blame(folder: Path, seed: int, size: int, share: float) -> None:
    """Edits, moves, renames, merges of two and three, criss-crosses, reverts, files as they were: every line agrees."""
    check_against_blame(new(folder), seed, size, share)


def test_random_histories_bring_lines_back(tmp_path: Path) -> None:
    """So that the test above is one of them, too."""
    assert sum(check_against_blame(tmp_path, seed, 30, 1.0) for seed in (2, 3)) > 10


@few
@histories
def test_commits_that_are_ignored_are_looked_through_as_git_does(
    folder: Path, seed: int, size: int, share: float
) -> None:
    """Every line goes to the line that git guesses it was."""
    check_ignored(new(folder), seed, size, share)


@few
@histories
@example(seed=183, size=13, share=1.0)
def test_moves_only_ever_lead_to_older_commits(folder: Path, seed: int, size: int, share: float) -> None:
    """And to the same text there, also where a file begins with empty lines."""
    check_moves(new(folder), seed, size, share)


def test_random_histories_have_moves(tmp_path: Path) -> None:
    """So that the test above is one."""
    assert sum(check_moves(tmp_path, seed, 30, 0.5) for seed in (1, 2)) > 10


@few
@histories
@example(seed=20, size=44, share=0.05)
def test_lines_have_the_times_of_their_commits(folder: Path, seed: int, size: int, share: float) -> None:
    """Of those that wrote them, from any moment on."""
    check_times(new(folder), seed, size, share)


def test_random_histories_have_times(tmp_path: Path) -> None:
    """So that the test above is one."""
    assert sum(check_times(tmp_path, seed, 30, 0.5) for seed in (2, 3)) > 100


@few
@histories
def test_what_is_known_at_one_commit_serves_any_other(
    folder: Path, seed: int, size: int, share: float
) -> None:
    """Ahead, behind, on another branch, across merges: nothing is different, no line is lost."""
    check_what_is_known(new(folder), seed, size, share)
