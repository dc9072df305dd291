"""Many documents: scan a prepared workspace file by file, in processes, and add up what was found."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from whence import files
from whence.cache import Cache
from whence.cache.between import touching
from whence.cache.contents import of as digest_of
from whence.cache.database import Row
from whence.cache.results import Ground, note
from whence.cache.sheet import Sheet
from whence.changes import Changes
from whence.coverage import summary
from whence.engine import Snapshot, Undated, look, unread
from whence.errors import Problem
from whence.linemap import line_map
from whence.model import (
    EvidenceClass,
    FileResult,
    Finding,
    NotMeasured,
    ScanResult,
    Severity,
    Verdict,
)
from whence.policy import in_scope, unlooked
from whence.quick import dataclass
from whence.ranges import Lines, from_lines, intersect
from whence.repo import GitError, Repository
from whence.text import MAX_TEXT_BYTES, decode, split

FILE_SECONDS = 20.0
"""A file that takes longer is not measured: the slowest real one measured took well under a second."""

FILE_BYTES = 4096
"""Bytes that a file counts for beside its own: to open one and to tell what it is takes as long as so many."""

ROWS_AT_ONCE = 256
"""Results that are kept in one go: so many, at most, are lost with a killed process."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked of one scan."""

    paths: tuple[str, ...] = ()
    jobs: int = 0
    """Worker processes; 0 = one a core."""
    fail_on: Severity | None = Severity.ERROR
    """None: never fail."""
    known: frozenset[str] = frozenset()
    """Fingerprints of a baseline, left out."""


def scan(
    snapshot: Snapshot,
    options: Options,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    worked: Callable[[int, int], None] = lambda done, total: None,
    found: Callable[[FileResult], None] = lambda result: None,
    check_cancelled: Callable[[], None] = lambda: None,
    cache: Cache | None = None,
    survey: files.Survey | None = None,
    changes: Changes | None = None,
) -> ScanResult:
    """Analyse every file and add up. `progress(done, total)`, in files, and `found(result)` are called as files end, and
    `worked(done, total)`, in bytes, as those end that are not known from before.

    `cache` is the one that the snapshot was prepared with. `survey` says which files there are, where somebody has
    just looked. With `changes` only lines that came with them are findings; the snapshot must have been prepared
    among their paths. Raises UserError for paths that do not exist, Cancelled from `check_cancelled`.
    """
    if survey is None:
        among = changes.paths if changes else None
        as_of = changes.revision if changes else None
        root, repository, policy = snapshot.root, snapshot.repository, snapshot.policy
        survey = look(root, repository, policy, options.paths, among, as_of=as_of)
    paths = survey.paths
    texts = _Texts(snapshot.root, snapshot.repository, changes.staged if changes else None)
    newer = _Newer(snapshot.repository, texts, changes.before) if changes else None
    results: dict[str, FileResult] = {}
    left_out = 0
    progress(0, len(paths))
    jobs = options.jobs or os.cpu_count() or 1
    for result in _results(snapshot, texts, paths, jobs, cache, check_cancelled, worked):
        if newer and result.findings:
            result = replace(result, findings=newer.only(result))
        if options.known and result.findings:
            new = tuple(f for f in result.findings if f.fingerprint not in options.known)
            left_out += len(result.findings) - len(new)
            result = replace(result, findings=new)
        results[result.path] = result
        found(result)
        progress(len(results), len(paths))
    total = summarise(snapshot, [results[path] for path in paths], options.fail_on)
    figures = replace(total.summary, left_out=len(survey.left_out), known_findings=left_out)
    whole = not options.paths and changes is None
    missing = (*total.not_measured, *unlooked(snapshot.policy, survey.left_out))
    warned = _idle(snapshot, survey) if whole else ()
    return replace(total, summary=figures, not_measured=missing, warnings=warned)


def _idle(snapshot: Snapshot, survey: files.Survey) -> tuple[Problem, ...]:
    """What the policy asks of no file: most often a path that is misspelt, and so a rule that is off."""
    path = snapshot.policy_path
    if snapshot.policy is None or path is None or not path.is_relative_to(snapshot.root):
        return ()  # a policy from elsewhere is made for more than this workspace
    from whence.policy.checking import asking_nobody

    return asking_nobody(snapshot.policy, (*survey.paths, *survey.left_out))


@dataclass(frozen=True, slots=True)
class _Worked:
    """What a worker process sends back."""

    result: FileResult
    row: Row | None
    """The same to be kept; None where it may be another the next time."""
    rests: frozenset[int] = frozenset()
    """What of the workspace it rests on."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """It may send back, too, that the dates of a file's lines are wanted first."""

    head_path: str
    since: float
    rests: frozenset[int] = frozenset()


