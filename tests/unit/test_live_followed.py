"""A document that is followed through its edits has, whenever that is claimed, the findings of a fresh analysis."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from support.git import Repo
from support.shared_work import POLICIES, SharedWork
from support.syntax import lines_of, sample
from support.typist import Typist
from whence.engine import Base, Snapshot, prepare
from whence.live.followed import Followed
from whence.model import FileResult

PROJECT = Path(__file__).resolve().parents[2]


def dated(snapshot: Snapshot, name: str, text: str) -> Base:
    """What a scan would know of the lines at HEAD."""
    base = snapshot.base(name)
    return snapshot.with_times(base, snapshot.document(name, text, base))


def cold(snapshot: Snapshot, name: str, lines: tuple[str, ...], base: Base) -> FileResult:
    return snapshot.analyse(snapshot.document(name, "\n".join([*lines, ""]), base))


def follow(snapshot: Snapshot, name: str, text: str, seed: object, steps: int) -> tuple[int, int]:
    """Edit at random; how often the findings were exact at once, and how many there were."""
    typist = Typist(tuple(text.split("\n")[:-1]), seed)
    base = dated(snapshot, name, text)
    followed = Followed(snapshot, name, base)
    followed.begin(typist.lines)
    assert followed.exact
    assert followed.result() == cold(snapshot, name, typist.lines, base)
    exact = found = 0
    for step in range(steps):
        splice = typist.step(regret=not followed.exact)
        followed.edit(typist.lines, splice)
        was_exact = followed.exact
        exact += was_exact
        if not was_exact and typist.dice.random() < 0.15:
            followed.settle()
        if followed.exact:
            result = followed.result()
            assert result == cold(snapshot, name, typist.lines, base), (name, seed, step, splice)
            found += len(result.findings)
        if typist.dice.random() < 0.02:
            followed.forget()
    followed.settle()
    assert followed.result() == cold(snapshot, name, typist.lines, base)
    return exact, found


TEXTS = {
    "shop.py": "\n".join([*lines_of(sample("python")), ""]) * 3,
    "README.md": "\n".join([*lines_of(sample("markdown")), ""]),
    "Shop.java": "\n".join([*lines_of(sample("java")), ""]),
    "shop.rs": "\n".join([*lines_of(sample("rust")), ""]),
    "notes.txt": (PROJECT / "LICENSE").read_text("utf-8")[:4000] + "\n",
}


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_exact_is_what_a_fresh_analysis_finds(repo: Repo, policy: str) -> None:
    """Commits of several tools, under every kind of policy: nearly every edit is answered exactly at once."""
    SharedWork(repo, TEXTS, random.Random(policy), policy=policy, sessions=False, reviews=False)
    snapshot = prepare(repo.path, environment=repo.environment)
    with_findings = 0
    for name, text in TEXTS.items():
        exact, found = follow(snapshot, name, text, policy, 60)
        assert exact >= 15, name
        with_findings += bool(found)
    assert with_findings >= 3 or policy != "review"


@pytest.mark.parametrize("policy", ["none", "two scopes"])
def test_sessions_and_reviews_are_carried_until_the_typing_rests(repo: Repo, policy: str) -> None:
    """What depends on whole texts is never called exact before it was asked again, and then it is."""
    SharedWork(repo, TEXTS, random.Random(policy), policy=policy, sessions=True, reviews=True)
    snapshot = prepare(repo.path, environment=repo.environment)
    for name, text in TEXTS.items():
        follow(snapshot, name, text, policy, 40)
