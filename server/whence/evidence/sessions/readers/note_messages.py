"""Read the conversations that git-ai's notes held until its version 1.3.4: `refs/notes/ai`, JSON below `---`.

`prompts.<key>.messages` (early `sessions` too) is a list of `{"type": "user" | "assistant", "text", "timestamp"}` and
`{"type": "tool_use", "name", "input", "timestamp"}`. Results are not there: nobody can tell a call that failed from
one that succeeded, so every outcome is unknown. Inputs are whole for Claude Code and Codex; of Cursor's calls only the
file's name was kept. Each note of a session repeats it from its start.

What a whole-file write added is told by git: the file as it stood before the noted commit.
"""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from whence.evidence.sessions.edits import patches
from whence.evidence.sessions.edits.inputs import Change, changes, path_of
from whence.evidence.sessions.edits.inserted import between
from whence.evidence.sessions.edits.masks import unmasked, visible
from whence.evidence.sessions.interface import (
    Blobs,
    Event,
    Faults,
    Located,
    Locator,
    Odd,
    Outcome,
    Places,
    Read,
    Tick,
    Transcript,
    Written,
    missing,
)
from whence.evidence.sessions.paths import absolute, joined, posix
from whence.evidence.sessions.stores.files import json_value
from whence.evidence.sessions.stores.streams import UNREAD, opened, tell
from whence.evidence.sessions.stores.values import items, lines, mapping, string, when
from whence.matching.passages import Block
from whence.quick import dataclass
from whence.repo import GitError, Repository
from whence.text import decode, split
from whence.tools import Registry

REF = "refs/notes/ai"
FETCH_AGAIN = f"git fetch --refetch --no-filter origin {REF}"
"""Gets the objects of a ref that is there, as a plain fetch does not (git 2.36)."""

SMALLEST = 1024
"""Bytes below which a note holds no conversation: the JSON around an empty one has some 700."""

MAX_NOTE = 16 * 1024 * 1024
"""Bytes of one note, which is parsed as a whole in some five times as much memory; the largest known has 3.2 MB."""

_WHOLE_INPUTS = frozenset({"claude-code", "codex"})
_EDITS = frozenset({"Edit", "MultiEdit", "Write", "apply_patch"})

MAX_DEPTH = 32
"""Folders of a path that are compared with the repository's."""

MAX_BEFORE = 4 * 1024 * 1024
"""Bytes of a file that a whole-file write is compared with."""


@dataclass(frozen=True, slots=True)
class NoteTranscript(Transcript):
    """One note; `part` is its commit."""

    person: str = ""
    """The commit's author."""
    time: datetime | None = None
    """The commit's author date."""
    head: str = ""


class NoteMessages:
    """Conversations in git-ai's notes, whatever tool they were with."""

    tool = "git-ai"
    source = "git-ai-messages"

    def locate(self, places: Places) -> Located:
        if places.repository is None:
            return Located()
        try:
            out = places.repository.run("for-each-ref", "--format=%(objectname)", REF).split()
            head = places.repository.head() if out else None
            if not out or head is None:
                return Located()
            found, absent = _located(places.repository, out[0].decode(), head)
            if absent and any(size is not None for size in places.repository.sizes(absent)):
                _located.cache_clear()
                found, absent = _located(places.repository, out[0].decode(), head)
        except GitError as error:
            return Located(problems=(missing(f"git-ai's notes could not be read: {error}", "git fsck"),))
        if absent:
            why = f"{len(absent)} notes of {REF} are not in this clone, which may hold conversations"
            return Located(found, (missing(why, FETCH_AGAIN),))
        return Located(found)

    def nearness(self, transcript: Transcript, folders: tuple[str, ...]) -> int:
        """They are about this repository, but come after all else: their own lines are evidence already."""
        return 1

    def read(self, transcript: Transcript, faults: Faults, tick: Tick) -> Iterator[Event]:
        if not isinstance(transcript, NoteTranscript) or transcript.blobs is None:
            return
        try:
            with opened(transcript) as stream:
                data = stream.read(MAX_NOTE + 1)
        except UNREAD as error:
            tell(error, faults)
            return
        tick(len(data))
        if len(data) > MAX_NOTE:
            faults.add(f"longer than {MAX_NOTE >> 20} MB")
            return
        _, divider, body = (
            data.partition(b"---\n") if data.startswith(b"---\n") else data.partition(b"\n---\n")
        )
        # What is broken in a note is told by the reader of its lines.
        if not divider or b'"tool_use"' not in body:
            return
        note = json_value(body, faults)
        commit = _Commit(transcript.blobs.repository, transcript.part, transcript.head)
        for section in ("prompts", "sessions"):
            for name, record in mapping(note, section).items():
                tick(0)
                yield from _conversation(str(name), mapping(record), transcript, commit)


