"""Whole results of files, kept under everything that they rest on.

The key holds what a file's attribution rests on: its path and bytes, its text at HEAD, what each source says of it,
the policy. What only a decision on attributed lines asks for (reviews, owners, branch, which exceptions have expired)
is a condition beside it, so that a new review costs nothing for files without attributed lines. Where the dates of
lines had a part in the result, HEAD is a condition too, or that no commit since then touched the file.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any, get_type_hints

from whence.blake import blake2b
from whence.cache.codec import Codec, NotPlain, Unreadable
from whence.cache.database import Database, Row
from whence.cache.inputs import digest
from whence.cache.sheet import Sheet
from whence.cache.sources import Kept
from whence.model import Evidence, FileResult, NotMeasured
from whence.policy import Policy, Surroundings
from whence.quick import dataclass

if TYPE_CHECKING:
    from whence.analysis import Settings
    from whence.evidence.interface import Prepared

_DECIDED, _DATED = 1, 2
"""Bits of a condition's first byte: the result holds decisions; it rests on the dates of lines."""

_HEAD = 17
"""Where in a condition a head begins: behind the flags and a digest."""

_PLAIN = b"\0"
"""In front of a line count: nothing is known of the file."""
_FULL = b"\1"


def _unknown(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Ground:
    """What all results of one snapshot rest on. Picklable, for worker processes."""

    plain: bytes
    decisions: bytes
    past: bytes
    """Of whatever changes what git shows of old commits."""
    head: str
    blobs: Mapping[str, str]
    head_paths: Mapping[str, str | None]
    answers: tuple[Kept, ...]

    @staticmethod
    def of(
        settings: Settings,
        past: bytes,
        head: str | None,
        blobs: Mapping[str, str],
        head_paths: Mapping[str, str | None],
        answers: Sequence[Prepared],
    ) -> Ground | None:
        """None where something has a part in the results that cannot be told to be the same."""
        kept = tuple(answer for answer in answers if isinstance(answer, Kept))
        if len(kept) < len(answers):
            return None
        try:
            plain, decisions = _of_settings(settings)
        except NotPlain:
            return None
        return Ground(plain, decisions, past, head or "", blobs, head_paths, kept)

    @contextlib.contextmanager
    def noting(self) -> Iterator[list[set[int]]]:
        """Note what the sources' claims rest on meanwhile."""
        with contextlib.ExitStack() as noted:
            yield [noted.enter_context(answer.noting()) for answer in self.answers]

    def load(self) -> None:
        """Have all answers read back, before they are handed to other processes."""
        for answer in self.answers:
            _ = answer.answer

    def key(self, path: str, content: str) -> bytes:
        """What identifies the result of a file with these bytes."""
        head_path = self.head_paths.get(path, path)
        blob = self.blobs.get(head_path, "") if head_path is not None else ""
        marks = [answer.mark(path, head_path) for answer in self.answers]
        # No part can hold a NUL, and no name is empty.
        text = "\0".join([path, content, head_path or "", blob, *marks])
        return blake2b(os.fsencode(text), digest_size=16, key=self.plain).digest()

    def condition(self, flags: int) -> bytes:
        """What must hold beside the key."""
        if not flags:
            return b"\0"
        dated = flags & _DATED
        rest = digest(self.decisions if flags & _DECIDED else b"", self.past if dated else b"")
        return bytes((flags,)) + rest + (self.head.encode() if dated else b"")

    def holds(
        self, path: str, condition: bytes, touched: Callable[[str], Collection[str] | None] = _unknown
    ) -> bool:
        """Whether a condition is met; `touched` says which files changed between another head and this one."""
        now = self.condition(condition[0])
        if condition == now:
            return True
        before, here = condition[_HEAD:].decode("ascii", "replace"), now[_HEAD:]
        if not (here and before.isalnum() and condition[:_HEAD] == now[:_HEAD]):
            return False
        changed = touched(before)
        return changed is not None and self.head_paths.get(path, path) not in changed

    def row(self, path: str, content: str, result: FileResult, *, dated: bool) -> Row | None:
        """The result as it is kept; None where it may be another the next time."""
        if not _steady(result.not_measured):
            return None
        bare = result == FileResult(path, result.line_count)
        value = _PLAIN + str(result.line_count).encode() if bare else _FULL + _codec().dumps(result)
        flags = (0 if bare else _DECIDED) | (_DATED if dated else 0)
        return Row(self.key(path, content), self.condition(flags), value)

    def results(
        self,
        database: Database,
        contents: Mapping[str, str],
        sheet: Sheet | None = None,
        touched: Callable[[str], Collection[str] | None] = _unknown,
    ) -> dict[str, FileResult]:
        """The kept results of files with these contents; those of which there is nothing to tell from a sheet."""
        keys = {path: self.key(path, content) for path, content in contents.items()}
        found = sheet.results(keys) if sheet is not None else {}
        rows = database.results([key for path, key in keys.items() if path not in found])
        renewed: list[Row] = []
        with _no_collection():
            for path, key in keys.items():
                row = rows.get(key)
                if row is not None and self.holds(path, row.condition, touched):
                    result = _read(path, row.value)
                    now = self.condition(row.condition[0])
                    if row.condition != now:
                        renewed.append(row._replace(condition=now))
                    if result is not None:
                        found[path] = result
                        note(sheet, path, row, result)
        if renewed:
            database.keep(renewed)
        return found


def note(sheet: Sheet | None, path: str, row: Row, result: FileResult) -> None:
    """Put a result on the sheet if its file has lines and nothing else to tell."""
    if sheet is not None and row.condition == b"\0" and row.value[:1] == _PLAIN:
        sheet.add(path, row.key, result.line_count)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Many small objects are about to be made, and none of them is garbage: looking for some takes half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _codec() -> Codec[FileResult]:
    return Codec[FileResult](FileResult, ((Evidence, "lines"),))


def _read(path: str, value: bytes) -> FileResult | None:
    try:
        if value[:1] == _PLAIN:
            return FileResult(path, int(value[1:]))
        result = _codec().loads(value[1:])
    except (Unreadable, ValueError):
        return None
    return result if result.path == path else None


def _steady(gaps: Sequence[NotMeasured]) -> bool:
    """Whether what could not be had will not be had the next time either: a text that cannot be cut into regions."""
    return all(gap.what == "regions" and "failed" not in gap.why for gap in gaps)


def _of_settings(settings: Settings) -> tuple[bytes, bytes]:
    """Digests of what attribution and of what decisions rest on. Raises NotPlain.

    Fields that are not known here have a part in the first, so nothing new is forgotten. The built-in registry is
    part of the program, and what a policy adds to it of the policy.
    """
    policy, ledger = settings.policy, settings.ledger
    plain = digest(
        _plain(Policy | None, policy),
        *_rest(settings, "registry", "policy", "ledger", "today", "surroundings"),
        *_rest(ledger, "reviews", "problems", "recorded"),
    )
    decisions = digest(
        _plain(Surroundings, settings.surroundings.asked(policy)),
        *_calendar(policy, settings.today),
        *(review.id for review in ledger.reviews),
    )
    return plain, decisions


def _rest(value: Any, *known: str) -> Iterator[bytes]:
    hints = get_type_hints(type(value))
    for field in fields(value):
        if field.init and field.name not in known and not field.name.startswith("_"):
            yield _plain(hints[field.name], getattr(value, field.name))


def _plain(kind: Any, value: Any) -> bytes:
    return Codec[Any](kind).dumps(value)


def _calendar(policy: Policy | None, today: date) -> Iterator[int]:
    """Where today lies among the days on which exceptions end: the only part that the date has in a decision."""
    for permit in policy.exceptions if policy else ():
        yield (permit.expires > today) - (permit.expires < today)
