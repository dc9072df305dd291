"""The values of this room: a language as its folder describes it, and the regions of one text."""

from __future__ import annotations

from dataclasses import field
from typing import NamedTuple

from whence.model import Region
from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one text may cost. Beyond it the text gets plain blocks, and says so."""

    max_bytes: int = 2_000_000
    """UTF-8 bytes. 2 MB are some 60,000 lines and 0.2 s; what is larger was not written to be read."""
    budget: float = 2.0
    """Seconds of this thread's processor time for one parse, so that a busy machine does not change an answer.
    A small text gets less."""
    max_indents: int = 0
    """Levels of indentation open at once, 0 for any. For a scanner that keeps them in a buffer it overruns."""


@dataclass(frozen=True, slots=True)
class Parser:
    """Where a parser comes from: the wheel's module and the function in it that returns the language."""

    module: str
    function: str = "language"


@dataclass(frozen=True, slots=True)
class Claim:
    """A disputed extension that this language takes when a line of the text matches the pattern."""

    extension: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Language:
    """One folder of `grammars/`."""

    id: str
    name: str
    extensions: tuple[str, ...] = ()
    """With the dot. Matched as written first, then in lower case."""
    filenames: tuple[str, ...] = ()
    line_comments: tuple[str, ...] = ()
    block_comments: tuple[tuple[str, str], ...] = ()
    interpreters: tuple[str, ...] = ()
    """Program names of a `#!` line, without version digits."""
    claims: tuple[Claim, ...] = ()
    parser: Parser | None = None
    """None: the language is recognised, its texts are cut into plain blocks."""
    query: str = ""
    """The text of `regions.scm`."""
    separator: str = "."
    """What joins the parts of a qualified name."""
    reader: str = ""
    """A built-in reader instead of a parser: `notebook`."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Regions:
    """The regions of one text, in document order, an outer region before what lies in it.

    Every line that is not blank lies in at least one of them; regions nest and never overlap otherwise.
    """

    regions: tuple[Region, ...]
    language: str | None
    complete: bool = True
    """False: a limit was met or a parser is missing, and the blocks are those of plain text."""
    why: str = ""
    """The reason when not complete, as half a sentence."""


class Captured(NamedTuple):
    """One node that a query marked. Rows and columns count from 0, columns and offsets in UTF-8 bytes."""

    pattern: int
    """Which pattern of the query, in its order."""
    capture: str
    row: int
    column: int
    end_row: int
    end_column: int
    order: int
    stop: int
    """First byte, and the byte behind the last."""
    name: str | None
    name_at: int
    """Where the name stands, -1 without one."""


class Span(NamedTuple):
    """A stretch of lines (1-based, inclusive) that a person would name, before nesting."""

    kind: str
    name: str | None
    """Not yet qualified."""
    start: int
    end: int
    order: int
    """The byte where it begins: what nests in what is decided in bytes, since lines can be shared."""
    stop: int
    """The byte behind its end."""
