"""What the sources of evidence found, kept between runs.

Each answer is kept under a digest of everything that it rests on (see `inputs`), and read back only when a file has
to be analysed anew: to know that nothing changed for a file, its mark is enough.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from math import inf
from typing import Any

from whence.cache.codec import Codec, NotPlain, Unreadable
from whence.cache.database import Database
from whence.cache.marks import CONCERN_NOTHING, at_head, digest, marked, present, says_nothing
from whence.evidence.interface import Prepared, Silent
from whence.model import Document, Evidence, NotMeasured
from whence.repo import GitError

_Gaps = tuple[NotMeasured, ...]


class Kept:
    """A source's answer that knows what of it concerns one file. Implements `evidence.interface.Prepared`."""

    def __init__(
        self, gaps: _Gaps, marks: Mapping[str, str], rest: str, load: Callable[[], Prepared]
    ) -> None:
        self.not_measured = gaps
        self._marks = marks
        self._rest = rest
        self._load = load
        self._answer: Prepared | None = None
        self.passing = False
        """Whether something passing got in the way of the answer: the next look may say more."""

    @property
    def answer(self) -> Prepared:
        """The source's own value, read back or looked for when it is needed first."""
        if self._answer is None:
            self._answer = self._load()
        return self._answer

    def claims(self, document: Document) -> Sequence[Evidence]:
        """Evidence for the present lines of one document."""
        return self.answer.claims(document)

    def candidates(self, document: Document) -> bool:
        """See `evidence.interface.Prepared`; False of sources that need no dates."""
        ask = getattr(self.answer, "candidates", None)
        return bool(ask and ask(document))

    def dates_from(self, document: Document) -> float:
        """See `evidence.interface.Prepared`."""
        ask = getattr(self.answer, "dates_from", None)
        return float(ask(document)) if ask else inf

    def quick(self, document: Document) -> bool:
        """See `evidence.interface.Prepared`."""
        ask = getattr(self.answer, "quick", None)
        return bool(ask and ask(document))

    def noting(self) -> AbstractContextManager[set[int]]:
        """See `evidence.interface.Prepared`."""
        ask = getattr(self.answer, "noting", None)
        found: AbstractContextManager[set[int]] = ask() if ask else nullcontext(set())
        return found

    def stamp(self, path: str) -> str:
        """What the source's word on a present file has been marked with."""
        return self._marks.get(present(path), "")

    def mark(self, path: str, head_path: str | None) -> str:
        """Changes when what the source says of a file may have changed, its text being the same."""
        if not self._marks:
            return self._rest
        before = self._marks.get(at_head(head_path), "") if head_path is not None else ""
        return f"{self._rest}.{before}.{self._marks.get(present(path), '')}"

    def __reduce__(self) -> Any:
        return _kept, (self.answer, dict(self._marks), self._rest)


def _kept(answer: Prepared, marks: Mapping[str, str], rest: str) -> Kept:
    return Kept(answer.not_measured, marks, rest, lambda: answer)


def kept(
    database: Database,
    name: str,
    place: bytes,
    key: bytes | None,
    prepare: Callable[[], Prepared],
    *,
    keep: bool = True,
    mark: Callable[[Prepared], tuple[Mapping[str, str], str]] | None = None,
) -> Kept:
    """A source's answer: the one that is kept under this key, or else a new one, which is then kept.

    `place` tells workspaces of one repository apart. An answer in whose way something passing got is not kept. With
    `mark`, which says what of an answer concerns which file, only the marks are: the answer is quickly made anew.
    """
    where = f"{name} {place.hex()}"
    if key is not None:
        found = _recalled(database, name, where, key, prepare)
        if found is not None:
            return found
    if name in CONCERN_NOTHING:
        return Kept((), {}, "", prepare)
    troubles = GitError.made
    answer = prepare()
    gaps = Codec[_Gaps](_Gaps).dumps(answer.not_measured)
    marks: Mapping[str, str] = {}
    rest, data = "", None
    silent = says_nothing(name, answer)
    if mark is not None and not silent:
        marks, rest = mark(answer)
    elif not silent:
        try:
            data = _plain(answer)
            marks, rest = marked(name, answer, data)
        except NotPlain:
            # Good for this run. It is only digested so, never read back.
            return _kept(answer, {}, digest(pickle.dumps(answer)))
    passing = troubles != GitError.made or getattr(answer, "passing", False)
    if keep and key is not None and name in _ANSWERS and not passing:
        row = [gaps.decode("latin-1"), marks, rest, silent]
        database.put(f"marks {where}", key, json.dumps(row).encode("ascii"))
        if data is not None:
            database.put(f"answer {where}", key, data)
    made = _kept(answer, marks, rest)
    made.passing = passing
    return made


def _plain(answer: Prepared) -> bytes:
    return Codec[Prepared](type(answer)).dumps(answer)


def _recalled(
    database: Database, name: str, where: str, key: bytes, prepare: Callable[[], Prepared]
) -> Kept | None:
    data = database.get(f"marks {where}", key)
    if data is None:
        return None
    try:
        gaps, marks, rest, silent = json.loads(data)
        missing = Codec[_Gaps](_Gaps).loads(gaps.encode("latin-1"))
    except (ValueError, TypeError, AttributeError):
        return None

    def load() -> Prepared:
        if silent:
            return Silent(missing)
        found = database.get(f"answer {where}", key)
        try:
            return prepare() if found is None else Codec[Prepared](_answer_type(name)).loads(found)
        except Unreadable:
            return prepare()

    return Kept(missing, marks, rest, load)


_ANSWERS = {
    "git-history": ("whence.evidence.history", "PreparedHistory"),
    "git-ai": ("whence.evidence.notes", "PreparedNotes"),
    "agent-trace": ("whence.evidence.agent_trace", "PreparedTraces"),
    "sessions": ("whence.evidence.sessions.prepared", "PreparedSessions"),
}
"""The type of each source's answer: what is read back is never anything else."""


def _answer_type(name: str) -> Any:
    from importlib import import_module

    module, kind = _ANSWERS[name]
    return getattr(import_module(module), kind)
