"""Find and stream transcript files: bounded, hostile-proof, shared by all readers of line-based formats."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import orjson

from whence.evidence.sessions.interface import Faults, Located, Tick, Transcript, missing
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.streams import UNREAD, opened, skip, tell
from whence.model import NotMeasured
from whence.quick import dataclass

MAX_RECORD = 16 * 1024 * 1024
"""Bytes of one line. Longer ones hold pictures; the largest real write seen is far below 1 MB."""

MAX_DOCUMENT = 64 * 1024 * 1024
"""Bytes of a file that is one JSON value and must be parsed as a whole, in some ten times as much memory."""

MAX_SMALL = 1024 * 1024
"""Bytes of a small file that says something about sessions."""

MAX_DEPTH = 8
"""Folders below a session folder; the deepest known layout uses five."""

MAX_FILES = 100_000


def shown(path: Path, environment: Mapping[str, str]) -> str:
    """A path for people, with `~` for the home folder."""
    return _shown(path, _homes(environment))


def _homes(environment: Mapping[str, str]) -> Sequence[str]:
    """The ways in which a path may begin with the home folder."""
    base = home(environment)
    found = (base, real(base)) if base is not None else ()
    return [f"{folder.as_posix().rstrip('/')}/" for folder in found if folder is not None]


def _shown(path: Path, homes: Sequence[str]) -> str:
    name = path.as_posix()
    for folder in homes:
        if name.startswith(folder):
            return "~/" + name.removeprefix(folder)
    return str(path)


def find(
    folders: Sequence[Path], environment: Mapping[str, str], wanted: Callable[[str], bool], tool: str
) -> Located:
    """Every regular file below the folders whose name is wanted. Symbolic links below them are not followed."""
    found: dict[Path, Transcript] = {}
    problems: list[NotMeasured] = []
    homes = _homes(environment)
    for folder in folders:
        resolved = real(folder)
        if resolved is None:
            continue
        try:
            for path, status in _walk(resolved, wanted, 0, problems, environment):
                if len(found) >= MAX_FILES:
                    problems.append(
                        missing(
                            f"{tool} keeps more than {MAX_FILES:,} transcripts here; the rest was left out"
                        )
                    )
                    return Located(tuple(found.values()), tuple(problems))
                found[path] = Transcript(path, status.st_size, status.st_mtime, _shown(path, homes))
        except OSError as error:
            problems.append(_unreadable(folder, error, environment))
    return Located(tuple(found.values()), tuple(problems))


def stands(path: Path) -> bool:
    """Whether a regular file, no link, is there; a folder that nobody may enter holds none."""
    try:
        return path.is_absolute() and stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def real(folder: Path) -> Path | None:
    """The folder itself may be a link (people keep such folders elsewhere); None where there is nothing."""
    try:
        return folder.resolve(strict=True)
    except (OSError, RuntimeError):
        return None


def entries(folder: Path) -> tuple[Path, ...]:
    """What is in a folder, by name; no links, and nothing where nobody may look."""
    try:
        with os.scandir(folder) as found:
            return tuple(folder / name for name in sorted(one.name for one in found if not one.is_symlink()))
    except OSError:
        return ()


def _walk(
    folder: Path,
    wanted: Callable[[str], bool],
    depth: int,
    problems: list[NotMeasured],
    environment: Mapping[str, str],
) -> Iterator[tuple[Path, os.stat_result]]:
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        path = folder / entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                if depth < MAX_DEPTH:
                    yield from _walk(path, wanted, depth + 1, problems, environment)
            elif entry.is_file(follow_symlinks=False) and wanted(entry.name):
                yield path, entry.stat(follow_symlinks=False)
        except OSError as error:
            problems.append(_unreadable(path, error, environment))


def _unreadable(path: Path, error: OSError, environment: Mapping[str, str]) -> NotMeasured:
    return missing(
        f"{shown(path, environment)} could not be read: {error.strerror or error}",
        f"check the permissions of {shown(path, environment)}",
    )


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a transcript, parsed."""

    line: int
    offset: int
    value: dict[str, Any]


