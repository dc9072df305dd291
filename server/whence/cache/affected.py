"""Which files' results may be others since the last look, because sessions or the workspace say something else.

What sessions say of a file rests on blocks of the index that share a key with it, and on what the workspace says of those
blocks' lines: which are common in it, which it had before, which still stand where a tool put them. So of a change only
the keys matter: of the blocks that came, went or got another write; of the texts that changed; of what was committed;
and all keys of the blocks that hold one of these. A file that has none of them keeps the stamp that it had, and with it
its result. Where the keys of a change cannot be told every file gets a new stamp.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from whence.cache.database import Database
from whence.evidence.interface import Memory
from whence.evidence.sessions.base import TEXTS, packed_keys
from whence.evidence.sessions.commits import KIND, Log
from whence.evidence.sessions.prepared import Ground, PreparedSessions

_KIND = "sessions of files"

MAX_KEYS = 200_000
"""Keys of one change; beyond it every file is looked at again, which takes about as long."""


class _Anything(Exception):  # noqa: N818 - an outcome, not an error
    """Nobody knows what the change concerns."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How things were."""

    ground: Ground
    texts: Mapping[str, str]
    """What identifies each file's text."""
    stamps: Mapping[str, str] = field(default_factory=dict)

    def dumps(self) -> bytes:
        ground = self.ground
        said = [
            ground.rest,
            ground.change,
            ground.log,
            sorted(ground.standing),
            sorted(ground.pages),
            ground.exact,
        ]
        row = [said, dict(self.texts), dict(self.stamps)]
        return json.dumps(row).encode("ascii")

    @staticmethod
    def loads(data: bytes) -> _Look:
        (rest, change, log, standing, pages, exact), texts, stamps = json.loads(data)
        ground = Ground(rest, change, log, frozenset(standing), frozenset(pages), exact)
        return _Look(ground, dict(texts), dict(stamps))


def stamps(
    database: Database,
    place: bytes,
    memory: Memory,
    answer: PreparedSessions,
    texts: Mapping[str, str],
    now: str,
) -> Mapping[str, str]:
    """A stamp for each file, the same as at the last look where sessions say the same of it.

    `texts` says what identifies each file's text, and `now` this very state of everything. Keeps what it found for
    the next look.
    """
    found = dict.fromkeys(texts, now)
    before = _before(database, place)
    if before is not None:
        with contextlib.suppress(_Anything):
            keys = _keys(before, _Look(answer.ground, texts), answer, memory)
            for (path, text), concerned in zip(texts.items(), _concerned(memory, texts, keys), strict=True):
                if path in before.stamps and before.texts[path] == text and not concerned:
                    found[path] = before.stamps[path]
    made = _Look(answer.ground, texts, found)
    database.put(_KIND, place, made.dumps(), versions=16)
    return found


def _before(database: Database, place: bytes) -> _Look | None:
    data = database.get(_KIND, place)
    try:
        return _Look.loads(data) if data is not None else None
    except (ValueError, TypeError, AttributeError):
        return None


def _keys(before: _Look, now: _Look, answer: PreparedSessions, memory: Memory) -> Set[int]:
    """The keys of everything that changed. Raises _Anything."""
    old, new = before.ground, now.ground
    store = answer.store
    if store is None or old.rest != new.rest or not (old.exact and new.exact):
        raise _Anything
    changed = store.prints.changes.since(old.change)
    if changed is None:
        raise _Anything
    keys = set(changed)
    changed_texts = {
        path
        for path in {*before.texts, *now.texts} - new.pages
        if before.texts.get(path) != now.texts.get(path)
    }
    touched = _of_texts(before.texts, now.texts, changed_texts, memory) | _of_log(old.log, new.log, memory)
    if len(touched) > MAX_KEYS:
        raise _Anything
    keys |= touched
    other = store.prints.changes.beside(touched)
    if other is None:
        raise _Anything
    keys.update(other)
    moved = old.standing ^ new.standing
    if moved:
        pairs = [pair for pair in store.prints.recorded([""]) if answer.placing.place(*pair).path in moved]
        keys.update(store.prints.changes.written(pairs))
    return keys


def _of_texts(
    before: Mapping[str, str], now: Mapping[str, str], changed: Set[str], memory: Memory
) -> set[int]:
    """What came into files and what went out of them."""
    sides = [(before.get(path, ""), now.get(path, "")) for path in changed]
    known = _packed(memory, {name for names in sides for name in names if name})
    nothing: Set[int] = frozenset()
    found: set[int] = set()
    for was, now_ in sides:
        found |= known.get(was, nothing) ^ known.get(now_, nothing)
        if len(found) > MAX_KEYS:
            raise _Anything
    return found


def _of_log(before: str, now: str, memory: Memory) -> set[int]:
    """What was committed since, or is no more."""
    if before == now:
        return set()
    old, new = (memory.recall(KIND, name, Log) if name else Log() for name in (before, now))
    if old is None or new is None:
        raise _Anything
    return new.apart(old)


def _packed(memory: Memory, names: Set[str]) -> Mapping[str, Set[int]]:
    """The keys of texts. Raises _Anything where one is not known."""
    rows = memory.rows(TEXTS, names)
    if len(rows) < len(names):
        raise _Anything
    return {name: set(packed_keys(packed)) for name, packed in rows.items()}


def _concerned(memory: Memory, texts: Mapping[str, str], keys: Set[int]) -> Iterable[bool]:
    """For each file whether it has one of the keys. Raises _Anything."""
    if not keys:
        yield from (False for _ in texts)
        return
    names = list(texts.values())
    rows = memory.rows(TEXTS, set(names))
    for name in names:
        packed = rows.get(name)
        yield not packed or not keys.isdisjoint(packed_keys(packed))
