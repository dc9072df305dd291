"""What crosses between the loop of the language server, its desk and its jobs.

Light and picklable: whoever asks need not load what answers. Places are (line, column) as the client counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whence.live.sealed import Sealed
from whence.problems import Problem
from whence.quick import dataclass

if TYPE_CHECKING:
    from whence.engine import Snapshot
    from whence.live.stamps import Stamp, Watch
    from whence.policy import Policy


@dataclass(frozen=True, slots=True)
class Face:
    """How a client wants to be told. Picklable."""

    encoding: str = "utf-16"
    related_information: bool = False
    data: bool = False
    pages: str = ""
    """The address of a finding's page, with `{code}` in it; empty: none, or a client that shows none."""
    attributed: str = "information"
    """How lines are shown of which nothing is asked: `information`, `hint` or `off`."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """A workspace to be looked at."""

    root: Path
    policy_path: Path | None
    wanted: tuple[str, ...]
    environment: Mapping[str, str]
    last_good: Sealed[Policy | None]
    """The policy that stays in force while the one on disk is broken."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A document as the client has it."""

    uri: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a document belongs."""

    root: str | None
    """The workspace's key; None: to none."""
    name: str = ""
    """Its path in the workspace."""
    policy: Path | None = None
    """Its own path, when it is a policy file."""
    why: str = ""
    """Why it must not be looked at; empty when it may."""


@dataclass(frozen=True, slots=True)
class Named:
    """A diagnostic as the client hands it back."""

    fingerprint: str | None
    code: str | None
    line: int
    """Where it starts, the client's count from 0."""


@dataclass(frozen=True, slots=True)
class Card:
    """A workspace that was looked at, in a few words. Picklable."""

    policy: str | None = None
    """The path of its policy file."""
    policy_files: tuple[str, ...] = ()
    """Every file that the policy was read from, by its path in the workspace."""
    problems: tuple[Problem, ...] = ()
    """Faults of the policy file as it stands on disk, where an earlier one is in force."""
    not_measured: tuple[str, ...] = ()
    """What could not be measured, a line each."""
    reviews: tuple[str, ...] = field(default=())
    """What is wrong with reviews, a line each; it changes with the ledger alone."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Told before a workspace is looked at, so that whatever changes meanwhile is noticed."""

    files: Sealed[tuple[Watch, frozenset[Stamp]]]
    """What it rests on, as that was then."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A workspace that was looked at."""

    card: Card
    whole: Sealed[Snapshot]
    policy: Sealed[Policy | None]
    """The policy in force."""
    facts: Sealed[Mapping[str, str]]
    """What the file system said meanwhile, see `cache.witness`; empty where nobody listened."""
    since: float
    """What tools wrote after this moment (Unix seconds) may not have been seen."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is found in one version of a document, ready to be sent. Picklable."""

    version: int
    items: bytes = b"[]"
    """A JSON array of diagnostics."""
    identifier: str | None = None
    """A digest of `items`, so that it means the same after a restart; None for nothing."""
    settled: bool = True
    """Whether nothing of it waits for the typing to rest."""
    undated: bool = False
    """Whether dates of the lines at HEAD are needed before all may be said."""
    levels: tuple[tuple[str, int], ...] = ()
    """Findings by severity."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One action. Picklable."""

    title: str
    command: str
    arguments: tuple[Any, ...]
    """As JSON holds them."""
    fingerprint: str
    """Of the finding that it is about."""
    edits: bool = False
    """Whether it changes a text; what exactly, `FixRequest` asks for."""


EVIDENCE, DISCLOSE, EXCEPT, REMOVE = "evidence", "disclose", "except", "remove"
"""What can be done about a finding besides an answer to it."""


@dataclass(frozen=True, slots=True)
class FixRequest:
    """Which finding to do something about: the one argument of `whence.fix` and of `whence.showEvidence`."""

    uri: str
    fingerprint: str
    """Of the finding as it was shown; other lines are never changed."""
    fix: str
    """EVIDENCE, DISCLOSE, EXCEPT or REMOVE."""

    def to_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Edits:
    """What a fix changes in one document. Picklable."""

    uri: str
    version: int | None
    """Of the text that it is for; None for a file that is not open."""
    changes: tuple[tuple[tuple[int, int], tuple[int, int], str], ...]
    """(start, end, new text), in order of the text; none overlaps another."""


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What a user answers for a finding: the one argument of `whence.review`."""

    uri: str
    fingerprint: str
    """Of the finding as it was shown; it changes with the text, so a review is never given to other content."""
    purpose: str = ""
    promise: str = ""
    """The words of the promise as they were shown; an approval that was not shown them is not recorded."""
    note: str = ""
    result: str = "approved"

    @staticmethod
    def names() -> tuple[str, ...]:
        return tuple(field.name for field in fields(ReviewRequest))

    def to_json(self) -> dict[str, str]:
        return {
            key: value
            for key, value in asdict(self).items()
            if value and (key, value) != ("result", "approved")
        }


@dataclass(frozen=True, slots=True)
class Closed:
    """What is found in a file on disk. Picklable."""

    uri: str
    items: bytes = b"[]"
    """A JSON array of diagnostics."""
    identifier: str | None = None
    listed: bytes = b""
    """The same for `whence.findings`: JSON objects with commas between."""
    levels: tuple[tuple[str, int], ...] = ()
    """Findings by severity."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a scan is."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan adds up to; its findings were told file by file."""

    verdict: str
    files: int
    lines: int
    attributed_lines: int
    findings: tuple[tuple[str, int], ...]
    """By severity."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that could stand at a place of a policy file."""

    text: str
    kind: str
    """`table`, `key` or `value`."""
    holds: str
    """What kind of value a key takes."""
    said: str
    """What it means."""
    insert: str
    place: tuple[tuple[int, int], tuple[int, int]]
    """What it takes the place of."""
    typed: str
    """What stands there up to the cursor."""