@functools.lru_cache(maxsize=4)
def _located(repository: Repository, notes: str, head: str) -> tuple[tuple[Transcript, ...], tuple[str, ...]]:
    """The notes of commits behind HEAD that may hold a conversation, and those that are absent.

    What was rebased away has copies there.
    """
    noted: dict[str, tuple[str, str]] = {}
    for entry in repository.run("ls-tree", "-r", "-z", notes).split(b"\0"):
        meta, _, name = entry.partition(b"\t")
        fields = meta.split()
        if len(fields) == 3:
            path = name.decode("ascii", "replace")
            noted[path.replace("/", "")] = (path, fields[2].decode())
    behind = [commit for commit in repository.run("rev-list", head).decode().split() if commit in noted]
    sizes = repository.sizes([noted[commit][1] for commit in behind])
    absent = tuple(noted[commit][1] for commit, size in zip(behind, sizes, strict=True) if size is None)
    found = {
        commit: (*noted[commit], size)
        for commit, size in zip(behind, sizes, strict=True)
        if size is not None and size >= SMALLEST
    }
    if not found:
        return (), absent
    feed = "".join(commit + "\n" for commit in found).encode()
    form = "--format=%H%x00%an <%ae>%x00%at"
    out = repository.run("log", "--no-walk=unsorted", "--stdin", "--no-mailmap", form, feed=feed)
    transcripts: list[Transcript] = []
    for line in os.fsdecode(out).splitlines():
        commit, person, moment = line.split("\0")
        path, blob, size = found[commit]
        transcripts.append(
            NoteTranscript(
                path=Path(REF) / path,
                size=size,
                changed=float(moment),
                shown=f"{REF}:{path}",
                part=commit,
                blobs=Blobs(repository, (blob,)),
                person=person,
                time=datetime.fromtimestamp(int(moment), UTC),
                head=head,
            )
        )
    return tuple(transcripts), absent


@functools.lru_cache(maxsize=4)
def _names(repository: Repository, head: str) -> frozenset[str]:
    """Every file of the repository."""
    out = repository.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", head)
    return frozenset(map(os.fsdecode, out.split(b"\0")))


def _conversation(
    name: str, record: Mapping[str, Any], transcript: NoteTranscript, commit: _Commit
) -> Iterator[Event]:
    agent = mapping(record, "agent_id")
    session = string(agent, "id") or name
    registry = Registry.builtin()
    known = registry.find(string(agent, "tool"))
    base = Written(
        blocks=(),
        path="",
        cwd="",
        tool=known.id if known else string(agent, "tool"),
        model=string(agent, "model") if registry.model(string(agent, "model")) else None,
        session=session,
        time=None,
        locator=Locator(transcript.shown),
        outcome=Outcome.UNKNOWN,
        person=string(record, "human_author") or transcript.person,
    )
    messages = items(record, "messages")
    here = commit.seen_from(path_of(mapping(message, "input")) for message in messages)
    for number, message in enumerate(messages):
        # The call came before the commit that its note is of.
        time = when(mapping(message).get("timestamp")) or transcript.time
        kind = string(message, "type")
        locator = Locator(transcript.shown, record=f"{name}/{number}")
        if kind == "user":
            text = visible(lines(string(message, "text")))
            yield Read(text, time=time, session=session, locator=locator)
        elif kind == "tool_use" and not string(message, "name").startswith("mcp__"):
            call = replace(base, time=time, locator=locator)
            yield from _call(mapping(message).get("input"), call, here)
            if call.tool in _WHOLE_INPUTS and string(message, "name") in _EDITS and not _asks(message):
                yield Odd(locator)


def _asks(message: object) -> bool:
    """Whether the input of an edit is of a form that is known."""
    asked = mapping(message).get("input")
    patch = asked if isinstance(asked, str) else string(asked, "input", "patch", "patchText")
    return patches.understood(patch) or any(True for _ in changes(mapping(asked)))


