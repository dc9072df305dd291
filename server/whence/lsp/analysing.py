"""One document through the engine, off the loop: the steps that `lsp.session` strings together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from whence import files
from whence.engine import Base, Snapshot
from whence.errors import Problem, UserError
from whence.lsp.client_text import ClientText
from whence.lsp.documents import Analysis
from whence.model import FileResult, NotMeasured
from whence.policy import load
from whence.policy.files import PYPROJECT, reader
from whence.repo import GitError
from whence.text import MAX_TEXT_BYTES, decode, is_binary
from whence.tools import Registry

_SNIFF = 8192


@dataclass(frozen=True, slots=True)
class Examined:
    """A document's findings, or that who-wrote-first dates are needed before anything may be said."""

    result: FileResult | None


def read_base(snapshot: Snapshot, name: str) -> Base:
    """The committed text behind a file; empty where git cannot say."""
    try:
        return snapshot.base(name)
    except GitError:
        return Base()


def examine(snapshot: Snapshot, name: str, text: str, base: Base, timed: bool) -> Examined:
    """Analyse one text. Pure and quick."""
    why = unfit(text)
    if why:
        return Examined(FileResult(name, 0, not_measured=(NotMeasured("file", why, path=name),)))
    document = snapshot.document(name, text, base)
    undated = not timed and base.committed is None and base.head_path is not None
    if undated and any(_candidates(source, document) for source in snapshot.prepared):
        return Examined(None)
    return Examined(snapshot.analyse(document))


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


def analyse_closed(snapshot: Snapshot, name: str, encoding: str) -> Analysis:
    """A file as it stands on disk."""
    result = snapshot.analyse_file(name)
    return closed(snapshot, result, encoding)


def closed(snapshot: Snapshot, result: FileResult, encoding: str) -> Analysis:
    """A result with the text that it speaks of, for places in it."""
    data = files.read(snapshot.root, result.path).data if result.findings else None
    return Analysis(-1, ClientText(decode(data) if data else "", encoding), snapshot, result)


def policy_problems(text: str, path: Path, name: str) -> tuple[Problem, ...]:
    """The faults of a policy file as it stands in the editor, saved or not."""
    pyproject = path.name == PYPROJECT
    if pyproject and "[tool.whence" not in text:
        return ()
    try:
        load(text, name, Registry.builtin(), pyproject=pyproject, read=reader(path.parent))
    except UserError as error:
        if not error.problems:
            return (Problem(name, error.message, hint=error.hint),)
        return tuple(item if item.path == name else Problem(name, str(item)) for item in error.problems)
    except OSError as error:
        return (Problem(name, str(error)),)
    return ()
