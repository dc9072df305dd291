"""Evidence from git's history: commits that declare a tool, and which of their lines are still there.

Which commits those are and what they wrote `whence.evidence.lineage` finds out. A commit is evidence for the lines it
brought in, nothing else: it declares a tool's part in a commit, so its confidence is never that of a line-level record.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime

from whence.evidence.declared import Declared
from whence.evidence.filtered import pointers, unseen
from whence.evidence.interface import Context
from whence.evidence.lineage import Lineage, lineage
from whence.evidence.marks import Mark
from whence.evidence.notebooks import without_frames
from whence.evidence.origins import Run, accounted
from whence.evidence.present import Presence
from whence.model import Contributor, Document, Evidence, EvidenceClass, NotMeasured
from whence.quick import dataclass
from whence.ranges import Lines, from_pairs
from whence.repo import GitError, Repository

SOURCE = "git-history"


@dataclass(frozen=True, slots=True)
class PreparedHistory:
    """What marked commits wrote that is still at HEAD. Implements `evidence.interface.Prepared`."""

    commits: Mapping[str, Declared] = field(default_factory=dict)
    files: Mapping[str, tuple[tuple[str, Lines], ...]] = field(default_factory=dict)
    """Workspace path at HEAD to (commit, its lines at HEAD)."""
    not_measured: tuple[NotMeasured, ...] = ()

    def quick(self, document: Document) -> bool:
        """Through the line map alone."""
        return True

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
                return PreparedHistory(not_measured=(_unborn(context),))
            missing = (*_altered(repository, context), *_unasked(context))
            found = lineage(context)
            doubts = _Doubts(repository, found, context.check_cancelled)
            runs = without_frames(repository, found.origins.files, found.marked, context.check_cancelled)
            lines = {name: some[-1].end for name, some in runs.items()} if _attributes(context) else {}
            elsewhere = frozenset(pointers(repository, head, lines))
        except GitError as error:
            return PreparedHistory(not_measured=(_missing(f"git log: {error}", "git fsck"),))
        files: dict[str, tuple[tuple[str, Lines], ...]] = {}
        for name, wrote in runs.items():
            path = repository.to_workspace(name)
            if path is not None and name in elsewhere:
                missing = (*missing, *unseen(path))
                continue
            by_commit: dict[str, list[tuple[int, int]]] = {}
            for run in wrote if path is not None else ():
                if not doubts.are_there(run, path):
                    by_commit.setdefault(run.commit, []).append((run.start, run.end))
            if path is not None and by_commit:
                files[path] = tuple((sha, from_pairs(pairs)) for sha, pairs in by_commit.items())
        used = {sha for claims in files.values() for sha, _ in claims}
        commits = {sha: declared for sha, declared in found.marked.items() if sha in used}
        return PreparedHistory(commits, files, (*missing, *found.gaps(found.marked), *doubts.gaps()))


def _attributes(context: Context) -> bool:
    """Whether there may be .gitattributes at HEAD: without any, nothing is kept elsewhere."""
    if context.at_head is None or context.repository is None or context.repository.prefix:
        return True
    return any(path.endswith(".gitattributes") for path in context.at_head)


class _Doubts:
    """Lines of commits that declare a tool, but may say so of other lines."""

    def __init__(self, repository: Repository, found: Lineage, check_cancelled: Callable[[], None]) -> None:
        self._marked = found.marked
        left = {run.commit for runs in found.origins.files.values() for run in runs}
        reverts = [sha.encode() for sha in left if sha in found.marked and self._marked[sha].reverts]
        self._accounted = accounted(repository, reverts, check_cancelled) if reverts else {}
        self._lines: Counter[tuple[str, str]] = Counter()
        """By commit and workspace path."""

    def are_there(self, run: Run, path: str | None) -> bool:
        """Whether there is one about a run of a marked commit, in a file of the workspace."""
        commit = self._marked[run.commit]
        if not commit.merge:
            files = self._accounted.get(run.commit.encode())
            if not commit.reverts or files is None or os.fsencode(run.original_path) in files:
                return False
        if path is not None:
            self._lines[run.commit, path] += run.length
        return True

    def gaps(self) -> Iterator[NotMeasured]:
        """Without a class, so that no verdict hangs on them: nobody could settle them but by rewriting the lines."""
        for (sha, path), number in self._lines.items():
            lines = "1 line" if number == 1 else f"{number} lines"
            why = (
                "a merge: in none of its parents, and its message names a tool, which may be that of the merged commits"
                if self._marked[sha].merge
                else "a revert that names a tool: not to be told from what it brought back"
            )
            yield NotMeasured(SOURCE, f"{lines} of {sha[:12]}, {why}", path, hint=f"git show {sha[:12]}")


def _unborn(context: Context) -> NotMeasured:
    """Before a branch's first commit: of files that other branches have it is not known who wrote them."""
    if not context.refs_below("refs/heads", "refs/remotes", "refs/tags"):
        return NotMeasured(SOURCE, "the repository has no commits yet", hint="git commit")
    why = "the branch has no commits yet, other branches have: whose lines came from there cannot be told"
    return _missing(why, "git switch to a branch that has commits")


def _unasked(context: Context) -> tuple[NotMeasured, ...]:
    """What the policy does not want to know."""
    if context.since is None:
        return ()
    day = datetime.fromtimestamp(context.since, UTC).date()
    return (NotMeasured(SOURCE, f"the policy has no marks looked for on commits before {day} (`since`)"),)


def _altered(repository: Repository, context: Context) -> tuple[NotMeasured, ...]:
    """Why the history at hand is not the one that was made."""
    out: list[NotMeasured] = []
    if repository.shallow:
        out.append(_missing("shallow clone: older commits are not here", "git fetch --unshallow"))
    if (repository.common_dir / "info" / "grafts").is_file():
        out.append(_missing("info/grafts rewrites the history that git shows", "remove .git/info/grafts"))
    if context.refs_below("refs/replace"):
        out.append(
            _missing(
                "refs/replace rewrites the history that git shows", "git replace --list, then git replace -d"
            )
        )
    return tuple(out)


def _missing(why: str, hint: str) -> NotMeasured:
    return NotMeasured(SOURCE, why, hint=hint, evidence_class=EvidenceClass.DECLARED)
