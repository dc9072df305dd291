"""One document through the engine, off the loop: the steps that `lsp.session` strings together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from whence import files
from whence.engine import Base, Snapshot
from whence.live.client_text import Change, ClientText
from whence.lsp import convert, policy_file
from whence.lsp.client import Client
from whence.lsp.documents import Analysis
from whence.model import FileResult, NotMeasured
from whence.repo import GitError
from whence.text import MAX_TEXT_BYTES, decode, is_binary

_SNIFF = 8192


@dataclass(frozen=True, slots=True)
class Face:
    """How a client wants to be told."""

    client: Client
    converter: Any
    encoding: str


@dataclass(frozen=True, slots=True)
class Job:
    """One text to look at, as it was when the job was given."""

    uri: str
    name: str
    version: int
    text: ClientText
    changes: tuple[Change, ...]
    snapshot: Snapshot | None
    base: Base
    timed: bool
    """Whether who-wrote-first dates were asked for already."""
    policy_path: Path | None
    """The document's own path, when it is a policy file."""


def analyse_open(job: Job, face: Face) -> tuple[ClientText, Analysis | None]:
    """The present text, and what is found in it, ready to be sent.

    No analysis: who-wrote-first dates are needed before anything may be said.
    """
    text = job.text.after(job.changes)
    result: FileResult | None = FileResult(job.name, 0)
    if job.snapshot is not None:
        result = examine(job.snapshot, job.name, text.text, job.base, job.timed)
    if result is None:
        return text, None
    items = []
    if job.policy_path is not None:
        problems = policy_file.problems(text.text, job.policy_path, job.name, job.snapshot)
        items += [convert.problem(item, text, grave=grave) for item, grave in problems]
    return text, _told(job.uri, Analysis(job.version, text, job.snapshot, result, items), face)


def _told(uri: str, analysis: Analysis, face: Face) -> Analysis:
    """The analysis with its findings as diagnostics."""
    items = list(analysis.items)
    if analysis.snapshot is not None:
        registry, findings = analysis.snapshot.registry, analysis.result.findings
        items += convert.diagnostics(findings, analysis.text, uri, registry, face.client)
    return replace(analysis, items=items, identifier=convert.result_id(items, face.converter))


def read_base(snapshot: Snapshot, name: str) -> Base:
    """The committed text behind a file; empty where git cannot say."""
    try:
        return snapshot.base(name)
    except GitError:
        return Base()


def examine(snapshot: Snapshot, name: str, text: str, base: Base, timed: bool) -> FileResult | None:
    """Analyse one text. Pure and quick."""
    why = unfit(text)
    if why:
        return FileResult(name, 0, not_measured=(NotMeasured("file", why, path=name),))
    document = snapshot.document(name, text, base)
    undated = not timed and base.committed is None and base.head_path is not None
    if undated and any(_candidates(source, document) for source in snapshot.prepared):
        return None
    return snapshot.analyse(document)


def _candidates(source: object, document: object) -> bool:
    candidates = getattr(source, "candidates", None)
    return bool(candidates and candidates(document))


def add_times(snapshot: Snapshot, name: str, text: str, base: Base) -> Base:
    """The base with the dates of its lines, where git can tell them."""
    return snapshot.with_times(base, snapshot.document(name, text, base))


def unfit(text: str) -> str:
    """Why a text is not looked at: the same limits as for files on disk. Empty when it is."""
    if len(text) > MAX_TEXT_BYTES:
        return f"larger than {MAX_TEXT_BYTES // (1024 * 1024)} MB"
    if is_binary(text[:_SNIFF].encode("utf-8", "surrogatepass")):
        return "binary"
    return ""


def analyse_closed(snapshot: Snapshot, name: str, uri: str, face: Face) -> Analysis:
    """A file as it stands on disk."""
    return closed(snapshot, snapshot.analyse_file(name), uri, face)


def closed(snapshot: Snapshot, result: FileResult, uri: str, face: Face) -> Analysis:
    """A result with the text that it speaks of, for places in it."""
    data = files.read(snapshot.root, result.path).data if result.findings else None
    text = ClientText(decode(data) if data else "", face.encoding)
    return _told(uri, Analysis(-1, text, snapshot, result), face)
