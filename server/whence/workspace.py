"""Many documents: scan a prepared workspace file by file, in processes, and add up what was found."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from whence import files
from whence.cache import Cache
from whence.cache.contents import of as digest_of
from whence.cache.database import Row
from whence.cache.results import Ground
from whence.coverage import coverage
from whence.engine import Snapshot, look, unread
from whence.linemap import line_map
from whence.model import (
    Coverage,
    EvidenceClass,
    FileResult,
    Finding,
    NotMeasured,
    ScanResult,
    Severity,
    Summary,
    Verdict,
)
from whence.policy import in_scope
from whence.ranges import Lines, count, from_lines, intersect, union
from whence.repo import GitError
from whence.text import decode, split

FILE_SECONDS = 20.0
"""A file that takes longer is not measured: the slowest real one measured took well under a second."""

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
    since: str | None = None
    """A revision: only findings on lines that it does not have."""
    known: frozenset[str] = frozenset()
    """Fingerprints of a baseline, left out."""


def scan(
    snapshot: Snapshot,
    options: Options,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    found: Callable[[FileResult], None] = lambda result: None,
    check_cancelled: Callable[[], None] = lambda: None,
    cache: Cache | None = None,
    survey: files.Survey | None = None,
) -> ScanResult:
    """Analyse every file and add up. `progress(done, total)` and `found(result)` are called as files end.

    `cache` is the one that the snapshot was prepared with. `survey` says which files there are, where somebody has
    just looked. Raises UserError for paths or a revision that do not exist, Cancelled from `check_cancelled`.
    """
    survey = survey or look(snapshot.root, snapshot.repository, snapshot.policy, options.paths)
    paths = survey.paths
    since = _Since.open(snapshot, options.since) if options.since else None
    results: dict[str, FileResult] = {}
    progress(0, len(paths))
    for result in _results(snapshot, paths, options.jobs or os.cpu_count() or 1, cache, check_cancelled):
        if since and result.findings:
            result = replace(result, findings=since.only_new(result))
        if options.known:
            result = replace(
                result, findings=tuple(f for f in result.findings if f.fingerprint not in options.known)
            )
        results[result.path] = result
        found(result)
        progress(len(results), len(paths))
    total = summarise(snapshot, [results[path] for path in paths], options.fail_on)
    return replace(total, summary=replace(total.summary, left_out=len(survey.left_out)))


@dataclass(frozen=True, slots=True)
class _Worked:
    """What a worker process sends back."""

    result: FileResult
    row: Row | None
    """The same to be kept; None where it may be another the next time."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What a worker process does with each path."""

    snapshot: Snapshot
    ground: Ground | None

    def __call__(self, path: str) -> _Worked:
        troubles = GitError.made
        content = files.read(self.snapshot.root, path)
        if content.data is None:
            return _Worked(unread(path, content), None)
        result, dated = self.snapshot.analyse_data(path, content.data)
        if self.ground is None or troubles != GitError.made:
            return _Worked(result, None)
        return _Worked(result, self.ground.row(path, digest_of(content.data), result, dated=dated))


def ground_of(snapshot: Snapshot) -> Ground | None:
    """What the results of a snapshot that was prepared with a cache rest on."""
    return Ground.of(snapshot.settings, snapshot.head, snapshot.blobs, snapshot.head_paths, snapshot.prepared)


