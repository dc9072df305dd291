"""The one protocol behind which every source of evidence lives.

A source works in two steps. `prepare` looks at the whole workspace once (git, notes, transcripts), may be slow,
and returns a picklable value. That value's `claims` then answers for one document without any I/O, as often
as the editor likes. Whatever could not be looked at is said in `not_measured`; no source raises for bad input.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Protocol, TypeVar

from whence.model import Document, Evidence, EvidenceClass, NotMeasured
from whence.quick import dataclass
from whence.repo import Repository
from whence.tools import Registry

T = TypeVar("T")


def _ignore(_: str) -> None: ...


def _unknown(_: str) -> None:
    return None


class Memory(Protocol):
    """What an earlier look kept, as long as it is good: the same program, settings and grafts, an unchanged past."""

    def recent(self, kind: str) -> Sequence[str]:
        """The names of kept values, the newest first."""
        ...

    def recall(self, kind: str, name: str, of: type[T]) -> T | None: ...

    def keep(self, kind: str, name: str, of: type[T], value: T) -> None: ...

    def rows(self, kind: str, names: Collection[str]) -> Mapping[str, bytes]:
        """What was kept of many small things, by name; what is not known is left out."""
        ...

    def keep_rows(self, kind: str, rows: Mapping[str, bytes]) -> None: ...


class Shared:
    """What sources find out together: who asks first has it looked for, the others get the same answer."""

    def __init__(self) -> None:
        self._known: dict[Callable[..., object], object] = {}

    def once(self, look: Callable[[Context], T], context: Context) -> T:
        if look not in self._known:
            self._known[look] = look(context)
        answer: T = self._known[look]  # type: ignore[assignment]
        return answer


@dataclass(frozen=True, slots=True)
class Context:
    """What a source may look at."""

    root: Path
    """The workspace, resolved."""
    repository: Repository | None
    """The git repository that holds the workspace, or None."""
    registry: Registry
    paths: Sequence[str]
    """Every text file of the scan, relative to `root`."""
    environment: Mapping[str, str]
    """HOME and the tools' own variables; never `os.environ` directly, so that tests own it."""
    head_paths: Mapping[str, str | None] = field(default_factory=dict)
    """Only for paths whose name at HEAD differs (uncommitted rename), or that HEAD does not have (None)."""
    report: Callable[[str], None] = _ignore
    """One short sentence of progress."""
    check_cancelled: Callable[[], None] = lambda: None
    """Raises `Cancelled`; call it at least every 100 ms of work."""
    shared: Shared = field(default_factory=Shared, compare=False)
    """For this one preparation."""
    memory: Memory | None = None
    """For whoever looks at the whole history."""
    since: float | None = None
    """What commits that were authored before this moment (Unix seconds) declare, and the notes on them, is not wanted."""
    everything: Sequence[str] | None = None
    """Every file of the workspace, also what its policy excludes; None: nobody has looked."""
    known: Callable[[str], tuple[str, int] | None] = _unknown
    """What identifies the bytes of a file (as `cache.contents.of` has it) and how many there are, where that is known
    without reading it."""
    at_head: Collection[str] | None = None
    """Every file at HEAD, relative to `root`; None: nobody has looked."""
    refs: Mapping[str, str] | None = None
    """The repository's refs by their full names, each with its object; None: nobody has listed them."""

    def refs_below(self, *places: str) -> Mapping[str, str]:
        """Those refs that have one of these names, or lie below it. Raises GitError."""
        if self.repository is None:
            return {}
        if self.refs is None:
            return self.repository.refs(*places)
        return {
            name: value
            for name, value in self.refs.items()
            if any(name == place or name.startswith(f"{place}/") for place in places)
        }

    def head_path(self, path: str) -> str | None:
        """The path of a present file at HEAD, relative to `root`."""
        return self.head_paths.get(path, path)


class Prepared(Protocol):
    """One source's answer for a whole workspace. Picklable and immutable."""

    @property
    def not_measured(self) -> tuple[NotMeasured, ...]: ...

    def claims(self, document: Document) -> Sequence[Evidence]:
        """Evidence for the present lines of one document. Pure and quick."""
        ...

    # A source may also have `quick(document) -> bool`: whether `claims` costs so little for this document that an
    # editor may ask at every keystroke. Of all others it carries the claims along while somebody types. And one that
    # goes by `document.committed` has `candidates(document) -> bool`: whether anything that it says of this text depends
    # on when lines were committed, so that the dates are looked up before `claims` is asked; and
    # `dates_from(document) -> float`: the moment (Unix seconds) before which it does not matter when exactly a line was
    # committed; `inf` where no date matters, `-inf` where all do. And one whose word on a file may change
    # with other files has `noting()`: a context in which it notes, as numbers, what its claims rest on.


@dataclass(frozen=True, slots=True)
class Silent:
    """The answer of a source that says nothing of any file: none of the source is loaded for it."""

    not_measured: tuple[NotMeasured, ...] = ()

    def quick(self, document: Document) -> bool:
        """There is nothing to look for."""
        return True

    def claims(self, document: Document) -> Sequence[Evidence]:
        """None."""
        return ()


class Source(Protocol):
    """A reader of one kind of trace that tools leave."""

    name: str
    evidence_class: EvidenceClass

    def prepare(self, context: Context) -> Prepared: ...