_Times = Mapping[str, tuple[float, ...] | None]
"""By path the dates that were wanted; None: they could not be had."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What a worker process does with each path."""

    snapshot: Snapshot
    texts: _Texts
    ground: Ground | None
    times: _Times | None = None
    """None: files of which dates are wanted come later."""

    def __call__(self, path: str) -> _Worked | _Wanted:
        troubles = GitError.made
        content = self.texts.read(path)
        if content.data is None:
            return _Worked(unread(path, content), None)
        none = contextlib.nullcontext(list[set[int]]())
        with self.ground.noting() if self.ground is not None else none as noted:
            times = self.times[path] if self.times is not None else None
            if self.times is not None:
                found: FileResult | Undated = self.snapshot.analyse_dated(path, content.data, times)
            else:
                found = self.snapshot.first_look(path, content.data)
        rests = frozenset[int]().union(*noted)
        if isinstance(found, Undated):
            return _Wanted(found.head_path, found.since, rests)
        if self.ground is None or troubles != GitError.made or (self.times is not None and times is None):
            return _Worked(found, None)
        row = self.ground.row(path, digest_of(content.data), found, dated=times is not None)
        return _Worked(found, row, rests)


def ground_of(snapshot: Snapshot, cache: Cache) -> Ground | None:
    """What the results of a snapshot that was prepared with a cache rest on."""
    return Ground.of(
        snapshot.settings, cache.past, snapshot.head, snapshot.blobs, snapshot.head_paths, snapshot.prepared
    )


def _results(
    snapshot: Snapshot,
    texts: _Texts,
    paths: Sequence[str],
    jobs: int,
    cache: Cache | None,
    check_cancelled: Callable[[], None],
    worked: Callable[[int, int], None],
) -> Iterator[FileResult]:
    """The result of every file, in no order: first those that are known, then those that must be worked out."""
    ground = ground_of(snapshot, cache) if cache is not None else None
    known: dict[str, FileResult] = {}
    sheet: Sheet | None = None
    if cache is not None and ground is not None:
        digests, unfit = texts.digests(cache, paths)
        sheet = cache.sheet
        repository, head = snapshot.repository, snapshot.head
        ways = (touching(repository, head),) if repository is not None and head else ()
        known = ground.results(cache.database, digests, sheet, *ways)
        known.update((path, unread(path, content)) for path, content in unfit.items())
    left = [path for path in paths if path not in known]
    if cache is not None and ground is None:
        cache.complete = False
    yield from (known[path] for path in paths if path in known)
    if not left:
        if sheet is not None:
            sheet.save(paths)
        return
    from whence import pool

    work = _Work(snapshot, texts, ground)
    weights = {path: texts.weight(path) for path in left}
    done, total = 0, sum(weights.values())
    worked(0, total)
    if ground is not None:
        ground.load()
    rows: list[Row] = []
    wanted: dict[str, _Wanted] = {}
    rests: dict[str, frozenset[int]] = {}

    def answers() -> Iterator[tuple[str, _Worked | pool.Failure]]:
        run = partial(pool.run, jobs=jobs, deadline=FILE_SECONDS, check_cancelled=check_cancelled)
        for path, answer in run(left, work):
            if isinstance(answer, _Wanted):
                wanted[path] = answer
            else:
                yield path, answer
        if wanted:
            times = _dates(snapshot, wanted, check_cancelled)
            for path, answer in run(list(wanted), replace(work, times=times)):
                assert not isinstance(answer, _Wanted)
                yield path, answer

    try:
        for path, answer in answers():
            done += weights[path]
            worked(done, total)
            if isinstance(answer, pool.Failure):
                if cache is not None:
                    cache.complete = False
                yield _failed(path, answer.why)
                continue
            if answer.row is not None:
                rows.append(answer.row)
                rests[path] = answer.rests | (wanted[path].rests if path in wanted else frozenset())
                note(sheet, path, answer.row, answer.result)
            elif cache is not None:
                cache.complete = False
            if cache is not None and len(rows) >= ROWS_AT_ONCE:
                cache.database.keep(rows)
                rows.clear()
            yield answer.result
    finally:
        if cache is not None and rows:
            cache.database.keep(rows)
        if cache is not None:
            cache.note_grounds(rests)
        if sheet is not None:
            sheet.save(paths)


def _dates(snapshot: Snapshot, wanted: Mapping[str, _Wanted], check_cancelled: Callable[[], None]) -> _Times:
    """The dates of all files together, those that want them as far back in one go."""
    found: dict[str, tuple[float, ...] | None] = dict.fromkeys(wanted)
    for since in {one.since for one in wanted.values()}:
        paths = {path: one.head_path for path, one in wanted.items() if one.since == since}
        try:
            times = snapshot.times(set(paths.values()), since, check_cancelled)
        except GitError:
            continue
        found.update((path, times.get(head_path)) for path, head_path in paths.items())
    return found


