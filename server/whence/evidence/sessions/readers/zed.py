"""Read the threads of Zed's agent: `<data>/threads/threads.db`, one row a thread.

    threads(id, parent_id, folder_paths, created_at, updated_at, data_type 'zstd' | 'json', data)

`data` is JSON. Version 0.3.0: messages are `{"User": {"content": [{"Text"}, {"Mention"}]}}` and `{"Agent": {"content":
[{"ToolUse": {id, name, input}}], "tool_results": {id: {is_error, content, output}}}}`. Before (0.1.0, 0.2.0) they have
`role`, `segments`, `tool_uses` and `tool_results`. An edit's `output` has the file before and after (`old_text`,
`new_text`): the effect is known whatever was asked for. Paths begin with the name of the project's folder. Messages have
no time; the thread's beginning stands for it. Whether a person rejected a change afterwards is not kept.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits import odd
from whence.evidence.sessions.edits.calls import Files, answered
from whence.evidence.sessions.edits.inputs import path_of
from whence.evidence.sessions.edits.inserted import between
from whence.evidence.sessions.edits.shown import as_shown
from whence.evidence.sessions.interface import (
    Event,
    Faults,
    Located,
    Locator,
    Odd,
    Places,
    Read,
    Tick,
    Transcript,
    Written,
)
from whence.evidence.sessions.paths import absolute, is_absolute, nearness, posix
from whence.evidence.sessions.stores.files import MAX_DOCUMENT, json_value, shown, stands
from whence.evidence.sessions.stores.folders import home
from whence.evidence.sessions.stores.sqlite import Database
from whence.evidence.sessions.stores.values import items, lines, mapping, string, when
from whence.model import NotMeasured
from whence.quick import dataclass

MAX_THREADS = 100_000

_TOLD = frozenset({"thinking", "spawn_agent", "subagent", "update_plan", "now", "web_search"})
_COMMANDS = frozenset({"terminal", "bash"})
_FAILED = re.compile(
    r"failed with exit code|timed out|interrupted|(?:was|been) (?:killed|cancell?ed|stopped)|user (?:denied|stopped)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _State:
    shown: str
    session: str
    roots: tuple[str, ...]
    """The project's folders."""
    model: str | None
    time: datetime | None
    files: Files = field(default_factory=Files)

    @property
    def cwd(self) -> str:
        return self.roots[0] if self.roots else ""

    def placed(self, path: str) -> str:
        """A path with the project's folder, by whose name it begins."""
        name, _, rest = posix(path).partition("/")
        for root in self.roots:
            if name == root.rpartition("/")[2] and not is_absolute(posix(path)):
                return f"{root}/{rest}" if rest else root
        return path


class Zed:
    """Zed's own agent; its models are of any vendor."""

    tool = "zed"
    source = "zed-thread"

    def locate(self, places: Places) -> Located:
        found: list[Transcript] = []
        problems: list[NotMeasured] = []
        for path in _databases(places.environment):
            faults = Faults(shown(path, places.environment))
            found += _threads(path, faults)
            problems += faults.problems
        return Located(tuple(found), tuple(problems))

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        return min((nearness(folder, folders) for folder in transcript.folder.split("\n")), default=2)

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        with Database(transcript.path, faults, tick) as database:
            if not database.knows("threads", "id", "data_type", "data"):
                return
            row = database.row("SELECT data_type FROM threads WHERE id = ?", transcript.part)
            begun = None
            if database.has("threads", "created_at"):
                begun = database.row("SELECT created_at FROM threads WHERE id = ?", transcript.part)
            data = database.value("SELECT data FROM threads WHERE id = ?", transcript.part)
        if row is None or data is None:
            return
        thread = _thread(data, row[0], faults, tick)
        state = _begin(thread, transcript, when(begun[0]) if begun else None)
        for message in items(thread, "messages"):
            if "role" in mapping(message):
                yield from _old(mapping(message), state)
            else:
                yield from _user(mapping(message, "User"), state)
                agent = mapping(message, "Agent")
                uses = [mapping(part, "ToolUse") for part in items(agent, "content")]
                yield from _calls(uses, mapping(agent, "tool_results"), state)


def _databases(environment: Mapping[str, str]) -> Iterator[Path]:
    """Where Zed's data may be, on each system."""
    base = home(environment)
    folders = [
        Path(value) / "zed"
        for name in ("FLATPAK_XDG_DATA_HOME", "XDG_DATA_HOME")
        if (value := environment.get(name))
    ]
    if environment.get("LOCALAPPDATA"):
        folders.append(Path(environment["LOCALAPPDATA"]) / "Zed")
    if base is not None:
        folders += [
            base / ".local" / "share" / "zed",
            base / "Library" / "Application Support" / "Zed",
            base / ".var" / "app" / "dev.zed.Zed" / "data" / "zed",
        ]
    for folder in dict.fromkeys(folders):
        path = folder / "threads" / "threads.db"
        if stands(path):
            yield path


