"""Find the sessions that Entire keeps in a repository: which objects they are, of which tool, who prompted it.

A checkpoint is a tree. The branch `entire/checkpoints/v1` holds all of them as `<id[:2]>/<id[2:]>/`, newer versions
give each a ref of its own, `refs/entire/checkpoints/<last two characters>/<id>`. Inside a checkpoint:

    metadata.json                                    of the checkpoint
    <n>/metadata.json                                of one session: `session_id`, `agent`, `model`, `created_at`,
                                                     `files_touched` (relative to the repository)
    <n>/full.jsonl, full.jsonl.001, ...              the tool's own transcript, in pieces of 50 MB
    <n>/tasks/<call>/agent-<id>.jsonl                a subagent's

Most checkpoints hold the whole session again, those of early versions only what came since the last one.
Shape: the repository `entireio/cli` at July 2026, and its and another project's branches.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from whence.evidence.sessions.interface import Blobs, Located, Transcript, missing
from whence.evidence.sessions.stores.files import stands
from whence.evidence.sessions.stores.values import items, string, when
from whence.model import NotMeasured
from whence.quick import dataclass
from whence.repo import GitError, Repository

BRANCH = "entire/checkpoints/v1"
PATTERNS = (f"refs/heads/{BRANCH}", f"refs/remotes/*/{BRANCH}", "refs/entire/checkpoints")
SETTINGS = ".entire/settings.json"
FETCH = f"git fetch origin {BRANCH}:{BRANCH}"
FETCH_AGAIN = f"git fetch --refetch --no-filter origin {BRANCH}"
"""Gets the objects of a ref that is there, as a plain fetch does not (git 2.36)."""

MAX_FILES = 200_000
"""Files of a checkpoint branch that are looked at; the largest known has 4,000."""

MAX_REFS = 10_000
"""Checkpoints with refs of their own that are looked at."""

MAX_SESSIONS = 64
"""Sessions of one checkpoint; the most seen is ten."""

MAX_METADATA = 4 * 1024 * 1024
"""Bytes of a session's metadata.json; those that list every prompt's files have some 100 kB."""

_FILE = re.compile(
    r"(?P<session>(?P<id>[0-9a-f]{2}/[0-9a-f]{10}|[0-9A-Za-z]{2}/[0-9A-Za-z]{24})/(?:\d{1,3}/)?)"
    r"(?:(?P<metadata>metadata\.json)|(?P<whole>full\.jsonl(?:\.\d{3})?)|(?P<part>tasks/[^/]+/agent-[^/]+\.jsonl))"
)
_REF = re.compile(r"refs/entire/checkpoints/[0-9A-Za-z]{2}/([0-9a-f]{12}|[0-9A-Za-z]{26})")
_SUBJECT = re.compile(r"\bCheckpoint: ([0-9A-Za-z]{12,26})$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a session: one checkpoint's transcript of it."""

    shown: str
    """As `git show` takes it."""
    ids: tuple[str, ...]
    size: int
    time: float


@dataclass(frozen=True, slots=True)
class Session(Transcript):
    """All that a repository has of one session; `part` is its id."""

    agent: str = ""
    """As Entire calls the tool: `Claude Code`; empty or `Agent` in early versions, which knew no other."""
    model: str = ""
    person: str = ""
    pieces: tuple[Piece, ...] = ()
    """In the order in which they were made, each object once."""
    touched: tuple[str, ...] = ()
    """Files that the session changed, relative to the repository."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One session in one checkpoint."""

    shown: str
    metadata: str
    """What names the object."""
    transcripts: tuple[tuple[str, tuple[str, ...]], ...]
    """(name, objects) of the whole session and of each subagent."""
    person: str


def sessions(repository: Repository, root: Path | None) -> Located:
    """Every session in the repository. Quick when nothing changed since the last look."""
    try:
        form = "%(refname)%00%(objectname)%00%(objecttype)%00%(authorname) %(authoremail)"
        out = repository.run("for-each-ref", f"--format={form}", *PATTERNS)
        refs = tuple(os.fsdecode(out).splitlines())
        if refs:
            located, absent = _sessions(repository, refs)
            if absent and any(size is not None for size in repository.sizes(absent)):
                # Fetched since then, under the same refs.
                _sessions.cache_clear()
                located, _ = _sessions(repository, refs)
            return located
    except GitError as error:
        return Located(problems=(missing(f"Entire's checkpoints could not be read: {error}", "git fsck"),))
    if root is not None and stands(root / SETTINGS):
        why = "Entire records sessions of this project, and this clone has none of its checkpoints"
        return Located(problems=(missing(why, FETCH),))
    return Located()


@functools.lru_cache(maxsize=8)
def _sessions(repository: Repository, refs: tuple[str, ...]) -> tuple[Located, tuple[str, ...]]:
    """What there is, and which objects are not."""
    branches, own = [], []
    for line in refs:
        name, commit, kind, person = line.split("\0")
        if kind != "commit":
            continue
        if _REF.fullmatch(name):
            own.append((name, commit, person))
        elif not name.startswith("refs/entire/"):
            branches.append((name, commit, person))
    problems: list[NotMeasured] = []
    if len(own) > MAX_REFS:
        problems.append(missing(f"more than {MAX_REFS:,} Entire checkpoints; the rest was left out"))
    every = [*_in_branches(repository, branches, problems), *_in_refs(repository, own[:MAX_REFS])]
    absent: list[str] = []
    found = tuple(_joined(repository, every, absent))
    if absent:
        problems.append(missing(f"{len(absent)} transcripts of {BRANCH} are not in this clone", FETCH_AGAIN))
    return Located(found, tuple(problems)), tuple(absent)


