"""Where a commit brings back what a file was before: its lines have their origin in that older version.

Blame gives such lines to who brought them back, whoever wrote them. Two ways to know an older version are exact and
cheap: the whole file is what it was some commits ago, or the commit names the one that it reverts or repeats. Both are
a matter of what is behind the commit alone, so the answer is the same from wherever it is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field

from whence.evidence.origins import changes as raw
from whence.evidence.origins.changes import Change
from whence.evidence.origins.named import is_behind, states
from whence.evidence.origins.past import Past
from whence.evidence.origins.walk import Walk
from whence.quick import dataclass
from whence.repo import Repository

STEPS = 200
"""So many first parents behind a commit its files are looked for as a whole."""

_FEW_STARTS = 8
_FEW_PATHS = 64

Place = tuple[bytes, bytes]
"""A commit, and a path that it changed."""

Source = tuple[bytes, bytes, bytes]
"""A commit, a path and its blob there."""

_Files = Mapping[bytes, bytes]
"""Blobs by path."""


@dataclass(frozen=True, slots=True)
class Restored:
    """Older versions from which lines came back."""

    sources: Mapping[Place, list[Source]] = field(default_factory=dict)
    edge: frozenset[bytes] = frozenset()
    """What of their commits lies beyond the edge of the walk."""


def restored(
    repository: Repository,
    walk: Walk,
    past: Past,
    wanted: Collection[bytes],
    paths: Collection[bytes],
    check_cancelled: Callable[[], None],
    but: Collection[bytes] = (),
) -> Restored:
    """What the commits of a walk, `but` for some, brought back of some files. Raises GitError.

    What is behind a walk is nobody's, so that it matters to wanted commits alone, unless lines can wait at its edge.
    """
    asked: dict[bytes, _Files] = {}
    for commit, changed in past.plain.items():
        if walk.parents[commit] and commit not in but:
            files = {one[1]: raw.new_blob(one) for one in changed if one[1] in paths and _is_file(one)}
            if files:
                asked[commit] = files
    sources: dict[Place, list[Source]] = {}
    for commit, source in _near(walk, past, asked):
        sources[commit, source[1]] = [source]
    some = {commit: files for commit, files in asked.items() if walk.edge or commit in wanted}
    far = {
        commit: {path: blob for path, blob in files.items() if (commit, path) not in sources}
        for commit, files in some.items()
    }
    for commit, source in _beyond(repository, walk, far, check_cancelled):
        sources[commit, source[1]] = [source]
    named = {commit: past.named[commit] for commit in asked if commit in past.named}
    for commit, older, files in states(repository, named, _Behind(repository, walk, some), check_cancelled):
        for path in asked[commit].keys() & files.keys():
            known = sources.setdefault((commit, path), [])
            if not any(blob == asked[commit][path] for _, _, blob in known):
                known.append((older, path, files[path]))
    commits = {source[0] for found in sources.values() for source in found} if walk.edge else set[bytes]()
    return Restored(sources, frozenset(commit for commit in commits if not walk.goes_to(commit)))


def _is_file(change: Change) -> bool:
    return raw.status(change) != b"D" and raw.is_file(change)


def _near(walk: Walk, past: Past, asked: Mapping[bytes, _Files]) -> Iterator[tuple[bytes, Source]]:
    """The files that are as they were, as far as the walk goes: each with the last older version."""
    left = _Left(asked)
    # The older ones first: what a commit finds was left behind before it, or beside it.
    for commit in reversed(walk.order):
        if commit in asked:
            start = walk.parents[commit][0]
            yield from left.find(commit, asked[commit], walk.parents, start, STEPS)
        plain = past.plain.get(commit)
        left.add(commit, past.merges[commit][0].values() if plain is None else plain)


def _beyond(
    repository: Repository,
    walk: Walk,
    asked: Mapping[bytes, _Files],
    check_cancelled: Callable[[], None],
) -> Iterator[tuple[bytes, Source]]:
    """The same where first parents leave the walk."""
    ways: dict[bytes, tuple[bytes, int]] = {}
    for commit in reversed(walk.order):
        for parent in walk.parents[commit][:1]:
            start, steps = ways.get(parent, (parent, 0))
            if steps < STEPS and (parent in ways or parent not in walk.parents):
                ways[commit] = (start, steps + (parent in ways))
    asked = {commit: files for commit, files in asked.items() if files and commit in ways}
    if not asked:
        return
    parents = _first_parents(repository, {ways[commit][0] for commit in asked})
    pairs = {
        pair: None
        for start, steps in {ways[commit] for commit in asked}
        for pair in _down(parents, start, STEPS - steps)
    }
    paths = {path for files in asked.values() for path in files}
    some = sorted(paths) if len(paths) <= _FEW_PATHS else ()
    left = _Left(asked)
    lists = raw.changes(repository, list(pairs), check_cancelled, paths=some)
    for (commit, _), changes in zip(pairs, lists, strict=True):
        left.add(commit, changes)
    for commit, files in asked.items():
        start, steps = ways[commit]
        yield from left.find(commit, files, parents, start, STEPS - steps)


class _Left:
    """Who made files something else that are looked for, as seen from first parents."""

    def __init__(self, asked: Mapping[bytes, _Files]) -> None:
        self._keys = {key for files in asked.values() for key in files.items()}
        self._by: dict[tuple[bytes, bytes], set[bytes]] = {}
        """Commits, by a path and the blob that was there before."""

    def add(self, commit: bytes, changes: Iterable[Change]) -> None:
        for change in changes:
            key = (change[1], raw.old_blob(change))
            if key in self._keys and raw.was_file(change):
                self._by.setdefault(key, set()).add(commit)

    def find(
        self,
        commit: bytes,
        files: _Files,
        parents: Mapping[bytes, tuple[bytes, ...]],
        start: bytes,
        steps: int,
    ) -> Iterator[tuple[bytes, Source]]:
        """The last commit at which each file was the same, down from a first parent."""
        for key in files.items():
            left = self._by.get(key, set())
            for one, parent in _down(parents, start, steps) if left else ():
                if one in left:
                    yield commit, (parent, *key)
                    break


def _down(
    parents: Mapping[bytes, tuple[bytes, ...]], commit: bytes, steps: int
) -> Iterator[tuple[bytes, bytes]]:
    """A commit with its first parent, that one with its own, and so on, as far as they are known."""
    for _ in range(steps):
        before = parents.get(commit)
        if not before:
            return
        yield commit, before[0]
        commit = before[0]


def _first_parents(repository: Repository, starts: Collection[bytes]) -> dict[bytes, tuple[bytes, ...]]:
    how = ("rev-list", "--first-parent", "--parents")
    names = [start.decode() for start in sorted(starts)]
    asked = [[f"--max-count={STEPS}", name] for name in names] if len(names) <= _FEW_STARTS else [names]
    lines = (line.split() for some in asked for line in repository.run(*how, *some, "--").splitlines())
    return {commit: tuple(parents) for commit, *parents in lines}


class _Behind:
    """Whether a commit is behind another, as far as it matters."""

    def __init__(self, repository: Repository, walk: Walk, far: Collection[bytes]) -> None:
        self._repository = repository
        self._walk = walk
        self._far = far
        """To what commits it matters also outside of the walk."""
        self._places: dict[bytes, int] = {}

    def __call__(self, older: bytes, newer: bytes) -> bool:
        if older not in self._walk.parents:
            return newer in self._far and is_behind(self._repository, older, newer)
        if not self._places:
            self._places = {commit: at for at, commit in enumerate(self._walk.order)}
        last, waiting = self._places[older], [newer]
        seen: set[bytes] = set()
        while waiting:
            for parent in self._walk.parents[waiting.pop()]:
                if parent == older:
                    return True
                # Children come before parents: what comes later than the older one has it not behind it.
                if parent not in seen and self._places.get(parent, last) < last:
                    seen.add(parent)
                    waiting.append(parent)
        return False
