"""What several verbs share: the workspace's root, places in files, evidence classes, a prepared snapshot."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from whence.cli.console import Console
from whence.errors import UserError

if TYPE_CHECKING:
    from whence.cache import Cache
    from whence.engine import Snapshot
    from whence.evidence.interface import Source
    from whence.model import EvidenceClass
    from whence.repo import Repository
    from whence.standing import Standing


def add_workspace_arguments(parser: argparse.ArgumentParser) -> None:
    """`--root`, `--policy`, `--evidence`: which workspace, under which policy, whose word counts."""
    parser.add_argument(
        "--root", metavar="DIR", help="the workspace (default: the repository around the current folder)"
    )
    parser.add_argument(
        "--policy", metavar="FILE", help="the policy file (default: whence.toml or pyproject.toml there)"
    )
    parser.add_argument(
        "--evidence",
        metavar="CLASSES",
        type=_classes,
        help="which classes may speak, comma separated: recorded,session,declared,inferred",
    )


def _classes(text: str) -> frozenset[EvidenceClass]:
    from whence.model import EvidenceClass

    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in tuple(EvidenceClass):
            known = ", ".join(EvidenceClass)
            raise argparse.ArgumentTypeError(f"`{word}` is no class of evidence; the classes are {known}")
    return frozenset(map(EvidenceClass, words))


def root_of(arguments: argparse.Namespace, console: Console) -> Path:
    """The workspace: --root, else the work tree around the current folder, else the current folder."""
    return workspace_of(arguments, console)[0]


def workspace_of(arguments: argparse.Namespace, console: Console) -> tuple[Path, Repository | None]:
    """The workspace's root, and the repository that it lies in as far as git can tell."""
    from whence.repo import GitError, Repository, in_git_folder

    root = Path(console.folder / arguments.root).resolve() if arguments.root else console.folder.resolve()
    if not root.is_dir():
        raise UserError(f"no such folder: {arguments.root}")
    try:
        repository = Repository.open(root, console.environment)
    except GitError:  # git refuses, and says so again when it is asked in earnest
        repository = None
        if not arguments.root:
            around = (folder for folder in (root, *root.parents) if os.path.lexists(folder / ".git"))
            root = next(around, root)
    if repository is not None and not arguments.root:
        return repository.top, repository.whole()
    if repository is None and in_git_folder(root, console.environment):
        raise UserError(
            f"{root} is git's own folder or a bare repository: nobody's files are in it",
            hint="git clone it, and run whence there",
        )
    return root, repository


def inside(root: Path, console: Console, path: str, *, there: bool = True) -> str:
    """A path that the user typed in the current folder, relative to the workspace, with forward slashes. Raises UserError
    for one outside, and for one that is not there unless `there` is False."""
    if not path:
        raise UserError("a path is empty", hint="`.` is the current folder")
    full = Path(os.path.normpath(console.folder / path))
    resolved = full.parent.resolve() / full.name
    if there and not os.path.lexists(full):
        raise UserError(f"no such file or folder: {path}")
    if not resolved.is_relative_to(root):
        raise UserError(f"{path} lies outside the workspace {root}", hint="name it with --root")
    return resolved.relative_to(root).as_posix()


class Place(NamedTuple):
    """`FILE`, `FILE:LINE`, `FILE:A-B` or `FILE::name` as the user typed it; lines 1-based, inclusive."""

    path: str
    first: int | None = None
    last: int | None = None
    name: str | None = None


def place(root: Path, console: Console, text: str, *, there: bool = True) -> Place:
    """Read a place. A file whose own name looks like one wins. `there`: see `inside`."""
    if (console.folder / text).exists():
        return Place(inside(root, console, text))
    named = re.fullmatch(r"(.+?)::(.+)", text, re.DOTALL)
    if named:
        return Place(inside(root, console, named[1], there=there), name=named[2])
    lined = re.fullmatch(r"(.+):(\d+)(?:-(\d+))?", text, re.DOTALL)
    if lined:
        first, last = int(lined[2]), int(lined[3] or lined[2])
        if first < 1 or last < first:
            raise UserError(
                f"lines {lined[2]}-{lined[3] or lined[2]} are not a range",
                hint="lines count from 1: FILE:3-9",
            )
        return Place(inside(root, console, lined[1], there=there), first, last)
    return Place(inside(root, console, text, there=there))


def snapshot_of(
    arguments: argparse.Namespace, console: Console, root: Path, repository: Repository | None, *wanted: str
) -> Snapshot:
    """Prepare the workspace that was found for some of its files, with what is known of its history from before."""
    with remembering(arguments, console, root, repository, *wanted) as (prepared, _):
        for source in prepared.prepared:
            _ = getattr(source, "answer", None)  # read back before the cache is closed
        return prepared


@contextlib.contextmanager
def remembering(
    arguments: argparse.Namespace, console: Console, root: Path, repository: Repository | None, *wanted: str
) -> Iterator[tuple[Snapshot, Cache | None]]:
    """The same for a while, with the cache that it was prepared with."""
    from whence.cache import Cache

    standing = _standing(repository)
    cache = Cache.open(root, repository, console.environment, standing=standing)
    try:
        yield snapshot(arguments, console, wanted=wanted, cache=cache, standing=standing, root=root), cache
    finally:
        if cache is not None:
            cache.close()


def _standing(repository: Repository | None) -> Standing | None:
    """How the repository stands; None where git cannot say, and whoever asks next is told why."""
    from whence.repo import GitError
    from whence.standing import Standing

    try:
        found = Standing.of(repository) if repository is not None else None
    except GitError:
        return None
    return found if found is not None and found.commit else None


def snapshot(
    arguments: argparse.Namespace,
    console: Console,
    *,
    wanted: tuple[str, ...] = (),
    report: Callable[[str], None] = lambda text: None,
    cache: Cache | None = None,
    among: tuple[str, ...] | None = None,
    standing: Standing | None = None,
    root: Path | None = None,
    asked: Sequence[Source] | None = None,
    as_of: str | None = None,
) -> Snapshot:
    """Prepare the workspace that the arguments name; `root` where it has been found already. For more see `prepare`."""
    from whence.engine import prepare

    policy = (console.folder / arguments.policy).resolve() if arguments.policy else None
    return prepare(
        root or root_of(arguments, console),
        policy_path=policy,
        wanted=wanted,
        classes=arguments.evidence,
        environment=console.environment,
        report=report,
        cache=cache,
        among=among,
        standing=standing,
        asked=asked,
        as_of=as_of,
    )
