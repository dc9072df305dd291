"""Answer the matcher from the database: who holds a key, what a block is, whose write it was.

A `DiskStore` is a picklable value that opens its own connection, which only reads, in each process that asks it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from whence.errors import Damaged
from whence.index.asking import SIGNS, asked
from whence.index.changes import Changes
from whence.index.database import Database, reading
from whence.index.keyed import Key
from whence.index.mending import telling
from whence.index.values import all_signed, decoded, encoded, signed
from whence.matching import prints
from whence.matching.lines import NO_LINE
from whence.matching.prints import Print
from whence.matching.store import Holders, Kept
from whence.quick import dataclass

MAX_LISTED = 64
"""Blocks that are listed for a key; what is held by more identifies nothing."""

_TOGETHER = 8192
"""Keys of one question."""

_ALL = (1 << 64) - 1

_LISTED = f"CASE WHEN count(*) <= {MAX_LISTED} THEN group_concat(block) END"
_SOME = f"key = j.value LIMIT {MAX_LISTED + 1}"
_HOLDERS = f"""
    SELECT j.value, (SELECT {_LISTED} FROM (SELECT block FROM postings WHERE {_SOME})) FROM json_each(?) j
    WHERE EXISTS (SELECT 1 FROM postings WHERE key = j.value)
"""  # noqa: S608 - only numbers
_BLOCKS = f"SELECT id, print FROM blocks WHERE version = ? AND id IN ({SIGNS})"  # noqa: S608
_USES = f"""
    SELECT u.block, w.id, p.value, c.value, t.value, s.value, w.time
    FROM uses u JOIN writings w ON w.id = u.writing
    JOIN names p ON p.id = w.path JOIN names c ON c.id = w.cwd JOIN names t ON t.id = w.tool
    JOIN names s ON s.id = w.session
    WHERE u.block IN ({SIGNS})
"""  # noqa: S608
_WRITINGS = f"""
    SELECT w.id, t.value, m.value, s.value, p.value, c.value, w.time, w.contributor, w.outcome, w.line, w.offset,
        w.record, f.value, r.value, o.value, x.path, x.part, x.shown, x.gone
    FROM writings w JOIN transcripts x ON x.id = w.transcript JOIN names o ON o.id = x.source
    JOIN names t ON t.id = w.tool LEFT JOIN names m ON m.id = w.model JOIN names s ON s.id = w.session
    JOIN names p ON p.id = w.path JOIN names c ON c.id = w.cwd
    LEFT JOIN names f ON f.id = w.file LEFT JOIN names r ON r.id = w.person
    WHERE w.id IN ({SIGNS})
"""  # noqa: S608


P = ParamSpec("P")
R = TypeVar("R")


def _telling(
    method: Callable[Concatenate[DiskStore, P], R],
) -> Callable[Concatenate[DiskStore, P], R]:
    """See `telling`; the next question is asked of the file that is there then."""
    ask = telling(method)

    @wraps(method)
    def asked(self: DiskStore, /, *values: P.args, **named: P.kwargs) -> R:
        try:
            return ask(self, *values, **named)
        except Damaged:
            self.close()
            raise

    return asked


_foreign: list[sqlite3.Connection] = []
"""Connections of the process that this one was forked from."""


_HELD = f"SELECT DISTINCT key FROM postings WHERE key IN ({SIGNS})"  # noqa: S608
_SHARED_HELD = f"SELECT DISTINCT key FROM shared_postings WHERE ring = ? AND key IN ({SIGNS})"  # noqa: S608
_SHARED_HOLDERS = f"""
    SELECT j.value, (SELECT {_LISTED} FROM (SELECT block FROM shared_postings WHERE ring = ? AND {_SOME}))
    FROM json_each(?) j
    WHERE EXISTS (SELECT 1 FROM shared_postings WHERE ring = ? AND key = j.value)
