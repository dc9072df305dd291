"""A git-ai note (`authorship/3.0.0`) for one commit from what local sessions show. Pure.

Format: git-ai's standard, as `evidence.notes_text` reads it. A session's key is `s_` and the first 14 hex digits of the
SHA-256 of `tool:session`; the part behind `::t_` names one writing of a note. Line numbers are those of the file as the
commit left it. A note that is there stays as it is: lines are only added to it, and only where it says nothing yet.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from whence.evidence.notes_text import Note, NoteError, parse, record_of
from whence.quick import dataclass
from whence.ranges import Lines, count, intersect, subtract, text, union
from whence.text import display

SCHEMA = "authorship/3.0.0"

STRENGTH = 0.95
"""The least confidence of a claim that may become a record: text found where the tool put it, or in its project."""

NAMES = {"claude-code": "claude", "copilot": "github-copilot"}
"""What git-ai calls tools where it is not our id, so that one session has one key whoever writes the note."""

_SESSION = re.compile(r"[\w.:@/+-]{1,200}", re.ASCII)
_MODEL = re.compile(r"[\w.:/@+-]{1,120}", re.ASCII)


class Conflict(Exception):  # noqa: N818 - says what is so
    """A note that is there and what would be written do not fit together. `str()` is a whole sentence."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Lines of one file that one session of a tool wrote."""

    path: str
    """Of the repository, as git names it."""
    lines: Lines
    """As the commit left the file."""
    tool: str
    """Its id in the registry."""
    session: str
    """The tool's own id of the session, whole."""
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The note as it shall be, and what a person should know of it."""

    text: bytes
    lines: int
    """Lines that it did not list before."""
    remarks: tuple[str, ...] = ()
    """Whole sentences."""


def note(
    commit: str, claims: Iterable[Claim], *, person: str | None, existing: bytes | None = None
) -> Written:
    """The note for a commit (full id), or the existing one with these claims added.

    `person` is whoever prompted (`Name <address>`). Raises Conflict when the existing note cannot be read without
    loss, gives one of the lines to somebody else, or knows a session's key as another session's.
    """
    remarks: dict[str, None] = {}
    usable = _merged(_usable(claims, remarks))
    sessions = _sessions(usable, person, remarks)
    fresh: dict[str, Any] = {"schema_version": SCHEMA, "base_commit_sha": commit, "prompts": {}}
    before, head, known, tail = (
        (Note({}, {}), list[str](), fresh, b"") if existing is None else _taken_apart(existing)
    )
    new = {claim: lines for claim in usable if (lines := _unlisted(claim, before))}
    if not new and existing is not None:
        return Written(existing, 0, tuple(remarks))
    for claim in new:
        _with_session(known, _key(claim), sessions[_key(claim)])
    for claim, lines in new.items():
        _put(head, claim.path, f"  {_key(claim)}::{_trace(commit, claim)} {text(lines).replace(' ', '')}")
    body = json.dumps(known, indent=2, ensure_ascii=False, allow_nan=False)
    made = "".join(f"{line}\n" for line in head).encode() + b"---\n" + body.encode() + tail
    _check(made, before, new)
    return Written(made, sum(count(lines) for lines in new.values()), tuple(remarks))


def _usable(claims: Iterable[Claim], remarks: dict[str, None]) -> list[Claim]:
    """The claims that the format can hold; what it cannot is told."""
    found = []
    for claim in claims:
        if not _SESSION.fullmatch(claim.session) or not _SESSION.fullmatch(claim.tool):
            remarks[f"A session of {display(claim.tool)} without a usable id is left out of the note."] = None
        elif not _nameable(claim.path):
            remarks[f"{display(claim.path)} is left out: a note cannot hold that name."] = None
        elif claim.lines:
            found.append(claim)
    return found


def _nameable(path: str) -> bool:
    """Whether the format can name a path: no escapes, one line, nothing that reads as something else."""
    if not path or path == "---" or path != path.rstrip("\r") or path.startswith('"'):
        return False
    if any(character in path for character in "\n\r\0"):
        return False
    return not any(0xD800 <= ord(character) < 0xE000 for character in path)


def _merged(claims: Sequence[Claim]) -> list[Claim]:
    """One claim a file and session, sorted."""
    lines: dict[tuple[str, str, str], Lines] = {}
    models: dict[tuple[str, str, str], set[str | None]] = {}
    for claim in claims:
        place = (claim.path, claim.tool, claim.session)
        lines[place] = union(lines.get(place, ()), claim.lines)
        models.setdefault(place, set()).add(claim.model)
    return [
        Claim(path, found, tool, session, next(iter(models[path, tool, session])))
        if len(models[path, tool, session]) == 1
        else Claim(path, found, tool, session)
        for (path, tool, session), found in sorted(lines.items())
    ]


def _sessions(
    claims: Sequence[Claim], person: str | None, remarks: dict[str, None]
) -> dict[str, dict[str, Any]]:
    """The record of each session. A session has one record, so a model is named only when it was the only one."""
    models: dict[str, set[str]] = {}
    for claim in claims:
        model = claim.model if claim.model and _MODEL.fullmatch(claim.model) else "unknown"
        models.setdefault(_key(claim), set()).add(model)
    out = {}
    for claim in claims:
        of = models[_key(claim)]
        if len(of) > 1:
            remarks[f"Session {display(claim.session[:8])} ran several models, so the note names none."] = (
                None
            )
        out[_key(claim)] = {
            "agent_id": {
                "tool": _tool(claim),
                "id": claim.session,
                "model": next(iter(of)) if len(of) == 1 else "unknown",
            },
            "human_author": person,
            "custom_attributes": {"recorded_by": "whence"},
        }
    return out


def _tool(claim: Claim) -> str:
    return NAMES.get(claim.tool, claim.tool)


def _key(claim: Claim) -> str:
    return "s_" + _hash(f"{_tool(claim)}:{claim.session}")


def _trace(commit: str, claim: Claim) -> str:
    return "t_" + _hash(f"{commit}:{_tool(claim)}:{claim.session}")


def _hash(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:14]


def _taken_apart(existing: bytes) -> tuple[Note, list[str], dict[str, Any], bytes]:
    """An existing note read, its lines before the divider, its JSON, and the white space behind that."""
    try:
        read = parse(existing)
        whole = existing.decode("utf-8")
    except NoteError as error:
        raise Conflict(f"The note that is there cannot be read (line {error.line}: {error}).") from error
    except UnicodeDecodeError as error:
        raise Conflict("The note that is there is not UTF-8.") from error
    if read.version != 3:
        raise Conflict("The note that is there has an older format.")
    if read.faults:
        line, what = read.faults[0]
        raise Conflict(f"The note that is there has a fault in line {line}: {display(what)}.")
    head, _, body = ("\n" + whole).partition("\n---\n")
    try:
        known = json.loads(body, object_pairs_hook=_once, parse_constant=_refused)
    except ValueError as error:
        raise Conflict(f"The note that is there cannot be rewritten without loss: {error}.") from error
    if known.get("schema_version") != SCHEMA:
        raise Conflict(f"The note that is there is not of {SCHEMA}.")
    tail = body[len(body.rstrip()) :]
    return read, head.split("\n")[1:], known, tail.encode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in its JSON")
    return found


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _unlisted(claim: Claim, before: Note) -> Lines:
    """The lines of a claim that the note does not list. Raises Conflict for those that it gives to somebody else."""
    left = claim.lines
    for entry in before.files.get(claim.path, ()):
        shared = intersect(entry.lines, left)
        if not shared:
            continue
        if not _same(entry.key, claim, before):
            raise Conflict(
                f"The note that is there gives lines {text(shared)} of {display(claim.path)} to another author "
                f"({display(entry.key)}), the session of {display(claim.tool)} on this machine wrote them."
            )
        left = subtract(left, shared)
    return left


def _same(key: str, claim: Claim, before: Note) -> bool:
    """Whether a key of the note is the claim's session: by its key, or by what its record says."""
    if record_of(key) == _key(claim):
        return True
    author = before.author(key)
    return (
        author is not None
        and not author.human
        and (author.tool, author.session) in {(_tool(claim), claim.session), (claim.tool, claim.session)}
    )


