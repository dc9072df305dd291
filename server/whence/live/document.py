"""An open document: its text, what is found in it, and how the editor is shown that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import field

from whence.engine import Base, Snapshot
from whence.live.buffer import Buffer
from whence.live.client_text import Change
from whence.live.followed import Followed
from whence.live.showing import Showing, array, identifier
from whence.live.values import Face, Look
from whence.model import FileResult, Finding, NotMeasured
from whence.quick import dataclass
from whence.splice import Splice
from whence.text import MAX_TEXT_BYTES, is_binary

SNIFF = 8192

Faults = Callable[[Buffer], Sequence[str]]
"""From a text to diagnostics of faults in it, for files that are a policy."""


@dataclass(frozen=True, slots=True)
class Which:
    """Findings that are asked for: those with a fingerprint, those on some of our lines, or all."""

    fingerprint: str = ""
    lines: tuple[int, int] | None = None


@dataclass(slots=True)
class LiveDocument:
    """Mutable; for one thread."""

    uri: str
    buffer: Buffer
    version: int
    followed: Followed | None = None
    """None while nobody knows which workspace it is of, and for what is of none."""
    faults: Faults | None = None
    why: str = ""
    """Why it is not looked at; empty when it is."""
    timed: bool = False
    """Whether dates were asked for already."""
    _pending: Splice | None = None
    _begun: bool = False
    _look: Look | None = None
    _showing: Showing = field(init=False)

    def __post_init__(self) -> None:
        self._showing = Showing(self.uri)

    # -- what happens to it ----------------------------------------------------------------------------------

    def change(self, version: int, changes: Sequence[Change]) -> None:
        splice = self.buffer.edit(changes)
        self.version = version
        self._look = None
        if splice is not None:
            self._pending = self._pending.then(splice) if self._pending else splice

    def place(self, snapshot: Snapshot | None, name: str, base: Base, faults: Faults | None) -> None:
        """Put it into a workspace as that is known now; out of all with None."""
        self.faults = faults
        self._look = None
        if snapshot is None:
            self.followed, self._begun = None, False
        elif self.followed is not None and self.followed.name == name and self._begun and not self._unfit():
            self._catch_up()
            self.followed.rebase(snapshot, base)
        else:
            self.followed, self._begun = Followed(snapshot, name, base), False
        self.timed = base.committed is not None
        self._showing.forget()

    def date(self, base: Base) -> None:
        """Take up the dates of the lines at HEAD."""
        self.timed = True
        followed = self.followed
        if followed is not None and base.committed is not None:
            self._look = None
            if self._begun:
                followed.rebase(followed.snapshot, base)
            else:
                self.followed = Followed(followed.snapshot, followed.name, base)

    def retold(self) -> None:
        """Let everything be told anew, to a client that wants it otherwise."""
        self._look = None
        self._showing.forget()

    def forget(self) -> None:
        """Let go of what is only of use while somebody types."""
        if self.followed is not None:
            self.followed.forget()

    # -- what is found in it ---------------------------------------------------------------------------------

    def look(self, face: Face) -> Look:
        """What is found in the present version."""
        if self._look is None:
            self._catch_up()
            self._look = self._shown(face)
        return self._look

    def settle(self, face: Face) -> Look:
        """The same when everything was asked."""
        self._catch_up()
        if self._begun and self.followed is not None and not self.followed.settled:
            self.followed.settle()
            self._look = None
        return self.look(face)

    def _catch_up(self) -> None:
        followed, splice = self.followed, self._pending
        self._pending = None
        if followed is None:
            return
        if self._unfit():
            self._begun = False
        elif not self._begun:
            followed.begin(self.buffer.lines)
            self._begun = True
        elif splice is not None:
            followed.edit(self.buffer.lines, splice)

    def _unfit(self) -> str:
        """Why the text is not looked at: the same limits as for files on disk."""
        if self.why:
            return self.why
        if self.buffer.size > MAX_TEXT_BYTES:
            return f"larger than {MAX_TEXT_BYTES // (1024 * 1024)} MB"
        if is_binary(self.buffer.head(SNIFF).encode("utf-8", "surrogatepass")):
            return "binary"
        return ""

    def _shown(self, face: Face) -> Look:
        items: list[str] = list(self.faults(self.buffer)) if self.faults is not None else []
        followed = self.followed if self._begun else None
        if followed is None:
            made = array(items)
            return Look(self.version, made, identifier(made))
        registry = followed.snapshot.registry
        items += self._showing.diagnostics(
            followed.findings, self.buffer, registry, face, lasting=self.buffer.plain
        )
        made = array(items)
        levels = Counter(placed.finding.severity.value for placed in followed.findings)
        undated = not self.timed and followed.undated if followed.exact else False
        return Look(
            self.version, made, identifier(made), followed.settled, undated, tuple(sorted(levels.items()))
        )

    def result(self) -> FileResult:
        """Everything that is known of the present text."""
        self._catch_up()
        if self.followed is None or not self._begun:
            name = self.followed.name if self.followed is not None else self.uri
            why = self._unfit()
            missing = (NotMeasured("file", why, path=name),) if why else ()
            return FileResult(name, 0, not_measured=missing)
        return self.followed.result()

    def findings(self, which: Which) -> list[Finding]:
        """Some of the findings."""
        self._catch_up()
        if self.followed is None or not self._begun:
            return []
        return [
            placed.now()
            for placed in self.followed.findings
            if (not which.fingerprint or placed.finding.fingerprint == which.fingerprint)
            and (which.lines is None or placed.holds(*which.lines))
        ]
