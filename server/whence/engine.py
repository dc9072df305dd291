"""A workspace made ready: everything slow is done once, and then any document is answered at once.

`prepare` looks at git, the tools' sessions, the policy and the ledger. The `Snapshot` that it returns is immutable
and picklable; the command line scans with it, the language server keeps it and asks it at every keystroke.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from whence import files
from whence.analysis import SHOWN_CLASSES, Settings, analyse
from whence.at_head import commit_of, repository_of, tree_of
from whence.cache import Cache
from whence.errors import Problem, UserError
from whence.evidence import sources
from whence.evidence.dates import dates_from
from whence.evidence.filtered import unaligned
from whence.evidence.homes import unfit
from whence.evidence.interface import Context, Prepared, Source
from whence.linemap import line_map
from whence.model import Document, Evidence, EvidenceClass, FileResult, NotMeasured
from whence.policy import Policy, excluded, find, load_file, surroundings
from whence.quick import dataclass
from whence.repo import GitError, Repository
from whence.review import Ledger
from whence.standing import Standing
from whence.text import blob_id, decode, split
from whence.tools import Registry


@dataclass(frozen=True, slots=True)
class Base:
    """The committed text that a document grew from. Kept while a document is open; a value."""

    head_path: str | None = None
    blob: str = ""
    lines: tuple[str, ...] | None = None
    committed: tuple[float, ...] | None = None
    """Author time (Unix seconds) of each line at HEAD; None: not looked up."""


@dataclass(frozen=True, slots=True)
class Undated:
    """A file of which it matters when its lines at HEAD came."""

    base: Base
    head_path: str
    since: float
    """Unix seconds: which of the lines were there before is all that matters of those."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known of a workspace at one moment."""

    root: Path
    repository: Repository | None
    head: str | None
    settings: Settings
    policy_path: Path | None
    policy_problems: tuple[Problem, ...]
    prepared: tuple[Prepared, ...]
    blobs: Mapping[str, str]
    """Workspace path to blob id at HEAD."""
    head_paths: Mapping[str, str | None]
    missing: tuple[NotMeasured, ...]
    environment: Mapping[str, str]
    required: frozenset[EvidenceClass] = field(default_factory=frozenset)
    """Classes without which a verdict is inconclusive."""
    survey: files.Survey = field(default_factory=files.Survey)
    """The files that there were."""
    remembers: bool = False
    """Whether what is looked for later may be what an earlier look kept, and is kept."""

    @property
    def registry(self) -> Registry:
        return self.settings.registry

    @property
    def policy(self) -> Policy | None:
        return self.settings.policy

    @property
    def ledger(self) -> Ledger:
        return self.settings.ledger

    @property
    def not_measured(self) -> tuple[NotMeasured, ...]:
        """Of the workspace as a whole, each once; a file's own are in its result."""
        said = {item.what for item in self.missing} if self.repository is None else set()
        heard = (item for source in self.prepared for item in source.not_measured if item.what not in said)
        return tuple(dict.fromkeys((*self.missing, *heard, *self.ledger.not_measured)))

    def base(self, path: str, data: bytes | None = None) -> Base:
        """Read the committed text behind a path (one short git process, none when `data` is that very blob)."""
        head_path = self.head_paths.get(path, path)
        blob = self.blobs.get(head_path) if head_path else None
        if self.repository is None or head_path is None or blob is None:
            return Base()
        if data is not None and blob_id(data, len(blob)) == blob:
            return Base(head_path, blob, split(decode(data)))
        content = next(iter(self.repository.blobs([blob])), None)
        return Base(head_path, blob, split(decode(content)) if content is not None else None)

    def document(self, path: str, text: str, base: Base | None = None) -> Document:
        """The document for a present text; reads git only when no `base` is given."""
        base = self.base(path) if base is None else base
        lines = split(text)
        if base.lines is None:
            return Document(path, lines, base.head_path)
        mapping = line_map(base.lines, lines)
        committed = None
        if base.committed is not None:
            committed = tuple(base.committed[line - 1] if line else 0.0 for line in mapping)
        return Document(path, lines, base.head_path, mapping, committed)

    def times(
        self, head_paths: Collection[str], since: float, check_cancelled: Callable[[], None] = lambda: None
    ) -> dict[str, tuple[float, ...]]:
        """The author times of the lines at HEAD of some files (see `Base`), exact from a moment (Unix seconds) on.

        What cannot be told is left out. Raises GitError.
        """
        if self.repository is None or self.head is None:
            return {}
        from whence.cache.dates import remembered_times  # loaded where it is wanted: an editor never does

        names = {self.repository.to_repository(path): path for path in head_paths}
        where = self.environment if self.remembers else {}
        found = remembered_times(self.repository, self.head, names, since, where, check_cancelled)
        return {names[name]: times for name, times in found.items()}

    def undated(self, base: Base, document: Document) -> Undated | None:
        """Which dates are wanted of the lines at HEAD: where a session's text stands in the document, or a mark, and who
        wrote first decides. None where that is not so, or they have been looked up."""
        if base.committed is not None or base.head_path is None or self.repository is None or not self.head:
            return None
        if not any(getattr(source, "candidates", _never)(document) for source in self.prepared):
            return None
        return Undated(base, base.head_path, dates_from(self.prepared, document))

    def with_times(self, base: Base, document: Document) -> Base:
        """Look up the dates that are wanted; else `base`."""
        wanted = self.undated(base, document)
        return base if wanted is None else self._dated(wanted)

    def _dated(self, wanted: Undated) -> Base:
        try:
            times = self.times([wanted.head_path], wanted.since)
        except GitError:
            return wanted.base
        return replace(wanted.base, committed=times.get(wanted.head_path))

    def evidence(self, document: Document) -> tuple[Evidence, ...]:
        return tuple(claim for source in self.prepared for claim in source.claims(document))

    def analyse(self, document: Document) -> FileResult:
        """Findings of one document. Pure and quick."""
        return analyse(document, self.evidence(document), self.settings)

    def analyse_file(self, path: str) -> FileResult:
        """Read and analyse one file of the workspace; what cannot be read is not measured."""
        content = files.read(self.root, path)
        return unread(path, content) if content.data is None else self.analyse_data(path, content.data)[0]

    def analyse_data(self, path: str, data: bytes) -> tuple[FileResult, bool]:
        """Analyse a file's bytes; and whether the dates of its committed lines were looked up for it."""
        found = self.first_look(path, data)
        if isinstance(found, FileResult):
            return found, False
        times = self._dated(found).committed
        return self.analyse_dated(path, data, times), times is not None

    def first_look(self, path: str, data: bytes) -> FileResult | Undated:
        """Analyse a file's bytes, or say which dates are wanted for that."""
        try:
            base = self.base(path, data)
        except GitError as error:
            return self._unfounded(path, data, error)
        document = self.document(path, decode(data), base)
        return self.undated(base, document) or self.analyse(document)

    def analyse_dated(self, path: str, data: bytes, times: tuple[float, ...] | None) -> FileResult:
        """Analyse a file's bytes with the dates that were wanted; None: they could not be had."""
        try:
            base = self.base(path, data)
        except GitError as error:
            return self._unfounded(path, data, error)
        result = self.analyse(self.document(path, decode(data), replace(base, committed=times)))
        if times is not None:
            return result
        why = "when its lines were committed, and so who wrote them first, cannot be told"
        missing = NotMeasured("git-history", why, path=path, evidence_class=EvidenceClass.SESSION)
        return replace(result, not_measured=(*result.not_measured, missing))

    def _unfounded(self, path: str, data: bytes, error: GitError) -> FileResult:
        missing = (NotMeasured("git-history", str(error), path=path, evidence_class=EvidenceClass.DECLARED),)
        # Its name at HEAD, but no text there: whether a line is old nobody knows, so no session is believed.
        result = self.analyse(self.document(path, decode(data), Base(self.head_paths.get(path, path))))
        return replace(result, not_measured=missing)

    def present(self, path: str, data: bytes) -> Document:
        """The document for a file's bytes, dated where a source needs to know who wrote first. Raises GitError."""
        text = decode(data)
        base = self.base(path, data)
        document = self.document(path, text, base)
        timed = self.with_times(base, document)
        return document if timed is base else self.document(path, text, timed)

    def with_ledger(self) -> Snapshot:
        """The same snapshot with the reviews as they stand on disk now."""
        ledger = read_ledger(self.root, self.policy, self.settings.today, self.environment)
        return replace(self, settings=replace(self.settings, ledger=ledger))


