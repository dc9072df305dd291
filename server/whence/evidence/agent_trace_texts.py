"""The texts in which a record's lines may stand: at HEAD, on disk, and in the first commit after the record."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from whence import files
from whence.evidence.agent_trace_places import Budget, Check, added, checker, find, mostly
from whence.evidence.agent_trace_records import Claim
from whence.evidence.interface import Context
from whence.evidence.marks import AGENTS_BEGIN
from whence.evidence.origins import line_times
from whence.linemap import line_map
from whence.quick import dataclass
from whence.ranges import Lines, each, from_lines, from_pairs, intersect
from whence.repo import GitError, Repository
from whence.text import decode, digest, split

SLACK = 300.0
"""Seconds by which a commit's author date may precede the record of what it holds."""

VERIFIED = 0.97
"""The text has the recorded hash."""
UNVERIFIED = 0.7
"""Most of the recorded lines are new in the commit that followed the record, but nothing shows their text."""

_BY_HASH = "The text has the recorded hash."
_BY_NUMBER = "The record has no hash that can be checked; its lines are new in the commit that followed it."


@dataclass(frozen=True, slots=True)
class Template:
    """Adjacent uncommitted lines, by the digests of their normal forms."""

    digests: tuple[bytes, ...]

    def stands(self, digests: Sequence[bytes], free: Sequence[bool]) -> Lines:
        """Where the lines stand in a text, among its `free` (uncommitted) lines; three in a row are enough."""
        least = min(3, len(self.digests))
        places: dict[bytes, list[int]] = {}
        for index, value in enumerate(self.digests):
            places.setdefault(value, []).append(index)
        pairs: list[tuple[int, int]] = []
        at = 0
        while at < len(digests):
            best = 0
            for start in places.get(digests[at], ())[:50]:
                length = 0
                while (
                    at + length < len(digests)
                    and start + length < len(self.digests)
                    and free[at + length]
                    and digests[at + length] == self.digests[start + length]
                ):
                    length += 1
                best = max(best, length)
            if best >= least:
                pairs.append((at + 1, at + best))
            at += max(best, 1)
        return from_pairs(pairs)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record's lines stand. Nothing at all: they are gone."""

    confidence: float = VERIFIED
    how: str = ""
    head: Lines = ()
    """At HEAD."""
    loose: tuple[Template, ...] = ()
    """On disk, not committed."""
    commit: str | None = None
    lines: Lines = ()
    """In `commit`."""


GONE = Place()


class Texts:
    """Every file that records speak of, each text read once and only when needed."""

    def __init__(self, context: Context, paths: Collection[str], oldest: float) -> None:
        self.context = context
        self.head = context.repository.head() if context.repository else None
        self.touching = _touching(context.repository, self.head, paths, oldest) if self.head else {}
        self.paths = paths
        self.since = max(oldest - SLACK, AGENTS_BEGIN)
        self.known: dict[str, _File] = {}
        self.ancestors: dict[tuple[str, str], bool] = {}

    def place(self, path: str, claim: Claim, budget: Budget) -> Place | None:
        """Where the lines of a claim stand; None when that cannot be told."""
        file = self.known.get(path)
        if file is None:
            file = self.known[path] = _File(self.context, path, self.head, self)
        check, proof = checker(claim.content_hash)
        after = self._commit_after(path, claim)
        if check is not None:
            place = file.by_hash(claim, check, after, budget)
            if place is not None or proof:
                return place or GONE
        return self._by_number(file, claim, after)

    @cached_property
    def times(self) -> Mapping[str, tuple[float, ...]]:
        """By repository path the author times of the lines at HEAD, exact from the oldest record on."""
        repository = self.context.repository
        if self.head is None or repository is None:
            return {}
        asked = {name for path in self.paths if (name := self.context.head_path(path)) is not None}
        names = {repository.to_repository(name) for name in asked}
        try:
            return line_times(repository, self.head, names, self.since, self.context.check_cancelled)
        except GitError:
            return {}

    def _commit_after(self, path: str, claim: Claim) -> str | None:
        """The first commit that touches the file after the record was written, on top of its revision."""
        since = claim.time.timestamp() - SLACK
        later = [commit for commit, time in self.touching.get(path, ()) if time >= since]
        if claim.revision is None:
            return later[0] if later else None
        return next((commit for commit in later[:5] if self._is_ancestor(claim.revision, commit)), None)

    def _is_ancestor(self, older: str, newer: str) -> bool:
        if (older, newer) not in self.ancestors:
            assert self.context.repository is not None
            try:
                self.context.repository.run("merge-base", "--is-ancestor", older, newer)
                self.ancestors[older, newer] = True
            except GitError:
                self.ancestors[older, newer] = False
        return self.ancestors[older, newer]

    def _by_number(self, file: _File, claim: Claim, after: str | None) -> Place | None:
        if not claim.placed or claim.revision is None:
            return None
        if after is not None:
            lines = mostly(claim.start, claim.end, file.added(after))
            return Place(UNVERIFIED, _BY_NUMBER, commit=after, lines=lines) if lines else None
        if self.head is None or not self._is_ancestor(claim.revision, self.head):
            return None
        lines = mostly(claim.start, claim.end, from_lines(file.uncommitted))
        return Place(UNVERIFIED, _BY_NUMBER, loose=file.templates(lines)) if lines else None


