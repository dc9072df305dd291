"""Which lines of which files a commit adds, made or about to be made. Only text; a merge counts against its first parent."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from whence import files
from whence.evidence.origins import line_origins
from whence.linemap import line_map
from whence.model import Document, NotMeasured
from whence.quick import dataclass
from whence.ranges import Lines, each, from_lines, from_pairs
from whence.repo import GitError, Repository
from whence.text import MAX_TEXT_BYTES, decode, is_binary, split

_LINKS = ("120000", "160000")
"""Modes of symbolic links and submodules: not text of this repository."""


@dataclass(frozen=True, slots=True)
class Added:
    """The texts that a change leaves behind, and the lines in them that it adds."""

    documents: Mapping[str, Document] = field(default_factory=dict)
    """By workspace path; without dates."""
    lines: Mapping[str, Lines] = field(default_factory=dict)
    """By the same paths; never empty."""
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
    """The blob after; None: on disk."""


def staged(repository: Repository, base: str, *, amend: bool) -> Added:
    """What the index adds to `base` (see `base_of`)."""
    found = list(_changed(repository, ["diff-index", "--cached"], base))
    missing: list[NotMeasured] = []
    texts = _blobs(repository, {file.new: file.path for file in found if file.new}, missing)
    heads: dict[str, bytes | None] = {}
    if amend:
        # What HEAD holds is not uncommitted: whoever wrote it first has a date.
        names = [f"HEAD:{repository.to_repository(file.path)}" for file in found]
        heads = dict(zip((file.path for file in found), repository.blobs(names), strict=True))
    after = ((file, texts[file.new]) for file in found if file.new in texts)
    return _uncommitted(repository, after, heads if amend else None, missing)


def on_disk(repository: Repository, root: os.PathLike[str]) -> Added:
    """What the files of the workspace add to HEAD; those that are ignored count only when they are tracked."""
    from pathlib import Path

    tree, names = _head(repository)
    missing: list[NotMeasured] = []

    def after() -> Iterator[tuple[_File, bytes]]:
        for path in files.discover(Path(root), repository):
            before = names.get(path, path)
            old = tree.get(before) if before else None
            content = files.read(Path(root), path)
            if content.data is None:
                if content.missing and content.missing.evidence_class:
                    missing.append(content.missing)
            elif old is None or _blob_id(content.data, len(old)) != old:
                yield _File(path, before if old else None, old), content.data

    return _uncommitted(repository, after(), None, missing)


def of_commit(repository: Repository, commit: str) -> Added:
    """What a commit (full id) added, at its own line numbers, dated by it. Lines that it moved are not its own."""
    then = repository.looking_at(commit)
    found = list(_changed(then, ["diff-tree", "-r"], parent_of(then, commit), commit))
    origins = line_origins(then, commit, {commit}, [then.to_repository(file.path) for file in found])
    missing = list(origins.not_measured)
    lines: dict[str, Lines] = {}
    for name, runs in origins.files.items():
        path = then.to_workspace(name)
        if path is not None:
            lines[path] = from_pairs((run.start, run.end) for run in runs)
    found = [file for file in found if file.path in lines]
    texts = _blobs(then, {file.new: file.path for file in found if file.new}, missing)
    moment = float(then.run("log", "-1", "--format=%at", "--end-of-options", commit))
    documents = {}
    for file in found:
        data = texts.get(file.new or "")
        if data is None or is_binary(data):
            continue
        text = split(decode(data))
        own = set(each(lines[file.path]))
        numbers = tuple(range(1, len(text) + 1))
        times = tuple(moment if number in own else 0.0 for number in numbers)
        documents[file.path] = Document(file.path, text, file.path, numbers, times)
    return Added(documents, {path: lines[path] for path in documents}, tuple(missing))


def base_of(repository: Repository, *, amend: bool) -> str:
    """The tree that the next commit adds to."""
    if repository.head() is None:
        return _nothing(repository)
    return parent_of(repository, "HEAD") if amend else "HEAD"


def parent_of(repository: Repository, commit: str) -> str:
    """The first parent, or a tree with nothing in it for a commit without one."""
    try:
        return repository.resolve(f"{commit}^")
    except GitError:
        return _nothing(repository)


def _nothing(repository: Repository) -> str:
    """The id of the empty tree."""
    return repository.run("hash-object", "-t", "tree", "--stdin", feed=b"").decode().strip()


def _head(repository: Repository) -> tuple[dict[str, str], dict[str, str | None]]:
    """The blobs at HEAD by workspace path, and the names there of what the index renamed or added."""
    head = repository.head()
    tree: dict[str, str] = {}
    if head is None:
        return tree, {}
    for entry in repository.run("ls-tree", "-r", "-z", "--full-tree", head).split(b"\0"):
        meta, _, name = entry.partition(b"\t")
        path = repository.to_workspace(os.fsdecode(name)) if name else None
        if path and meta.split()[1] == b"blob":
            tree[path] = meta.split()[2].decode()
    renamed = _changed(repository, ["diff-index", "--cached"], head)
    return tree, {file.path: file.before for file in renamed}


def _changed(repository: Repository, command: Sequence[str], *trees: str) -> Iterator[_File]:
    """The files that a comparison of trees names; deleted ones, links and conflicts left out."""
    scope = ("--", repository.prefix) if repository.prefix else ("--",)
    out = repository.run(*command, "--raw", "-M", "-z", "--no-abbrev", *trees, *scope)
    fields = iter(os.fsdecode(part) for part in out.split(b"\0") if part)
    for meta in fields:
        _, mode, old, new, status = meta.split(" ")
        before = repository.to_workspace(next(fields))
        path = repository.to_workspace(next(fields)) if status[0] in "RC" else before
        if path is None or mode in _LINKS or not new.strip("0"):
            continue
        is_new = not old.strip("0")
        yield _File(path, None if is_new else before, None if is_new else old, new)


def _blobs(repository: Repository, wanted: Mapping[str, str], missing: list[NotMeasured]) -> dict[str, bytes]:
    """The contents of blobs, given with the path that each is for; what is too large or absent is not measured."""
    sizes = dict(zip(wanted, repository.sizes(wanted), strict=True))
    small = []
    for blob, path in wanted.items():
        size = sizes[blob]
        if size is None:
            missing.append(NotMeasured("file", "its text is not in this clone", path=path))
        elif size > MAX_TEXT_BYTES:
            missing.append(NotMeasured("file", f"larger than {MAX_TEXT_BYTES >> 20} MB", path=path))
        else:
            small.append(blob)
    contents = zip(small, repository.blobs(small), strict=True)
    return {blob: content for blob, content in contents if content is not None}


def _uncommitted(
    repository: Repository,
    after: Iterable[tuple[_File, bytes]],
    heads: Mapping[str, bytes | None] | None,
    missing: list[NotMeasured],
) -> Added:
    """What new texts add to old ones. `heads` are the texts at HEAD where those are not the old ones."""
    texts = [(file, split(decode(data))) for file, data in after if not is_binary(data)]
    before = _blobs(repository, {file.old: file.path for file, _ in texts if file.old}, missing)
    documents: dict[str, Document] = {}
    lines: dict[str, Lines] = {}
    for file, text in texts:
        old = before.get(file.old) if file.old else None
        if file.old and old is None:
            continue
        mapping = line_map(split(decode(old)), text) if old is not None else None
        new = from_lines(n for n, at in enumerate(mapping or (0,) * len(text), 1) if not at)
        if not new:
            continue
        lines[file.path] = new
        if heads is None:
            documents[file.path] = Document(file.path, text, file.before, mapping)
        else:
            head = heads.get(file.path)
            at_head = line_map(split(decode(head)), text) if head is not None else None
            documents[file.path] = Document(file.path, text, file.path if head is not None else None, at_head)
    return Added(documents, lines, tuple(missing))


def _blob_id(data: bytes, length: int) -> str:
    """What git calls this content; `length` is that of the repository's ids."""
    state = hashlib.sha256() if length == 64 else hashlib.sha1(usedforsecurity=False)
    state.update(b"blob %d\0" % len(data))
    state.update(data)
    return state.hexdigest()