def _results(
    snapshot: Snapshot,
    paths: Sequence[str],
    jobs: int,
    cache: Cache | None,
    check_cancelled: Callable[[], None],
) -> Iterator[FileResult]:
    """The result of every file, in no order: first those that are known, then those that must be worked out."""
    ground = ground_of(snapshot) if cache is not None else None
    known: dict[str, FileResult] = {}
    if cache is not None and ground is not None:
        known = ground.results(cache.database, cache.contents.digests(paths))
        known.update((path, unread(path, content)) for path, content in cache.contents.unfit.items())
    left = [path for path in paths if path not in known]
    yield from (known[path] for path in paths if path in known)
    if not left:
        return
    from whence import pool

    work = _Work(snapshot, ground)
    if ground is not None:
        ground.load()
    rows: list[Row] = []
    try:
        for path, answer in pool.run(
            left, work, jobs=jobs, deadline=FILE_SECONDS, check_cancelled=check_cancelled
        ):
            if isinstance(answer, pool.Failure):
                yield _failed(path, answer.why)
                continue
            if answer.row is not None:
                rows.append(answer.row)
            if cache is not None and len(rows) >= ROWS_AT_ONCE:
                cache.database.keep(rows)
                rows.clear()
            yield answer.result
    finally:
        if cache is not None and rows:
            cache.database.keep(rows)


def _failed(path: str, why: str) -> FileResult:
    missing = NotMeasured("file", why, path=path, evidence_class=EvidenceClass.DECLARED)
    return FileResult(path, 0, not_measured=(missing,))


def summarise(snapshot: Snapshot, results: Sequence[FileResult], fail_on: Severity | None) -> ScanResult:
    """Add up files that were analysed, and give the verdict."""
    missing = (*snapshot.not_measured, *(item for result in results for item in result.not_measured))
    findings = [finding for result in results for finding in result.findings]
    return ScanResult(
        verdict=_verdict(snapshot, findings, missing, fail_on),
        summary=replace(_summary(results, findings), coverage=_coverage(snapshot, results)),
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
    if snapshot.policy is None or item.evidence_class not in snapshot.required:
        return False
    return item.path is None or in_scope(snapshot.policy, item.path)


def _coverage(snapshot: Snapshot, results: Sequence[FileResult]) -> tuple[Coverage, ...]:
    settings = snapshot.settings
    return coverage(results, settings.policy, settings.surroundings, settings.today)


def _summary(results: Sequence[FileResult], findings: Sequence[Finding]) -> Summary:
    tools: Counter[str] = Counter()
    attributed = reviewed = 0
    for result in results:
        lines = union(*(item.lines for item in result.attributions))
        attributed += count(lines)
        reviewed += count(intersect(result.reviewed, lines))
        for item in result.attributions:
            tools[item.agent.tool or "unknown"] += count(item.lines)
    levels = Counter(finding.severity.value for finding in findings)
    return Summary(
        files=sum(1 for result in results if result.line_count or not result.not_measured),
        lines=sum(result.line_count for result in results),
        attributed_lines=attributed,
        reviewed_lines=reviewed,
        tools=tuple(tools.most_common()),
        findings=tuple((level.value, levels[level.value]) for level in reversed(Severity)),
    )


@dataclass(frozen=True, slots=True)
class _Since:
    """Which present lines a revision does not have."""

    snapshot: Snapshot
    commit: str

    @staticmethod
    def open(snapshot: Snapshot, revision: str) -> _Since:
        from whence.errors import UserError

        if snapshot.repository is None:
            raise UserError("--since needs a git repository")
        try:
            return _Since(snapshot, snapshot.repository.resolve(revision))
        except GitError:
            raise UserError(
                f"no such revision: {revision}", hint="name a commit, branch or tag that this clone has"
            ) from None

    def only_new(self, result: FileResult) -> tuple[Finding, ...]:
        repository = self.snapshot.repository
        content = files.read(self.snapshot.root, result.path).data
        assert repository is not None
        name = f"{self.commit}:{repository.to_repository(result.path)}"
        before = next(iter(repository.blobs([name])), None)
        if before is None or content is None:
            return result.findings
        mapping = line_map(split(decode(before)), split(decode(content)))
        new = from_lines(index for index, line in enumerate(mapping, 1) if not line)
        return tuple(cut for finding in result.findings if (cut := _cut(finding, new)) is not None)


def _cut(finding: Finding, lines: Lines) -> Finding | None:
    kept = intersect(finding.lines, lines)
    return replace(finding, lines=kept) if kept else None