class _File:
    """One file's texts."""

    def __init__(self, context: Context, path: str, head: str | None, texts: Texts) -> None:
        self.context = context
        self.texts = texts
        self.path = path
        self.commit = head
        self.head_path = context.head_path(path)
        self.patches: dict[str, Lines] = {}

    @cached_property
    def disk(self) -> bytes:
        return files.read(self.context.root, self.path).data or b""

    @cached_property
    def head(self) -> bytes:
        if self.commit is None or self.head_path is None:
            return b""
        return self._blob(self.commit, self.head_path)

    @cached_property
    def to_head(self) -> tuple[int, ...]:
        """For each line on disk its line at HEAD, or 0."""
        return line_map(split(decode(self.head)), split(decode(self.disk)))

    @cached_property
    def uncommitted(self) -> list[int]:
        return [line for line, at_head in enumerate(self.to_head, 1) if not at_head]

    def since(self, claim: Claim) -> Lines:
        """The lines at HEAD that nobody committed before the record was written, if that can be told."""
        repository = self.context.repository
        if repository is None or self.head_path is None:
            return ()
        times = self.texts.times.get(repository.to_repository(self.head_path), ())
        oldest = max(claim.time.timestamp() - SLACK, self.texts.since)
        return from_lines(line for line, time in enumerate(times, 1) if time >= oldest)

    def added(self, commit: str) -> Lines:
        """The lines that a commit added to the file."""
        repository = self.context.repository
        if commit not in self.patches and repository is not None:
            name = repository.to_repository(self.path)
            try:
                how = ("-p", "-U0", "--root", "--text", "--no-textconv", "--no-ext-diff")
                self.patches[commit] = added(repository.run("diff-tree", *how, commit, "--", name))
            except GitError:
                self.patches[commit] = ()
        return self.patches.get(commit, ())

    def by_hash(self, claim: Claim, check: Check, after: str | None, budget: Budget) -> Place | None:
        """Where text with the recorded hash stands; None: nowhere."""
        new = self.since(claim)
        found = find(check, self.head.split(b"\n"), claim.start, claim.end, new, budget)
        if found:
            return Place(VERIFIED, _BY_HASH, head=intersect((found,), new))
        free = from_lines(self.uncommitted) if self.disk != self.head else ()
        if free:
            late = set(each(new))
            possible = (line for line, at in enumerate(self.to_head, 1) if not at or at in late)
            found = find(check, self.disk.split(b"\n"), claim.start, claim.end, from_lines(possible), budget)
        if found:
            lines = intersect((found,), free)
            at_head = from_lines(self.to_head[line - 1] for line in each((found,)))
            return Place(VERIFIED, _BY_HASH, head=intersect(at_head, new), loose=self.templates(lines))
        if after is None or self.context.repository is None:
            return None
        text = self._blob(after, self.path).split(b"\n")
        found = find(check, text, claim.start, claim.end, self.added(after), budget)
        if found:
            return Place(VERIFIED, _BY_HASH, commit=after, lines=intersect((found,), self.added(after)))
        return None

    def templates(self, lines: Lines) -> tuple[Template, ...]:
        """Runs of lines on disk as what can be found again; blank ones alone cannot."""
        text = split(decode(self.disk))
        runs = (text[first - 1 : last] for first, last in lines)
        return tuple(Template(tuple(map(digest, run))) for run in runs if any(line.strip() for line in run))

    def _blob(self, commit: str, path: str) -> bytes:
        assert self.context.repository is not None
        name = f"{commit}:{self.context.repository.to_repository(path)}"
        return next(iter(self.context.repository.blobs([name])), None) or b""


def _touching(
    repository: Repository | None, head: str | None, paths: Collection[str], oldest: float
) -> dict[str, list[tuple[str, float]]]:
    """For each path the commits behind HEAD that touch it since `oldest`, first ones first, with author times."""
    found: dict[str, list[tuple[str, float]]] = {}
    names = [repository.to_repository(path) for path in sorted(paths)] if repository else []
    since = f"--since={int(oldest - SLACK)}"
    for at in range(0, len(names), 500):
        assert repository is not None
        assert head is not None
        how = ("-z", "--no-merges", "--no-renames", "--reverse", "--topo-order", "--name-only", since)
        out = repository.run("log", *how, "--format=%x01%H %at", head, "--", *names[at : at + 500])
        commit = ("", 0.0)
        for token in out.split(b"\0"):
            if token.startswith(b"\1"):
                sha, _, time = token[1:].decode().partition(" ")
                commit = (sha, float(time))
            elif token:
                path = repository.to_workspace(os.fsdecode(token.removeprefix(b"\n")))
                if path is not None:
                    found.setdefault(path, []).append(commit)
    return found