def _call(asked: object, call: Written, here: _Here) -> Iterator[Event]:
    patch = asked if isinstance(asked, str) else string(asked, "input", "patch", "patchText")
    folder = joined(here.top, string(asked, "workdir", "cwd"))
    command = mapping(asked).get("command", mapping(asked).get("cmd"))
    for insertion in (*patches.of_patch(patch, folder), *patches.of_command(command, folder)):
        path = here.path(absolute(insertion.path, insertion.cwd))
        yield Read(visible(insertion.removed), path, here.top, call.time, call.session, sent=False)
        yield from _written(call, path, here.top, insertion.blocks)
    for change in changes(mapping(asked)):
        path = here.path(absolute(change.path, here.top))
        yield Read(visible(lines(change.old)), path, here.top, call.time, call.session, sent=False)
        yield from _written(call, path, here.top, _added(change, path, here))


def _added(change: Change, path: str, here: _Here) -> tuple[Block, ...]:
    """The inserted lines; none of a rewrite where nobody knows of what."""
    if not change.whole:
        return change.blocks()
    old = here.before(path)
    return () if old is None else between(old, lines(change.new))


def _written(call: Written, path: str, cwd: str, blocks: tuple[Block, ...]) -> Iterator[Event]:
    shown = unmasked(blocks)
    if shown and path:
        yield replace(call, path=path, cwd=cwd, blocks=shown)


@dataclass(frozen=True, slots=True)
class _Here:
    """What the paths of one conversation mean in this repository."""

    commit: _Commit
    roots: tuple[str, ...]
    """Folders on the machine of the conversation that are the repository, the surest first."""

    @property
    def top(self) -> str:
        return self.commit.top

    def path(self, path: str) -> str:
        """A path as it is here; unchanged where it lies elsewhere."""
        for root in self.roots:
            if path.startswith(root + "/"):
                return self.top + path[len(root) :]
        return path

    def before(self, path: str) -> Sequence[str] | None:
        """The lines of a file before the commit; None where nothing can be told."""
        return self.commit.before(path[len(self.top) + 1 :]) if path.startswith(self.top + "/") else None


class _Commit:
    """What a commit changed, asked of git when a conversation has something to ask."""

    def __init__(self, repository: Repository, commit: str, head: str) -> None:
        self._repository = repository
        self._commit = commit
        self._head = head
        self.top = posix(str(repository.top))

    @functools.cached_property
    def _changed(self) -> Mapping[str, str]:
        """The object of each changed file before, by path; all zeros where it came in."""
        arguments = ("-r", "-z", "--root", "--no-commit-id", "--no-renames", "--raw", "--no-abbrev")
        fields = self._repository.run("diff-tree", *arguments, self._commit).split(b"\0")
        return {
            os.fsdecode(name): meta.split()[2].decode()
            for meta, name in zip(*[iter(fields)] * 2, strict=False)
        }

    @functools.cached_property
    def _cut_off(self) -> bool:
        """Whether the commit seems to have brought in everything, because the clone begins with it."""
        repository = self._repository
        return (
            repository.shallow
            and b" " not in repository.run("rev-list", "--parents", "-n1", self._commit).strip()
        )

    def seen_from(self, paths: Iterable[str]) -> _Here:
        """Learn from the files that a conversation names which folders are the repository."""
        votes: Counter[str] = Counter()
        alone: Counter[str] = Counter()
        try:
            names = _names(self._repository, self._head)
        except GitError:
            names = frozenset()
        for path in {posix(path) for path in paths if path}:
            root, _, name = path.rpartition("/")
            for _ in range(MAX_DEPTH):
                if name in names and root:
                    (votes if "/" in name else alone)[root] += 1
                root, _, last = root.rpartition("/")
                if not root:
                    break
                name = f"{last}/{name}"
        # A file at the top has its bare name to tell by, which many folders may hold.
        votes = votes or alone
        return _Here(self, tuple(sorted(votes, key=lambda root: (-votes[root], root))))

    def before(self, name: str) -> Sequence[str] | None:
        """The lines of a file before the commit; empty where it brought the file in, None where nothing can be told."""
        try:
            blob = self._changed.get(name)
            if blob is None or self._cut_off:
                return None
            if not blob.strip("0"):
                return ()
            (size,) = self._repository.sizes([blob])
            data = next(self._repository.blobs([blob])) if size is not None and size <= MAX_BEFORE else None
        except GitError:
            return None
        return None if data is None else split(decode(data))
