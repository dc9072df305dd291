"""What git would never get away from: pipes and devices where it looks for its files.

git opens these without a look. Before it is started the few files that it may read are looked at (some thirty times
`stat`, well under a millisecond); those deep in the work tree, which are many, only after it was found waiting.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from whence.regular import content, fault

LOOK_SECONDS = 2.0
"""For finding what git waits for; without an answer it is said that it waits."""

_DEPTH = 5
"""How far git follows stores that borrow from others, and (twice that) files of settings that include others."""

_STORES = 500
"""Stores that are followed: nobody has a tenth of them."""

_COMMON = ("packed-refs", "objects/info/commit-graph", "objects/info/commit-graphs/commit-graph-chain",
           "objects/pack/multi-pack-index")  # fmt: skip
_COMMON_TEXTS = ("shallow", "info/exclude", "info/attributes", "info/grafts")
_OWN = ("index",)
_OWN_TEXTS = ("HEAD", "commondir", "info/sparse-checkout")
_TOP_TEXTS = (".gitignore", ".gitattributes", ".gitmodules")
_IN_FOLDERS = frozenset({".gitignore", ".gitattributes"})


class Obstacle(NamedTuple):
    """A file that git must not come upon."""

    place: str
    why: str
    hint: str

    @property
    def is_there(self) -> bool:
        return bool(fault(self.place))


def _hint(place: str) -> str:
    return f"put a plain file in its place, or remove it: {place}"


class Found(NamedTuple):
    """A repository as its files lie, before git is asked."""

    top: str
    """The folder that has a `.git`; that itself for a bare one."""
    git_dir: str
    common: str


def found(folder: str | os.PathLike[str]) -> Found | None:
    """The repository around a folder, looked for as git does."""
    place = os.path.realpath(folder)
    while True:
        inner = f"{place}/.git"
        if os.path.isdir(inner):  # noqa: PTH112 - plain strings: this is on the way of every command
            return Found(place, inner, _common(inner))
        pointer = content(inner, 1 << 16)
        if pointer is not None and pointer.startswith(b"gitdir:"):
            named = os.fsdecode(pointer[7:].strip(b" \t\r\n"))
            git_dir = os.path.normpath(f"{place}/{named}") if not _is_absolute(named) else named
            return Found(place, git_dir, _common(git_dir))
        if all(os.path.lexists(f"{place}/{name}") for name in ("HEAD", "objects", "refs")):
            return Found(place, place, _common(place))
        above = os.path.dirname(place)  # noqa: PTH120
        if above == place:
            return None
        place = above


def first(folder: str | os.PathLike[str], environment: Mapping[str, str]) -> Obstacle | None:
    """The first file around a folder that git would not get away from; None where there is none."""
    repository = found(folder)
    for place, most in _files(os.path.realpath(folder), repository, environment):
        why = fault(place) if most else fault(place, None)
        if why:
            return Obstacle(place, f"{place} {why}", _hint(place))
    return _configured(repository, environment)


def behind(folder: str | os.PathLike[str]) -> Obstacle | None:
    """The pipe or device that git waits for somewhere in a work tree or among its refs, if it is soon found."""
    repository = found(folder)
    if repository is None:
        return None
    end = time.monotonic() + LOOK_SECONDS
    for place in _deep(repository):
        why = fault(place, None)
        if why:
            return Obstacle(place, f"{place} {why}", _hint(place))
        if time.monotonic() > end:
            break
    return None


def stores(objects: str) -> list[str]:
    """An object store and those that it borrows from, absolute, each once: git follows relative names in the first only."""
    known = {os.path.realpath(objects): objects}
    edge = [objects]
    for _ in range(_DEPTH):
        further: list[str] = []
        for store in edge:
            for line in (content(f"{store}/info/alternates") or b"").splitlines():
                place = os.path.join(store, os.fsdecode(line))  # noqa: PTH118 - any bytes are a name
                real = os.path.realpath(place)
                if line and not line.startswith(b"#") and b"\0" not in line and real not in known:
                    known[real] = place
                    further.append(place)
                if len(known) >= _STORES:
                    return list(known.values())
        edge = further
    return list(known.values())


def _common(git_dir: str) -> str:
    shared = content(f"{git_dir}/commondir", 1 << 16)
    if shared is None:
        return git_dir
    named = os.fsdecode(shared.strip(b"\r\n"))
    return named if _is_absolute(named) else os.path.normpath(f"{git_dir}/{named}")


def _is_absolute(name: str) -> bool:
    return os.path.isabs(name)  # noqa: PTH117


def _files(
    folder: str, repository: Found | None, environment: Mapping[str, str]
) -> Iterator[tuple[str, bool]]:
    """The files that git may open, and whether they are texts, which are never large."""
    top = repository.top if repository is not None else None
    place = folder
    while place != top:
        # Each folder on the way could be a bare repository, and these are opened to find out.
        yield f"{place}/HEAD", True
        yield f"{place}/commondir", True
        if top is not None:
            yield f"{place}/.gitignore", True
            yield f"{place}/.gitattributes", True
        above = os.path.dirname(place)  # noqa: PTH120
        if above == place:
            break
        place = above
    if repository is None:
        return
    yield from ((f"{repository.top}/{name}", True) for name in _TOP_TEXTS)
    yield from ((f"{repository.git_dir}/{name}", True) for name in _OWN_TEXTS)
    yield from ((f"{repository.git_dir}/{name}", False) for name in _OWN)
    yield from ((f"{repository.common}/{name}", True) for name in _COMMON_TEXTS)
    yield from ((f"{repository.common}/{name}", False) for name in _COMMON)
    yield from ((f"{store}/info/alternates", True) for store in stores(f"{repository.common}/objects"))
    if home := _settings(environment):
        yield f"{home}/ignore", True
        yield f"{home}/attributes", True


def _settings(environment: Mapping[str, str]) -> str:
    """The user's folder of git's settings."""
    home = environment.get("HOME", "")
    return (environment.get("XDG_CONFIG_HOME") or (home and f"{home}/.config")) + "/git"


def _configured(repository: Found | None, environment: Mapping[str, str]) -> Obstacle | None:
    """Settings that cannot be read, or that name a file that cannot be."""
    home = environment.get("HOME", "")
    waiting = [f"{_settings(environment)}/config", f"{home}/.gitconfig"]
    if "GIT_CONFIG_GLOBAL" in environment:
        waiting = [environment["GIT_CONFIG_GLOBAL"]]
    base = ""
    if repository is not None:
        base = repository.top
        waiting += [f"{repository.common}/config", f"{repository.git_dir}/config.worktree"]
    named = dict.fromkeys(waiting, "")
    for _ in range(2 * _DEPTH):
        further: list[str] = []
        for file in waiting:
            why = fault(file)
            if why:
                by = f", which {named[file]} includes," if named[file] else ""
                hint = f"take it out of {named[file]}" if by else _hint(file)
                return Obstacle(file, f"{file}{by} {why}", hint)
            for setting, value in _named(content(file) or b""):
                below = os.path.dirname(file) if setting == "include.path" else base  # noqa: PTH120
                place = f"{home}/{value[2:]}" if value.startswith("~/") else os.path.join(below, value)  # noqa: PTH118
                if setting == "include.path":
                    if place not in named:
                        named[place] = file
                        further.append(place)
                elif why := fault(place):
                    return Obstacle(
                        place, f"{place}, which {file} names as {setting}, {why}", f"take it out of {file}"
                    )
        waiting = further
    return None


_FILES = {
    ("include", "path"): "include.path",
    ("includeif", "path"): "include.path",
    ("core", "attributesfile"): "core.attributesFile",
    ("core", "excludesfile"): "core.excludesFile",
}


@cache
def _forms() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A section's head, an entry, and the pieces of a value; hardly any settings need them."""
    return (
        re.compile(r'\[\s*([^\s"\]]+)(?:\s+"(?:[^"\\]|\\.)*")?\s*\]'),
        re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*)"),
        re.compile(r'\\(.)|"|([#;].*)|([^\\"#;]+)'),
    )


