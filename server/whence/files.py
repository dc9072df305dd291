"""The only module that walks and reads the tree.

Symbolic links are never followed, so nothing outside the workspace is read.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from whence.errors import UserError
from whence.globs import Patterns
from whence.model import EvidenceClass, NotMeasured
from whence.quick import dataclass
from whence.regular import LinkError, NotAFileError, content, opened
from whence.repo import GitError, GitStuck, Repository
from whence.text import MAX_TEXT_BYTES, is_binary, is_pointer

ALWAYS_LEFT_OUT = frozenset({".git", ".hg", ".svn", ".jj", ".whence"})
"""Folders of version control and our own ledger: never findings."""

OFTEN_LEFT_OUT = frozenset(
    {"node_modules", ".venv", "venv", "__pycache__", ".mypy_cache", ".pytest_cache", ".tox"}
)
"""Without git nothing says what is generated; these never hold a person's work."""

_HEAD = 1 << 16
"""Bytes of a file that show whether it is text."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The files of a workspace."""

    paths: tuple[str, ...] = ()
    """Relative to the workspace, sorted."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Files that are nobody's own work, each with why: `generated`, `vendored`, `not text`, `excluded`."""
    filtered: frozenset[str] = frozenset()
    """Files that git may keep in another form than they have in the work tree (`filter` in .gitattributes)."""
    nested: tuple[str, ...] = ()
    """Folders that are repositories of their own, of which this one knows nothing."""

    @property
    def not_measured(self) -> tuple[NotMeasured, ...]:
        """What there is beside the files."""
        why = "a repository of its own, and nothing of it is tracked here"
        hints = ((path, f"whence scan --root {shlex.quote(path)}") for path in self.nested)
        return tuple(NotMeasured("submodule", why, path, hint) for path, hint in hints)


