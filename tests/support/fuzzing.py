"""Edits at random at the desk of a language server, over texts that people and tools have worked on.

What the desk shows once the typing rests must be what a cold scan of the very same text shows, byte for byte. The text
that is scanned is kept apart from the desk, which is told ranges in the client's units only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from support.git import Repo
from support.shared_work import POLICIES, WRITERS, SharedWork
from support.typist import Lines, Typist
from whence.engine import Base, prepare
from whence.live.client_text import Change, ClientText, units
from whence.live.desk import Desk
from whence.live.jobs import dates
from whence.live.sealed import Sealed
from whence.live.showing import array, entry, shows
from whence.live.values import Face, Look, Opened, Placing
from whence.model import FileResult, Finding
from whence.splice import Splice
from whence.text import MAX_TEXT_BYTES, is_binary

ENCODINGS = ("utf-8", "utf-16", "utf-32")

SETTLE, COMMIT, REOPEN, ELSEWHERE = 0.12, 0.002, 0.004, 0.03
"""How often, of all steps, the typing rests, everything is committed, a file is closed and opened, another is edited."""


class Disagreement(AssertionError):  # noqa: N818 - what happened
    """The desk shows something else than a scan does."""


@dataclass
class Tally:
    """What a run came by."""

    steps: int = 0
    compared: int = 0
    findings: int = 0
    commits: int = 0

    def add(self, other: Tally) -> None:
        for name in ("steps", "compared", "findings", "commits"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Way(NamedTuple):
    """Under which circumstances somebody types."""

    policy: str
    sessions: bool
    reviews: bool
    encoding: str

    @classmethod
    def drawn(cls, dice: random.Random) -> Way:
        return cls(
            dice.choice(list(POLICIES)), dice.random() < 0.5, dice.random() < 0.5, dice.choice(ENCODINGS)
        )


class Fuzz:
    """One workspace, and somebody who types in several of its files."""

    def __init__(self, repo: Repo, texts: Mapping[str, str], seed: object, way: Way) -> None:
        self.dice = random.Random(f"{seed} {way}")
        self.repo = repo
        self.face = Face(encoding=way.encoding, related_information=True, data=True)
        SharedWork(repo, texts, self.dice, policy=way.policy, sessions=way.sessions, reviews=way.reviews)
        self.endings = {name: "\r\n" if self.dice.random() < 0.15 else "\n" for name in texts}
        self.typists = {name: Typist(tuple(text.split("\n")[:-1]), f"{seed} {name}") for name, text in texts.items()}  # fmt: skip
        self.versions: dict[str, int] = {}
        self.desk = Desk()
        self.desk.retell(self.face)
        self.tally = Tally()
        self._look_around()
        for name in texts:
            self._open(name)

    # -- what happens ----------------------------------------------------------------------------------------

    def run(self, steps: int, told: Callable[[int], None] = lambda _: None) -> Tally:
        """Raises Disagreement."""
        names = list(self.typists)
        name = names[0]
        for number in range(steps):
            chance = self.dice.random()
            if chance < COMMIT:
                self._commit()
            elif chance < COMMIT + REOPEN:
                self.desk.close(self._uri(name))
                self._open(name)
            elif chance < COMMIT + REOPEN + ELSEWHERE:
                name = self.dice.choice(names)
            self._type(name)
            self.tally.steps += 1
            told(number + 1)
        for each in names:
            self._compare(each, self._settled(each))
        return self.tally

    def _type(self, name: str) -> None:
        typist, uri = self.typists[name], self._uri(name)
        before = typist.lines
        # What cannot be followed is more often taken back than not, as people do.
        look = self._seen(name)
        splice = typist.step(regret=not look.settled)
        self.versions[name] += 1
        change = self._change(name, before, typist.lines, splice)
        self.desk.change(uri, self.versions[name], (change,))
        if self.dice.random() < 0.4:
            return  # faster than anybody looks
        look = self._seen(name)
        if look.settled:
            self._compare(name, look)
        elif self.dice.random() < SETTLE:
            self._compare(name, self._settled(name))

    def _change(self, name: str, before: Lines, after: Lines, splice: Splice) -> Change:
        """An edit as a client tells it: within a line where it is of one line, else in whole lines."""
        first = splice.first - 1
        ending = self.endings[name]
        if self.dice.random() < 0.02:
            return (self._text(name),)
        if splice.removed == splice.added == 1:
            old, new = before[first], after[first]
            head = _common(old, new)
            tail = _common(old[head:][::-1], new[head:][::-1])
            start, end = (units(part, self.face.encoding) for part in (old[:head], old[: len(old) - tail]))
            return (first, start), (first, end), new[head : len(new) - tail]
        put = "".join(line + ending for line in after[first : first + splice.added])
        return (first, 0), (first + splice.removed, 0), put

    def _commit(self) -> None:
        """Somebody commits everything, and the workspace is looked at again."""
        self.repo.commit(
            f"More{self.dice.choice(WRITERS)}", {name: self._data(name) for name in self.typists}
        )
        self._look_around()
        self.tally.commits += 1
        for name in self.typists:
            look = self._settled(name)
            self._same(name, look, self.snapshot.analyse_data(name, self._data(name))[0])

    def _look_around(self) -> None:
        self.snapshot = prepare(self.repo.path, environment=self.repo.environment)
        self._bases: dict[str, Base] = {}
        self.desk.adopt("root", Sealed(self.snapshot))

    def _open(self, name: str) -> None:
        uri = self._uri(name)
        self.versions[name] = 1
        self.desk.open(Opened(uri, 1, self._text(name)))
        self.desk.place(uri, Placing("root", name))

    # -- what is found ---------------------------------------------------------------------------------------

    def _seen(self, name: str) -> Look:
        """What the desk shows now, dates looked up where it wants them."""
        look = self.desk.look(self._uri(name))
        assert look is not None
        if look.undated and self._date(name):
            look = self.desk.look(self._uri(name))
            assert look is not None
        return look

    def _settled(self, name: str) -> Look:
        for _ in range(3):
            self._seen(name)
            look = self.desk.settle(self._uri(name))
            assert look is not None
            if look.settled and not (look.undated and self._date(name)):
                return look
        raise Disagreement(f"{name} does not come to rest")

    def _date(self, name: str) -> bool:
        wanted = self.desk.undated(self._uri(name))
        if wanted is None:
            return False
        self.desk.date(self._uri(name), wanted[0], self._base(name).committed)
        return True

    def _base(self, name: str) -> Base:
        """The text at HEAD with its dates, as a scan knows it."""
        if name not in self._bases:
            base, snapshot = self.snapshot.base(name), self.snapshot
            if base.head_path is not None and snapshot.head is not None:
                found = dates(lambda _: None, lambda: None, snapshot.root, self.repo.environment, snapshot.head, base.head_path)  # fmt: skip
                base = replace(base, committed=found)
            self._bases[name] = base
        return self._bases[name]

    def _compare(self, name: str, look: Look) -> None:
        data = self._data(name)
        if len(data) > MAX_TEXT_BYTES or is_binary(data[:8192]):
            self._same(name, look, FileResult(name, 0))
            return
        # A scan looks dates up where they matter for the text as it is; the desk keeps what it once had to know.
        base = self._base(name)
        document = self.snapshot.document(name, self._text(name), replace(base, committed=None))
        asked = [getattr(source, "candidates", None) for source in self.snapshot.prepared]
        if any(ask is not None and ask(document) for ask in asked):
            document = self.snapshot.document(name, self._text(name), base)
        self._same(name, look, self.snapshot.analyse(document))

    def _same(self, name: str, look: Look, scanned: FileResult) -> None:
        uri = self._uri(name)
        data = self._data(name)
        found: tuple[Finding, ...] = () if is_binary(data[:8192]) else scanned.findings
        text = ClientText(self._text(name), self.face.encoding)
        shown = [entry(each, text, uri, self.snapshot.registry, self.face).at(0) for each in found if shows(self.face, each)]  # fmt: skip
        self.tally.compared += 1
        self.tally.findings += len(shown)
        assert look.version == self.versions[name]
        if look.items != array(shown):
            raise Disagreement(
                f"in {name}, step {self.tally.steps}:\n  the desk shows {look.items.decode()}\n"
                f"  a scan shows   {array(shown).decode()}\n  of\n{self._text(name)!r}"
            )

    def _uri(self, name: str) -> str:
        return (self.repo.path / name).as_uri()

    def _text(self, name: str) -> str:
        ending = self.endings[name]
        return "".join(line + ending for line in self.typists[name].lines)

    def _data(self, name: str) -> bytes:
        return self._text(name).encode("utf-8", "surrogateescape")


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    length = min(len(one), len(other))
    return next((at for at in range(length) if one[at] != other[at]), length)