def records(
    transcript: Transcript, faults: Faults, tick: Tick, worth: Callable[[bytes], bool]
) -> Iterator[Record]:
    """The lines that are worth parsing (a cheap test on bytes) as JSON objects; all others are passed over."""
    for line, offset, data in raw_lines(transcript, faults, tick):
        if not worth(data):
            continue
        value = parsed(data, line, faults)
        if value is not None:
            yield Record(line, offset, value)


def parsed(data: bytes, line: int, faults: Faults) -> dict[str, Any] | None:
    """One line's JSON object; None, and a fault, where it is none."""
    try:
        value = value_of(data)
    except UnicodeDecodeError:
        faults.add("not UTF-8", line)
    except (ValueError, RecursionError):
        faults.add("not JSON" if data.endswith(b"\n") else "cut off", line)
    else:
        if isinstance(value, dict):
            return cast(dict[str, Any], value)
        faults.add("not a JSON object", line)
    return None


def value_of(data: bytes | str) -> object:
    """The value of a JSON text. Raises UnicodeDecodeError, ValueError, RecursionError."""
    try:
        return orjson.loads(data)
    except ValueError:
        # Stricter than the programs that write transcripts: half of a surrogate pair, a number that is none.
        return json.loads(data.decode("utf-8") if isinstance(data, bytes) else data)


def document(place: Path | Transcript, faults: Faults, tick: Tick, most: int = MAX_DOCUMENT) -> object:
    """The value of a file that is one JSON document; None, and a fault, where there is none."""
    try:
        with opened(place) as stream:
            data = stream.read(most + 1)
    except UNREAD as error:
        tell(error, faults)
        return None
    tick(len(data))
    if len(data) > most:
        faults.add(f"longer than {most >> 20} MB")
        return None
    return json_value(data, faults)


def json_value(data: bytes | str, faults: Faults, line: int = 0) -> object:
    """The value of JSON text; None, and a fault, where it is none."""
    try:
        if isinstance(data, bytes):
            data = data.decode("utf-8-sig")
        return value_of(data)
    except UnicodeDecodeError:
        faults.add("not UTF-8", line)
    except (ValueError, RecursionError):
        faults.add("not JSON", line)
    return None


def small_text(path: Path) -> str:
    """The text of a small file; empty where there is none or it is not small."""
    try:
        with opened(path) as stream:
            data = stream.read(MAX_SMALL + 1)
    except (OSError, ValueError):
        return ""
    return data.decode("utf-8", "replace") if len(data) <= MAX_SMALL else ""


def raw_lines(
    transcript: Transcript,
    faults: Faults,
    tick: Tick,
    offset: int = 0,
    number: int = 0,
    *,
    blank: bool = False,
) -> Iterator[tuple[int, int, bytes]]:
    """(1-based number, byte offset, bytes) of every line that is neither blank (unless wanted) nor too long.

    Begins at `offset`, the end of line `number`.
    """
    try:
        with opened(transcript) as stream:
            skip(stream, offset)
            while data := stream.readline(MAX_RECORD + 1):
                number += 1
                start, whole = offset, data
                offset += len(data)
                tick(len(data))
                while len(whole) > MAX_RECORD and not whole.endswith(b"\n"):
                    whole = stream.readline(MAX_RECORD + 1)
                    if not whole:
                        break
                    offset += len(whole)
                    tick(len(whole))
                if len(data) > MAX_RECORD:
                    faults.add(f"longer than {MAX_RECORD >> 20} MB", number)
                elif blank or not data.isspace():
                    if number == 1 and data.startswith((b"\xff\xfe", b"\xfe\xff")):
                        faults.add("not UTF-8", 1)
                        return
                    yield number, start, data.removeprefix(b"\xef\xbb\xbf") if number == 1 else data
    except UNREAD as error:
        tell(error, faults, offset)
