"""Branches that add reviews are merged by git itself, without a conflict and without losing an answer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from support.cli import whence
from support.git import Repo
from whence.model import Region
from whence.ranges import each, from_lines
from whence.review import FOLDER, Draft, Ledger, Review, record
from whence.review.backlog import replaced_by
from whence.review.store import entries, take_out
from whence.text import split

PEOPLE = ("Ann <ann@example.org>", "Bob <bob@example.org>")
FILES = [f"models/part_{n}.py" for n in range(3)]
FUNCTIONS = 8


def function(file: int, number: int, what: str = "value") -> str:
    """One function of seven lines that no other is like."""
    name = f"step_{file}_{number}"
    rows = "".join(f"    {what}_{row} = combine_{name}({row}, weights[{row}])\n" for row in range(4))
    return f"def {name}(weights):\n{rows}    return {what}_3\n\n"


def whole(file: int) -> str:
    return "".join(function(file, number) for number in range(FUNCTIONS))


class Branch:
    """What one person does on a branch: answers, takes answers back, and edits functions that nobody else edits."""

    def __init__(self, repo: Repo, pick: random.Random, mine: int) -> None:
        self.repo, self.pick, self.mine = repo, pick, mine

    def work(self) -> None:
        for _ in range(self.pick.randint(1, 6)):
            if self.pick.random() < 0.25:
                self.edit()
            elif self.pick.random() < 0.15:
                self.prune()
            else:
                self.answer()
            self.repo.commit("Work", {})

    def answer(self) -> None:
        """The same answer may be given on both branches, and two different ones by the same person."""
        file, number = self.pick.randrange(len(FILES)), self.pick.randrange(FUNCTIONS)
        text = split((self.repo.path / FILES[file]).read_text("utf-8"))
        start = next((n for n, row in enumerate(text, 1) if f"def step_{file}_{number}(" in row), None)
        if start is None:
            return
        result = self.pick.choice(("approved", "approved", "rejected", "disputed"))
        draft = Draft(
            path=FILES[file],
            region=Region("function", f"step_{file}_{number}", start, start + 5),
            text=text,
            lines=((start, start + 5),),
            reviewer=self.pick.choice(PEOPLE),
            tools=("codex",),
            result=result,
            note="mine" if result == "disputed" else "",
        )
        made = record(self.repo.path, draft)
        if self.pick.random() < 0.3:
            made.with_name(f"{made.stem}.{self.mine:08x}.sig").write_text(
                f"a signature of branch {self.mine}\n"
            )

    def edit(self) -> None:
        """Each branch has functions of its own to edit, far from the other's."""
        file = self.pick.randrange(len(FILES))
        number = self.pick.randrange(FUNCTIONS // 2) + (FUNCTIONS // 2) * self.mine
        path = self.repo.path / FILES[file]
        path.write_text(
            path.read_text("utf-8").replace(function(file, number), function(file, number, "changed"))
        )

    def prune(self) -> None:
        """Take an answer out of the tree, with all that it replaced."""
        ledger = Ledger.read(self.repo.path)
        if ledger.reviews:
            gone = replaced_by(ledger, [self.pick.choice(ledger.reviews).id])
            names = [f"{key}.toml" for key in gone]
            names += [name for name, _ in entries(self.repo.path, ".sig") if name[:16] in gone]
            take_out(self.repo.path, names, lambda name: b"committed")


def in_tree(repo: Repo) -> set[str]:
    """The answers in the work tree; an empty file is one that was taken out."""
    return {file.stem for file in (repo.path / FOLDER).glob("*.toml") if file.stat().st_size}


@pytest.mark.parametrize("seed", range(24))
def test_branches_that_add_reviews_merge_without_a_conflict(repo: Repo, seed: int) -> None:
    """Merged either way round, or rebased: git finds nothing to ask, and every answer of both branches is there."""
    pick = random.Random(seed)
    repo.commit("Start", {name: whole(file) for file, name in enumerate(FILES)})
    common = Branch(repo, pick, 0)
    common.answer()
    repo.commit("An answer", {})
    before = in_tree(repo)
    branches = []
    for mine, name in enumerate(("left", "right")):
        repo.git("checkout", "-q", "-b", name, "main")
        branch = Branch(repo, pick, mine)
        branch.work()
        branches.append(branch)
    trees = []
    for name in ("left", "right"):
        repo.git("checkout", "-q", name)
        trees.append(in_tree(repo))
    left, right = trees
    expected = {key for key in left | right if (key in left and key in right) or key not in before}
    way = pick.choice(("merge left into right", "merge right into left", "rebase right onto left"))
    if way == "merge left into right":
        repo.git("checkout", "-q", "right")
        repo.git("merge", "-q", "--no-edit", "left")
    elif way == "merge right into left":
        repo.git("checkout", "-q", "left")
        repo.git("merge", "-q", "--no-edit", "right")
    else:
        repo.git("checkout", "-q", "right")
        repo.git("rebase", "-q", "left")
    assert repo.git("status", "--porcelain") == ""
    ledger = Ledger.read(repo.path)
    assert ledger.problems == ()
    assert {review.id for review in ledger.recorded} == expected
    for review in ledger.reviews:
        check_cover(repo.path, ledger, review)


def check_cover(root: Path, ledger: Ledger, review: Review) -> None:
    """A review covers all of its function where nobody edited it, and no line that somebody did edit."""
    text = split((root / review.path).read_text("utf-8"))
    start = next(n for n, row in enumerate(text, 1) if f"def {review.name}(" in row)
    here = from_lines(range(start, start + 6))
    covered = [item for item in ledger.cover(review.path, text, here) if item.review.id == review.id]
    lines = {line for item in covered for line in each(item.lines)}
    same = [line for line in each(here) if _digest(text[line - 1]) in review.lines]
    assert lines <= set(same)
    if len(same) == 6:
        assert lines == set(same)


def _digest(row: str) -> str:
    from whence.review.lines import fingerprint

    return fingerprint(row)


def test_branches_that_each_take_out_one_answer_and_add_another_merge(repo: Repo) -> None:
    """git would take the new ones for the old one under two new names; the old one's file is emptied instead."""
    code = "def f(x):\n    return x + 1\n\n\ndef g(x):\n    return x * 2\n"
    mark = "Edit\n\nCo-Authored-By: Codex <noreply@openai.com>"

    def review(*arguments: str) -> str:
        done = whence(repo.path, repo.environment, "review", *arguments)
        assert done.status == 0, done.err
        return done.out

    repo.commit(mark, {"a.py": code})
    review("a.py::f")
    (old,) = in_tree(repo)
    file = repo.path / FOLDER / f"{old}.toml"
    repo.commit(mark, {"a.py": code.replace("x + 1", "x + 12345")})
    for name, function in (("left", "f"), ("right", "g")):
        repo.git("checkout", "-q", "-b", name, "main")
        assert "committed ones are empty files now" in review("prune", "--delete")
        assert file.read_bytes() == b""
        review(f"a.py::{function}")
        repo.commit(name, {})
    repo.merge("left")
    assert len(Ledger.read(repo.path).reviews) == 2
    assert Ledger.read(repo.path).problems == ()
    assert "was taken out before, and is empty" in review("prune")
    review("prune", "--delete")
    assert not file.exists()
    assert review("prune") == "every review still answers for something\n"
    repo.git("add", "-A")
    assert repo.git("diff", "--cached", "--name-status", "-M") == f"D\t{FOLDER}/{old}.toml"


def test_an_answer_that_was_never_committed_is_removed_at_once(repo: Repo) -> None:
    """Nobody else can have it, so no empty file is left."""
    repo.commit("Edit\n\nCo-Authored-By: Codex <noreply@openai.com>", {"a.py": "value_one = compute(1)\n"})
    whence(repo.path, repo.environment, "review", "a.py:1-1")
    (repo.path / "a.py").write_text("x = 2\n")
    whence(repo.path, repo.environment, "review", "prune", "--delete")
    assert list((repo.path / FOLDER).iterdir()) == []


def test_an_octopus_of_reviews_is_one_commit(repo: Repo) -> None:
    """Five branches with three answers each are merged at one stroke."""
    repo.commit("Start", {name: whole(file) for file, name in enumerate(FILES)})
    names = [f"topic-{n}" for n in range(5)]
    every: set[str] = set()
    for seed, name in enumerate(names):
        repo.git("checkout", "-q", "-b", name, "main")
        branch = Branch(repo, random.Random(seed), 0)
        for _ in range(3):
            branch.answer()
        repo.commit("Answers", {})
        every |= in_tree(repo)
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-edit", *names)
    assert in_tree(repo) == every
    assert Ledger.read(repo.path).problems == ()
