"""Read one git-ai authorship note: which keys claim which lines, and who the keys are.

Format: git-ai's `specs/git_ai_standard_v3.0.0.md` (`authorship/3.x`): paths in column 0, entries indented by
two spaces (`key ranges`), the first line `---`, then JSON with `prompts`, `sessions` and `humans`. Before that
came JSON alone (`authorship/0.0.1`), one object of files. Line numbers are those of the file as the commit
left it. Notes in the wild break the standard: keys that no map knows, literal `human` and `ai_agent`, ranges
that overlap.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

from whence.quick import dataclass
from whence.ranges import Lines, from_pairs

VERSION = "authorship/3."

_LARGE = 4 * 1024
"""Bytes above which a note carries conversations; the few fields that matter are then cut out of it."""


class NoteError(ValueError):
    """The note as a whole cannot be believed. `line` is 1-based within the note."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Author:
    """Who stands behind a key."""

    human: bool = False
    tool: str | None = None
    """The tool's recorded name."""
    session: str | None = None
    """The tool's own id of the conversation."""
    model: str | None = None
    person: str | None = None
    """Who prompted; for a human's key who wrote."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One claim: these lines of one file belong to this key."""

    key: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class Note:
    files: Mapping[str, tuple[Entry, ...]]
    """By repository path. No line is in two entries: where a note lists it twice, a person's entry wins, else the last."""
    authors: Mapping[str, Author]
    faults: tuple[tuple[int, str], ...] = ()
    """(note line, what is wrong) of single lines that were left out."""
    version: int = 3
    """3 for the text format, 0 for the JSON that came before it."""

    def author(self, key: str) -> Author | None:
        """The author of a key; None when the key is dangling."""
        if key == "human":
            return Author(human=True)
        if key == "ai_agent":
            return Author()
        found = self.authors.get(record_of(key))
        if found is None and key.startswith("h_"):
            return Author(human=True)
        return found


def record_of(key: str) -> str:
    """The key of the record behind an entry: a session's for `s_…::t_…`, else the key itself."""
    return key.partition("::")[0] if key.startswith("s_") else key


_CONFORMING = re.compile(
    r"(s_[0-9a-f]{14}(::t_[0-9a-f]{14})?|[0-9a-f]{7}|[0-9a-f]{16}"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
)


def means_ai(key: str) -> bool:
    """Whether a key that no record explains must be an AI tool's: a session's or prompt's hash or UUID."""
    return _CONFORMING.fullmatch(key) is not None


def parse(data: bytes, paths: Collection[str] | None = None) -> Note:
    """Read a note, or what it says of some `paths`. Raises NoteError when it is not one, or not whole."""
    if data.lstrip()[:1] == b"{":
        return _parse_old(data)
    at = 0 if data.startswith(b"---\n") else data.find(b"\n---\n") + 1
    if not at and not data.startswith(b"---\n"):
        raise NoteError("has no line `---`", data.count(b"\n") + 1)
    text, body = data[:at], data[at + 4 :]
    files, faults = _attestations(text, paths)
    first = text.count(b"\n") + 2
    authors = _cut_out(body, files) if len(body) > _LARGE else None
    if authors is None:
        authors = _records(_json(body, first), first)
    return Note(files, authors, faults)


def _json(body: bytes, first: int) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except json.JSONDecodeError as error:
        raise NoteError(f"its JSON is broken: {error.msg}", first + error.lineno - 1) from error
    except (ValueError, RecursionError) as error:
        raise NoteError("its JSON is broken", first) from error
    if not isinstance(value, dict):
        raise NoteError("its JSON is not an object", first)
    return value


def _attestations(
    text: bytes, paths: Collection[str] | None
) -> tuple[dict[str, tuple[Entry, ...]], tuple[tuple[int, str], ...]]:
    listed: dict[str, list[tuple[str, Lines]]] = {}
    faults: list[tuple[int, str]] = []
    current: list[tuple[str, Lines]] | None = None
    other = False
    for number, raw in enumerate(text.split(b"\n"), 1):
        if not raw.strip():
            continue
        if not raw.startswith(b" "):
            name = os.fsdecode(
                raw[1:-1] if len(raw) > 1 and raw.startswith(b'"') and raw.endswith(b'"') else raw
            )
            other = paths is not None and name not in paths
            current = None if other else listed.setdefault(name, [])
            continue
        if other:
            continue
        line = raw.decode("utf-8", "replace")
        key, _, ranges = line[2:].partition(" ")
        lines = _ranges(ranges)
        if current is None:
            faults.append((number, "lines before any path"))
        elif not line.startswith("  ") or not key or lines is None:
            faults.append((number, f"not `key ranges`: {line.strip()[:60]}"))
        else:
            current.append((key, lines))
    return {path: _one_each(entries) for path, entries in listed.items()}, tuple(faults)


def _ranges(text: str) -> Lines | None:
    """`1-4,9` as lines; None when a part is not a range."""
    pairs: list[tuple[int, int]] = []
    for part in text.strip().split(","):
        first, dash, last = part.partition("-")
        if not (first.isascii() and first.isdigit() and len(first) < 10):
            return None
        if dash and not (last.isascii() and last.isdigit() and len(last) < 10):
            return None
        pair = int(first), int(last if dash else first)
        if not 1 <= pair[0] <= pair[1]:
            return None
        pairs.append(pair)
    return from_pairs(pairs)