def _with_session(known: dict[str, Any], key: str, record: Mapping[str, Any]) -> None:
    sessions = known.setdefault("sessions", {})
    if not isinstance(sessions, dict):
        raise Conflict("The note that is there has `sessions` that are no table.")
    there = sessions.setdefault(key, record)
    agent = there.get("agent_id") if isinstance(there, dict) else None
    same = isinstance(agent, dict) and all(
        agent.get(name) == record["agent_id"][name] for name in ("tool", "id")
    )
    if not same:
        raise Conflict(f"The note that is there knows {key} as another session.")


def _put(head: list[str], path: str, entry: str) -> None:
    """Add an entry behind those of its file, or a new file at the end."""
    name = f'"{path}"' if re.search(r"\s", path) else path
    at = next((n for n, line in enumerate(head) if line in (path, f'"{path}"')), None)
    if at is None:
        head += [name, entry]
        return
    at += 1
    while at < len(head) and (head[at].startswith(" ") or not head[at].strip()):
        at += 1
    while not head[at - 1].strip():
        at -= 1
    head.insert(at, entry)


def _check(made: bytes, before: Note, new: Mapping[Claim, Lines]) -> None:
    """Read the note again: everything that was there, and exactly the new lines beside it."""
    wanted = _owned(before)
    for claim, lines in new.items():
        keys = wanted.setdefault(claim.path, {})
        keys[_key(claim)] = union(keys.get(_key(claim), ()), lines)
    read = parse(made)
    lost = any(read.authors.get(key) != author for key, author in before.authors.items())
    if _owned(read) != wanted or read.faults or lost:
        raise Conflict("The note that is there and the new lines cannot be put together exactly.")


def _owned(read: Note) -> dict[str, dict[str, Lines]]:
    """Lines by path and by the record behind their key."""
    found: dict[str, dict[str, Lines]] = {}
    for path, entries in read.files.items():
        keys = found.setdefault(path, {})
        for entry in entries:
            keys[record_of(entry.key)] = union(keys.get(record_of(entry.key), ()), entry.lines)
    return found
