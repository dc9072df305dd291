"""Evidence from git's history: commits that declare a tool, and which of their lines are still there.

One `git log` reads every message once (some 20 microseconds a commit); only the files that marked commits touched are
looked at further, by `whence.evidence.origins`. A commit is evidence for the lines it brought in, nothing else: it
declares a tool's part in a commit, so its confidence is never that of a line-level record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from whence.evidence.interface import Context
from whence.evidence.marks import AGENTS_BEGIN, CommitText, Mark, reader
from whence.evidence.origins import line_origins
from whence.evidence.present import Presence
from whence.model import Contributor, Document, Evidence, EvidenceClass, NotMeasured
from whence.ranges import Lines, from_pairs
from whence.repo import GitError, Repository

SOURCE = "git-history"

_FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B")
_FORMAT = "--format=tformat:" + "%x00".join(_FIELDS)
_CHUNK = 1 << 18
_MESSAGE_LIMIT = 1 << 20
"""Characters of a message that are read for marks: more is a pasted log."""


def _nothing() -> None: ...


def walk(
    repository: Repository, head: str = "HEAD", check_cancelled: Callable[[], None] = _nothing
) -> Iterator[CommitText]:
    """Every commit reachable from `head` that was authored in 2021 or later, newest first.

    Bytes that are not text in a commit's own encoding become U+FFFD. Raises GitError when git cannot read the history.
    """
    # Committer dates bound git's own work: nothing is committed before it is authored. A filter, unlike a limit, does
    # not stop at the first commit whose clock was wrong; git has it since 2.37.
    bound = f"--since-as-filter={int(AGENTS_BEGIN)}"
    try:
        yield from _log(repository, head, (bound,), check_cancelled)
    except GitError as error:
        if "since-as-filter" not in str(error):
            raise
        yield from _log(repository, head, (), check_cancelled)


def _log(
    repository: Repository, head: str, bounds: Sequence[str], check_cancelled: Callable[[], None]
) -> Iterator[CommitText]:
    with repository.stream(
        "log", "-z", "--no-decorate", _FORMAT, *bounds, "--end-of-options", head, "--"
    ) as out:
        fields: list[str] = []
        rest = b""
        while chunk := out.read(_CHUNK):
            check_cancelled()
            *whole, rest = (rest + chunk).split(b"\0")
            fields.extend(part.decode("utf-8", "replace") for part in whole)
            at = 0
            while len(fields) - at >= len(_FIELDS):
                commit = _commit(fields[at : at + len(_FIELDS)])
                at += len(_FIELDS)
                if commit.author_time >= AGENTS_BEGIN:
                    yield commit
            del fields[:at]


def _commit(fields: Sequence[str]) -> CommitText:
    sha, parents, author, mail, time, committer, by_mail, by_time, body = fields
    return CommitText(
        sha, tuple(parents.split()), author, mail, _time(time), committer, by_mail, _time(by_time), body[:_MESSAGE_LIMIT]
    )  # fmt: skip


def _time(text: str) -> float:
    """Unix seconds; 0 (hence: before all agents) where a broken commit has no date."""
    try:
        return float(int(text))
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Declared:
    """A marked commit, as far as its lines' evidence needs it."""

    sha: str
    time: datetime
    person: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class PreparedHistory:
    """What marked commits wrote that is still at HEAD. Implements `evidence.interface.Prepared`."""

    commits: Mapping[str, Declared] = field(default_factory=dict)
    files: Mapping[str, tuple[tuple[str, Lines], ...]] = field(default_factory=dict)
    """Workspace path at HEAD to (commit, its lines at HEAD)."""
    not_measured: tuple[NotMeasured, ...] = ()

    def claims(self, document: Document) -> Sequence[Evidence]:
        known = self.files.get(document.head_path) if document.head_path is not None else None
        if not known:
            return ()
        presence = Presence.of(document)
        out: list[Evidence] = []
        for sha, head_lines in known:
            lines = presence.lines(head_lines)
            if lines:
                out.extend(_evidence(self.commits[sha], mark, lines) for mark in self.commits[sha].marks)
        return out


