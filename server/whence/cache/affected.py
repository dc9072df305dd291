"""Which files' results may be others since the last look, because sessions or the workspace say something else.

What sessions say of a file rests on the blocks of the index that share a key with it, and on what the workspace was
asked about these blocks on the way: is a line or a word triple common in it, since when was it committed, does the file
into which a tool put it still hold it. Those questions were noted when the file was looked at. So of a change only
the questions matter that have other answers now, and the keys of the blocks that came, went or got another write. A
file that neither concerns keeps the stamp that it had, and with it its result. Where a change cannot be told, or what
a file rests on was not noted, it gets a new stamp. Some looks are remembered, so that whoever goes back to a branch, or
puts a branch on top of another, finds the stamps of both.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import field

from whence.cache.database import Database
from whence.evidence.interface import Memory
from whence.evidence.sessions.commits import KIND, Log
from whence.evidence.sessions.counted import KIND as COUNTED
from whence.evidence.sessions.counted import Counted, changed, flipped
from whence.evidence.sessions.noting import committed, held, there
from whence.evidence.sessions.prepared import Ground, PreparedSessions
from whence.evidence.sessions.texts import TEXTS, asked_by, packed_keys, packed_lines
from whence.index.values import from_bytes, to_bytes
from whence.quick import dataclass

_KIND = "sessions of files"
_GROUNDS = "grounds of files"

LOOKS = 4
"""Earlier looks that are remembered."""

MAX_KEYS = 200_000
"""Answers of one change; beyond it every file is looked at again, which takes about as long."""


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
            ground.counted,
            ground.exact,
        ]
        row = [said, dict(self.texts), dict(self.stamps)]
        return json.dumps(row).encode("ascii")

    @staticmethod
    def loads(data: bytes) -> _Look:
        (rest, change, log, standing, pages, counted, exact), texts, stamps = json.loads(data)
        ground = Ground(rest, change, log, frozenset(standing), frozenset(pages), counted, exact)
        return _Look(ground, dict(texts), dict(stamps))

    def counted(self, paths: Set[str]) -> Counter[str]:
        """How many of some files that count for what is common have which text."""
        apart = self.ground.pages - self.ground.standing
        return Counter(self.texts[path] for path in paths - apart if path in self.texts)


def stamps(
    database: Database,
    place: bytes,
    memory: Memory,
    answer: PreparedSessions,
    texts: Mapping[str, str],
    now: str,
    learn: Callable[[Sequence[str]], None],
) -> Mapping[str, str]:
    """A stamp for each file, the same as at the last look where sessions say the same of it.

    `texts` says what identifies each file's text, and `now` this very state of everything; `learn` has the texts of
    files remembered that are not any more. Keeps what it found for the next look.
    """
    texts = {**answer.ground.unlisted, **texts}
    found = dict.fromkeys(texts, now)
    rows = _Rows(memory, texts, learn)
    known: Mapping[tuple[str, str], bytes] | None = None
    left = set(texts)
    tried: set[tuple[str, str]] = set()
    for before in _looks(database, place):
        # A stamp that was good for a later look and is not any more is not for an earlier one.
        asked = {(path, before.stamps[path]) for path in left & before.stamps.keys()} - tried
        some = {path for path, _ in asked if before.texts.get(path) == texts[path]}
        if not some:
            continue
        known = grounds(database, place) if known is None else known
        try:
            same = list(_same(before, _Look(answer.ground, texts), some, answer, rows, known))
        except _Anything:
            continue
        tried.update((path, before.stamps[path]) for path in some)
        found.update((path, before.stamps[path]) for path in same)
        left.difference_update(same)
    made = _Look(answer.ground, texts, found).dumps()
    database.put(f"{_KIND} {place.hex()}", now.encode(), made, versions=LOOKS)
    return found


def grounds(database: Database, place: bytes) -> dict[tuple[str, str], bytes]:
    """What the results of files rest on, by path and the stamp of the result: the questions as packed numbers."""
    data = database.get(_GROUNDS, place) or b"[]\n"
    head, _, rest = data.partition(b"\n")
    found: dict[tuple[str, str], bytes] = {}
    try:
        at = 0
        for path, stamp, size in json.loads(head):
            found[path, stamp] = rest[at : at + size]
            at += size
    except (ValueError, TypeError):
        return {}
    return found


def note_grounds(database: Database, place: bytes, known: Mapping[tuple[str, str], bytes]) -> None:
    """Keep what the results of files rest on, for those of which it was found out now, beside what is known of others
    that a look remembers."""
    if known:
        looks = list(_looks(database, place))
        others = {
            one: packed
            for one, packed in grounds(database, place).items()
            if any(look.stamps.get(one[0]) == one[1] for look in looks)
        }
        every = {**others, **known}
        head = [[path, stamp, len(packed)] for (path, stamp), packed in every.items()]
        rest = b"".join(every.values())
        database.put(_GROUNDS, place, json.dumps(head).encode("ascii") + b"\n" + rest, versions=16)


def packed(questions: Set[int]) -> bytes:
    """Questions as they are kept."""
    return to_bytes(array("Q", sorted(questions)))


def _looks(database: Database, place: bytes) -> Iterator[_Look]:
    """The earlier looks, the last one first."""
    for data in database.latest(f"{_KIND} {place.hex()}"):
        try:
            yield _Look.loads(data)
        except (ValueError, TypeError, AttributeError):
            continue


def _same(
    before: _Look,
    now: _Look,
    unchanged: Set[str],
    answer: PreparedSessions,
    rows: _Rows,
    known: Mapping[tuple[str, str], bytes],
) -> Iterator[str]:
    """Those files of which sessions say what they said. Raises _Anything."""
    old, new = before.ground, now.ground
    if answer.store is None or old.rest != new.rest or not (old.exact and new.exact):
        raise _Anything
    keys = answer.store.prints.changes.since(old.change)
    if keys is None:
        raise _Anything
    answers = _answers(before, now, answer, rows)
    if len(answers) > MAX_KEYS:
        raise _Anything
    keys = asked_by(keys)
    packed = rows.of({now.texts[path] for path in unchanged}) if keys else {}
    for path in unchanged:
        if keys and not keys.isdisjoint(packed_keys(packed[now.texts[path]])):
            continue
        if answers:
            questions = known.get((path, before.stamps[path]))
            if questions is None or not answers.isdisjoint(from_bytes("Q", questions)):
                continue
        yield path


def _answers(before: _Look, now: _Look, answer: PreparedSessions, rows: _Rows) -> set[int]:
    """The questions about the workspace that have another answer now. Raises _Anything."""
    paths = {path for path in {*before.texts, *now.texts} if before.texts.get(path) != now.texts.get(path)}
    old, new = before.counted(paths), now.counted(paths)
    names = {path: (before.texts.get(path), now.texts.get(path)) for path in paths}
    wanted = {text for text in (*(old - new), *(new - old)) if text}
    written = paths & (before.ground.standing | now.ground.standing)
    wanted.update(text for path in written for text in names[path] if text)
    packed = rows.of(wanted)
    return (
        _common(old, new, packed, answer, rows)
        | _held(before.ground.standing, now.ground.standing, {path: names[path] for path in written}, packed)
        | _committed(before.ground.log, now.ground.log, answer, rows.memory)
    )


class _Rows:
    """The packed texts of files. `texts` are those of now."""

    def __init__(
        self, memory: Memory, texts: Mapping[str, str], learn: Callable[[Sequence[str]], None]
    ) -> None:
        self.memory = memory
        self._counts: Mapping[int, int] | None = None
        self._texts = texts
        self._learn = learn

    def counts(self, name: str) -> Mapping[int, int]:
        """How many files hold each key now. Raises _Anything where nobody knows."""
        if self._counts is None:
            kept = self.memory.recall(COUNTED, name, Counted)
            if kept is None:
                raise _Anything
            self._counts = dict(zip(kept.keys, kept.counts, strict=True))
        return self._counts

    def of(self, names: Set[str]) -> Mapping[str, bytes]:
        """Those of these names. Raises _Anything where one cannot be had."""
        found = self.memory.rows(TEXTS, names)
        if len(found) < len(names):
            left = names - found.keys()
            self._learn([path for path, text in self._texts.items() if text in left])
            found = {**found, **self.memory.rows(TEXTS, left)}
        if len(found) < len(names):
            raise _Anything
        return found


def _common(
    old: Counter[str], new: Counter[str], packed: Mapping[str, bytes], answer: PreparedSessions, rows: _Rows
) -> set[int]:
    """What has become common in the workspace, or is no more."""
    by = {text: new[text] - old[text] for text in {*old, *new} if new[text] != old[text]}
    if not by:
        return set()
    counts = rows.counts(answer.ground.counted)
    return flipped(changed(by, packed, answer.habits.before), counts)


def _held(
    old: Set[str],
    new: Set[str],
    names: Mapping[str, tuple[str | None, str | None]],
    rows: Mapping[str, bytes],
) -> set[int]:
    """What came into the files that tools wrote into, and what went out of them; whether they are there."""
    found: set[int] = {there(path) for path in old ^ new}
    for path, (was, now) in names.items():
        lines = [packed_lines(rows[text]) if text else frozenset[int]() for text in (was, now)]
        found |= held(path, lines[0] ^ lines[1])
    return found


def _committed(old: str, new: str, answer: PreparedSessions, memory: Memory) -> set[int]:
    """What was committed since, or is no more, so early that a tool can have written the same later."""
    if old == new:
        return set()
    before, now = (memory.recall(KIND, name, Log) if name else Log() for name in (old, new))
    if before is None or now is None or answer.store is None:
        raise _Anything
    latest = answer.store.prints.latest()
    return set() if latest is None else set(map(committed, now.apart(before, latest)))