def _threads(path: Path, faults: Faults) -> Iterator[Transcript]:
    with Database(path, faults) as database:
        if not database.knows("threads", "id", "updated_at", "data", own=True):
            return
        folders = "folder_paths" if database.has("threads", "folder_paths") else "''"
        query = f"SELECT id, updated_at, length(data), {folders} FROM threads WHERE id > :after ORDER BY id LIMIT :limit"  # noqa: S608 - one of two words
        for _, (name, updated, size, places) in zip(range(MAX_THREADS), database.rows(query), strict=False):
            if isinstance(name, str):
                moment = when(updated)
                yield Transcript(
                    path,
                    size if isinstance(size, int) else 0,
                    moment.timestamp() if moment else 0.0,
                    faults.shown,
                    places if isinstance(places, str) else "",
                    name,
                )


def _thread(data: str | bytes, kind: object, faults: Faults, tick: Tick) -> object:
    """A thread's JSON, decompressed within the bound."""
    if kind != "zstd" or isinstance(data, str):
        return json_value(data, faults)
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)) as stream:
            text = stream.read(MAX_DOCUMENT + 1)
    except zstandard.ZstdError as error:
        faults.add(f"broken compression ({error})")
        return None
    tick(len(text))
    if len(text) > MAX_DOCUMENT:
        faults.add(f"longer than {MAX_DOCUMENT >> 20} MB")
        return None
    return json_value(text, faults)


def _begin(thread: object, transcript: Transcript, begun: datetime | None) -> _State:
    snapshot = mapping(thread, "initial_project_snapshot")
    trees = (string(tree, "worktree_path", "abs_path") for tree in items(snapshot, "worktree_snapshots"))
    recorded = [*transcript.folder.split("\n"), *trees]
    model = mapping(thread, "model")
    provider, name = string(model, "provider"), string(model, "model")
    times = [begun, when(snapshot.get("timestamp")), when(mapping(thread).get("updated_at"))]
    return _State(
        transcript.shown,
        transcript.part,
        tuple(dict.fromkeys(posix(folder).rstrip("/") for folder in recorded if folder)),
        f"{provider}/{name}" if provider and name else name or None,
        min((time for time in times if time is not None), default=None),
    )


def _user(message: Mapping[str, Any], state: _State) -> Iterator[Event]:
    """What a person typed, and the files that were mentioned."""
    for part in items(message, "content"):
        text = string(part, "Text") or string(mapping(part, "Mention"), "content")
        if text:
            yield Read(as_shown(text), None, state.cwd, state.time, state.session)


def _old(message: Mapping[str, Any], state: _State) -> Iterator[Event]:
    """A message of the versions before 0.3.0."""
    if string(message, "role") == "user":
        text = "\n".join(string(part, "text") for part in items(message, "segments"))
        yield Read(
            (*as_shown(text), *as_shown(string(message, "context"))),
            None,
            state.cwd,
            state.time,
            state.session,
        )
    results = {string(result, "tool_use_id"): result for result in items(message, "tool_results")}
    yield from _calls([mapping(use) for use in items(message, "tool_uses")], results, state)


def _calls(uses: list[Mapping[str, Any]], results: Mapping[str, Any], state: _State) -> Iterator[Event]:
    for use in uses:
        call = string(use, "id")
        result = mapping(results, call)
        if not call or not result:
            continue
        locator = Locator(state.shown, record=f"{state.session}/{call}")
        base = Written((), "", state.cwd, Zed.tool, state.model, state.session, state.time, locator)
        yield from _result(string(use, "name"), mapping(use, "input"), base, result, state)


def _result(
    name: str, asked: Mapping[str, Any], call: Written, result: Mapping[str, Any], state: _State
) -> Iterator[Event]:
    good = result.get("is_error") is False
    said = _text(result.get("content"))
    output = mapping(result, "output")
    path = state.placed(path_of(asked) or string(output, "input_path", "original_path"))
    if isinstance(output.get("new_text"), str) and path:
        if good:
            yield from _effect(call, path, output, state)
        else:
            yield answered(call, asked, said)
        return
    placed = {**asked, "path": path} if path else asked
    if name in {"edit_file", "create_file", "write_file", "save_file"} or _edits(asked):
        if good:
            yield from state.files.wrote(call, placed)
        else:
            yield answered(call, asked, said)
        return
    if good and odd.unknown(name, asked):
        yield Odd(call.locator)
    if name in _COMMANDS and good and not _FAILED.search(said[:4096]):
        folder = absolute(state.placed(string(asked, "cd")), call.cwd) or call.cwd
        yield from state.files.commanded(replace(call, cwd=folder), {"command": string(asked, "command")})
    if name in _TOLD:
        yield answered(call, asked, said)
    else:
        whole = name == "read_file" and good and not ({"start_line", "end_line"} & asked.keys())
        yield from state.files.shown(
            call, placed, said, whole=whole and not said.startswith("# File outline")
        )


def _edits(asked: Mapping[str, Any]) -> bool:
    return any(key in asked for key in ("old_text", "new_text", "old_string", "new_string", "edits"))


def _text(content: object) -> str:
    """A result's text, in any of the forms that versions wrote."""
    if isinstance(content, list):
        return "\n".join(map(_text, content))
    return content if isinstance(content, str) else string(content, "Text", "text")


def _effect(call: Written, path: str, output: Mapping[str, Any], state: _State) -> Iterator[Event]:
    old, new = lines(string(output, "old_text")), lines(string(output, "new_text"))
    state.files.contents.show(absolute(path, call.cwd), new)
    yield Read(old, path, call.cwd, call.time, call.session, call.locator, sent=False)
    blocks = between(old, new)
    if blocks:
        yield replace(call, path=path, blocks=blocks)