def _named(data: bytes) -> Iterator[tuple[str, str]]:
    """The settings in a file of git's that name files, with the names; git itself is not needed to see these."""
    lowered = data.lower()
    if not any(word in lowered for word in (b"include", b"sfile")):
        return
    head_of, entry_of, _ = _forms()
    section = ""
    for line in os.fsdecode(data).replace("\\\r\n", "").replace("\\\n", "").splitlines():
        rest = line.strip()
        while head := head_of.match(rest):
            section, rest = head[1].lower(), rest[head.end() :].strip()
        entry = entry_of.match(rest)
        setting = _FILES.get((section, entry[1].lower())) if entry else None
        if entry is not None and setting is not None and (value := _value(entry[2])):
            yield setting, value


def _value(text: str) -> str:
    """A value without quotes, escapes and comment."""
    parts: list[str] = []
    quoted = False
    for piece in _forms()[2].finditer(text):
        escaped, comment, plain = piece.groups()
        if escaped is not None:
            parts.append({"n": "\n", "t": "\t"}.get(escaped, escaped))
        elif comment is not None:
            if not quoted:
                break
            parts.append(comment[0])
            parts.append(_value('"' + comment[1:]))
            break
        elif plain is not None:
            parts.append(plain)
        else:
            quoted = not quoted
    return "".join(parts).strip()


def _deep(repository: Found) -> Iterator[str]:
    yield f"{repository.git_dir}/HEAD"
    for folder, _, names in os.walk(f"{repository.common}/refs"):
        yield from (f"{folder}/{name}" for name in names)
    for folder, folders, names in os.walk(repository.top):
        folders[:] = [name for name in folders if name != ".git"]
        yield from (f"{folder}/{name}" for name in _IN_FOLDERS.intersection(names))
