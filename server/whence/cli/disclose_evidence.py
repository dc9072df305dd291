"""What a commit, made or about to be made, adds, and what the evidence on this machine says of it.

The same sources as for a scan speak here. For the next commit those that can know of uncommitted text; for a commit
also its note, and all are asked as if it were checked out, so that line numbers are its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from whence import files
from whence.analysis import SHOWN_CLASSES
from whence.cli.console import Console
from whence.disclosure import Part, parts_of
from whence.errors import UserError
from whence.evidence import sources
from whence.evidence.history import walk
from whence.evidence.interface import Context, Prepared, Source
from whence.evidence.marks import CommitText
from whence.evidence.origins import line_origins, line_times
from whence.evidence.sessions.prepared import PreparedSessions
from whence.linemap import line_map
from whence.model import Document, EvidenceClass, NotMeasured
from whence.policy import Policy, Surroundings, find, load_file, surroundings
from whence.ranges import Lines, count, each, from_lines, from_pairs, intersect
from whence.repo import GitError, Repository
from whence.report.as_text import not_measured_lines
from whence.text import decode, display, is_binary, split
from whence.tools import Registry

UNCOMMITTED = frozenset({"agent-trace", "marker", "sessions"})
"""The sources that can speak of text that no commit holds."""

OF_A_COMMIT = UNCOMMITTED | {"git-ai"}
"""Those that can speak of a commit's lines besides the commit itself."""

