"""Codex's own databases (0.11x on): an index of its threads, and since 0.16x their histories as items.

    state_<schema>.sqlite           threads(id, rollout_path, cwd, model, updated_at_ms, ...)
    thread_history_<schema>.sqlite  thread_items(thread_id, turn_id, item_id, rollout_ordinal, created_at_ms, item_json)
                                    thread_history_projection_state(thread_id, next_rollout_byte_offset)

They stand in `$CODEX_HOME`, in the `sqlite_home` of its settings, or in `$CODEX_SQLITE_HOME`. A rollout is the better
source: items are read only of threads whose rollout is gone. An item is the rollout's `item_completed`, in another
spelling.
"""

from __future__ import annotations

import re
import shlex
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions.interface import Faults, Located, Tick, Transcript
from whence.evidence.sessions.readers.codex.forks import thread_of
from whence.evidence.sessions.stores.files import json_value, shown, small_text
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.sqlite import Database
from whence.evidence.sessions.stores.values import mapping, string, when
from whence.model import NotMeasured
from whence.quick import dataclass

MAX_THREADS = 100_000

_STATE = re.compile(r"state_(\d+)\.sqlite")
_HISTORY = re.compile(r"thread_history_(\d+)\.sqlite")

_THREADS = "SELECT id, rollout_path, cwd FROM threads WHERE id > :after ORDER BY id LIMIT :limit"
_KNOWN = (
    "SELECT thread_id, next_rollout_byte_offset FROM thread_history_projection_state"
    " WHERE thread_id > :after ORDER BY thread_id LIMIT :limit"
)
_LAST = "SELECT max(created_at_ms) FROM thread_items WHERE thread_id = ?"
_ITEMS = (
    "SELECT rollout_ordinal, rowid, created_at_ms FROM thread_items"
    " WHERE thread_id = :owner AND rollout_ordinal > :after ORDER BY rollout_ordinal LIMIT :limit"
)
_ITEM = "SELECT item_json FROM thread_items WHERE rowid = ?"

_KINDS = {"fileChange": "FileChange", "commandExecution": "CommandExecution"}


@dataclass(frozen=True, slots=True)
class _Thread:
    rollout: str
    cwd: str


def is_rollout(name: str) -> bool:
    return name.startswith("rollout-") and name.endswith((".jsonl", ".jsonl.zst"))


