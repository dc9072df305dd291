"""The ledger's files: `.whence/reviews/<id>.toml`, written whole or not at all, read with suspicion.

A review's file is named by its content, so equal reviews are the same file, and branches that add reviews never
touch each other's. Nothing here follows a symbolic link or leaves the workspace.

What is taken out of the ledger is emptied, and its empty file goes at a later time: git takes a file that is gone for
the old name of a new one that reads like it, and two branches that each took out one review and added another would
have a conflict that nobody understands. An empty file is like no other.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from whence import regular
from whence.errors import Problem, UserError
from whence.review import form
from whence.review.form import FormError
from whence.review.values import Review

FOLDER = ".whence/reviews"

MAX_BYTES = 4 * 1024 * 1024
"""Of one review; 60,000 digests fit."""

MAX_FILES = 50_000
"""Reading more would take longer than the scan that asks for them."""


def write(root: Path, review: Review) -> Path:
    """Write one review. Raises UserError when the place is not a plain folder of the workspace."""
    name = f"{review.id}.toml"
    folder = _folder(root)
    put(folder, name, form.text(review).encode("utf-8"))
    return folder / name


def put(folder: Path, name: str, content: bytes) -> None:
    """Replace a file of the ledger in one step, keeping its mode. Raises UserError."""
    file = folder / name
    mode = None
    with contextlib.suppress(FileNotFoundError):
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise UserError(
                f"{FOLDER}/{name} is not a plain file", hint="remove it and record the review again"
            )
        mode = stat.S_IMODE(status.st_mode)
        with contextlib.suppress(_UnreadableError):
            if status.st_size == len(content) and _read(file) == content:
                return
    draft = folder / f".{name}.{secrets.token_hex(4)}.part"
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if mode is not None:
            draft.chmod(mode)
        draft.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise UserError(f"cannot write {FOLDER}/{name}: {error.strerror}") from None


def take_out(root: Path, names: Iterable[str], committed: Callable[[str], bytes | None]) -> None:
    """Take files out of the ledger. Raises UserError for what cannot be removed.

    `committed` gives a file's content at HEAD by its name, None where it has none: only there it is removed at once.
    """
    folder = _folder(root)
    for name in names:
        try:
            if committed(name):
                put(folder, name, b"")
            else:
                (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"cannot remove {FOLDER}/{name}: {error.strerror}") from None


def empty(root: Path) -> tuple[str, ...]:
    """The names of files that were taken out and are still there."""
    folder = root / FOLDER
    try:
        found = [
            entry.name
            for entry in os.scandir(folder)
            if entry.is_file(follow_symlinks=False) and not entry.stat(follow_symlinks=False).st_size
        ]
    except OSError:
        return ()
    return tuple(sorted(name for name in found if name.endswith((".toml", ".sig"))))


def _folder(root: Path) -> Path:
    """The ledger's folder, made where it is missing. Raises UserError."""
    folder = root
    try:
        if not root.is_dir():
            raise UserError(f"no such folder: {root}")
        for part in PurePosixPath(FOLDER).parts:
            folder = folder / part
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
            if not stat.S_ISDIR(folder.lstat().st_mode):
                shown = folder.relative_to(root).as_posix()
                raise UserError(
                    f"{shown} is not a plain folder, so reviews are not written there",
                    hint=f"remove {shown}; a ledger lives inside the workspace, never behind a link",
                )
    except OSError as error:
        raise UserError(f"cannot write to {FOLDER}: {error.strerror}") from None
    return folder


def read(root: Path) -> tuple[list[Review], list[Problem]]:
    """Every usable review under `root`, and a problem for each file that is none. Never raises."""
    reviews: list[Review] = []
    problems: list[Problem] = []
    for name, found in entries(root, ".toml"):
        if isinstance(found, Problem):
            problems.append(found)
            continue
        outcome = _review(name, found)
        if isinstance(outcome, Problem):
            problems.append(outcome)
        else:
            reviews.append(outcome)
    known = {review.id: review for review in reviews}
    return reviews, [_more(problem, known) for problem in problems]


def _review(name: str, content: bytes) -> Review | Problem:
    shown = f"{FOLDER}/{name}"
    try:
        review = form.parse(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        return form.problem(shown, FormError("is not UTF-8 text", content.count(b"\n", 0, error.start) + 1))
    except FormError as error:
        return form.problem(shown, error)
    if name == f"{review.id}.toml":
        return review
    return Problem(
        shown,
        f"this review was edited or renamed after it was recorded: its content belongs to {review.id}.toml",
        hint="restore it with `git checkout`, or delete it and review the lines again",
    )


def _more(problem: Problem, known: dict[str, Review]) -> Problem:
    """The same problem, in plainer words when the file repeats a good one."""
    twin = problem.message.rpartition(" ")[2].removesuffix(".toml")
    if "was edited or renamed" in problem.message and twin in known:
        return Problem(
            problem.path, f"this review is a copy of {twin}.toml and counts once", hint="delete it"
        )
    return problem


def entries(root: Path, suffix: str) -> Iterator[tuple[str, bytes | Problem]]:
    """The ledger's files with this ending, by name, each with its bytes or with why it is not read. Never raises."""
    folder = root
    for part in PurePosixPath(FOLDER).parts:
        folder = folder / part
        try:
            status = folder.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            yield FOLDER, Problem(FOLDER, f"the reviews cannot be read: {error.strerror}")
            return
        if not stat.S_ISDIR(status.st_mode):
            shown = folder.relative_to(root).as_posix()
            yield (
                shown,
                Problem(
                    shown,
                    "is not a plain folder, so no review in it counts",
                    hint="a ledger lives inside the workspace, never behind a link",
                ),
            )
            return
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(suffix))
    except OSError as error:
        yield FOLDER, Problem(FOLDER, f"the reviews cannot be read: {error.strerror}")
        return
    names = [name for name in names if not name.startswith(".")]
    if len(names) > MAX_FILES:
        yield (
            FOLDER,
            Problem(
                FOLDER,
                f"{len(names):,} files; only the first {MAX_FILES:,} are read",
                hint="see `whence review prune`",
            ),
        )
    for name in names[:MAX_FILES]:
        try:
            content = _read(folder / name)
            if content:
                yield name, content
        except _UnreadableError as error:
            yield (
                name,
                Problem(
                    form.plain(f"{FOLDER}/{name}"), str(error), hint="delete it and review the lines again"
                ),
            )


def plain_file(root: Path, name: str) -> bytes | Problem | None:
    """One file below `root`, None where there is none, a problem where it is no plain file. Never raises."""
    file = root / name
    try:
        if not stat.S_ISDIR(file.parent.lstat().st_mode):
            return Problem(name, "does not lie in a plain folder of the workspace")
        if not os.path.lexists(file):
            return None
        return _read(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Problem(name, f"cannot be read: {error.strerror}")
    except _UnreadableError as error:
        return Problem(name, str(error).replace("this review ", ""))


class _UnreadableError(Exception):
    """Why a file is not read, as the rest of a sentence."""


def _read(file: Path) -> bytes:
    """A plain file's bytes. Raises _UnreadableError."""
    try:
        return regular.read(file, MAX_BYTES, links=False)
    except regular.LinkError:
        raise _UnreadableError("this review is a symbolic link, and links are not followed") from None
    except regular.NotAFileError:
        raise _UnreadableError("this review is not a plain file") from None
    except regular.TooLargeError as error:
        raise _UnreadableError(
            f"this review has {error.size:,} bytes; no real one has more than {MAX_BYTES:,}"
        ) from None
    except OSError as error:
        raise _UnreadableError(f"this review cannot be read: {error.strerror}") from None
