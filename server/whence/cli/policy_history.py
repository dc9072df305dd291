"""Past commits as questions to a policy: which files each marked commit changed, for `whence policy replay`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime

from whence.evidence.declared import walk
from whence.evidence.marks import CommitText, Mark, reader
from whence.model import Agent, Attribution, Evidence, EvidenceClass
from whence.policy import Surroundings
from whence.policy.replaying import Event
from whence.policy.values import Question
from whence.repo import GitError, Repository
from whence.tools import Registry

Marked = tuple[CommitText, tuple[Mark, ...]]


def declared(repository: Repository, registry: Registry, revisions: str) -> Iterator[Marked]:
    """Every commit of a range, newest first, with the marks that say a tool wrote in it."""
    read = reader(registry)
    for commit in walk(repository, revisions):
        yield commit, tuple(mark for mark in read.marks(commit) if not mark.suggestion)


def events(
    repository: Repository,
    marked: Sequence[Marked],
    known: Surroundings,
    today: date,
    unread: Callable[[str, str], None],
) -> Iterator[Event]:
    """One event for each file that a marked commit added lines to and each tool that it declares.

    `unread` is told of each commit whose changes cannot be read, and why.
    """
    by_sha = dict(zip((commit.sha for commit, _ in marked), marked, strict=True))
    for sha, path, added in _added(repository, list(by_sha), unread):
        commit, marks = by_sha[sha]
        person = f"{commit.author} <{commit.author_mail}>"
        for agent, said in _by_agent(marks):
            lines = ((1, added),)
            evidence = tuple(_evidence(commit, mark, lines, person) for mark in said)
            item = Attribution(lines, agent, EvidenceClass.DECLARED, said[0].confidence, evidence)
            question = Question(
                path, item, today, owners=known.owned(path), authors=(person,), branch=known.branch
            )
            yield Event(sha, question, added)


def _by_agent(marks: Sequence[Mark]) -> Iterator[tuple[Agent, list[Mark]]]:
    agents: dict[Agent, list[Mark]] = {}
    for mark in marks:
        agents.setdefault(mark.agent, []).append(mark)
    yield from agents.items()


def _evidence(commit: CommitText, mark: Mark, lines: tuple[tuple[int, int], ...], person: str) -> Evidence:
    return Evidence(
        lines=lines,
        agent=mark.agent,
        evidence_class=EvidenceClass.DECLARED,
        source="git-history",
        reference=commit.sha,
        confidence=mark.confidence,
        time=datetime.fromtimestamp(commit.author_time, UTC),
        detail=mark.detail,
        commit=commit.sha,
        signal=mark.signal,
        person=person,
    )


def _added(
    repository: Repository, commits: Sequence[str], unread: Callable[[str, str], None]
) -> Iterator[tuple[str, str, int]]:
    """(commit, workspace path, lines added) for each text file, by one `git diff-tree`.

    Where git cannot read an object, of a partial or damaged clone, the commits are halved until it is found.
    """
    if not commits:
        return
    feed = b"".join(sha.encode() + b"\n" for sha in commits)
    try:
        out = repository.run(
            "diff-tree", "--stdin", "-r", "--root", "--no-renames", "--numstat", "-z", feed=feed
        )
    except GitError as error:
        if len(commits) == 1:
            unread(commits[0], str(error))
            return
        half = len(commits) // 2
        yield from _added(repository, commits[:half], unread)
        yield from _added(repository, commits[half:], unread)
        return
    sha = ""
    for field in out.split(b"\0"):
        if b"\t" not in field:
            sha = field.decode().strip() or sha
            continue
        added, _, name = field.split(b"\t", 2)
        path = repository.to_workspace(os.fsdecode(name))
        if added.isdigit() and int(added) and path is not None:
            yield sha, path, int(added)
