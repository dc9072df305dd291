"""What the evidence on this machine says of the lines that a commit adds.

The same sources as for a scan speak here. For the next commit those that can know of uncommitted text; for a commit
also its note, and all are asked as if it were checked out, so that line numbers are its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from pathlib import Path

from whence import files
from whence.analysis import SHOWN_CLASSES
from whence.cache.dates import remembered_times
from whence.cli import disclose_changes
from whence.cli.console import Console
from whence.cli.disclose_changes import Added
from whence.disclosure import Part, parts_of
from whence.errors import UserError
from whence.evidence import sources
from whence.evidence.dates import dates_from
from whence.evidence.declared import walk
from whence.evidence.interface import Context, Prepared
from whence.evidence.marks import CommitText
from whence.evidence.sessions.prepared import PreparedSessions
from whence.model import Document, Evidence, EvidenceClass, NotMeasured
from whence.policy import Policy, Surroundings, find, load_file, surroundings
from whence.quick import dataclass
from whence.ranges import count, intersect
from whence.repo import GitError, Repository
from whence.report.as_text import not_measured_lines
from whence.text import display
from whence.tools import Registry

UNCOMMITTED = frozenset({"agent-trace", "marker", "sessions"})
"""The sources that can speak of text that no commit holds."""

OF_A_COMMIT = UNCOMMITTED | {"git-ai"}
"""Those that can speak of a commit's lines besides the commit itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace with its policy: what there is to know before anything is read."""

    root: Path
    repository: Repository
    registry: Registry
    policy: Policy | None
    surroundings: Surroundings
    today: date
    classes: frozenset[EvidenceClass]
    environment: Mapping[str, str]

    @staticmethod
    def open(
        root: Path,
        repository: Repository,
        environment: Mapping[str, str],
        today: date,
        *,
        policy: Path | None = None,
        classes: frozenset[EvidenceClass] | None = None,
    ) -> Place:
        """Raises UserError for a broken policy."""
        registry = Registry.builtin()
        file = policy or find(root)
        rules = load_file(file, root, registry) if file else None
        if rules is not None:
            registry = registry.extended(rules.tools)
        used = classes or (rules.used_classes if rules else SHOWN_CLASSES)
        around = surroundings(root, repository)
        return Place(root, repository, registry, rules, around, today, used, environment)


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit adds and evidence gives to a tool."""

    title: str
    """`the staged lines`, `the lines that commit 1a2b3c4d5e added`."""
    parts: tuple[Part, ...] = ()
    sessions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Source and reference of session evidence to the session's whole id."""
    not_measured: tuple[NotMeasured, ...] = ()


def staged(place: Place, *, amend: bool = False) -> Change:
    """What the index adds to HEAD, or to HEAD's parent when the commit is to replace HEAD."""
    base = disclose_changes.base_of(place.repository, amend=amend)
    added = disclose_changes.staged(place.repository, base, amend=amend)
    return _change(place, place.repository, "the staged lines", added, UNCOMMITTED)


def uncommitted(place: Place) -> Change:
    """What the files on disk add to HEAD."""
    added = disclose_changes.on_disk(place.repository, place.root)
    return _change(place, place.repository, "the uncommitted lines", added, UNCOMMITTED)


def committed(place: Place, commit: str) -> Change:
    """What a commit (full id) added, at its own line numbers."""
    added = disclose_changes.of_commit(place.repository, commit)
    then = place.repository.looking_at(commit)
    return _change(place, then, f"the lines that commit {commit[:10]} added", added, OF_A_COMMIT)


def is_anything_staged(place: Place) -> bool:
    """Whether the index differs from HEAD."""
    base = disclose_changes.base_of(place.repository, amend=False)
    return bool(place.repository.run("diff-index", "--cached", "--name-only", base, "--"))


def words(place: Place, commit: str) -> CommitText | None:
    """What a commit says of itself; None for one that is older than any tool."""
    return next(walk(place.repository, f"{commit}^!"), None)