def discover(root: Path, repository: Repository | None, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """The files that a survey finds and does not leave out."""
    return survey(root, repository, wanted).paths


def survey(
    root: Path,
    repository: Repository | None,
    wanted: Sequence[str] = (),
    *,
    excluded: Callable[[str], bool] | None = None,
    among: Collection[str] | None = None,
    listed: Iterable[str] | None = None,
    attributes: Callable[[Repository, Sequence[str]], dict[str, str]] | None = None,
    as_of: str | None = None,
) -> Survey:
    """Look for the files of a workspace; only those at or below `wanted` when given.

    With git: what is tracked, and what is neither tracked nor ignored. Without: everything that no .gitignore on
    the way leaves out. Left out is what .gitattributes calls generated, vendored or no text, and what is `excluded`.
    A file that is named itself is taken in any case. `among` are the only files there are, if it is given; whether
    they are in the work tree is not asked then. `listed` is what git has just said of all files; `attributes`
    answers as `attributed` does. Of files that changed since `as_of` (a commit's id) only those are left out that its
    .gitattributes speak of, too: no change leaves itself out.

    Raises UserError for a wanted path that is not there or lies outside `root`.
    """
    names = [inside(root, path) for path in wanted]
    named = {name for name in names if os.path.isfile(root / name)}  # noqa: PTH113 - a broken link is no file
    nested: list[str] = []
    if among is not None:
        found = {path for path in among if not ALWAYS_LEFT_OUT.intersection(path.split("/"))}
        named &= found
    else:
        names_there = (_listed(repository) if listed is None else list(listed)) if repository else []
        found = present(root, names_there) if repository else set(_walk(root))
        nested = [name[:-1] for name in names_there if name.endswith("/")]
    below = tuple(name + "/" for name in names if name not in named and name != ".")
    if names and "." not in names:
        found = {path for path in found if path.startswith(below)} if below else set()
    candidates = sorted(found - named)
    told = (attributes or attributed)(repository, sorted(found)) if repository else {}
    filtered = frozenset(path for path, why in told.items() if why == FILTERED)
    left_out = {path: why for path, why in told.items() if why != FILTERED and path not in named}
    if repository and as_of and left_out:
        left_out = _attributed_at(repository, as_of, sorted(left_out))
    if excluded is not None:
        left_out.update((path, "excluded") for path in candidates if excluded(path))
        nested = [path for path in nested if not excluded(f"{path}/{_PROBE}")]
    if below:
        nested = [path for path in nested if f"{path}/".startswith(below)]
    return Survey(tuple(sorted((found - left_out.keys()) | named)), left_out, filtered, tuple(sorted(nested)))


def inside(root: Path, path: str) -> str:
    """A path as the workspace names it, with links on the way to it followed. Raises UserError."""
    full = Path(os.path.normpath(root / path))
    if not os.path.lexists(full):
        raise UserError(f"no such file or folder: {path}", hint="paths are relative to the current folder")
    try:
        real = full.resolve() if full == root else full.parent.resolve() / full.name
        return real.relative_to(root.resolve()).as_posix()
    except ValueError:
        raise UserError(
            f"{path} lies outside the workspace {root}", hint="run whence in that folder, or use --root"
        ) from None


def _listed(repository: Repository) -> list[str]:
    """What git tracks in the workspace, and what it neither tracks nor ignores; folders end with a slash."""
    try:
        out = repository.run(
            "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", repository.prefix or "."
        )
    except GitStuck as error:
        raise UserError(f"git cannot list the files here: {error}", hint=error.hint) from error
    except GitError as error:
        raise UserError(
            f"git cannot list the files here: {error}",
            hint=f"where its index is damaged: rm {repository.git_dir / 'index'}, then git reset",
        ) from error
    start = len(repository.prefix)
    return [os.fsdecode(name)[start:] for name in out.split(b"\0")]


def present(root: Path, paths: Iterable[str]) -> set[str]:
    """Those paths at which there is a regular file now, and no link on the way to it."""
    prefix = f"{root}/"
    folders: dict[str, bool] = {"": True}
    found = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        if path and _is_real(prefix, folder, folders) and _is_file(prefix + path):
            found.add(path)
    return found


def _is_real(prefix: str, folder: str, known: dict[str, bool]) -> bool:
    """Whether a folder is one to look into, and no link leads to it: git still lists what a link has taken the place of."""
    answer = known.get(folder)
    if answer is None:
        parent, _, name = folder.rpartition("/")
        answer = name not in ALWAYS_LEFT_OUT and _is_real(prefix, parent, known)
        if answer:
            with contextlib.suppress(OSError):
                answer = stat.S_ISDIR(os.lstat(prefix + folder).st_mode)
        known[folder] = answer
    return answer


def _is_file(path: str) -> bool:
    """A regular file, reached without a symbolic link at its end (deleted files and submodules are not).

    What may not be looked at counts as one: reading it then says so, instead of leaving it out in silence.
    """
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except PermissionError:
        return True
    except OSError:
        return False


_ATTRIBUTES = {b"linguist-generated": "generated", b"linguist-vendored": "vendored", b"binary": "not text"}
"""What git and the forges go by; the first that holds is told."""

FILTERED = "filtered"
"""Of a file that is not left out, but may be another in git."""

_PROBE = "a name that no pattern means"


def attributed(repository: Repository, paths: Sequence[str], *how: str) -> dict[str, str]:
    """The files that .gitattributes says are nobody's own work, each with why, and those that are `FILTERED`."""
    found: dict[str, str] = {}
    plain: list[str] = []
    for path, values in _values(repository, paths, (*_ATTRIBUTES, b"text", b"filter"), *how).items():
        for name, why in _ATTRIBUTES.items():
            if values[name] in (b"set", b"true"):
                found[path] = why
                break
        else:
            if values[b"filter"] not in (b"unspecified", b"unset", b"set"):
                # Git LFS and others write `-text` beside it, which then speaks of what git keeps.
                found[path] = FILTERED
            elif values[b"text"] == b"unset":
                plain.append(path)
    # `* -text` speaks of the line endings of a whole folder, `*.dat -text` says that such files are no text.
    probes = {path: f"{path.rpartition('/')[0]}/{_PROBE}".lstrip("/") for path in plain}
    blanket = _values(repository, sorted(set(probes.values())), (b"text",), *how)
    for path, probe in probes.items():
        if blanket.get(probe, {}).get(b"text") != b"unset":
            found[path] = "not text"
    return found


def _attributed_at(repository: Repository, commit: str, paths: Sequence[str]) -> dict[str, str]:
    """What `attributed` said when a commit was checked out, of files that are left out; without an answer none is."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="whence-", ignore_cleanup_errors=True) as folder:
        then = repository.with_index(Path(folder, "index"))
        try:
            then.run("read-tree", commit)
        except GitError:
            return {}
        found = attributed(then, paths, "--cached")
    return {path: why for path, why in found.items() if why != FILTERED}


def _values(
    repository: Repository, paths: Sequence[str], names: Sequence[bytes], *how: str
) -> dict[str, dict[bytes, bytes]]:
    """Attributes by path. Without an answer nothing is left out; raises UserError where git would wait for ever."""
    if not paths:
        return {}
    feed = b"".join(os.fsencode(repository.to_repository(path)) + b"\0" for path in paths)
    try:
        out = repository.run("check-attr", *how, "--stdin", "-z", *map(os.fsdecode, names), feed=feed)
    except GitStuck as error:
        raise UserError(f"git cannot tell which files count: {error}", hint=error.hint) from error
    except GitError:
        return {}
    fields = out.split(b"\0")
    step = 3 * len(names)
    return {
        path: dict(zip(fields[at + 1 : at + step : 3], fields[at + 2 : at + step : 3], strict=True))
        for path, at in zip(paths, range(0, len(fields) - 1, step), strict=True)
    }


def _walk(root: Path) -> Iterator[str]:
    stack: list[tuple[str, tuple[tuple[str, Patterns], ...]]] = [("", ())]
    while stack:
        folder, specs = stack.pop()
        ignore = root / folder / ".gitignore"
        patterns = content(ignore) if _is_file(str(ignore)) else None
        if patterns is not None:
            lines = patterns.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
            specs = (*specs, (folder, Patterns(lines, lenient=True)))
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


def _ignored(path: str, specs: Sequence[tuple[str, Patterns]]) -> bool:
    for base, spec in reversed(specs):
        answer = spec.itself(path[len(base) :])
        if answer is not None:
            return answer
    return False


@dataclass(frozen=True, slots=True)
class Content:
    """A file's bytes, or why there are none."""

    data: bytes | None
    missing: NotMeasured | None = None
    lasting: bool = False
    """Whether there is no text to be had, which stays so until the file changes."""


def read(root: Path, path: str) -> Content:
    """Read one file of the workspace. Never raises: what is binary, too large or unreadable is not measured."""
    full = root / path
    try:
        if not _is_straight(root, path):
            return _none(path, "a symbolic link on the way to it is not followed")
        with opened(full, links=False) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(_HEAD)
            if not is_binary(data):
                if size > MAX_TEXT_BYTES:
                    return judged(path, None, size)
                data += file.read()
    except LinkError:
        return _none(path, "a symbolic link is not followed")
    except NotAFileError:
        return _none(path, "not a regular file")
    except FileNotFoundError:
        return _none(path, "the file went away during the scan")
    except OSError as error:
        why = f"could not be read: {error.strerror or error}"
        return _none(path, why, "check its permissions", EvidenceClass.DECLARED)
    return judged(path, data, len(data))


def judged(path: str, data: bytes | None, size: int | None) -> Content:
    """The bytes of a file, wherever they come from, if they are text that somebody could read; None: not had."""
    if size is not None and size > MAX_TEXT_BYTES:
        why = f"larger than the limit of {MAX_TEXT_BYTES / 1_000_000:.1f} MB"
        hint = "exclude it in the policy if nobody's lines are in it"
        return replace(_none(path, why, hint, EvidenceClass.DECLARED), lasting=True)
    if data is None:
        return _none(path, "could not be read", needed=EvidenceClass.DECLARED)
    if is_binary(data):
        return replace(_none(path, "binary file"), lasting=True)
    if is_pointer(data):
        return replace(_none(path, "its content is in Git LFS, and not here", "git lfs pull"), lasting=True)
    return Content(data)


def _none(path: str, why: str, hint: str = "", needed: EvidenceClass | None = None) -> Content:
    return Content(None, NotMeasured("file", why, path=path, hint=hint, evidence_class=needed))


def _is_straight(root: Path, path: str) -> bool:
    """Whether no symbolic link below the root leads to a file's folder."""
    folder = path.rpartition("/")[0]
    if not folder:
        return True
    straight = os.path.realpath(root) + "/" + folder
    return os.path.realpath(straight) == os.path.normpath(straight)