def _in_branches(
    repository: Repository, branches: Sequence[tuple[str, str, str]], problems: list[NotMeasured]
) -> Iterator[_Found]:
    authors = _authors(repository, [commit for _, commit, _ in branches])
    for ref, commit, tip_author in branches:
        short = ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")
        kept: defaultdict[str, dict[str, str]] = defaultdict(dict)
        number = 0
        for entry in repository.run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
            meta, _, name = entry.partition(b"\t")
            found = _FILE.fullmatch(os.fsdecode(name))
            if found is None or meta.split()[1] != b"blob":
                continue
            number += 1
            if number > MAX_FILES:
                problems.append(missing(f"{short} has more than {MAX_FILES:,} files; the rest was left out"))
                break
            kept[found["session"]][found[0]] = meta.split()[2].decode()
        for folder, files in kept.items():
            checkpoint = folder[:2] + folder.split("/")[1]
            yield _found(
                short, folder, files, authors.get(checkpoint, tip_author), files.get(f"{folder}metadata.json")
            )


def _found(short: str, folder: str, files: Mapping[str, str], person: str, metadata: str | None) -> _Found:
    wholes = sorted(name for name in files if name.startswith(f"{folder}full.jsonl"))
    parts = sorted(name for name in files if "/tasks/" in name)
    transcripts: list[tuple[str, tuple[str, ...]]] = [(f"{short}:{name}", (files[name],)) for name in parts]
    if wholes:
        transcripts.insert(0, (f"{short}:{wholes[0]}", tuple(files[name] for name in wholes)))
    return _Found(f"{short}:{folder}", metadata or "", tuple(transcripts), person)


def _in_refs(repository: Repository, refs: Sequence[tuple[str, str, str]]) -> Iterator[_Found]:
    """Checkpoints with a ref each: their files are named, not listed, so that two processes serve all of them."""
    names = [f"{commit}:metadata.json" for _, commit, _ in refs]
    for (ref, commit, person), data in zip(refs, _small(repository, names), strict=True):
        number = min(len(items(_json(data), "sessions")), MAX_SESSIONS)
        for session in range(number):
            whole = f"{session}/full.jsonl"
            yield _Found(
                f"{ref}:{session}/",
                f"{commit}:{session}/metadata.json",
                ((f"{ref}:{whole}", (f"{commit}:{whole}",)),),
                person,
            )


def _authors(repository: Repository, commits: Sequence[str]) -> dict[str, str]:
    """Who made each checkpoint of the branches, from the first commit that names it."""
    found: dict[str, str] = {}
    if commits:
        out = repository.run("log", "--format=%an <%ae>%x00%s", "--no-mailmap", *commits, "--")
        for line in os.fsdecode(out).splitlines():
            person, _, subject = line.partition("\0")
            named = _SUBJECT.search(subject)
            if named:
                found[named[1]] = person
    return found


def _small(repository: Repository, names: Sequence[str]) -> Iterator[bytes | None]:
    """The contents of objects that are not too large to be metadata."""
    sizes = repository.sizes(names)
    wanted = [
        name for name, size in zip(names, sizes, strict=True) if size is not None and size <= MAX_METADATA
    ]
    contents = repository.blobs(wanted)
    for size in sizes:
        yield next(contents) if size is not None and size <= MAX_METADATA else None


def _json(data: bytes | None) -> Any:
    try:
        return json.loads(data) if data else None
    except (ValueError, RecursionError):
        return None


def _joined(repository: Repository, every: Sequence[_Found], absent: list[str]) -> Iterator[Session]:
    """Each session once, with its pieces in order; and one object of each transcript that is not there."""
    metadata = map(_json, _small(repository, [found.metadata for found in every]))
    flat = [
        (found, meta, *entry)
        for found, meta in zip(every, metadata, strict=True)
        for entry in found.transcripts
    ]
    sizes = iter(repository.sizes([name for *_, ids in flat for name in ids]))
    pieces: defaultdict[str, dict[tuple[str, ...], Piece]] = defaultdict(dict)
    about: defaultdict[str, list[tuple[float, Any, str]]] = defaultdict(list)
    for found, meta, shown, ids in flat:
        each = [next(sizes) for _ in ids]
        if None in each:
            absent.append(ids[each.index(None)])
            continue
        moment = when(string(meta, "created_at"))
        made = moment.timestamp() if moment else 0.0
        name = string(meta, "session_id") or found.shown
        if "/tasks/" in shown:
            name += "/" + shown.rpartition("/")[2].removesuffix(".jsonl")
        pieces[name].setdefault(ids, Piece(shown, ids, sum(size or 0 for size in each), made))
        about[name].append((made, meta, found.person))
    for name, mine in pieces.items():
        yield _session(repository, name, sorted(mine.values(), key=lambda piece: piece.time), about[name])


def _session(
    repository: Repository, name: str, pieces: Sequence[Piece], about: Iterable[tuple[float, Any, str]]
) -> Session:
    known = sorted(about, key=lambda entry: entry[0])
    _, first, person = known[0]
    last = pieces[-1]
    touched = {path for _, meta, _ in known for path in items(meta, "files_touched") if isinstance(path, str)}
    return Session(
        path=Path(last.shown.replace(":", "/")),
        size=sum(piece.size for piece in pieces),
        changed=last.time,
        shown=last.shown,
        part=name,
        blobs=Blobs(repository, tuple(one for piece in pieces for one in piece.ids)),
        agent=next((agent for _, meta, _ in reversed(known) if (agent := string(meta, "agent"))), ""),
        model=string(first, "model"),
        person=person,
        pieces=tuple(pieces),
        touched=tuple(sorted(touched)),
    )
