"""Evidence from git-ai's notes: what git recorded, line by line, as the tool wrote.

A note speaks of lines by their numbers in its own commit, and notes of some versions list far more lines than the
commit touched. So nothing is believed but what git's line origins confirm: a present line whose origin is the
noted commit, at the number and in the file that the note names.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime

from whence.evidence.interface import Context
from whence.evidence.lineage import Lineage, lineage
from whence.evidence.notebooks import without_frames
from whence.evidence.noted import FETCH, REF
from whence.evidence.notes_text import Author, Note, NoteError, means_ai, parse, record_of
from whence.evidence.origins import Origins, Run, added
from whence.evidence.present import Presence
from whence.model import Agent, Contributor, Document, Evidence, EvidenceClass, NotMeasured
from whence.quick import dataclass
from whence.ranges import Lines, count, from_pairs
from whence.repo import GitError, Repository
from whence.tools import Registry

MAX_NOTE_BYTES = 16 * 1024 * 1024
"""The largest of 10,685 real notes has 3.2 MB; a much larger one is not a note."""

RECORDED = 0.98
"""A hook of the tool saw the edit, the key resolves, and git confirms the lines."""
LOOKED_UP = 0.95
"""The same, with the key's record found in another note only."""
UNKNOWN_TOOL = 0.85
"""The note says AI, but nothing says which."""
GUESSED = 0.6
"""A background agent without hooks is given all lines that nobody else claims."""
OVERDONE = 0.6
"""The note lists far more lines of the file than its commit added: about which version it speaks is not sure."""

_BACKGROUND = ("devin", "codex-cloud", "cloud-agent")
_SEARCH_BYTES = 16 * 1024
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class PreparedNotes:
    """What the notes say of the lines at HEAD."""

    files: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    """By workspace path at HEAD; `lines` are lines at HEAD."""
    not_measured: tuple[NotMeasured, ...] = ()

    def quick(self, document: Document) -> bool:
        """Through the line map alone."""
        return True

    def claims(self, document: Document) -> Sequence[Evidence]:
        """The recorded evidence on a document's present lines."""
        found = self.files.get(document.head_path) if document.head_path is not None else None
        if not found:
            return ()
        presence = Presence.of(document)
        here = ((evidence, presence.lines(evidence.lines)) for evidence in found)
        return tuple(replace(evidence, lines=lines) for evidence, lines in here if lines)


class GitAiNotes:
    """The reader of `refs/notes/ai` and of what came before it."""

    name = "git-ai"
    evidence_class = EvidenceClass.RECORDED

    def prepare(self, context: Context) -> PreparedNotes:
        """Read the notes of the commits behind HEAD and keep what git's line origins confirm."""
        repository = context.repository
        head = repository.head() if repository else None
        if repository is None or head is None:
            return PreparedNotes()
        missing: list[NotMeasured] = []
        try:
            found = lineage(context)
            if found.notes_trouble:
                return PreparedNotes(not_measured=(_missing(found.notes_trouble),))
            missing += _unfetched(repository, found)
            if not found.noted:
                return PreparedNotes(not_measured=tuple(missing))
            missing += (
                replace(entry, evidence_class=self.evidence_class) for entry in found.gaps(found.noted)
            )
            lines = without_frames(repository, found.origins.files, found.noted, context.check_cancelled)
            origins = replace(found.origins, files=lines)
            # Most notes speak of lines that are gone. Some have megabytes: only the others are read.
            left: dict[str, set[str]] = {}
            for runs in origins.files.values():
                for run in runs:
                    left.setdefault(run.commit, set()).add(run.original_path)
            listed = {commit: blob for commit, blob in found.noted.items() if commit in left}
            notes = _read(context, repository, listed, left, missing)
            claims = _confirmed(repository, notes, origins, context.check_cancelled)
            missing += _unclear(notes, claims)
            # Most notes speak of commits that a rebase or a squash replaced: those serve to look up keys.
            authors = _authors(context, repository, notes, claims, [*found.noted.values(), *found.elsewhere])
            files = _evidence(context, repository, notes, claims, authors)
        except GitError as error:
            missing.append(_missing(str(error)))
            return PreparedNotes(not_measured=tuple(missing))
        return PreparedNotes(files, tuple(missing))


def _missing(why: str, hint: str = "") -> NotMeasured:
    return NotMeasured("git-notes", why, hint=hint, evidence_class=EvidenceClass.RECORDED)


