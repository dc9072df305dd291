"""Findings as the editor is sent them: diagnostics in ready-made JSON.

An edit moves most diagnostics and changes none, so each is encoded once with room for its line numbers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Protocol

from whence import wording
from whence.errors import Problem
from whence.live.client_text import Place
from whence.live.placed import Placed
from whence.live.values import Face
from whence.model import Evidence, Finding, Severity
from whence.tools import Registry

SOURCE = "whence"

RELATED = 3
"""Pieces of evidence shown under a diagnostic; hover shows more."""

LEVELS = {Severity.ERROR: 1, Severity.WARNING: 2, Severity.INFO: 3}
HINT = 4

_RECORD = re.compile(r"(?P<path>[^\0]+):(?P<line>\d+)")


def shows(face: Face, finding: Finding) -> bool:
    """Whether a client is shown a finding at all."""
    return finding.code != "attributed" or face.attributed != "off"


def level(face: Face, finding: Finding) -> int:
    """A diagnostic's severity."""
    if finding.code == "attributed" and face.attributed == "hint":
        return HINT
    return LEVELS[finding.severity]


class Lines(Protocol):
    """Where lines are for the client: `buffer.Buffer` and `client_text.ClientText`."""

    def span(self, line: int) -> tuple[Place, Place]: ...

    def extent(self, first: int, last: int) -> tuple[Place, Place]: ...


class Entry:
    """One diagnostic, encoded but for its line numbers."""

    __slots__ = ("_at", "_lines", "_made", "_template", "finding")

    def __init__(self, finding: Finding, template: str, lines: tuple[int, ...]) -> None:
        self.finding = finding
        self._template = template
        self._lines = lines
        self._at = -1
        self._made = ""

    def at(self, shift: int) -> str:
        """The diagnostic, so many lines further down."""
        if shift != self._at or not self._made:
            self._at = shift
            self._made = self._template % tuple(line + shift for line in self._lines)
        return self._made


def entry(finding: Finding, text: Lines, uri: str, registry: Registry, face: Face) -> Entry:
    """Encode a finding: on its first line that says something, never on all of them."""
    lines: list[int] = []

    def span(start: Place, end: Place) -> str:
        """A range that moves with the finding."""
        lines.extend((start[0], end[0]))
        return f'{{"start":{{"line":%d,"character":{start[1]}}},"end":{{"line":%d,"character":{end[1]}}}}}'

    mark = span(*text.span(first_visible(finding, text)))
    parts = [
        f'"range":{mark}',
        f'"severity":{level(face, finding)}',
        f'"code":{_safe(finding.code)}',
        f'"source":"{SOURCE}"',
        f'"message":{_safe(wording.message(finding, registry))}',
    ]
    if face.pages:
        parts.append(f'"codeDescription":{{"href":{_safe(face.pages.replace("{code}", finding.code))}}}')
    if face.related_information:
        related = [
            f'{{"location":{{"uri":{_safe(uri)},"range":{_mark(piece, finding) or span(*text.extent(*piece.lines[0]))}}},'
            f'"message":{_safe(f"{piece.evidence_class}: {wording.known(piece)}")}}}'
            for piece in finding.evidence[:RELATED]
            if piece.lines
        ]
        parts.append(f'"relatedInformation":[{",".join(related)}]')
    if face.data:
        parts.append(f'"data":{{"fingerprint":{_safe(finding.fingerprint)}}}')
    return Entry(finding, "{" + ",".join(parts) + "}", tuple(lines))


def _safe(text: str) -> str:
    """JSON for a text, and a template that gives it back."""
    return quoted(text).replace("%", "%%")


def _mark(piece: Evidence, finding: Finding) -> str:
    """The range of the mark in the file that evidence names, which stays when the finding moves; empty for others."""
    found = _RECORD.fullmatch(piece.reference)
    if found is None or found["path"] != finding.path:
        return ""
    at = f'{{"line":{int(found["line"]) - 1},"character":0}}'
    return f'{{"start":{at},"end":{at}}}'


def first_visible(finding: Finding, text: Lines) -> int:
    """The finding's first line that is not blank."""
    for first, last in finding.lines:
        for line in range(first, last + 1):
            start, end = text.span(line)
            if start != end:
                return line
    return finding.start


class Showing:
    """The diagnostics of one document, version after version."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._entries: dict[int, Entry] = {}

    def diagnostics(
        self, found: Sequence[Placed], text: Lines, registry: Registry, face: Face, *, lasting: bool
    ) -> list[str]:
        """One for each finding, in order. `lasting`: the client's lines are ours, so that a line that did not change
        is where it was, or moved as a whole."""
        before, self._entries = self._entries, {}
        out = []
        for placed in found:
            finding = placed.finding
            if not shows(face, finding):
                continue
            made = before.get(id(finding)) if lasting else None
            shift = placed.shift
            if finding.region.name is None or not lasting:
                # The message of a nameless block says its lines, so it is another one where it moved.
                if shift or made is None:
                    made = entry(placed.now(), text, self._uri, registry, face)
                out.append(made.at(0))
                if not shift:
                    self._entries[id(finding)] = made
                continue
            if made is None:
                made = entry(placed.now(), text, self._uri, registry, face)
                if shift:
                    made = _from_zero(made, shift, finding)
            self._entries[id(finding)] = made
            out.append(made.at(shift))
        return out

    def forget(self) -> None:
        """Let everything be encoded anew."""
        self._entries = {}


def _from_zero(made: Entry, shift: int, finding: Finding) -> Entry:
    return Entry(finding, made._template, tuple(line - shift for line in made._lines))


def problem(item: Problem, text: Problems, *, grave: bool = True) -> str:
    """A fault of the policy, from its place to the end of the line; a warning where it is not grave."""
    start, end = text.span(item.line or 1)
    if item.column is not None:
        start = text.column(item.line or 1, item.column)
        end = max(start, end)
    message = item.said
    return (
        f'{{"range":{{"start":{{"line":{start[0]},"character":{start[1]}}},'
        f'"end":{{"line":{end[0]},"character":{end[1]}}}}},"severity":{1 if grave else 2},"code":"policy",'
        f'"source":"{SOURCE}","message":{quoted(message)}}}'
    )


class Problems(Lines, Protocol):
    def column(self, line: int, column: int) -> Place: ...


def array(items: Sequence[str]) -> bytes:
    """The JSON array of some diagnostics."""
    return ("[" + ",".join(items) + "]").encode("ascii")


def identifier(items: bytes) -> str | None:
    """A digest of what is sent, so that it means the same after a restart; None for nothing."""
    return hashlib.blake2b(items, digest_size=12).hexdigest() if items != b"[]" else None
