"""Where the policy file is, and how files that it extends are read. The only input of this room."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

from whence import regular, toml
from whence.errors import UserError
from whence.policy import mailmap
from whence.policy.owners import PLACES, Owners, parse
from whence.policy.owners import read as read_owners
from whence.policy.surroundings import Surroundings
from whence.policy.values import MAX_BYTES, Policy
from whence.repo import GitError, Repository
from whence.tools import Registry

NAME = "whence.toml"
PYPROJECT = "pyproject.toml"


def find(root: Path) -> Path | None:
    """The policy of a workspace: `whence.toml`, else a `pyproject.toml` with [tool.whence], else None."""
    if os.path.lexists(root / NAME):
        # Whatever it is, it was meant: a folder or a dead link is a mistake to report, not "no policy".
        return root / NAME
    pyproject = root / PYPROJECT
    try:
        text = regular.read(pyproject, MAX_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if "whence" not in text:
        return None
    try:
        table = toml.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError:
        # A broken file that speaks of us is ours to report.
        return pyproject if "[tool.whence" in text else None
    return pyproject if isinstance(table, dict) and "whence" in table else None


def read_text(file: Path, root: Path) -> str:
    """A policy file's text. Raises UserError for one that cannot be read or leads out of the workspace by a link."""
    shown = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
    try:
        if (
            file.is_symlink()
            and file.is_relative_to(root)
            and not file.resolve().is_relative_to(root.resolve())
        ):
            raise UserError(
                f"the policy {shown} is a link out of the workspace", hint="put the file itself there"
            )
        data = regular.read(file, MAX_BYTES)
    except regular.NotAFileError as error:
        raise UserError(
            f"the policy {shown} is not a file", hint="put the policy's text in a file there"
        ) from error
    except regular.TooLargeError as error:
        raise UserError(
            f"the policy {shown} is larger than {MAX_BYTES:,} bytes", hint="a policy is read by people"
        ) from error
    except OSError as error:
        raise UserError(f"the policy {shown} could not be read: {error.strerror or error}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"the policy {shown} is not UTF-8 (byte {error.start})", hint="save it as UTF-8"
        ) from error


def reader(folder: Path) -> Callable[[str], str]:
    """The `read` for `load`: files in a folder or below it, never through a link that leads out."""
    base = folder.resolve()

    def read(name: str) -> str:
        file = (base / name).resolve()
        if not file.is_relative_to(base):
            raise PermissionError(None, "it leads out of the policy's folder")
        return regular.read(file, MAX_BYTES).decode("utf-8-sig")

    return read


def load_file(file: Path, root: Path, registry: Registry) -> Policy:
    """Read and load a policy file. Raises UserError with each problem's place."""
    from whence.policy.loading import load  # most workspaces have no policy

    text = read_text(file, root)
    shown = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
    return load(text, shown, registry, pyproject=file.name == PYPROJECT, read=reader(file.parent))


def surroundings(root: Path, repository: Repository | None, branch: str | None = None) -> Surroundings:
    """Look up owners, branch (where it is not known yet) and user. What cannot be had stays None; nothing raises."""
    if repository is None:
        return Surroundings(owners=read_owners(root))
    outside = bool(repository.prefix)
    return Surroundings(
        owners=_committed_owners(repository) if outside else read_owners(root),
        prefix=repository.prefix,
        branch=branch or repository.branch(),
        user=repository.identity(),
        mailmap=_committed_mailmap(repository) if outside else mailmap.read(root),
    )


def _committed_mailmap(repository: Repository) -> mailmap.Joined:
    """The same for .mailmap."""
    try:
        (data,) = repository.blobs([f"HEAD:{mailmap.NAME}"])
    except GitError:
        return ()
    return mailmap.parse(data.decode("utf-8-sig", "replace")) if data is not None else ()


def _committed_owners(repository: Repository) -> Owners | None:
    """CODEOWNERS of a repository around the workspace: from git, for files outside the workspace are not read."""
    try:
        for place, data in zip(PLACES, repository.blobs(f"HEAD:{place}" for place in PLACES), strict=True):
            if data is not None:
                return parse(data.decode("utf-8-sig", "replace"), place)
    except GitError:
        return None
    return None