_LINKS = ("120000", "160000")
"""Modes of symbolic links and submodules: not text of this repository."""


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
    documents: Mapping[str, Document] = field(default_factory=dict)
    """By workspace path, for the parts' files."""
    sessions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Source and reference of session evidence to the session's whole id."""
    not_measured: tuple[NotMeasured, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a change."""

    path: str
    """In the workspace."""
    before: str | None
    """Its earlier name there; None: it is new."""
    old: str | None
    """The blob before."""
    new: str | None = None
    """The blob after; None: read it from disk."""


def staged(place: Place, *, amend: bool = False) -> Change:
    """What the index adds to HEAD, or to HEAD's parent when the commit is to replace HEAD."""
    repository = place.repository
    base = base_of(repository, amend=amend)
    found = list(_changed(repository, ["diff-index", "--cached"], base))
    return _next(place, "the staged lines", found, None if base == _empty_tree(repository) else base)


def uncommitted(place: Place) -> Change:
    """What the files on disk add to HEAD."""
    repository = place.repository
    head = repository.head()
    tree: dict[str, str] = {}
    names: dict[str, str | None] = {}
    if head is not None:
        for entry in repository.run("ls-tree", "-r", "-z", "--full-tree", head).split(b"\0"):
            meta, _, name = entry.partition(b"\t")
            path = repository.to_workspace(os.fsdecode(name)) if name else None
            if path and meta.split()[1] == b"blob":
                tree[path] = meta.split()[2].decode()
        staged_too = _changed(repository, ["diff-index", "--cached"], head)
        names = {file.path: file.before for file in staged_too}
    found = []
    for path in files.discover(place.root, repository):
        before = names.get(path, path)
        old = tree.get(before) if before else None
        found.append(_File(path, before if old else None, old))
    return _next(place, "the uncommitted lines", found, head)


def committed(place: Place, commit: str) -> Change:
    """What a commit (full id) added, at its own line numbers."""
    then = replace(place.repository, at=commit)
    found = list(_changed(then, ["diff-tree", "-r"], _parent(then, commit), commit))
    names = [then.to_repository(file.path) for file in found]
    origins = line_origins(then, commit, {commit}, names)
    missing = list(origins.not_measured)
    added: dict[str, Lines] = {}
    for name, runs in origins.files.items():
        path = then.to_workspace(name)
        if path is not None:
            added[path] = from_pairs((run.start, run.end) for run in runs)
    found = [file for file in found if file.path in added]
    prepared = _prepared(place, then, [file.path for file in found], {}, OF_A_COMMIT)
    time = float(then.run("log", "-1", "--format=%at", "--end-of-options", commit))
    documents = {}
    for file, text in _texts(place, found, missing):
        own = set(each(added[file.path]))
        numbers = range(1, len(text) + 1)
        times = tuple(time if number in own else 0.0 for number in numbers)
        documents[file.path] = Document(file.path, text, file.path, tuple(numbers), times)
    title = f"the lines that commit {commit[:10]} added"
    return _change(place, title, documents, added, prepared, missing)


def words(place: Place, commit: str) -> CommitText | None:
    """What a commit says of itself; None for one that is older than any tool."""
    return next(walk(place.repository, f"{commit}^!"), None)


def base_of(repository: Repository, *, amend: bool) -> str:
    """The tree that the next commit adds to."""
    if repository.head() is None:
        return _empty_tree(repository)
    return _parent(repository, "HEAD") if amend else "HEAD"


def _empty_tree(repository: Repository) -> str:
    return repository.run("hash-object", "-t", "tree", "--stdin", feed=b"").decode().strip()


def _parent(repository: Repository, commit: str) -> str:
    """The first parent, or a tree with nothing in it for a commit without one."""
    try:
        return repository.resolve(f"{commit}^")
    except GitError:
        return _empty_tree(repository)


def _changed(repository: Repository, command: Sequence[str], *trees: str) -> Iterator[_File]:
    """The text files that a comparison of trees names, deleted ones left out."""
    scope = ("--", repository.prefix) if repository.prefix else ("--",)
    out = repository.run(*command, "--raw", "-M", "-z", "--no-abbrev", *trees, *scope)
    fields = iter(os.fsdecode(field) for field in out.split(b"\0") if field)
    for meta in fields:
        _, mode, old, new, status = meta.split(" ")
        before = repository.to_workspace(next(fields))
        path = repository.to_workspace(next(fields)) if status[0] in "RC" else before
        if path is None or status[0] == "D" or mode in _LINKS or not new.strip("0"):
            continue
        is_new = not old.strip("0")
        yield _File(path, None if is_new else before, None if is_new else old, new)


def _texts(
    place: Place, found: Sequence[_File], missing: list[NotMeasured]
) -> Iterator[tuple[_File, tuple[str, ...]]]:
    """The files with their lines; what is not text is left out, what cannot be read is not measured."""
    blobs = place.repository.blobs([file.new for file in found if file.new])
    for file in found:
        if file.new:
            data = next(blobs)
            if data is None:
                missing.append(NotMeasured("file", "its content is not in this clone", path=file.path))
                continue
        else:
            content = files.read(place.root, file.path)
            data = content.data
            if data is None:
                if content.missing and content.missing.evidence_class:
                    missing.append(content.missing)
                continue
        if not is_binary(data):
            yield file, split(decode(data))


def _next(place: Place, title: str, found: Sequence[_File], base: str | None) -> Change:
    """The change that uncommitted text makes."""
    missing: list[NotMeasured] = []
    olds = [file.old for file in found if file.old]
    before = dict(zip(olds, place.repository.blobs(olds), strict=True))
    documents: dict[str, Document] = {}
    added: dict[str, Lines] = {}
    for file, text in _texts(place, found, missing):
        data = before.get(file.old) if file.old else None
        if file.old and data is None:
            missing.append(
                NotMeasured("git-history", "its committed text is not in this clone", path=file.path)
            )
            continue
        mapping = line_map(split(decode(data)), text) if data is not None else (0,) * len(text)
        lines = from_lines(number for number, at in enumerate(mapping, 1) if not at)
        if lines:
            added[file.path] = lines
            documents[file.path] = Document(
                file.path, text, file.before, mapping if data is not None else None
            )
    names = {file.path: file.before for file in found if file.before != file.path}
    prepared = _prepared(place, place.repository, [*documents], names, UNCOMMITTED)
    if base is not None:
        for path, document in documents.items():
            if document.head_path and any(source.claims(document) for _, source in prepared):
                documents[path] = _dated(place.repository, base, document)
    return _change(place, title, documents, added, prepared, missing)


def _dated(repository: Repository, base: str, document: Document) -> Document:
    """The document with the dates of its committed lines, for who wrote first."""
    assert document.head_path is not None
    assert document.head_lines is not None
    try:
        times = line_times(repository, repository.resolve(base), repository.to_repository(document.head_path))
    except GitError:
        return document
    if times is None or max(document.head_lines, default=0) > len(times):
        return document
    return replace(
        document, committed=tuple(times[line - 1] if line else 0.0 for line in document.head_lines)
    )


def _prepared(
    place: Place,
    repository: Repository,
    changed: Sequence[str],
    names: Mapping[str, str | None],
    only: frozenset[str],
) -> list[tuple[Source, Prepared]]:
    """The sources, made ready; those that read git care for the changed files only."""
    every = tuple(dict.fromkeys((*files.discover(place.root, place.repository), *changed)))
    out: list[tuple[Source, Prepared]] = []
    for source in sources():
        if source.name not in only:
            continue
        paths = every if source.name in UNCOMMITTED else tuple(changed)
        context = Context(place.root, repository, place.registry, paths, place.environment, names)
        out.append((source, source.prepare(context)))
    return out


def _change(
    place: Place,
    title: str,
    documents: Mapping[str, Document],
    added: Mapping[str, Lines],
    prepared: Sequence[tuple[Source, Prepared]],
    missing: Sequence[NotMeasured],
) -> Change:
    parts: list[Part] = []
    for path, document in sorted(documents.items()):
        evidence = [claim for _, source in prepared for claim in source.claims(document)]
        parts += parts_of(
            path,
            evidence,
            intersect(added[path], ((1, len(document.lines)),)),
            len(document.lines),
            policy=place.policy,
            surroundings=place.surroundings,
            today=place.today,
            classes=place.classes,
        )
    sessions = {
        (writing.source, writing.reference): writing.session
        for _, source in prepared
        if isinstance(source, PreparedSessions)
        for writing in source.writings
    }
    gaps = [gap for _, source in prepared for gap in source.not_measured]
    shown = tuple(dict.fromkeys((*missing, *gaps)))
    kept = {part.path for part in parts}
    return Change(title, tuple(parts), {path: documents[path] for path in kept}, sessions, shown)


def summary(place: Place, change: Change) -> list[str]:
    """`Claude Code (Anthropic): 20 lines in 1 file`, most lines first."""
    lines: dict[str, int] = {}
    where: dict[str, set[str]] = {}
    for part in change.parts:
        name = display(place.registry.display(part.item.agent))
        lines[name] = lines.get(name, 0) + count(part.lines)
        where.setdefault(name, set()).add(part.path)
    return [
        f"{name}: {number} added line{'' if number == 1 else 's'} in {len(where[name])} file{'' if len(where[name]) == 1 else 's'}"
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