def unread(path: str, content: files.Content) -> FileResult:
    """The result of a file whose bytes could not be had."""
    return FileResult(path, 0, not_measured=(content.missing,) if content.missing else ())


def read_ledger(root: Path, policy: Policy | None, today: date, environment: Mapping[str, str]) -> Ledger:
    """The reviews that count: all of them, or only those with a good signature where the policy wants that."""
    ledger = Ledger.read(root)
    if policy is None or not policy.signed:
        return ledger
    from whence.review.signatures import trusted, verify

    return trusted(ledger, verify(root, ledger.recorded, today=today, environment=environment))


def _never(_: Document) -> bool:
    return False


def prepare(
    root: Path,
    *,
    policy_path: Path | None = None,
    wanted: Sequence[str] = (),
    classes: frozenset[EvidenceClass] | None = None,
    environment: Mapping[str, str] | None = None,
    report: Callable[[str], None] = lambda text: None,
    check_cancelled: Callable[[], None] = lambda: None,
    last_good: Policy | None = None,
    cache: Cache | None = None,
    among: Collection[str] | None = None,
    standing: Standing | None = None,
    asked: Sequence[Source] | None = None,
    as_of: str | None = None,
) -> Snapshot:
    """Look at everything once. `wanted` narrows which files sources need to care about, and so does `among`, which names
    every file there is, changed since the commit `as_of`; `cache`, which the caller opens and closes, spares sources whose
    ground has not changed; `standing` is how the repository has just been found; `asked` are other sources than all.

    Raises UserError for a broken policy unless `last_good` is given, which then stays in force, with the faults in
    `policy_problems`. Everything else that goes wrong is in `not_measured`.
    """
    root = root.resolve()
    environment = dict(os.environ if environment is None else environment)
    missing: list[NotMeasured] = []
    repository = standing.repository if standing is not None else repository_of(root, environment, missing)
    head = standing.commit if standing is not None else None
    head = head or commit_of(repository, missing)
    if repository is not None and missing:
        repository = None  # damaged: nothing that it says can be relied on
    under_git = repository is not None or bool(missing)
    registry = Registry.builtin()
    watching = cache.watching if cache is not None else contextlib.nullcontext
    with watching():
        policy, path, problems = _policy(root, policy_path, registry, last_good)
    if policy is not None:
        registry = registry.extended(policy.tools)
    blobs, head_paths = tree_of(repository, head, missing) if repository and head else ({}, {})
    listed = standing.paths if standing is not None else None
    attributes = cache.left_out if cache is not None else None
    survey = look(root, repository, policy, wanted, among, listed, attributes, as_of)
    missing += (*survey.not_measured, *unaligned(root, repository, survey, blobs, head_paths))
    narrow = bool(wanted) or among is not None
    excluded_too = (path for path, why in survey.left_out.items() if why == "excluded")
    context = Context(
        root=root,
        # Whoever asks for HEAD is told what was found just now, and asks git no more.
        repository=repository.looking_at(head) if repository is not None and head else repository,
        registry=registry,
        paths=survey.paths,
        environment=environment,
        head_paths=head_paths,
        report=report,
        check_cancelled=check_cancelled,
        since=_moment(policy.since) if policy is not None and policy.since is not None else None,
        everything=None if narrow else tuple(sorted({*survey.paths, *excluded_too})),
        at_head=blobs.keys() if blobs else None,
        refs=standing.refs if standing is not None else None,
    )
    prepared = _ask(context, sources() if asked is None else asked, head, blobs, cache, narrow=narrow)
    today = datetime.now(UTC).date()
    with watching():
        ledger = read_ledger(root, policy, today, environment)
        around = surroundings(root, repository, standing.branch if standing is not None else None)
    if policy is not None:
        missing.extend(around.not_measured(policy))
    settings = Settings(
        registry=registry,
        policy=policy,
        ledger=ledger,
        today=today,
        classes=classes or (policy.used_classes if policy else SHOWN_CLASSES),
        surroundings=around,
    )
    if asked is None:
        missing.extend(unfit(environment))
    required = _required(policy, under_git)
    missing.extend(_unheard(required, settings.classes))
    return Snapshot(
        root, repository, head, settings, path, problems, prepared, blobs, head_paths, tuple(missing),
        environment, required, survey, cache is not None,
    )  # fmt: skip


