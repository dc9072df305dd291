"""Which program is at work: what it remembers is good for this very program only."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from whence import __version__
from whence.blake import blake2b

_SUFFIXES = (".py", ".toml", ".scm", ".json")
_LIBRARIES = ("tree_sitter", "rapidfuzz")
"""What else has a part in an answer; their versions stand in the names of their folders."""


@functools.cache
def stamp() -> bytes:
    """16 bytes that change with the program, its data and the libraries that have a part in its answers.

    Our own files are told apart by size and time, as they are not read for this: a reinstalled program begins anew.
    """
    state = blake2b(digest_size=16)
    encoding = sys.getfilesystemencoding()  # in it names of files are kept
    for part in (__version__, sys.version, sys.byteorder, encoding, *_files(), *_libraries()):
        state.update(os.fsencode(part) + b"\0")
    return state.digest()


def _files() -> Iterator[str]:
    package = Path(__file__).parents[1]
    places = [str(package)]
    grammars = package.parents[1] / "grammars"
    if not (package / "_grammars").is_dir() and grammars.is_dir():
        places.append(str(grammars))
    while places:
        with os.scandir(places.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        places.append(entry.path)
                elif entry.name.endswith(_SUFFIXES):
                    status = entry.stat()
                    yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"


def _libraries() -> Iterator[str]:
    for place in sys.path:
        if place.endswith("-packages"):
            try:
                names = os.listdir(place)  # noqa: PTH208 - names are all that is needed, and this is on every start
            except OSError:
                continue
            yield from sorted(
                name for name in names if name.startswith(_LIBRARIES) and name.endswith(".dist-info")
            )