def roots(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Codex's folders: the one that is set, and the usual one."""
    found = [Path(environment["CODEX_HOME"])] if environment.get("CODEX_HOME") else []
    base = home(environment)
    if base is not None:
        found.append(base / ".codex")
    return tuple(root for root in found if root.is_absolute())


def completed(found: Sequence[Transcript], roots: Sequence[Path], environment: Mapping[str, str]) -> Located:
    """The rollouts with the folders that the index has for them, those that stand elsewhere, and lost ones' items."""
    problems: list[NotMeasured] = []
    folders = tuple(_folders(roots, environment))
    threads: dict[str, _Thread] = {}
    for path in _newest(folders, _STATE):
        threads.update(_threads(path, environment, problems))
    paths = {one.path for one in found}
    all_found = [_placed(one, threads.get(thread_of(one.path.name))) for one in found]
    for thread in threads.values():
        one = _elsewhere(thread, environment)
        if one is not None and one.path not in paths:
            paths.add(one.path)
            all_found.append(one)
    known = {thread_of(one.path.name) for one in all_found}
    for path in _newest(folders, _HISTORY):
        all_found += _lost(path, known, threads, environment, problems)
    return Located(tuple(all_found), tuple(problems))


def _folders(roots: Sequence[Path], environment: Mapping[str, str]) -> Iterator[Path]:
    for root in roots:
        try:
            told = string(tomllib.loads(small_text(root / "config.toml")), "sqlite_home")
        except (ValueError, RecursionError):
            told = ""
        yield from (root, Path(told)) if told else (root,)
    if environment.get("CODEX_SQLITE_HOME"):
        yield Path(environment["CODEX_SQLITE_HOME"])


def _newest(folders: Iterable[Path], name: re.Pattern[str]) -> Iterator[Path]:
    """In each folder the database of the newest schema: older ones stay behind when Codex is updated."""
    for folder in dict.fromkeys(folder for folder in folders if folder.is_absolute()):
        try:
            here = [
                (int(match[1]), path) for path in folder.iterdir() if (match := name.fullmatch(path.name))
            ]
        except (OSError, ValueError):
            continue
        if here:
            yield max(here)[1]


def _threads(
    path: Path, environment: Mapping[str, str], problems: list[NotMeasured]
) -> Iterator[tuple[str, _Thread]]:
    faults = Faults(shown(path, environment))
    with Database(path, faults) as database:
        if database.has("threads", "id", "rollout_path", "cwd"):
            for number, (name, *texts) in enumerate(database.rows(_THREADS)):
                if number >= MAX_THREADS:
                    break
                rollout, cwd = (text if isinstance(text, str) else "" for text in texts)
                if isinstance(name, str):
                    yield name, _Thread(rollout, cwd)
    problems += faults.problems


def _placed(transcript: Transcript, thread: _Thread | None) -> Transcript:
    return replace(transcript, folder=thread.cwd) if thread else transcript


def _elsewhere(thread: _Thread, environment: Mapping[str, str]) -> Transcript | None:
    """A rollout that stands where the index says."""
    path = Path(thread.rollout)
    if not path.is_absolute() or not is_rollout(path.name):
        return None
    try:
        path = path.parent.resolve(strict=True) / path.name
        status = path.lstat()
    except (OSError, ValueError, RuntimeError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Transcript(path, status.st_size, status.st_mtime, shown(path, environment), thread.cwd)


def _lost(
    path: Path,
    known: set[str],
    threads: Mapping[str, _Thread],
    environment: Mapping[str, str],
    problems: list[NotMeasured],
) -> Iterator[Transcript]:
    """The threads of a database of histories whose rollout was not found."""
    faults = Faults(shown(path, environment))
    with Database(path, faults) as database:
        if database.has("thread_items", "thread_id", "rollout_ordinal", "created_at_ms", "item_json") and (
            database.has("thread_history_projection_state", "thread_id", "next_rollout_byte_offset")
        ):
            for name, size in database.rows(_KNOWN):
                if not isinstance(name, str) or name in known:
                    continue
                known.add(name)
                last = when((database.row(_LAST, name) or (None,))[0])
                cwd = threads[name].cwd if name in threads else ""
                yield Transcript(
                    path,
                    size if isinstance(size, int) else 0,
                    last.timestamp() if last else 0.0,
                    faults.shown,
                    cwd,
                    name,
                )
    problems += faults.problems


def items(
    transcript: Transcript, faults: Faults, tick: Tick
) -> Iterator[tuple[datetime | None, Mapping[str, Any]]]:
    """A thread's items in order, as a rollout would have them: (time, `item_completed`)."""
    with Database(transcript.path, faults, tick) as database:
        for _, row, made in database.rows(_ITEMS, -1, owner=transcript.part):
            text = database.value(_ITEM, row)
            item = mapping(json_value(text, faults)) if text else {}
            yield when(made), {"type": "item_completed", "item": _spelled(item)}


def _spelled(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An item of the database as a rollout spells it."""
    kind = string(item, "type")
    if kind == "userMessage":
        return {"type": "message", "role": "user", "content": item.get("content")}
    if kind != "commandExecution":
        return {**item, "type": _KINDS.get(kind, kind)}
    try:
        command = shlex.split(string(item, "command"))
    except ValueError:
        command = []
    return {
        **item,
        "type": _KINDS[kind],
        "command": command,
        "exit_code": item.get("exitCode"),
        "aggregated_output": item.get("aggregatedOutput"),
    }


def model(transcript: Transcript) -> str | None:
    """The model that a lost thread's index names: that of its last turn."""
    folder = transcript.path.parent
    for path in _newest([folder], _STATE):
        with Database(path, Faults("")) as database:
            if database.has("threads", "id", "model"):
                found = database.row("SELECT model FROM threads WHERE id = ?", transcript.part)
                return found[0] if found and isinstance(found[0], str) else None
    return None