def _one_each(entries: list[tuple[str, Lines]]) -> tuple[Entry, ...]:
    """Give every line to the last entry that lists it, or to a person's: one sweep, as notes list up to 100,000 ranges.

    git-ai's reader takes the last, but its writer puts entries in the order of their keys: what comes last need not be
    what came last, and doubt counts for the person.
    """
    if len(entries) == 1:
        return (Entry(*entries[0]),)
    starts = sorted((first, index, last) for index, (_, lines) in enumerate(entries) for first, last in lines)
    if all(before[2] < after[0] for before, after in pairwise(starts)):
        return tuple(Entry(key, lines) for key, lines in entries)
    edges = sorted({edge for first, _, last in starts for edge in (first, last + 1)})
    size = len(entries)
    ranks = [at + size * (key == "human" or key.startswith("h_")) for at, (key, _) in enumerate(entries)]
    kept: list[list[tuple[int, int]]] = [[] for _ in entries]
    open_now: list[tuple[int, int]] = []
    at = 0
    for edge, following in pairwise(edges):
        while at < len(starts) and starts[at][0] == edge:
            heappush(open_now, (-ranks[starts[at][1]], starts[at][2]))
            at += 1
        while open_now and open_now[0][1] < edge:
            heappop(open_now)
        if open_now:
            kept[-open_now[0][0] % size].append((edge, following - 1))
    return tuple(
        Entry(key, from_pairs(pairs)) for (key, _), pairs in zip(entries, kept, strict=True) if pairs
    )


def _records(value: Mapping[str, Any], line: int) -> dict[str, Author]:
    version = value.get("schema_version")
    if not isinstance(version, str) or not version.startswith(VERSION):
        raise NoteError(f"schema version {version!r} is not known".replace("None", "(none)")[:120], line)
    authors: dict[str, Author] = {}
    for kind in ("prompts", "sessions"):
        for key, record in _items(value.get(kind)):
            agent = record.get("agent_id")
            agent = agent if isinstance(agent, dict) else {}
            authors[key] = Author(
                tool=_text(agent.get("tool")),
                session=_text(agent.get("id")),
                model=_text(agent.get("model")),
                person=_text(record.get("human_author")),
            )
    for key, record in _items(value.get("humans")):
        authors[key] = Author(human=True, person=_text(record.get("author")))
    return authors


def _items(value: object) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(value, dict):
        return []
    return [(key, record) for key, record in value.items() if isinstance(record, dict)]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


_RECORD = re.compile(
    rb'\n    ("[^"\n]+"): \{\n      "agent_id": \{\n        "tool": ("[^\n]*"),'
    rb'\n        "id": ("[^\n]*"),\n        "model": ("[^\n]*")\n      \}(?:,\n      "human_author": ("[^\n]*"|null))?'
)
"""A record as git-ai prints it. A line feed inside a JSON string is always escaped, so none of a conversation's
words can look like this."""

_SCHEMA = re.compile(rb'\n  "schema_version": "' + VERSION.encode())


def _cut_out(body: bytes, files: Mapping[str, tuple[Entry, ...]]) -> dict[str, Author] | None:
    """The authors of a large note without reading its conversations; None where that is not safe."""
    if not body.startswith(b"{\n") or not body.rstrip().endswith(b"\n}") or not _SCHEMA.search(body):
        return None
    authors: dict[str, Author] = {}
    try:
        for found in _RECORD.finditer(body):
            key, tool, session, model, person = (json.loads(part or b"null") for part in found.groups())
            authors[key] = Author(tool=tool or None, session=session, model=model, person=person)
    except ValueError:
        return None
    used = {record_of(entry.key) for entries in files.values() for entry in entries}
    left = (key for key in used - authors.keys() if json.dumps(key).encode() in body)
    return authors if not any(left) else None


def _parse_old(data: bytes) -> Note:
    value = _json(data, 1)
    version = value.get("schema_version", "authorship/0.0.1")
    if version != "authorship/0.0.1":
        raise NoteError(f"schema version {str(version)[:60]!r} is not known", 1)
    files: dict[str, tuple[Entry, ...]] = {}
    authors: dict[str, Author] = {}
    faults: list[tuple[int, str]] = []
    for path, record in _items(value.get("files")):
        entries: list[tuple[str, Lines]] = []
        listed = record.get("authors")
        for claim in listed if isinstance(listed, list) else []:
            name = _text(claim.get("author")) if isinstance(claim, dict) else None
            lines = _old_lines(claim.get("lines")) if isinstance(claim, dict) else None
            if name is None or lines is None:
                faults.append((1, f"an author of {path[:60]} without name or lines"))
                continue
            metadata = claim.get("agent_metadata")
            model = _text(metadata.get("model")) if isinstance(metadata, dict) else None
            authors[name] = Author(tool=name, model=model)
            entries.append((name, lines))
        files[path] = _one_each(entries)
    return Note(files, authors, tuple(faults), version=0)


def _old_lines(value: object) -> Lines | None:
    """`[2, [8, 34]]` as lines; None when a part is neither a number nor a pair."""
    pairs: list[tuple[int, int]] = []
    for part in value if isinstance(value, list) else [None]:
        match part if isinstance(part, list) else [part, part]:
            case [int(first), int(last)] if 1 <= first <= last < 10**9:
                pairs.append((first, last))
            case _:
                return None
    return from_pairs(pairs)