def _change(
    place: Place, repository: Repository, title: str, added: Added, speaking: frozenset[str]
) -> Change:
    """Ask the sources named in `speaking` about the texts of a change, as seen from `repository`'s HEAD."""
    prepared = _prepared(place, repository, added.documents, speaking)
    parts: list[Part] = []
    sessions: dict[tuple[str, str], str] = {}
    for path, document in sorted(_dated(repository, added.documents, prepared).items()):
        evidence: list[Evidence] = []
        for source in prepared:
            if isinstance(source, PreparedSessions):
                for claim, session in source.sessions(document):
                    evidence.append(claim)
                    sessions[claim.source, claim.reference] = session
            else:
                evidence += source.claims(document)
        parts += parts_of(
            path,
            evidence,
            intersect(added.lines[path], ((1, len(document.lines)),)),
            len(document.lines),
            policy=place.policy,
            surroundings=place.surroundings,
            today=place.today,
            classes=place.classes,
        )
    gaps = (gap for source in prepared for gap in source.not_measured)
    return Change(title, tuple(parts), sessions, tuple(dict.fromkeys((*added.not_measured, *gaps))))


def _prepared(
    place: Place, repository: Repository, documents: Mapping[str, Document], speaking: frozenset[str]
) -> list[Prepared]:
    """The sources, made ready; those that read git care for the changed files only."""
    every = tuple(dict.fromkeys((*files.discover(place.root, place.repository), *documents)))
    names = {path: doc.head_path for path, doc in documents.items() if doc.head_path != path}
    out = []
    for source in sources():
        if source.name in speaking:
            paths = every if source.name in UNCOMMITTED else tuple(documents)
            context = Context(place.root, repository, place.registry, paths, place.environment, names)
            out.append(source.prepare(context))
    return out


def _stands(source: Prepared, document: Document) -> bool:
    """Whether a source could speak of the document, so that it matters when its lines were committed."""
    if isinstance(source, PreparedSessions):
        return source.candidates(document)
    return bool(source.claims(document))


def _dated(
    repository: Repository, documents: Mapping[str, Document], prepared: Sequence[Prepared]
) -> dict[str, Document]:
    """The documents, those that a source could speak of with the dates of their committed lines, for who wrote first."""
    out = dict(documents)
    asked = {
        path: repository.to_repository(document.head_path)
        for path, document in documents.items()
        if document.committed is None
        and document.head_path is not None
        and document.head_lines is not None
        and any(_stands(source, document) for source in prepared)
    }
    head = repository.head() if asked else None
    if head is None:
        return out
    since = min(dates_from(prepared, documents[path]) for path in asked)
    try:
        found = remembered_times(
            repository, head, set(asked.values()), since, dict(repository.environment), lambda: None
        )
    except GitError:
        return out
    for path, name in asked.items():
        document, times = documents[path], found.get(name, ())
        if document.head_lines is not None and max(document.head_lines, default=0) <= len(times):
            committed = tuple(times[line - 1] if line else 0.0 for line in document.head_lines)
            out[path] = replace(document, committed=committed)
    return out


def summary(place: Place, change: Change) -> list[str]:
    """`Claude Code (Anthropic): 20 added lines in 1 file`, most lines first."""
    lines: dict[str, int] = {}
    where: dict[str, set[str]] = {}
    for part in change.parts:
        name = display(place.registry.display(part.item.agent))
        lines[name] = lines.get(name, 0) + count(part.lines)
        where.setdefault(name, set()).add(part.path)
    return [
        f"{name}: {number} added line{'' if number == 1 else 's'} "
        f"in {len(where[name])} file{'' if len(where[name]) == 1 else 's'}"
        for name, number in sorted(lines.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def commit_of(repository: Repository, revision: str) -> str:
    """The full id of the commit that a user named. Raises UserError."""
    try:
        return repository.resolve(revision)
    except GitError:
        raise UserError(f"no such commit: {revision}", hint="name a commit, a tag or a branch") from None


def say_gaps(console: Console, gaps: Sequence[NotMeasured]) -> None:
    """What could not be measured, on standard error."""
    for line in not_measured_lines(gaps):
        console.say(line)
