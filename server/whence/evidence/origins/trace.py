"""From HEAD's lines back to the commits that wrote them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from whence.evidence.origins.blame import blame
from whence.evidence.origins.ignored import ignored
from whence.evidence.origins.lines import Piece, divide, untangle
from whence.evidence.origins.model import Origins, Run
from whence.evidence.origins.moved import blocks, carry
from whence.evidence.origins.patches import Difference, Pair, differences
from whence.evidence.origins.prints import Prints, prints
from whence.evidence.origins.versions import NOWHERE, Version, Versions, versions
from whence.evidence.origins.walk import walk
from whence.model import EvidenceClass, NotMeasured
from whence.repo import GitError, Repository

UNSHALLOW = "git fetch --unshallow"

_AT_ONCE = 8000
"""Pairs of blobs compared together: about 25 MB of patches."""

_WORKERS = min(4, os.cpu_count() or 1)


def _nothing() -> None: ...


def line_origins(
    repository: Repository,
    head: str,
    commits: Collection[str],
    paths: Collection[str] | None = None,
    check_cancelled: Callable[[], None] = _nothing,
    *,
    moves: bool = True,
) -> Origins:
    """Find the lines at `head` that `commits` (full ids) wrote, in all files or only in `paths`.

    What a commit only re-indented or converted was there before, as for `git blame -w`; with `moves` so is what it
    moved within the file, and what one of `commits` copied there. Never raises GitError: what git cannot tell is
    listed as not measured.
    """
    wanted = set(commits)
    missing: list[NotMeasured] = []
    cut = wanted & boundaries(repository)
    if cut:
        missing.append(_boundary(cut))
        wanted -= cut
    if not wanted:
        return Origins({}, tuple(missing))
    try:
        with repository.scratch() as scratch:
            trace = _Trace(scratch, head, {commit.encode() for commit in wanted}, moves, check_cancelled)
            trace.run(None if paths is None else {os.fsencode(path) for path in paths})
    except (GitError, OSError) as error:
        missing.append(NotMeasured("git-history", str(error), evidence_class=EvidenceClass.DECLARED))
        return Origins({}, tuple(missing))
    missing += trace.not_measured()
    return Origins(trace.origins(), tuple(missing), trace.bases)


def added(
    repository: Repository,
    pairs: Collection[Pair],
    check_cancelled: Callable[[], None] = _nothing,
) -> dict[Pair, int]:
    """How many lines each new blob has that the old one has not, white space counted. Raises GitError."""
    if not pairs:
        return {}
    with repository.scratch() as scratch:
        found = differences(scratch, list(pairs), _WORKERS, check_cancelled, blanks=True)
    return {pair: difference.added for pair, difference in found.items() if difference is not None}


def boundaries(repository: Repository) -> frozenset[str]:
    """The commits at which a shallow clone was cut. All lines there seem theirs: none can be believed."""
    try:
        text = (repository.common_dir / "shallow").read_text("ascii", "replace")
    except OSError:
        return frozenset()
    return frozenset(text.split())


def _boundary(cut: Collection[str]) -> NotMeasured:
    some = ", ".join(sorted(commit[:12] for commit in cut)[:3])
    return NotMeasured(
        "git-history",
        f"shallow clone: the lines of {len(cut)} marked commit(s) at its edge cannot be told ({some})",
        hint=UNSHALLOW,
        evidence_class=EvidenceClass.DECLARED,
    )


class _Trace:
    """One question: which lines at HEAD are the wanted commits'."""

    def __init__(
        self,
        repository: Repository,
        head: str,
        wanted: set[bytes],
        moves: bool,
        check_cancelled: Callable[[], None],
    ) -> None:
        self.repository = repository
        self.head = head
        self.wanted = wanted
        self.moves = moves
        self.check_cancelled = check_cancelled
        self.versions = Versions((), ())
        self.pieces: dict[int, list[list[Piece]]] = {}
        """By version: the lines that are waiting there, a list for each version that handed them on."""
        self.texts: dict[int, Prints] = {}
        """By version at which lines wait."""
        self.found: dict[int, list[Run]] = {}
        """By file at HEAD."""
        self.lost: set[int] = set()
        """Files at HEAD of which some lines could not be followed."""
        self.bases: dict[tuple[str, str], Pair] = {}
        """By wanted commit and path."""
        self.ignored: frozenset[bytes] = frozenset()
        self.guessed: set[int] = set()
        """Files at HEAD with lines of an ignored commit."""

    def run(self, paths: Collection[bytes] | None) -> None:
        """Follow all lines. Raises GitError."""
        history = walk(self.repository, self.head, self.wanted)
        if not history.order:
            return
        files = _files(self.repository, self.head)
        if paths is not None:
            files = {path: blob for path, blob in files.items() if path in paths}
        self.ignored = ignored(self.repository, self.head)
        self.versions = versions(self.repository, history, self.wanted, files, self.check_cancelled)
        self._start()
        found = self.versions.found
        at = 0
        while at < len(found):
            until, pairs = self._needed(at)
            self.check_cancelled()
            known = differences(self.repository, pairs, _WORKERS, self.check_cancelled)
            for index in range(at, until):
                if index % 256 == 0:
                    self.check_cancelled()
                self._pass_on(index, known)
            at = until
        for file in sorted(self.guessed):
            self.check_cancelled()
            self._blame(file)

    def _start(self) -> None:
        """Let every line of every file at HEAD wait at its first version."""
        blobs = [blob.decode() for blob in self.versions.blobs]
        for file, data in enumerate(self.repository.blobs(blobs)):
            if file % 64 == 0:
                self.check_cancelled()
            if data is None:
                self.lost.add(file)
                continue
            version = self.versions.slots[file]
            if version != NOWHERE and data:
                text = self.texts.setdefault(version, prints(data))
                self.pieces.setdefault(version, []).append([(1, len(text), file, 1)])

    def _needed(self, at: int) -> tuple[int, list[Pair]]:
        """The pairs of blobs to compare for the next versions at which lines wait or may come to wait."""
        waiting = set(self.pieces)
        pairs: dict[Pair, bytes] = {}
        found, slots = self.versions.found, self.versions.slots
        until = at
        while until < len(found) and len(pairs) < _AT_ONCE:
            if until in waiting:
                version = found[until]
                pairs.update(((old, version.blob), version.path) for _, old in version.sources)
                waiting.update(slots[slot] for slot, _ in version.sources)
            until += 1
        # git keeps the versions of a file as differences to each other, and unpacks them faster side by side.
        return until, sorted(pairs, key=lambda pair: pairs[pair])

    def _pass_on(self, index: int, known: Mapping[Pair, Difference | None]) -> None:
        """Hand a version's lines to those before it; what none of them has is its commit's own."""
        lists = self.pieces.pop(index, None)
        if lists is None:
            return
        text = self.texts.pop(index)
        if len(lists) > 1:
            lists = untangle([piece for pieces in lists for piece in pieces])
        version = self.versions.found[index]
        sources: list[tuple[int, Difference, Prints]] = []
        lost = version.lost
        for slot, old in version.sources:
            difference = known[old, version.blob]
            if difference is None:
                lost = True
                break
            source, older_text = self.versions.slots[slot], difference.older(text)
            sources.append((source, difference, older_text))
            for number, left in enumerate(lists):
                older, lists[number] = divide(left, difference.hunks)
                self._wait(source, older, older_text)
        if self.moves and not lost:
            for source, difference, older_text in sources:
                for number, left in enumerate(lists):
                    copies = version.commit in self.wanted
                    if left and (moved := blocks(text, older_text, difference, left, copies=copies)):
                        older, lists[number] = carry(left, moved)
                        for pieces in untangle(older):
                            self._wait(source, pieces, older_text)
        for left in lists:
            self._end(version, left, lost)
        if len(version.sources) == 1 and version.commit in self.wanted and any(lists):
            self.bases[version.commit.decode(), os.fsdecode(version.path)] = (
                version.sources[0][1],
                version.blob,
            )

    def _wait(self, source: int, pieces: list[Piece], text: Prints) -> None:
        if source != NOWHERE and pieces:
            self.pieces.setdefault(source, []).append(pieces)
            self.texts.setdefault(source, text)

    def _end(self, version: Version, left: Sequence[Piece], lost: bool) -> None:
        """Lines that no version before this one has."""
        if lost:
            self.lost.update(file for _, _, file, _ in left)
        elif version.commit in self.ignored and version.sources:
            self.guessed.update(file for _, _, file, _ in left)
        elif version.commit in self.wanted:
            commit, path = version.commit.decode(), os.fsdecode(version.path)
            for start, length, file, head in left:
                self.found.setdefault(file, []).append(Run(head, length, commit, path, start))

    def _blame(self, file: int) -> None:
        """Let git itself say whose a file's lines are."""
        path = os.fsdecode(self.versions.files[file])
        try:
            runs = [run for run, _ in blame(self.repository, self.head, path, self.ignored)]
        except GitError:
            runs = []
            self.lost.add(file)
        self.found[file] = [run for run in runs if run.commit.encode() in self.wanted]

    def origins(self) -> dict[str, tuple[Run, ...]]:
        """The runs by path at HEAD."""
        return {
            os.fsdecode(self.versions.files[file]): _joined(runs)
            for file, runs in sorted(self.found.items())
            if runs
        }

    def not_measured(self) -> list[NotMeasured]:
        """The files that could not be followed to the end."""
        names = [os.fsdecode(self.versions.files[file]) for file in sorted(self.lost)]
        why = "an older version is missing (partial clone?), too large, or cannot be told from others"
        return [
            NotMeasured(
                "git-history", why, self.repository.to_workspace(name), evidence_class=EvidenceClass.DECLARED
            )
            for name in names
        ]


def _joined(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Ascending, with neighbours that were neighbours in their commit made one."""
    out: list[Run] = []
    for run in sorted(runs, key=lambda run: run.start):
        if out:
            last = out[-1]
            if (
                run.start - last.start == last.length == run.original_start - last.original_start
                and run.commit == last.commit
                and run.original_path == last.original_path
            ):
                out[-1] = replace(last, length=last.length + run.length)
                continue
        out.append(run)
    return tuple(out)


def _files(repository: Repository, head: str) -> dict[bytes, bytes]:
    """The blobs of the regular files at a revision, by path."""
    out = repository.run("ls-tree", "-r", "-z", head)
    entries = (entry.partition(b"\t") for entry in out.split(b"\0") if entry.startswith(b"100"))
    return {path: meta.split(b" ")[2] for meta, _, path in entries}
