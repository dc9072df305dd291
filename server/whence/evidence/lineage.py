"""The commits behind HEAD that have something to say, and the lines at HEAD that are theirs, looked for once.

Sources share one look: which commits declare a tool, which have notes, and in one pass the line origins of all of them.
What it finds is remembered with HEAD's id. From a commit near by (after a commit, a checkout, a rebase, a pull) the next
look reads only the messages and the changes between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import field, replace

from whence.evidence.declared import Declared, declared
from whence.evidence.interface import Context
from whence.evidence.noted import PLACES, Noted, noted
from whence.evidence.origins import Base, Known, Origins, Run, line_origins
from whence.evidence.origins.known import MOST
from whence.evidence.origins.walk import Gap, gap, no_gap
from whence.model import NotMeasured
from whence.quick import dataclass
from whence.repo import GitError, Repository

_KIND = "lineage"

_TRIED = 3
"""Earlier looks to which the way is asked: some 10 ms for each."""

_SHORT = 3
"""Commits of a way that is short enough not to ask for another."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """What is known of the past of the files at HEAD."""

    marked: Mapping[str, Declared] = field(default_factory=dict)
    """The commits behind HEAD that declare a tool."""
    noted: Mapping[str, str] = field(default_factory=dict)
    """The blobs of their notes by the commits behind HEAD that have one."""
    elsewhere: tuple[str, ...] = ()
    """The blobs of all other notes."""
    has_notes_ref: bool = False
    notes_trouble: str = ""
    """Why the notes could not be listed."""
    origins: Origins = field(default_factory=Origins)
    """The lines of all of these commits."""

    def gaps(self, commits: Collection[str]) -> tuple[NotMeasured, ...]:
        """What of the lines could not be measured, for a source that speaks of `commits`."""
        return self.origins.not_measured if commits else ()


def lineage(context: Context) -> Lineage:
    """Look, or get what another source had looked for. Raises GitError."""
    return context.shared.once(_look, context)


@dataclass(frozen=True, slots=True)
class Kept:
    """A look as it is remembered: plain values, lines as rows of numbers."""

    marked: Mapping[str, Declared]
    noted: tuple[str, ...]
    elsewhere: tuple[str, ...]
    """Commits that have notes and are not behind this one."""
    names: tuple[str, ...]
    """Commits and paths of which the rows tell the places here."""
    files: Mapping[str, tuple[int, ...]]
    """By path: start, length, commit, original path, original start, and so on."""
    reached: tuple[str, ...]
    bases: tuple[tuple[str, str, str, str, int], ...]
    """Commit, path, blob before, blob after, lines added."""
    ignored: tuple[str, ...]


def _look(context: Context) -> Lineage:
    repository = context.repository
    head = repository.head() if repository is not None else None
    if repository is None or head is None:
        return Lineage()
    context.report("reading commits")
    notes, trouble = Noted(), ""
    try:
        notes = noted(repository, context.refs_below(*PLACES))
    except GitError as error:
        trouble = str(error)
    earlier = _earlier(context, repository, head, notes.blobs.keys())
    if earlier is None:
        marked = _declared(context, repository, head, ())
        behind = _recent(context, repository, _behind(repository, head, notes.blobs.keys()))
    else:
        marked, behind = earlier.marked, earlier.noted
    wanted = marked.keys() | behind
    if wanted:
        context.report(f"{len(marked)} commits declare a tool, {len(behind)} have notes; finding their lines")
    names = (context.head_path(path) for path in context.paths)
    paths = {repository.to_repository(name) for name in names if name is not None}
    origins = line_origins(
        repository,
        head,
        wanted,
        None if context.memory is not None else paths,
        context.check_cancelled,
        based=behind,
        known=earlier.known if earlier else None,
        ahead=earlier.gap.ahead if earlier else None,
    )
    if context.memory is not None and origins.known is not None and not trouble:
        kept = _kept(marked, behind, notes.blobs.keys() - behind, origins.known)
        context.memory.keep(_KIND, head, Kept, kept)
    return Lineage(
        marked,
        {commit: blob for commit, blob in notes.blobs.items() if commit in behind},
        tuple(blob for commit, blob in notes.blobs.items() if commit not in behind),
        notes.has_ref,
        trouble,
        origins if context.memory is None else _only(origins, paths),
    )


def _only(origins: Origins, paths: Collection[str]) -> Origins:
    """What of the whole repository's origins was asked for."""
    files = {path: runs for path, runs in origins.files.items() if path in paths}
    return replace(origins, files=files, known=None)