"""  # noqa: S608
_SHARED_BLOCKS = f"""
    SELECT b.id, b.print, i.ring, w.id, w.path, w.tool, w.session, w.time
    FROM shared_blocks b JOIN shared_writings w ON w.id = b.writing JOIN imports i ON i.id = w.import
    WHERE b.id IN ({SIGNS})
"""  # noqa: S608
_SHARED_WRITINGS = f"""
    SELECT w.id, w.tool, w.model, w.session, w.path, w.time, w.contributor, w.outcome, w.source, i.name
    FROM shared_writings w JOIN imports i ON i.id = w.import WHERE w.id IN ({SIGNS})
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Locator:
    """Where the text of a write stands, for whoever wants to read it again."""

    source: str
    """The reader's."""
    path: str
    part: str
    shown: str
    line: int
    offset: int
    record: str
    file: str = ""
    """Where in it, when that is not `shown`."""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """A write, as it is kept."""

    number: int
    tool: str
    model: str | None
    session: str
    path: str
    cwd: str
    time: float | None
    contributor: str
    outcome: str
    person: str | None
    locator: Locator
    shared: str = ""
    """The name of the import that it came with."""


@dataclass
class DiskStore:
    """Implements `matching.store.Store`. For one thread at a time in each process."""

    place: Path | None
    image: bytes = b""
    """The whole database, where it is in memory."""
    _connection: sqlite3.Connection | None = field(default=None, init=False, compare=False, repr=False)
    _process: int = field(default=0, init=False, compare=False, repr=False)
    _rings: Mapping[bytes, Key] | None = field(default=None, init=False, compare=False, repr=False)
    """The teams' keys; None: not looked for yet."""
    _translated: tuple[frozenset[int], Mapping[bytes, Mapping[int, int]]] | None = field(
        default=None, init=False, compare=False, repr=False
    )
    """The last question, under each key."""

    @staticmethod
    def of(database: Database) -> DiskStore:
        """A store of what an open index holds now, and for a file of what comes later.

        A database in memory must stay open; one in a file may be closed.
        """
        made = DiskStore(database.place)
        if database.place is None:
            made._connection, made._process = database.connection, os.getpid()
        return made

    def __getstate__(self) -> tuple[Path | None, bytes]:
        if self.place is None and not self.image and self._connection is not None:
            return None, self._connection.serialize()
        return self.place, self.image

    def __setstate__(self, state: tuple[Path | None, bytes]) -> None:
        self.place, self.image = state
        self._connection, self._process = None, 0
        self._rings = self._translated = None

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and self.place is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    @_telling
    def holders(self, keys: Collection[int]) -> Mapping[int, Holders]:
        """Who holds which of these keys. Blocks that were imported have negative numbers."""
        found = dict(self._listed(_HOLDERS, keys))
        for ring, plain in self._under_keys(keys).items():
            for key, held in self._listed(_SHARED_HOLDERS, plain, ring):
                known = found.get(plain[key], _NOBODY)
                some = (*known.blocks, *[-number for number in held.blocks])
                many = held is _MANY or known is _MANY or len(some) > MAX_LISTED
                found[plain[key]] = _MANY if many else Holders(len(some), some)
        return found

    @_telling
    def held(self, keys: Collection[int]) -> set[int]:
        """Which of these keys anybody holds; quicker than `holders`, for very many."""
        found: set[int] = set()
        for rows in self._asked(_HELD, [signed(key) for key in keys]):
            found.update(row[0] & _ALL for row in rows)
        for ring, plain in self._under_keys(keys).items():
            for rows in self._asked(_SHARED_HELD, [signed(key) for key in plain], ring):
                found.update(plain[row[0] & _ALL] for row in rows)
        return found

    @_telling
    def blocks(self, numbers: Collection[int], keys: Collection[int]) -> Mapping[int, Kept]:
        """These blocks, each with the write that inserted it first. What is unknown is left out."""
        made: dict[int, Print] = {}
        for rows in self._asked(_BLOCKS, [number for number in numbers if number > 0], prints.VERSION):
            for number, packed in rows:
                try:
                    made[number] = prints.unpack(packed)
                except ValueError as error:  # `pack` made it
                    raise Damaged(f"the print of block {number}: {error}") from error
        first: dict[int, tuple[Any, Kept]] = {}
        for rows in self._asked(_USES, list(made)):
            for block, writing, *words, time in rows:
                path, cwd, tool, session = map(decoded, words)
                # The same whatever was read first.
                age = (time is None, time or 0.0, session, path, -writing)
                if block not in first or age < first[block][0]:
                    kept = Kept(block, made[block], writing, path, cwd, tool, session, time)
                    first[block] = (age, kept)
        kept_ones = {number: kept for number, (_, kept) in first.items()}
        shared = [-number for number in numbers if number < 0]
        return kept_ones | self._shared_blocks(shared, keys) if shared else kept_ones

    def _shared_blocks(self, numbers: Sequence[int], keys: Collection[int]) -> dict[int, Kept]:
        """Imported blocks, of whose lines only those are known again that were asked about."""
        plain = self._under_keys(keys)
        found: dict[int, Kept] = {}
        for rows in self._asked(_SHARED_BLOCKS, numbers):
            for number, packed, ring, writing, path, tool, session, time in rows:
                with contextlib.suppress(ValueError):
                    made = _known_again(prints.unpack(packed), plain.get(ring, {}))
                    found[-number] = Kept(-number, made, -writing, path, "", tool, session, time)
        return found

    def _under_keys(self, keys: Collection[int]) -> Mapping[bytes, Mapping[int, int]]:
        """Keys as they are under each team's key, with what they are here."""
        if self._rings is None:
            query = "SELECT DISTINCT ring, key FROM imports WHERE prints = ?"
            rows = self._open().execute(query, (prints.VERSION,)).fetchall()
            self._rings = {bytes(ring): Key(bytes(secret)) for ring, secret in rows}
        if not self._rings:
            return {}
        asked = frozenset(keys)
        if self._translated is None or self._translated[0] != asked:
            made = {
                ring: dict(zip(key.all_keyed(asked), asked, strict=True)) for ring, key in self._rings.items()
            }
            self._translated = (asked, made)
        return self._translated[1]

    @_telling
    def origins(self, numbers: Collection[int]) -> Mapping[int, Origin]:
        """What is known of these writes."""
        own = self._asked(_WRITINGS, [number for number in numbers if number > 0])
        shared = self._asked(_SHARED_WRITINGS, [-number for number in numbers if number < 0])
        return {
            origin.number: origin
            for make, some in ((_origin, own), (_shared_origin, shared))
            for rows in some
            for origin in map(make, rows)
        }

    @property
    def changes(self) -> Changes:
        """What changed in it."""
        return Changes(self._open())

    @_telling
    def recorded(self, words: Collection[str]) -> list[tuple[str, str]]:
        """The paths that were written to, and what they are relative to, each pair once, where one of them holds a word."""
        query = """
            SELECT DISTINCT p.value, c.value FROM writings w JOIN names p ON p.id = w.path JOIN names c ON c.id = w.cwd
            WHERE instr(p.value, ?1) OR instr(c.value, ?1)
        """
        found: set[tuple[str, str]] = set()
        for word in words:
            rows = self._open().execute(query, (encoded(word),))
            found.update((decoded(path), decoded(cwd)) for path, cwd in rows)
        return sorted(found)

    @_telling
    def first(self) -> float | None:
        """When the first of all writes was made; None: nobody knows."""
        (found,) = self._open().execute("SELECT min(time) FROM writings").fetchone()
        return None if found is None else float(found)

    @_telling
    def latest(self) -> float | None:
        """When the last of all writes was made, those of colleagues included."""
        query = "SELECT max(time) FROM (SELECT time FROM writings UNION ALL SELECT time FROM shared_writings)"
        (found,) = self._open().execute(query).fetchone()
        return None if found is None else float(found)

    @_telling
    def oldest(self) -> float | None:
        """The same with those that colleagues shared."""
        query = "SELECT min(time) FROM (SELECT time FROM writings UNION ALL SELECT time FROM shared_writings)"
        (found,) = self._open().execute(query).fetchone()
        return None if found is None else float(found)

    @_telling
    def writers(self) -> list[tuple[str, str | None]]:
        """Every tool with every model of it that wrote."""
        query = """
            SELECT t.value, m.value FROM (SELECT DISTINCT tool, model FROM writings) w
            JOIN names t ON t.id = w.tool LEFT JOIN names m ON m.id = w.model
        """
        own = [(decoded(tool), model and decoded(model)) for tool, model in self._open().execute(query)]
        return own + self._open().execute("SELECT DISTINCT tool, model FROM shared_writings").fetchall()

    def _listed(self, query: str, keys: Collection[int], *ring: bytes) -> Iterator[tuple[int, Holders]]:
        """Keys that somebody holds, with who does.

        All keys are one parameter, and in order, so that neighbours share pages. Most keys of a block are held by the
        same blocks: who they are is read once.
        """
        made: dict[str | None, Holders] = {None: _MANY}
        wanted = sorted(all_signed(array("Q", keys)))
        for at in range(0, len(wanted), _TOGETHER):
            some = json.dumps(wanted[at : at + _TOGETHER])
            for key, blocks in self._open().execute(query, (*ring, some, *ring)):
                held = made.get(blocks)
                if held is None:
                    numbers = tuple(map(int, blocks.split(",")))
                    held = made[blocks] = Holders(len(numbers), numbers)
                yield key & _ALL, held

    def _asked(
        self, query: str, values: Sequence[int], *before: int | bytes
    ) -> Iterator[Iterable[tuple[Any, ...]]]:
        return asked(self._open(), query, values, *before) if values else iter(())

    def _open(self) -> sqlite3.Connection:
        """This process's own connection: one to a file may not be taken over a fork, nor closed on the other side."""
        if self._connection is not None and (self.place is None or self._process == os.getpid()):
            return self._connection
        if self._connection is not None:
            _foreign.append(self._connection)
        self._process = os.getpid()
        if self.place is not None:
            self._connection = reading(self.place)
        else:
            self._connection = sqlite3.connect(":memory:", check_same_thread=False)
            self._connection.deserialize(self.image)
        return self._connection


