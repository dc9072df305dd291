"""Line origins on random histories, line by line against `git blame -w`."""

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
from whence.evidence.origins.walk import gap
from whence.repo import Repository

Line = tuple[str, int, str, str, int]


def each(path: str, runs: list[Run]) -> set[Line]:
    """Single lines: (path, line, commit, original path, original line)."""
    return {
        (path, run.start + n, run.commit, run.original_path, run.original_start + n)
        for run in runs
        for n in range(run.length)
    }


class Look:
    """A random history, a share of its commits, and what is said of their lines."""

    def __init__(self, folder: Path, seed: int, size: int, share: float) -> None:
        self.repo = Repo(folder / f"{seed}-{size}")
        history = History(self.repo, seed, size)
        self.head = history.head
        self.commits = history.commits
        chosen = random.Random(seed)
        self.wanted = {commit for commit in history.commits if chosen.random() < share} or {
            history.commits[0]
        }
        repository = Repository.open(self.repo.path, self.repo.environment)
        assert repository is not None
        self.repository = repository
        self.name = f"seed {seed}, size {size}, share {share}: {os.fspath(self.repo.path)}"

    def ours(self, *, moves: bool) -> set[Line]:
        found = line_origins(self.repository, self.head, self.wanted, moves=moves)
        assert found.not_measured == ()
        return {line for path, runs in found.files.items() for line in each(path, list(runs))}

    def blamed(self) -> dict[tuple[str, int], Line]:
        """Of all commits, by path and line."""
        listed = self.repo.git("ls-tree", "-r", "-z", self.head).split("\0")
        paths = [entry.partition("\t")[2] for entry in listed if entry.startswith("100")]
        found = (
            each(path, [run for run, _ in blame(self.repository, self.head, path, moves=False)])
            for path in paths
        )
        return {line[:2]: line for lines in found for line in lines}

    def text(self, commit: str, path: str) -> list[bytes]:
        """A file's lines without white space."""
        data = self.repo.git("show", f"{commit}:{path}")
        return [b"".join(line.split()) for line in os.fsencode(data).split(b"\n")]


def check_against_blame(folder: Path, seed: int, size: int, share: float) -> None:
    """Without moves every line is as blame has it."""
    look = Look(folder, seed, size, share)
    expected = {line for line in look.blamed().values() if line[2] in look.wanted}
    assert look.ours(moves=False) == expected, look.name


def check_moves(folder: Path, seed: int, size: int, share: float) -> int:
    """Where moves make a difference the line has an older origin, with the same text; never a newer one.

    Returns how many lines had one, or none of the wanted commits any more.
    """
    look = Look(folder, seed, size, share)
    blamed = look.blamed()
    ours = {line[:2]: line for line in look.ours(moves=True)}
    moved = sum(line[2] in look.wanted and place not in ours for place, line in blamed.items())
    for place, (path, line, commit, name, number) in ours.items():
        theirs = blamed[place][2]
        if blamed[place] == ours[place]:
            continue
        moved += 1
        assert look.repo.git("merge-base", "--is-ancestor", commit, theirs) == "", look.name
        assert look.text(commit, name)[number - 1] == look.text(look.head, path)[line - 1], look.name
    return moved


@settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), size=st.integers(1, 45), share=st.sampled_from([0.05, 0.3, 1.0]))
def test_random_histories_agree_with_blame(
    tmp_path_factory: object, seed: int, size: int, share: float
) -> None:
    """Edits, moves, renames, merges of two and three, criss-crosses, reverts, re-adds: every line agrees."""
    check_against_blame(tmp_path_factory.mktemp("history"), seed, size, share)  # type: ignore[attr-defined]


@settings(
    max_examples=10, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 45), share=st.sampled_from([0.05, 0.3, 1.0]))
def test_moves_only_ever_lead_to_older_commits(
    tmp_path_factory: object, seed: int, size: int, share: float
) -> None:
    """And to the same text there."""
    check_moves(tmp_path_factory.mktemp("history"), seed, size, share)  # type: ignore[attr-defined]


def test_random_histories_have_moves(tmp_path: Path) -> None:
    """So that the test above is one."""
    assert sum(check_moves(tmp_path, seed, 30, 0.5) for seed in range(4)) > 20


def check_what_is_known(folder: Path, seed: int, size: int, share: float) -> None:
    """From what is known at any commit the answer at any other is the same as without."""
    look = Look(folder, seed, size, share)
    chance = random.Random(seed + 1)
    for _ in range(4):
        one, other = chance.choice(look.commits), chance.choice(look.commits)
        known = line_origins(look.repository, one, look.wanted, based=look.wanted).known
        way = gap(look.repository, other, one, 1000)
        assert known is not None
        assert way is not None
        plain = line_origins(look.repository, other, look.wanted, based=look.wanted)
        again = line_origins(
            look.repository, other, look.wanted, based=look.wanted, known=known, ahead=way.ahead
        )
        assert again.files == plain.files, (look.name, one, other)
        assert again.not_measured == plain.not_measured == ()
        assert again.known is not None
        assert plain.known is not None
        assert again.known.files == plain.known.files
        used = {(run.commit, run.original_path) for runs in plain.files.values() for run in runs}
        assert again.known.bases == {place: base for place, base in plain.bases.items() if place in used}
        assert again.known.reached >= set(plain.files)


@settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), size=st.integers(2, 45), share=st.sampled_from([0.05, 0.3, 1.0]))
def test_what_is_known_at_one_commit_serves_any_other(
    tmp_path_factory: object, seed: int, size: int, share: float
) -> None:
    """Ahead, behind, on another branch, across merges: nothing is different, no line is lost."""
    check_what_is_known(tmp_path_factory.mktemp("history"), seed, size, share)  # type: ignore[attr-defined]
