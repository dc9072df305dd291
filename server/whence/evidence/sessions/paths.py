"""Paths as tools record them, on whatever machine they ran, and what they mean in this workspace. Pure."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import unquote

from whence.matching.passages import Place
from whence.quick import dataclass

_DRIVE = re.compile(r"/?([A-Za-z]):(?=/|$)")

ALIAS_FILES = 2
"""Different files of another folder of the same name that must be here too, before it counts as a copy of this one."""

DEEP = 2
"""Folders above a file, in the workspace, from which on another project hardly has the same path."""

ALIAS_SHARE = 0.5
"""The least share of the files written in that folder that must be here too."""


def posix(path: str) -> str:
    """A recorded path with forward slashes, a lower-case drive, and no `file://`."""
    if path.startswith("file://"):
        path = unquote(path.removeprefix("file://").removeprefix("localhost"))
    if re.match(r"[A-Za-z]:|\\\\|[^/]*\\[^/]*$", path):
        path = path.replace("\\", "/").removeprefix("//?/")
    return _DRIVE.sub(lambda match: match[1].lower() + ":", path, count=1)


def is_absolute(path: str) -> bool:
    """Of a path in `posix` form."""
    return path.startswith("/") or bool(re.match(r"[a-z]:/", path))


def joined(base: str, *parts: str) -> str:
    """A path as a shell would resolve it, without looking at any disk."""
    path = posix(base)
    for part in map(posix, parts):
        path = part if is_absolute(part) or not path else f"{path}/{part}"
    return posixpath.normpath(path) if path else ""


def absolute(path: str, cwd: str) -> str:
    """A recorded path, made absolute by the recorded folder where it is not; normalised."""
    return joined(cwd, path)


def nearness(recorded: str, folders: Sequence[str]) -> int:
    """How likely a session in the recorded folder worked in one of the folders: 0 yes, 1 maybe, 2 no sign.

    `folders` are absolute and in `posix` form; a folder above one of them, or of the same name elsewhere, is a maybe.
    """
    cwd = joined(recorded)
    if not cwd:
        return 2
    if any(cwd == folder or cwd.startswith(folder + "/") for folder in folders):
        return 0
    if any(folder.startswith(cwd.rstrip("/") + "/") for folder in folders):
        return 1
    return 1 if {folder.rpartition("/")[2] for folder in folders} & set(cwd.split("/")) else 2


@dataclass(frozen=True, slots=True)
class Roots:
    """The folders on this machine that are this workspace: itself, and the same folder in other work trees."""

    folders: tuple[str, ...]
    """Absolute, POSIX, in the order in which they are tried."""
    name: str
    """The name of the project's folder: the repository's, else the workspace's."""
    prefix: str = ""
    """The workspace inside the repository, `""` or `"sub/"`."""
    paths: Collection[str] = ()
    """The files that the workspace has, relative to it."""

    def likely(self, folder: str, names: Collection[str]) -> bool:
        """Whether a folder elsewhere, with these of the workspace's files in it, may be a copy of it: by its own name,
        as a work tree below a folder of the project's name, or by files so deep that no other project has their like."""
        deep = sum(1 for name in names if name.count("/") >= DEEP)
        if deep >= ALIAS_FILES:
            return True
        top, _, rest = (folder + "/").rpartition("/" + self.prefix)
        tree = "worktree" in top and any(True for _ in self.named(f"{top}/{self.prefix}."))
        return not rest and (bool(self.name and self.name in posixpath.basename(top)) or tree)

    def named(self, path: str) -> Iterable[tuple[str, str]]:
        """(folder, name in the workspace) for each folder on the path that has the project's name."""
        parts = path.split("/")
        for at, part in enumerate(parts[:-1]):
            if part == self.name and at:
                rest = "/".join(parts[at + 1 :])
                if rest.startswith(self.prefix):
                    yield "/".join(parts[: at + 1]), rest[len(self.prefix) :]


@dataclass(frozen=True, slots=True)
class Placing:
    """Says of any recorded path what it means in one workspace. Picklable."""

    roots: Roots
    aliases: frozenset[str] = frozenset()
    """Folders elsewhere that are taken for copies of this project."""

    @staticmethod
    def learned(recorded: Iterable[tuple[str, str]], roots: Roots) -> Placing:
        """Learn from every (path, cwd) that was written to.

        Paths below the workspace's own folders are certain. A folder elsewhere (another machine, a container, a work tree
        that is gone) is taken for the same project when enough of the files written there exist here too, and its
        name or their depth vouches for it.
        """
        existing = frozenset(roots.paths)
        full = {absolute(path, cwd) for path, cwd in recorded}
        seen: defaultdict[str, set[str]] = defaultdict(set)
        for path in full:
            parts = path.split("/")
            for at in range(1, len(parts)):
                name = "/".join(parts[at:])
                if name in existing:
                    seen["/".join(parts[:at])].add(name)
        known = [
            folder for folder in seen if folder not in roots.folders and roots.likely(folder, seen[folder])
        ]
        taken: list[str] = []
        for folder in sorted(known, key=len, reverse=True):
            # What lies in another copy below counts for that one.
            names = [path for path in full if path.startswith(folder + "/") and not _below(path, taken)]
            there = sum(1 for path in names if path[len(folder) + 1 :] in existing)
            if there >= ALIAS_FILES and there >= ALIAS_SHARE * len(names):
                taken.append(folder)
        return Placing(roots, frozenset(taken))

    def place(self, path: str, cwd: str) -> Place:
        """Where a write went. Of folders within each other the innermost is meant: a work tree may lie in another."""
        full, folder = absolute(path, cwd), joined(cwd)
        root = max((root for root in self._folders() if full.startswith(root + "/")), key=len, default="")
        if root:
            return Place(full[len(root) + 1 :], home=True)
        at_home = _below(folder + "/.", self._folders()) or any(True for _ in self.roots.named(folder + "/."))
        return Place("", home=at_home)

    def _folders(self) -> tuple[str, ...]:
        return (*self.roots.folders, *self.aliases)


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(path.startswith(folder + "/") for folder in folders)