def _unfetched(repository: Repository, found: Lineage) -> Iterator[NotMeasured]:
    if found.has_notes_ref:
        return
    remotes = repository.ask("config", "--get-regexp", r"^remote\..*\.(url|fetch)$") or b""
    # Whoever has every fetch bring notes has none because there are none.
    if remotes and b":refs/notes/" not in remotes:
        state = "shallow clone without" if repository.shallow else "this clone has no"
        yield _missing(f"{state} {REF}", FETCH)


def _read(
    context: Context,
    repository: Repository,
    listed: Mapping[str, str],
    paths: Mapping[str, Collection[str]],
    missing: list[NotMeasured],
) -> dict[str, Note]:
    """The notes that claim lines, by commit. A broken note is said to be, the others go on."""
    notes: dict[str, Note] = {}
    broken: list[str] = []
    for commit, data in _contents(repository, listed):
        context.check_cancelled()
        if data is None:
            broken.append(f"note of {commit[:12]}: missing or larger than {MAX_NOTE_BYTES >> 20} MB")
            continue
        try:
            note = parse(data, paths[commit])
        except NoteError as error:
            broken.append(f"note of {commit[:12]}, line {error.line}: {error}")
            continue
        broken += (f"note of {commit[:12]}, line {line}: {what}" for line, what in note.faults)
        if any(note.files.values()):
            notes[commit] = note
    hint = "git notes --ref=ai show <commit>"
    missing += (_missing(why, hint) for why in broken[:_SHOWN])
    if len(broken) > _SHOWN:
        missing.append(_missing(f"{len(broken) - _SHOWN} more faults in notes", hint))
    return notes


def _contents(repository: Repository, listed: Mapping[str, str]) -> Iterator[tuple[str, bytes | None]]:
    sizes = repository.sizes(listed.values())
    small = {
        commit: blob
        for (commit, blob), size in zip(listed.items(), sizes, strict=True)
        if size is not None and size <= MAX_NOTE_BYTES
    }
    yield from ((commit, None) for commit in listed if commit not in small)
    yield from zip(small, repository.blobs(small.values()), strict=True)


@dataclass(frozen=True, slots=True)
class _Claim:
    """Lines at HEAD that a note's key claims and whose origin is the noted commit."""

    path: str
    commit: str
    name: str
    """The file's path in the commit."""
    key: str
    lines: Lines
    listed: int
    """How many lines of the file the note lists, for all keys."""
    added: int | None
    """How many lines the commit added to the file; None where that is not known."""

    @property
    def overdone(self) -> bool:
        return self.added is not None and self.listed > 2 * self.added


def _confirmed(
    repository: Repository,
    notes: Mapping[str, Note],
    origins: Origins,
    check_cancelled: Callable[[], None],
) -> list[_Claim]:
    claims: list[_Claim] = []
    for path, runs in origins.files.items():
        found: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        for run in runs:
            note = notes.get(run.commit)
            for entry in note.files.get(run.original_path, ()) if note else ():
                pairs = _at_head(run, entry.lines)
                if pairs:
                    found.setdefault((run.commit, run.original_path, entry.key), []).extend(pairs)
        for (commit, name, key), pairs in found.items():
            listed = sum(count(entry.lines) for entry in notes[commit].files[name])
            claims.append(_Claim(path, commit, name, key, from_pairs(pairs), listed, None))
    bases = [origins.bases.get((claim.commit, claim.name)) for claim in claims]
    # Where the note seems to list too much, count what the commit added again, white space included.
    much = {base for claim, base in zip(claims, bases, strict=True) if base and claim.listed > 2 * base.added}
    counts = added(repository, much, check_cancelled)
    return [
        replace(claim, added=counts.get(base, base.added)) if base else claim
        for claim, base in zip(claims, bases, strict=True)
    ]


def _at_head(run: Run, lines: Lines) -> list[tuple[int, int]]:
    """The HEAD lines of a run whose numbers in its commit are among `lines`."""
    first, last = run.original_start, run.original_start + run.length - 1
    at = max(bisect_left(lines, (first,)) - 1, 0)
    found: list[tuple[int, int]] = []
    while at < len(lines) and lines[at][0] <= last:
        low, high = max(lines[at][0], first), min(lines[at][1], last)
        if low <= high:
            found.append((low - first + run.start, high - first + run.start))
        at += 1
    return found


