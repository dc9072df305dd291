"""Where opencode keeps sessions: a database since 1.2, before that a JSON file for every session, message and part.

    opencode.db             session(id, directory, parent_id, time_updated, revert), message(id, session_id, data),
                            part(id, message_id, session_id, time_updated, data); data is JSON
    storage/project/<project>.json
    storage/session/<project>/<session>.json
    storage/message/<session>/<message>.json
    storage/part/<message>/<part>.json

Ids of messages and parts ascend with time. Both layouts give the same objects: a message, and its parts in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from whence.evidence.sessions.interface import Faults, Located, Tick, Transcript
from whence.evidence.sessions.stores.files import document, entries, json_value, shown, stands
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.sqlite import Database
from whence.evidence.sessions.stores.values import mapping, string

MAX_SESSIONS = 100_000

RECENT = 200
"""Parts, the latest of a database, whose times tell which sessions are being written."""

Message = tuple[str, Mapping[str, Any], Iterator[tuple[str, Mapping[str, Any]]]]
"""A message's id, itself, and its parts by id."""

_SESSIONS = "SELECT id, directory, time_updated FROM session WHERE id > :after ORDER BY id LIMIT :limit"
_RECENT = (
    "SELECT rowid, session_id, time_updated FROM part WHERE rowid < :after ORDER BY rowid DESC LIMIT :limit"
)
_MESSAGES = "SELECT id FROM message WHERE session_id = :owner AND id > :after ORDER BY id LIMIT :limit"
_PARTS = "SELECT id FROM part WHERE message_id = :owner AND id > :after ORDER BY id LIMIT :limit"


def folders(name: str, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where its data may be; the tool follows XDG on every system."""
    bases = [
        Path(value) for key in ("XDG_DATA_HOME", "LOCALAPPDATA", "APPDATA") if (value := environment.get(key))
    ]
    base = home(environment)
    if base is not None:
        bases.append(base / ".local" / "share")
    return tuple(dict.fromkeys(base / name for base in bases if base.is_absolute()))


def databases(name: str, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """`opencode.db`, and those of its other release channels; `OPENCODE_DB` names one more."""
    found: dict[Path, None] = {}
    for folder in folders(name, environment):
        try:
            found |= dict.fromkeys(sorted(folder.glob(f"{name}*.db")))
        except OSError:
            continue
        named = environment.get(f"{name.upper()}_DB", "")
        if named and named != ":memory:" and stands(folder / named):
            found.setdefault(folder / named)
    return tuple(path for path in found if stands(path))


def in_database(path: Path, environment: Mapping[str, str]) -> Located:
    """The sessions that a database holds."""
    faults = Faults(shown(path, environment))
    changed: dict[str, float] = {}
    folders: dict[str, str] = {}
    with Database(path, faults) as database:
        if database.knows("session", "id", "directory", "time_updated", own=True):
            for name, folder, updated in database.rows(_SESSIONS):
                if isinstance(name, str) and len(folders) < MAX_SESSIONS:
                    folders[name] = folder if isinstance(folder, str) else ""
                    changed[name] = _seconds(updated)
        if folders and database.has("part", "session_id", "time_updated"):
            # A turn that still runs has written parts, while its session keeps the time at which it began.
            for number, (_, name, updated) in enumerate(database.rows(_RECENT, 1 << 62)):
                if number >= RECENT:
                    break
                if name in changed:
                    changed[name] = max(changed[name], _seconds(updated))
    found = tuple(
        Transcript(path, 0, changed[name], faults.shown, folder, name) for name, folder in folders.items()
    )
    return Located(found, faults.problems)


def in_files(storage: Path, environment: Mapping[str, str]) -> Located:
    """The sessions that stand in files of their own."""
    found: list[Transcript] = []
    faults = Faults(shown(storage, environment))
    for project in entries(storage / "session"):
        about = storage / "project" / f"{project.name}.json"
        worktree = string(document(about, faults, lambda _: None), "worktree") if about.is_file() else ""
        for path in entries(project):
            if path.suffix != ".json" or len(found) >= MAX_SESSIONS:
                continue
            try:
                status = path.lstat()
            except OSError:
                continue
            # Of a folder without a repository only the session itself says which it is.
            folder = worktree.rstrip("/") or string(document(path, faults, lambda _: None), "directory")
            found.append(Transcript(path, status.st_size, status.st_mtime, shown(path, environment), folder))
    return Located(tuple(found), faults.problems)


def messages(transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Message]:
    """The messages of a session in order; of one that was taken back, `taken_back` tells."""
    if not transcript.part:
        yield from _messages_of_files(transcript, faults, tick)
        return
    with Database(transcript.path, faults, tick) as database:
        newer = "SELECT 1 FROM session_message WHERE session_id = ?"
        if database.has("session_message", "session_id") and database.row(newer, transcript.part):
            faults.add("kept in a form of opencode that is newer than this version of Whence")
        if not database.knows("message", "id", "session_id", "data"):
            return
        for (name,) in database.rows(_MESSAGES, owner=transcript.part):
            value = _value(database, "SELECT data FROM message WHERE id = ?", name, faults)
            yield name, value, _parts(database, name, faults)


def taken_back(transcript: Transcript, faults: Faults, tick: Tick) -> tuple[str, str]:
    """From which message, and from which part of it where one is named, a person took the session back; or empty.

    The files were put back as well. What is taken back is deleted with the person's next prompt.
    """
    revert: object
    if transcript.part:
        with Database(transcript.path, faults, tick) as database:
            if not database.has("session", "id", "revert"):
                return "", ""
            text = database.value("SELECT revert FROM session WHERE id = ?", transcript.part)
            revert = json_value(text, faults) if text else None
    else:
        revert = mapping(document(transcript.path, faults, tick), "revert")
    return string(revert, "messageID"), string(revert, "partID")


def _parts(database: Database, message: str, faults: Faults) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if database.knows("part", "id", "message_id", "data"):
        for (name,) in database.rows(_PARTS, owner=message):
            yield name, _value(database, "SELECT data FROM part WHERE id = ?", name, faults)


def _value(database: Database, query: str, name: str, faults: Faults) -> Mapping[str, Any]:
    text = database.value(query, name)
    return mapping(json_value(text, faults)) if text else {}


def _messages_of_files(transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Message]:
    storage = transcript.path.parents[2]
    for path in entries(storage / "message" / transcript.path.stem):
        value = mapping(document(path, faults, tick))
        yield path.stem, value, _parts_of_files(storage / "part" / path.stem, faults, tick)


def _parts_of_files(folder: Path, faults: Faults, tick: Tick) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in entries(folder):
        yield path.stem, mapping(document(path, faults, tick))


def _seconds(milliseconds: object) -> float:
    return milliseconds / 1000 if isinstance(milliseconds, int) else 0.0
