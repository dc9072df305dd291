"""Read the transcripts that Entire commits: each is the tool's own, so the tool's own reader reads it.

Entire puts `REDACTED` over what might be a secret; see `masks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from whence.evidence.sessions.edits.masks import unmasked, visible
from whence.evidence.sessions.interface import (
    Blobs,
    Event,
    Faults,
    Located,
    Odd,
    Places,
    Read,
    Reader,
    Tick,
    Transcript,
)
from whence.evidence.sessions.paths import absolute, is_absolute, joined, posix
from whence.evidence.sessions.readers.entire import sessions
from whence.evidence.sessions.readers.entire.sessions import Piece, Session
from whence.evidence.sessions.resuming import LineReader, stepping
from whence.evidence.sessions.stores.files import raw_lines
from whence.evidence.sessions.stores.streams import opened
from whence.repo import GitError
from whence.text import display
from whence.tools import Registry, key

SIGNS = (
    ("claude-code", b'"parentUuid"'),
    ("codex", b'"session_meta"'),
    ("copilot", b'"session.start"'),
    ("gemini-cli", b'"projectHash"'),
)
"""Words that only one tool's transcripts begin with."""

HEAD = 65_536
"""Bytes in which they are looked for."""

EARLY = frozenset({"", "agent"})
"""What early versions call the tool, which ran with Claude Code only."""

MAX_LINES = 1_000_000
"""Lines of a session that are known again when later checkpoints repeat them, 100 MB; real ones have some 10,000."""

MAX_ROOTS = 16
"""Folders on other machines that are taken for this repository: work trees of one session."""

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}-(?=.)")
"""What early versions put before a session's own id."""


@runtime_checkable
class _Shown(Protocol):
    """A line reader's state that says in which file it is."""

    shown: str


class Entire:
    """Entire's checkpoints, whatever tool the sessions are of."""

    tool = "entire"
    source = "entire-checkpoint"

    def __init__(self, readers: Iterable[Reader] = ()) -> None:
        self._readers: Mapping[str, Reader] = {reader.tool: reader for reader in readers}

    def locate(self, places: Places) -> Located:
        if places.repository is None:
            return Located()
        return sessions.sessions(places.repository, places.root)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        """Sessions of this very repository."""
        return 0

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        if not isinstance(transcript, Session):
            return
        tool = _tool(transcript)
        reader = self._readers.get(tool)
        if reader is None:
            faults.add(f"a transcript of {display(tool) or 'an unknown tool'}, which cannot be read yet")
            return
        inside = _Inside(transcript)
        for event in _events(reader, transcript, faults, tick):
            yield from inside.own(event)


def _tool(session: Session) -> str:
    """The id of the tool that wrote the transcript: Entire is known to have named another at times."""
    head = _head(session)
    for tool, sign in SIGNS:
        if sign in head:
            return tool
    if key(session.agent) in EARLY:
        return "claude-code"
    found = Registry.builtin().find(session.agent)
    return found.id if found else session.agent


def _head(session: Session) -> bytes:
    """The first bytes of the first piece; empty where they cannot be had, which is told when it is read."""
    try:
        with opened(_transcript(session, session.pieces[0])) as stream:
            return stream.read(HEAD)
    except GitError:
        return b""


def _events(reader: Reader, session: Session, faults: Faults, tick: Tick) -> Iterator[Event]:
    """The events of all pieces in their order."""
    if isinstance(reader, LineReader):
        yield from _lines(reader, session, faults, tick)
        return
    for piece in session.pieces:
        own = Faults(piece.shown)
        yield from reader.read(_transcript(session, piece), own, tick)
        _tell(own, faults)


def _lines(reader: LineReader[Any], session: Session, faults: Faults, tick: Tick) -> Iterator[Event]:
    """The same of a tool that writes lines: those that a later piece repeats are passed over unparsed."""
    state: Any = None
    seen: set[int] = set()
    for piece in session.pieces:
        part = _transcript(session, piece)
        own = Faults(piece.shown)
        step = stepping(reader, piece.shown, own)
        if state is None:
            state = reader.begin(part)
        elif isinstance(state, _Shown):
            state.shown = piece.shown
        # What repeats costs next to nothing, so it is not counted as read.
        for line, offset, data in raw_lines(part, own, lambda _: tick(0)):
            mark = hash(data)
            if mark in seen:
                continue
            tick(len(data))
            if len(session.pieces) > 1 and len(seen) < MAX_LINES:
                seen.add(mark)
            yield from step(line, offset, data, state) or ()
        _tell(own, faults)
    if state is not None:
        yield from reader.end(state)


def _tell(own: Faults, faults: Faults) -> None:
    """Faults of one piece, as faults of the session."""
    if own.count:
        faults.add(own.first if own.shown == faults.shown else f"in {own.shown}, {own.first}")
        faults.count += own.count - 1
        faults.hints.update(own.hints)


def _transcript(session: Session, piece: Piece) -> Transcript:
    assert session.blobs is not None
    blobs = Blobs(session.blobs.repository, piece.ids)
    return Transcript(session.path, piece.size, piece.time, piece.shown, blobs=blobs)


class _Inside:
    """What a session recorded on somebody's machine, seen from this repository.

    Entire knows which of its files a session changed. A recorded folder below which such a file was written is the
    repository's root on that machine.
    """

    def __init__(self, session: Session) -> None:
        assert session.blobs is not None
        self._session = session
        self._touched = frozenset(session.touched)
        self._top = posix(str(session.blobs.repository.top))
        self._name = _DATED.sub("", session.part.partition("/")[0])
        self._roots: set[str] = set()

    def own(self, event: Event) -> Iterator[Event]:
        if isinstance(event, Odd):
            yield event
            return
        if isinstance(event, Read):
            path = self._here(event.path, event.cwd) if event.path else None
            yield replace(
                event, lines=visible(event.lines), path=path, cwd=self._here(event.cwd), session=self._name
            )
            return
        blocks = unmasked(event.blocks)
        if not blocks:
            return
        self._learn(event.path, event.cwd)
        yield replace(
            event,
            blocks=blocks,
            path=self._here(event.path, event.cwd),
            cwd=self._here(event.cwd),
            model=event.model or self._session.model or None,
            session=self._name,
            person=self._session.person,
        )

    def _learn(self, path: str, cwd: str) -> None:
        full, folder = absolute(path, cwd), joined(cwd)
        while folder.strip("/") and len(self._roots) < MAX_ROOTS:
            if full.startswith(folder + "/") and full[len(folder) + 1 :] in self._touched:
                self._roots.add(folder)
                return
            folder = folder.rpartition("/")[0]

    def _here(self, path: str, cwd: str = "") -> str:
        """A recorded path as it would be here; unchanged where it lies elsewhere."""
        full = absolute(path, cwd)
        if not is_absolute(full):
            # No folder is known: the session is known to have worked in this repository.
            return path if cwd or not path else f"{self._top}/{full}"
        for root in self._roots:
            if full == root or full.startswith(root + "/"):
                return self._top + full[len(root) :]
        return path
