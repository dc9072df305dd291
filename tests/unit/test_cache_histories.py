"""Over random histories a scan with a cache always says what a scan without one says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from support.git import Repo
from support.scans import cold, warm

CLAUDE = "\n\nCo-Authored-By: Claude <noreply@anthropic.com>"
CODEX = "\n\nCo-Authored-By: Codex <noreply@openai.com>"
NAMES = [f"{folder}{letter}.py" for folder in ("", "src/", "src/deep/") for letter in "abc"]


class Life:
    """A repository to which something happens again and again."""

    def __init__(self, repo: Repo, seed: int) -> None:
        self.repo = repo
        self.random = random.Random(seed)
        self.lines = 0
        repo.write({name: self._text() for name in NAMES[:5]})
        self.commit()

    def _text(self) -> str:
        """Lines that are rarely equal, so that no two origins are as good as each other."""
        out = []
        for _ in range(self.random.randint(3, 9)):
            self.lines += 1
            out.append(f"value_{self.lines} = {self.random.randint(0, 99)}")
        return "\n".join(out) + "\n"

    def happen(self) -> None:
        """One of the things that people do."""
        acts = (
            [self.commit] * 4 + [self.edit] * 3 + [self.note] * 2
            + [self.amend, self.reset, self.rebase, self.checkout, self.branch, self.merge, self.rename, self.stash, self.revert, self.restore]
        )  # fmt: skip
        self.random.choice(acts)()

    def edit(self) -> None:
        """Change some lines of some files in the work tree."""
        for name in self.random.sample(NAMES, self.random.randint(1, 3)):
            file = self.repo.path / name
            lines = file.read_text().splitlines(keepends=True) if file.exists() else []
            at = self.random.randint(0, len(lines))
            lines[at : at + self.random.randint(0, 3)] = self._text().splitlines(keepends=True)
            if lines and self.random.random() > 0.1:
                self.repo.write({name: "".join(lines)})
            elif file.exists():
                file.unlink()

    def commit(self) -> None:
        self.edit()
        self.repo.commit("Change" + self.random.choice(["", CLAUDE, CODEX]))

    def amend(self) -> None:
        self._clean()
        self.edit()
        self.repo.git("add", "-A")
        self.repo.git(
            "commit", "-q", "--amend", "--allow-empty", "-m", "Amended" + self.random.choice(["", CLAUDE])
        )

    def rename(self) -> None:
        """Move a file, staged, sometimes changed at the same time."""
        there = [name for name in NAMES if (self.repo.path / name).exists()]
        free = [name for name in NAMES if name not in there]
        tracked = self.repo.git("ls-files").splitlines()
        if free and (old := [name for name in there if name in tracked]):
            new = self.random.choice(free)
            (self.repo.path / new).parent.mkdir(parents=True, exist_ok=True)
            self.repo.git("mv", self.random.choice(old), new)
        if self.random.random() < 0.5:
            self.commit()

    def reset(self) -> None:
        self._clean()
        self.repo.git("reset", "-q", self.random.choice(["--hard", "--soft", "--mixed"]), self._older())

    def checkout(self) -> None:
        self._clean()
        branches = self.repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()
        self.repo.git("checkout", "-q", self.random.choice([*branches, self._older()]))

    def branch(self) -> None:
        self._clean()
        self.repo.git("checkout", "-q", "-B", self.random.choice(["one", "two", "three"]), self._older())

    def rebase(self) -> None:
        self._replay("rebase", "-q", "-X", "theirs", self._any())

    def merge(self) -> None:
        self._replay("merge", "-q", "-X", self.random.choice(["ours", "theirs"]), "-m", "Merge", self._any())

    def revert(self) -> None:
        self._replay("revert", "--no-edit", self._older(0))

    def restore(self) -> None:
        """Have a file as an older commit had it."""
        self._clean()
        older = self._older()
        names = self.repo.git("ls-tree", "-r", "--name-only", older).splitlines()
        self.repo.git("checkout", "-q", older, "--", self.random.choice(names))
        self.repo.commit("As it was" + self.random.choice(["", CLAUDE]))

    def note(self) -> None:
        """git-ai says of some commit's first lines that a tool wrote them."""
        commit = self._older(0)
        name = next(iter(self.repo.git("show", "--format=", "--name-only", commit).splitlines()), "a.py")
        self.repo.note(
            commit,
            f"{name}\n  abc 1-{self.random.randint(1, 4)}\n---\n"
            '{"schema_version": "authorship/3.0.0", "base_commit_sha": "", "prompts": {"abc": {"agent_id": '
            '{"tool": "cursor", "id": "x", "model": "gpt-5"}, "human_author": null, "messages": []}}}\n',
        )

    def stash(self) -> None:
        """Leave the work tree as HEAD has it."""
        self._clean()

    def _replay(self, *arguments: str) -> None:
        self._clean()
        try:
            self.repo.git(*arguments)
        except AssertionError:  # a conflict that no strategy settles
            for command in ("rebase", "merge", "revert"):
                try:
                    self.repo.git(command, "--abort")
                except AssertionError:
                    continue
            self._clean()

    def _clean(self) -> None:
        self.repo.git("reset", "-q", "--hard")
        self.repo.git("clean", "-q", "-f", "-d")

    def _older(self, least: int = 1) -> str:
        """HEAD or a commit not far behind it."""
        behind = len(self.repo.git("rev-list", "--first-parent", "HEAD").splitlines()) - 1
        return f"HEAD~{min(behind, self.random.randint(least, 3))}"

    def _any(self) -> str:
        return self.random.choice(
            self.repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()
        )


@pytest.mark.parametrize("seed", range(6))
def test_a_cache_never_changes_an_answer(tmp_path: Path, seed: int) -> None:
    """Commits, amends, resets, rebases, merges, renames, notes and edits, in any order, with one cache all along."""
    repo = Repo(tmp_path / "repo")
    life = Life(repo, seed)
    attributed = 0
    for step in range(14):
        if step:
            life.happen()
        expected = cold(repo)
        assert warm(repo) == expected, f"step {step}"
        attributed += expected.summary.attributed_lines
    assert attributed
