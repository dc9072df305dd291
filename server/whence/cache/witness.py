"""What a scan looks at outside of the files that it scans: policies, reviews, transcripts, and where such could be.

There are many such places, and each part of the program knows its own. So while they state what they rest on, every
question that they put to the file system is noted, answered or not. If all answers are the same later, nothing changed.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

RACY = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system in use (FAT) ticks every two seconds."""

PASSING = frozenset({"_", "OLDPWD", "SHLVL", "COLUMNS", "LINES", "WINDOWID", "PWD"})
"""Variables that change from command to command and say nothing to a scan."""

_ASKING = (
    (os, "stat", False),
    (os, "lstat", False),
    (os, "open", False),
    (io, "open", False),
    (builtins, "open", False),
    (os, "scandir", True),
    (os, "listdir", True),
)
"""The functions through which Python asks about files, and whether they list a folder's entries."""


_lstat, _stat = os.lstat, os.stat


class Witness:
    """Notes questions. For a process with one thread: it stands between the program and the functions that it calls."""

    def __init__(self) -> None:
        self.facts: dict[str, str] = {}
        """The answers, by path, as they were just before each question was put first."""
        self.settled = True
        """Whether all of them were old enough for every later change to show."""
        self._resting = False

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Note what is asked meanwhile."""
        kept = [getattr(place, name) for place, name, _ in _ASKING]
        for (place, name, lists), ask in zip(_ASKING, kept, strict=True):
            setattr(place, name, self._noting(ask, lists=lists))
        try:
            yield
        finally:
            for (place, name, _), ask in zip(_ASKING, kept, strict=True):
                setattr(place, name, ask)

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """Note nothing meanwhile: what is asked is no part of the answer, or is noted afterwards."""
        before, self._resting = self._resting, True
        try:
            yield
        finally:
            self._resting = before

    def note(self, path: str, *, lists: bool = False) -> None:
        """Note what the file system says of a path (absolute); of a folder's entries only where they are asked for."""
        if path not in self.facts or (lists and not self.facts[path].startswith(_LISTED)):
            times, self.facts[path] = _answer(path, lists=lists)
            self.settled = self.settled and times < time.time_ns() - RACY

    def _noting(self, ask: Callable[..., Any], *, lists: bool) -> Callable[..., Any]:
        def noted(path: Any = ".", *arguments: Any, **named: Any) -> Any:
            if not self._resting and not isinstance(path, int) and named.get("dir_fd") is None:
                self.note(os.path.abspath(os.fsdecode(path)), lists=lists)  # noqa: PTH100 - a `Path` would ask
            return ask(path, *arguments, **named)

        return noted


_LISTED = "entries "


def _answer(path: str, *, lists: bool) -> tuple[int, str]:
    """When something there changed last (ns), and what the file system says."""
    try:
        status = _lstat(path)
        times, text = _told(status, lists=lists)
        if stat.S_ISLNK(status.st_mode):
            later, target = _told(_stat(path), lists=lists)
            times, text = max(times, later), f"{text} -> {target}"
    except OSError as error:
        times, text = 0, type(error).__name__
    except ValueError:
        times, text = 0, "no path"
    return times, _LISTED * lists + text


def _told(status: os.stat_result, *, lists: bool) -> tuple[int, str]:
    if stat.S_ISDIR(status.st_mode) and not lists:
        return 0, "folder"
    times = status.st_mtime_ns, status.st_ctime_ns
    return max(times), said(status.st_mode, status.st_size, *times, status.st_ino)


def said(mode: int, size: int, changed: int, noticed: int, inode: int) -> str:
    """The fact of a file, or of a folder's entries, from its status; `changed` and `noticed` (mtime, ctime) in ns."""
    return f"{mode} {size} {changed} {noticed} {inode}"


def present(facts: Mapping[str, str]) -> dict[str, str]:
    """What the file system answers now."""
    return {path: _answer(path, lists=fact.startswith(_LISTED))[1] for path, fact in facts.items()}


def holds(facts: Mapping[str, str]) -> bool:
    """Whether the file system still answers so."""
    return all(fact == _answer(path, lists=fact.startswith(_LISTED))[1] for path, fact in facts.items())
