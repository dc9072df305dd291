"""`whence disclose --marker`: comments that name the tool, at the head of the files that lack a disclosure."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from whence import files
from whence.cli.common import inside, snapshot_of, workspace_of
from whence.cli.console import Console
from whence.cli.disclose_evidence import say_gaps
from whence.disclosure.marker import NoMarker, markers
from whence.engine import Snapshot
from whence.errors import UserError
from whence.model import Document, EvidenceClass, Finding, NotMeasured
from whence.repo import GitError
from whence.text import decode, display, split

_NAMED = 5
"""So many files that get no marker are named; more are counted."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the markers as `FILE:LINE: TEXT`, or put them in; 1 when some lines get none."""
    root, repository = workspace_of(arguments, console)
    wanted = tuple(inside(root, console, name) for name in arguments.what)
    prepared = snapshot_of(arguments, console, root, repository, *wanted)
    if prepared.policy is None and not wanted:
        raise UserError(
            "there is no policy here that asks for a disclosure",
            hint="name the files that shall have a marker, or write a policy: whence policy init",
        )
    gaps = list(prepared.not_measured)
    made = 0
    refused: dict[str, list[str]] = {}
    for path in files.discover(prepared.root, prepared.repository, wanted):
        document = _document(prepared, path, gaps)
        edits = []
        for marker in markers(document, _lacking(prepared, document), prepared.registry, prepared.policy):
            if isinstance(marker, NoMarker):
                refused.setdefault(marker.why, []).append(path)
                continue
            edits.append(marker)
            console.write(f"{display(path)}:{marker[0]}: {marker[1]}\n")
        made += len(edits)
        if arguments.write and edits:
            _insert(prepared.root / path, document.lines, edits)
    _say_refused(console, refused)
    if not made and not refused:
        console.say("nothing to disclose: no line here lacks a disclosure that is asked for")
    say_gaps(console, gaps)
    return 1 if refused else 0


def _say_refused(console: Console, refused: dict[str, list[str]]) -> None:
    """One line for each reason, and once what else there is."""
    for why, paths in refused.items():
        each = list(dict.fromkeys(paths))
        named = ", ".join(map(display, each[:_NAMED]))
        more = f" and {len(each) - _NAMED:,} more files" if len(each) > _NAMED else ""
        console.say(f"no marker in {named}{more}: {why}")
    if refused:
        console.say(
            "next: a trailer in the commit that brings the lines says it (whence disclose); of lines that are committed "
            "already an exception in the policy, or `exclude`"
        )


def _lacking(prepared: Snapshot, document: Document) -> list[Finding]:
    """The findings that a marker could settle. What a commit declares itself is disclosed, asked for or not."""
    return [
        finding
        for finding in prepared.analyse(document).findings
        if prepared.policy is not None or finding.evidence_class is not EvidenceClass.DECLARED
    ]


def _document(prepared: Snapshot, path: str, gaps: list[NotMeasured]) -> Document:
    """One file as a scan sees it; without lines when it cannot be read."""
    content = files.read(prepared.root, path)
    if content.data is None:
        if content.missing and content.missing.evidence_class:
            gaps.append(content.missing)
        return Document(path, ())
    text = decode(content.data)
    try:
        base = prepared.base(path, content.data)
        document = prepared.document(path, text, base)
        return prepared.document(path, text, prepared.with_times(base, document))
    except GitError as error:
        gaps.append(NotMeasured("git-history", str(error), path=path, evidence_class=EvidenceClass.DECLARED))
        return Document(path, ())


def _insert(file: Path, lines: Sequence[str], edits: Sequence[tuple[int, str]]) -> None:
    """Put lines into a file, one after the other, and leave every other byte as it is."""
    try:
        data = file.read_bytes()
        if split(decode(data)) != lines or data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UserError(f"{file.name} changed meanwhile or is not UTF-8; nothing was written into it")
        mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
        rows = data.removeprefix(mark).split(b"\n")
        end = b"\r" if rows[0].endswith(b"\r") else b""
        for at, text in edits:
            rows.insert(at - 1, text.encode() + end)
        file.write_bytes(mark + b"\n".join(rows))
    except OSError as error:
        raise UserError(f"{file.name} could not be written: {error.strerror or error}") from error