def _unclear(notes: Mapping[str, Note], claims: Sequence[_Claim]) -> Iterator[NotMeasured]:
    """Keys of which nothing says whether they are a tool's or a person's."""
    for commit, key in sorted({(claim.commit, claim.key) for claim in claims}):
        if notes[commit].author(key) is None and not means_ai(key):
            yield _missing(f"note of {commit[:12]}: nothing says who {key[:60]!r} is")


def _authors(
    context: Context,
    repository: Repository,
    notes: Mapping[str, Note],
    claims: Sequence[_Claim],
    blobs: Sequence[str],
) -> dict[str, Author]:
    """The authors of keys that their own notes do not explain, from other notes; large ones are not searched."""
    dangling = {record_of(c.key) for c in claims if notes[c.commit].author(c.key) is None and means_ai(c.key)}
    found: dict[str, Author] = {}
    if not dangling:
        return found
    small = [b for b, n in zip(blobs, repository.sizes(blobs), strict=True) if n and n <= _SEARCH_BYTES]
    some_key = re.compile(b'"(?:%s)"' % b"|".join(re.escape(key.encode()) for key in dangling))
    for number, data in enumerate(repository.blobs(small)):
        if number % 256 == 0:
            context.check_cancelled()
        if data is None or not some_key.search(data):
            continue
        try:
            note = parse(data)
        except NoteError:
            continue
        found.update((key, note.authors[key]) for key in dangling & note.authors.keys() - found.keys())
        if len(found) == len(dangling):
            break
    return found


def _evidence(
    context: Context,
    repository: Repository,
    notes: Mapping[str, Note],
    claims: Sequence[_Claim],
    authors: Mapping[str, Author],
) -> dict[str, tuple[Evidence, ...]]:
    commits = _commits(repository, {claim.commit for claim in claims})
    files: dict[str, list[Evidence]] = {}
    for claim in claims:
        place = repository.to_workspace(claim.path)
        note, (time, writer) = notes[claim.commit], commits[claim.commit]
        author, confidence = note.author(claim.key), RECORDED
        if author is None and means_ai(claim.key):
            author, confidence = authors.get(record_of(claim.key), Author()), LOOKED_UP
        if note.version == 0 and author is not None:
            author = _old_author(author, writer, context.registry)
        if place is not None and author is not None:
            made = _one(claim, author, confidence, context.registry, time)
            files.setdefault(place, []).append(made)
    return {path: tuple(found) for path, found in files.items()}


def _one(claim: _Claim, author: Author, confidence: float, registry: Registry, time: datetime) -> Evidence:
    agent = Agent() if author.human else registry.agent(author.tool, author.model)
    detail = ""
    if author.human:
        signal = "note:human"
    else:
        signal = f"note:{agent.tool or 'unknown'}"
        if agent.tool is None:
            confidence = min(confidence, UNKNOWN_TOOL)
            detail = "The note says that an AI tool wrote these lines, not which."
        elif (author.tool or "").lower() in _BACKGROUND:
            confidence = GUESSED
            detail = "A background agent: git-ai gives it every line of the commit that nobody else claims."
        elif claim.overdone:
            confidence = OVERDONE
            detail = f"The note lists {claim.listed} lines of the file, its commit added {claim.added}."
    return Evidence(
        lines=claim.lines,
        agent=agent,
        evidence_class=EvidenceClass.RECORDED,
        source="git-ai",
        reference=f"note {claim.commit[:12]} {claim.key}",
        confidence=confidence,
        time=time,
        contributor=Contributor.HUMAN if author.human else Contributor.AI,
        detail=detail,
        commit=claim.commit,
        signal=signal,
        person=author.person,
    )


def _old_author(author: Author, writer: str, registry: Registry) -> Author | None:
    """The oldest notes put a person's name or a tool's in one place; a person may be called as a tool is."""
    name = author.tool or ""
    if name.lower() == writer.lower():
        return Author(human=True, person=writer)
    return author if registry.find(name) else None


def _commits(repository: Repository, commits: Collection[str]) -> dict[str, tuple[datetime, str]]:
    """Author date and author's name of commits."""
    if not commits:
        return {}
    feed = "".join(commit + "\n" for commit in sorted(commits)).encode()
    out = repository.run(
        "log", "--no-walk=unsorted", "--stdin", "-z", "--format=%H %at %an", "--no-mailmap", feed=feed
    )
    found: dict[str, tuple[datetime, str]] = {}
    for record in os.fsdecode(out).split("\0"):
        commit, _, rest = record.partition(" ")
        seconds, _, name = rest.partition(" ")
        if commit:
            found[commit] = (datetime.fromtimestamp(int(seconds), UTC), name)
    return found
