"""Which lines at HEAD were written by given commits, and what those lines were called in them.

Paths are repository paths (git's own names, decoded with `os.fsdecode`); line numbers are 1-based lines of
the blob at `head`, never of the work tree.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from whence.model import EvidenceClass, NotMeasured
from whence.repo import GitError, Repository

UNSHALLOW = "git fetch --unshallow"

_BLAME = ("-c", "blame.ignoreRevsFile=", "-c", "diff.indentHeuristic=true", "blame")


@dataclass(frozen=True, slots=True)
class Run:
    """Adjacent HEAD lines that one commit brought in as adjacent lines."""

    start: int
    """First line at HEAD."""
    length: int
    commit: str
    original_path: str
    """What the file was called in `commit`."""
    original_start: int
    """First line in the file as `commit` left it."""

    @property
    def end(self) -> int:
        """Last line at HEAD, inclusive."""
        return self.start + self.length - 1


@dataclass(frozen=True, slots=True)
class Origins:
    """Runs by repository path at HEAD, ascending; only runs of the commits that were asked for."""

    files: Mapping[str, tuple[Run, ...]] = field(default_factory=dict)
    not_measured: tuple[NotMeasured, ...] = ()


def _nothing() -> None: ...


def line_origins(
    repository: Repository,
    head: str,
    commits: Collection[str],
    paths: Collection[str] | None = None,
    check_cancelled: Callable[[], None] = _nothing,
) -> Origins:
    """Find the lines at `head` that `commits` (full ids) wrote, in all files or only in `paths`.

    Never raises GitError: what git cannot tell is listed as not measured.
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
        candidates = _candidates(repository, head, wanted)
    except GitError as error:
        missing.append(NotMeasured("git-history", str(error), evidence_class=EvidenceClass.DECLARED))
        return Origins({}, tuple(missing))
    if paths is not None:
        candidates &= set(paths)
    files: dict[str, tuple[Run, ...]] = {}
    for path in sorted(candidates):
        check_cancelled()
        try:
            found = [run for run, _ in _blame(repository, head, path) if run.commit in wanted]
        except GitError as error:
            where, why = repository.to_workspace(path), f"git blame: {error}"
            missing.append(NotMeasured("git-history", why, where, evidence_class=EvidenceClass.DECLARED))
            continue
        if found:
            files[path] = tuple(sorted(found, key=lambda run: run.start))
    return Origins(files, tuple(missing))


def line_times(repository: Repository, head: str, path: str) -> tuple[float, ...]:
    """The author time (Unix seconds) of each line of one file (repository path) at `head`.

    Raises GitError when the file is not there or its history cannot be read.
    """
    found = [(run.start, run.length, time) for run, time in _blame(repository, head, path)]
    found.sort()
    return tuple(time for _, length, time in found for _ in range(length))


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


def _candidates(repository: Repository, head: str, commits: Collection[str]) -> set[str]:
    """The paths at HEAD that may hold lines of the commits: what they touched, through later renames."""
    feed = "".join(commit + "\n" for commit in sorted(commits)).encode()
    out = repository.run(
        "diff-tree", "--stdin", "-r", "-z", "-m", "--root", "--name-only", "--no-commit-id", feed=feed
    )
    reached = {os.fsdecode(name) for name in out.split(b"\0") if name}
    out = repository.run("log", "-m", "-M", "-z", "--diff-filter=R", "--name-status", "--format=", head, "--")
    fields = [os.fsdecode(name) for name in out.split(b"\0") if name]
    renames: dict[str, set[str]] = {}
    for old, new in zip(fields[1::3], fields[2::3], strict=True):
        renames.setdefault(old, set()).add(new)
    waiting = list(reached)
    while waiting:
        for new in renames.get(waiting.pop(), ()):
            if new not in reached:
                reached.add(new)
                waiting.append(new)
    return reached & present(repository, head)


def present(repository: Repository, head: str) -> set[str]:
    """The regular files at a revision."""
    out = repository.run("ls-tree", "-r", "-z", head)
    entries = (entry.partition(b"\t") for entry in out.split(b"\0") if entry)
    return {os.fsdecode(name) for meta, _, name in entries if meta.startswith(b"100")}


def _blame(repository: Repository, head: str, path: str) -> Iterator[tuple[Run, float]]:
    """The runs of one file as `git blame` sees them, in no order, each with its commit's author time."""
    times: dict[str, float] = {}
    commit, original, start, length = "", 0, 0, 0
    with repository.stream(*_BLAME, "--incremental", "--root", "--no-textconv", head, "--", path) as out:
        for line in out:
            key, _, value = line.rstrip(b"\n").partition(b" ")
            if key == b"filename":
                name = os.fsdecode(unquote(value))
                yield Run(start, length, commit, name, original), times[commit]
            elif key == b"author-time":
                times[commit] = float(value)
            elif len(key) >= 40 and not key.strip(b"0123456789abcdef"):
                commit = key.decode()
                original, start, length = (int(number) for number in value.split())


_ESCAPES = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}


def unquote(name: bytes) -> bytes:
    """A path as git prints it in text output (C quoting inside double quotes when it needs any)."""
    if len(name) < 2 or not (name.startswith(b'"') and name.endswith(b'"')):
        return name
    out = bytearray()
    at, end = 1, len(name) - 1
    while at < end:
        byte = name[at : at + 1]
        if byte != b"\\":
            out += byte
            at += 1
            continue
        follow = name[at + 1 : at + 2]
        if follow in _ESCAPES:
            out.append(_ESCAPES[follow])
            at += 2
        else:
            out.append(int(name[at + 1 : at + 4], 8) & 0xFF)
            at += 4
    return bytes(out)