def _behind(repository: Repository, head: str, commits: Set[str]) -> frozenset[str]:
    """Those commits that are behind HEAD, or are it."""
    if not commits:
        return frozenset()
    return frozenset(repository.run("rev-list", head).decode().split()) & commits


def _declared(context: Context, repository: Repository, head: str, but: Sequence[str]) -> dict[str, Declared]:
    """The marked commits that are wanted."""
    found = declared(repository, context.registry, head, but, context.check_cancelled)
    if context.since is None:
        return found
    return {sha: value for sha, value in found.items() if value.time.timestamp() >= context.since}


def _recent(context: Context, repository: Repository, commits: frozenset[str]) -> frozenset[str]:
    """Those commits that are wanted."""
    if context.since is None or not commits:
        return commits
    feed = "".join(commit + "\n" for commit in sorted(commits)).encode()
    how = ("--no-walk=unsorted", "--ignore-missing", "--stdin", "--format=tformat:%H %at")
    out = repository.run("log", *how, feed=feed)
    times = (line.split() for line in out.decode().splitlines())
    return frozenset(fields[0] for fields in times if len(fields) > 1 and float(fields[1]) >= context.since)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """An earlier look at a commit near by, and what it says of the commits behind HEAD."""

    known: Known
    gap: Gap
    marked: dict[str, Declared]
    noted: frozenset[str]


def _earlier(context: Context, repository: Repository, head: str, noted_now: Set[str]) -> _Earlier | None:
    """The nearest of the looks that are remembered, if it still holds; else the next."""
    memory = context.memory
    if memory is None:
        return None
    behind_head: frozenset[str] | None = None
    for commit, way in _ways(repository, head, memory.recent(_KIND)):
        kept = memory.recall(_KIND, commit, Kept)
        if kept is None:
            continue
        ahead = {name.decode() for name in way.ahead.order}
        behind = {name.decode() for name in way.behind}
        still = set(kept.noted) - behind
        new = noted_now - still
        # Whether a note that came later speaks of an older commit is not told by the way between the two.
        strange = _recent(context, repository, frozenset(new - ahead - set(kept.elsewhere)))
        if strange and behind_head is None:
            behind_head = _behind(repository, head, noted_now)
        if not still <= set(noted_now) or (behind_head is not None and strange & behind_head):
            continue
        marked = {sha: value for sha, value in kept.marked.items() if sha not in behind}
        if ahead:
            marked = _declared(context, repository, head, (commit,)) | marked
        late = _recent(context, repository, frozenset(new & ahead))
        return _Earlier(_known(commit, kept), way, marked, frozenset(still | late))
    return None


def _ways(repository: Repository, head: str, commits: Sequence[str]) -> Iterator[tuple[str, Gap]]:
    """The ways from HEAD to the last few of some commits, the shortest first."""
    if head in commits:
        yield head, no_gap(head)
    ways: list[tuple[str, Gap]] = []
    for commit in [commit for commit in commits if commit != head][:_TRIED]:
        way = gap(repository, head, commit, MOST)
        if way is not None and _length(way) <= _SHORT:
            yield commit, way
        elif way is not None:
            ways.append((commit, way))
    yield from sorted(ways, key=lambda found: _length(found[1]))


def _length(way: Gap) -> int:
    return len(way.ahead.order) + len(way.behind)


def _kept(
    marked: Mapping[str, Declared], behind: Collection[str], elsewhere: Collection[str], known: Known
) -> Kept:
    places: dict[str, int] = {}

    def row(runs: Sequence[Run]) -> Iterator[int]:
        for run in runs:
            yield run.start
            yield run.length
            yield places.setdefault(run.commit, len(places))
            yield places.setdefault(run.original_path, len(places))
            yield run.original_start

    files = {path: tuple(row(runs)) for path, runs in known.files.items()}
    return Kept(
        marked,
        tuple(sorted(behind)),
        tuple(sorted(elsewhere)),
        tuple(places),
        files,
        tuple(sorted(known.reached)),
        tuple(
            (*place, base.old.decode(), base.new.decode(), base.added)
            for place, base in sorted(known.bases.items())
        ),
        tuple(sorted(known.ignored)),
    )


def _known(commit: str, kept: Kept) -> Known:
    names = kept.names
    return Known(
        commit,
        {
            path: tuple(
                Run(row[at], row[at + 1], names[row[at + 2]], names[row[at + 3]], row[at + 4])
                for at in range(0, len(row), 5)
            )
            for path, row in kept.files.items()
        },
        frozenset(kept.reached),
        {(sha, path): Base(old.encode(), new.encode(), count) for sha, path, old, new, count in kept.bases},
        frozenset(kept.ignored),
    )
