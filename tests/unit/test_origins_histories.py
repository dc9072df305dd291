"""Line origins on random histories, line by line against `git blame`."""

from __future__ import annotations

import os
import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.git import Repo
from support.histories import History
from whence.evidence.origins import Run, line_origins
from whence.evidence.origins.blame import blame
from whence.repo import Repository

Line = tuple[str, int, str, str, int]


def each(path: str, runs: list[Run]) -> set[Line]:
    """Single lines: (path, line, commit, original path, original line)."""
    return {
        (path, run.start + n, run.commit, run.original_path, run.original_start + n)
        for run in runs
        for n in range(run.length)
    }


def check(folder: Path, seed: int, size: int, share: float) -> None:
    """Compare all lines at HEAD of a random share of the commits with what blame says."""
    repo = Repo(folder / f"{seed}-{size}")
    history = History(repo, seed, size)
    chosen = random.Random(seed)
    wanted = {commit for commit in history.commits if chosen.random() < share} or {history.commits[0]}
    repository = Repository.open(repo.path, repo.environment)
    assert repository is not None
    listed = repo.git("ls-tree", "-r", "-z", history.head).split("\0")
    paths = [entry.partition("\t")[2] for entry in listed if entry.startswith("100")]
    found = line_origins(repository, history.head, wanted)
    assert found.not_measured == ()
    ours = {line for path, runs in found.files.items() for line in each(path, list(runs))}
    expected: set[Line] = set()
    for path in paths:
        blamed = [run for run, _ in blame(repository, history.head, path) if run.commit in wanted]
        expected |= each(path, blamed)
    assert ours == expected, f"seed {seed}, size {size}, share {share}: {os.fspath(repo.path)}"


@settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), size=st.integers(1, 45), share=st.sampled_from([0.05, 0.3, 1.0]))
def test_random_histories_agree_with_blame(
    tmp_path_factory: object, seed: int, size: int, share: float
) -> None:
    """Edits, moves, renames, merges of two and three, criss-crosses, reverts, re-adds: every line agrees."""
    check(tmp_path_factory.mktemp("history"), seed, size, share)  # type: ignore[attr-defined]
