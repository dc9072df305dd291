"""What of a source's answer concerns one file, so that a file whose part is the same need not be looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whence.blake import blake2b
from whence.cache.codec import Codec
from whence.evidence.interface import Prepared, Silent


def marked(source: str, answer: Prepared, data: bytes) -> tuple[dict[str, str], str]:
    """A digest for each path of which the answer speaks, and one for what concerns every file.

    `data` is the whole answer in its plain form: of a source that is not known here, all of it concerns every file.
    """
    parts = _PARTS.get(source)
    if parts is None:
        return {}, digest(data)
    return {place: digest(part) for place, part in parts(answer)}, ""


def at_head(path: str) -> str:
    """The mark's name for a path at HEAD."""
    return "h" + path


def present(path: str) -> str:
    """The mark's name for a path in the work tree."""
    return "p" + path


def digest(data: bytes) -> str:
    """12 bytes as text: there may be one for each of a hundred thousand files."""
    return blake2b(data, digest_size=12).hexdigest()


def _history(answer: Any) -> Iterator[tuple[str, bytes]]:
    from whence.evidence.declared import Declared
    from whence.ranges import Lines

    write, declared = Codec[Lines](Lines), Codec[Declared](Declared)
    known = {commit: declared.dumps(value) for commit, value in answer.commits.items()}
    for path, claims in answer.files.items():
        yield at_head(path), b"".join(known[commit] + write.dumps(lines) for commit, lines in claims)


def _notes(answer: Any) -> Iterator[tuple[str, bytes]]:
    from whence.model import Evidence

    write = Codec[tuple[Evidence, ...]](tuple[Evidence, ...])
    for path, claims in answer.files.items():
        yield at_head(path), write.dumps(claims)


def _traces(answer: Any) -> Iterator[tuple[str, bytes]]:
    from whence.evidence.agent_trace import PreparedTraces

    write = Codec[PreparedTraces](PreparedTraces)
    for path, claims in answer.head.items():
        yield at_head(path), write.dumps(PreparedTraces(head={path: claims}))
    for path, loose in answer.loose.items():
        yield present(path), write.dumps(PreparedTraces(loose={path: loose}))


_PARTS = {"git-history": _history, "git-ai": _notes, "agent-trace": _traces}

CONCERN_NOTHING = frozenset({"marker"})
"""Sources all of whose word stands in the file itself."""


def says_nothing(source: str, answer: Any) -> bool:
    """Whether an answer has no word on any file. False of sources that are not known here."""
    if isinstance(answer, Silent):
        return True
    names = _WORDS.get(source, ())
    return bool(names) and not any(getattr(answer, name) for name in names)


_WORDS = {
    "git-history": ("files",),
    "git-ai": ("files",),
    "agent-trace": ("head", "loose"),
    "sessions": ("store",),
}
"""What of an answer speaks of files."""