_NOBODY = Holders(0, ())


_MANY = Holders(MAX_LISTED + 1, ())


def _origin(row: tuple[Any, ...]) -> Origin:
    (
        number, tool, model, session, path, cwd, time, contributor, outcome, line, offset, record, file, person, source,
        place, part, shown, gone,
    ) = row  # fmt: skip
    return Origin(
        number, decoded(tool), None if model is None else decoded(model), decoded(session), decoded(path), decoded(cwd),
        time, contributor, outcome, None if person is None else decoded(person),
        Locator(
            decoded(source), decoded(place), decoded(part), decoded(shown), line, offset, record,
            "" if file is None else decoded(file), gone is not None,
        ),
    )  # fmt: skip


def _shared_origin(row: tuple[Any, ...]) -> Origin:
    number, tool, model, session, path, time, contributor, outcome, source, name = row
    locator = Locator(source, "", "", "", 0, 0, "", gone=True)
    return Origin(-number, tool, model, session, path, "", time, contributor, outcome, None, locator, name)


def _known_again(made: Print, plain: Mapping[int, int]) -> Print:
    """An imported print with the digests that are known here; the others equal none."""
    lines = array("Q", (plain.get(value, NO_LINE) for value in made.lines))
    before, after = plain.get(made.before, NO_LINE), plain.get(made.after, NO_LINE)
    return replace(made, lines=lines, before=before, after=after)
