"""Which files differ from a revision, and what each was there: renames followed, nothing else looked at.

git compares the index with the revision. Whether a file of the work tree still is what the index has is told by the
times and sizes that git keeps there, else by its bytes: git itself is never let at the work tree, as it would run the
filters that a repository names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from whence import files
from whence.quick import dataclass
from whence.repo import Repository
from whence.text import blob_id

_STAT = re.compile(
    rb"  ctime: (\d+):(\d+)\n  mtime: (\d+):(\d+)\n  dev: \d+\tino: (\d+)\n  uid: \d+\tgid: \d+\n  size: (\d+)\tflags: \w+\n"
)
"""What `git ls-files --debug` adds to an entry. Its form is not promised: an entry that looks otherwise is compared
by its bytes."""

_ENTRY = re.compile(rb"\d{6} [0-9a-f]{40,64} \d\t")

_FILE = (b"100644", b"100755")


@dataclass(frozen=True, slots=True)
class Changes:
    """Files that differ from a revision, by their present paths in the workspace."""

    before: Mapping[str, str | None]
    """The blob that a file was at the revision; None where it was none."""
    staged: Mapping[str, str] | None = None
    """Where the index is what counts: the blob that it has for each file. None: the work tree counts."""
    revision: str | None = None
    """The commit since which the work tree changed; None where the index counts."""

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.before))


def since(repository: Repository, root: Path, revision: str) -> Changes:
    """The files of the work tree that differ from a revision (a commit's id), those that git does not know included.

    Raises GitError.
    """
    entries = list(_index(repository))
    compared = _compared(repository, revision)
    before = dict(compared.before)
    for path, blob, stat in entries:
        if path not in before and _differs(root, path, blob, stat):
            before[path] = blob
    for path in _untracked(repository):
        before.setdefault(path, compared.gone.get(path))
    there = files.present(root, before)
    return Changes({path: blob for path, blob in before.items() if path in there}, revision=revision)


def staged(repository: Repository) -> Changes:
    """What the next commit would change. Raises GitError."""
    head = (
        repository.head() or repository.run("hash-object", "-t", "tree", "--stdin", feed=b"").decode().strip()
    )
    compared = _compared(repository, head, "--ita-invisible-in-index")
    before = {path: blob for path, blob in compared.before.items() if path in compared.now}
    return Changes(before, compared.now)


@dataclass(slots=True)
class _Compared:
    """The index against a revision, by path."""

    before: dict[str, str | None] = field(default_factory=dict)
    """What a file of the index that differs was at the revision."""
    now: dict[str, str] = field(default_factory=dict)
    """What it is in the index, where that is a plain file."""
    gone: dict[str, str] = field(default_factory=dict)
    """What the index does not have any more."""


def _compared(repository: Repository, revision: str, *how: str) -> _Compared:
    out = repository.run(
        "diff-index",
        "--cached",
        "-M",
        "-z",
        "--raw",
        "--no-abbrev",
        *how,
        revision,
        "--",
        repository.prefix or ".",
    )
    found = _Compared()
    fields = iter(out.split(b"\0"))
    for meta in fields:
        if not meta:
            continue
        _, mode, old, new, status = meta.lstrip(b":").split(b" ")
        name = next(fields)
        if status[:1] in (b"R", b"C"):
            name = next(fields)
        path = repository.to_workspace(os.fsdecode(name))
        if path is None:
            continue
        blob = old.decode() if old.strip(b"0") else None
        if status == b"D":
            found.gone.update({path: blob} if blob else {})
            continue
        found.before[path] = blob
        if mode in _FILE and new.strip(b"0"):
            found.now[path] = new.decode()
    return found


@dataclass(frozen=True, slots=True)
class _Stat:
    """When git last saw a file be what the index has."""

    ctime: int
    mtime: int
    inode: int
    size: int


def _index(repository: Repository) -> Iterator[tuple[str, str, _Stat | None]]:
    """Path, blob and state of each file in the index; no state where it cannot be relied on."""
    out = repository.run("ls-files", "-s", "--debug", "-z", "--", repository.prefix or ".")
    try:
        written = (repository.git_dir / "index").stat().st_mtime_ns
    except OSError:
        written = 0
    at = 0
    while at < len(out):
        end = out.index(b"\0", at)
        meta, _, name = out[at:end].partition(b"\t")
        found = _STAT.match(out, end + 1)
        state = None
        if found:
            ctime, ctime_ns, mtime, mtime_ns, inode, size = map(int, found.groups())
            state = _Stat(ctime * 10**9 + ctime_ns, mtime * 10**9 + mtime_ns, inode, size)
            at = found.end()
        else:
            following = _ENTRY.search(out, end + 1)
            at = following.start() if following else len(out)
        mode, blob, stage = meta.split(b" ")
        path = repository.to_workspace(os.fsdecode(name))
        if path is not None and mode in _FILE and stage == b"0":
            # A file that changed after the index was written may bear the time that the index has for it.
            yield path, blob.decode(), state if state and state.mtime < written else None


def _differs(root: Path, path: str, blob: str, state: _Stat | None) -> bool:
    try:
        now = (root / path).lstat()
    except OSError:
        return True
    if state is not None and (state.size, state.mtime, state.ctime, state.inode) == (
        now.st_size,
        now.st_mtime_ns,
        now.st_ctime_ns,
        now.st_ino,
    ):
        return False
    data = files.read(root, path).data
    return data is None or blob_id(data, len(blob)) != blob


def _untracked(repository: Repository) -> Sequence[str]:
    out = repository.run("ls-files", "-z", "--others", "--exclude-standard", "--", repository.prefix or ".")
    names = (repository.to_workspace(os.fsdecode(name)) for name in out.split(b"\0") if name)
    return [name for name in names if name]