def _moment(day: date) -> float:
    """When a day begins (UTC), Unix seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def look(
    root: Path,
    repository: Repository | None,
    policy: Policy | None,
    wanted: Sequence[str] = (),
    among: Collection[str] | None = None,
    listed: Iterable[str] | None = None,
    attributes: Callable[[Repository, Sequence[str]], dict[str, str]] | None = None,
    as_of: str | None = None,
) -> files.Survey:
    """The files of a workspace, without those that its policy excludes; see `files.survey`."""
    out = partial(excluded, policy) if policy is not None and policy.excludes else None
    return files.survey(
        root, repository, wanted, excluded=out, among=among, listed=listed, attributes=attributes, as_of=as_of
    )


def _ask(
    context: Context,
    asked: Sequence[Source],
    head: str | None,
    blobs: Mapping[str, str],
    cache: Cache | None,
    *,
    narrow: bool,
) -> tuple[Prepared, ...]:
    if cache is not None:
        return cache.sources(context, asked, head, blobs, narrow=narrow)
    prepared = []
    for source in asked:
        context.check_cancelled()
        prepared.append(source.prepare(context))
    return tuple(prepared)


def _required(policy: Policy | None, under_git: bool) -> frozenset[EvidenceClass]:
    """Only a policy needs anything; declared evidence can be asked for only where there is a repository."""
    if policy is None:
        return frozenset()
    return policy.required_classes if under_git else policy.required_classes - {EvidenceClass.DECLARED}


def _unheard(required: frozenset[EvidenceClass], heard: frozenset[EvidenceClass]) -> list[NotMeasured]:
    """Classes that the policy needs and this run leaves out, or this version does not have."""
    out = [
        NotMeasured("evidence", f"{item} evidence was left out of this run", evidence_class=item)
        for item in sorted(required - heard)
    ]
    if EvidenceClass.INFERRED in required & heard:
        why = "this version infers nothing from style"
        out.append(NotMeasured("evidence", why, evidence_class=EvidenceClass.INFERRED))
    return out


def _policy(
    root: Path, path: Path | None, registry: Registry, last_good: Policy | None
) -> tuple[Policy | None, Path | None, tuple[Problem, ...]]:
    path = path or find(root)
    if path is None:
        return None, None, ()
    try:
        return load_file(path, root, registry), path, ()
    except UserError as error:
        if last_good is None:
            raise
        return last_good, path, error.problems