def _evidence(commit: Declared, mark: Mark, lines: Lines) -> Evidence:
    # A review bot's suggestion is in the commit, but which of its lines, and whether any of these, is a guess: a hint.
    return Evidence(
        lines=lines,
        agent=mark.agent,
        evidence_class=EvidenceClass.INFERRED if mark.suggestion else EvidenceClass.DECLARED,
        source=SOURCE,
        reference=commit.sha,
        confidence=mark.confidence,
        time=commit.time,
        contributor=Contributor.MIXED if mark.suggestion or mark.mixed else Contributor.AI,
        detail=mark.detail,
        commit=commit.sha,
        signal=mark.signal,
        person=commit.person,
    )


class History:
    """Commits that declare a tool, down to their lines."""

    name = SOURCE
    evidence_class = EvidenceClass.DECLARED

    def prepare(self, context: Context) -> PreparedHistory:
        repository = context.repository
        if repository is None:
            return PreparedHistory(
                not_measured=(_missing("not in a git repository", "git clone it with its history"),)
            )
        try:
            head = repository.head()
            if head is None:
                why = NotMeasured(SOURCE, "the repository has no commits yet", hint="git commit")
                return PreparedHistory(not_measured=(why,))
            missing = _altered(repository)
            marked = self._marked(context, repository, head)
        except GitError as error:
            return PreparedHistory(not_measured=(_missing(f"git log: {error}", "git fsck"),))
        wanted = {context.head_path(path): None for path in context.paths}
        paths = {repository.to_repository(path) for path in wanted if path is not None}
        context.report(f"{len(marked)} commits declare a tool; finding their lines")
        origins = line_origins(repository, head, marked.keys(), paths, context.check_cancelled)
        files: dict[str, tuple[tuple[str, Lines], ...]] = {}
        for name, runs in origins.files.items():
            path = repository.to_workspace(name)
            if path is None:
                continue
            by_commit: dict[str, list[tuple[int, int]]] = {}
            for run in runs:
                by_commit.setdefault(run.commit, []).append((run.start, run.start + run.length - 1))
            files[path] = tuple((sha, from_pairs(pairs)) for sha, pairs in by_commit.items())
        used = {sha for claims in files.values() for sha, _ in claims}
        commits = {sha: declared for sha, declared in marked.items() if sha in used}
        return PreparedHistory(commits, files, (*missing, *origins.not_measured))

    @staticmethod
    def _marked(context: Context, repository: Repository, head: str) -> dict[str, Declared]:
        context.report("reading commits")
        marks_of = reader(context.registry).marks
        marked: dict[str, Declared] = {}
        for commit in walk(repository, head, context.check_cancelled):
            marks = marks_of(commit)
            if marks:
                person = f"{commit.author} <{commit.author_mail}>"
                marked[commit.sha] = Declared(commit.sha, _moment(commit.author_time), person, marks)
        return marked


_LATEST = 253_402_300_799.0
"""The last second of the year 9999, beyond which there is no `datetime`."""


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(seconds, _LATEST), UTC)


def _altered(repository: Repository) -> tuple[NotMeasured, ...]:
    """Why the history at hand is not the one that was made."""
    out: list[NotMeasured] = []
    if repository.shallow:
        out.append(_missing("shallow clone: older commits are not here", "git fetch --unshallow"))
    if (repository.common_dir / "info" / "grafts").is_file():
        out.append(_missing("info/grafts rewrites the history that git shows", "remove .git/info/grafts"))
    if repository.run("for-each-ref", "--count=1", "--format=%(refname)", "refs/replace/").strip():
        out.append(
            _missing(
                "refs/replace rewrites the history that git shows", "git replace --list, then git replace -d"
            )
        )
    return tuple(out)


def _missing(why: str, hint: str) -> NotMeasured:
    return NotMeasured(SOURCE, why, hint=hint, evidence_class=EvidenceClass.DECLARED)
