"""The only module that walks and reads the tree.

Symbolic links are never followed, so nothing outside the workspace is read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from whence.errors import UserError
from whence.model import EvidenceClass, NotMeasured
from whence.repo import Repository
from whence.text import MAX_TEXT_BYTES, is_binary

ALWAYS_LEFT_OUT = frozenset({".git", ".hg", ".svn", ".jj", ".whence"})
"""Folders of version control and our own ledger: never findings."""

OFTEN_LEFT_OUT = frozenset(
    {"node_modules", ".venv", "venv", "__pycache__", ".mypy_cache", ".pytest_cache", ".tox"}
)
"""Without git nothing says what is generated; these never hold a person's work."""

_HEAD = 1 << 16
"""Bytes of a file that show whether it is text."""


def discover(root: Path, repository: Repository | None, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """The files of a workspace, sorted, relative to `root`; only those at or below `wanted` when given.

    With git: what is tracked, and what is neither tracked nor ignored. Without: everything that no .gitignore on
    the way leaves out. A file that is named itself is taken even when it is ignored.

    Raises UserError for a wanted path that is not there or lies outside `root`.
    """
    names = [_inside(root, path) for path in wanted]
    named = {name for name in names if (root / name).is_file()}
    found = _tracked(root, repository) if repository else set(_walk(root))
    below = tuple(name + "/" for name in names if name not in named and name != ".")
    if names and "." not in names:
        found = {path for path in found if path.startswith(below)} if below else set()
    return tuple(sorted(found | named))


def _inside(root: Path, path: str) -> str:
    full = Path(os.path.normpath(root / path))
    if not os.path.lexists(full):
        raise UserError(f"no such file or folder: {path}", hint="paths are relative to the current folder")
    try:
        return full.relative_to(root).as_posix()
    except ValueError:
        raise UserError(
            f"{path} lies outside the workspace {root}", hint="run whence in that folder, or use --root"
        ) from None


def _tracked(root: Path, repository: Repository) -> set[str]:
    out = repository.run(
        "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", repository.prefix or "."
    )
    found = set()
    for name in out.split(b"\0"):
        path = repository.to_workspace(os.fsdecode(name)) if name else None
        if path and not ALWAYS_LEFT_OUT.intersection(path.split("/")) and _is_file(root / path):
            found.add(path)
    return found


def _is_file(path: Path) -> bool:
    """A regular file, reached without a symbolic link at its end (deleted files and submodules are not).

    What may not be looked at counts as one: reading it then says so, instead of leaving it out in silence.
    """
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except PermissionError:
        return True
    except OSError:
        return False


def _walk(root: Path) -> Iterator[str]:
    from pathspec import GitIgnoreSpec

    stack: list[tuple[str, tuple[tuple[str, GitIgnoreSpec], ...]]] = [("", ())]
    while stack:
        folder, specs = stack.pop()
        ignore = root / folder / ".gitignore"
        if _is_file(ignore) and os.access(ignore, os.R_OK):
            lines = ignore.read_text("utf-8", "replace").splitlines()
            specs = (*specs, (folder, GitIgnoreSpec.from_lines(lines)))
        try:
            entries = list(os.scandir(root / folder))
        except PermissionError:
            yield folder.rstrip("/")  # not a file, and named as unreadable when it is read
            continue
        except OSError:
            continue
        for entry in entries:
            path = folder + entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in ALWAYS_LEFT_OUT | OFTEN_LEFT_OUT and not _ignored(path + "/", specs):
                    stack.append((path + "/", specs))
            elif entry.is_file(follow_symlinks=False) and not _ignored(path, specs):
                yield path


def _ignored(path: str, specs: Sequence[tuple[str, object]]) -> bool:
    from pathspec import GitIgnoreSpec

    for base, spec in reversed(specs):
        assert isinstance(spec, GitIgnoreSpec)
        answer = spec.check_file(path[len(base) :]).include
        if answer is not None:
            return answer
    return False


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes, or why there are none."""

    data: bytes | None
    missing: NotMeasured | None = None
    binary: bool = False
    """Whether there is no text in it, which stays so until it changes."""


def read(root: Path, path: str) -> Content:
    """Read one file of the workspace. Never raises: what is binary, too large or unreadable is not measured."""

    def left_out(why: str, hint: str = "", needed: EvidenceClass | None = None) -> Content:
        return Content(None, NotMeasured("file", why, path=path, hint=hint, evidence_class=needed))

    full = root / path
    try:
        status = full.lstat()
        if stat.S_ISLNK(status.st_mode):
            return left_out("a symbolic link is not followed")
        if not stat.S_ISREG(status.st_mode):
            return left_out("not a regular file")
        if status.st_size > MAX_TEXT_BYTES:
            size, limit = status.st_size / 1_000_000, MAX_TEXT_BYTES / 1_000_000
            return left_out(f"larger than the limit ({size:.1f} MB of {limit:.1f} MB)")
        with full.open("rb") as file:
            data = file.read(_HEAD)
            if not is_binary(data):
                data += file.read()
    except FileNotFoundError:
        return left_out("the file went away during the scan")
    except OSError as error:
        why = f"could not be read: {error.strerror or error}"
        return left_out(why, "check its permissions", EvidenceClass.DECLARED)
    if is_binary(data):
        return replace(left_out("binary file"), binary=True)
    return Content(data)