def _failed(path: str, why: str) -> FileResult:
    hint = "exclude it in the policy if nobody's lines are in it"
    missing = NotMeasured("file", why, path=path, hint=hint, evidence_class=EvidenceClass.DECLARED)
    return FileResult(path, 0, not_measured=(missing,))


def summarise(snapshot: Snapshot, results: Sequence[FileResult], fail_on: Severity | None) -> ScanResult:
    """Add up files that were analysed, and give the verdict."""
    missing = (*snapshot.not_measured, *(item for result in results for item in result.not_measured))
    findings = [finding for result in results for finding in result.findings]
    settings = snapshot.settings
    return ScanResult(
        verdict=_verdict(snapshot, findings, missing, fail_on),
        summary=summary(results, findings, settings.policy, settings.surroundings, settings.today),
        files=tuple(results),
        not_measured=missing,
        has_policy=snapshot.policy is not None,
    )


def _verdict(
    snapshot: Snapshot, findings: Iterable[Finding], missing: Iterable[NotMeasured], fail_on: Severity | None
) -> Verdict:
    if fail_on is not None and any(finding.severity.rank >= fail_on.rank for finding in findings):
        return Verdict.FAIL
    if any(_needed(snapshot, item) for item in missing):
        return Verdict.INCONCLUSIVE
    return Verdict.PASS


def _needed(snapshot: Snapshot, item: NotMeasured) -> bool:
    """Whether the policy asks for what is missing: its class, and for a single file a scope that speaks of it."""
    if snapshot.policy is None or item.evidence_class is None:
        return False
    # Of a file that nobody read no class is known.
    if not snapshot.required if item.what == "file" else item.evidence_class not in snapshot.required:
        return False
    return item.path is None or in_scope(snapshot.policy, item.path)


@dataclass(frozen=True, slots=True)
class _Texts:
    """Where the texts of files come from: the work tree, or the index. Picklable."""

    root: Path
    repository: Repository | None
    staged: Mapping[str, str] | None
    """The index's blobs by path; None: the work tree."""

    def read(self, path: str) -> files.Content:
        """One file's bytes, or why there are none."""
        if self.staged is None:
            return files.read(self.root, path)
        (content,) = self._staged([path])
        return content

    def weight(self, path: str) -> int:
        """About how much work a file is, in bytes; never nothing."""
        if self.staged is not None:
            return FILE_BYTES
        try:
            return FILE_BYTES + min(os.lstat(self.root / path).st_size, MAX_TEXT_BYTES)
        except OSError:
            return FILE_BYTES

    def digests(
        self, cache: Cache, paths: Sequence[str]
    ) -> tuple[Mapping[str, str], Mapping[str, files.Content]]:
        """What identifies the bytes of files, and those that have none to analyse."""
        if self.staged is None:
            return cache.contents.digests(paths), cache.contents.unfit
        read = dict(zip(paths, self._staged(paths), strict=True))
        fit = {path: digest_of(content.data) for path, content in read.items() if content.data is not None}
        return fit, {path: content for path, content in read.items() if content.data is None}

    def _staged(self, paths: Sequence[str]) -> Iterator[files.Content]:
        assert self.staged is not None
        assert self.repository is not None
        blobs = [self.staged[path] for path in paths]
        sizes = dict(zip(paths, self.repository.sizes(blobs), strict=True))
        small = [path for path in paths if (sizes[path] or 0) <= MAX_TEXT_BYTES]
        read = dict(zip(small, self.repository.blobs([self.staged[path] for path in small]), strict=True))
        return (files.judged(path, read.get(path), sizes[path]) for path in paths)


@dataclass(frozen=True, slots=True)
class _Newer:
    """Which present lines came with the changes."""

    repository: Repository | None
    texts: _Texts
    before: Mapping[str, str | None]

    def only(self, result: FileResult) -> tuple[Finding, ...]:
        """The findings on new lines, cut to these."""
        blob = self.before.get(result.path)
        content = self.texts.read(result.path).data
        if blob is None or content is None or self.repository is None:
            return result.findings
        old = next(iter(self.repository.blobs([blob])), None)
        if old is None:
            return result.findings
        mapping = line_map(split(decode(old)), split(decode(content)))
        new = from_lines(index for index, line in enumerate(mapping, 1) if not line)
        return tuple(cut for finding in result.findings if (cut := _cut(finding, new)) is not None)


def _cut(finding: Finding, lines: Lines) -> Finding | None:
    kept = intersect(finding.lines, lines)
    return replace(finding, lines=kept) if kept else None
